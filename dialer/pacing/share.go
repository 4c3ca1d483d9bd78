package pacing

// Share gives out free agents to campaigns that could use want[i] of them each,
// one at a time in turn, beginning with campaign first: no one gets two more
// than another that could have used them. The result never exceeds want, nor
// its sum free.
func Share(free int, want []int, first int) []int {
	got := make([]int, len(want))
	for given := true; given && free > 0; {
		given = false
		for i := range want {
			k := (first + i) % len(want)
			if free > 0 && got[k] < want[k] {
				got[k]++
				free--
				given = true
			}
		}
	}
	return got
}
