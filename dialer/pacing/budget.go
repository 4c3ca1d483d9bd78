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

	// reserve are abandoned calls of a day that the budget does not plan for. A small
	// team has a handful, and chance, or an agent who leaves while a phone rings, adds
	// one; a large team does not notice.
	reserve = 0.75

	// spareHarm is the harm, as a share of the limit and of an agent, up to which calls
	// are placed while the answers do not pay for one more abandoned call. A call that
	// has rung for longer than nearly everybody takes to answer need not be waited for;
	// of several agents one is free soon anyway.
	spareHarm = 0.3

	// Forecasts are taken for wrong when, of the last lostMemory answers, wrongTimes the
	// limit were abandoned, and wrongLeast at least. A large team that begins, or meets
	// a step of the rate, comes to a third of that.
	wrongTimes = 12
	wrongLeast = 12

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
	b := (share*answers - reserve - spent - debt) / math.Max(rest, 3)
	return math.Max(0.1*share, math.Min(1.5*share, b))
}

// wrong says that far more calls are abandoned than was forecast. Then no forecast is
// relied on, but only free agents: whatever the reason is, it must not go on.
func (s *State) wrong(limit float64) bool {
	return s.Lost >= math.Max(wrongLeast, wrongTimes*limit*lostMemory)
}
