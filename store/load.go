package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// loadChunk rows are committed together: large enough for speed, small enough
// that claims and results wait only a moment.
const loadChunk = 500

// Load implements Store. A load that is cut off leaves the rows it came to; the
// next load of the same file adds the others.
func (s *Bolt) Load(camp, list, hash string, now time.Time, rows iter.Seq2[Row, error], reject func(Row, string)) (Batch, error) {
	b := Batch{Campaign: camp, List: list, Time: now, Hash: hash}
	var seen bitset // ids of this list's contacts that a row of this file stands for
	chunk := make([]Row, 0, loadChunk)
	save := func(last bool) error {
		var added, unchanged int
		var refused []refusal
		var ids []uint64
		err := s.change(func(t *txn) error {
			added, unchanged, refused, ids = 0, 0, nil, nil
			here := map[uint64]bool{}
			for _, r := range chunk {
				id, isNew, why, err := t.loadRow(camp, list, now, r, func(id uint64) bool { return seen.has(id) || here[id] })
				switch {
				case err != nil:
					return err
				case why != "":
					refused = append(refused, refusal{r, why})
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
			return t.putBatch(done)
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

func (t *txn) loadRow(camp, list string, now time.Time, r Row, seen func(uint64) bool) (id uint64, isNew bool, why string, err error) {
	keys, err := t.bucket(camp, bKeys)
	if err != nil {
		return 0, false, "", err
	}
	numbers, err := t.bucket(camp, bNumbers)
	if err != nil {
		return 0, false, "", err
	}
	rowKey := identity(list, r)
	if v := keys.Get(rowKey); v != nil {
		id = binary.BigEndian.Uint64(v)
		if seen(id) {
			return 0, false, "the same contact stands in an earlier row", nil
		}
		return id, false, "", nil
	}
	if v := numbers.Get([]byte(r.Number)); v != nil {
		other, err := t.contact(camp, binary.BigEndian.Uint64(v))
		if err != nil {
			return 0, false, "", err
		}
		return 0, false, fmt.Sprintf("the number is already in this campaign, on list %s", other.List), nil
	}
	contacts, err := t.bucket(camp, bContacts)
	if err != nil {
		return 0, false, "", err
	}
	if id, err = contacts.NextSequence(); err != nil {
		return 0, false, "", err
	}
	c := campaign.Contact{
		ID: id, List: list, Key: r.Key, Number: r.Number, Attributes: r.Attributes,
		State: campaign.Pending, Due: now,
	}
	if err := keys.Put(rowKey, key64(id)); err != nil {
		return 0, false, "", err
	}
	if err := numbers.Put([]byte(r.Number), key64(id)); err != nil {
		return 0, false, "", err
	}
	return id, true, "", t.putContact(camp, nil, &c)
}

// identity is what makes a row of a list the same contact at the next load.
func identity(list string, r Row) []byte {
	if r.Key != "" {
		return []byte(list + "\x00k" + r.Key)
	}
	return []byte(list + "\x00n" + r.Number)
}

func (t *txn) putBatch(b Batch) error {
	lists, err := t.bucket(b.Campaign, bLists)
	if err != nil {
		return err
	}
	v, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return lists.Put([]byte(b.List), v)
}

// List implements Store.
func (s *Bolt) List(camp, list string) (b Batch, ok bool, err error) {
	err = s.view(func(t *txn) error {
		lists, _ := t.bucket(camp, bLists)
		if lists == nil {
			return nil
		}
		v := lists.Get([]byte(list))
		if v == nil {
			return nil
		}
		ok = true
		return json.Unmarshal(v, &b)
	})
	return b, ok, err
}

// SetDNC implements Store.
func (s *Bolt) SetDNC(numbers iter.Seq[string]) (n int, err error) {
	err = s.change(func(t *txn) error {
		n = 0
		if err := t.tx.DeleteBucket(bDNC); err != nil {
			return err
		}
		b, err := t.tx.CreateBucket(bDNC)
		if err != nil {
			return err
		}
		for number := range numbers {
			if b.Get([]byte(number)) != nil {
				continue
			}
			if err := b.Put([]byte(number), []byte{}); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// bitset holds small integers, a bit each.
type bitset []uint64

func (b bitset) has(i uint64) bool { return i/64 < uint64(len(b)) && b[i/64]&(1<<(i%64)) != 0 }

func (b *bitset) set(i uint64) {
	for uint64(len(*b)) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}
