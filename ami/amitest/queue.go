package amitest

import (
	"slices"
	"time"
)

// queue is one queue of app_queue.
type queue struct {
	cfg     QueueConfig
	members []*member
	callers []*entry // first in, first out
	next    int      // where rrmemory goes on
	polling bool     // a serve is due
	chosen  []*member

	completed, abandoned, inTime int
	holdTime, talkTime           int // seconds, Asterisk's running averages
}

// entry is a caller in a queue.
type entry struct {
	queue     *queue
	call      *call
	joined    time.Time
	position  int // the original one
	rings     []*ring
	notBefore time.Time // the retry pause after members did not answer
	timeout   *timer
}

func (s *Server) addQueue(cfg QueueConfig) {
	if cfg.Strategy == "" {
		cfg.Strategy = "ringall"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Retry == 0 {
		cfg.Retry = 5 * time.Second
	}
	q := &queue{cfg: cfg}
	s.queues[cfg.Name] = q
	s.queueOrder = append(s.queueOrder, q)
	for _, m := range cfg.Members {
		s.addMember(q, m, "static", false, "")
	}
}

// join puts an answered call's first leg at the end of q.
func (s *Server) join(q *queue, c *call, timeout time.Duration) {
	e := &entry{queue: q, call: c, joined: s.clock.Now(), position: len(q.callers) + 1}
	c.entry, c.Queued, c.Queue = e, e.joined, q.cfg.Name
	q.callers = append(q.callers, e)
	if timeout > 0 {
		e.timeout = s.after(timeout, func() { s.queueTimeout(e) })
	}
	if s.begin(classAgent, "QueueCallerJoin") {
		s.putChannel("", c.first)
		s.put("Queue", q.cfg.Name)
		s.putInt("Position", e.position)
		s.putInt("Count", len(q.callers))
		s.end(classAgent)
	}
	// Agents are called by the caller's own thread, which OriginateResponse may overtake.
	s.after(0, func() { s.serve(q) })
}

// queueTimeout is the end of Queue()'s time: whoever rings is given up.
func (s *Server) queueTimeout(e *entry) {
	for len(e.rings) > 0 {
		s.ringNoAnswer(e.rings[0])
	}
	s.leaveDialplan(e.call)
}

// leave takes e out of its queue.
func (s *Server) leave(e *entry) {
	q := e.queue
	i := slices.Index(q.callers, e)
	q.callers = slices.Delete(q.callers, i, i+1)
	s.cancel(e.timeout)
	e.call.entry = nil
	if s.begin(classAgent, "QueueCallerLeave") {
		s.putChannel("", e.call.first)
		s.put("Queue", q.cfg.Name)
		s.putInt("Position", i+1)
		s.putInt("Count", len(q.callers))
		s.end(classAgent)
	}
}

// abandon is a caller's departure without an agent, for whatever reason.
func (s *Server) abandon(e *entry) {
	q := e.queue
	for len(e.rings) > 0 {
		s.giveUp(e.rings[0])
	}
	q.abandoned++
	if s.begin(classAgent, "QueueCallerAbandon") {
		s.putChannel("", e.call.first)
		s.put("Queue", q.cfg.Name)
		s.putInt("Position", slices.Index(q.callers, e)+1)
		s.putInt("OriginalPosition", e.position)
		s.putInt("HoldTime", s.secondsSince(e.joined))
		s.end(classAgent)
	}
	s.leave(e)
}

// secondsSince counts as Asterisk does: by the second hand, not by the stopwatch.
func (s *Server) secondsSince(t time.Time) int { return int(s.clock.Now().Unix() - t.Unix()) }

// serve rings free members for the callers who may be served, in their order.
func (s *Server) serve(q *queue) {
	now := s.clock.Now()
	for _, e := range q.callers {
		if len(e.rings) > 0 || e.notBefore.After(now) {
			continue
		}
		chosen := q.choose(s, now)
		if len(chosen) == 0 {
			return
		}
		for _, m := range chosen {
			s.ringMember(e, m)
		}
	}
}

// poll serves q when its callers next look for members: each does so every
// Retry, so a member who has become free waits for up to that long.
func (s *Server) poll(q *queue, earliest time.Duration) {
	if q.polling || len(q.callers) == 0 {
		return
	}
	q.polling = true
	wait := time.Duration(s.rng.Int64N(int64(q.cfg.Retry)/int64(len(q.callers)) + 1))
	s.after(earliest+wait, func() {
		q.polling = false
		s.serve(q)
	})
}

// choose picks the members to ring next: of those with the lowest penalty the
// best by the queue's strategy, or all. The result is valid until the next call.
func (q *queue) choose(s *Server, now time.Time) []*member {
	chosen, best, seen := q.chosen[:0], 0, 0
	for i, m := range q.members {
		if !m.free(now) || len(chosen) > 0 && m.penalty > chosen[0].penalty {
			continue
		}
		if len(chosen) > 0 && m.penalty < chosen[0].penalty {
			chosen, seen = chosen[:0], 0
		}
		if q.cfg.Strategy == "ringall" {
			chosen = append(chosen, m)
			continue
		}
		seen++
		if rank := q.rank(s, m, i, seen); len(chosen) == 0 || rank <= best {
			chosen, best = append(chosen[:0], m), rank
		}
	}
	q.chosen = chosen
	if len(chosen) == 1 {
		q.next = slices.Index(q.members, chosen[0]) + 1
	}
	return chosen
}

// rank is a member's place by the queue's strategy, the ith of the queue and the
// nth free one; of equals Asterisk takes the last.
func (q *queue) rank(s *Server, m *member, i, n int) int {
	switch q.cfg.Strategy {
	case "leastrecent":
		return unix(m.lastCall)
	case "fewestcalls":
		return m.calls
	case "random", "wrandom":
		// Each of n free members replaces its predecessors with chance 1/n.
		return min(s.rng.IntN(n), 1)
	case "linear":
		return i
	}
	// rrmemory: whoever comes next after the last.
	return (i - q.next + len(q.members)) % len(q.members)
}

func (q *queue) member(iface string) *member {
	for _, m := range q.members {
		if m.agent.cfg.Interface == iface {
			return m
		}
	}
	return nil
}

// average is update_queue's and recalc_holdtime's smoothing.
func average(old, new int) int { return (old*3 + new) / 4 }
