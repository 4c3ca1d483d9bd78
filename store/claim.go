package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// maxScan bounds the due contacts that one Claim looks at, because those that
// it settles or puts off do not count as claimed.
const maxScan = 10_000

// Claim implements Store.
func (s *Bolt) Claim(camp string, now time.Time, take campaign.Take) (taken campaign.Taken, err error) {
	err = s.change(func(t *txn) (err error) {
		taken = campaign.Taken{}
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return err
		}
		if _, err := t.expireSome(p, now, expireMost); err != nil {
			return err
		}
		turn := take
		turn.CallerIDs = slices.Clone(take.CallerIDs) // it counts in them
		turn.Max = take.Most()
		taken, err = t.claim(p, now, &turn)
		return err
	})
	if err != nil {
		return campaign.Taken{}, err
	}
	return taken, nil
}

func (t *txn) claim(p *parts, now time.Time, take *campaign.Take) (taken campaign.Taken, err error) {
	scan, err := t.scanDue(p, take)
	if err != nil {
		return taken, err
	}
	found, err := t.collectDue(scan, now, take)
	if err != nil {
		return taken, err
	}
	for i := range found {
		if err := t.handle(scan, now, take, &found[i], &taken); err != nil {
			return taken, err
		}
	}
	taken.Lanes = make([]campaign.Lane, 0, len(scan.lanes))
	for _, l := range scan.lanes {
		at, ok := l.first()
		if !ok {
			continue
		}
		due := timeOf(at)
		taken.Lanes = append(taken.Lanes, describe(l.key, due))
		if due = take.Holds(l.key[0] == 0, l.key[1], due); l.open && (taken.Next.IsZero() || due.Before(taken.Next)) {
			taken.Next = due
		}
	}
	return taken, scan.keep()
}

// handle makes of a contact that is due what is to become of it.
func (t *txn) handle(s *dueScan, now time.Time, take *campaign.Take, d *dueContact, taken *campaign.Taken) (err error) {
	p, c := s.p, d.contact
	if d.undone {
		return errors.Join(p.drop(&c), p.takenBack(p.undoing.batch, 1))
	}
	if d.revision != nil {
		if err := errors.Join(t.carryOut(p, &c, d.revision), p.staged.Delete(key64(c.ID))); err != nil || !isDue(&c) {
			return err
		}
		if c.Due.After(now) || !s.lane(string(appendLane(nil, &c))).open {
			s.cameBack(&c)
			return nil
		}
	}
	if d.revision != nil || d.fate.state == campaign.Dialing && t.ringing(c.Numbers[d.fate.next].Number) {
		if d.fate, err = t.fateOf(p, now, take, &c, nil); err != nil {
			return err
		}
	}
	was := c
	switch d.fate.state {
	case campaign.Dialing:
		c.Next = d.fate.next
		a, err := t.claimOne(p, now, take, was, c)
		taken.Claims = append(taken.Claims, campaign.Claim{Attempt: a, Contact: c})
		return err
	case campaign.Waiting:
		c.Due = d.fate.until
		if d.fate.tooOften {
			taken.TooOften++
		} else {
			taken.Busy++
		}
		err := p.putContact(&was, &c)
		s.cameBack(&c)
		return err
	}
	c.State, c.Due, c.Callback = d.fate.state, time.Time{}, false
	return p.putContact(&was, &c)
}

// dueContact is a contact that is due, and what is to become of it.
type dueContact struct {
	contact  campaign.Contact
	undone   bool
	revision *revision // decided on before; the fate is not known yet
	fate     fate
}

// collectDue collects the due contacts that are taken, and those that are met on
// the way. Nothing is changed under the cursors: they would skip.
func (t *txn) collectDue(s *dueScan, now time.Time, take *campaign.Take) (found []dueContact, err error) {
	will := map[string]bool{} // be called; several contacts may have the same number
	taken, most := 0, take.Max
	turn := s.p.attempts.Sequence() + 1
	for i := 0; i < len(s.lanes); {
		level := s.lanes[i:]
		for n := range level {
			if level[n].key[0] != level[0].key[0] {
				level = level[:n]
				break
			}
		}
		i += len(level)
		for taken < most {
			l, f, err := s.choose(level, now, taken, turn)
			if err != nil {
				return nil, err
			}
			if s.looked > maxLooked || len(found) == maxScan {
				return found, nil
			}
			if l == nil {
				break // this level has none
			}
			d, err := t.meet(s, l, f, now, take, will)
			if err != nil {
				return nil, err
			}
			if !d.undone && (d.fate.state == campaign.Dialing || d.revision != nil && d.revision.row != nil) {
				taken++
				turn++
				if s.held(l, d.contact.Due, now) {
					most = min(most, take.Certain)
				}
			}
			found = append(found, d)
			if err := s.next(l, f); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// meet tells what is to become of the first contact of a lane.
func (t *txn) meet(s *dueScan, l *laneScan, f *freshScan, now time.Time, take *campaign.Take, will map[string]bool) (d dueContact, err error) {
	at, id := l.at, l.id
	if f != nil {
		at, id = f.r.due, f.r.next
	}
	if d.contact, err = s.contact(l, f, at, id); err != nil {
		return d, err
	}
	if d.revision, err = s.p.decided(id); err != nil {
		return d, err
	}
	if d.undone = s.p.undone(&d.contact); d.undone || d.revision != nil {
		return d, nil
	}
	if d.fate, err = t.fateOf(s.p, now, take, &d.contact, will); err == nil && d.fate.state == campaign.Dialing {
		will[d.contact.Numbers[d.fate.next].Number] = true
	}
	return d, err
}

// choose is the lane of a level whose first contact is taken next, after taken
// others; nil if none is due.
func (s *dueScan) choose(level []*laneScan, now time.Time, taken int, turn uint64) (best *laneScan, in *freshScan, err error) {
	sign := 0.0 // of the chance, in what is looked for
	if level[0].key[0] != 0 {
		sign = float64(s.take.Prefers(taken, turn))
	}
	var bestChance float64
	var bestAt, bestID uint64
	for _, l := range level {
		if !l.open {
			continue
		}
		f, at, id, ok, err := s.head(l)
		if err != nil {
			return nil, nil, err
		}
		if !ok || at > nanos(now) || taken >= s.take.Certain && s.held(l, timeOf(at), now) {
			continue
		}
		chance := sign * l.chance
		if best == nil || cmp.Or(cmp.Compare(bestChance, chance), cmp.Compare(at, bestAt), cmp.Compare(id, bestID)) < 0 {
			best, in, bestChance, bestAt, bestID = l, f, chance, at, id
		}
	}
	return best, in, nil
}

// held reports whether the contacts of a lane that are due at due are left to
// certain calls now.
func (s *dueScan) held(l *laneScan, due, now time.Time) bool {
	return s.take.Holds(l.key[0] == 0, l.key[1], due).After(now)
}

func (t *txn) ringing(number string) bool { return t.tx.Bucket(bRinging).Get([]byte(number)) != nil }

// claimOne claims a contact that was stored as was, and is c with the number
// chosen.
func (t *txn) claimOne(p *parts, now time.Time, take *campaign.Take, was, c campaign.Contact) (a campaign.Attempt, err error) {
	seq, err := t.tx.Bucket(bCampaigns).NextSequence()
	if err != nil {
		return a, err
	}
	if _, err := p.attempts.NextSequence(); err != nil { // see choose
		return a, err
	}
	a = campaign.Attempt{
		ID:  attemptID(t.instance, seq),
		Seq: seq, Campaign: p.camp, List: c.List, Contact: c.ID, Key: c.Key, Number: c.Number(), Type: c.Numbers[c.Next].Type, Server: take.Server, CallerID: take.Show(c.Number()),
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
	if take.Note {
		if err := t.noteCall(&a); err != nil {
			return a, err
		}
	}
	if err := p.book(&a, (*Counters).claimed); err != nil {
		return a, err
	}
	dialing := c
	dialing.State, dialing.Due, dialing.Attempts = campaign.Dialing, time.Time{}, a.Pass
	return a, p.putContact(&was, &dialing)
}

// attemptID has no dash: IAX2 strips it where the id serves as a caller's number.
// It ends with a letter, so that no id begins with another: Asterisk 22 would
// take the shorter one for a duplicate while the longer one's call lives.
func attemptID(instance string, seq uint64) string { return fmt.Sprintf("%s_%dx", instance, seq) }

func (p *parts) putAttempt(a *campaign.Attempt) error {
	p.attempts.FillPercent = 0.95 // keys only ever ascend
	return p.attempts.Put(key64(a.Seq), encodeAttempt(a))
}
