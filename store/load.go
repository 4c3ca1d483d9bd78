package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// A load goes through these steps, each of them in short transactions between
// which claims and results are written:
//
//  1. The rows are read and compared with the contacts that are there
//     (match.go, judge.go). New rows, and those with new numbers of a contact, go
//     to a file without a name, their numbers and keys to be sorted; what else
//     changes in contacts goes to the bucket staged.
//  2. Sorted, the numbers show which rows stand for the same contact and which
//     are on a do-not-call list (resolve.go).
//  3. The new contacts are written in the order of the file, then the indexes
//     in their own (apply.go). Nothing of it is seen: contacts count up to the
//     sequence of their bucket.
//  4. One transaction moves the sequence, books the contacts, makes them due and
//     decides on the changes. From here on the list is the new one.
//  5. The changes are carried out (tidy.go). Where a claim meets a contact that
//     one of them is about, it is carried out there.
//
// A crash before 4 leaves what nobody sees and tidy sweeps; a crash after it
// leaves changes that tidy carries out.

// smallLoad is how many new contacts, and how many changes, are written with
// the decision in one transaction.
const smallLoad = 2000

// loading is a load under way.
type loading struct {
	s      *Bolt
	src    Source
	now    time.Time
	reject func(Row, string)
	batch  Batch
	dry    bool // nothing is written

	first   uint64 // the id of the first row in fresh; each has its own, taken or not
	fresh   stage  // rows that may become contacts, or give theirs other numbers
	numbers sorter // of these
	keys    sorter

	seen      bitset // contacts of this list that a row stands for
	mentioned bitset // those and such whose row was refused
	hint      uint64 // the contact that the next row probably is
	revisions []idRevision
	staged    bool // changes were written before
	contested bool // a row was refused for a number that another contact may have given up
	freed     bool // a contact gives up a number

	refused  bitset // rows of fresh that stand for the contact of another
	joining  bitset // rows of fresh that stand for a contact that is there
	callable bitset // rows of fresh with a number that is on no do-not-call list
	unbarred int64  // how often numbers had been taken off one when callable was found out
	unlike   bool   // not every new contact is in a range and never expires
	lanes    laneTally
}

// Load implements Store.
func (s *Bolt) Load(src Source, now time.Time, rows iter.Seq2[Row, error], reject func(Row, string)) (Batch, error) {
	l, err := s.newLoading(src, now, reject)
	if err != nil {
		return l.batch, err
	}
	s.bulk.Lock()
	defer s.bulk.Unlock()
	if err := s.tidy(src.Campaign); err != nil {
		return l.batch, err
	}
	err = l.run(rows)
	// Also after an error: what was staged must not wait for the next load.
	err = errors.Join(err, s.tidy(src.Campaign), l.close())
	return l.batch, err
}

func (s *Bolt) newLoading(src Source, now time.Time, reject func(Row, string)) (*loading, error) {
	dir := filepath.Dir(s.path)
	l := &loading{
		s: s, src: src, now: now, reject: reject,
		seen: bitset{}, mentioned: bitset{}, refused: bitset{}, joining: bitset{}, callable: bitset{},
		fresh: stage{dir: dir}, numbers: sorter{dir: dir}, keys: sorter{dir: dir},
		batch: Batch{Campaign: src.Campaign, List: src.List, Time: now, Hash: src.Hash, Stamp: src.Stamp},
	}
	if src.Campaign == "" || src.List == "" {
		return l, errors.New("store: a campaign and a list need names")
	}
	return l, nil
}

func (l *loading) close() error {
	return errors.Join(l.fresh.close(), l.numbers.close(), l.keys.close())
}

func (l *loading) run(rows iter.Seq2[Row, error]) error {
	if err := l.find(rows); err != nil {
		return err
	}
	if err := l.apply(); err != nil {
		return err
	}
	return l.giveBack()
}

// find finds out what the rows are.
func (l *loading) find(rows iter.Seq2[Row, error]) error {
	if err := l.match(rows); err != nil {
		return err
	}
	if l.src.Remove {
		if err := l.missing(); err != nil {
			return err
		}
	}
	if l.contested && l.freed {
		// The same file will be read again, and may have more taken of it.
		l.batch.Hash, l.batch.Stamp = "", ""
	}
	return l.resolve()
}

// addBatch records a batch as its list's last one.
func (p *parts) addBatch(b *Batch) error {
	v, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := p.lists.Put([]byte(b.List), v); err != nil {
		return err
	}
	if err := p.batches.Put(key64(b.ID), v); err != nil {
		return err
	}
	if n, err := p.batches.NextSequence(); err != nil || n <= MaxBatches {
		return err
	}
	oldest, _ := p.batches.Cursor().First()
	return p.batches.Delete(oldest)
}

// List implements Store.
func (s *Bolt) List(camp, list string) (b Batch, ok bool, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil || p.lists == nil {
			return err
		}
		b, ok, err = p.list(list)
		return err
	})
	if err != nil {
		return Batch{}, false, fmt.Errorf("store: list %s of campaign %s: %w", list, camp, err)
	}
	return b, ok, nil
}

func (p *parts) list(name string) (b Batch, ok bool, err error) {
	v := p.lists.Get([]byte(name))
	if v == nil {
		return b, false, nil
	}
	return b, true, json.Unmarshal(v, &b)
}

// Touch implements Store.
func (s *Bolt) Touch(camp, list, stamp string) error {
	return s.change(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil {
			return err
		}
		b, ok, err := p.list(list)
		if err != nil || !ok {
			return err
		}
		b.Stamp = stamp
		v, err := json.Marshal(b)
		if err != nil {
			return err
		}
		return p.lists.Put([]byte(list), v)
	})
}

// Batches implements Store.
func (s *Bolt) Batches(camp string) iter.Seq2[Batch, error] {
	return scan(s, camp, func(p *parts) *bbolt.Bucket { return p.batches }, 0, func(_ uint64, v []byte) (b Batch, err error) {
		return b, json.Unmarshal(v, &b)
	})
}

// Lists implements Store.
func (s *Bolt) Lists(camp string) (all []Batch, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil || p.lists == nil {
			return err
		}
		return p.lists.ForEach(func(list, v []byte) error {
			var b Batch
			if err := json.Unmarshal(v, &b); err != nil {
				return fmt.Errorf("list %s: %w", list, err)
			}
			all = append(all, b)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("store: lists of campaign %s: %w", camp, err)
	}
	return all, nil
}
