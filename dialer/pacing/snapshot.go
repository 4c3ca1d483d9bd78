package pacing

// Snapshot is what is known at the instant of a decision.
type Snapshot struct {
	// Free is how many agents are certainly free, less the people who wait for
	// one; negative if more wait than are free. See Supply.
	Free int
	// Idle is how many agents are logged in and neither busy nor paused.
	Idle int
	// Busy are the agents who talk or are in wrap-up and will be free again.
	Busy []Busy
	// Ringing are the campaign's calls that nobody has answered yet, claims not
	// yet sent among them.
	Ringing []Ringing
	// Since is the seconds since the last decision.
	Since float64
	// Left is the seconds until the campaign stops dialing for the day; 0: it
	// is not known.
	Left float64
	// Limits that hold whatever the agents do.
	Limits Limits
}

// Busy is an agent who will be free again.
type Busy struct {
	Wrapup  bool    // in wrap-up, not talking
	Elapsed float64 // seconds since that began
	// Left is the seconds until the agent is free, where a timer tells; 0: it
	// does not.
	Left float64
}

// Ringing is a call that nobody has answered yet.
type Ringing struct {
	Elapsed float64 // seconds since it was placed
	// Factor is the contact's chance to be answered by a person as a multiple of
	// the campaign's; 0: it is not known, which counts as 1.
	Factor float64
}

// Limits are how many more calls may be placed by each; a negative one does not
// limit.
type Limits struct {
	Contacts int // due
	InFlight int // of the campaign
	Channels int // of the Asterisk server
	Rate     int // calls a second of the Asterisk server
}
