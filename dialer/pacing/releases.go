package pacing

import "math"

const (
	// logStep is what a table's parameters, logarithms of seconds, are rounded to.
	logStep = 0.06

	// Bins of elapsed times: of 0.18 in the logarithm of one second more, up to
	// an hour and a half.
	ageBins = 48
	ageStep = 0.18
)

// releaseKey are the parameters of a table of releases, rounded so that it is
// rarely computed again. A table is a function of its key alone: that makes a
// State that was read back decide as the one that was saved.
type releaseKey struct {
	talkMean, talkSD, wrapMean, wrapSD int
	cell, patience                     float64 // seconds
}

// releases tells, for an agent whose talk or wrap-up has lasted as long as bin
// i of elapsed times, the chance to be free again within each cell.
type releases struct {
	key  releaseKey
	talk [ageBins][cells]float64
	wrap [ageBins][cells]float64
}

func ageBin(seconds float64) int {
	if i := seconds * 4; i >= 0 && i < float64(len(ageTable)) {
		return int(ageTable[int(i)])
	}
	return min(int(math.Log1p(math.Max(0, seconds))/ageStep), ageBins-1)
}

// ageTable saves the logarithm: the bin of every quarter of a second.
var ageTable = func() (t [4096]uint8) {
	for i := range t {
		t[i] = uint8(min(int(math.Log1p((float64(i)+0.5)/4)/ageStep), ageBins-1))
	}
	return t
}()

func keyOf(s *State, patience float64) releaseKey {
	round := func(x float64) int { return int(math.Round(x / logStep)) }
	return releaseKey{
		round(s.Talk.Mean), round(math.Sqrt(s.Talk.Var)), round(s.Wrapup.Mean), round(math.Sqrt(s.Wrapup.Var)),
		cellBins * s.Width, patience,
	}
}

// fill computes the table by steps of half a second.
func (r *releases) fill(k releaseKey) {
	r.key = k
	talk, wrap := roundedCDF(k.talkMean, k.talkSD), roundedCDF(k.wrapMean, k.wrapSD)
	const h = 0.5
	n := int(k.at(cells-1)/h) + 2
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

// roundedCDF is never steeper than a few percent: nothing is that certain.
func roundedCDF(mean, sd int) logCDF {
	return logCDF{float64(mean) * logStep, math.Max(0.05, float64(sd)*logStep)}
}

// logCDF is a lognormal distribution function, by the moments of the logarithm.
type logCDF struct{ mean, sd float64 }

func (l logCDF) at(seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return normalCDF((math.Log(seconds) - l.mean) / l.sd)
}
