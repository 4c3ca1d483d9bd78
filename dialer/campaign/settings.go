package campaign

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Settings are a campaign's rules.
type Settings struct {
	Name           string
	Servers        []string // that calls are placed on, in the order of the configuration
	Trunk          string   // the channel to originate, which says by which trunk
	Queue          string
	CallerIDs      CallerIDs
	MaxInFlight    int
	Wrapup         time.Duration // of the queue; a member's own counts if it is longer
	RingTimeout    time.Duration
	Hours          Hours // nil: always open
	Zones          bool  // contacts are called by the clocks of their own zones
	Frequency      Frequency
	Note           bool // some campaign has a Frequency
	Retry          RetryRules
	Pacing         pacing.Settings // its RingTimeout is the one above
	Regime         pacing.Regime   // what counts as abandoned
	CallsPerSecond int             // of a broadcast; 0: no limit of its own
	Weight         int             // of its share of a queue's agents; below 1 counts as 1
	Priority       int             // campaigns of a higher one are served first
	// HangUpAfter, if not 0, is how long a call that nobody has answered rings
	// at least before it is hung up because no agent can take it.
	HangUpAfter time.Duration
	// Drop, if its Context is set, is where a contact goes who has waited too
	// long for an agent.
	Drop Drop
}

// Drop is a place in the dialplan that a dropped call is sent to, to say who
// called.
type Drop struct {
	After          time.Duration // of waiting without an agent's phone ringing
	Context, Exten string
	Priority       int
}

// Waits reports whether the campaign's answered calls wait for agents.
func (s *Settings) Waits() bool { return s.Pacing.Mode != pacing.Broadcast }

// Hours say when a campaign may call contacts of a time zone, as in Contact.Zone.
type Hours interface {
	Open(t time.Time, zone string) bool
	// Next is the first instant not before t at which Open holds; false, and zero:
	// never.
	Next(t time.Time, zone string) (time.Time, bool)
	// Closes is the first instant not before t at which Open does not hold, or
	// the campaign will be stopped; false, and zero: never.
	Closes(t time.Time, zone string) (time.Time, bool)
	// Hour is that of the day in the zone, the first of it if it is several.
	Hour(t time.Time, zone string) int
}

// Server is an Asterisk that calls are placed on.
type Server struct {
	Name           string
	MaxChannels    int // calls in flight at most; 0: no limit
	CallsPerSecond int // 0: no limit
	Breaker        Breaker
}

// State is what a campaign was told to do. The strings are stored.
type State string

// States.
const (
	Running  State = "running"
	Paused   State = "paused"   // no new calls until resumed
	Draining State = "draining" // no new calls; Stopped when the last has ended
	Stopped  State = "stopped"
)

// Verb is a command to a campaign.
type Verb string

// Verbs.
const (
	Start  Verb = "start"  // run, from whatever state
	Pause  Verb = "pause"  // no new calls; live ones go on
	Resume Verb = "resume" // run again after pause
	Drain  Verb = "drain"  // no new calls; stopped when the live ones have ended
	Stop   Verb = "stop"   // like drain, and calls nobody has answered are hung up
)

// Verbs in the order of help texts.
var Verbs = []Verb{Start, Pause, Resume, Drain, Stop}

// Check tells whether verb makes sense for a campaign in state s.
func (s State) Check(verb Verb) error {
	switch verb {
	case Start, Drain, Stop:
		return nil
	case Pause:
		if s == Running || s == Paused {
			return nil
		}
		return fmt.Errorf("campaign is %s, only a running one can be paused", s)
	case Resume:
		if s == Running || s == Paused {
			return nil
		}
		return fmt.Errorf("campaign is %s, only a paused one can be resumed; use start", s)
	}
	return fmt.Errorf("unknown command %q", verb)
}
