package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Callback is when somebody is to be called because they asked for it.
type Callback struct {
	At     time.Time `json:"at"`
	Number string    `json:"number"`         // one of the contact's; empty: the one that would be called next
	Note   string    `json:"note,omitempty"` // for whoever asks later why
	Asked  time.Time `json:"asked"`
}

// Found is a contact that Find found.
type Found struct {
	Campaign string
	Contact  campaign.Contact
	Callback *Callback // the last one that was asked for, whether or not it has been made; nil if none
}

// MaxNote is how many bytes the note of a callback may have.
const MaxNote = 1000

// NoCallback says why a contact cannot be called back.
type NoCallback struct{ Why string }

func (e *NoCallback) Error() string { return "no callback: " + e.Why }

// callback is a Callback as it is stored.
type callback struct {
	Callback
	// Pending: the contact was being called when it was asked for. It counts from
	// the end of that call.
	Pending bool `json:"pending,omitempty"`
}

// Find implements Store.
func (s *Bolt) Find(who string) (all []Found, err error) {
	err = s.view(func(t *txn) error {
		all = nil
		return t.eachCampaign(func(p *parts) error {
			ids, err := p.findAll(who)
			if err != nil {
				return err
			}
			for _, id := range ids {
				c, err := p.contact(id)
				if err != nil {
					return err
				}
				if p.undone(&c) {
					continue
				}
				cb, err := p.callback(id)
				if err != nil {
					return err
				}
				f := Found{Campaign: p.camp, Contact: c}
				if cb != nil {
					f.Callback = &cb.Callback
				}
				all = append(all, f)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return all, nil
}

// findAll are the contacts that have a number or a key, each once, in the order
// they were loaded.
func (p *parts) findAll(who string) (ids []uint64, err error) {
	if p.contacts == nil || who == "" || len(who) > maxIdentity {
		return nil, nil
	}
	if ids, err = idsOf(p.numbers.Get([]byte(who))); err != nil {
		return nil, err
	}
	err = p.lists.ForEach(func(list, _ []byte) error {
		id, err := idOf(p.keys.Get(rowKey(string(list), who)))
		if id != 0 {
			ids = append(ids, id)
		}
		return err
	})
	// Those beyond are of a load that is not decided on.
	ids = slices.DeleteFunc(ids, func(id uint64) bool { return id > p.contacts.Sequence() })
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// ContactAttempts implements Store.
func (s *Bolt) ContactAttempts(camp string, contact uint64) (all []campaign.Attempt, err error) {
	left := 0
	for before := []byte(nil); ; {
		more := false
		err := s.view(func(t *txn) error {
			p, err := t.campaign(camp)
			if p == nil || p.attempts == nil || err != nil {
				return err
			}
			if before == nil {
				v := p.contacts.Get(key64(contact))
				if v == nil {
					return nil
				}
				c, err := p.contact(contact)
				if left = c.Attempts; left == 0 || err != nil {
					return err
				}
			}
			before, more, err = p.attemptsBefore(before, contact, &left, &all)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		if !more {
			slices.Reverse(all)
			return all, nil
		}
	}
}

// attemptsBefore collects the attempts of a contact among those before a key, nil
// for the last ones, and returns where it stopped, and whether to go on.
func (p *parts) attemptsBefore(before []byte, contact uint64, left *int, all *[]campaign.Attempt) ([]byte, bool, error) {
	cur := p.attempts.Cursor()
	k, v := cur.Last()
	if before != nil {
		if k, _ = cur.Seek(before); k == nil {
			k, v = cur.Last()
		} else {
			k, v = cur.Prev()
		}
	}
	for n := 0; k != nil && *left > 0; k, v = cur.Prev() {
		if n++; n > page {
			return slices.Clone(before), true, nil
		}
		before = k
		d := decode(v)
		d.uint() // the outcome
		if d.uint() != contact && d.err == nil {
			continue
		}
		seq, err := uint64Of(k)
		if err != nil {
			return nil, false, err
		}
		a, err := p.attempt(seq)
		if err != nil {
			return nil, false, err
		}
		*all = append(*all, a)
		*left--
	}
	return nil, false, nil
}

// Callback implements Store.
func (s *Bolt) Callback(camp string, contact uint64, cb Callback, now time.Time) (after campaign.Contact, err error) {
	if len(cb.Note) > MaxNote {
		return after, refuse("the note is longer than %d bytes", MaxNote)
	}
	cb.Asked = now
	err = s.change(func(t *txn) error {
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return errors.Join(err, noContact(camp, contact))
		}
		v := p.contacts.Get(key64(contact))
		if v == nil || contact > p.contacts.Sequence() {
			return noContact(camp, contact)
		}
		c, err := p.contact(contact)
		if err != nil {
			return err
		}
		if p.undone(&c) {
			return noContact(camp, contact)
		}
		if ch, err := p.decided(contact); err != nil {
			return err
		} else if ch != nil {
			if err := errors.Join(t.carryOut(p, &c, ch), p.staged.Delete(key64(contact))); err != nil {
				return err
			}
		}
		was := c
		stored := callback{Callback: cb, Pending: c.State == campaign.Dialing}
		if err := t.callBack(p, &c, &stored.Callback); err != nil {
			return err
		}
		if after = c; stored.Pending {
			return p.putCallback(contact, &stored)
		}
		return errors.Join(p.putContact(&was, &c), p.putCallback(contact, &stored))
	})
	return after, err
}

func noContact(camp string, contact uint64) error {
	return refuse("campaign %s has no contact %d", camp, contact)
}

func refuse(format string, args ...any) error { return &NoCallback{fmt.Sprintf(format, args...)} }

// callBack makes a contact due when they asked for it, or refuses it.
func (t *txn) callBack(p *parts, c *campaign.Contact, cb *Callback) error {
	switch {
	case c.State == campaign.Removed:
		return refuse("the contact was taken off list %s", c.List)
	case cb.At.Before(c.NotBefore):
		return refuse("the contact is not to be called before %s", c.NotBefore.Format(time.RFC3339))
	case !c.Expires.IsZero() && !cb.At.Before(c.Expires):
		return refuse("the contact expires at %s", c.Expires.Format(time.RFC3339))
	}
	next, err := t.numberOfCallback(p, c, cb.Number)
	if err != nil {
		return err
	}
	cb.Number = c.Numbers[next].Number
	c.Next = next
	if c.State != campaign.Dialing {
		callBackAt(c, cb.At)
	}
	return nil
}

// numberOfCallback is the one of a contact's numbers that is given, or without one
// the next that can be called.
func (t *txn) numberOfCallback(p *parts, c *campaign.Contact, number string) (int, error) {
	no := refuse("the contact has no number %s", number)
	for i := range c.Numbers {
		next := (c.Next + i) % len(c.Numbers)
		n := &c.Numbers[next]
		if number != "" && n.Number != number {
			continue
		}
		barred, err := t.barred(p.camp, n.Number)
		switch {
		case err != nil:
			return 0, err
		case n.Dead:
			no = refuse("%s is not a number that can be reached: it was invalid", n.Number)
		case barred:
			no = refuse("%s is on a do-not-call list", n.Number)
		default:
			return next, nil
		}
	}
	return 0, no
}

// callBackAt makes a contact due at a time, before others.
func callBackAt(c *campaign.Contact, at time.Time) {
	c.State, c.Due, c.Callback = campaign.Waiting, at, true
	if c.Attempts == 0 {
		c.State = campaign.Pending
	}
}

// callAfter gives a contact whose call has ended the callback that was asked for
// meanwhile, unless all its numbers turned out to be dead.
func (p *parts) callAfter(c *campaign.Contact) error {
	cb, err := p.callback(c.ID)
	if cb == nil || !cb.Pending || err != nil {
		return err
	}
	cb.Pending = false
	if c.State != campaign.BadNumber {
		if i := slices.IndexFunc(c.Numbers, func(n campaign.Number) bool { return n.Number == cb.Number && !n.Dead }); i >= 0 {
			c.Next = i
		}
		callBackAt(c, cb.At)
	}
	return p.putCallback(c.ID, cb)
}

func (p *parts) callback(id uint64) (*callback, error) {
	b := p.root.Bucket(bCallbacks)
	if b == nil {
		return nil, nil
	}
	v := b.Get(key64(id))
	if v == nil {
		return nil, nil
	}
	var cb callback
	if err := json.Unmarshal(v, &cb); err != nil {
		return nil, fmt.Errorf("callback of contact %d of campaign %s: %w", id, p.camp, err)
	}
	return &cb, nil
}

func (p *parts) putCallback(id uint64, cb *callback) error {
	b, err := p.root.CreateBucketIfNotExists(bCallbacks)
	if err != nil {
		return err
	}
	v, err := json.Marshal(cb)
	if err != nil {
		return err
	}
	return b.Put(key64(id), v)
}

// dropCallback forgets what was asked for a contact that is gone.
func (p *parts) dropCallback(id uint64) error {
	if b := p.root.Bucket(bCallbacks); b != nil {
		return b.Delete(key64(id))
	}
	return nil
}
