package amitest

import (
	"slices"
	"time"
)

// queue is one queue of app_queue.
type queue struct {
	cfg       QueueConfig
	strategy  strategy
	ringInUse bool
	autofill  bool
	joinEmpty empty
	leave     empty // leavewhenempty

	members []*member // in the order of queues.conf
	order   []*member // as app_queue goes through them
	callers []*entry  // the first is next
	rrpos   int       // rrmemory, rrordered: where they go on
	wrapped bool      // there is somebody after rrpos

	nobody int64 // in this second no member is available; 0: not known

	stats queueStats
}

// queueStats are what QueueReset clears.
type queueStats struct {
	completed, completedInTime int
	abandoned, abandonedInTime int
	holdTime, talkTime         int // seconds, Asterisk's running averages
}

func (s *Server) addQueue(cfg QueueConfig) {
	q := &queue{}
	s.configure(q, cfg)
	s.queues[cfg.Name] = q
	s.queueOrder = append(s.queueOrder, q)
	for _, m := range cfg.Members {
		s.linkMember(q, m, "static")
	}
}

// configure gives q its parameters, without the members.
func (s *Server) configure(q *queue, cfg QueueConfig) {
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Retry == 0 {
		cfg.Retry = 5 * time.Second
	}
	q.strategy = strategyOf(cfg.Strategy)
	cfg.Strategy = q.strategy.String()
	q.ringInUse, q.autofill = cfg.RingInUse.or(true), cfg.Autofill.or(false)
	q.joinEmpty, q.leave = parseEmpty(cfg.JoinEmpty, true), parseEmpty(cfg.LeaveWhenEmpty, false)
	q.cfg = cfg
	q.sortMembers()
}

// available reports whether at least n members might take a call:
// num_available_members, which counts no further than it must.
func (s *Server) available(q *queue, n int) bool {
	now := s.clock.Now().Unix()
	if q.nobody == now {
		return false
	}
	found := 0
	for _, m := range q.order {
		if m.available(now) {
			if found++; found >= n {
				return true
			}
		}
	}
	if found == 0 {
		q.nobody = now
	}
	return false
}

// availableMembers is num_available_members: without autofill, and with ringall,
// more than one does not matter.
func (s *Server) availableMembers(q *queue) int {
	now, n := s.clock.Now().Unix(), 0
	for _, m := range q.order {
		if m.available(now) {
			if n++; !q.autofill || q.strategy == ringall {
				break
			}
		}
	}
	return n
}

// outweighed reports whether a heavier queue claims m, a member of q:
// compare_weight.
func (s *Server) outweighed(q *queue, m *member) bool {
	for _, o := range m.agent.members {
		if h := o.queue; h != q && h.cfg.Weight > q.cfg.Weight && len(h.callers) > 0 && len(h.callers) >= s.availableMembers(h) {
			return true
		}
	}
	return false
}

// changed is to be called when something about one of q's members may have made
// it available.
func (q *queue) changed() { q.nobody = 0 }

func (q *queue) member(iface string) *member {
	for _, m := range q.members {
		if m.agent.cfg.Interface == iface {
			return m
		}
	}
	return nil
}

// insert puts e before the callers of lower priority.
func (q *queue) insert(e *entry) {
	i := slices.IndexFunc(q.callers, func(o *entry) bool { return o.priority < e.priority })
	if i < 0 {
		i = len(q.callers)
	}
	q.callers = slices.Insert(q.callers, i, e)
	e.position = i + 1
}

// place is e's position, from 1.
func (e *entry) place() int { return slices.Index(e.queue.callers, e) + 1 }

// average is update_queue's and recalc_holdtime's smoothing.
func average(old, new int) int { return (old*3 + new) / 4 }

// secondsSince counts as Asterisk does: by the second hand, not by the stopwatch.
func (s *Server) secondsSince(t time.Time) int { return int(s.clock.Now().Unix() - t.Unix()) }
