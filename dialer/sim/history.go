package sim

import (
	"fmt"
	"math"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// What a history must hold at least to be simulated from, and an hour of it to
// have shares of its own.
const (
	leastCalls   = 200
	leastAnswers = 20 // by people, and as many talks
	leastHour    = 50 // calls
)

// History gathers calls that were made, to simulate more like them. The zero
// value is empty.
type History struct {
	hours  [24]fates // by hour of the day
	whole  fates
	ring   [fateKinds]moments
	talk   moments
	most   float64 // ring time, in seconds
	agents map[time.Time]map[string]bool
	days   map[string]bool
}

// fate is what became of a call, as an Answer has it.
type fate int

const (
	humanFate fate = iota
	machineFate
	busyFate
	noAnswerFate
	invalidFate
	fateKinds = iota
)

// fates are numbers of calls.
type fates [fateKinds]float64

func (f *fates) total() float64 { return f[0] + f[1] + f[2] + f[3] + f[4] }

// moments are sums of durations and of their squares.
type moments struct{ n, sum, sq float64 }

func (m *moments) add(x float64) {
	m.n++
	m.sum += x
	m.sq += x * x
}

// spread is the distribution less an independent part with a mean and a
// variance of its own.
func (m *moments) spread(mean, variance float64) Spread {
	if m.n == 0 {
		return Spread{}
	}
	a := m.sum / m.n
	rest := math.Max(0.1, a-mean)
	v := math.Max(0, m.sq/m.n-a*a-variance)
	return Spread{Duration(rest), math.Min(5, math.Sqrt(v)/rest)}
}

// Call is a call that ended. Times of day are those of At's location.
type Call struct {
	Outcome campaign.Outcome
	At      time.Time     // when it was placed
	Ring    time.Duration // until it was answered or ended
	Talk    time.Duration // with an agent
	Agent   string
}

// Add counts a call. What ended for a reason that is not the contact's tells
// nothing and is left out.
func (h *History) Add(c Call) {
	var f fate
	switch c.Outcome {
	case campaign.Connected, campaign.Abandoned, campaign.Dropped:
		f = humanFate
	case campaign.Machine:
		f = machineFate
	case campaign.Busy, campaign.Rejected:
		f = busyFate
	case campaign.NoAnswer:
		f = noAnswerFate
	case campaign.Invalid, campaign.Unreachable:
		f = invalidFate
	default:
		return
	}
	if h.days == nil {
		h.agents, h.days = map[time.Time]map[string]bool{}, map[string]bool{}
	}
	h.hours[c.At.Hour()][f]++
	h.whole[f]++
	h.ring[f].add(c.Ring.Seconds())
	h.most = math.Max(h.most, c.Ring.Seconds())
	h.days[c.At.Format(time.DateOnly)] = true
	if c.Outcome == campaign.Connected {
		h.talk.add(c.Talk.Seconds())
		if hour := c.At.Truncate(time.Hour); c.Agent != "" {
			if h.agents[hour] == nil {
				h.agents[hour] = map[string]bool{}
			}
			h.agents[hour][c.Agent] = true
		}
	}
}

// Calls is how many calls it was gathered from, Days on how many days they were
// placed.
func (h *History) Calls() int { return int(h.whole.total()) }

// Days is on how many days the calls were placed.
func (h *History) Days() int { return len(h.days) }

// Scenario is a world like that of the history, over the defaults: shares by
// hour of the day, from the first hour with calls to the last, ring and talk
// times, and as many agents as talked in the hour with most of them; 0 if no
// agent is known. What it does not tell, such as wrap-up and breaks, is as in
// the default. It is an error if there are too few calls.
func (h *History) Scenario() (Scenario, error) {
	s := Default()
	if n := h.Calls(); n < leastCalls || h.whole[humanFate] < leastAnswers || h.talk.n < leastAnswers {
		return s, fmt.Errorf("%d calls, of which people answered %.0f and agents talked in %.0f, are too few to simulate from; %d, %d and %d are needed",
			n, h.whole[humanFate], h.talk.n, leastCalls, leastAnswers, leastAnswers)
	}
	first, last := 23, 0
	for hour := range h.hours {
		if h.hours[hour].total() > 0 {
			first, last = min(first, hour), max(last, hour)
		}
	}
	s.Hours = float64(last - first + 1)
	shares := [fateKinds]*Hourly{&s.Answer.Human, &s.Answer.Machine, &s.Answer.Busy, &s.Answer.NoAnswer, &s.Answer.Invalid}
	for f, share := range shares {
		*share = nil
		for hour := first; hour <= last; hour++ {
			from := &h.hours[hour]
			if from.total() < leastHour {
				from = &h.whole
			}
			*share = append(*share, from[f]/from.total())
		}
	}
	s.RingTimeout = Duration(math.Min(300, math.Max(5, math.Ceil(h.most))))
	for f, ring := range [fateKinds]*Spread{&s.Ring.Human, &s.Ring.Machine, &s.Ring.Busy, &s.Ring.NoAnswer, &s.Ring.Invalid} {
		*ring = h.ring[f].spread(setupMean, setupVariance)
	}
	s.Talk = h.talk.spread(0, 0)
	s.Talk.Mean = max(1, s.Talk.Mean)
	s.Agents = 0
	for _, seen := range h.agents {
		s.Agents = max(s.Agents, len(seen))
	}
	return s, nil
}
