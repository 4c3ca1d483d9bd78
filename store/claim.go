package store

import (
	"fmt"
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
// It ends with a letter, so that no id begins with another: Asterisk 22 would
// take the shorter one for a duplicate while the longer one's call lives.
func attemptID(instance string, seq uint64) string { return fmt.Sprintf("%s_%dx", instance, seq) }

func (p *parts) putAttempt(a *campaign.Attempt) error {
	p.attempts.FillPercent = 0.95 // keys only ever ascend
	return p.attempts.Put(key64(a.Seq), encodeAttempt(a))
}
