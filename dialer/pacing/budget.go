package pacing

import "math"

const (
	// target is how much of the limit is spent: the rest is for the calls that
	// ring when it is.
	target = 0.97

	// unknownRest is how many answers are counted on when it is not known how
	// long the campaign will dial.
	unknownRest = 30
	// sureRest is how much of the expected answers is counted on otherwise.
	sureRest = 0.95

	// half is the number of answers at which realised abandoned calls count as
	// much as predicted ones, which tell earlier but are estimates.
	half = 100
)

// budget is the share of the answers to come that may be abandoned; 0: one more
// abandoned call would not be paid for.
//
// It counts in whole calls: with one agent, one abandoned call may be all that a
// day's answers pay for. No day may spend what others saved, so that each keeps
// the limit by itself; but what others overspent is taken off.
func (s *State) budget(limit, left float64) float64 {
	d := &s.Day.Count
	rest := math.Min(unknownRest, d.Answers)
	if left > 0 && s.Day.Seconds > 0 {
		rest = sureRest * d.Answers / s.Day.Seconds * left
	}
	answers := d.Answers + rest
	debt := math.Max(0, s.Past.Abandoned-limit*s.Past.Answers)

	allowed := math.Min(limit*answers+0.4, 1.15*limit*answers)
	if d.Abandoned+1 > allowed-debt {
		return 0
	}
	w := d.Answers / (d.Answers + math.Min(half, rest))
	predicted := s.Day.Predicted.Abandoned * d.Answers / math.Max(1, s.Day.Predicted.Answers)
	spent := w*d.Abandoned + (1-w)*predicted
	share := target * limit
	b := (share*answers - spent - debt) / math.Max(rest, 3)
	return math.Max(0.1*share, math.Min(1.5*share, b))
}
