package store

import (
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
		var added, barred, unchanged int
		var refused []refusal
		var ids []uint64
		err := s.change(func(t *txn) error {
			added, barred, unchanged, refused, ids = 0, 0, 0, nil, nil
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
					if t.barred(chunk[i].Number) {
						barred++
					}
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
			done.Barred += barred
			done.Unchanged += unchanged
			done.Rejected += len(refused)
			return p.putBatch(done)
		})
		if err != nil {
			return err
		}
		b.Added += added
		b.Barred += barred
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

// rowIndex finds the contact that a row stands for. Preview has rows in it that
// are not stored.
type rowIndex interface {
	number(number string) (id uint64, err error) // 0 if there is none
	key(list, key string) (id uint64, err error)
	list(id uint64) (string, error)
	seen(id uint64) bool // a row of this load stood for it
}

// judge tells what a row is: the contact that it stands for, 0 if it is new, or
// why it is not taken.
func judge(x rowIndex, list string, r *Row) (id uint64, why string, err error) {
	switch {
	case r.Refused != "":
		return 0, r.Refused, nil
	case r.Number == "":
		return 0, "it has no number", nil
	case len(r.Number) > maxIdentity:
		return 0, fmt.Sprintf("its number is longer than %d bytes", maxIdentity), nil
	case len(r.Key) > maxIdentity:
		return 0, fmt.Sprintf("its key is longer than %d bytes", maxIdentity), nil
	}
	holder, err := x.number(r.Number)
	if holder == 0 && err == nil && r.Given != "" && r.Given != r.Number {
		// Loaded before its list had a region; who was called as 010… must not
		// be called again as +8210….
		holder, err = x.number(r.Given)
	}
	if err != nil {
		return 0, "", err
	}
	if r.Key != "" {
		id, err = x.key(list, r.Key)
		switch {
		case err != nil:
			return 0, "", err
		case id == 0:
		case x.seen(id):
			return id, inEarlierRow, nil
		case id != holder:
			// Never silently: the next call would go to the old number.
			return id, "its key is known with another number, which stays", nil
		default:
			return id, "", nil
		}
	}
	if holder == 0 {
		return 0, "", nil
	}
	other, err := x.list(holder)
	switch {
	case err != nil:
		return 0, "", err
	case other != list:
		why = fmt.Sprintf("the number is already in this campaign, on list %s", other)
	case x.seen(holder):
		why = inEarlierRow
	case r.Key != "":
		why = "the number is already on this list, under another key or none"
	}
	return holder, why, nil
}

// stored is a rowIndex of what is stored.
type stored struct {
	*parts
	isSeen func(id uint64) bool
}

func (s stored) number(number string) (uint64, error) { return idOf(s.numbers.Get([]byte(number))) }
func (s stored) key(list, key string) (uint64, error) { return idOf(s.keys.Get(rowKey(list, key))) }
func (s stored) seen(id uint64) bool                  { return s.isSeen(id) }

func (s stored) list(id uint64) (string, error) {
	c, err := s.contact(id)
	return c.List, err
}

// idOf reads what an index has for a row, 0 if it has nothing.
func idOf(v []byte) (uint64, error) {
	if v == nil {
		return 0, nil
	}
	return uint64Of(v)
}

const inEarlierRow = "the same contact stands in an earlier row"

// loadRow merges a row. why says why it is not taken, "" if it is.
func (t *txn) loadRow(p *parts, list string, now time.Time, r *Row, seen func(uint64) bool) (id uint64, isNew bool, why string, err error) {
	if id, why, err = judge(stored{p, seen}, list, r); id != 0 || why != "" || err != nil {
		return id, false, why, err
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
	if err := p.numbers.Put([]byte(r.Number), key64(id)); err != nil {
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

// Lists implements Store.
func (s *Bolt) Lists(camp string) (all []Batch, err error) {
	err = s.view(func(t *txn) error {
		all = nil
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
