package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// page is how many records one read transaction covers: a long one would keep
// the pages that the writer frees from being used again.
const page = 1000

// Campaigns implements Store.
func (s *Bolt) Campaigns() (names []string, err error) {
	err = s.view(func(t *txn) error {
		return t.eachCampaign(func(p *parts) error {
			names = append(names, p.camp)
			return nil
		})
	})
	return names, err
}

// Counters implements Store.
func (s *Bolt) Counters(camp string) (c Counters, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return err
		}
		c, err = p.readCounters()
		return err
	})
	return c, err
}

// AddAgentTime implements Store.
func (s *Bolt) AddAgentTime(camp string, d time.Duration) error {
	return s.change(func(t *txn) error {
		p, err := t.makeCampaign(camp)
		if err != nil {
			return err
		}
		c, err := p.count()
		if err != nil {
			return err
		}
		c.AgentTime += d
		return nil
	})
}

// Attempts implements Store.
func (s *Bolt) Attempts(camp string, from, to time.Time) iter.Seq2[campaign.Attempt, error] {
	return func(yield func(campaign.Attempt, error) bool) {
		attempts := func(p *parts) *bbolt.Bucket { return p.attempts }
		decode := func(k uint64, v []byte) (campaign.Attempt, error) { return decodeAttempt(camp, k, v) }
		for a, err := range scan(s, camp, attempts, 0, decode) {
			if err == nil && (!from.IsZero() && a.Claimed.Before(from) || !to.IsZero() && !a.Claimed.Before(to)) {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// Contacts implements Store.
func (s *Bolt) Contacts(camp string) iter.Seq2[campaign.Contact, error] {
	return scan(s, camp, contactsOf, 0, decodeContact)
}

func contactsOf(p *parts) *bbolt.Bucket { return p.contacts }

// scan yields the records of one of a campaign's buckets from the key first on,
// in the order of their keys, through short read transactions.
func scan[T any](s *Bolt, camp string, part func(*parts) *bbolt.Bucket, first uint64, decode func(uint64, []byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		from := first
		for more := true; more; {
			var records []T
			err := s.view(func(t *txn) (err error) {
				records, from, more, err = readPage(t, camp, part, decode, from)
				return err
			})
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				var zero T
				yield(zero, fmt.Errorf("store: campaign %s: %w", camp, err))
				return
			}
		}
	}
}

// readPage reads the next records, and tells where to go on.
func readPage[T any](t *txn, camp string, part func(*parts) *bbolt.Bucket, decode func(uint64, []byte) (T, error), from uint64) (records []T, next uint64, more bool, err error) {
	p, err := t.campaign(camp)
	if p == nil || err != nil {
		return nil, from, false, err
	}
	b := part(p)
	if b == nil {
		return nil, from, false, nil
	}
	cur := b.Cursor()
	for k, v := cur.Seek(key64(from)); k != nil; k, v = cur.Next() {
		key, err := uint64Of(k)
		if err != nil {
			return records, from, false, err
		}
		if b == p.contacts && key > b.Sequence() {
			break // of a load that is not decided on
		}
		if len(records) == page {
			return records, key, true, nil
		}
		r, err := decode(key, v)
		if err != nil {
			return records, from, false, fmt.Errorf("record %d: %w", key, err)
		}
		records = append(records, r)
	}
	return records, from, false, nil
}

type savedState struct {
	State campaign.State `json:"state"`
	Since time.Time      `json:"since"`
}

// State implements Store.
func (s *Bolt) State(camp string) (state campaign.State, since time.Time, err error) {
	var v savedState
	err = s.view(func(t *txn) error {
		if b := t.tx.Bucket(bCampaigns).Bucket([]byte(camp)); b != nil {
			if j := b.Get(kState); j != nil {
				return json.Unmarshal(j, &v)
			}
		}
		return nil
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("store: state of campaign %s: %w", camp, err)
	}
	return v.State, v.Since, nil
}

// SaveState implements Store.
func (s *Bolt) SaveState(camp string, state campaign.State, now time.Time) error {
	return s.change(func(t *txn) error {
		p, err := t.makeCampaign(camp)
		if err != nil {
			return err
		}
		v, err := json.Marshal(savedState{state, now})
		if err != nil {
			return err
		}
		return p.root.Put(kState, v)
	})
}
