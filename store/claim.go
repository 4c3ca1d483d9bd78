package store

import (
	"errors"
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
	scan, err := p.scanDue()
	if err != nil {
		return nil, next, err
	}
	found, next, err := t.collectDue(scan, now, most)
	if err != nil {
		return nil, next, err
	}
	for _, d := range found {
		was, c := d.contact, d.contact
		switch {
		case d.undone:
			err = errors.Join(p.drop(&c), p.takenBack(p.undoing.batch, 1))
		case d.revision != nil:
			err = errors.Join(t.carryOut(p, &c, d.revision), p.staged.Delete(key64(c.ID)))
		}
		switch {
		case err != nil:
		case d.undone, c.State == campaign.Removed:
		case d.barred:
			was, c.State, c.Due = c, campaign.DNC, time.Time{}
			err = p.putContact(&was, &c)
		case t.ringing(c.Number()):
			was, c.Due = c, now.Add(BusyNumberDelay)
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
	return claims, next, scan.keep()
}

// dueContact is a contact that is due, and what is to become of it instead of a
// call.
type dueContact struct {
	contact  campaign.Contact
	undone   bool
	revision *revision // decided on before
	barred   bool      // as it is then
}

// collectDue collects the due contacts among which most can be claimed, and tells
// when the one behind them is due. Nothing is changed under the cursors: they
// would skip.
func (t *txn) collectDue(s *dueScan, now time.Time, most int) (found []dueContact, next time.Time, err error) {
	will := map[string]bool{} // be called; several contacts may have the same number
	for {
		f, at, id, ok := s.first()
		if !ok {
			return found, next, nil
		}
		if at > nanos(now) || len(will) == most || len(found) == maxScan || s.looked > maxLooked {
			return found, timeOf(at), nil
		}
		var d dueContact
		if d.contact, err = s.contact(f, at, id); err != nil {
			return nil, next, err
		}
		if d.revision, err = s.p.decided(id); err != nil {
			return nil, next, err
		}
		d.undone = s.p.undone(&d.contact)
		then := d.contact
		if d.revision != nil && d.revision.row != nil {
			d.revision.revise(&then)
		}
		if d.barred, err = t.barred(s.p.camp, then.Number()); err != nil {
			return nil, next, err
		}
		if !d.undone && !d.barred && (d.revision == nil || d.revision.row != nil) && !t.ringing(then.Number()) {
			will[then.Number()] = true
		}
		found = append(found, d)
		if err := s.next(f); err != nil {
			return nil, next, err
		}
	}
}

func (t *txn) ringing(number string) bool { return t.tx.Bucket(bRinging).Get([]byte(number)) != nil }

func (t *txn) claimOne(p *parts, now time.Time, c campaign.Contact) (a campaign.Attempt, err error) {
	seq, err := t.tx.Bucket(bCampaigns).NextSequence()
	if err != nil {
		return a, err
	}
	a = campaign.Attempt{
		ID:  attemptID(t.instance, seq),
		Seq: seq, Campaign: p.camp, List: c.List, Contact: c.ID, Key: c.Key, Number: c.Number(),
		Pass: c.Attempts + 1, Claimed: now,
	}
	if err := p.putAttempt(&a); err != nil {
		return a, err
	}
	if err := p.inFlight.Put(key64(seq), encodeContact(&c)); err != nil {
		return a, err
	}
	if err := t.tx.Bucket(bRinging).Put([]byte(c.Number()), []byte(a.ID)); err != nil {
		return a, err
	}
	if err := p.book(&a, (*Counters).claimed); err != nil {
		return a, err
	}
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
