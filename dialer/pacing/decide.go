package pacing

import (
	"fmt"
	"math"
)

// Mode is how calls are paced.
type Mode string

// Modes.
const (
	Progressive Mode = "progressive"
	Power       Mode = "power"
	Predictive  Mode = "predictive"
	Broadcast   Mode = "broadcast"
)

// Modes are all modes.
var Modes = []Mode{Progressive, Power, Predictive, Broadcast}

// Settings are what the operator chose for a campaign.
type Settings struct {
	Mode  Mode    `json:"mode"`
	Ratio float64 `json:"ratio,omitempty"` // of power: calls for each free agent
	// Limit is the share of answers that may be abandoned, of predictive.
	Limit       float64 `json:"limit,omitempty"`
	RingTimeout float64 `json:"ring_timeout"` // in seconds
	// Patience is how many seconds a person who answered waits for an agent
	// before the call counts as abandoned.
	Patience float64 `json:"patience"`
}

// Decision is how many calls to place now, and why not more.
type Decision struct {
	Place int `json:"place"`
	By    Cap `json:"by"` // what held it to that number
	// Certain is how many of them find an agent whatever the calls in the air
	// do: those that progressive pacing would place too. Who must not be abandoned
	// again is called with one of these alone.
	Certain int `json:"certain,omitempty"`
	// Sure is how many of them, the first ones, are for the contacts who will
	// answer most probably; the Long ones after them for long shots; the others
	// for whoever is next. Both are 0 where contacts are not told apart, or too
	// many agents are there for it to matter.
	Sure int `json:"sure,omitempty"`
	Long int `json:"long,omitempty"`

	// Of predictive: the estimates behind it.
	Rate      float64 `json:"rate,omitempty"`      // chance that a call is answered by a person
	Harm      float64 `json:"harm,omitempty"`      // of the first call that is not placed
	Threshold float64 `json:"threshold,omitempty"` // up to which one is
	Budget    float64 `json:"budget,omitempty"`    // share of the answers to come that may be abandoned
}

// String explains the decision in a sentence.
func (d Decision) String() string {
	text := fmt.Sprintf("%d calls", d.Place)
	if d.Place == 1 {
		text = "1 call"
	}
	switch d.By {
	case CapAgents:
		return text + ": there are no more free agents"
	case CapRatio:
		return text + ": the ratio of calls to free agents is reached"
	case CapLearning:
		return text + ": too few calls have ended to place more than there are free agents"
	case CapHarm:
		return text + fmt.Sprintf(": one more would find no agent, if it is answered, with a chance of %.1f %%; %.1f %% are allowed", 100*d.Harm, 100*d.Threshold)
	case CapBudget:
		return text + ": the answers of today do not pay for one more abandoned call"
	case CapKept:
		return text + ": one rings for which an agent is kept"
	case CapLines:
		return text + fmt.Sprintf(": there are %d for each agent", linesPerAgent)
	case CapContacts:
		return text + ": no more contacts are due"
	}
	return text + fmt.Sprintf(": %s is reached", d.By)
}

// Pacer decides for one campaign. Its zero value with Settings and a State is
// ready for use. All that a decision depends on is in these two and in the
// Snapshot.
type Pacer struct {
	Settings
	State

	// Scratch, to allocate nothing.
	forecast forecast
	tables   [8]releases
	last     int // table that was filled last
	human    [ringBins + 1]float64
	rest     [ringBins + 1]float64
	air      [ringBins]airborne
	harms    []harm // of the calls of the last decision
	decision Decision
}

// harm is the expected harm of a call that is placed, if it is answered, and the
// chance that it is.
type harm struct{ chance, harm float64 }

// Decide tells how many calls to place now. It takes what the time since the
// last decision teaches into the State, so a Snapshot is decided on once.
func (p *Pacer) Decide(s *Snapshot) Decision {
	var d Decision
	p.harms = p.harms[:0]
	agents := s.Idle + len(s.Busy)
	switch {
	case p.Mode == Broadcast:
		d = Decision{Place: math.MaxInt32}
	case p.Mode == Predictive:
		// Also without agents: the calls in the air teach.
		d = p.predict(s)
	case p.Mode == Power:
		d = Decision{Place: int(p.Ratio*float64(max(0, s.Free))+1e-9) - len(s.Ringing), By: CapRatio}
	default:
		d = Decision{Place: s.Free - len(s.Ringing), By: CapAgents}
	}
	certain := max(0, s.Free-len(s.Ringing))
	if s.Kept > 0 && d.Place > certain && p.Mode != Broadcast {
		// Whoever answers first takes the agent, also the one that is kept.
		d.Place, d.By = certain, CapKept
		d.Sure = min(d.Sure, d.Place)
		d.Long = min(d.Long, d.Place-d.Sure)
	}
	if agents == 0 && p.Mode != Broadcast {
		d.Place, d.By = 0, CapAgents
	}
	d.Place, d.By = s.Limits.allow(max(0, d.Place), d.By)
	if p.Mode != Broadcast {
		d.Certain = min(d.Place, certain)
	}
	p.decision = d
	return d
}

// Placed notes that n calls of the last decision were placed, with contacts of
// average chances.
func (p *Pacer) Placed(n int) {
	d := &p.decision
	for i := range min(n, len(p.harms)) {
		q, m := p.harms[i].chance, p.harms[i].harm
		p.Predicted += q * m / p.correction()
		p.Day.Predicted.Answers += q
		p.Day.Predicted.Abandoned += q * m
		if d.By == CapHarm {
			// The mean harm that is accepted shall be the budget, where it is the
			// threshold that decides.
			p.State.Threshold *= math.Exp(steer * q * (d.Budget - m) / d.Budget)
		}
	}
	p.State.Threshold = math.Max(0.5, math.Min(8, p.State.Threshold))
}
