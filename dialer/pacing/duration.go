package pacing

import "math"

// logDuration is a lognormal distribution of durations in seconds, learnt by
// decayed moments of their logarithms. Talk and wrap-up times are close to it.
type logDuration struct {
	N    float64 `json:"n"`    // observations, at most the memory
	Mean float64 `json:"mean"` // of the logarithm
	Var  float64 `json:"var"`
}

func priorDuration(mean, cv, weight float64) logDuration {
	v := math.Log(1 + cv*cv)
	return logDuration{N: weight, Mean: math.Log(mean) - v/2, Var: v}
}

func (d *logDuration) add(seconds, memory float64) {
	x := math.Log(math.Max(seconds, 0.5))
	d.N = math.Min(d.N+1, memory)
	w := 1 / d.N
	delta := x - d.Mean
	d.Mean += w * delta
	d.Var = (1 - w) * (d.Var + w*delta*delta)
}

// seconds is the mean duration.
func (d *logDuration) seconds() float64 { return math.Exp(d.Mean + d.Var/2) }

const (
	logStep = 0.06 // a table's parameters are rounded to this

	ageBins = 48 // of elapsed times
	ageStep = 0.18
)

// releaseKey are the parameters of a release table, rounded so that it is
// rarely computed again. A table is a function of its key alone: that is what
// makes a restored State decide as the one that was saved.
type releaseKey struct {
	talkMean, talkSD, wrapMean, wrapSD int
	cell, patience                     float64
}

// releases tells, for an agent whose talk or wrap-up has lasted as long as bin
// i of elapsed times, the chance to be free again within each cell.
type releases struct {
	key  releaseKey
	talk [ageBins][cells]float64
	wrap [ageBins][cells]float64
}

func ageBin(seconds float64) int {
	return min(int(math.Log1p(math.Max(0, seconds))/ageStep), ageBins-1)
}

func roundKey(x float64) int { return int(math.Round(x / logStep)) }

// fill computes the table by steps of half a second.
func (r *releases) fill(k releaseKey) {
	r.key = k
	talk := logCDF{float64(k.talkMean) * logStep, math.Max(0.05, float64(k.talkSD)*logStep)}
	wrap := logCDF{float64(k.wrapMean) * logStep, math.Max(0.05, float64(k.wrapSD)*logStep)}
	const h = 0.5
	last := k.at(cells-1) + h
	n := int(last/h) + 1
	wrapped := make([]float64, n+1)
	for u := range wrapped {
		wrapped[u] = wrap.at((float64(u) + 0.5) * h)
	}
	ended := make([]float64, n+1)
	for i := range ageBins {
		e := math.Expm1((float64(i) + 0.5) * ageStep)
		ft, fw := talk.at(e), wrap.at(e)
		for u := range ended {
			ended[u] = conditional(talk.at(e+float64(u)*h), ft)
		}
		for g := range cells {
			x := k.at(g)
			r.wrap[i][g] = conditional(wrap.at(e+x), fw)
			m := int(x / h)
			p := 0.0
			for u := 1; u <= m; u++ {
				p += (ended[u] - ended[u-1]) * wrapped[m-u]
			}
			r.talk[i][g] = p
		}
	}
}

// at is the time from now by which an agent must be free to take a call
// answered in cell g.
func (k releaseKey) at(g int) float64 { return (float64(g)+0.5)*k.cell + k.patience }

func conditional(later, now float64) float64 {
	if now > 1-1e-9 {
		return 0 // longer than ever seen: not counted on
	}
	return (later - now) / (1 - now)
}

type logCDF struct{ mean, sd float64 }

func (l logCDF) at(seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return normalCDF((math.Log(seconds) - l.mean) / l.sd)
}
