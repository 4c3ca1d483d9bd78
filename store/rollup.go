package store

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Group is what a campaign's attempts are summed by.
type Group byte

// The groups. The letters are stored: never change one.
const (
	ByList    Group = 'l'
	ByQuarter Group = 'q' // the quarter of an hour of the claim: every zone's hours are made of whole ones
	ByPass    Group = 'p'
	ByOutcome Group = 'o' // in flight is one of them
	ByCause   Group = 'c' // attempts in flight have none
	ByAgent   Group = 'a' // attempts that no agent talked on have none
)

// Groups are all of them.
func Groups() []Group { return []Group{ByList, ByQuarter, ByPass, ByOutcome, ByCause, ByAgent} }

const quarter = 15 * time.Minute

// Rollup is the sum over those attempts of a campaign that have one thing in
// common. Of contacts only ByList counts the states. Attempted are those with
// the first attempt of a contact.
type Rollup struct {
	Key   string    // the list, pass, outcome, cause or agent as reports write it; empty if there is none
	Start time.Time // of the quarter
	Counters
}

// groupKey is the key of a rollup: its group and what its attempts have in
// common, so that integers are in their order.
func groupKey(by Group, key string) string { return string(byte(by)) + key }

func groupNumber(by Group, n uint64) string { return groupKey(by, string(key64(n))) }

// groupsOf are the rollups that an attempt is in.
func groupsOf(a *campaign.Attempt) [6]string {
	cause := groupKey(ByCause, "")
	if a.Outcome != campaign.InFlight {
		cause = groupNumber(ByCause, uint64(a.Cause))
	}
	return [...]string{
		groupKey(ByList, a.List),
		groupNumber(ByQuarter, nanos(a.Claimed)/uint64(quarter)),
		groupNumber(ByPass, uint64(a.Pass)),
		groupKey(ByOutcome, string([]byte{byte(a.Outcome)})),
		cause,
		groupKey(ByAgent, a.Agent),
	}
}

// rollupOf reads what groupKey wrote.
func rollupOf(key []byte, v []byte) (r Rollup, err error) {
	if r.Counters, err = decodeCounters(v); err != nil {
		return r, fmt.Errorf("rollup %q: %w", key, err)
	}
	rest := key[1:]
	number := func() (n uint64) {
		if len(rest) == 8 {
			return binary.BigEndian.Uint64(rest)
		}
		err = fmt.Errorf("rollup %q: %w", key, errRecord)
		return 0
	}
	switch Group(key[0]) {
	case ByQuarter:
		r.Start = time.Unix(0, int64(number()*uint64(quarter)))
	case ByPass:
		r.Key = strconv.FormatUint(number(), 10)
	case ByCause:
		if len(rest) > 0 {
			r.Key = strconv.FormatUint(number(), 10)
		}
	case ByOutcome:
		if len(rest) != 1 || int(rest[0]) >= campaign.NumOutcomes {
			return r, fmt.Errorf("rollup %q: %w", key, errRecord)
		}
		r.Key = campaign.Outcome(rest[0]).String()
	default:
		r.Key = string(rest)
	}
	return r, err
}

// sums are counters in a bucket, in a transaction: read and written once.
type sums struct {
	b   *bbolt.Bucket
	all map[string]*Counters // those that were needed
}

// of returns one of them, for changing.
func (s *sums) of(key string) (*Counters, error) {
	if c := s.all[key]; c != nil {
		return c, nil
	}
	c := &Counters{}
	if v := s.b.Get([]byte(key)); v != nil {
		var err error
		if *c, err = decodeCounters(v); err != nil {
			return nil, fmt.Errorf("rollup %q: %w", key, err)
		}
	}
	if s.all == nil {
		s.all = map[string]*Counters{}
	}
	s.all[key] = c
	return c, nil
}

// flush writes those that were needed. Those of nothing are not kept.
func (s *sums) flush() error {
	for key, c := range s.all {
		if c.Attempts == 0 && c.Contacts == [campaign.NumStates]int64{} {
			if err := s.b.Delete([]byte(key)); err != nil {
				return err
			}
			continue
		}
		if err := s.b.Put([]byte(key), encodeCounters(c)); err != nil {
			return err
		}
	}
	return nil
}

// book changes those that an attempt belongs to.
func (s *sums) book(a *campaign.Attempt, how func(*Counters, *campaign.Attempt)) error {
	for _, key := range groupsOf(a) {
		c, err := s.of(key)
		if err != nil {
			return err
		}
		how(c, a)
	}
	return nil
}

// book changes the counters and every rollup that an attempt is in.
func (p *parts) book(a *campaign.Attempt, how func(*Counters, *campaign.Attempt)) error {
	n, err := p.count()
	if err != nil {
		return err
	}
	how(n, a)
	return p.groups.book(a, how)
}

// Rollups implements Store.
func (s *Bolt) Rollups(camp string, by Group) iter.Seq2[Rollup, error] {
	return func(yield func(Rollup, error) bool) {
		var all []Rollup
		err := s.view(func(t *txn) error {
			p, err := t.campaign(camp)
			if err != nil || p == nil || p.rollups == nil {
				return err
			}
			cur := p.rollups.Cursor()
			for k, v := cur.Seek([]byte{byte(by)}); k != nil && k[0] == byte(by); k, v = cur.Next() {
				r, err := rollupOf(k, v)
				if err != nil {
					return err
				}
				all = append(all, r)
			}
			return nil
		})
		if err != nil {
			yield(Rollup{}, fmt.Errorf("store: campaign %s: %w", camp, err))
			return
		}
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}
