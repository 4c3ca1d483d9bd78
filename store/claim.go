package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// maxScan bounds the due contacts that one Claim looks at, because those that
// it settles or puts off do not count as claimed.
const maxScan = 10_000

// Claim implements Store.
func (s *Bolt) Claim(camp string, now time.Time, most int) (claims []campaign.Claim, next time.Time, err error) {
	err = s.change(func(t *txn) (err error) {
		claims, next = nil, time.Time{}
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return err
		}
		claims, next, err = t.claim(p, now, max(most, 0))
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return claims, next, nil
}

func (t *txn) claim(p *parts, now time.Time, most int) (claims []campaign.Claim, next time.Time, err error) {
	found, next, err := t.scanDue(p, now, most)
	if err != nil {
		return nil, next, err
	}
	for _, c := range found {
		was := c
		switch {
		case t.barred(c.Number):
			c.State, c.Due = campaign.DNC, time.Time{}
			err = p.putContact(&was, &c)
		case t.ringing(c.Number):
			c.Due = now.Add(BusyNumberDelay)
			err = p.putContact(&was, &c)
			if next.IsZero() || c.Due.Before(next) {
				next = c.Due
			}
		default:
			var a campaign.Attempt
			a, err = t.claimOne(p, now, c)
			claims = append(claims, campaign.Claim{Attempt: a, Contact: c})
		}
		if err != nil {
			return nil, next, err
		}
	}
	return claims, next, nil
}

// scanDue collects the due contacts among which most can be claimed, and tells
// when the one behind them is due. Nothing is changed under the cursor: it
// would skip.
func (t *txn) scanDue(p *parts, now time.Time, most int) (found []campaign.Contact, next time.Time, err error) {
	cur := p.due.Cursor()
	free := 0
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		at, id, err := splitDue(k)
		if err != nil {
			return nil, next, err
		}
		if at > nanos(now) || free == most || len(found) == maxScan {
			return found, time.Unix(0, int64(at)), nil
		}
		c, err := p.contact(id)
		if err != nil {
			return nil, next, err
		}
		if !isDue(&c) || nanos(c.Due) != at {
			// Dialing it could be calling somebody twice.
			return nil, next, fmt.Errorf("%w: contact %d of campaign %s is %s, but in the due index", errRecord, id, p.camp, c.State)
		}
		if !t.barred(c.Number) && !t.ringing(c.Number) {
			free++
		}
		found = append(found, c)
	}
	return found, next, nil
}

func (t *txn) barred(number string) bool { return t.tx.Bucket(bDNC).Get([]byte(number)) != nil }

func (t *txn) ringing(number string) bool { return t.tx.Bucket(bRinging).Get([]byte(number)) != nil }

func (t *txn) claimOne(p *parts, now time.Time, c campaign.Contact) (a campaign.Attempt, err error) {
	seq, err := t.tx.Bucket(bCampaigns).NextSequence()
	if err != nil {
		return a, err
	}
	a = campaign.Attempt{
		ID:  attemptID(t.instance, seq),
		Seq: seq, Campaign: p.camp, List: c.List, Contact: c.ID, Key: c.Key, Number: c.Number,
		Pass: c.Attempts + 1, Claimed: now,
	}
	if err := p.putAttempt(&a); err != nil {
		return a, err
	}
	if err := p.inFlight.Put(key64(seq), encodeContact(&c)); err != nil {
		return a, err
	}
	if err := t.tx.Bucket(bRinging).Put([]byte(c.Number), []byte(a.ID)); err != nil {
		return a, err
	}
	n, err := p.count()
	if err != nil {
		return a, err
	}
	n.claimed(&a)
	dialing := c
	dialing.State, dialing.Due, dialing.Attempts = campaign.Dialing, time.Time{}, a.Pass
	return a, p.putContact(&c, &dialing)
}

// attemptID has no dash: IAX2 strips it where the id serves as a caller's number.
func attemptID(instance string, seq uint64) string { return fmt.Sprintf("%s_%d", instance, seq) }

func (p *parts) putAttempt(a *campaign.Attempt) error {
	p.attempts.FillPercent = 0.95 // keys only ever ascend
	return p.attempts.Put(key64(a.Seq), encodeAttempt(a))
}

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
// it stays. If somebody took it off the list meanwhile, it stays off.
func (p *parts) settle(f *flight, to *campaign.Contact) error {
	c := f.now
	c.Last, c.Attempts, c.Counted, c.Tries = to.Last, to.Attempts, to.Counted, to.Tries
	if c.State == campaign.Dialing {
		c.State, c.Due = to.State, to.Due
	}
	return p.putContact(&f.now, &c)
}

// Withdraw implements Store.
func (s *Bolt) Withdraw(cm campaign.Claim) error {
	return s.change(func(t *txn) error {
		p, err := t.campaign(cm.Attempt.Campaign)
		if p == nil || err != nil {
			return err
		}
		f, err := t.land(p, &cm.Attempt)
		if f == nil || err != nil {
			return err
		}
		if err := p.attempts.Delete(key64(f.attempt.Seq)); err != nil {
			return err
		}
		n, err := p.count()
		if err != nil {
			return err
		}
		n.withdrawn(&f.attempt)
		return p.settle(f, &f.before)
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
		n, err := p.count()
		if err != nil {
			return err
		}
		n.Outcomes[campaign.InFlight]--
		n.add(&end)
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
	stored.Rang, stored.Answered, stored.Connected, stored.Ended = a.Rang, a.Answered, a.Connected, a.Ended
	stored.Outcome, stored.Cause, stored.DialStatus, stored.Agent, stored.Note = a.Outcome, a.Cause, a.DialStatus, a.Agent, a.Note
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
