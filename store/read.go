package store

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// page is how many records one read transaction covers: a long one would keep
// the pages that the writer frees from being used again.
const page = 1000

func (s *Bolt) view(do func(*txn) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return do(&txn{tx: tx, instance: s.instance}) })
}

func (t *txn) eachCampaign(do func(string) error) error {
	return t.tx.Bucket(bCampaigns).ForEachBucket(func(name []byte) error { return do(string(name)) })
}

// Campaigns implements Store.
func (s *Bolt) Campaigns() (names []string, err error) {
	err = s.view(func(t *txn) error {
		return t.eachCampaign(func(name string) error {
			names = append(names, name)
			return nil
		})
	})
	return names, err
}

// Counters implements Store.
func (s *Bolt) Counters(camp string) (c Counters, err error) {
	err = s.view(func(t *txn) error {
		c, err = readCounters(t.tx, camp)
		return err
	})
	return c, err
}

// AddAgentTime implements Store.
func (s *Bolt) AddAgentTime(camp string, d time.Duration) error {
	return s.change(func(t *txn) error {
		c, err := t.count(camp)
		if err == nil {
			c.AgentTime += d
		}
		return err
	})
}

// Attempts implements Store.
func (s *Bolt) Attempts(camp string, from, to time.Time) iter.Seq2[campaign.Attempt, error] {
	return func(yield func(campaign.Attempt, error) bool) {
		for a, err := range scan(s, camp, bAttempts, func(k uint64, v []byte) (campaign.Attempt, error) { return decodeAttempt(camp, k, v) }) {
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
	return scan(s, camp, bContacts, decodeContact)
}

// scan yields the records of a bucket in the order of their keys, through short
// read transactions.
func scan[T any](s *Bolt, camp string, part []byte, decode func(uint64, []byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var next uint64
		for more := true; more; {
			more = false
			records := make([]T, 0, page)
			err := s.view(func(t *txn) error {
				b, _ := t.bucket(camp, part)
				if b == nil {
					return nil
				}
				cur := b.Cursor()
				for k, v := cur.Seek(key64(next)); k != nil; k, v = cur.Next() {
					if len(records) == page {
						more = true
						return nil
					}
					key := binary.BigEndian.Uint64(k)
					r, err := decode(key, v)
					if err != nil {
						return err
					}
					records = append(records, r)
					next = key + 1
				}
				return nil
			})
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
		}
	}
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
	return v.State, v.Since, err
}

// SaveState implements Store.
func (s *Bolt) SaveState(camp string, state campaign.State, now time.Time) error {
	return s.change(func(t *txn) error {
		b, err := t.tx.Bucket(bCampaigns).CreateBucketIfNotExists([]byte(camp))
		if err != nil {
			return err
		}
		v, err := json.Marshal(savedState{state, now})
		if err != nil {
			return err
		}
		return b.Put(kState, v)
	})
}
