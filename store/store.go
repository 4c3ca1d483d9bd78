// Package store keeps what must outlive a crash: contacts, claims, attempts,
// counters, list batches, do-not-call numbers and what operators last said.
//
// Store is the narrow interface; Open gives the one behind it, a single bbolt
// file. Every method that changes something returns after it is durable
// (fsync), and either all of it is or none: a claimed attempt is on disk before
// the caller can originate it.
//
// An attempt begins in claim.go and ends in finish.go; one that was in flight at a
// crash is what InFlight returns at the next start. Lists are merged in load.go,
// do-not-call numbers kept in dnc.go. One goroutine writes, and commits what waits
// together (writer.go). Verify says whether what is stored contradicts itself.
package store

import (
	"errors"
	"io"
	"iter"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Store may be used concurrently. Changes are serialised; those that wait
// together are committed together.
type Store interface {
	// Instance is a short random name, another one each time the store is
	// opened. It begins the id of every attempt that is claimed, so that neither
	// two dialers on one Asterisk nor a store and its restored copy use the same.
	Instance() string

	// Claim makes attempts for contacts that are due at now, in the order that
	// campaign.Take has, and marks the contacts as dialing. Each is called at the
	// number that is next, or else the next one behind it that is neither dead, on
	// a do-not-call list, nor too often called or in flight, in whatever campaign.
	// Contacts that are met on the way and cannot be called are put off until one
	// of their numbers can be, by BusyNumberDelay if it is in flight; those whose
	// numbers are all dead or on do-not-call lists, or whose time has passed, are
	// over. The cost does not depend on how many contacts there are, are not due or
	// are of other zones; it grows a little with the number of lanes.
	Claim(campaign string, now time.Time, take campaign.Take) (campaign.Taken, error)
	// Expire ends up to most contacts of a campaign whose time has passed, and
	// returns how many it found. Claims heed the time all the same.
	Expire(campaign string, now time.Time, most int) (n int, err error)
	// Withdraw undoes a claim; nothing of it is left but its number, which is
	// not given again. Its contact's state and due time are those of the claim,
	// which the caller may have changed. One that is not in flight is not touched.
	Withdraw(claim campaign.Claim) error
	// Finish ends an attempt and gives its contact its next state. Who they are
	// stays as it is stored, whatever the arguments say. Ending it again, or
	// ending one that was withdrawn or never made, changes nothing. An end that
	// is none (in flight, dialing) is refused.
	Finish(attempt campaign.Attempt, contact campaign.Contact) error
	// InFlight returns the attempts that were claimed and not ended, in the
	// order of their claims.
	InFlight() ([]campaign.Claim, error)

	// Load merges rows into a list: new rows join, due at now or from their time
	// on; contacts that are there already become what their row says, numbers
	// included, but what became of the calls to a number that stays is kept, and
	// one that was removed comes back to where it stood. Of contacts that have a
	// number of another's, within what the source says, one is taken. Contacts
	// without a row stay, or are removed if the source says so; their calls in
	// flight go on, and what they did is kept.
	//
	// All of it happens or nothing: an error among rows, and a crash at any
	// moment, leaves the list as it was. Claims go on meanwhile, and see the new
	// list at once when Load returns. One load is done after the other, so
	// neither rows nor reject may load or undo. reject is told what is not taken
	// and why, in the order of the rows, once all have been read.
	Load(src Source, now time.Time, rows iter.Seq2[Row, error], reject func(Row, string)) (Batch, error)
	// Preview does what Load does, but changes nothing, and tells which rows would
	// be new contacts and which would not be taken, in their order, once all have
	// been read.
	Preview(src Source, now time.Time, rows iter.Seq2[Row, error], tell func(Row, Verdict)) (Batch, error)
	// List returns the last batch of a list.
	List(campaign, list string) (Batch, bool, error)
	// Lists returns the last batch of every list of a campaign, by name.
	Lists(campaign string) ([]Batch, error)
	// Touch gives the last batch of a list, if there is one, another stamp.
	Touch(campaign, list, stamp string) error
	// Batches yields a campaign's last MaxBatches batches, oldest first.
	Batches(campaign string) iter.Seq2[Batch, error]
	// Undo takes back what a batch added and nobody has dialed: these contacts
	// are gone as if they had never been loaded, a call of one that is in flight
	// goes on. What the batch changed or removed of other contacts stays so. It
	// returns how many were taken back. ErrNoBatch: there is none of that id, or
	// it is too old. Undoing again does nothing.
	Undo(batch uint64, now time.Time) (n int, err error)
	// SetDNC replaces what a do-not-call list holds: numbers, and prefixes that
	// end with *. What is added bars at once, and only then what is gone is taken
	// off; an error among entries leaves the list as it was. stamp is kept for
	// DNCLists. An entry counts once, and since when it came first.
	SetDNC(list DNCName, stamp string, now time.Time, entries iter.Seq2[string, error]) (DNCList, error)
	// AddDNC adds entries to a do-not-call list, which is made if needed, and
	// returns how many are new. The next claim heeds them. It and RemoveDNC refuse
	// a list that is from a file: ErrDNCFile.
	AddDNC(list DNCName, now time.Time, entries ...string) (added int, err error)
	// RemoveDNC takes entries off a do-not-call list and returns how many there
	// were. Contacts that only they barred are due again, at now.
	RemoveDNC(list DNCName, now time.Time, entries ...string) (removed int, err error)
	// DropDNC takes everything off a do-not-call list, as RemoveDNC does, and
	// the list itself.
	DropDNC(list DNCName, now time.Time) error
	// DNCLists are all do-not-call lists, those of all campaigns first.
	DNCLists() ([]DNCList, error)
	// CheckDNC tells which entries bar a number from a campaign, or, without a
	// campaign, from any.
	CheckDNC(campaign, number string) ([]DNCHit, error)

	// Counters are a campaign's, as of the last change.
	Counters(campaign string) (Counters, error)
	// AddAgentTime books logged-in time of a campaign's agents.
	AddAgentTime(campaign string, d time.Duration) error
	// Attempts yields a campaign's attempts claimed in [from, to), in the order
	// of their claims; a zero time does not bound.
	Attempts(campaign string, from, to time.Time) iter.Seq2[campaign.Attempt, error]
	// Contacts yields a campaign's contacts in the order they were loaded.
	Contacts(campaign string) iter.Seq2[campaign.Contact, error]
	// Find returns the contacts of all campaigns that have a number, or a key of
	// the user's, by campaign and in the order they were loaded.
	Find(numberOrKey string) ([]Found, error)
	// ContactAttempts returns the attempts of one contact, in the order of their
	// claims, but those that were purged. It reads back as far as the first of
	// them.
	ContactAttempts(campaign string, contact uint64) ([]campaign.Attempt, error)
	// Callback makes a contact due at a time that they asked for, before others,
	// whatever became of it before: the retry rules' maxima do not bind it. One
	// that is being called is due then whatever comes of that call. It refuses,
	// with a *NoCallback, those taken off the list, before their time or expired by
	// then, and those without a number that is neither dead nor on a do-not-call
	// list. It returns the contact as it is afterwards.
	Callback(campaign string, contact uint64, cb Callback, now time.Time) (campaign.Contact, error)
	// Holds counts the contacts that may still be claimed by what they wait for. It
	// looks at most at so many; all is false if there are more, and the counts are
	// the least that there are.
	Holds(campaign string, now time.Time, most int) (holds []Hold, all bool, err error)
	// Rollups yields the sums over a campaign's attempts by what they have in
	// common, as of the last change.
	Rollups(campaign string, by Group) iter.Seq2[Rollup, error]
	// Campaigns names those that the store knows.
	Campaigns() ([]string, error)

	// State is what SaveState kept, "" if nothing.
	State(campaign string) (state campaign.State, since time.Time, err error)
	SaveState(campaign string, state campaign.State, now time.Time) error

	// Purge deletes up to most attempts that were claimed before a time and are
	// not in flight, a few in each change. Counters and Rollups go on counting
	// them. Those that a clock set back put behind later ones go with these.
	Purge(before time.Time, most int) (n int, err error)
	// Stats is how large the store is.
	Stats() (Stats, error)
	// Backup writes a copy of the store, of one moment, that can be opened as
	// one. Changes go on meanwhile.
	Backup(w io.Writer) error

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
	Numbers    []RowNumber // in the order in which they are called; at most campaign.MaxNumbers, each once
	Key        string      // the user's own id; identifies the row if it is given, else the first of its numbers that a contact of the list has does
	Attributes []campaign.Attribute
	Priority   int // within campaign.MinPriority and campaign.MaxPriority
	Zone       string
	NotBefore  time.Time
	Expires    time.Time // a new contact whose time has passed is not taken
	Record     []string  // the row as it was read, for whoever reports it rejected
	Refused    string    // why whoever read it will not have it: it is only counted, among the rejected
}

// RowNumber is one of a row's telephone numbers.
type RowNumber struct {
	Number string
	Given  string // another spelling that it may have been loaded in before; may be empty
	Type   string // the user's word for it, such as mobile; may be empty
}

// Scope is within what a number is had by one contact only. Contacts that were
// loaded when another scope was in force stay.
type Scope uint8

// Scopes.
const (
	PerCampaign Scope = iota
	PerList           // contacts of other lists of the campaign may have it too
	Everywhere        // in no two campaigns
)

// Source is what a load is of.
type Source struct {
	Campaign string
	List     string
	Hash     string // identifies the contents and how they were read
	Stamp    string // tells that a file did not change without reading it, such as its size and time
	// Remove takes those contacts off the list that have no row any more.
	Remove bool
	// Numbers is within what a number may be had once.
	Numbers Scope
}

// Batch is what one load of a list did. Rows are those added, updated,
// unchanged and rejected.
type Batch struct {
	ID        uint64    `json:"id"` // ascending over all campaigns
	Campaign  string    `json:"campaign"`
	List      string    `json:"list"`
	Time      time.Time `json:"time"`
	Hash      string    `json:"hash"` // none, nor a stamp, if loading the same again would take more of it
	Stamp     string    `json:"stamp"`
	Rows      int       `json:"rows"`    // read
	Added     int       `json:"added"`   // new contacts
	Barred    int       `json:"barred"`  // of these, all numbers on do-not-call lists: not dialed while they are
	Updated   int       `json:"updated"` // their row says something else than before, or they were removed
	Unchanged int       `json:"unchanged"`
	Rejected  int       `json:"rejected"`
	Expired   int       `json:"expired,omitzero"` // of these, new ones whose time has passed
	Removed   int       `json:"removed"`          // contacts without a row
	Undone    time.Time `json:"undone,omitzero"`
	TakenBack int       `json:"taken_back,omitzero"` // by Undo

	First uint64 `json:"first,omitzero"` // the ids of the new contacts are from First to Last
	Last  uint64 `json:"last,omitzero"`
}

// Verdict is what becomes of a row.
type Verdict struct {
	Barred  bool   // it would be a new contact, but all its numbers are on do-not-call lists
	Refused string // why; "" if it would be a new contact
}

// MaxBatches is how many batches of a campaign are remembered.
const MaxBatches = 1000

// Errors.
var (
	// ErrInUse says that another process has the store open.
	ErrInUse = errors.New("the store is in use by another dialcamp")
	// ErrNewer says that a newer dialcamp wrote the store.
	ErrNewer = errors.New("the store was written by a newer dialcamp")
	// ErrDNCFile says that a do-not-call list holds what a file holds.
	ErrDNCFile = errors.New("it is read from a file, which is to be changed instead")
	// ErrNoBatch says that a batch is not known, or not any more.
	ErrNoBatch = errors.New("no such batch")
	// ErrClosed says that Close was called before.
	ErrClosed = errors.New("the store is closed")
	// ErrReopen says that nobody can tell what is on the disk; opening the store
	// again shows it.
	ErrReopen = errors.New("nothing is written until the store is opened again")
)
