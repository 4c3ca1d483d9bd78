package store

import (
	"bytes"
	"time"

	"go.etcd.io/bbolt"
)

// purgeChunk is how many attempts are deleted in one transaction, and
// purgeScan how many it looks at: one of those in flight may be old.
const (
	purgeChunk = 1000
	purgeScan  = 5000
)

// Purge implements Store.
func (s *Bolt) Purge(before time.Time, most int) (n int, err error) {
	names, err := s.Campaigns()
	if err != nil {
		return 0, err
	}
	for _, camp := range names {
		for from := []byte{}; from != nil && n < most; {
			var some int
			var next []byte
			if more, err := s.purgeable(camp, from, before); !more || err != nil {
				if err != nil {
					return n, err
				}
				break // without an fsync for nothing
			}
			err := s.change(func(t *txn) (err error) {
				p, err := t.campaign(camp)
				if err != nil || p == nil {
					return err
				}
				some, next, err = p.purge(from, before, min(most-n, purgeChunk))
				return err
			})
			if err != nil {
				return n, err
			}
			n, from = n+some, next
		}
	}
	return n, nil
}

// purgeable reports whether there is an attempt from a key on that may be purged.
func (s *Bolt) purgeable(camp string, from []byte, before time.Time) (yes bool, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil || p.attempts == nil {
			return err
		}
		k, v := p.attempts.Cursor().Seek(from)
		if k == nil {
			return nil
		}
		seq, err := uint64Of(k)
		if err != nil {
			return err
		}
		a, err := decodeAttempt(camp, seq, v)
		yes = a.Claimed.Before(before)
		return err
	})
	return yes, err
}

// purge deletes up to most attempts from a key on, and returns where to go on: nil when
// the next was claimed later. What they add up to is kept.
func (p *parts) purge(from []byte, before time.Time, most int) (n int, next []byte, err error) {
	var old [][]byte
	cur := p.attempts.Cursor()
	k, v := cur.Seek(from)
	for looked := 0; k != nil; k, v = cur.Next() {
		if looked == purgeScan || len(old) == most {
			next = bytes.Clone(k)
			break
		}
		looked++
		seq, err := uint64Of(k)
		if err != nil {
			return 0, nil, err
		}
		a, err := decodeAttempt(p.camp, seq, v)
		if err != nil {
			return 0, nil, err
		}
		if !a.Claimed.Before(before) {
			break
		}
		if p.inFlight.Get(k) != nil {
			continue
		}
		if err := p.gone.book(&a, (*Counters).tally); err != nil {
			return 0, nil, err
		}
		old = append(old, bytes.Clone(k))
	}
	return len(old), next, deleteAll(p.attempts, old)
}

func deleteAll(b *bbolt.Bucket, keys [][]byte) error {
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
