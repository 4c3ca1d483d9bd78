// Package store keeps what must outlive a crash: contacts, claims, attempts,
// counters, list batches, do-not-call numbers and what operators last said.
//
// Store is the narrow interface; Open gives the one behind it, a single bbolt
// file. Every method that changes something returns after it is durable
// (fsync), and either all of it is or none: a claimed attempt is on disk before
// the caller can originate it.
package store

import (
	"errors"
	"iter"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Store may be used concurrently. Changes are serialised; those that wait
// together are committed together.
type Store interface {
	// Instance is a short random name given to the store when it was made. It
	// begins every attempt's id, so that two dialers on one Asterisk never use
	// the same.
	Instance() string

	// Claim makes attempts for up to max contacts that are due at now, earliest
	// first, and marks the contacts as dialing. Contacts on the do-not-call
	// list are settled on the way; those whose number is in flight in any
	// campaign are put off by BusyNumberDelay. next is when the next contact
	// is due, zero if none is. The cost does not depend on how many contacts
	// are not due.
	Claim(campaign string, now time.Time, max int) (claims []campaign.Claim, next time.Time, err error)
	// Withdraw undoes a claim; nothing of it is left but its number, which is
	// not given again. One that is not in flight is not touched.
	Withdraw(claim campaign.Claim) error
	// Finish ends an attempt and gives its contact its next state. Who they are
	// stays as it is stored, whatever the arguments say. Ending it again, or
	// ending one that was withdrawn or never made, changes nothing. An end that
	// is none (in flight, dialing) is refused.
	Finish(attempt campaign.Attempt, contact campaign.Contact) error
	// InFlight returns the attempts that were claimed and not ended, in the
	// order of their claims.
	InFlight() ([]campaign.Claim, error)

	// Load merges rows into a list: new rows join, rows that are there already
	// change nothing; a number is in a campaign once. reject is told what is not taken and why. hash identifies
	// the contents, for List. An error among rows ends the load: what came before
	// it stays, and List does not count it as loaded.
	Load(campaign, list, hash string, now time.Time, rows iter.Seq2[Row, error], reject func(Row, string)) (Batch, error)
	// Preview tells what Load would do with the rows, each in its turn, and
	// changes nothing. It keeps the numbers and keys of the new ones in memory.
	Preview(campaign, list string, rows iter.Seq2[Row, error], tell func(Row, Verdict)) (Batch, error)
	// List returns the last batch of a list that was loaded to its end.
	List(campaign, list string) (Batch, bool, error)
	// Lists returns the last batch of every list of a campaign that was loaded
	// to its end, by name.
	Lists(campaign string) ([]Batch, error)
	// SetDNC replaces the do-not-call numbers, and returns how many there are.
	SetDNC(numbers iter.Seq[string]) (n int, err error)

	// Counters are a campaign's, as of the last change.
	Counters(campaign string) (Counters, error)
	// AddAgentTime books logged-in time of a campaign's agents.
	AddAgentTime(campaign string, d time.Duration) error
	// Attempts yields a campaign's attempts claimed in [from, to), in the order
	// of their claims; a zero time does not bound.
	Attempts(campaign string, from, to time.Time) iter.Seq2[campaign.Attempt, error]
	// Contacts yields a campaign's contacts in the order they were loaded.
	Contacts(campaign string) iter.Seq2[campaign.Contact, error]
	// Campaigns names those that the store knows.
	Campaigns() ([]string, error)

	// State is what SaveState kept, "" if nothing.
	State(campaign string) (state campaign.State, since time.Time, err error)
	SaveState(campaign string, state campaign.State, now time.Time) error

	// SavePacing keeps what a campaign's pacing has learnt, unless state is nil,
	// and appends entries to its ledger, whose last LedgerEntries are kept. What
	// they hold is the caller's own.
	SavePacing(campaign string, state []byte, entries [][]byte) error
	// Pacing is the state that SavePacing kept last, nil if none.
	Pacing(campaign string) ([]byte, error)
	// Ledger yields the entries of a campaign's ledger from number from on,
	// oldest first.
	Ledger(campaign string, from uint64) iter.Seq2[LedgerEntry, error]

	Close() error
}

// BusyNumberDelay is how long a due contact waits whose number is being called
// at this moment, for this campaign or another.
const BusyNumberDelay = time.Minute

// Row is one row of a contact list.
type Row struct {
	Line       int
	Number     string
	Given      string // another spelling that the number may have been loaded in before; may be empty
	Key        string // the user's own id; identifies the row if it is given, else the number does
	Attributes []campaign.Attribute
	Record     []string // the row as it was read, for whoever reports it rejected
	Refused    string   // why whoever read it will not have it: it is only counted, among the rejected
}

// Batch is what one load of a list did.
type Batch struct {
	Campaign  string    `json:"campaign"`
	List      string    `json:"list"`
	Time      time.Time `json:"time"`
	Hash      string    `json:"hash"`
	Rows      int       `json:"rows"`      // read
	Added     int       `json:"added"`     // new contacts
	Barred    int       `json:"barred"`    // of these, whose number is on the do-not-call list: they are not dialed while it is
	Unchanged int       `json:"unchanged"` // were there already
	Rejected  int       `json:"rejected"`
}

// Verdict is what becomes of a row.
type Verdict struct {
	New     bool   // it makes a new contact; else it is there already, or refused
	Barred  bool   // its number is on the do-not-call list
	Refused string // why; "" if it is taken
}

// Errors.
var (
	// ErrInUse says that another process has the store open.
	ErrInUse = errors.New("the store is in use by another dialcamp")
	// ErrNewer says that a newer dialcamp wrote the store.
	ErrNewer = errors.New("the store was written by a newer dialcamp")
	// ErrClosed says that Close was called before.
	ErrClosed = errors.New("the store is closed")
)
