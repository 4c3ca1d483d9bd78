package amitest

import (
	"slices"
	"strings"
)

// queueFiles are queues.conf and queuerules.conf, as they are now.
type queueFiles struct {
	queues                      []QueueConfig
	rules                       []PenaltyRule
	queuesChanged, rulesChanged bool // and not read yet
}

// ConfigureQueues gives the server another queues.conf and queuerules.conf. As
// there, QueueReload makes it count.
func (s *Server) ConfigureQueues(queues []QueueConfig, rules []PenaltyRule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf.queues, s.conf.rules = slices.Clone(queues), slices.Clone(rules)
	s.conf.queuesChanged, s.conf.rulesChanged = true, true
}

// actQueueReload reads what changed: all, or what the headers say yes to.
func (s *Server) actQueueReload(c *session, r *request) {
	asked := func(key string) bool { return strings.EqualFold(r.get(key), "yes") }
	members, rules, parameters := asked("Members"), asked("Rules"), asked("Parameters")
	if !members && !rules && !parameters {
		members, rules, parameters = true, true, true
	}
	c.success(r, "Queue reloaded successfully")
	if rules && s.conf.rulesChanged {
		s.cfg.Rules, s.conf.rulesChanged = s.conf.rules, false
	}
	// Whatever was asked for, a file that was read is not read again.
	if (members || parameters) && s.conf.queuesChanged {
		s.conf.queuesChanged = false
		s.reloadQueues(r.get("Queue"), members, parameters)
	}
}

func (s *Server) reloadQueues(name string, members, parameters bool) {
	is := func(queue string) bool { return name == "" || strings.EqualFold(name, queue) }
	configured := make(map[string]bool)
	for _, cfg := range s.conf.queues {
		if configured[cfg.Name] = true; !is(cfg.Name) {
			continue
		}
		q := s.queues[cfg.Name]
		switch {
		case q == nil && parameters:
			s.addQueue(cfg)
			continue
		case q == nil:
			continue
		}
		if parameters {
			s.configure(q, cfg)
		}
		if members {
			s.reloadMembers(q, cfg)
		}
	}
	if !parameters {
		return
	}
	for _, q := range slices.Clone(s.queueOrder) {
		if !configured[q.cfg.Name] && is(q.cfg.Name) {
			s.dropQueue(q)
		}
	}
}

// reloadMembers makes q's static members those of cfg. Who stays keeps pause
// and statistics.
func (s *Server) reloadMembers(q *queue, cfg QueueConfig) {
	for _, m := range slices.Clone(q.members) {
		stays := func(mc MemberConfig) bool { return mc.Interface == m.agent.cfg.Interface }
		if m.membership == "static" && !slices.ContainsFunc(cfg.Members, stays) {
			s.dropMember(m)
		}
		if m.membership == "dynamic" {
			m.ringInUse = q.ringInUse
		}
	}
	for _, mc := range cfg.Members {
		m := q.member(mc.Interface)
		if m == nil {
			s.linkMember(q, mc, "static")
			continue
		}
		m.membership, m.penalty, m.wrapup = "static", mc.Penalty, mc.Wrapup
		m.ringInUse, m.login = mc.RingInUse.or(q.ringInUse), s.clock.Now()
		if m.name = mc.Name; m.name == "" {
			m.name = mc.Interface
		}
	}
	q.changed()
}

// dropQueue forgets a queue; who waits in it, waits on until it leaves.
func (s *Server) dropQueue(q *queue) {
	delete(s.queues, q.cfg.Name)
	s.queueOrder = slices.DeleteFunc(s.queueOrder, func(o *queue) bool { return o == q })
	for _, m := range q.members {
		m.agent.members = slices.DeleteFunc(m.agent.members, func(o *member) bool { return o == m })
		s.account(m.agent)
	}
}
