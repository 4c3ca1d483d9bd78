package amitest

import (
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// Call is what a Server knows of one Originate, or CallIn, whatever events a
// client got.
// Times that have not come are zero.
type Call struct {
	ActionID  string
	ChannelID string // asked for, or given
	Channel   string // as it was asked for
	Number    string // as the far end was dialed
	Variables []string

	Inbound   bool // a CallIn
	Reached   bool // the trunk was dialed
	Machine   bool // so the plan says
	Responded bool // OriginateResponse was sent, to whoever listened

	Start     time.Time
	Ringing   time.Time
	Answer    time.Time
	Queued    time.Time
	Connected time.Time // an agent answered
	End       time.Time

	Queue    string
	Agent    string // Interface of who talked
	Cause    ami.Cause
	Vanished bool // ended by Restart, without events
}

// remember keeps c for Calls, and forgets the oldest when there are too many.
func (s *Server) remember(c *call) {
	s.calls = append(s.calls, c.Call)
	if n := s.cfg.KeepCalls; len(s.calls) > n+n/4 {
		s.calls = append([]*Call(nil), s.calls[len(s.calls)-n:]...)
	}
}

// Calls are all accepted Originates and calls from outside, oldest first, including those that failed
// before anything was dialed and those in flight.
func (s *Server) Calls() []Call { return s.selectCalls(func(*Call) bool { return true }) }

// CDR are the calls that reached the far end, oldest first. One in flight has
// no End.
func (s *Server) CDR() []Call { return s.selectCalls(func(c *Call) bool { return c.Reached }) }

func (s *Server) selectCalls(match func(*Call) bool) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Call
	for _, c := range s.calls {
		if match(c) {
			all = append(all, *c)
		}
	}
	return all
}

// InFlight is the number of calls that have not ended.
func (s *Server) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

// forgetCalls ends every call without a word.
func (s *Server) forgetCalls() {
	s.releaseSynchronous()
	for c := range s.live {
		s.finish(c, ami.CauseNotDefined)
		c.Vanished = true
		if t := c.talk; t != nil {
			s.cancel(t.limit)
			s.cancel(t.bridge)
			c.talk = nil
		}
		if c.entry != nil {
			s.cancel(c.entry.timer)
			for _, r := range c.entry.rings {
				s.cancel(r.timer)
			}
			c.entry = nil
		}
	}
	clear(s.channels)
	clear(s.byName)
	for _, a := range s.agentOrder {
		a.talks, a.rings, a.state = nil, nil, a.base
		s.account(a)
	}
	for _, q := range s.queueOrder {
		s.restart(q)
	}
}
