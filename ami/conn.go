package ami

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how to reach a manager. Zero values mean the defaults.
type Config struct {
	Address  string // host:port
	Username string
	Secret   string
	// PlainLogin sends the secret as it is, rather than as an MD5 response to
	// Asterisk's challenge. Sensible only over TLS.
	PlainLogin bool
	// TLS, if set, encrypts; the peer's certificate is verified as it says.
	TLS *tls.Config
	// Events is the mask sent at login, e.g. "call,agent"; default "on". "off"
	// suppresses OriginateResponse too.
	Events string

	DialTimeout    time.Duration // TCP, TLS and login together; default 10 s
	RequestTimeout time.Duration // a request whose context has no deadline; default 10 s
	PingInterval   time.Duration // default 15 s; also flushes events that Asterisk holds back
	WriteTimeout   time.Duration // one frame; default 5 s
	EventQueue     int           // frames waiting for the Handler; default 16384
	MaxPending     int           // requests waiting for a reply; default 1024

	// Dial replaces the network, for tests.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// String leaves the secret out, and so do GoString and LogValue.
func (c Config) String() string {
	return fmt.Sprintf("ami: %s@%s, events %s", printable(c.Username), printable(c.Address), printable(c.Events))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.DialTimeout, 10*time.Second)
	set(&c.RequestTimeout, 10*time.Second)
	set(&c.PingInterval, 15*time.Second)
	set(&c.WriteTimeout, 5*time.Second)
	if c.EventQueue == 0 {
		c.EventQueue = 1 << 14
	}
	if c.MaxPending == 0 {
		c.MaxPending = 1 << 10
	}
	if c.Events == "" {
		c.Events = "on"
	}
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
	}
	return c
}

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

// pending is a request that waits. The reader never waits for it: its frames
// grow.
type pending struct {
	id       string
	frame    []byte // the request on the wire
	list     bool
	complete string // the list's completion event, for servers without EventList

	sent    bool // guarded by Conn.mu: bytes of it may be out
	started bool // guarded by Conn.mu: the list's response was a success

	wake   chan struct{}
	mu     sync.Mutex
	frames []*Message
	ended  bool // nothing will follow frames
}

// push hands m, if there is one, to the caller.
func (p *pending) push(m *Message, last bool) {
	p.mu.Lock()
	if m != nil {
		p.frames = append(p.frames, m)
	}
	p.ended = p.ended || last
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pending) take() (frames []*Message, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frames, p.frames = p.frames, nil
	return frames, p.ended
}

// Connect dials and logs in. ctx bounds that, not the connection's life. The
// caller must consume Events, or the connection ends with ErrSlowConsumer.
func Connect(ctx context.Context, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()
	raw, err := cfg.Dial(ctx, cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("ami: %w", err)
	}
	nc := raw
	if cfg.TLS != nil {
		tc := cfg.TLS
		if tc.ServerName == "" && !tc.InsecureSkipVerify {
			host, _, _ := net.SplitHostPort(cfg.Address)
			tc = tc.Clone()
			tc.ServerName = host
		}
		nc = tls.Client(raw, tc)
	}
	// The login is synchronous; a context that ends unblocks it.
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	c := &Conn{
		cfg:     cfg,
		nc:      nc,
		raw:     raw,
		out:     make(chan *pending, cfg.MaxPending),
		pending: make(map[string]*pending),
		cut:     make(map[string]string),
		events:  make(chan *Message, cfg.EventQueue),
		done:    make(chan struct{}),
		ids:     newIDPrefix(),
	}
	c.cfg.Secret = ""
	r := NewReader(nc)
	err = c.login(r, cfg.Secret)
	if !stop() && !isAuth(err) {
		err = fmt.Errorf("ami: login not finished: %w", ctx.Err())
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	go c.read(r)
	go c.write()
	go c.keepAlive()
	return c, nil
}

func isAuth(err error) bool {
	_, ok := errors.AsType[*AuthError](err)
	return ok
}

// newIDPrefix makes ActionIDs globally unique, because OriginateResponse goes
// to every session of a server.
func newIDPrefix() string {
	var b [5]byte
	rand.Read(b[:])
	return "dc" + hex.EncodeToString(b[:]) + "-"
}

func (c *Conn) newID() string {
	return fmt.Sprintf("%s%d", c.ids, c.nextID.Add(1))
}

func (c *Conn) login(r *Reader, secret string) error {
	v, err := r.ReadBanner()
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("ami: closed without a greeting; the server may have too many unauthenticated sessions, or forbids this address")
		}
		return fmt.Errorf("ami: greeting: %w", err)
	}
	c.version = v
	login := Action{Name: "Login", Headers: []Header{{"Username", c.cfg.Username}}}
	if c.cfg.PlainLogin {
		login.Add("Secret", secret)
	} else {
		m, err := c.exchange(r, Action{Name: "Challenge", Headers: []Header{{"AuthType", "MD5"}}})
		if err != nil {
			return err
		}
		if m.Response() != "Success" {
			return &AuthError{c.cfg.Username, m.Get("Message")}
		}
		challenge := m.Get("Challenge")
		if challenge == "" {
			return errors.New("ami: login: the server sent no challenge")
		}
		sum := md5.Sum([]byte(challenge + secret))
		login.Add("AuthType", "MD5")
		login.Add("Key", hex.EncodeToString(sum[:]))
	}
	login.Add("Events", c.cfg.Events)
	m, err := c.exchange(r, login)
	if err != nil {
		return err
	}
	if m.Response() != "Success" {
		return &AuthError{c.cfg.Username, m.Get("Message")}
	}
	return nil
}

// exchange sends a and returns its reply, before the reading loop runs.
func (c *Conn) exchange(r *Reader, a Action) (*Message, error) {
	a.ID = c.newID()
	b, err := a.Append(nil)
	if err != nil {
		return nil, err
	}
	if _, err := c.nc.Write(b); err != nil {
		return nil, fmt.Errorf("ami: %w", err)
	}
	for {
		m, err := r.ReadMessage()
		if err != nil {
			return nil, fmt.Errorf("ami: login: %w", err)
		}
		if id := m.ActionID(); m.Response() != "" && (id == a.ID || id == "") {
			return m, nil
		}
	}
}

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
	for {
		c.nc.SetReadDeadline(time.Now().Add(idle))
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
		case p.list && response == "Success":
			p.started = true
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

// send registers a and queues it for writing. The returned error is a
// *RequestError or an *InvalidError.
func (c *Conn) send(a Action, p *pending) (err error) {
	if a.ID == "" {
		a.ID = c.newID()
	}
	p.id = a.ID
	if p.frame, err = a.Append(nil); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		err = c.err
	case c.pending[p.id] != nil:
		err = fmt.Errorf("ami: ActionID %q is in use", p.id)
	case len(c.pending) >= c.cfg.MaxPending:
		err = ErrBusy
	default:
		select {
		case c.out <- p:
			c.pending[p.id] = p
			delete(c.cut, p.id)
			return nil
		default: // full of requests whose callers have left
			err = ErrBusy
		}
	}
	return &RequestError{a.Name, false, err}
}

// write writes requests, so that no caller waits for a peer that does not read.
func (c *Conn) write() {
	for {
		select {
		case <-c.done:
			return
		case p := <-c.out:
			if !c.take(p) {
				continue
			}
			c.nc.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout))
			if _, err := c.nc.Write(p.frame); err != nil {
				// Part of a frame may be out, so the stream is unusable.
				c.fail(fmt.Errorf("ami: connection lost: %w", err))
				return
			}
		}
	}
}

// take reports whether p is still wanted, and if so marks it as sent.
func (c *Conn) take(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.sent = c.err == nil && c.pending[p.id] == p
	return p.sent
}

// forget ends the wait for p and reports whether p was sent.
func (c *Conn) forget(p *pending) (sent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[p.id] == p {
		delete(c.pending, p.id)
		if p.list && p.sent {
			if len(c.cut) >= maxCut {
				clear(c.cut)
			}
			c.cut[p.id] = p.complete
		}
	}
	return p.sent
}

// Do sends a and waits for its reply. A reply of Error is returned with a
// *ReplyError. Without a deadline in ctx, Config.RequestTimeout holds.
func (c *Conn) Do(ctx context.Context, a Action) (*Message, error) {
	for m, err := range c.request(ctx, a, &pending{wake: make(chan struct{}, 1)}) {
		return m, err
	}
	panic("unreachable: request yields at least once")
}

// List sends a, whose reply is a list, and yields its items: the reply itself
// and the completion event are left out. The last pair carries the error if
// there was one. Deadlines are as for Do, for the whole list.
func (c *Conn) List(ctx context.Context, a Action) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		p := &pending{list: true, complete: completionEvent(a.Name), wake: make(chan struct{}, 1)}
		for m, err := range c.request(ctx, a, p) {
			if err != nil {
				yield(nil, err)
				return
			}
			if m.Event() != "" && !yield(m, nil) {
				return
			}
		}
	}
}

// request yields the frames that answer a, without the completion event of a
// list, or an error at the end.
func (c *Conn) request(ctx context.Context, a Action, p *pending) iter.Seq2[*Message, error] {
	return func(yield func(*Message, error) bool) {
		if _, ok := ctx.Deadline(); !ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.cfg.RequestTimeout)
			defer cancel()
		}
		if err := ctx.Err(); err != nil {
			yield(nil, &RequestError{a.Name, false, err})
			return
		}
		if err := c.send(a, p); err != nil {
			yield(nil, err)
			return
		}
		defer c.forget(p)
		var end error
		for {
			frames, ended := p.take()
			for _, m := range frames {
				if m.Response() == "Error" {
					yield(m, &ReplyError{a.Name, m.Get("Message")})
					return
				}
				if !yield(m, nil) {
					return
				}
			}
			if ended {
				return
			}
			if end != nil {
				yield(nil, &RequestError{a.Name, c.forget(p), end})
				return
			}
			// What came just before the end still counts: look once more.
			select {
			case <-p.wake:
			case <-c.done:
				end = c.Err()
			case <-ctx.Done():
				if end = ctx.Err(); errors.Is(end, context.DeadlineExceeded) {
					end = ErrNoReply
				}
			}
		}
	}
}

// completionEvents are those of servers that send no EventList header
// (Asterisk 1.8 and 11 on Queue* and SIP*), where they are not Action+"Complete".
var completionEvents = map[string]string{
	"hangup":             "ChannelsHungupListComplete",
	"iaxpeerlist":        "PeerlistComplete",
	"iaxpeers":           "PeerlistComplete",
	"iaxregistry":        "RegistrationsComplete",
	"sippeers":           "PeerlistComplete",
	"sipshowregistry":    "RegistrationsComplete",
	"voicemailuserslist": "VoicemailUserEntryComplete",
}

func completionEvent(action string) string {
	if e, ok := completionEvents[strings.ToLower(action)]; ok {
		return e
	}
	return action + "Complete"
}
