package campaign

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// ContactState is where a contact stands. The numbers are stored: never reorder.
type ContactState uint8

// Contact states.
const (
	Pending   ContactState = iota // never dialed, due now
	Waiting                       // a retry is due at a time
	Dialing                       // an attempt is in flight
	Done                          // over, by an outcome that is not retried
	Exhausted                     // over, the retry rules allow no more
	BadNumber                     // over, the number is dead
	DNC                           // over, on a do-not-call list
	Expired                       // over, its time has passed
	Removed                       // over, taken off the list
	NumStates = iota
)

var stateNames = [NumStates]string{
	"pending", "waiting", "dialing", "done", "exhausted", "invalid", "dnc", "expired", "removed",
}

func (s ContactState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// MarshalText writes the state's name.
func (s ContactState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Attribute is an extra column of a contact's row.
type Attribute struct{ Name, Value string }

// MaxNumbers is how many numbers a contact can have.
const MaxNumbers = 16

// Number is one of a contact's telephone numbers, and what became of its calls.
type Number struct {
	Number   string
	Type     string  // the user's word for it, such as mobile; may be empty
	Last     Outcome // of its last attempt, InFlight if there was none
	Attempts int     // of it that count towards max_per_number
	Dead     bool    // it is not called again: it was invalid
}

// Contact is one person on a list.
type Contact struct {
	ID         uint64
	List       string
	Key        string   // the user's own id, may be empty
	Numbers    []Number // one at least, in the order of the row; the first one identifies a row without a key
	Next       int      // which of Numbers is called next
	Attributes []Attribute
	Priority   int       // who has a higher one is called first; within MinPriority and MaxPriority
	Zone       string    // time zone, as the contact package writes it; empty: the campaign's
	NotBefore  time.Time // not called before; zero: any time
	Expires    time.Time // not called from then on; zero: never expires
	Callback   bool      // they are called before others who are due: they asked for it, or a retry rule does
	State      ContactState
	Due        time.Time // when Pending or Waiting
	Last       Outcome   // of the last attempt, InFlight if there was none
	Attempts   int       // that ended or are in flight, congestion included
	Counted    int       // that count towards max_attempts
	Tries      [NumOutcomes]uint16
	Day        int // of the last attempt that counts: days since 1970 in the campaign's time zone
	DayCounted int // attempts of that day that count
}

// Priorities of contacts; 0 is that of a row that gives none.
const (
	MinPriority = -100
	MaxPriority = 100
)

// Number is the one that is called next, "" for a contact without any.
func (c *Contact) Number() string {
	if c.Next < len(c.Numbers) {
		return c.Numbers[c.Next].Number
	}
	return ""
}

// Attempt is one Originate for one number of one contact.
type Attempt struct {
	ID       string // ChannelId and ActionID of the call
	Seq      uint64 // ascending in the order of claims, unique in a store
	Campaign string
	List     string
	Contact  uint64
	Key      string
	Number   string
	Type     string // of the number
	Server   string // that it was placed on, as the configuration names it; "": not kept
	CallerID string // the number that it showed; "": none, or not kept
	Pass     int    // 1 for a contact's first attempt

	Claimed   time.Time // the attempt became durable
	Rang      time.Time // zero: never
	Answered  time.Time // zero: never
	Person    time.Time // the dialplan found out that a person had answered; zero: it did not look
	Connected time.Time // to an agent; zero: never
	Ended     time.Time // zero: in flight

	Outcome    Outcome
	Cause      ami.Cause
	DialStatus string
	Agent      string
	Note       string // why, where the outcome alone does not tell
}

// order makes the times ascend, where events that were lost or late, or a clock
// that was set between two runs of the daemon, would have made a duration
// negative.
func (a *Attempt) order() {
	last := a.Claimed
	for _, t := range []*time.Time{&a.Rang, &a.Answered, &a.Person, &a.Connected, &a.Ended} {
		switch {
		case t.IsZero():
		case t.Before(last):
			*t = last
		default:
			last = *t
		}
	}
	// The end is known best: it comes with an event of its own.
	for _, t := range []*time.Time{&a.Rang, &a.Answered, &a.Person, &a.Connected} {
		if t.After(a.Ended) {
			*t = a.Ended
		}
	}
}

// Ring is the time from the claim until the answer, or the end without one.
func (a *Attempt) Ring() time.Duration {
	if !a.Answered.IsZero() {
		return a.Answered.Sub(a.Claimed)
	}
	if a.Ended.IsZero() {
		return 0
	}
	return a.Ended.Sub(a.Claimed)
}

// Wait is the time from the answer until an agent was connected, or until the
// call ended without one.
func (a *Attempt) Wait() time.Duration {
	switch {
	case a.Answered.IsZero():
		return 0
	case !a.Connected.IsZero():
		return a.Connected.Sub(a.Answered)
	case !a.Ended.IsZero():
		return a.Ended.Sub(a.Answered)
	}
	return 0
}

// Talk is the time with an agent.
func (a *Attempt) Talk() time.Duration {
	if a.Connected.IsZero() || a.Ended.IsZero() {
		return 0
	}
	return a.Ended.Sub(a.Connected)
}

// Count is what an attempt adds to what a regime counts; nothing if nobody
// answered.
func (a *Attempt) Count(r pacing.Regime) (n pacing.Count) {
	if a.Outcome.Answered() {
		r.Add(&n, pacing.Answer{Machine: a.Outcome == Machine, Connected: a.Outcome == Connected, Wait: a.waited(r)})
	}
	return n
}

// waited is Wait as a regime's clock shows it.
func (a *Attempt) waited(r pacing.Regime) time.Duration {
	if w := a.Wait(); w > 0 && r.FromGreeting && a.Person.After(a.Answered) {
		return max(0, w-a.Person.Sub(a.Answered))
	}
	return a.Wait()
}

// LateAfter is how long a person who answered may wait for an agent before
// regulators count the call as abandoned (16 CFR 310.4(b)(4)(ii); Ofcom's
// statement of 2016 uses the same two seconds).
const LateAfter = 2 * time.Second

// Slow reports whether a live answer reached an agent later than LateAfter, and is
// not Late because the dialplan listened for a machine first.
func (a *Attempt) Slow() bool { return a.Outcome == Connected && a.Wait() > LateAfter && !a.Late() }

// Late reports whether a live answer did not reach an agent within LateAfter:
// of the answer, or of the moment when the dialplan had found a person.
func (a *Attempt) Late() bool {
	switch a.Outcome {
	case Connected:
		return a.waited(pacing.Regime{FromGreeting: true}) > LateAfter
	case Abandoned, Dropped:
		return true
	}
	return false
}
