package store

import (
	"iter"
	"slices"
	"strings"
)

// SetDNC implements Store.
func (s *Bolt) SetDNC(numbers iter.Seq[string]) (int, error) {
	// Collected here: numbers is somebody else's code, which must neither run
	// in the writer nor twice.
	all := slices.Compact(slices.Sorted(numbers))
	if len(all) > 0 && all[0] == "" {
		all = all[1:]
	}
	if err := s.change(func(t *txn) error { return t.replaceDNC(all) }); err != nil {
		return 0, err
	}
	return len(all), nil
}

// replaceDNC writes only what differs: most changes of a large list are small,
// and claims wait meanwhile.
func (t *txn) replaceDNC(sorted []string) error {
	b := t.tx.Bucket(bDNC)
	var gone, fresh []string
	cur := b.Cursor()
	k, _ := cur.First()
	for k != nil || len(sorted) > 0 {
		order := 1
		switch {
		case k == nil:
		case len(sorted) == 0:
			order = -1
		default:
			order = strings.Compare(string(k), sorted[0])
		}
		if order < 0 {
			gone = append(gone, string(k))
		}
		if order > 0 {
			fresh = append(fresh, sorted[0])
		}
		if order <= 0 {
			k, _ = cur.Next()
		}
		if order >= 0 {
			sorted = sorted[1:]
		}
	}
	for _, number := range gone {
		if err := b.Delete([]byte(number)); err != nil {
			return err
		}
	}
	for _, number := range fresh {
		if err := b.Put([]byte(number), []byte{}); err != nil {
			return err
		}
	}
	return nil
}
