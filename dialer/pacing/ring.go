package pacing

import "math"

const (
	ringBins = 64 // of a ring-time distribution

	// cells is how many instants of the near future are looked at, cellBins
	// apart: all of the time that a call can ring.
	cells    = 16
	cellBins = ringBins / cells
)

// ringDist is a distribution of ring times, in bins of a fixed width from when
// a call is placed; the last bin holds all that is longer. Older observations
// fade.
type ringDist struct {
	Bins  [ringBins]float64 `json:"bins"` // weights
	Total float64           `json:"total"`
}

// smooth spreads an observation over its neighbours, so that a few make a
// smooth curve.
var smooth = [...]float64{1. / 9, 2. / 9, 3. / 9, 2. / 9, 1. / 9}

// add counts an observation in bin i. What is longer than the bins is not
// spread: those are calls that nobody answered.
func (d *ringDist) add(i int) {
	if d.Total >= ringMemory {
		d.scale(d.Total * (1 - 1./ringMemory))
	}
	if i == ringBins-1 {
		d.Bins[i]++
	} else {
		for j, w := range smooth {
			d.Bins[min(max(0, i+j-len(smooth)/2), ringBins-2)] += w
		}
	}
	d.Total++
}

func (d *ringDist) scale(total float64) {
	f := total / d.Total
	for i := range d.Bins {
		d.Bins[i] *= f
	}
	d.Total = total
}

// cumulate fills c with the distribution function: c[i] is the chance that a
// call rings for less than i bins.
func (d *ringDist) cumulate(c *[ringBins + 1]float64) {
	sum := 0.0
	for i, w := range d.Bins {
		c[i] = sum / d.Total
		sum += w
	}
	c[ringBins] = 1
}

// mean is the mean ring time, in bins.
func (d *ringDist) mean() float64 {
	sum := 0.0
	for i, w := range d.Bins {
		sum += (float64(i) + 0.5) * w
	}
	return sum / d.Total
}

// priorHuman is what is supposed of people before any has answered: a lognormal
// of median 9 s, cut at the ring timeout.
func priorHuman(timeout, width float64) ringDist {
	var d ringDist
	last := 0.0
	for i := range ringBins {
		c := normalCDF(math.Log(math.Min(float64(i+1)*width, timeout)/9) / 0.6)
		d.Bins[i] = c - last
		d.Total += c - last
		last = c
	}
	d.scale(ringPrior)
	return d
}

// priorRest is what is supposed of calls that no person answers: a fifth ends
// at once, a half rings until the timeout, the others end somewhere between.
func priorRest(timeout, width float64) ringDist {
	d := ringDist{Total: 1}
	end := min(int(timeout/width), ringBins-1)
	for i := range end {
		d.Bins[i] = 0.3 / float64(end)
	}
	for i := range end / 8 {
		d.Bins[i] += 0.2 / float64(end/8)
	}
	d.Bins[end] += 0.5
	d.scale(ringPrior)
	return d
}

func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normal is the normal distribution function and its density, to within 1e-5,
// from a table: a decision needs thousands of them.
func normal(z float64) (cdf, density float64) {
	const last = 2 * normalMost * normalSteps
	x := (z + normalMost) * normalSteps
	if !(x > 0) {
		return 0, 0
	}
	if x >= last {
		return 1, 0
	}
	i := int(x)
	a, b, f := &normalTable[i], &normalTable[i+1], x-float64(i)
	return a[0] + f*(b[0]-a[0]), a[1] + f*(b[1]-a[1])
}

const (
	normalMost  = 8
	normalSteps = 64 // a standard deviation
)

var normalTable = func() (t [2*normalMost*normalSteps + 1][2]float64) {
	for i := range t {
		z := float64(i)/normalSteps - normalMost
		t[i] = [2]float64{normalCDF(z), math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)}
	}
	return t
}()
