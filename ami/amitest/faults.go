package amitest

import (
	"bytes"
	"net"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// faults is what is wrong with the server.
type faults struct {
	filter     func(*ami.Message) Interference
	refuse     string
	stalled    bool
	unstall    *sync.Cond
	truncating bool
	truncate   int
}

// Interference is what happens to an event on its way.
type Interference struct {
	Lose  bool
	Delay time.Duration // it arrives that much later, after events that follow it
}

// Interfere asks f about each event from now on; nil ends that. f is called
// with the Server locked: it must not call its methods.
func (s *Server) Interfere(f func(*ami.Message) Interference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.filter = f
}

// LoseEvents loses the events that match; nil ends that.
func (s *Server) LoseEvents(match func(*ami.Message) bool) {
	if match == nil {
		s.Interfere(nil)
		return
	}
	s.Interfere(func(m *ami.Message) Interference { return Interference{Lose: match(m)} })
}

// DelayEvents delays the events that match by d.
func (s *Server) DelayEvents(d time.Duration, match func(*ami.Message) bool) {
	s.Interfere(func(m *ami.Message) Interference {
		if match(m) {
			return Interference{Delay: d}
		}
		return Interference{}
	})
}

// interfere reports whether the event in s.frame is not to be sent now.
func (s *Server) interfere(c class) bool {
	m, err := ami.NewReader(bytes.NewReader(s.frame)).ReadMessage()
	if err != nil {
		panic("amitest: wrote a frame that cannot be read: " + err.Error())
	}
	switch i := s.faults.filter(m); {
	case i.Lose:
		return true
	case i.Delay > 0:
		frame := bytes.Clone(s.frame)
		s.after(i.Delay, func() { s.deliver(c, frame) })
		return true
	}
	return false
}

// RefuseOriginates answers each Originate with an error of that text; "" ends that.
func (s *Server) RefuseOriginates(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.refuse = message
}

// Stall makes the manager read and write nothing, with connections open, until
// Stall(false). Calls go on; sessions with too much waiting are dropped.
func (s *Server) Stall(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.stalled = on
	s.faults.unstall.Broadcast()
}

func (s *Server) awaitUnstalled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.faults.stalled {
		s.faults.unstall.Wait()
	}
}

// TruncateNextEvent sends only n bytes of the next event and then closes every
// session.
func (s *Server) TruncateNextEvent(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.truncating, s.faults.truncate = true, n
}

// DropConnections closes every session without a word. Calls go on.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropAll()
}

func (s *Server) dropAll() {
	for _, c := range s.sessions {
		c.drop()
	}
}

// Restart closes every session, refuses connections for pause, and is then
// back, on the same address. Unless keepChannels (a reload of the manager),
// every call ends at once and unheard, and queues forget their callers, pauses
// and dynamic members (a crash, or a restart now).
func (s *Server) Restart(pause time.Duration, keepChannels bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.down {
		return
	}
	s.down = true
	s.dropAll()
	s.sessions = nil
	s.updateAudience()
	if s.listener != nil {
		s.listener.Close()
	}
	if !keepChannels {
		s.forgetCalls()
	}
	s.after(pause, func() { s.comeBack(keepChannels) })
}

func (s *Server) comeBack(kept bool) {
	if s.addr != "" {
		l, err := net.Listen("tcp", s.addr)
		if err != nil {
			// Somebody has the port for the moment, e.g. as the local end of a connection.
			s.after(50*time.Millisecond, func() { s.comeBack(kept) })
			return
		}
		s.listener = l
		go s.accept(l)
	}
	s.down = false
	if !kept {
		s.started = s.clock.Now()
	}
}
