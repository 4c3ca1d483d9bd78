package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Hold is how many contacts wait alike: in the same time zone, for the same.
type Hold struct {
	Zone     string // as in campaign.Contact
	Callback bool   // they are called before others
	Retry    bool   // they were called before
	Due      int    // now
	Later    int
	Next     time.Time // when the first of Later is due
}

// Holds implements Store.
func (s *Bolt) Holds(camp string, now time.Time, most int) (holds []Hold, all bool, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if p == nil || p.due == nil || err != nil {
			all = true
			return err
		}
		h := holdCount{now: now, left: most, of: map[Hold]*Hold{}}
		if err := p.countDue(&h); err != nil {
			return err
		}
		if err := p.countFresh(&h); err != nil {
			return err
		}
		holds, all = nil, h.left >= 0
		for _, hold := range h.of {
			holds = append(holds, *hold)
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("store: campaign %s: %w", camp, err)
	}
	slices.SortFunc(holds, func(a, b Hold) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), -compareBool(a.Callback, b.Callback), compareBool(a.Retry, b.Retry))
	})
	return holds, all, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// holdCount counts contacts until it has looked at as many as it may.
type holdCount struct {
	now  time.Time
	left int // below 0: there are more
	of   map[Hold]*Hold
}

func (h *holdCount) add(c *campaign.Contact) {
	key := Hold{Zone: c.Zone, Callback: c.Callback, Retry: c.Attempts > 0}
	hold := h.of[key]
	if hold == nil {
		hold = &Hold{Zone: key.Zone, Callback: key.Callback, Retry: key.Retry}
		h.of[key] = hold
	}
	if !c.Due.After(h.now) {
		hold.Due++
		return
	}
	if hold.Later++; hold.Next.IsZero() || c.Due.Before(hold.Next) {
		hold.Next = c.Due
	}
}

// countDue counts those of the due index, whose keys end with their ids.
func (p *parts) countDue(h *holdCount) error {
	cur := p.due.Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		if h.left--; h.left < 0 {
			return nil
		}
		if len(k) < 8 {
			return fmt.Errorf("%w: due index", errRecord)
		}
		c, err := p.contact(binary.BigEndian.Uint64(k[len(k)-8:]))
		if err != nil {
			return err
		}
		if !p.undone(&c) {
			h.add(&c)
		}
	}
	return nil
}

// countFresh counts those of the fresh ranges, which may overlap.
func (p *parts) countFresh(h *holdCount) error {
	ranges := slices.Clone(p.ranges)
	slices.SortFunc(ranges, func(a, b freshRange) int { return cmp.Compare(a.next, b.next) })
	cur := p.contacts.Cursor()
	next := uint64(0)
	for _, r := range ranges {
		for k, v := cur.Seek(key64(max(r.next, next))); k != nil; k, v = cur.Next() {
			id, err := uint64Of(k)
			if err != nil {
				return err
			}
			if id > r.last {
				break
			}
			if h.left--; h.left < 0 {
				return nil
			}
			c, err := decodeContact(id, v)
			if err != nil {
				return fmt.Errorf("contact %d: %w", id, err)
			}
			next = id + 1
			if p.isFresh(&c) && !p.undone(&c) {
				h.add(&c)
			}
		}
	}
	return nil
}
