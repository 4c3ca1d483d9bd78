package pacing

import "math"

// logDuration is a lognormal distribution of durations in seconds, learnt by
// decayed moments of their logarithms. Talk and wrap-up times are close to it.
type logDuration struct {
	N    float64 `json:"n"`    // observations, at most the memory
	Mean float64 `json:"mean"` // of the logarithm
	Var  float64 `json:"var"`
}

// priorDuration has the weight of a few observations and a coefficient of
// variation of 1.
func priorDuration(mean float64) logDuration {
	return logDuration{N: 3, Mean: math.Log(mean) - math.Ln2/2, Var: math.Ln2}
}

func (d *logDuration) add(seconds float64) {
	x := math.Log(math.Max(seconds, 0.5))
	d.N = math.Min(d.N+1, durationMemory)
	w := 1 / d.N
	delta := x - d.Mean
	d.Mean += w * delta
	d.Var = (1 - w) * (d.Var + w*delta*delta)
}
