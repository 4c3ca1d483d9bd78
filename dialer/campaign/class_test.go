package campaign

import (
	"testing"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestClassOf: the numbers are in stored keys, so they must never change.
func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		attempts int
		last     Outcome
		want     uint8
	}{
		{0, InFlight, 0}, {-1, NoAnswer, 0},
		{1, Congestion, 1}, {1, NoAnswer, 2}, {1, Busy, 3}, {1, Abandoned, 4}, {1, Dropped, 4}, {1, Connected, 4}, {1, Machine, 5},
		{2, Unreachable, 6}, {2, NoAnswer, 7}, {2, Busy, 8}, {2, Dropped, 9}, {2, Machine, 10},
		{3, Unknown, 11}, {3, NoAnswer, 12}, {4, Busy, 13}, {1000, Abandoned, 14}, {7, Machine, 15},
	} {
		if got := ClassOf(&Contact{Attempts: c.attempts, Last: c.last}); got != c.want {
			t.Errorf("%d attempts, %s: %d, not %d", c.attempts, c.last, got, c.want)
		}
	}
	if NumClasses != pacing.Classes {
		t.Errorf("%d classes, of which %d are learnt", NumClasses, pacing.Classes)
	}
	for o := range Outcome(NumOutcomes + 2) {
		for n := range 6 {
			if got := ClassOf(&Contact{Attempts: n, Last: o}); got >= NumClasses {
				t.Errorf("%d attempts, %s: %d", n, o, got)
			}
		}
	}
}
