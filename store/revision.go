package store

import (
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// revision is what a load does to a contact that is there: it leaves the list, or
// it becomes what its row says.
type revision struct {
	row *Row      // nil: it leaves
	at  time.Time // of the load
}

type idRevision struct {
	id       uint64
	revision []byte
}

func encodeRevision(c *revision) []byte {
	e := encoder{recordVersion}
	e.bool(c.row == nil)
	if c.row == nil {
		e.attributes(nil)
		e.time(c.at)
		return e
	}
	e[0] = fullRecord
	e.attributes(c.row.Attributes)
	e.time(c.at)
	e.uint(uint64(len(c.row.Numbers)))
	for _, n := range c.row.Numbers {
		e.string(n.Number)
		e.string(n.Given)
		e.string(n.Type)
	}
	e.int(c.row.Priority - campaign.MinPriority)
	e.string(c.row.Zone)
	e.time(c.row.NotBefore)
	e.time(c.row.Expires)
	return e
}

func decodeRevision(b []byte) (c revision, err error) {
	d := decode(b)
	remove := d.max(1) == 1
	r := Row{Attributes: d.attributes()}
	c.at = d.time()
	if d.full {
		for range d.max(campaign.MaxNumbers) {
			r.Numbers = append(r.Numbers, RowNumber{Number: d.string(), Given: d.string(), Type: d.string()})
		}
		r.Priority = int(d.max(campaign.MaxPriority-campaign.MinPriority)) + campaign.MinPriority
		r.Zone = d.string()
		r.NotBefore = d.time()
		r.Expires = d.time()
	}
	if !remove {
		c.row = &r
	}
	return c, d.err
}

// revise makes a contact that stays what its row says. What became of the calls
// to its numbers is kept for those that it still has.
func (ch *revision) revise(c *campaign.Contact) {
	r := ch.row
	c.Attributes = r.Attributes
	if r.Numbers == nil {
		return // written before contacts could have more
	}
	hope := ch.renumber(c)
	c.Priority, c.Zone = r.Priority, r.Zone
	was := *c
	c.NotBefore, c.Expires = r.NotBefore, r.Expires
	switch {
	case c.State == campaign.BadNumber && hope,
		c.State == campaign.Expired && nanos(c.Expires) != nanos(was.Expires) && !expired(c, ch.at):
		c.State, c.Due = again(c), later(ch.at, c.NotBefore)
	case isDue(c) && !c.Callback && nanos(c.NotBefore) != nanos(was.NotBefore):
		if nanos(was.NotBefore) == nanos(c.Due) { // it waited for just this
			c.Due = ch.at
		}
		c.Due = later(c.Due, c.NotBefore)
	}
}

// renumber gives a contact the row's numbers, and reports whether there is a new
// one among them.
func (ch *revision) renumber(c *campaign.Contact) (joined bool) {
	next := c.Number()
	all := make([]campaign.Number, len(ch.row.Numbers))
	for i := range all {
		n := &ch.row.Numbers[i]
		if k := n.of(c.Numbers); k >= 0 {
			all[i] = c.Numbers[k]
		} else {
			all[i], joined = campaign.Number{Number: n.Number}, true
		}
		all[i].Type = n.Type
	}
	c.Numbers = all
	c.Next = 0
	if c.Attempts > 0 { // else nothing has been begun
		c.Next = max(0, slices.IndexFunc(all, func(n campaign.Number) bool { return n.Number == next }))
	}
	return joined
}

// expired reports whether a contact is not called any more at a time.
func expired(c *campaign.Contact, at time.Time) bool {
	return nanos(c.Expires) > 0 && !at.Before(c.Expires)
}

// again is the state of a contact that is due again.
func again(c *campaign.Contact) campaign.ContactState {
	if c.Attempts > 0 {
		return campaign.Waiting
	}
	return campaign.Pending
}
