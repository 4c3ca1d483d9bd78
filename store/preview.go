package store

import (
	"errors"
	"iter"
)

// Preview implements Store.
func (s *Bolt) Preview(camp, list string, rows iter.Seq2[Row, error], tell func(Row, Verdict)) (Batch, error) {
	b := Batch{Campaign: camp, List: list}
	if camp == "" || list == "" {
		return b, errors.New("store: a campaign and a list need names")
	}
	x := newPreviewed(list)
	chunk := make([]Row, 0, page)
	look := func() error {
		verdicts := make([]Verdict, 0, len(chunk))
		err := s.view(func(t *txn) error {
			p, err := t.campaign(camp)
			if err != nil {
				return err
			}
			x.stored.parts = p
			for i := range chunk {
				v, err := x.verdict(&chunk[i])
				if err != nil {
					return err
				}
				if v.Barred, err = t.barred(camp, chunk[i].Number); err != nil {
					return err
				}
				verdicts = append(verdicts, v)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, v := range verdicts {
			switch {
			case v.Refused != "":
				b.Rejected++
			case v.Changed:
				b.Updated++
			case !v.New:
				b.Unchanged++
			default:
				b.Added++
				if v.Barred {
					b.Barred++
				}
			}
			tell(chunk[i], v)
		}
		chunk = chunk[:0]
		return nil
	}
	for r, err := range rows {
		if err != nil {
			return b, errors.Join(err, look())
		}
		b.Rows++
		if chunk = append(chunk, r); len(chunk) == page {
			if err := look(); err != nil {
				return b, err
			}
		}
	}
	return b, look()
}

// firstJoined is above every id that is stored.
const firstJoined = 1 << 63

// previewed is a rowIndex of what is stored and of the rows before that would
// have joined.
type previewed struct {
	stored  // parts is nil for a campaign that is not stored
	name    string
	next    uint64 // id of the next row that joins
	numbers map[string]uint64
	keys    map[string]uint64
}

func newPreviewed(list string) *previewed {
	return &previewed{name: list, stored: stored{rows: bitset{}}, next: firstJoined, numbers: map[string]uint64{}, keys: map[string]uint64{}}
}

func (x *previewed) verdict(r *Row) (v Verdict, err error) {
	id, why, err := judge(x, x.name, r)
	switch {
	case err != nil || why != "":
		v.Refused = why
	case id != 0:
		x.rows.set(id)
		v.Changed, err = x.differs(id, r)
	default:
		v.New = true
		x.numbers[r.Number] = x.next
		if r.Key != "" {
			x.keys[r.Key] = x.next
		}
		x.next++
	}
	return v, err
}

func (x *previewed) number(number string) (uint64, error) {
	if id := x.numbers[number]; id != 0 || x.parts == nil || x.parts.numbers == nil {
		return id, nil
	}
	return x.stored.number(number)
}

func (x *previewed) key(list, key string) (uint64, error) {
	if id := x.keys[key]; id != 0 || x.parts == nil || x.parts.keys == nil {
		return id, nil
	}
	return x.stored.key(list, key)
}

func (x *previewed) list(id uint64) (string, error) {
	if id >= firstJoined {
		return x.name, nil
	}
	return x.stored.list(id)
}

func (x *previewed) seen(id uint64) bool { return id >= firstJoined || x.rows.has(id) }
