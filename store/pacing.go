package store

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// LedgerEntries is how many entries of a campaign's pacing ledger are kept.
const LedgerEntries = 5_000

// LedgerEntry is one entry of a campaign's pacing ledger, as it was given.
type LedgerEntry struct {
	Seq  uint64 // ascending from 1 in each campaign, without gaps
	Data []byte
}

// SavePacing implements Store.
func (s *Bolt) SavePacing(camp string, state []byte, entries [][]byte) error {
	return s.change(func(t *txn) error {
		p, err := t.makeCampaign(camp)
		if err != nil {
			return err
		}
		if state != nil {
			if err := p.root.Put(kPacing, state); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return nil
		}
		ledger, err := p.root.CreateBucketIfNotExists(bLedger)
		if err != nil {
			return err
		}
		return appendLedger(ledger, entries)
	})
}

// appendLedger adds entries and drops the oldest beyond LedgerEntries.
func appendLedger(ledger *bbolt.Bucket, entries [][]byte) error {
	ledger.FillPercent = 0.95 // keys only ever ascend
	for _, e := range entries {
		seq, err := ledger.NextSequence()
		if err != nil {
			return err
		}
		if err := ledger.Put(key64(seq), e); err != nil {
			return err
		}
	}
	last := ledger.Sequence()
	if last <= LedgerEntries {
		return nil
	}
	var old [][]byte // nothing is deleted under the cursor: it would skip
	keep := key64(last - LedgerEntries + 1)
	cur := ledger.Cursor()
	for k, _ := cur.First(); k != nil && bytes.Compare(k, keep) < 0; k, _ = cur.Next() {
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		if err := ledger.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Pacing implements Store.
func (s *Bolt) Pacing(camp string) (state []byte, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if p == nil || err != nil {
			return err
		}
		state = bytes.Clone(p.root.Get(kPacing))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: pacing of campaign %s: %w", camp, err)
	}
	return state, nil
}

// Ledger implements Store.
func (s *Bolt) Ledger(camp string, from uint64) iter.Seq2[LedgerEntry, error] {
	part := func(p *parts) *bbolt.Bucket { return p.root.Bucket(bLedger) }
	return scan(s, camp, part, from, func(seq uint64, v []byte) (LedgerEntry, error) {
		return LedgerEntry{seq, bytes.Clone(v)}, nil
	})
}
