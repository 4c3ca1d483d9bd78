package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// maxIdentity bounds a row's number and key in bytes: they are keys of the
// file, which bbolt limits too.
const maxIdentity = 1000

// unfit tells why a row cannot be kept, "" if it can.
func unfit(r *Row) string {
	switch {
	case r.Refused != "":
		return r.Refused
	case len(r.Numbers) > campaign.MaxNumbers:
		return fmt.Sprintf("it has more than %d numbers", campaign.MaxNumbers)
	case len(r.Key) > maxIdentity:
		return fmt.Sprintf("its key is longer than %d bytes", maxIdentity)
	case r.Priority < campaign.MinPriority || r.Priority > campaign.MaxPriority:
		return fmt.Sprintf("its priority is not within %d and %d", campaign.MinPriority, campaign.MaxPriority)
	case len(r.Numbers) == 0:
		return "it has no number"
	}
	for i := range r.Numbers {
		switch n := r.Numbers[i].Number; {
		case n == "":
			return "it has no number"
		case len(n) > maxIdentity:
			return fmt.Sprintf("its number is longer than %d bytes", maxIdentity)
		case slices.ContainsFunc(r.Numbers[:i], func(o RowNumber) bool { return o.Number == n }):
			return "it has a number twice"
		}
	}
	return ""
}

// contact is what the row makes, due at now or from its time on. What does not fit
// is cut: an unfit row is kept as a contact too until it is told of.
func (r *Row) contact(list string, now time.Time) campaign.Contact {
	c := campaign.Contact{
		List: list, Key: r.Key, Attributes: r.Attributes, Priority: min(max(r.Priority, campaign.MinPriority), campaign.MaxPriority), Zone: r.Zone, NotBefore: r.NotBefore, Expires: r.Expires,
		State: campaign.Pending, Due: later(now, r.NotBefore),
	}
	c.Numbers = make([]campaign.Number, min(len(r.Numbers), campaign.MaxNumbers))
	for i := range c.Numbers {
		c.Numbers[i] = campaign.Number{Number: r.Numbers[i].Number, Type: r.Numbers[i].Type}
	}
	return c
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// is reports whether a contact's number is this one.
func (n *RowNumber) is(number string) bool {
	return number == n.Number || n.Given != "" && number == n.Given
}

// of finds the number among those of a contact, -1 if it is none of them.
func (n *RowNumber) of(all []campaign.Number) int {
	return slices.IndexFunc(all, func(a campaign.Number) bool { return n.is(a.Number) })
}

// says reports whether a contact is as the row says.
func (r *Row) says(c *campaign.Contact) bool {
	return slices.EqualFunc(c.Numbers, r.Numbers, func(a campaign.Number, n RowNumber) bool { return n.is(a.Number) && a.Type == n.Type }) &&
		slices.Equal(c.Attributes, r.Attributes) && c.Priority == r.Priority && c.Zone == r.Zone &&
		nanos(c.NotBefore) == nanos(r.NotBefore) && nanos(c.Expires) == nanos(r.Expires)
}

// plain reports whether a contact made of the row has no second part in its
// record.
func (r *Row) plain() bool {
	return len(r.Numbers) == 1 && r.Numbers[0].Type == "" && r.Priority == 0 && r.Zone == "" && nanos(r.NotBefore) == 0 && nanos(r.Expires) == 0
}

// sameMore is says for the second part of a contact's record, which is what d
// has left.
func (d *decoder) sameMore(r *Row) bool {
	if !d.full {
		return r.plain()
	}
	for i := range r.Numbers {
		switch {
		case i == 1:
			if int(d.uint()) != len(r.Numbers)-1 {
				return false
			}
			fallthrough
		case i > 1:
			if string(d.bytes()) != r.Numbers[i].Number {
				return false
			}
		}
		if string(d.bytes()) != r.Numbers[i].Type {
			return false
		}
		for range 3 { // last, attempts, dead
			d.uint()
		}
	}
	if len(r.Numbers) == 1 && d.uint() != 0 {
		return false
	}
	d.uint() // next
	return int(d.uint()) == r.Priority-campaign.MinPriority && string(d.bytes()) == r.Zone &&
		d.uint() == nanos(r.NotBefore) && d.uint() == nanos(r.Expires) && d.err == nil
}
