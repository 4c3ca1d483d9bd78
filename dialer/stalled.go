package dialer

import (
	"errors"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// commitLimit is how long a change of the store may take before the daemon
// counts as stuck. A disk that fails answers with an error, and a slow one takes
// seconds. What takes minutes does not end by itself.
const commitLimit = 2 * time.Minute

// commits are the changes of the store that are under way and that calls wait
// for.
type commits struct {
	mu     sync.Mutex
	next   uint64
	began  map[uint64]time.Time
	reopen bool // it refuses all until it is opened again
}

// watchedStore notes how long the changes take that calls wait for.
type watchedStore struct {
	store.Store
	d *Daemon
}

func (s watchedStore) Claim(name string, now time.Time, take campaign.Take) (taken campaign.Taken, err error) {
	s.d.commit(func() error { taken, err = s.Store.Claim(name, now, take); return err })
	return taken, err
}

func (s watchedStore) Withdraw(c campaign.Claim) error {
	return s.d.commit(func() error { return s.Store.Withdraw(c) })
}

func (s watchedStore) Finish(a campaign.Attempt, c campaign.Contact) error {
	return s.d.commit(func() error { return s.Store.Finish(a, c) })
}

func (s watchedStore) SaveState(name string, state campaign.State, now time.Time) error {
	return s.d.commit(func() error { return s.Store.SaveState(name, state, now) })
}

func (d *Daemon) commit(change func() error) error {
	c := &d.commits
	c.mu.Lock()
	if c.began == nil {
		c.began = map[uint64]time.Time{}
	}
	c.next++
	id := c.next
	c.began[id] = d.clock.Now()
	c.mu.Unlock()
	err := change()
	c.mu.Lock()
	delete(c.began, id)
	c.reopen = c.reopen || errors.Is(err, store.ErrReopen)
	c.mu.Unlock()
	return err
}

// storeTurns reports whether the store does its part: no change has been under
// way for longer than commitLimit, and it is not one that only a restart mends.
// One that fails otherwise turns: a restart makes no room on a disk.
func (d *Daemon) storeTurns(now time.Time) bool {
	c := &d.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, began := range c.began {
		if now.Sub(began) > commitLimit {
			return false
		}
	}
	return !c.reopen
}
