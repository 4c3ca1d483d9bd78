package pacing

import "time"

// Record is an entry of the pacing ledger: a decision with all it depended on,
// so that it can be made again.
type Record struct {
	At       time.Time `json:"at"`
	Campaign string    `json:"campaign"`
	Settings Settings  `json:"settings"`
	State    State     `json:"state"` // before the decision
	Snapshot Snapshot  `json:"snapshot"`
	Decision Decision  `json:"decision"`
}

// Replay makes the decision of a record again. It is that of the record unless
// the record was altered, or written by another version.
func (r *Record) Replay() Decision {
	p := Pacer{Settings: r.Settings, State: r.State}
	return p.Decide(&r.Snapshot)
}
