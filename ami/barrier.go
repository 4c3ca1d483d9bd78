package ami

import (
	"context"
	"sync"
)

// Barrier waits until the Handler has been through every event that this
// connection received so far. After a request it puts the reply in its place:
// whatever Asterisk wrote before it has been handled. It returns early with
// ErrNotConnected when the connection ends, or with ctx's error.
//
// The Handler must not call it: it would wait for itself.
func (c *Client) Barrier(ctx context.Context) error {
	c.mu.Lock()
	conn, handled := c.conn, c.handled
	c.mu.Unlock()
	if conn == nil {
		return ErrNotConnected
	}
	return handled.wait(ctx, conn.received.Load())
}

// progress counts the events that were handled.
type progress struct {
	mu      sync.Mutex
	n       uint64
	ended   bool
	waiters []waiter
}

type waiter struct {
	n     uint64
	there chan struct{}
}

func (p *progress) advance() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	kept := p.waiters[:0]
	for _, w := range p.waiters {
		if p.n >= w.n {
			close(w.there)
		} else {
			kept = append(kept, w)
		}
	}
	p.waiters = kept
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, w := range p.waiters {
		close(w.there)
	}
	p.waiters = nil
}

func (p *progress) wait(ctx context.Context, n uint64) error {
	p.mu.Lock()
	if p.n >= n {
		p.mu.Unlock()
		return nil
	}
	if p.ended {
		p.mu.Unlock()
		return ErrNotConnected
	}
	w := waiter{n, make(chan struct{})}
	p.waiters = append(p.waiters, w)
	p.mu.Unlock()
	select {
	case <-w.there:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n < n {
		return ErrNotConnected
	}
	return nil
}
