package store

import (
	"bytes"
	"cmp"
	"slices"
)

// resolve finds out which of the new rows stand for the same contact, because
// they share a number or a key: the first of them is taken. Sorted, they stand
// together. A row that is refused bars none that shares its other half.
func (l *loading) resolve() error {
	var twins []twin
	add := func(groups uint32, key bool) func(rows []uint32) {
		return func(rows []uint32) {
			for _, row := range rows {
				twins = append(twins, twin{row, groups, key})
			}
			groups++
		}
	}
	if err := groups(&l.numbers, add(0, false)); err != nil {
		return err
	}
	if err := groups(&l.keys, add(0, true)); err != nil {
		return err
	}
	slices.SortFunc(twins, func(a, b twin) int { return cmp.Compare(a.row, b.row) })
	taken := map[bool]bitset{false: {}, true: {}}
	for i := 0; i < len(twins); {
		j := i + 1
		for j < len(twins) && twins[j].row == twins[i].row {
			j++
		}
		of := twins[i:j] // of one row: by its number, by its key, or both
		i = j
		if slices.ContainsFunc(of, func(t twin) bool { return taken[t.key].has(uint64(t.group)) }) {
			l.refused.set(uint64(of[0].row))
			continue
		}
		for _, t := range of {
			taken[t.key].set(uint64(t.group))
		}
	}
	return l.bar()
}

// twin is a row that shares its number, or its key, with the others of a group.
type twin struct {
	row, group uint32
	key        bool
}

// groups calls found with the rows of each key that more than one has.
func groups(s *sorter, found func(rows []uint32)) error {
	var last []byte
	var rows []uint32
	end := func() {
		if len(rows) > 1 {
			found(rows)
		}
		rows = rows[:0]
	}
	for k, err := range s.sorted() {
		if err != nil {
			return err
		}
		if len(rows) > 0 && !bytes.Equal(k.key, last) {
			end()
		}
		last = append(last[:0], k.key...)
		rows = append(rows, k.value)
	}
	end()
	return nil
}

// rows reads the new rows that are taken, in the order of the file, tells of those
// that are not, and has contacts changed that are there already.
func (l *loading) rows() func() (id uint64, row stagedRow, err error) {
	r, err := l.fresh.rows()
	row := uint64(0)
	return func() (uint64, stagedRow, error) {
		for err == nil {
			var s stagedRow
			if s, err = r.next(); err != nil {
				break
			}
			row++
			if s.why == "" && l.refused.has(row-1) {
				s.why = earlier
			}
			if s.why == "" && s.id == 0 {
				return l.first + row - 1, s, nil
			}
			err = l.other(&s)
		}
		return 0, stagedRow{}, err
	}
}

// other does with a row what it is if it is no new contact.
func (l *loading) other(s *stagedRow) error {
	r, err := s.row()
	if err != nil {
		return err
	}
	if s.why == "" {
		return l.revise(s.id, &r)
	}
	l.batch.Rejected++
	l.reject(r, s.why)
	return nil
}
