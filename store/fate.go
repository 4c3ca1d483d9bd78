package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// fate is what becomes of a contact that is due.
type fate struct {
	// state is Dialing if its number next is called, Waiting if it is put off until
	// a time; else it is over.
	state    campaign.ContactState
	next     int
	until    time.Time
	tooOften bool // its number was called too often, else it is being called
}

// fateOf tells what becomes of a contact that is due. will are numbers that are
// going to be called.
func (t *txn) fateOf(p *parts, now time.Time, take *campaign.Take, c *campaign.Contact, will map[string]bool) (fate, error) {
	if expired(c, now) {
		return fate{state: campaign.Expired}, nil
	}
	var wait fate
	anyBarred := false
	for i := range c.Numbers {
		next := (c.Next + i) % len(c.Numbers)
		n := &c.Numbers[next]
		if n.Dead || i > 0 && take.MaxPerNumber > 0 && n.Attempts >= take.MaxPerNumber {
			continue
		}
		barred, err := t.barred(p.camp, n.Number)
		if err != nil {
			return fate{}, err
		}
		if barred {
			anyBarred = true
			continue
		}
		f := fate{state: campaign.Waiting, until: now.Add(BusyNumberDelay)}
		if !will[n.Number] && !t.ringing(n.Number) {
			if f.until, err = t.tooOften(n.Number, &take.Frequency, now); err != nil {
				return fate{}, err
			}
			if f.until.IsZero() {
				return fate{state: campaign.Dialing, next: next}, nil
			}
			f.tooOften = true
		}
		if wait.state != campaign.Waiting || f.until.Before(wait.until) {
			wait = f
		}
	}
	switch {
	case wait.state == campaign.Waiting:
		return wait, nil
	case anyBarred:
		return fate{state: campaign.DNC}, nil
	}
	return fate{state: campaign.BadNumber}, nil
}

// expireMost is how many contacts one claim finds to be expired beyond those that
// it meets.
const expireMost = 100

func expiringKey(c *campaign.Contact) []byte {
	return binary.BigEndian.AppendUint64(key64(nanos(c.Expires)), c.ID)
}

// expireSome ends up to most contacts whose time has passed, the earliest first.
func (t *txn) expireSome(p *parts, now time.Time, most int) (n int, err error) {
	var ids []uint64
	cur := p.expiring.Cursor()
	for k, _ := cur.First(); k != nil && len(ids) < most; k, _ = cur.Next() {
		if len(k) != 16 {
			return 0, fmt.Errorf("%w: index of those who expire", errRecord)
		}
		if binary.BigEndian.Uint64(k) > nanos(now) {
			break
		}
		ids = append(ids, binary.BigEndian.Uint64(k[8:]))
	}
	for _, id := range ids {
		if err := t.expire(p, now, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *txn) expire(p *parts, now time.Time, id uint64) error {
	c, err := p.contact(id)
	if err != nil {
		return err
	}
	if p.undone(&c) {
		if err := p.drop(&c); err != nil {
			return err
		}
		return p.takenBack(p.undoing.batch, 1)
	}
	ch, err := p.decided(id)
	if err != nil {
		return err
	}
	if ch != nil {
		// It may give the contact more time.
		if err := t.carryOut(p, &c, ch); err != nil {
			return err
		}
		if err := p.staged.Delete(key64(id)); err != nil {
			return err
		}
	}
	if !isDue(&c) || !expired(&c, now) {
		return nil
	}
	was := c
	c.State, c.Due, c.Callback = campaign.Expired, time.Time{}, false
	return p.putContact(&was, &c)
}

// Expire implements Store. Mostly there is nothing to do, and that must not cost an
// fsync.
func (s *Bolt) Expire(camp string, now time.Time, most int) (n int, err error) {
	due := false
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if p != nil && p.expiring != nil {
			k, _ := p.expiring.Cursor().First()
			due = k != nil && bytes.Compare(k, key64(nanos(now)+1)) < 0
		}
		return err
	})
	if !due || err != nil {
		return 0, err
	}
	err = s.change(func(t *txn) error {
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return err
		}
		n, err = t.expireSome(p, now, most)
		return err
	})
	return n, err
}
