package store

import (
	"errors"
	"io"
	"iter"
	"time"
)

// Preview implements Store. Loads go on meanwhile, so what it tells is of no one
// moment.
func (s *Bolt) Preview(src Source, now time.Time, rows iter.Seq2[Row, error], tell func(Row, Verdict)) (Batch, error) {
	l, err := s.newLoading(src, now, func(r Row, why string) { tell(r, Verdict{Refused: why}) })
	if err != nil {
		return l.batch, err
	}
	l.dry = true
	return l.batch, errors.Join(l.preview(rows, tell), l.close())
}

func (l *loading) preview(rows iter.Seq2[Row, error], tell func(Row, Verdict)) error {
	if err := l.find(rows); err != nil {
		return err
	}
	for next := l.rows(); ; {
		id, s, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := s.row()
		if err != nil {
			return err
		}
		v := Verdict{Barred: !l.callable.has(id - l.first)}
		l.batch.Added++
		if v.Barred {
			l.batch.Barred++
		}
		tell(r, v)
	}
}
