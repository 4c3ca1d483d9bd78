package store

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// maxPrefixes bounds the prefixes of a do-not-call list: each claim looks for
// all of its number's.
const maxPrefixes = 100_000

var errTooManyPrefixes = fmt.Errorf("store: a do-not-call list has at most %d prefixes", maxPrefixes)

// SetDNC implements Store. Only what differs is written: most changes of a large
// list are small.
func (s *Bolt) SetDNC(list DNCName, stamp string, now time.Time, entries iter.Seq2[string, error]) (l DNCList, err error) {
	set := dncSet{s: s, list: list, now: now, prefixes: map[string]bool{}, numbers: sorter{dir: filepath.Dir(s.path)}}
	defer func() { set.numbers.close() }()
	// Collected before anything is locked: entries is somebody else's code.
	if err := set.read(entries); err != nil {
		return l, err
	}
	s.dncBulk.Lock()
	defer s.dncBulk.Unlock()
	if stamp != "" {
		// From now on it is a file's, also if this comes to no end.
		if _, err := set.mark("unfinished"); err != nil {
			return l, err
		}
	}
	if err := set.add(); err != nil {
		return l, err
	}
	if err := set.remove(); err != nil {
		return l, err
	}
	return set.mark(stamp)
}

func (set *dncSet) mark(stamp string) (l DNCList, err error) {
	err = set.s.change(func(t *txn) error {
		d, err := t.makeDNC(set.list)
		if err != nil {
			return err
		}
		if l, err = d.about(); err != nil {
			return err
		}
		l.Stamp = stamp
		return d.describe(&l)
	})
	return l, err
}

type dncSet struct {
	s        *Bolt
	list     DNCName
	now      time.Time
	numbers  sorter
	prefixes map[string]bool // with their *
}

func (set *dncSet) read(entries iter.Seq2[string, error]) error {
	if err := checkEntries(set.list, nil); err != nil {
		return err
	}
	for e, err := range entries {
		if err == nil {
			err = checkEntry(set.list, e)
		}
		if err != nil {
			return err
		}
		if strings.HasSuffix(e, "*") {
			if set.prefixes[e] = true; len(set.prefixes) > maxPrefixes {
				return errTooManyPrefixes
			}
			continue
		}
		if err := set.numbers.add([]byte(e), 0); err != nil {
			return err
		}
	}
	return nil
}

// add writes the entries that are not there, in chunks between which claims are
// made; each bars from then on.
func (set *dncSet) add() error {
	n := pace(smallLoad)
	all := slices.Sorted(maps.Keys(set.prefixes))
	put := func() error {
		began := time.Now()
		err := set.s.change(func(t *txn) error {
			d, err := t.makeDNC(set.list)
			if err != nil {
				return err
			}
			_, err = d.put(set.now, all)
			return err
		})
		n.took(time.Since(began))
		all = all[:0]
		return err
	}
	err := set.merge(func(number []byte, there, wanted bool) error {
		if there || !wanted {
			return nil
		}
		if all = append(all, string(number)); len(all) >= int(n) {
			return put()
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	return put()
}

// remove takes off what is there and not wanted.
func (set *dncSet) remove() error {
	n := pace(smallLoad)
	var all []string
	remove := func() error {
		began := time.Now()
		_, err := set.s.removeDNC(set.list, set.now, all, func(*dncParts) error { return nil })
		n.took(time.Since(began))
		all = all[:0]
		return err
	}
	for p := range (&dncReader{s: set.s, list: set.list, prefixes: true}).all() {
		if e := string(p) + "*"; !set.prefixes[e] {
			all = append(all, e)
		}
	}
	err := set.merge(func(number []byte, there, wanted bool) error {
		if wanted {
			return nil
		}
		if all = append(all, string(number)); len(all) >= int(n) {
			return remove()
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	return remove()
}

// merge walks what the list holds and what it shall hold, side by side.
func (set *dncSet) merge(do func(number []byte, there, wanted bool) error) error {
	held := &dncReader{s: set.s, list: set.list}
	next, stop := iter.Pull(held.all())
	defer stop()
	there, more := next()
	var last []byte
	for k, err := range set.numbers.sorted() {
		if err != nil {
			return err
		}
		if last != nil && bytes.Equal(k.key, last) {
			continue
		}
		last = append(last[:0], k.key...)
		for more && bytes.Compare(there, k.key) < 0 {
			if err := do(there, true, false); err != nil {
				return err
			}
			there, more = next()
		}
		same := more && bytes.Equal(there, k.key)
		if err := do(k.key, same, true); err != nil {
			return err
		}
		if same {
			there, more = next()
		}
	}
	for ; more; there, more = next() {
		if err := do(there, true, false); err != nil {
			return err
		}
	}
	return held.err
}

// dncReader reads what a do-not-call list holds, through short transactions.
type dncReader struct {
	s        *Bolt
	list     DNCName
	prefixes bool // these, else the numbers
	err      error
}

func (r *dncReader) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for from := []byte{}; from != nil; {
			var all []entry
			r.err = r.s.view(func(t *txn) error {
				root := t.tx.Bucket(bBarred).Bucket(r.list.key())
				if root == nil {
					from = nil
					return nil
				}
				all, from = entries(r.bucket(root), from, dncPage)
				return nil
			})
			if r.err != nil {
				return
			}
			for _, e := range all {
				if !yield(e.key) {
					return
				}
			}
		}
	}
}

// dncPage is how many numbers are read in one transaction; they are short.
const dncPage = 20_000

func (r *dncReader) bucket(root *bbolt.Bucket) *bbolt.Bucket {
	if r.prefixes {
		return root.Bucket(bPrefixes)
	}
	return root.Bucket(bDNC)
}

// DropDNC implements Store.
func (s *Bolt) DropDNC(list DNCName, now time.Time) error {
	if _, err := s.SetDNC(list, "", now, func(func(string, error) bool) {}); err != nil {
		return err
	}
	return s.change(func(t *txn) error {
		t.dnc = nil
		return t.tx.Bucket(bBarred).DeleteBucket(list.key())
	})
}

// bar finds the rows that have a number on no do-not-call list, walking through
// the lists in the order of the numbers.
func (l *loading) bar() error {
	l.unbarred = l.s.unbarred.Load()
	block := make([]sortKey, 0, dncPage)
	check := func() error {
		err := l.s.view(func(t *txn) error { return l.barBlock(t, block) })
		block = block[:0]
		return err
	}
	for k, err := range l.numbers.sorted() {
		if err != nil {
			return err
		}
		if block = append(block, sortKey{bytes.Clone(k.key), k.value}); len(block) == cap(block) {
			if err := check(); err != nil {
				return err
			}
		}
	}
	return check()
}

func (l *loading) barBlock(t *txn, block []sortKey) error {
	lists, err := t.dncLists()
	if err != nil {
		return err
	}
	barred := make([]bool, len(block))
	for i := range lists {
		d := &lists[i]
		if !d.name.bars(l.src.Campaign) || len(block) == 0 {
			continue
		}
		cur := d.numbers.Cursor()
		at, _ := cur.Seek(block[0].key)
		for i, k := range block {
			// The next one is mostly near.
			for n := 0; at != nil && bytes.Compare(at, k.key) < 0; n++ {
				if n < 8 {
					at, _ = cur.Next()
				} else {
					at, _ = cur.Seek(k.key)
				}
			}
			if bytes.Equal(at, k.key) || d.prefix(string(k.key), func([]byte, int) bool { return true }) {
				barred[i] = true
			}
		}
	}
	for i, k := range block {
		if !barred[i] {
			l.callable.set(uint64(k.value))
		}
	}
	return nil
}

// giveBack looks again at the new contacts that were found barred, if numbers
// were taken off a do-not-call list meanwhile: that happened before the contacts
// could be seen.
func (l *loading) giveBack() error {
	if l.batch.Barred == 0 || l.s.unbarred.Load() == l.unbarred {
		return nil
	}
	for from := key64(l.batch.First); from != nil; {
		var next []byte
		err := l.s.change(func(t *txn) error {
			p, err := t.campaign(l.src.Campaign)
			if err != nil {
				return err
			}
			var all []entry
			all, next = entries(p.contacts, from, tidyChunk)
			for _, e := range all {
				id, err := uint64Of(e.key)
				if err != nil {
					return err
				}
				if id > l.batch.Last {
					next = nil
					break
				}
				if err := t.giveBackContact(p, l.now, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}
