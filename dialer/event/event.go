// Package event is what happens in the daemon, as it happens: a bounded ring of
// events that any number of readers follow, each at its own speed.
//
// Publish never waits for a reader, whatever that does: it puts the event into the
// ring in the place of the oldest one. A reader has no buffer of its own but a
// place in the ring, so one that is slow, or reads nothing at all, costs nothing;
// where the ring has overtaken it, it is told how many events it has lost, and goes
// on with the oldest there is.
//
// Events are in the order in which they were published. Each tells of something
// that had been made durable before, where it is kept at all.
package event

import (
	"encoding/json"
	"slices"
)

// Type is what happened.
type Type string

// Types of events. The first five are about one attempt and come at most once for
// each, in this order: exactly one of Outcome and Withdrawn ends it.
const (
	Attempt   Type = "attempt"   // a call is placed; its attempt is durable
	Answer    Type = "answer"    // the contact's side picked up
	Agent     Type = "agent"     // an agent talks to them; in a broadcast, when it has ended: they heard the message
	Outcome   Type = "outcome"   // the attempt ended, and how is durable
	Withdrawn Type = "withdrawn" // the call was certainly not placed; the attempt is gone as if it had never been
	Campaign  Type = "campaign"  // its state changed
	Pacing    Type = "pacing"    // a decision is in its pacing ledger
	Link      Type = "link"      // the connection to an Asterisk is up, or down
	Reload    Type = "reload"    // another config is in force
)

// Types are all of them.
var Types = []Type{Attempt, Answer, Agent, Outcome, Withdrawn, Campaign, Pacing, Link, Reload}

// Event is one of them.
type Event struct {
	// ID is one more than that of the event before. The first one of a Hub is the
	// time at which that was made, in microseconds since 1970: so ids ascend over
	// restarts as well, unless the clock is set back, and are whole numbers in
	// JavaScript.
	ID       uint64
	Type     Type
	Campaign string // that it is about; empty: it is about none, or all
	data     any
}

// JSON is what there is to tell of it.
func (e *Event) JSON() ([]byte, error) {
	if raw, ok := e.data.(json.RawMessage); ok {
		return raw, nil
	}
	return json.Marshal(e.data)
}

// size is what it counts for in the ring: that of its data where it is bytes
// already, else more than any value takes that this program publishes.
func (e *Event) size() int {
	if raw, ok := e.data.(json.RawMessage); ok {
		return 64 + len(raw)
	}
	return 512
}

// Filter is what a reader wants to see.
type Filter struct {
	Campaign string // only its events and those that are about no campaign; empty: of all
	Types    []Type // only these; none: all
}

func (f *Filter) wants(e *Event) bool {
	return (f.Campaign == "" || e.Campaign == "" || e.Campaign == f.Campaign) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, e.Type))
}
