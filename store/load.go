package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// loadChunk rows are committed together. In a list whose numbers are in no order
// each row has a page of its own to change in the index of numbers, 4 kB, so
// more rows load faster, but claims and results wait longer meanwhile: 50 to
// 100 ms with so many.
const loadChunk = 2000

// maxIdentity bounds a row's number and key in bytes: they are keys of the
// file, which bbolt limits too.
const maxIdentity = 1000

// Load implements Store. A load that is cut off leaves the rows it came to; the
// next load of the same file adds the others.
func (s *Bolt) Load(camp, list, hash string, now time.Time, rows iter.Seq2[Row, error], reject func(Row, string)) (Batch, error) {
	b := Batch{Campaign: camp, List: list, Time: now, Hash: hash}
	if camp == "" || list == "" {
		return b, errors.New("store: a campaign and a list need names")
	}
	seen := bitset{} // ids of this list's contacts that a row of this file stands for
	chunk := make([]Row, 0, loadChunk)
	save := func(last bool) error {
		var added, unchanged int
		var refused []refusal
		var ids []uint64
		err := s.change(func(t *txn) error {
			added, unchanged, refused, ids = 0, 0, nil, nil
			p, err := t.makeCampaign(camp)
			if err != nil {
				return err
			}
			here := map[uint64]bool{}
			for i := range chunk {
				id, isNew, why, err := t.loadRow(p, list, now, &chunk[i], func(id uint64) bool { return seen.has(id) || here[id] })
				switch {
				case err != nil:
					return err
				case why != "":
					refused = append(refused, refusal{chunk[i], why})
					continue
				case isNew:
					added++
				default:
					unchanged++
				}
				here[id] = true
				ids = append(ids, id)
			}
			if !last {
				return nil
			}
			done := b
			done.Added += added
			done.Unchanged += unchanged
			done.Rejected += len(refused)
			return p.putBatch(done)
		})
		if err != nil {
			return err
		}
		b.Added += added
		b.Unchanged += unchanged
		b.Rejected += len(refused)
		for _, id := range ids {
			seen.set(id)
		}
		for _, r := range refused {
			reject(r.row, r.why)
		}
		chunk = chunk[:0]
		return nil
	}
	for r, err := range rows {
		if err != nil {
			return b, errors.Join(err, save(false))
		}
		b.Rows++
		chunk = append(chunk, r)
		if len(chunk) == loadChunk {
			if err := save(false); err != nil {
				return b, err
			}
		}
	}
	return b, save(true)
}

type refusal struct {
	row Row
	why string
}

// loadRow merges a row. why says why it is not taken, "" if it is.
func (t *txn) loadRow(p *parts, list string, now time.Time, r *Row, seen func(uint64) bool) (id uint64, isNew bool, why string, err error) {
	switch {
	case r.Number == "":
		return 0, false, "it has no number", nil
	case len(r.Number) > maxIdentity:
		return 0, false, fmt.Sprintf("its number is longer than %d bytes", maxIdentity), nil
	case len(r.Key) > maxIdentity:
		return 0, false, fmt.Sprintf("its key is longer than %d bytes", maxIdentity), nil
	}
	number := []byte(r.Number)
	holder := p.numbers.Get(number)
	if r.Key != "" {
		if v := p.keys.Get(rowKey(list, r.Key)); v != nil {
			if id, err = uint64Of(v); err != nil {
				return 0, false, "", err
			}
			switch {
			case seen(id):
				why = "the same contact stands in an earlier row"
			case !bytes.Equal(v, holder):
				// Never silently: the next call would go to the old number.
				why = "its key is known with another number, which stays"
			}
			return id, false, why, nil
		}
	}
	if holder != nil {
		if id, err = uint64Of(holder); err != nil {
			return 0, false, "", err
		}
		other, err := p.contact(id)
		switch {
		case err != nil:
			return 0, false, "", err
		case other.List != list:
			why = fmt.Sprintf("the number is already in this campaign, on list %s", other.List)
		case seen(id):
			why = "the same contact stands in an earlier row"
		case r.Key != "":
			why = "the number is already on this list, under another key or none"
		}
		return id, false, why, nil
	}
	if id, err = p.contacts.NextSequence(); err != nil {
		return 0, false, "", err
	}
	c := campaign.Contact{
		ID: id, List: list, Key: r.Key, Number: r.Number, Attributes: r.Attributes,
		State: campaign.Pending, Due: now,
	}
	if r.Key != "" {
		if err := p.keys.Put(rowKey(list, r.Key), key64(id)); err != nil {
			return 0, false, "", err
		}
	}
	if err := p.numbers.Put(number, key64(id)); err != nil {
		return 0, false, "", err
	}
	p.contacts.FillPercent, p.due.FillPercent = 0.9, 0.9 // keys ascend; a retry makes a contact a few bytes longer
	return id, true, "", p.putContact(nil, &c)
}

// rowKey identifies a row by the key that the user gave it. Rows without one
// are identified by their number.
func rowKey(list, key string) []byte { return []byte(list + "\x00" + key) }

func (p *parts) putBatch(b Batch) error {
	v, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return p.lists.Put([]byte(b.List), v)
}

// List implements Store.
func (s *Bolt) List(camp, list string) (b Batch, ok bool, err error) {
	err = s.view(func(t *txn) error {
		p, err := t.campaign(camp)
		if err != nil || p == nil || p.lists == nil {
			return err
		}
		v := p.lists.Get([]byte(list))
		if v == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(v, &b)
	})
	if err != nil {
		return Batch{}, false, fmt.Errorf("store: list %s of campaign %s: %w", list, camp, err)
	}
	return b, ok, nil
}
