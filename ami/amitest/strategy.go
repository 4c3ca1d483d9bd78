package amitest

import (
	"math"
	"slices"
)

// strategy is a queue's way of choosing members.
type strategy int

const (
	ringall strategy = iota
	leastrecent
	fewestcalls
	random
	rrmemory
	linear
	wrandom
	rrordered
)

var strategyNames = [...]string{"ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom", "rrordered"}

func (s strategy) String() string { return strategyNames[s] }

func strategyOf(name string) strategy { return strategy(max(0, slices.Index(strategyNames[:], name))) }

// penaltyWeight is more than anything else that counts in a metric.
const penaltyWeight = 1_000_000

// metric ranks m, the ith in q's order, for caller e: who has the lowest is
// rung first. Whose penalty e does not accept is not ok. See calc_metric.
func (s *Server) metric(q *queue, m *member, i int, e *entry, now int64) (metric int, ok bool) {
	penalty, use := m.penalty, len(q.members) > q.cfg.PenaltyMembersLimit
	if use {
		if penalty, ok = e.accepts(penalty); !ok {
			return 0, false
		}
	}
	switch q.strategy {
	case wrandom:
		return s.rng.IntN((1 + penalty) * 1000), true
	case random:
		metric = s.rng.IntN(1000)
	case fewestcalls:
		metric = m.calls
	case leastrecent:
		if m.lastCall != 0 {
			metric = 1_000_000 - int(now-m.lastCall)
		}
	case linear:
		metric, e.linWrapped = roundRobin(i, e.linpos, e.linWrapped)
	case rrmemory, rrordered:
		metric, q.wrapped = roundRobin(m.pos, q.rrpos, q.wrapped)
	}
	if use {
		metric += penalty * penaltyWeight
	}
	return metric, true
}

// roundRobin ranks the member at pos when it is next's turn, and tells whether
// somebody comes after next.
func roundRobin(pos, next int, wrapped bool) (int, bool) {
	if pos < next {
		return 1000 + pos, wrapped
	}
	return pos, wrapped || pos > next
}

// best are the members to ring now, for e: of those who can be rung, and have
// not been in this try, the one with the lowest metric, the last of equals; with
// ringall all who share it. The result is valid until the next call.
func (s *Server) best(e *entry) []*member {
	q, now := e.queue, s.clock.Now().Unix()
	chosen, lowest := s.chosen[:0], math.MaxInt
	for i, m := range q.order {
		if !s.canRing(q, m, now) || slices.Contains(e.tried, m) {
			continue
		}
		metric, ok := s.metric(q, m, i, e, now)
		if !ok || metric > lowest {
			continue
		}
		if metric < lowest || q.strategy != ringall {
			chosen = chosen[:0]
		}
		chosen, lowest = append(chosen, m), metric
	}
	s.chosen, e.reached = chosen, lowest
	return chosen
}

// rememberTurn lets a round robin go on, after a try, with whoever is next in turn:
// store_next_rr and store_next_lin.
func (s *Server) rememberTurn(e *entry) {
	q := e.queue
	next, wrapped := &q.rrpos, &q.wrapped
	switch q.strategy {
	case linear:
		next, wrapped = &e.linpos, &e.linWrapped
	case rrmemory, rrordered:
	default:
		return
	}
	now, lowest := s.clock.Now().Unix(), math.MaxInt
	for i, m := range q.order {
		if metric, ok := s.metric(q, m, i, e, now); ok && metric > e.reached && metric < lowest {
			lowest = metric
		}
	}
	switch {
	case lowest < math.MaxInt:
		*next = lowest % 1000
	case *wrapped:
		*next = 0
	default:
		*next++
	}
	*wrapped = false
}

// sortMembers puts q's members into the order of app_queue's container: a list
// for linear and rrordered, else a table of 37 rows by a hash of the interface.
func (q *queue) sortMembers() {
	q.order = slices.Clone(q.members)
	if q.strategy != linear && q.strategy != rrordered {
		slices.SortStableFunc(q.order, func(a, b *member) int { return a.row - b.row })
	}
	q.changed()
}

// memberRow is the row of an interface: member_hash_fn looks at five characters
// from the slash on.
func memberRow(iface string) int {
	if i := slices.Index([]byte(iface), '/'); i >= 0 {
		iface = iface[i:]
	}
	hash := 0
	for i := range min(5, len(iface)) {
		c := int(iface[i])
		switch {
		case c > 96:
			c -= 64
		case c >= 32:
			c -= 32
		default:
			c = 0
		}
		hash += c << (6 * i)
	}
	return hash % 37
}
