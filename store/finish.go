package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// flight is an attempt that was taken out of flight.
type flight struct {
	attempt campaign.Attempt // as stored
	before  campaign.Contact // as it was before the claim
	now     campaign.Contact // as stored
}

// land takes an attempt out of flight. What it is about is read from the store:
// the caller's copy may have been changed. It returns nil if no such attempt is
// in flight.
func (t *txn) land(p *parts, a *campaign.Attempt) (*flight, error) {
	key := key64(a.Seq)
	v := p.inFlight.Get(key)
	if v == nil {
		return nil, nil
	}
	f, err := p.flight(a.Seq, v)
	if err != nil {
		return nil, err
	}
	if f.attempt.ID != a.ID {
		return nil, nil
	}
	if f.now, err = p.contact(f.attempt.Contact); err != nil {
		return nil, err
	}
	if err := p.inFlight.Delete(key); err != nil {
		return nil, err
	}
	ringing := t.tx.Bucket(bRinging)
	if number := []byte(f.attempt.Number); string(ringing.Get(number)) == a.ID {
		if err := ringing.Delete(number); err != nil {
			return nil, err
		}
	}
	return &f, nil
}

// flight reads the attempt in flight whose contact was v before.
func (p *parts) flight(seq uint64, v []byte) (f flight, err error) {
	if f.attempt, err = p.attempt(seq); err != nil {
		return f, err
	}
	if f.before, err = decodeContact(f.attempt.Contact, v); err != nil {
		return f, fmt.Errorf("contact %d of campaign %s as it was before attempt %d: %w", f.attempt.Contact, p.camp, seq, err)
	}
	return f, nil
}

func (p *parts) attempt(seq uint64) (campaign.Attempt, error) {
	a, err := decodeAttempt(p.camp, seq, p.attempts.Get(key64(seq)))
	if err != nil {
		return a, fmt.Errorf("attempt %d of campaign %s: %w", seq, p.camp, err)
	}
	return a, nil
}

// settle gives the contact of a flight its next state. What else is stored of
// it stays. If it was taken off the list meanwhile, it goes now.
func (p *parts) settle(f *flight, to *campaign.Contact) error {
	c := f.now
	c.Last, c.Attempts, c.Counted, c.Tries = to.Last, to.Attempts, to.Counted, to.Tries
	c.Day, c.DayCounted = to.Day, to.DayCounted
	c.Numbers = settleNumbers(c.Numbers, to.Numbers)
	c.Next = max(0, slices.IndexFunc(c.Numbers, func(n campaign.Number) bool { return n.Number == to.Number() }))
	if c.State == campaign.Dialing {
		c.State, c.Due, c.Callback = to.State, to.Due, to.Callback
		if err := p.callAfter(&c); err != nil {
			return err
		}
	}
	l, err := p.leavingOf(c.ID)
	if err != nil {
		return err
	}
	if l != (leaving{}) {
		if err := p.putLeaving(c.ID, leaving{}); err != nil {
			return err
		}
	}
	if l.removed && mayLeave(c.State) {
		c.State = campaign.Removed
	}
	if err := p.putContact(&f.now, &c); err != nil || l.undone == 0 || c.Attempts > 0 {
		return err
	}
	return errors.Join(p.drop(&c), p.takenBack(l.undone, 1))
}

// settleNumbers gives a contact's numbers what became of their calls. Which
// numbers these are a load may have changed meanwhile.
func settleNumbers(stored, to []campaign.Number) []campaign.Number {
	all := slices.Clone(stored)
	for i := range all {
		n := &all[i]
		if k := slices.IndexFunc(to, func(t campaign.Number) bool { return t.Number == n.Number }); k >= 0 {
			n.Last, n.Attempts, n.Dead = to[k].Last, to[k].Attempts, to[k].Dead
		}
	}
	return all
}

// Withdraw implements Store.
func (s *Bolt) Withdraw(cm campaign.Claim) error {
	if c := cm.Contact.State; c == campaign.Dialing || int(c) >= campaign.NumStates {
		return fmt.Errorf("store: attempt %s: its contact cannot be %s without it", cm.Attempt.ID, c)
	}
	return s.change(func(t *txn) error {
		p, err := t.campaign(cm.Attempt.Campaign)
		if p == nil || err != nil {
			return err
		}
		f, err := t.land(p, &cm.Attempt)
		if f == nil || err != nil {
			return err
		}
		if err := errors.Join(p.attempts.Delete(key64(f.attempt.Seq)), t.forgetCall(callKey(&f.attempt), []byte(f.attempt.Number))); err != nil {
			return err
		}
		if err := p.book(&f.attempt, (*Counters).withdrawn); err != nil {
			return err
		}
		to := f.before
		to.State, to.Due = cm.Contact.State, cm.Contact.Due
		return p.settle(f, &to)
	})
}

// Finish implements Store.
func (s *Bolt) Finish(a campaign.Attempt, c campaign.Contact) error {
	if err := checkEnd(&a, &c); err != nil {
		return fmt.Errorf("store: attempt %s: %w", a.ID, err)
	}
	return s.change(func(t *txn) error {
		p, err := t.campaign(a.Campaign)
		if p == nil || err != nil {
			return err
		}
		f, err := t.land(p, &a)
		if f == nil || err != nil {
			return err
		}
		if c.ID != f.attempt.Contact {
			return fmt.Errorf("attempt %s is one of contact %d, not %d", a.ID, f.attempt.Contact, c.ID)
		}
		end, err := ended(f.attempt, &a)
		if err != nil {
			return err
		}
		if err := p.putAttempt(&end); err != nil {
			return err
		}
		if err := errors.Join(p.book(&f.attempt, (*Counters).withdrawn), p.book(&end, (*Counters).ended)); err != nil {
			return err
		}
		if !end.Outcome.CountsAsAttempt() { // it reached nobody's phone
			if err := t.forgetCall(callKey(&end), []byte(end.Number)); err != nil {
				return err
			}
		}
		to := c
		to.Attempts = end.Pass
		return p.settle(f, &to)
	})
}

// checkEnd refuses what would leave an attempt in flight that nobody ends.
func checkEnd(a *campaign.Attempt, c *campaign.Contact) error {
	switch {
	case a.Outcome == campaign.InFlight || int(a.Outcome) >= campaign.NumOutcomes:
		return fmt.Errorf("it cannot end as %s", a.Outcome)
	case c.State == campaign.Dialing || int(c.State) >= campaign.NumStates:
		return fmt.Errorf("its contact cannot be %s afterwards", c.State)
	}
	return nil
}

// ended is a stored attempt with the end that a gives it, as it reads when it
// is stored: counters are made of this, not of times that still have a
// monotonic clock, whose differences are others when the clock was set.
func ended(stored campaign.Attempt, a *campaign.Attempt) (campaign.Attempt, error) {
	stored.Rang, stored.Answered, stored.Person, stored.Connected, stored.Ended = a.Rang, a.Answered, a.Person, a.Connected, a.Ended
	stored.Outcome, stored.Cause, stored.DialStatus, stored.Agent, stored.Note = a.Outcome, a.Cause, a.DialStatus, a.Agent, a.Note
	stored.Server = a.Server // that it turned out to be on
	return decodeAttempt(stored.Campaign, stored.Seq, encodeAttempt(&stored))
}

// InFlight implements Store.
func (s *Bolt) InFlight() ([]campaign.Claim, error) {
	var all []campaign.Claim
	err := s.view(func(t *txn) error {
		return t.eachCampaign(func(p *parts) error {
			if p.inFlight == nil {
				return nil
			}
			return p.inFlight.ForEach(func(k, v []byte) error {
				seq, err := uint64Of(k)
				if err != nil {
					return err
				}
				f, err := p.flight(seq, v)
				if err != nil {
					return err
				}
				all = append(all, campaign.Claim{Attempt: f.attempt, Contact: f.before})
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	slices.SortFunc(all, func(a, b campaign.Claim) int { return int(int64(a.Attempt.Seq) - int64(b.Attempt.Seq)) })
	return all, nil
}
