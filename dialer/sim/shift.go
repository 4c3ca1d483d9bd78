package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

const (
	// tickEvery is far apart, because most of what happens is told by events. What
	// happens shortly after another is seen lateBy later at most, as by the manager
	// interface, and all together: decisions take most of a shift's time.
	tickEvery = 1.0
	lateBy    = 0.2

	// answerWithin is how long the manager takes to answer a question.
	answerWithin = 0.001

	loginWithin = 120.0

	// slice is the part of a shift that a plot has one point for.
	slice = 900.0
)

// begin is when shifts begin: at midnight, so that each is within one day.
var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

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
	waiting []int32 // calls, the longest waiting first

	core  *campaign.Core
	pool  pool
	told  []campaign.Event // to the core, not stepped yet
	spare []campaign.Event // to use again
	late  bool             // what is told waits for the tick that is due
	shift Shift
}

// Run simulates one shift. The scenario must have passed Check.
func Run(s *Scenario, seed uint64) Shift {
	w := &world{Scenario: s, rnd: newRand(seed), end: s.Hours * 3600, agents: make([]agent, s.Agents)}
	w.core, w.pool = newCore(s), newPool(s)
	w.shift.Slices = make([]Slice, int(math.Ceil(w.end/slice)))
	for i := range w.agents {
		w.agents[i].name = agentName(i)
		w.agents[i].pace = math.Exp(s.AgentSigma * w.rnd.NormFloat64())
		w.after(w.rnd.Float64()*loginWithin, login, int32(i))
	}
	w.tell(campaign.LinkUp{Server: serverName})
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

// clock is the time of day.
func (w *world) clock() time.Time { return begin.Add(time.Duration(w.now * float64(time.Second))) }

func (w *world) slice() *Slice {
	return &w.shift.Slices[min(int(w.now/slice), len(w.shift.Slices)-1)]
}

func (w *world) happen(e event) {
	switch e.kind {
	case login:
		w.login(e.who)
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
		w.login(e.who)
	case summary:
		w.summary()
		w.step()
		return
	case tick:
		w.after(tickEvery, tick, 0)
		w.count()
		if w.late {
			return
		}
		w.tell(campaign.Tick{})
	case lateTick:
		w.late = len(w.told) > 0
		w.tell(campaign.Tick{})
		w.step()
		if w.late {
			w.after(lateBy, lateTick, 0)
		}
		return
	}
	if !w.late {
		w.step()
		w.late = true
		w.after(lateBy, lateTick, 0)
	}
}

// count adds a second to the plot.
func (w *world) count() {
	s := w.slice()
	for i := range w.agents {
		switch w.agents[i].state {
		case talking, wrappingUp:
			s.Busy++
			s.LoggedIn++
		case idle:
			s.LoggedIn++
		}
	}
}

func (w *world) lognormal(s Spread) float64 {
	if s.Mean <= 0 {
		return 0
	}
	v := math.Log1p(s.CV * s.CV)
	return float64(s.Mean) * math.Exp(math.Sqrt(v)*w.rnd.NormFloat64()-v/2)
}
