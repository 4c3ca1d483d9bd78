package ami

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is one logged-in connection. All methods may be called concurrently.
type Conn struct {
	cfg     Config   // without its Secret
	nc      net.Conn // raw, or TLS on it
	raw     net.Conn
	version string

	ids    string // prefix of this connection's ActionIDs
	nextID atomic.Uint64

	out chan *pending // what write is to write

	mu      sync.Mutex
	pending map[string]*pending // by ActionID
	cut     map[string]string   // lists whose caller left early, and their completion events
	err     error               // why the connection ended

	events   chan *Message
	received atomic.Uint64 // events put into that queue
	done     chan struct{} // closed when the connection has ended

	orphans atomic.Uint64
}

// maxCut bounds Conn.cut, for servers that never complete a list.
const maxCut = 1024

// String names the server and the user.
func (c *Conn) String() string { return c.cfg.String() }

// GoString is String.
func (c *Conn) GoString() string { return c.String() }

// Version is the protocol version of the server's greeting, e.g. "11.0.0".
func (c *Conn) Version() string { return c.version }

// Events returns the channel of events in the order of the wire. It is closed
// when the connection has ended and all were taken.
func (c *Conn) Events() <-chan *Message { return c.events }

// Done is closed when the connection has ended; Err then tells why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is nil while the connection lives.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Orphans counts frames that were dropped: replies that nobody waited for any
// more, the rest of lists whose caller left early, frames that are neither reply
// nor event, and frames beyond MaxFrameBytes or MaxFrameFields.
func (c *Conn) Orphans() uint64 { return c.orphans.Load() }

// Close ends the connection. Every waiting request fails.
func (c *Conn) Close() error {
	c.end(ErrClosed, c.nc)
	return nil
}

// fail ends the connection at once: TLS would wait to say good-bye to a peer
// that may be dead.
func (c *Conn) fail(err error) { c.end(err, c.raw) }

func (c *Conn) end(err error, conn io.Closer) {
	c.mu.Lock()
	first := c.err == nil
	if first {
		c.err = err
		close(c.done)
	}
	c.mu.Unlock()
	if first {
		conn.Close()
	}
}

func (c *Conn) read(r *Reader) {
	defer close(c.events)
	// A connection that says nothing for longer than a ping may take is dead.
	idle := c.cfg.PingInterval + 2*c.cfg.RequestTimeout
	r.idle = func() { c.nc.SetReadDeadline(time.Now().Add(idle)) }
	for {
		m, err := r.ReadMessage()
		if errors.Is(err, ErrFrameTooLarge) {
			c.orphans.Add(1)
			continue
		}
		if err != nil {
			c.fail(fmt.Errorf("ami: connection lost: %w", err))
			return
		}
		if c.route(m) {
			continue
		}
		c.received.Add(1)
		select {
		case c.events <- m:
		default:
			c.fail(ErrSlowConsumer)
			return
		}
	}
}

// route hands m to the request it answers and reports whether it did, or
// whether m was no event at all.
func (c *Conn) route(m *Message) bool {
	event, id := m.Event(), m.ActionID()
	if event != "" && id == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pending[id]
	if event == "" {
		response := m.Get("Response")
		switch {
		case p == nil || response == "":
			// Without Response it is the rest of a frame that Asterisk cut in
			// two, not an answer.
			c.orphans.Add(1)
			if response != "" && response != "Success" {
				delete(c.cut, id) // no items will follow
			}
		case response == "Success" && (p.list || p.unsure && c.announces(m, p.complete)):
			p.list, p.started = true, true
			p.push(m, false)
		default:
			delete(c.pending, id)
			p.push(m, true)
		}
		return true
	}
	if p != nil {
		if !p.started {
			return false
		}
		last := isLast(m, p.complete)
		if last {
			delete(c.pending, id)
			m = nil
		}
		p.push(m, last)
		return true
	}
	complete, ok := c.cut[id]
	if ok {
		c.orphans.Add(1)
		if isLast(m, complete) {
			delete(c.cut, id)
		}
	}
	return ok
}

// isLast reports whether m completes a list.
func isLast(m *Message, complete string) bool {
	list := m.Get("EventList")
	return strings.EqualFold(list, "Complete") || strings.EqualFold(list, "cancelled") || strings.EqualFold(m.Event(), complete)
}

func (c *Conn) keepAlive() {
	t := time.NewTicker(c.cfg.PingInterval)
	defer t.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-t.C:
			ctx, cancel := context.WithTimeout(context.Background(), c.cfg.RequestTimeout)
			_, err := c.Do(ctx, Action{Name: "Ping"})
			cancel()
			if err != nil && !Refused(err) && !errors.Is(err, ErrBusy) {
				c.fail(fmt.Errorf("ami: keep-alive: %w", err))
				return
			}
		}
	}
}
