package store

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Records are a version byte and a sequence of varints and length-prefixed
// strings. What is behind the fields known here was appended by a newer
// dialcamp and is passed over. A field that this one appends must be read as
// zero where a record ends before it; all others must be there, or a record
// that was cut short would pass for a contact that is due.
//
// The encoder never writes what the decoder refuses: numbers that do not fit
// are clamped.

const (
	recordVersion = 1
	// fullRecord is the version of a record with a second part: what most
	// contacts and attempts have nothing of. They stay as small as if they could
	// not have it, and one that is cut short between the parts is refused.
	fullRecord = 2
)

var errRecord = errors.New("store: damaged record")

type encoder []byte

func (e *encoder) uint(v uint64)   { *e = binary.AppendUvarint(*e, v) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); *e = append(*e, s...) }

func (e *encoder) bool(v bool) {
	if v {
		e.uint(1)
	} else {
		e.uint(0)
	}
}

func (e *encoder) int(v int)        { e.uint(uint64(min(max(v, 0), math.MaxInt32))) }
func (e *encoder) time(t time.Time) { e.uint(nanos(t)) }

func (e *encoder) attributes(all []campaign.Attribute) {
	e.uint(uint64(len(all)))
	for _, a := range all {
		e.string(a.Name)
		e.string(a.Value)
	}
}

// sums are numbers that may be negative, such as durations.
func (e *encoder) sums(all ...int64) {
	e.uint(uint64(len(all)))
	for _, v := range all {
		*e = binary.AppendVarint(*e, v)
	}
}

var (
	epoch   = time.Unix(0, 0)
	maxTime = time.Unix(0, math.MaxInt64)
)

// nanos is a time as it is stored, in nanoseconds since 1970 on the wall clock.
// The zero time and what was before 1970 are 0, which reads as the zero time;
// what comes after 2262 is the last moment that fits.
func nanos(t time.Time) uint64 {
	switch {
	case t.Before(epoch):
		return 0
	case t.After(maxTime):
		return math.MaxInt64
	}
	return uint64(t.UnixNano())
}

type decoder struct {
	b    []byte
	full bool // there is a second part
	err  error
}

func decode(b []byte) *decoder {
	if len(b) == 0 || b[0] != recordVersion && b[0] != fullRecord {
		return &decoder{err: errRecord}
	}
	return &decoder{b: b[1:], full: b[0] == fullRecord}
}

func (d *decoder) uint() uint64 {
	if d.err != nil {
		return 0
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.err = errRecord
		return 0
	}
	d.b = d.b[n:]
	return v
}

// max reads a number that is at most limit.
func (d *decoder) max(limit uint64) uint64 {
	v := d.uint()
	if v > limit {
		d.err = errRecord
		return 0
	}
	return v
}

func (d *decoder) int() int { return int(d.max(math.MaxInt32)) }

func (d *decoder) string() string { return string(d.bytes()) }

// bytes is string without its copy.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if d.err != nil || n > uint64(len(d.b)) {
		d.err = errRecord
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) attributes() (all []campaign.Attribute) {
	// Two bytes at least an attribute: a damaged length allocates nothing.
	if n := d.max(uint64(len(d.b) / 2)); n > 0 {
		all = make([]campaign.Attribute, n)
		for i := range all {
			all[i] = campaign.Attribute{Name: d.string(), Value: d.string()}
		}
	}
	return all
}

func (d *decoder) time() time.Time {
	if v := d.max(math.MaxInt64); v != 0 {
		return time.Unix(0, int64(v))
	}
	return time.Time{}
}

// sums reads at most len(all) numbers; those that are not there stay zero.
func (d *decoder) sums(all ...*int64) {
	for i := range d.max(uint64(len(all))) {
		v, n := binary.Varint(d.b)
		if n <= 0 {
			d.err = errRecord
			return
		}
		*all[i] = v
		d.b = d.b[n:]
	}
}

func encodeContact(c *campaign.Contact) []byte {
	e := encoder{recordVersion}
	e.uint(uint64(c.State))
	e.time(c.Due)
	e.uint(uint64(c.Last))
	e.int(c.Attempts)
	e.int(c.Counted)
	e.string(c.List)
	e.string(c.Key)
	e.string(numberOf(c, 0).Number)
	e.attributes(c.Attributes)
	used := len(c.Tries)
	for used > 0 && c.Tries[used-1] == 0 {
		used--
	}
	e.uint(uint64(used))
	for _, n := range c.Tries[:used] {
		e.uint(uint64(n))
	}
	e.more(c)
	return e
}

// more appends the second part of a contact, unless it is empty.
func (e *encoder) more(c *campaign.Contact) {
	first := numberOf(c, 0)
	if first == (campaign.Number{Number: first.Number}) && len(c.Numbers) < 2 && c.Next == 0 && c.Priority == 0 && c.Zone == "" &&
		c.NotBefore.IsZero() && c.Expires.IsZero() && !c.Callback && c.Day == 0 && c.DayCounted == 0 {
		return
	}
	(*e)[0] = fullRecord
	e.number(&first)
	others := c.Numbers[min(1, len(c.Numbers)):]
	e.uint(uint64(len(others)))
	for i := range others {
		e.string(others[i].Number)
		e.number(&others[i])
	}
	e.int(c.Next)
	e.int(c.Priority - campaign.MinPriority)
	e.string(c.Zone)
	e.time(c.NotBefore)
	e.time(c.Expires)
	e.bool(c.Callback)
	e.int(c.Day)
	e.int(c.DayCounted)
}

// number writes what is kept of a number beside itself.
func (e *encoder) number(n *campaign.Number) {
	e.string(n.Type)
	e.uint(uint64(n.Last))
	e.int(n.Attempts)
	e.bool(n.Dead)
}

func (d *decoder) more(c *campaign.Contact) {
	if d.err != nil || !d.full {
		return
	}
	d.number(&c.Numbers[0])
	for range d.max(campaign.MaxNumbers - 1) {
		n := campaign.Number{Number: d.string()}
		d.number(&n)
		c.Numbers = append(c.Numbers, n)
	}
	c.Next = int(d.max(uint64(len(c.Numbers) - 1)))
	c.Priority = int(d.max(campaign.MaxPriority-campaign.MinPriority)) + campaign.MinPriority
	c.Zone = d.string()
	c.NotBefore = d.time()
	c.Expires = d.time()
	c.Callback = d.max(1) == 1
	c.Day = d.int()
	c.DayCounted = d.int()
}

func (d *decoder) number(n *campaign.Number) {
	n.Type = d.string()
	n.Last = campaign.Outcome(d.max(campaign.NumOutcomes - 1))
	n.Attempts = d.int()
	n.Dead = d.max(1) == 1
}

func numberOf(c *campaign.Contact, i int) campaign.Number {
	if i < len(c.Numbers) {
		return c.Numbers[i]
	}
	return campaign.Number{}
}

func decodeContact(id uint64, b []byte) (campaign.Contact, error) {
	d := decode(b)
	c := campaign.Contact{ID: id}
	c.State = campaign.ContactState(d.max(campaign.NumStates - 1))
	c.Due = d.time()
	c.Last = campaign.Outcome(d.max(campaign.NumOutcomes - 1))
	c.Attempts = d.int()
	c.Counted = d.int()
	c.List = d.string()
	c.Key = d.string()
	c.Numbers = []campaign.Number{{Number: d.string()}}
	c.Attributes = d.attributes()
	for i := range d.max(uint64(len(c.Tries))) {
		c.Tries[i] = uint16(d.max(math.MaxUint16))
	}
	d.more(&c)
	return c, d.err
}

func encodeAttempt(a *campaign.Attempt) []byte {
	e := encoder{recordVersion}
	e.uint(uint64(a.Outcome))
	e.uint(a.Contact)
	e.string(a.ID)
	e.string(a.List)
	e.string(a.Key)
	e.string(a.Number)
	e.int(a.Pass)
	e.time(a.Claimed)
	e.time(a.Rang)
	e.time(a.Answered)
	e.time(a.Connected)
	e.time(a.Ended)
	e.int(int(a.Cause))
	e.string(a.DialStatus)
	e.string(a.Agent)
	e.string(a.Note)
	if a.Type != "" || !a.Person.IsZero() || a.Server != "" || a.CallerID != "" {
		e[0] = fullRecord
		e.string(a.Type)
		e.time(a.Person)
		e.string(a.Server)
		e.string(a.CallerID)
	}
	return e
}

func decodeAttempt(camp string, seq uint64, b []byte) (campaign.Attempt, error) {
	d := decode(b)
	a := campaign.Attempt{Campaign: camp, Seq: seq}
	a.Outcome = campaign.Outcome(d.max(campaign.NumOutcomes - 1))
	a.Contact = d.uint()
	a.ID = d.string()
	a.List = d.string()
	a.Key = d.string()
	a.Number = d.string()
	a.Pass = d.int()
	a.Claimed = d.time()
	a.Rang = d.time()
	a.Answered = d.time()
	a.Connected = d.time()
	a.Ended = d.time()
	a.Cause = ami.Cause(d.int())
	a.DialStatus = d.string()
	a.Agent = d.string()
	a.Note = d.string()
	if d.full {
		a.Type = d.string()
		a.Person = d.time()
		if len(d.b) > 0 { // else it is from before they were kept
			a.Server = d.string()
			a.CallerID = d.string()
		}
	}
	return a, d.err
}

func encodeCounters(c *Counters) []byte {
	e := encoder{recordVersion}
	e.sums(c.Contacts[:]...)
	e.sums(c.Outcomes[:]...)
	e.sums(c.Attempts, c.Attempted, c.Late, int64(c.Ring), int64(c.Wait), int64(c.Talk), int64(c.AgentTime), c.Slow)
	e.time(c.First)
	e.time(c.Last)
	e.uint(uint64(len(c.Causes)))
	for cause, n := range c.Causes {
		e.int(int(cause))
		e.sums(n)
	}
	return e
}

func decodeCounters(b []byte) (Counters, error) {
	d := decode(b)
	var c Counters
	d.sums(pointers(c.Contacts[:])...)
	d.sums(pointers(c.Outcomes[:])...)
	d.sums(&c.Attempts, &c.Attempted, &c.Late, (*int64)(&c.Ring), (*int64)(&c.Wait), (*int64)(&c.Talk), (*int64)(&c.AgentTime), &c.Slow)
	c.First = d.time()
	c.Last = d.time()
	for range d.max(uint64(len(d.b))) {
		cause, n := ami.Cause(d.int()), int64(0)
		if d.sums(&n); d.err != nil {
			break
		}
		if c.Causes == nil {
			c.Causes = map[ami.Cause]int64{}
		}
		c.Causes[cause] = n
	}
	return c, d.err
}

func pointers(all []int64) []*int64 {
	p := make([]*int64, len(all))
	for i := range all {
		p[i] = &all[i]
	}
	return p
}
