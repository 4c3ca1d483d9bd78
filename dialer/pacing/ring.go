package pacing

import "math"

const (
	ringBins = 64 // of a ring-time distribution

	// cells is how many instants of the near future are looked at, cellBins
	// apart: all of the time a call can ring.
	cells    = 16
	cellBins = ringBins / cells
)

// ringDist is a distribution of ring times, in bins of a fixed width from when
// a call is placed; the last bin holds all that is longer. It forgets: an
// observation weighs less with each that follows.
type ringDist struct {
	Bins  [ringBins]float64 `json:"bins"` // weights
	Total float64           `json:"total"`
}

// add counts an observation in bin i, spread over its neighbours so that a few
// make a smooth curve, and lets the older ones fade to a weight of memory at
// most.
func (d *ringDist) add(i int, memory float64) {
	if d.Total >= memory {
		f := 1 - 1/memory
		for j := range d.Bins {
			d.Bins[j] *= f
		}
		d.Total *= f
	}
	if i == ringBins-1 {
		d.Bins[i]++
	} else {
		for j, w := range [...]float64{1. / 9, 2. / 9, 3. / 9, 2. / 9, 1. / 9} {
			d.Bins[min(max(0, i+j-2), ringBins-2)] += w
		}
	}
	d.Total++
}

// cumulate returns the distribution function at the bins' beginnings: c[i] is
// the chance that a call rings for less than i bins.
func (d *ringDist) cumulate(c *[ringBins + 1]float64) {
	sum := 0.0
	for i, w := range d.Bins {
		c[i] = sum / d.Total
		sum += w
	}
	c[ringBins] = 1
}

// priorHuman is what is supposed of people before any has answered: a lognormal
// of median 9 s. timeout and the bins' width are in seconds.
func priorHuman(timeout, width, weight float64) ringDist {
	var d ringDist
	last := 0.0
	for i := range ringBins {
		c := normalCDF(math.Log(math.Min(float64(i+1)*width, timeout)/9) / 0.6)
		d.Bins[i] = c - last
		d.Total += c - last
		last = c
	}
	d.scale(weight)
	return d
}

// priorRest is what is supposed of calls that no person answers: some end at
// once, some somewhere, most when the ring timeout is reached.
func priorRest(timeout, width, weight float64) ringDist {
	var d ringDist
	end := min(int(timeout/width), ringBins-1)
	for i := range end {
		d.Bins[i] = 0.3 / float64(end)
	}
	for i := range end / 8 {
		d.Bins[i] += 0.2 / float64(end/8)
	}
	d.Bins[end] = 0.5
	d.Total = 1
	d.scale(weight)
	return d
}

func (d *ringDist) scale(weight float64) {
	f := weight / d.Total
	for i := range d.Bins {
		d.Bins[i] *= f
	}
	d.Total = weight
}

func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
