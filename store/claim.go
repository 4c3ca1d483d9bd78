package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// maxScan bounds the due contacts that one Claim looks at, because those on the
// do-not-call list do not count as claimed.
const maxScan = 10_000

// Claim implements Store.
func (s *Bolt) Claim(camp string, now time.Time, most int) (claims []campaign.Claim, next time.Time, err error) {
	err = s.change(func(t *txn) error {
		claims, next = nil, time.Time{}
		return t.claim(camp, now, most, &claims, &next)
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return claims, next, nil
}

func (t *txn) claim(camp string, now time.Time, most int, claims *[]campaign.Claim, next *time.Time) error {
	due, err := t.bucket(camp, bDue)
	if err != nil {
		return err
	}
	// Collected first: deleting under a cursor makes it skip.
	var ids []uint64
	cur := due.Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		at := time.Unix(0, int64(binary.BigEndian.Uint64(k)))
		if at.After(now) || len(ids) == min(2*most+16, maxScan) {
			*next = at
			break
		}
		ids = append(ids, binary.BigEndian.Uint64(k[8:]))
	}
	contacts, err := t.bucket(camp, bContacts)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := decodeContact(id, contacts.Get(key64(id)))
		if err != nil {
			return fmt.Errorf("contact %d of campaign %s: %w", id, camp, err)
		}
		if len(*claims) == most {
			*next = c.Due
			break
		}
		was := c
		switch {
		case t.tx.Bucket(bDNC).Get([]byte(c.Number)) != nil:
			c.State, c.Due = campaign.DNC, time.Time{}
			err = t.putContact(camp, &was, &c)
		case t.tx.Bucket(bRinging).Get([]byte(c.Number)) != nil:
			c.Due = now.Add(BusyNumberDelay)
			err = t.putContact(camp, &was, &c)
			if next.IsZero() || c.Due.Before(*next) {
				*next = c.Due
			}
		default:
			err = t.claimOne(camp, now, c, claims)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) claimOne(camp string, now time.Time, c campaign.Contact, claims *[]campaign.Claim) error {
	seq, err := t.tx.Bucket(bCampaigns).NextSequence()
	if err != nil {
		return err
	}
	a := campaign.Attempt{
		ID:  fmt.Sprintf("%s-%d", t.instance, seq),
		Seq: seq, Campaign: camp, List: c.List, Contact: c.ID, Key: c.Key, Number: c.Number,
		Pass: c.Attempts + 1, Claimed: now,
	}
	if err := t.putAttempt(&a); err != nil {
		return err
	}
	inFlight, err := t.bucket(camp, bInFlight)
	if err != nil {
		return err
	}
	if err := inFlight.Put(key64(seq), encodeContact(&c)); err != nil {
		return err
	}
	if err := t.tx.Bucket(bRinging).Put([]byte(c.Number), []byte(a.ID)); err != nil {
		return err
	}
	n, err := t.count(camp)
	if err != nil {
		return err
	}
	n.Attempts++
	n.Outcomes[campaign.InFlight]++
	if a.Pass == 1 {
		n.Attempted++
	}
	if n.First.IsZero() {
		n.First = now
	}
	n.Last = now
	dialing := c
	dialing.State, dialing.Due, dialing.Attempts = campaign.Dialing, time.Time{}, a.Pass
	*claims = append(*claims, campaign.Claim{Attempt: a, Contact: c})
	return t.putContact(camp, &c, &dialing)
}

func (t *txn) putAttempt(a *campaign.Attempt) error {
	attempts, err := t.bucket(a.Campaign, bAttempts)
	if err != nil {
		return err
	}
	attempts.FillPercent = 0.95 // keys only ever ascend
	return attempts.Put(key64(a.Seq), encodeAttempt(a))
}

// land takes an attempt out of flight and reports whether it was in it.
func (t *txn) land(a *campaign.Attempt) (bool, error) {
	inFlight, err := t.bucket(a.Campaign, bInFlight)
	if err != nil {
		return false, err
	}
	if inFlight.Get(key64(a.Seq)) == nil {
		return false, nil
	}
	if err := inFlight.Delete(key64(a.Seq)); err != nil {
		return false, err
	}
	if ringing := t.tx.Bucket(bRinging); string(ringing.Get([]byte(a.Number))) == a.ID {
		if err := ringing.Delete([]byte(a.Number)); err != nil {
			return false, err
		}
	}
	n, err := t.count(a.Campaign)
	if err != nil {
		return false, err
	}
	n.Outcomes[campaign.InFlight]--
	return true, nil
}

func (t *txn) contact(camp string, id uint64) (campaign.Contact, error) {
	contacts, err := t.bucket(camp, bContacts)
	if err != nil {
		return campaign.Contact{}, err
	}
	c, err := decodeContact(id, contacts.Get(key64(id)))
	if err != nil {
		return c, fmt.Errorf("contact %d of campaign %s: %w", id, camp, err)
	}
	return c, nil
}

// Withdraw implements Store.
func (s *Bolt) Withdraw(cm campaign.Claim) error {
	return s.change(func(t *txn) error {
		a := &cm.Attempt
		if was, err := t.land(a); err != nil || !was {
			return err
		}
		attempts, err := t.bucket(a.Campaign, bAttempts)
		if err != nil {
			return err
		}
		if err := attempts.Delete(key64(a.Seq)); err != nil {
			return err
		}
		n, err := t.count(a.Campaign)
		if err != nil {
			return err
		}
		n.Attempts--
		if a.Pass == 1 {
			n.Attempted--
		}
		now, err := t.contact(a.Campaign, a.Contact)
		if err != nil {
			return err
		}
		return t.putContact(a.Campaign, &now, &cm.Contact)
	})
}

// Finish implements Store.
func (s *Bolt) Finish(a campaign.Attempt, c campaign.Contact) error {
	return s.change(func(t *txn) error {
		if was, err := t.land(&a); err != nil || !was {
			return err
		}
		if err := t.putAttempt(&a); err != nil {
			return err
		}
		n, err := t.count(a.Campaign)
		if err != nil {
			return err
		}
		n.add(&a)
		now, err := t.contact(a.Campaign, a.Contact)
		if err != nil {
			return err
		}
		return t.putContact(a.Campaign, &now, &c)
	})
}

// add books an ended attempt.
func (c *Counters) add(a *campaign.Attempt) {
	c.Outcomes[a.Outcome]++
	if c.Causes == nil {
		c.Causes = map[ami.Cause]int64{}
	}
	c.Causes[a.Cause]++
	if a.Late() {
		c.Late++
	}
	c.Ring += a.Ring()
	c.Wait += a.Wait()
	c.Talk += a.Talk()
	if a.Ended.After(c.Last) {
		c.Last = a.Ended
	}
}

// Tally sums attempts from scratch: what Counters must equal.
func Tally(attempts []campaign.Attempt) Counters {
	var c Counters
	seen := map[uint64]bool{}
	for i := range attempts {
		a := &attempts[i]
		c.Attempts++
		if !seen[a.Contact] {
			seen[a.Contact] = true
			c.Attempted++
		}
		if c.First.IsZero() || a.Claimed.Before(c.First) {
			c.First = a.Claimed
		}
		if a.Claimed.After(c.Last) {
			c.Last = a.Claimed
		}
		if a.Outcome == campaign.InFlight {
			c.Outcomes[campaign.InFlight]++
			continue
		}
		c.add(a)
	}
	return c
}

// InFlight implements Store.
func (s *Bolt) InFlight() ([]campaign.Claim, error) {
	var all []campaign.Claim
	err := s.view(func(t *txn) error {
		return t.eachCampaign(func(camp string) error {
			inFlight, _ := t.bucket(camp, bInFlight)
			attempts, _ := t.bucket(camp, bAttempts)
			if inFlight == nil {
				return nil
			}
			return inFlight.ForEach(func(k, v []byte) error {
				seq := binary.BigEndian.Uint64(k)
				a, err := decodeAttempt(camp, seq, attempts.Get(k))
				if err != nil {
					return fmt.Errorf("attempt %d: %w", seq, err)
				}
				c, err := decodeContact(a.Contact, v)
				if err != nil {
					return fmt.Errorf("contact %d: %w", a.Contact, err)
				}
				all = append(all, campaign.Claim{Attempt: a, Contact: c})
				return nil
			})
		})
	})
	slices.SortFunc(all, func(a, b campaign.Claim) int { return int(int64(a.Attempt.Seq) - int64(b.Attempt.Seq)) })
	return all, err
}
