// Package gate has a lock for what takes long, such as a write to a slow disk.
package gate

import "sync"

// Gate is used as a sync.Mutex, the zero value too. Whoever waits for a Mutex
// stops the clock of a testing/synctest bubble, and so whoever holds it there must
// not wait for time to pass; with a Gate both may.
type Gate struct {
	mu    sync.Mutex
	freed *sync.Cond
	held  bool
}

// Lock waits until nobody holds g, and holds it.
func (g *Gate) Lock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.freed == nil {
		g.freed = sync.NewCond(&g.mu)
	}
	for g.held {
		g.freed.Wait()
	}
	g.held = true
}

// TryLock holds g if nobody does, and reports whether it succeeded.
func (g *Gate) TryLock() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held {
		return false
	}
	g.held = true
	return true
}

// Unlock lets the next one hold g. It panics if nobody does.
func (g *Gate) Unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.held {
		panic("gate: unlock of a gate that nobody holds")
	}
	g.held = false
	if g.freed != nil {
		g.freed.Signal()
	}
}
