package pacing

import "time"

// Regime is what a law or an operator counts as abandoned, and how much of it
// is allowed. Texts change: who is bound by one checks the numbers.
type Regime struct {
	Name string
	// Limit of abandoned calls to answers.
	Limit  float64
	Window Window
	// Patience is how long somebody who answered may wait for an agent.
	Patience time.Duration
	// FromGreeting says that a wait begins when the dialplan has found a person,
	// where it looks for machines, and not with the answer.
	FromGreeting bool
	// Late says that a call counts as abandoned if it reached an agent later than
	// Patience; else only one that never reached one does.
	Late bool
	// Machines says that answers by machines are in the denominator, too.
	Machines bool
	// FalseMachines is the share of what is taken for machines that is people:
	// they count as answers, abandoned.
	FalseMachines float64
	// MinRing is how long a phone must have rung before it is given up.
	MinRing time.Duration
	// LockOut is how long who was abandoned is not called again, unless an agent
	// is certain for the call.
	LockOut time.Duration
	// CertainAfter is when they may be called with one; 0: not before the others.
	// Guaranteed says that they never are without.
	CertainAfter time.Duration
	Guaranteed   bool
}

// Window is how many days are counted together, the present one included: 1 is
// the calendar day. CalendarMonth is the calendar month.
type Window int

// CalendarMonth is a Window that begins on the first of the month.
const CalendarMonth Window = -1

// Regimes are the known ones.
var Regimes = []Regime{
	// 16 CFR 310.4(b)(4) and 47 CFR 64.1200(a)(6)-(7): 3 % of calls answered by a
	// person, 30 days, no agent within 2 s of the completed greeting; phones ring
	// for 15 s.
	{Name: "ftc", Limit: 0.03, Window: 30, Patience: 2 * time.Second, FromGreeting: true, Late: true, MinRing: 15 * time.Second, LockOut: day},
	// Ofcom's statement of 2016: by campaign and calendar day, ring time 15 s, no
	// call again for 72 hours. Its ceiling of 3 % ended in 2017; no share is safe
	// since. It wants machines that are people estimated and added: see
	// FalseMachines, which only the operator can know.
	{Name: "ofcom", Limit: 0.03, Window: 1, Patience: 2 * time.Second, Late: true, MinRing: 15 * time.Second, LockOut: 3 * day},
	// Garante 83/2014: 3 silent calls for 100 successful ones, no call again for 5
	// days, and then only with an agent guaranteed.
	{Name: "it", Limit: 0.03, Window: 1, Patience: 2 * time.Second, LockOut: 5 * day, Guaranteed: true},
	// CRTC: 5 % of a calendar month.
	{Name: "crtc", Limit: 0.05, Window: CalendarMonth, Patience: 2 * time.Second, Late: true, LockOut: day},
	// The queue's own measure: who answered and never reached an agent.
	{Name: "queue", Limit: 0.03, Window: 1, Patience: 2 * time.Second, LockOut: day},
}

const day = 24 * time.Hour

// FindRegime finds a regime by its name.
func FindRegime(name string) (Regime, bool) {
	for _, r := range Regimes {
		if r.Name == name {
			return r, true
		}
	}
	return Regime{}, false
}

// Answer is an answered attempt as a regime looks at it.
type Answer struct {
	Machine   bool
	Connected bool          // an agent talked
	Wait      time.Duration // until the agent, or the end
}

// Count are answers and the abandoned calls among them.
type Count struct {
	Answers   float64 `json:"answers"`
	Abandoned float64 `json:"abandoned"`
}

// Add counts an answered attempt.
func (r Regime) Add(c *Count, a Answer) {
	switch {
	case a.Machine:
		c.Abandoned += r.FalseMachines
		if r.Machines {
			c.Answers++
		} else {
			c.Answers += r.FalseMachines
		}
		return
	case !a.Connected || r.Late && a.Wait > r.Patience:
		c.Abandoned++
	}
	c.Answers++
}

// Since is the beginning of the window that the day of now is the last of.
func (r Regime) Since(now time.Time) time.Time {
	y, m, d := now.Date()
	if r.Window == CalendarMonth {
		d = 1
	} else {
		d -= int(r.Window) - 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, now.Location())
}
