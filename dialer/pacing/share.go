package pacing

// Turn is a campaign's place among those that share a queue's agents. The zero
// value has weight 1.
type Turn struct {
	Weight   int // of the share; below 1 counts as 1
	Priority int // a higher one is served before all others

	pass float64 // what was given so far, by weight
}

func (t *Turn) step() float64 { return 1 / float64(max(1, t.Weight)) }

// Share gives out n calls to campaigns that could use want[i] of them each, one
// at a time to whoever of the highest priority has had the least by its weight
// (stride scheduling, Waldspurger and Weihl 1995). So shares are fair over time
// even if there is never more than one to give. A campaign that wanted nothing
// for a while does not save its turns up; a negative want says that it wants none
// at this moment only. The result never exceeds want, nor its sum n.
func Share(n int, want []int, turns []*Turn) []int {
	got := make([]int, len(want))
	least := -1.0
	for i, t := range turns {
		if want[i] > 0 && (least < 0 || t.pass < least) {
			least = t.pass
		}
	}
	for i, t := range turns {
		if want[i] == 0 && least >= 0 {
			t.pass = max(t.pass, least)
		}
		t.pass -= max(least, 0) // what counts is the difference
	}
	for ; n > 0; n-- {
		i := next(want, got, turns)
		if i < 0 {
			break
		}
		got[i]++
		turns[i].pass += turns[i].step()
	}
	return got
}

// First is who of those that want calls is served first, by Share's rule; -1 if
// nobody wants any.
func First(want []int, turns []*Turn) int { return next(want, make([]int, len(want)), turns) }

// next is who is served next, -1 if nobody wants more.
func next(want, got []int, turns []*Turn) int {
	best := -1
	for i, t := range turns {
		switch {
		case got[i] >= want[i]:
		case best < 0, t.Priority > turns[best].Priority,
			t.Priority == turns[best].Priority && t.pass < turns[best].pass-1e-9:
			best = i
		}
	}
	return best
}

// Unused takes back n of what Share gave.
func (t *Turn) Unused(n int) { t.pass -= float64(n) * t.step() }
