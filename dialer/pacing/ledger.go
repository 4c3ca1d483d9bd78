package pacing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Entry is one decision in the pacing ledger, with everything that it depended
// on: made again from the entry alone, it comes out the same.
type Entry struct {
	Seq      uint64    `json:"seq,omitempty"` // in the ledger, from 1; 0 before it is there
	Time     time.Time `json:"time"`
	Settings Settings  `json:"settings"`
	// State is what was learnt before the decision; nil if the mode does not learn.
	State    *State   `json:"state,omitempty"`
	Snapshot Snapshot `json:"snapshot"`
	Decision Decision `json:"decision"`
	Placed   int      `json:"placed"`         // calls, after limits that are shared with others
	Hold     string   `json:"hold,omitempty"` // what kept it from more, in words
}

// Again makes the decision again.
func (e *Entry) Again() Decision {
	p := Pacer{Settings: e.Settings}
	if e.State != nil {
		p.State = *e.State
	}
	return p.Decide(&e.Snapshot)
}

// Held tells what kept the decision from more calls, in words.
func (e *Entry) Held() string {
	if e.Hold != "" {
		return e.Hold
	}
	_, why, _ := strings.Cut(e.Decision.String(), ": ")
	return why
}

// ReadLedger reads entries, one JSON object a line, as the ledger is printed with --json.
// An error is the last that it yields.
func ReadLedger(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		dec := json.NewDecoder(r)
		for n := 1; ; n++ {
			var e Entry
			err := dec.Decode(&e)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(e, fmt.Errorf("entry %d: %w", n, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
