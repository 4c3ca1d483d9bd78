package amitest

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// faults is what is wrong with the server.
type faults struct {
	rules     []Rule
	refuse    map[string]string // by action
	stalled   bool
	slowness  atomic.Int64 // nanoseconds before each action that is read
	unstall   *sync.Cond
	bytesLeft int // until every session is dropped; -1: for ever
}

// Fault is what happens to a frame on its way to the client. Faults add up; the
// zero value is none.
type Fault struct {
	// Lose: it is not sent. Asterisk loses frames only with the connection, or
	// through an event mask or filter, but others in between may.
	Lose bool
	// Delay: it is sent that much later, after frames that follow it, which is how
	// frames change places. Events have been minutes late in busy Asterisks.
	Delay time.Duration
	// Copies are sent on top. Before 16.18 and 18.4 QueueMemberStatus came twice.
	Copies int
	// Cut, if not 0, is how many bytes of it are sent. What follows follows at
	// once, as Asterisk 15 to 16.25 did to slow readers, unless Drop is set.
	Cut int
	// Blank lines are sent after it.
	Blank int
	// Drop: the connection closes after it, or after what was sent of it.
	Drop bool
}

func (f Fault) add(o Fault) Fault {
	f.Lose, f.Drop = f.Lose || o.Lose, f.Drop || o.Drop
	f.Delay += o.Delay
	f.Copies += o.Copies
	f.Blank += o.Blank
	if f.Cut == 0 || o.Cut != 0 && o.Cut < f.Cut {
		f.Cut = o.Cut
	}
	return f
}

// Rule says what happens to a frame: an event, the item of a list, or a
// response, which has no Event. It is asked once for each, though an event goes
// to several sessions, and with the Server locked: it must not call its methods.
type Rule func(*ami.Message) Fault

// IsEvent tells an event that nobody asked for from a response and from the item
// of a list.
func IsEvent(m *ami.Message) bool { return m.Event() != "" && m.Get("Privilege") != "" }

// When gives what matches a fault.
func When(match func(*ami.Message) bool, f Fault) Rule {
	return func(m *ami.Message) Fault {
		if match(m) {
			return f
		}
		return Fault{}
	}
}

// Once gives the first that matches a fault.
func Once(match func(*ami.Message) bool, f Fault) Rule {
	done := false
	return When(func(m *ami.Message) bool {
		if done {
			return false
		}
		done = match(m)
		return done
	}, f)
}

// Interfere has these rules, and no others, asked about each frame from now on.
func (s *Server) Interfere(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.rules = rules
}

// pass sends a frame, or what the rules leave of it. The frame may be written
// over afterwards.
func (s *Server) pass(frame []byte, send func(frame []byte, drop bool)) {
	if len(s.faults.rules) == 0 {
		send(frame, false)
		return
	}
	m, err := ami.NewReader(bytes.NewReader(frame)).ReadMessage()
	if err != nil {
		panic("amitest: wrote a frame that cannot be read: " + err.Error())
	}
	var f Fault
	for _, r := range s.faults.rules {
		f = f.add(r(m))
	}
	left := bytes.Clone(frame)
	if f.Cut > 0 {
		left = left[:min(f.Cut, len(left))]
	}
	left = append(left, bytes.Repeat([]byte("\r\n"), f.Blank)...)
	left = bytes.Repeat(left, 1+f.Copies)
	switch {
	case f.Lose && f.Drop:
		send(nil, true)
	case f.Lose:
	case f.Delay > 0:
		s.after(f.Delay, func() { send(left, f.Drop) })
	default:
		send(left, f.Drop)
	}
}

// Refuse answers an action with an error of that text, without carrying it out;
// "" ends that.
func (s *Server) Refuse(action, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.action(action); a != nil {
		s.faults.refuse[a.name] = message
	}
}

// Stall makes the manager read and write nothing, with connections open, until
// Stall(false), as a machine that is gone without a word, or a manager in a
// deadlock. Calls go on; sessions with too much waiting are dropped.
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

// ReadSlowly makes each session wait before each action it reads; 0 ends that.
// Whoever sends faster finds its connection full. Asterisk reads the next action
// when the last is done, and a synchronous Originate takes its ring time.
func (s *Server) ReadSlowly(pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.slowness.Store(int64(pause))
	s.faults.unstall.Broadcast()
}

// mayRead waits until a session may read its next action.
func (s *Server) mayRead() {
	if s.faults.slowness.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	began := s.clock.Now()
	for !s.closed && s.faults.slowness.Load() > 0 {
		left := time.Duration(s.faults.slowness.Load()) - s.clock.Now().Sub(began)
		if left <= 0 {
			return
		}
		t := s.after(left, s.faults.unstall.Broadcast)
		s.faults.unstall.Wait()
		s.cancel(t)
	}
}

// Disconnect closes every session after so many more bytes have been sent to
// them together: 0, at once; else in the middle of whatever that is. Calls go on.
func (s *Server) Disconnect(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.bytesLeft = after; after == 0 {
		s.faults.bytesLeft = -1
		s.dropAll()
	}
}

// endAll closes every session after what it was sent.
func (s *Server) endAll() {
	s.faults.bytesLeft = -1
	for _, c := range s.sessions {
		c.end()
	}
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
