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
// strings. New fields are appended; a record that ends early has zero in the
// fields it lacks.

const recordVersion = 1

var errRecord = errors.New("store: damaged record")

type encoder []byte

func (e *encoder) uint(v uint64)   { *e = binary.AppendUvarint(*e, v) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); *e = append(*e, s...) }

func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.uint(0)
		return
	}
	e.uint(uint64(t.UnixNano()))
}

type decoder struct {
	b   []byte
	err error
}

func decode(b []byte) *decoder {
	if len(b) == 0 || b[0] != recordVersion {
		return &decoder{err: errRecord}
	}
	return &decoder{b: b[1:]}
}

func (d *decoder) uint() uint64 {
	if d.err != nil || len(d.b) == 0 {
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

func (d *decoder) int() int {
	v := d.uint()
	if v > math.MaxInt32 {
		d.err = errRecord
		return 0
	}
	return int(v)
}

func (d *decoder) string() string {
	n := d.uint()
	if d.err != nil || n > uint64(len(d.b)) {
		d.err = errRecord
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) time() time.Time {
	if v := d.uint(); v != 0 && v <= math.MaxInt64 {
		return time.Unix(0, int64(v))
	}
	return time.Time{}
}

func encodeContact(c *campaign.Contact) []byte {
	e := encoder{recordVersion}
	e.uint(uint64(c.State))
	e.time(c.Due)
	e.uint(uint64(c.Last))
	e.uint(uint64(c.Attempts))
	e.uint(uint64(c.Counted))
	e.string(c.List)
	e.string(c.Key)
	e.string(c.Number)
	e.uint(uint64(len(c.Attributes)))
	for _, a := range c.Attributes {
		e.string(a.Name)
		e.string(a.Value)
	}
	used := len(c.Tries)
	for used > 0 && c.Tries[used-1] == 0 {
		used--
	}
	e.uint(uint64(used))
	for _, n := range c.Tries[:used] {
		e.uint(uint64(n))
	}
	return e
}

func decodeContact(id uint64, b []byte) (campaign.Contact, error) {
	d := decode(b)
	c := campaign.Contact{ID: id}
	c.State = campaign.ContactState(d.int())
	c.Due = d.time()
	c.Last = campaign.Outcome(d.int())
	c.Attempts = d.int()
	c.Counted = d.int()
	c.List = d.string()
	c.Key = d.string()
	c.Number = d.string()
	n := d.int()
	if n > len(d.b) {
		return c, errRecord
	}
	if n > 0 {
		c.Attributes = make([]campaign.Attribute, n)
		for i := range c.Attributes {
			c.Attributes[i] = campaign.Attribute{Name: d.string(), Value: d.string()}
		}
	}
	n = d.int()
	if n > len(c.Tries) || int(c.State) >= campaign.NumStates || int(c.Last) >= campaign.NumOutcomes {
		return c, errRecord
	}
	for i := range n {
		c.Tries[i] = uint16(d.uint())
	}
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
	e.uint(uint64(a.Pass))
	e.time(a.Claimed)
	e.time(a.Rang)
	e.time(a.Answered)
	e.time(a.Connected)
	e.time(a.Ended)
	e.uint(uint64(a.Cause))
	e.string(a.DialStatus)
	e.string(a.Agent)
	e.string(a.Note)
	return e
}

func decodeAttempt(camp string, seq uint64, b []byte) (campaign.Attempt, error) {
	d := decode(b)
	a := campaign.Attempt{Campaign: camp, Seq: seq}
	a.Outcome = campaign.Outcome(d.int())
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
	if int(a.Outcome) >= campaign.NumOutcomes {
		return a, errRecord
	}
	return a, d.err
}
