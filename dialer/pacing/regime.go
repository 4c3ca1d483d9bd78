package pacing

import "time"

// Regime is what a law or an operator counts as abandoned, and how much of it
// is allowed. Texts change: who is bound by one checks the numbers.
type Regime struct {
	Name string
	// Limit of abandoned calls to answers.
	Limit float64
	// Window is how many days are counted together, the present one included; 1
	// is the calendar day.
	Window int
	// Patience is how long somebody who answered may wait for an agent.
	Patience time.Duration
	// Late says that a call counts as abandoned if it reached an agent later than
	// Patience; else only one that never reached one does.
	Late bool
	// Machines says that answers by machines are in the denominator, too.
	Machines bool
}

// Regimes are the known ones.
var Regimes = []Regime{
	// 16 CFR 310.4(b)(4): 3 % of calls answered by a person, 30 days.
	{Name: "ftc", Limit: 0.03, Window: 30, Patience: 2 * time.Second, Late: true},
	// Ofcom's statement of 2016: by campaign and calendar day. Its ceiling of 3 %
	// ended in 2017; no share is safe since.
	{Name: "ofcom", Limit: 0.03, Window: 1, Patience: 2 * time.Second, Late: true},
	// Garante 83/2014: 3 silent calls for 100 successful ones.
	{Name: "it", Limit: 0.03, Window: 1, Patience: 2 * time.Second},
	// CRTC: 5 % of a calendar month, counted here as its longest.
	{Name: "crtc", Limit: 0.05, Window: 31, Patience: 2 * time.Second, Late: true},
	// The queue's own measure: who answered and never reached an agent.
	{Name: "queue", Limit: 0.03, Window: 1, Patience: 2 * time.Second},
}

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
	Wait      time.Duration // from the answer to the agent, or to the end
}

// Count are answers and the abandoned calls among them.
type Count struct {
	Answers   float64 `json:"answers"`
	Abandoned float64 `json:"abandoned"`
}

// Add counts an answered attempt.
func (r Regime) Add(c *Count, a Answer) {
	if a.Machine {
		if r.Machines {
			c.Answers++
		}
		return
	}
	c.Answers++
	if !a.Connected || r.Late && a.Wait > r.Patience {
		c.Abandoned++
	}
}

// Since is the beginning of the window that the day of now is the last of.
func (r Regime) Since(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d-(r.Window-1), 0, 0, 0, 0, now.Location())
}
