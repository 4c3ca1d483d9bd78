package pacing

import "math"

const (
	exactAgents = 16 // up to so many agents and calls, distributions are exact
	exactCalls  = 96
	exactMost   = exactAgents + 2

	normalVar = 4 // of the difference, from where on it is as good as normal
	mostTerms = 512
)

// forecast tells how likely it is that a call which is answered in a cell finds
// no agent: that the people who answer before it are as many as the agents who
// are free, or will be in time. The sums of independent chances are exact for
// small teams (Poisson binomial), else binomial with the same mean and
// variance, and where they are large normal with a correction for skewness
// (Edgeworth's first term).
type forecast struct {
	free  int
	exact bool

	// Moments by cell: sums of p and of p².
	ansMean, ansSq [cells]float64
	relMean, relSq [cells]float64
	fresh          [cells]float64 // chance that a call placed now is answered by a person before the cell's middle
	weight         [cells]float64 // and of being answered in it, given that it is

	ans [cells][exactMost + 1]float64 // exact: ans[g][i] = P(i answers), the last one for all that are more
	rel [cells][exactMost + 1]float64
	nRel,
	most int

	first int // cell before which hardly anybody answers

	a, b [mostTerms]float64 // scratch
}

func (f *forecast) reset(free, agents, calls int) {
	f.free = free
	f.exact = agents <= exactAgents && calls <= exactCalls
	f.ansMean, f.ansSq, f.relMean, f.relSq = [cells]float64{}, [cells]float64{}, [cells]float64{}, [cells]float64{}
	if f.exact {
		f.nRel = 0
		f.most = min(max(0, free)+agents+1, exactMost)
		for g := range cells {
			clear(f.ans[g][:f.most+1])
			f.ans[g][0] = 1
			clear(f.rel[g][:f.most+1])
			f.rel[g][0] = 1
		}
	}
}

// answers adds n calls that are each answered before the cells' middles with
// chances p.
func (f *forecast) answers(p *[cells]float64, n int) {
	for g, x := range p {
		f.ansMean[g] += float64(n) * x
		f.ansSq[g] += float64(n) * x * x
	}
	if f.exact {
		for range n {
			for g, x := range p {
				convolve(f.ans[g][:f.most+1], x)
			}
		}
	}
}

// release adds n agents who are each free in time with chances p.
func (f *forecast) release(p *[cells]float64, n int) {
	for g, x := range p {
		f.relMean[g] += float64(n) * x
		f.relSq[g] += float64(n) * x * x
	}
	if f.exact {
		for range n {
			f.nRel++
			for g, x := range p {
				convolve(f.rel[g][:min(f.nRel, f.most)+1], x)
			}
		}
	}
}

// convolve adds one chance to a distribution whose last entry stands for all
// that is more.
func convolve(d []float64, p float64) {
	n := len(d) - 1
	d[n] += d[n-1] * p
	for i := n - 1; i > 0; i-- {
		d[i] = d[i]*(1-p) + d[i-1]*p
	}
	d[0] *= 1 - p
}

// harm is the chance that a call which is placed now, and that a person
// answers, costs one: it finds no agent or takes the one that a later call would
// have had. calls others are placed with it, which in an exact forecast were
// added by answers.
func (f *forecast) harm(calls float64) float64 {
	worst, m := 0.0, 0.0
	for g := cells - 1; g >= f.first; g-- {
		// A call answered sooner also takes an agent from those answered later.
		worst = max(worst, f.none(g, calls))
		m += f.weight[g] * worst
	}
	return m
}

// none is the chance that a call answered in cell g finds no agent.
func (f *forecast) none(g int, calls float64) float64 {
	if f.exact {
		return f.noneExact(g)
	}
	x := f.fresh[g]
	ansMean, ansSq := f.ansMean[g]+calls*x, f.ansSq[g]+calls*x*x
	relMean, relSq := f.relMean[g], f.relSq[g]
	v := ansMean - ansSq + relMean - relSq
	gap := float64(f.free) + relMean - ansMean
	if gap > 0 && gap*gap > 60*(v+gap/3) {
		return 0 // by Bernstein's inequality less than 1e-13
	}
	if v > normalVar || ansMean > mostTerms/2 || relMean > mostTerms/2 {
		return edgeworth(gap-0.5, math.Max(v, 1e-9), skewed(ansMean, ansSq)-skewed(relMean, relSq))
	}
	a := binomial(f.a[:], ansMean, ansSq)
	r := binomial(f.b[:], relMean, relSq)
	// P(answers - releases >= free)
	p, cdf, next := 0.0, 0.0, 0
	for i := range a {
		for ; next < len(r) && next <= i-f.free; next++ {
			cdf += r[next]
		}
		p += a[i] * cdf
	}
	return min(p, 1)
}

// skewed is the third cumulant of the binomial distribution of a mean, with sq
// the sum of the chances' squares.
func skewed(mean, sq float64) float64 {
	if mean < 1e-12 {
		return 0
	}
	p := sq / mean
	return (mean - sq) * (1 - 2*p)
}

// edgeworth is the chance of a deviation from the mean of more than x.
func edgeworth(x, variance, third float64) float64 {
	sd := math.Sqrt(variance)
	z := x / sd
	p, density := normal(-z)
	return max(0, min(1, p+density*(z*z-1)*third/(6*variance*sd)))
}

func (f *forecast) noneExact(g int) float64 {
	a, r := &f.ans[g], &f.rel[g]
	p, cdf, next := 0.0, 0.0, 0
	last := min(f.nRel, f.most)
	for i := range f.most + 1 {
		for ; next <= last && next <= i-f.free; next++ {
			cdf += r[next]
		}
		p += a[i] * cdf
	}
	return min(p, 1)
}

// binomial fills d with the binomial distribution, of a number of trials that
// need not be whole, that has the mean and variance of a sum of independent
// chances: mean is the sum of them, sq that of their squares.
func binomial(d []float64, mean, sq float64) []float64 {
	if mean < 1e-12 {
		d[0] = 1
		return d[:1]
	}
	p := math.Min(sq/mean, 1-1e-9)
	n := mean / p
	ratio := p / (1 - p)
	x := math.Exp(n * math.Log1p(-p))
	sum := 0.0
	for i := range d {
		d[i] = x
		sum += x
		x *= (n - float64(i)) / float64(i+1) * ratio
		if x <= 0 || float64(i) > mean && x < 1e-13 {
			d = d[:i+1]
			break
		}
	}
	for i := range d {
		d[i] /= sum
	}
	return d
}
