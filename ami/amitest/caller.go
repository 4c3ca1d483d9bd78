package amitest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is a caller in a queue: queue_exec, a thread there, is a chain of timers
// here. A caller waits for its turn, looking every second; then it tries members,
// and again after the queue's retry time.
type entry struct {
	queue    *queue
	call     *call
	joined   time.Time
	expires  int64 // Unix second at which Queue() gives up; 0: never
	position int   // the original one
	priority int
	limits   penaltyLimits
	changes  []PenaltyChange // to come
	timer    *timer          // the next look

	pending   bool // in a try
	withdrawn bool
	rings     []*ring
	tried     []*member // in this try
	reached   int       // metric of whom it rang last
	began     time.Time // the try
	patience  time.Duration

	linpos     int // linear: where it goes on
	linWrapped bool
}

// recheck is how often a caller looks whether its turn has come.
const recheck = time.Second

// join puts an answered call's first leg into q, and reports whether q takes it.
func (s *Server) join(q *queue, c *call, d Destination) bool {
	e := &entry{queue: q, call: c, joined: s.clock.Now(), limits: limitsOf(c)}
	e.priority, _ = strconv.Atoi(c.variable("QUEUE_PRIO"))
	if q.joinEmpty != 0 && s.empty(q, q.joinEmpty, e) || q.cfg.MaxLen > 0 && len(q.callers) >= q.cfg.MaxLen {
		return false
	}
	if d.Timeout > 0 {
		e.expires = e.joined.Unix() + int64(d.Timeout/time.Second)
	}
	rule := d.Rule
	if rule == "" {
		rule = q.cfg.DefaultRule
	}
	e.changes = s.penaltyChanges(rule)
	c.entry, c.Queued, c.Queue = e, e.joined, q.cfg.Name
	q.insert(e)
	s.queueEvent("QueueCallerJoin", e, e.position)
	// Agents are called by the caller's own thread, which OriginateResponse may overtake.
	e.timer = s.after(0, func() { s.awaitTurn(e) })
	return true
}

// awaitTurn is wait_our_turn.
func (s *Server) awaitTurn(e *entry) {
	switch {
	case e.withdrawn:
		s.leaveDialplan(e.call)
	case s.hasTurn(e):
		s.takeTurn(e)
	case s.expired(e), e.queue.leave != 0 && s.empty(e.queue, e.queue.leave, e):
		s.leaveDialplan(e.call)
	default:
		s.changePenalty(e, 0)
		e.timer = s.after(recheck, func() { s.awaitTurn(e) })
	}
}

// hasTurn is is_our_turn: callers may try members while there are as many
// members as callers before them who are not trying any.
func (s *Server) hasTurn(e *entry) bool {
	q := e.queue
	if !q.autofill && q.callers[0] != e || !s.available(q, 1) {
		return false
	}
	ahead := 0
	for _, o := range q.callers {
		if o == e {
			break
		}
		if !o.pending {
			ahead++
		}
	}
	return ahead == 0 || q.autofill && q.strategy != ringall && s.available(q, ahead+1)
}

func (s *Server) expired(e *entry) bool {
	return e.expires != 0 && s.clock.Now().Unix() >= e.expires
}

// takeTurn is a round of queue_exec's loop: try_calling.
func (s *Server) takeTurn(e *entry) {
	if e.withdrawn || s.expired(e) {
		s.leaveDialplan(e.call)
		return
	}
	s.changePenalty(e, 1)
	e.pending, e.tried = true, e.tried[:0]
	e.began, e.patience = s.clock.Now(), e.queue.cfg.Timeout
	if left := time.Duration(e.expires-e.began.Unix()) * time.Second; e.expires != 0 && left < e.patience {
		e.patience = left
	}
	if !s.ringNext(e) {
		s.tryFails(e)
		return
	}
	e.timer = s.after(e.patience, func() { s.nobodyAnswers(e) })
}

// ringNext rings the best members, if any can be rung.
func (s *Server) ringNext(e *entry) bool {
	chosen := slices.Clone(s.best(e))
	e.tried = append(e.tried, chosen...)
	for _, m := range chosen {
		s.ringMember(e, m)
	}
	return len(chosen) > 0
}

// nobodyAnswers is the end of a try's time.
func (s *Server) nobodyAnswers(e *entry) {
	for _, r := range e.rings {
		s.noAnswer(r, e.patience)
	}
	s.stopRings(e, "NOANSWER")
	s.tryFails(e)
}

// tryFails is what follows a try without success: the caller leaves, or tries
// again later.
func (s *Server) tryFails(e *entry) {
	s.rememberTurn(e)
	e.pending = false
	s.cancel(e.timer)
	if e.queue.leave != 0 && s.empty(e.queue, e.queue.leave, e) || s.expired(e) {
		s.leaveDialplan(e.call)
		return
	}
	e.timer = s.after(e.queue.cfg.Retry, func() {
		if s.hasTurn(e) {
			s.takeTurn(e)
		} else {
			s.awaitTurn(e)
		}
	})
}

// leave takes e out of its queue.
func (s *Server) leave(e *entry) {
	q, place := e.queue, e.place()
	q.callers = slices.Delete(q.callers, place-1, place)
	s.cancel(e.timer)
	e.call.entry = nil
	s.queueEvent("QueueCallerLeave", e, place)
}

// abandon is a caller's departure without an agent, for whatever reason.
func (s *Server) abandon(e *entry) {
	q := e.queue
	s.stopRings(e, "CANCEL")
	q.stats.abandoned++
	if s.clock.Now().Unix()-e.joined.Unix() <= int64(q.cfg.ServiceLevel/time.Second) {
		q.stats.abandonedInTime++
	}
	s.queueEvent("QueueCallerAbandon", e, e.place())
	s.leave(e)
}

// queueEvent is one of the QueueCaller… events.
func (s *Server) queueEvent(event string, e *entry, place int) {
	if s.release <= release11 {
		s.oldQueueEvent(event, e, place)
		return
	}
	if !s.begin(classAgent, event) {
		return
	}
	s.putChannel("", e.call.first)
	s.put("Queue", e.queue.cfg.Name)
	s.putInt("Position", place)
	if event == "QueueCallerAbandon" {
		s.putInt("OriginalPosition", e.position)
		s.putInt("HoldTime", s.secondsSince(e.joined))
	} else {
		s.putInt("Count", len(e.queue.callers))
	}
	s.end(classAgent)
}

// variable is one of the call's channel variables; those for other legs too have
// a _ or two before their names.
func (c *call) variable(name string) string {
	for _, v := range c.request.variables {
		if n, value, _ := strings.Cut(v, "="); strings.TrimLeft(n, "_") == name {
			return value
		}
	}
	return ""
}
