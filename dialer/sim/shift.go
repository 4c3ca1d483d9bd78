package sim

import (
	"math"
	"math/rand/v2"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

const (
	// reactWithin is how far decisions are apart at least, as the daemon's ticks.
	reactWithin = 0.1

	loginWithin = 120.0

	// slice is the part of a shift that a plot has one point for.
	slice = 900.0
)

// Shift is what one shift came to. Times are in seconds, over all agents.
type Shift struct {
	Talk, Wrapup, Idle          float64
	Connects, Abandoned, Dialed int
	Slices                      []Slice
}

// Slice is a quarter of an hour of a shift.
type Slice struct {
	Busy, LoggedIn     float64
	Answers, Abandoned int
}

// world is one shift as it goes on.
type world struct {
	*Scenario
	rnd     *rand.Rand
	end     float64
	now     float64
	n       uint32
	todo    agenda
	agents  []agent
	idle    []int32 // agents, the longest idle first
	calls   []call
	unused  []int32 // of calls
	ringing []int32
	waiting []int32 // calls, the longest waiting first

	pacer   pacing.Pacer
	snap    pacing.Snapshot
	decided float64 // when the last decision was made
	pending bool    // one is on the agenda
	due     []contact
	shift   Shift
}

// Run simulates one shift. The scenario must have passed Check.
func Run(s *Scenario, seed uint64) Shift {
	mode, ratio, _ := ParseMode(s.Mode)
	w := &world{
		Scenario: s, rnd: newRand(seed), end: s.Hours * 3600,
		agents: make([]agent, s.Agents),
		pacer: pacing.Pacer{
			Settings: pacing.Settings{
				Mode: mode, Ratio: ratio, Limit: s.AbandonTarget,
				RingTimeout: float64(s.RingTimeout), Patience: float64(s.DropAfter),
			},
			State: pacing.NewState(float64(s.RingTimeout)),
		},
	}
	w.shift.Slices = make([]Slice, int(math.Ceil(w.end/slice)))
	for i := range w.agents {
		w.agents[i].pace = math.Exp(s.AgentSigma * w.rnd.NormFloat64())
		w.after(w.rnd.Float64()*loginWithin, login, int32(i))
	}
	w.fill()
	w.after(0, tick, 0)
	for {
		e := w.todo.pop()
		if e.at > w.end {
			break
		}
		w.now = e.at
		w.happen(e)
	}
	w.now = w.end
	for i := range w.agents {
		w.book(&w.agents[i])
	}
	return w.shift
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func (w *world) after(d float64, k kind, who int32) {
	w.n++
	w.todo.push(event{w.now + d, w.n, k, who})
}

func (w *world) slice() *Slice {
	return &w.shift.Slices[min(int(w.now/slice), len(w.shift.Slices)-1)]
}

func (w *world) happen(e event) {
	switch e.kind {
	case login:
		w.agentFree(e.who)
		w.nextBreak(e.who)
	case callEnds:
		w.callEnds(e.who)
	case talkEnds:
		w.talkEnds(e.who)
	case wrapupEnds:
		w.wrapupEnds(e.who)
	case gaveUp:
		w.gaveUp(e.who)
	case breakDue:
		w.breakDue(e.who)
	case breakEnds:
		w.agentFree(e.who)
		w.nextBreak(e.who)
	case tick:
		w.after(1, tick, 0)
		w.decide()
		s := w.slice()
		s.Busy += float64(len(w.snap.Busy))
		s.LoggedIn += float64(len(w.snap.Busy) + len(w.idle))
		return
	case decide:
		w.pending = false
		w.decide()
		return
	}
	switch {
	case w.now-w.decided >= reactWithin:
		w.decide()
	case !w.pending:
		w.pending = true
		w.after(w.decided+reactWithin-w.now, decide, 0)
	}
}

// decide shows the pacer what there is to see, and places the calls it asks for.
func (w *world) decide() {
	s := &w.snap
	s.Idle = len(w.idle)
	s.Free = s.Idle - len(w.waiting)
	s.Busy = s.Busy[:0]
	for i := range w.agents {
		if a := &w.agents[i]; a.state == talking || a.state == wrappingUp {
			s.Busy = append(s.Busy, pacing.Busy{Wrapup: a.state == wrappingUp, Elapsed: w.now - a.since})
		}
	}
	s.Ringing = s.Ringing[:0]
	for _, i := range w.ringing {
		c := &w.calls[i]
		s.Ringing = append(s.Ringing, pacing.Ringing{Elapsed: w.now - c.placed, Factor: c.factor})
	}
	s.Since = w.now - w.decided
	s.Left = w.end - w.now
	s.Limits = pacing.NoLimits
	used := len(w.ringing) + len(w.waiting)
	for i := range w.agents {
		if w.agents[i].state == talking {
			used++
		}
	}
	s.Limits.Channels = max(0, int(w.TrunksPerAgent*float64(w.Agents))-used)
	w.decided = w.now
	s.Surest, s.Longest = w.extremes()
	d := w.pacer.Decide(s)
	for i := range d.Place {
		switch {
		case i < d.Sure:
			w.dial(w.take(surer))
		case i < d.Sure+d.Long:
			w.dial(w.take(longer))
		default:
			w.dial(w.take(nil))
		}
	}
	w.pacer.Placed(d.Place)
}

func (w *world) lognormal(s Spread) float64 {
	if s.Mean <= 0 {
		return 0
	}
	v := math.Log1p(s.CV * s.CV)
	return float64(s.Mean) * math.Exp(math.Sqrt(v)*w.rnd.NormFloat64()-v/2)
}
