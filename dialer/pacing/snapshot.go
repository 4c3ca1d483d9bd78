package pacing

// Snapshot is what is known at the instant of a decision. Times are in seconds.
type Snapshot struct {
	// Free is how many agents are certainly free, less the people who wait for
	// one; negative if more wait than are free. See Supply.
	Free int `json:"free"`
	// Idle is how many agents are logged in and neither busy nor paused.
	Idle int `json:"idle"`
	// Busy are the agents who talk or are in wrap-up and will be free again.
	Busy []Busy `json:"busy,omitempty"`
	// Ringing are the calls that nobody has answered yet and whose answer will
	// take one of these agents, claims not yet sent among them.
	Ringing []Ringing `json:"ringing,omitempty"`
	// Kept are those of Ringing for which an agent is kept, so that it is certain.
	Kept int `json:"kept,omitempty"`
	// Surest and Longest are the chances, as in Ringing.Factor, of the two among
	// the due contacts who will answer most and least probably; 0: contacts are not
	// told apart.
	Surest  float64 `json:"surest,omitempty"`
	Longest float64 `json:"longest,omitempty"`
	// Since is the time since the last decision in which the campaign dialed.
	Since float64 `json:"since"`
	// Left is for how long the campaign will still dial this day; 0: it is not known.
	Left float64 `json:"left,omitempty"`
	// Limits hold whatever the agents do.
	Limits Limits `json:"limits"`
}

// Busy is an agent who will be free again.
type Busy struct {
	Wrapup  bool    `json:"wrapup,omitempty"` // in wrap-up, not talking
	Elapsed float64 `json:"elapsed"`          // since that began
	// Left is the time until the agent is free, where a timer tells; 0: it does
	// not.
	Left float64 `json:"left,omitempty"`
}

// Ringing is a call that nobody has answered yet.
type Ringing struct {
	Elapsed float64 `json:"elapsed"` // since it was placed
	// Factor is the contact's chance to be answered by a person, as a multiple of
	// the campaign's; 0: it is not known, which counts as 1.
	Factor float64 `json:"factor,omitempty"`
	// Other says that it is another campaign's. Its Factor is a multiple of this
	// one's chance all the same.
	Other bool `json:"other,omitempty"`
}

// Limits are how many more calls may be placed by each; a negative one does not
// limit.
type Limits struct {
	Contacts int `json:"contacts"`  // due
	InFlight int `json:"in_flight"` // of the campaign
	Channels int `json:"channels"`  // of the Asterisk server
	Rate     int `json:"rate"`      // calls a second of the Asterisk server
}

// NoLimits limit nothing.
var NoLimits = Limits{-1, -1, -1, -1}

// Cap is what held a decision to the number of calls it placed.
type Cap string

// Caps.
const (
	CapAgents   Cap = "agents"           // nobody is logged in, or no agent is free
	CapRatio    Cap = "ratio"            // of power pacing
	CapLearning Cap = "learning"         // too little is known to place more than there are free agents
	CapHarm     Cap = "harm"             // one more call would probably find no agent
	CapBudget   Cap = "budget"           // the answers so far do not pay for one more abandoned call
	CapWrong    Cap = "forecast"         // far more calls were abandoned than it said: no more than there are free agents
	CapKept     Cap = "certain call"     // one rings: as long as it does, no more than there are free agents
	CapLines    Cap = "lines"            // as many calls for each agent as are ever placed
	CapContacts Cap = "contacts"         // no more are due
	CapInFlight Cap = "max_in_flight"    // of the campaign
	CapChannels Cap = "max_channels"     // of the Asterisk server
	CapRate     Cap = "calls_per_second" // of the Asterisk server
)

// allow cuts n to the limits, and tells the one that cut it last.
func (l Limits) allow(n int, by Cap) (int, Cap) {
	for _, x := range [...]struct {
		most int
		cap  Cap
	}{{l.Contacts, CapContacts}, {l.InFlight, CapInFlight}, {l.Channels, CapChannels}, {l.Rate, CapRate}} {
		if x.most >= 0 && n > x.most {
			n, by = x.most, x.cap
		}
	}
	return n, by
}
