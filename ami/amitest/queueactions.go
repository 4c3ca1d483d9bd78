package amitest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) actQueuePause(c *session, r *request) {
	iface, paused := r.get("Interface"), r.get("Paused")
	if iface == "" || paused == "" {
		c.fail(r, "Need 'Interface' and 'Paused' parameters.")
		return
	}
	switch {
	case !s.eachMember(r.get("Queue"), iface, func(*member) {}):
		c.fail(r, "Interface not found")
		return
	case truth(paused):
		c.success(r, "Interface paused successfully")
	default:
		c.success(r, "Interface unpaused successfully")
	}
	s.pause(r.get("Queue"), iface, truth(paused), r.get("Reason"))
}

func (s *Server) actQueuePenalty(c *session, r *request) {
	iface, penalty := r.get("Interface"), r.get("Penalty")
	if iface == "" || penalty == "" {
		c.fail(r, "Need 'Interface' and 'Penalty' parameters.")
		return
	}
	n, _ := strconv.Atoi(penalty)
	if n < 0 || !s.eachMember(r.get("Queue"), iface, func(*member) {}) {
		c.fail(r, "Invalid interface, queuename or penalty")
		return
	}
	c.success(r, "Interface penalty set successfully")
	s.eachMember(r.get("Queue"), iface, func(m *member) {
		m.penalty = n
		s.memberEvent("QueueMemberPenalty", m)
	})
}

func (s *Server) actQueueMemberRingInUse(c *session, r *request) {
	iface, ring := r.get("Interface"), r.get("RingInUse")
	switch {
	case iface == "" || ring == "":
		c.fail(r, "Need 'Interface' and 'RingInUse' parameters.")
		return
	case !truth(ring) && !falsehood(ring):
		c.fail(r, "'RingInUse' parameter must be a truth value (yes/no, on/off, 0/1, etc)")
		return
	case !s.eachMember(r.get("Queue"), iface, func(*member) {}):
		// The newline is Asterisk's.
		c.respond(r, "Error").put("Message", "Invalid interface, queuename, or ringinuse value").blank().end()
		return
	}
	c.success(r, "Interface ringinuse set successfully")
	s.eachMember(r.get("Queue"), iface, func(m *member) {
		m.ringInUse = truth(ring)
		m.queue.changed()
		s.memberEvent("QueueMemberRinginuse", m)
	})
}

func falsehood(s string) bool {
	switch strings.ToLower(s) {
	case "false", "no", "n", "f", "0", "off":
		return true
	}
	return false
}

func (s *Server) actQueueAdd(c *session, r *request) {
	name, iface := r.get("Queue"), r.get("Interface")
	q := s.queues[name]
	switch {
	case name == "":
		c.fail(r, "'Queue' not specified.")
	case iface == "":
		c.fail(r, "'Interface' not specified.")
	case q == nil:
		c.fail(r, "Unable to add interface to queue: No such queue")
	case q.member(iface) != nil:
		c.fail(r, "Unable to add interface: Already there")
	default:
		c.success(r, "Added interface to queue")
		cfg := MemberConfig{AgentConfig: AgentConfig{Interface: iface, Name: r.get("MemberName")}}
		cfg.Penalty = max(0, number(r.get("Penalty")))
		reason := ""
		if s.release > release18 {
			reason = r.get("Reason")
		}
		if s.release > release13 {
			cfg.Wrapup = time.Duration(max(0, number(r.get("Wrapuptime")))) * time.Second
		}
		s.addMember(q, cfg, "dynamic", r.get("StateInterface"), truth(r.get("Paused")), reason)
	}
}

// number is atoi.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func (s *Server) actQueueRemove(c *session, r *request) {
	name, iface := r.get("Queue"), r.get("Interface")
	q := s.queues[name]
	switch {
	case name == "" || iface == "":
		c.fail(r, "Need 'Queue' and 'Interface' parameters.")
	case q == nil:
		c.fail(r, "Unable to remove interface from queue: No such queue")
	case q.member(iface) == nil:
		c.fail(r, "Unable to remove interface: Not there")
	case q.member(iface).membership != "dynamic":
		c.fail(r, "Member not dynamic")
	default:
		c.success(r, "Removed interface from queue")
		s.removeMember(q.member(iface))
	}
}

func (s *Server) actQueueReset(c *session, r *request) {
	for _, q := range s.named(r.get("Queue")) {
		q.reset()
	}
	c.success(r, "Queue stats reset successfully")
}

// caller is who waits in a queue on that channel.
func (q *queue) caller(channel string) *entry {
	if i := slices.IndexFunc(q.callers, func(e *entry) bool { return e.call.first.name == channel }); i >= 0 {
		return q.callers[i]
	}
	return nil
}

func (s *Server) actQueueWithdrawCaller(c *session, r *request) {
	name, channel := r.get("Queue"), r.get("Caller")
	q := s.queues[name]
	switch {
	case name == "":
		c.fail(r, "'Queue' not specified.")
	case channel == "":
		c.fail(r, "'Caller' not specified.")
	case q == nil:
		c.fail(r, "Unable to request withdraw from queue: No such queue")
	case q.caller(channel) == nil:
		c.fail(r, "Unable to request withdraw from queue: No such caller")
	case q.caller(channel).withdrawn:
		c.fail(r, "Unable to request withdraw from queue: Already requested")
	default:
		q.caller(channel).withdrawn = true
		c.success(r, "Withdraw requested successfully")
	}
}

func (s *Server) actQueueChangePriorityCaller(c *session, r *request) {
	name, channel, priority := r.get("Queue"), r.get("Caller"), r.get("Priority")
	n, err := strconv.Atoi(priority)
	q := s.queues[name]
	switch {
	case name == "":
		c.fail(r, "'Queue' not specified.")
	case channel == "":
		c.fail(r, "'Caller' not specified.")
	case priority == "":
		c.fail(r, "'Priority' not specified.")
	case err != nil:
		c.fail(r, "'Priority' need integer.")
	case q == nil:
		c.fail(r, "Unable to change priority caller on queue: No such queue")
	case q.caller(channel) == nil:
		c.fail(r, "Unable to change priority caller on queue: No such caller")
	default:
		e := q.caller(channel)
		e.priority = n
		if truth(r.get("Immediate")) && s.release > release16 {
			i := e.place() - 1
			q.callers = slices.Delete(q.callers, i, i+1)
			q.insert(e)
		}
		c.success(r, "Priority change for caller on queue")
	}
}
