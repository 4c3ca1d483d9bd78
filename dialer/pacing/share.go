package pacing

import "math"

// Claimant is a campaign that could use free agents.
type Claimant struct {
	Want     int     // agents at most
	Priority int     // a higher one is served first, as long as it wants
	Weight   float64 // of its share among those of the same priority; 0 counts as 1
	// Served is what it got so far, over its weight. The caller keeps it from one
	// Share to the next, so that turns are fair even if one agent is free at a
	// time.
	Served float64
}

// catchUp is how much of what others got meanwhile a claimant may still claim
// that wanted nothing. Not none: a campaign that waits for the store wants
// nothing for a moment.
const catchUp = 2

func (c *Claimant) weight() float64 {
	if c.Weight <= 0 {
		return 1
	}
	return c.Weight
}

// Share gives out free agents, one after the other, to the claimant of the
// highest priority that still wants one, among several to the one who was served
// least for its weight. The result never exceeds what each wants, nor its sum
// free. It updates Served; who wanted nothing for a while has little to catch up
// on.
func Share(free int, claimants []Claimant) []int {
	got := make([]int, len(claimants))
	least := math.Inf(1)
	for i := range claimants {
		if claimants[i].Want > 0 {
			least = min(least, claimants[i].Served)
		}
	}
	for i := range claimants {
		if c := &claimants[i]; c.Want <= 0 && c.Served < least-catchUp && !math.IsInf(least, 1) {
			c.Served = least - catchUp
		}
	}
	for ; free > 0; free-- {
		next := -1
		for i := range claimants {
			c := &claimants[i]
			if got[i] >= c.Want {
				continue
			}
			if next < 0 || c.Priority > claimants[next].Priority ||
				c.Priority == claimants[next].Priority && c.Served < claimants[next].Served {
				next = i
			}
		}
		if next < 0 {
			break
		}
		got[next]++
		claimants[next].Served += 1 / claimants[next].weight()
	}
	return got
}
