package amitest

import (
	"bufio"
	"net"
	"slices"
	"strconv"
	"sync"
)

// session is one manager connection. Its reader goroutine carries out actions,
// one after the other; its writer goroutine sends what waits in out.
type session struct {
	srv *Server
	nc  net.Conn

	// With Server.mu held:
	user      *User // nil: not logged in
	read      class
	write     class
	mask      class
	challenge string
	filters   []eventFilter
	held      bool   // a synchronous action runs: events wait in heldOut
	heldOut   []byte // events to send after its response

	mu    sync.Mutex
	out   []byte
	ended bool // nothing is added any more; the connection closes once out is sent
	wake  chan struct{}
}

// attach makes nc a session.
func (s *Server) attach(nc net.Conn) error {
	c := &session{srv: s, nc: nc, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.down {
		return errDown
	}
	s.sessions = append(s.sessions, c)
	c.send([]byte("Asterisk Call Manager/" + s.cfg.Version + "\r\n"))
	go c.readLoop()
	go c.writeLoop()
	return nil
}

func (s *Server) detach(c *session) {
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool { return o == c })
	s.updateAudience()
}

// updateAudience finds out which events anybody would get.
func (s *Server) updateAudience() {
	s.audience = 0
	for _, c := range s.sessions {
		s.audience |= c.mask & c.read
	}
}

func (c *session) readLoop() {
	br := bufio.NewReaderSize(c.nc, maxLine)
	for {
		c.srv.mayRead()
		r, err := readRequest(br)
		if err != nil {
			break
		}
		c.srv.mu.Lock()
		for c.srv.faults.stalled {
			c.srv.faults.unstall.Wait()
		}
		c.srv.handle(c, r)
		c.srv.mu.Unlock()
	}
	c.srv.mu.Lock()
	c.srv.detach(c)
	c.srv.mu.Unlock()
	c.end()
}

func (c *session) writeLoop() {
	var spare []byte
	for {
		<-c.wake
		c.srv.awaitUnstalled()
		c.mu.Lock()
		b, ended := c.out, c.ended
		c.out = spare[:0]
		c.mu.Unlock()
		if len(b) > 0 {
			if _, err := c.nc.Write(b); err != nil {
				ended = true
			}
		}
		if ended {
			c.nc.Close()
			return
		}
		// A burst's buffer is not kept for ever.
		if spare = b; cap(spare) > 1<<20 {
			spare = nil
		}
	}
}

// transmit sends a frame, and if drop closes the connection then.
func (c *session) transmit(frame []byte, drop bool) {
	c.send(frame)
	if drop {
		c.end()
	}
}

// send queues b, and drops the session when too much is waiting.
func (c *session) send(b []byte) {
	if left := c.srv.faults.bytesLeft; left >= 0 {
		if c.srv.faults.bytesLeft -= len(b); left <= len(b) {
			b = b[:left]
			defer c.srv.endAll()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	if len(c.out)+len(b) > c.srv.cfg.Backlog {
		c.ended = true
		c.out = nil
		c.nc.Close()
	} else {
		c.out = append(c.out, b...)
	}
	c.signal()
}

// end closes the connection after what is queued was sent.
func (c *session) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.signal()
}

// drop closes the connection at once.
func (c *session) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.out = nil
	c.nc.Close()
	c.signal()
}

func (c *session) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// reply is a response or list item being written.
type reply struct {
	c  *session
	id string
	b  []byte
}

// respond begins "Response: …", which carries the ActionID second.
func (c *session) respond(r *request, response string) *reply {
	p := &reply{c: c, id: r.get("ActionID")}
	p.put("Response", response)
	if p.id != "" {
		p.put("ActionID", p.id)
	}
	return p
}

func (p *reply) put(key, value string) *reply {
	p.b = append(p.b, key...)
	p.b = append(p.b, ": "...)
	p.b = append(p.b, value...)
	p.b = append(p.b, "\r\n"...)
	return p
}

func (p *reply) putInt(key string, value int) *reply { return p.put(key, strconv.Itoa(value)) }

// blank puts an empty line, as some of Asterisk's replies have one too many.
func (p *reply) blank() *reply {
	p.b = append(p.b, "\r\n"...)
	return p
}

func (p *reply) end() {
	p.b = append(p.b, "\r\n"...)
	p.c.srv.pass(p.b, p.c.transmit)
}

func (c *session) success(r *request, message string) {
	c.respond(r, "Success").put("Message", message).end()
}

func (c *session) fail(r *request, message string) {
	c.respond(r, "Error").put("Message", message).end()
}

// list answers with a list: items calls item for each.
func (c *session) list(r *request, message, complete string, items func(item func(event string) *reply)) {
	c.respond(r, "Success").put("EventList", "start").put("Message", message).end()
	id, n := r.get("ActionID"), 0
	items(func(event string) *reply {
		n++
		p := &reply{c: c, id: id}
		return p.put("Event", event)
	})
	p := &reply{c: c, id: id}
	p.put("Event", complete).actionID().put("EventList", "Complete").putInt("ListItems", n).end()
}

// oldList is a list that up to 11 had no EventList headers: clients had to know
// the event that completes it.
func (s *Server) oldList(c *session, r *request, message, complete string, items func(item func(event string) *reply)) {
	if s.release > release11 {
		c.list(r, message, complete, items)
		return
	}
	c.success(r, message)
	item := func(event string) *reply {
		p := &reply{c: c, id: r.get("ActionID")}
		return p.put("Event", event)
	}
	items(item)
	item(complete).actionID().end()
}

func (p *reply) actionID() *reply {
	if p.id != "" {
		p.put("ActionID", p.id)
	}
	return p
}
