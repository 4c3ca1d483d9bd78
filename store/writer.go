package store

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"go.etcd.io/bbolt"
)

// maxGroup bounds the changes that are committed together.
const maxGroup = 1024

// A change runs in the writer's goroutine, perhaps several times: its do must
// set what it returns from scratch, run no code of the store's users, and never
// wait for another change.
type change struct {
	do   func(*txn) error
	done chan error
}

// change queues do and waits until it is durable.
func (s *Bolt) change(do func(*txn) error) error {
	done := make(chan error, 1)
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return ErrClosed
	}
	s.changes <- change{do, done} // the writer takes it also while Close waits for the lock
	s.closing.RUnlock()
	return <-done
}

// write commits what is queued, all that waits at once in one transaction.
func (s *Bolt) write() {
	w := writer{s: s, heads: map[string]*laneHeads{}}
	group := make([]change, 0, maxGroup)
	for first := range s.changes {
		group = append(group[:0], first)
	gather:
		for len(group) < maxGroup {
			select {
			case c, ok := <-s.changes:
				if !ok {
					break gather
				}
				group = append(group, c)
			default:
				break gather
			}
		}
		w.commit(group)
	}
	if w.broken == nil {
		// A failure costs only the time of the next Open.
		w.s.keepFreelist(math.MaxInt)
		guard(func() error { return w.s.db.Update(func(*bbolt.Tx) error { return nil }) })
	}
}

// freeSynced is how many free pages are written down in each commit, 8 bytes
// each. Without that Open has to look at every page of the file, which takes
// seconds for 10 million contacts; of more than these, such as a purge leaves
// behind, each commit would write too much.
const freeSynced = 4000

// keepFreelist lets the next commit write down which pages are free, if they are
// at most so many.
func (s *Bolt) keepFreelist(most int) {
	st := s.db.Stats()
	s.db.NoFreelistSync = st.FreePageN+st.PendingPageN > most
}

type writer struct {
	s *Bolt
	// broken is set when nobody can tell what is on the disk. Every change is
	// refused until the store is opened again and shows it.
	broken error
	heads  map[string]*laneHeads // by campaign
}

// commit makes a group of changes durable. One that fails is told so and taken
// out, and the others are done again without it.
func (w *writer) commit(group []change) {
	for len(group) > 0 {
		bad, err := w.try(group)
		if bad < 0 {
			for _, c := range group {
				c.done <- err
			}
			return
		}
		group[bad].done <- err
		group = slices.Delete(group, bad, bad+1)
	}
}

// try commits a group. bad is the change that failed, -1 if err is for all.
func (w *writer) try(group []change) (bad int, err error) {
	if w.broken != nil {
		return -1, w.broken
	}
	id, inside := 0, false
	bad = -1
	w.s.keepFreelist(w.s.freeSynced)
	err = guard(func() error {
		inside = true
		err := w.s.update(func(tx *bbolt.Tx) error {
			id = tx.ID()
			t := &txn{tx: tx, instance: w.s.instance, heads: w.heads}
			for i, c := range group {
				if err := guard(func() error { return c.do(t) }); err != nil {
					bad = i
					return err
				}
			}
			return t.flush()
		})
		inside = false
		return err
	})
	if err == nil {
		return -1, nil
	}
	w.heads = map[string]*laneHeads{}
	switch {
	case inside:
		// bbolt itself panicked and may hold its locks.
		w.broken = fmt.Errorf("store: %w: %w", ErrReopen, err)
		return -1, w.broken
	case bad < 0 && w.shows(id):
		// Only the last fsync failed: the change is there to be read, though
		// its callers are told that it failed, and may be gone after a crash.
		w.broken = fmt.Errorf("store: the disk did not confirm the last change, %w: %w", ErrReopen, err)
		return -1, w.broken
	}
	return bad, fmt.Errorf("store: %w", err)
}

// shows reports whether the file holds transaction id.
func (w *writer) shows(id int) (yes bool) {
	err := w.s.db.View(func(tx *bbolt.Tx) error {
		yes = id > 0 && tx.ID() >= id
		return nil
	})
	return err == nil && yes
}

var errInternal = errors.New("internal error")

// guard turns a panic in f into an error, also that of reading a page of the
// mapped file that the disk does not give. One damaged page must not end the
// daemon and the calls it looks after.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %v\n%s", errInternal, v, debug.Stack())
		}
	}()
	return f()
}
