package campaign

import (
	"fmt"
	"time"
)

// Settings are a campaign's rules.
type Settings struct {
	Name        string
	Server      string
	Queue       string
	MaxInFlight int
	Wrapup      time.Duration // of the queue; a member's own counts if it is longer
	RingTimeout time.Duration
	Hours       Hours // nil: always open
	Retry       RetryRules
}

// Hours say when a campaign may call.
type Hours interface {
	Open(t time.Time) bool
	// Next is the first instant not before t at which Open holds; false: never.
	Next(t time.Time) (time.Time, bool)
}

// Server is an Asterisk that calls are placed on.
type Server struct {
	Name           string
	MaxChannels    int // calls in flight at most; 0: no limit
	CallsPerSecond int // 0: no limit
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
