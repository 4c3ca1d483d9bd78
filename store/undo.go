package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// undoing is the undo that is being carried out.
type undoing struct{ batch, first, last uint64 }

func encodeUndoing(u *undoing) []byte {
	e := encoder{recordVersion}
	e.uint(u.batch)
	e.uint(u.first)
	e.uint(u.last)
	return e
}

func decodeUndoing(b []byte) (*undoing, error) {
	d := decode(b)
	u := undoing{d.uint(), d.uint(), d.uint()}
	return &u, d.err
}

// Undo implements Store. It is decided in one transaction and carried out in
// many; claims that meet one of the contacts meanwhile take it back themselves.
func (s *Bolt) Undo(id uint64, now time.Time) (n int, err error) {
	s.bulk.Lock()
	defer s.bulk.Unlock()
	names, err := s.Campaigns()
	if err != nil {
		return 0, err
	}
	for _, camp := range names {
		if err := s.tidy(camp); err != nil {
			return 0, err
		}
		before, err := s.batch(camp, id)
		if errors.Is(err, ErrNoBatch) {
			continue
		}
		if err != nil || !before.Undone.IsZero() {
			return 0, err
		}
		if err := s.change(func(t *txn) error { return t.undo(camp, id, now) }); err != nil {
			return 0, err
		}
		if err := s.tidy(camp); err != nil {
			return 0, err
		}
		after, err := s.batch(camp, id)
		return after.TakenBack, err
	}
	return 0, fmt.Errorf("store: batch %d: %w", id, ErrNoBatch)
}

func (s *Bolt) batch(camp string, id uint64) (b Batch, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil || p.batches == nil {
			return errors.Join(err, ErrNoBatch)
		}
		b, err = p.batch(id)
		return err
	})
	return b, err
}

func (p *parts) batch(id uint64) (b Batch, err error) {
	v := p.batches.Get(key64(id))
	if v == nil {
		return b, ErrNoBatch
	}
	return b, json.Unmarshal(v, &b)
}

// undo decides that a batch is undone.
func (t *txn) undo(camp string, id uint64, now time.Time) error {
	p, err := t.campaign(camp)
	if err != nil {
		return err
	}
	b, err := p.batch(id)
	if err != nil {
		return err
	}
	b.Undone = now
	v, err := json.Marshal(&b)
	if err != nil {
		return err
	}
	if err := p.batches.Put(key64(id), v); err != nil {
		return err
	}
	if b.Added == 0 {
		return nil
	}
	p.undoing = &undoing{id, b.First, b.Last}
	return p.root.Put(kUndoing, encodeUndoing(p.undoing))
}

// takenBack books contacts of an undone batch that were dropped.
func (p *parts) takenBack(id uint64, n int) error {
	b, err := p.batch(id)
	if n == 0 || errors.Is(err, ErrNoBatch) { // forgotten meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	b.TakenBack += n
	v, err := json.Marshal(&b)
	if err != nil {
		return err
	}
	return p.batches.Put(key64(id), v)
}
