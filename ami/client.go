package ami

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Backoff between attempts to connect: the nth wait is drawn evenly from
// [d/2, d] with d = min(BackoffMax, BackoffMin·2ⁿ), so that many clients of a
// restarted server do not come back in step. A connection that lived for
// BackoffMax starts over at BackoffMin.
const (
	BackoffMin = 250 * time.Millisecond
	BackoffMax = 15 * time.Second
)

// Handler is told what happens on a Client's connection. The methods are called
// from one goroutine, one after the other; see the package's Ordering.
type Handler interface {
	// Connected is called after each login, before any event of that connection.
	Connected(c *Conn)
	// Event is called with each event.
	Event(m *Message)
	// Disconnected is called when the connection has ended, after its last
	// event, and with each failed attempt to connect; retry is the wait before
	// the next.
	Disconnected(err error, retry time.Duration)
}

// Client keeps one connection alive. Requests fail with ErrNotConnected while
// there is none; nothing is queued for later, because what a caller wanted a
// minute ago is not what it wants now.
type Client struct {
	cfg     Config        // without its Secret
	secret  func() string // the Secret
	handler Handler

	mu      sync.Mutex
	conn    *Conn
	handled *progress // of conn's events
}

// NewClient returns a Client that does nothing until Run.
func NewClient(cfg Config, h Handler) *Client {
	c := &Client{cfg: cfg.withDefaults(), handler: h, secret: func() string { return cfg.Secret }}
	c.cfg.Secret = ""
	return c
}

// String names the server and the user.
func (c *Client) String() string { return c.cfg.String() }

// GoString is String.
func (c *Client) GoString() string { return c.String() }

// Run connects, and reconnects, until ctx ends. It returns after the last call
// of the Handler.
func (c *Client) Run(ctx context.Context) {
	wait := BackoffMin
	for ctx.Err() == nil {
		lived, err := c.session(ctx)
		if ctx.Err() != nil {
			c.handler.Disconnected(ctx.Err(), 0)
			return
		}
		if lived >= BackoffMax {
			wait = BackoffMin
		}
		if isAuth(err) {
			// Asterisk sleeps a second on each refusal, and some block the
			// address after a few: do not insist.
			wait = BackoffMax
		}
		d := wait/2 + c.cfg.Jitter(wait/2)
		wait = min(2*wait, BackoffMax)
		c.handler.Disconnected(err, d)
		select {
		case <-ctx.Done():
		case <-time.After(d):
		}
	}
}

// session returns how long the connection lived after its login.
func (c *Client) session(ctx context.Context) (lived time.Duration, err error) {
	cfg := c.cfg
	cfg.Secret = c.secret()
	conn, err := Connect(ctx, cfg)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	handled := &progress{}
	c.set(conn, handled)
	defer handled.end()
	defer c.set(nil, nil)
	c.handler.Connected(conn)
	for m := range conn.Events() {
		c.handler.Event(m)
		handled.advance()
	}
	return time.Since(began), conn.Err()
}

func (c *Client) set(conn *Conn, handled *progress) {
	c.mu.Lock()
	c.conn, c.handled = conn, handled
	c.mu.Unlock()
}

// Conn returns the connection of this moment, or nil.
func (c *Client) Conn() *Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// Do is Conn.Do on the connection of this moment.
func (c *Client) Do(ctx context.Context, a Action) (*Message, error) {
	if conn := c.Conn(); conn != nil {
		return conn.Do(ctx, a)
	}
	return nil, &RequestError{a.Name, false, ErrNotConnected}
}

// List is Conn.List on the connection of this moment.
func (c *Client) List(ctx context.Context, a Action) iter.Seq2[*Message, error] {
	if conn := c.Conn(); conn != nil {
		return conn.List(ctx, a)
	}
	return func(yield func(*Message, error) bool) {
		yield(nil, &RequestError{a.Name, false, ErrNotConnected})
	}
}

// Doer carries out actions: a Conn or a Client.
type Doer interface {
	Do(ctx context.Context, a Action) (*Message, error)
	List(ctx context.Context, a Action) iter.Seq2[*Message, error]
}

var (
	_ Doer = (*Conn)(nil)
	_ Doer = (*Client)(nil)
)
