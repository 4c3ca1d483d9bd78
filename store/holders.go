package store

import (
	"bytes"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// The index of numbers has for each number the ids of the contacts that have it,
// one behind the other. Mostly that is one.

// idsOf reads what the index has for a number.
func idsOf(v []byte) ([]uint64, error) {
	if len(v)%8 != 0 || v != nil && len(v) == 0 {
		return nil, fmt.Errorf("%w: index of numbers", errRecord)
	}
	if v == nil {
		return nil, nil
	}
	ids := make([]uint64, 0, len(v)/8)
	for ; len(v) > 0; v = v[8:] {
		id, err := uint64Of(v[:8])
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// hold enters a contact under a number.
func (p *parts) hold(number []byte, id uint64) error {
	v := p.numbers.Get(number)
	ids, err := idsOf(v)
	if err != nil || slices.Contains(ids, id) {
		return err
	}
	return p.numbers.Put(number, append(bytes.Clone(v), key64(id)...))
}

// letGo takes a contact off a number.
func (p *parts) letGo(number []byte, id uint64) error {
	return holdOnly(p.numbers, number, func(other uint64) bool { return other != id })
}

// holdOnly leaves those under a number that keep wants.
func holdOnly(index *bbolt.Bucket, number []byte, keep func(id uint64) bool) error {
	ids, err := idsOf(index.Get(number))
	if err != nil {
		return err
	}
	var left []byte
	for _, id := range ids {
		if keep(id) {
			left = append(left, key64(id)...)
		}
	}
	switch {
	case len(left) == 8*len(ids):
		return nil
	case len(left) == 0:
		return index.Delete(number)
	}
	return index.Put(number, left)
}

// renumber makes the index name a contact by the numbers that it has now.
func (p *parts) renumber(was, c *campaign.Contact) error {
	for i := range was.Numbers {
		if number := was.Numbers[i].Number; !has(c, number) {
			if err := p.letGo([]byte(number), c.ID); err != nil {
				return err
			}
		}
	}
	for i := range c.Numbers {
		if number := c.Numbers[i].Number; !has(was, number) {
			if err := p.hold([]byte(number), c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func has(c *campaign.Contact, number string) bool {
	return slices.ContainsFunc(c.Numbers, func(n campaign.Number) bool { return n.Number == number })
}

// holders are the contacts that have a row's number, and are no part of a load
// that is not decided on.
func (p *parts) holders(n *RowNumber) ([]campaign.Contact, error) {
	if p == nil {
		return nil, nil
	}
	all, err := p.having(n.Number)
	if len(all) > 0 || err != nil || n.Given == "" || n.Given == n.Number {
		return all, err
	}
	// Loaded before its list had a region; who was called as 010… must not be
	// called again as +8210….
	return p.having(n.Given)
}

func (p *parts) having(number string) (all []campaign.Contact, err error) {
	ids, err := idsOf(p.numbers.Get([]byte(number)))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if id > p.contacts.Sequence() {
			continue
		}
		c, err := p.contact(id)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
