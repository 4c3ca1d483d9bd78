package amitest

import (
	"fmt"
	"strconv"

	"github.com/dialcamp/dialcamp/ami"
)

func (s *Server) actQueueSummary(c *session, r *request) {
	name := r.get("Queue")
	c.list(r, "Queue summary will follow", "QueueSummaryComplete", func(item func(string) *reply) {
		for _, q := range s.queueOrder {
			if name != "" && q.cfg.Name != name {
				continue
			}
			loggedIn, available, longest := 0, 0, 0
			for _, m := range q.members {
				if st := m.agent.state; st == ami.DeviceUnavailable || st == ami.DeviceInvalid {
					continue
				}
				loggedIn++
				if st := m.agent.state; (st == ami.DeviceNotInUse || st == ami.DeviceUnknown) && !m.paused {
					available++
				}
			}
			for _, e := range q.callers {
				longest = max(longest, s.secondsSince(e.joined))
			}
			item("QueueSummary").put("Queue", q.cfg.Name).putInt("LoggedIn", loggedIn).putInt("Available", available).
				putInt("Callers", len(q.callers)).putInt("HoldTime", q.holdTime).putInt("TalkTime", q.talkTime).
				putInt("LongestHoldTime", longest).actionID().end()
		}
	})
}

func (s *Server) actQueueStatus(c *session, r *request) {
	name, filter := r.get("Queue"), r.get("Member")
	c.list(r, "Queue status will follow", "QueueStatusComplete", func(item func(string) *reply) {
		for _, q := range s.queueOrder {
			if name == "" || q.cfg.Name == name {
				s.queueStatus(q, filter, item)
			}
		}
	})
}

func (s *Server) queueStatus(q *queue, filter string, item func(string) *reply) {
	perf, perf2 := 0.0, 0.0
	if q.completed > 0 {
		perf = 100 * float64(q.inTime) / float64(q.completed)
	}
	if n := q.completed + q.abandoned; n > 0 {
		perf2 = 100 * float64(q.inTime) / float64(n)
	}
	item("QueueParams").put("Queue", q.cfg.Name).put("Max", "0").put("Strategy", q.cfg.Strategy).
		putInt("Calls", len(q.callers)).putInt("Holdtime", q.holdTime).putInt("TalkTime", q.talkTime).
		putInt("Completed", q.completed).putInt("Abandoned", q.abandoned).
		putInt("ServiceLevel", int(q.cfg.ServiceLevel.Seconds())).
		put("ServicelevelPerf", fmt.Sprintf("%2.1f", perf)).put("ServicelevelPerf2", fmt.Sprintf("%2.1f", perf2)).
		putInt("Weight", q.cfg.Weight).actionID().end()
	for _, m := range q.members {
		iface := m.agent.cfg.Interface
		if filter != "" && filter != iface && filter != m.name {
			continue
		}
		item("QueueMember").put("Queue", q.cfg.Name).put("Name", m.name).put("Location", iface).put("StateInterface", iface).
			put("Membership", m.membership).putInt("Penalty", m.penalty).putInt("CallsTaken", m.calls).
			putInt("LastCall", unix(m.lastCall)).putInt("LastPause", unix(m.lastPause)).putInt("LoginTime", unix(m.login)).
			put("InCall", flag(m.inCall)).putInt("Status", int(m.agent.state)).put("Paused", flag(m.paused)).
			put("PausedReason", m.pausedReason).putInt("Wrapuptime", int(m.wrapup.Seconds())).actionID().end()
	}
	for i, e := range q.callers {
		ch := e.call.first
		item("QueueEntry").put("Queue", q.cfg.Name).putInt("Position", i+1).put("Channel", ch.name).put("Uniqueid", ch.uniqueid).
			put("CallerIDNum", unknown(ch.callerNum)).put("CallerIDName", unknown(ch.callerName)).
			put("ConnectedLineNum", unknown(ch.lineNum)).put("ConnectedLineName", "unknown").
			putInt("Wait", s.secondsSince(e.joined)).put("Priority", "0").actionID().end()
	}
}

// unknown is QueueEntry's word for it, without the brackets that others have.
func unknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (s *Server) actQueuePause(c *session, r *request) {
	iface, paused := r.get("Interface"), r.get("Paused")
	if iface == "" || paused == "" {
		c.fail(r, "Need 'Interface' and 'Paused' parameters.")
		return
	}
	found := false
	if a := s.agents[iface]; a != nil {
		for _, m := range a.members {
			found = found || r.get("Queue") == "" || r.get("Queue") == m.queue.cfg.Name
		}
	}
	switch {
	case !found:
		c.fail(r, "Interface not found")
		return
	case truth(paused):
		c.success(r, "Interface paused successfully")
	default:
		c.success(r, "Interface unpaused successfully")
	}
	s.pause(r.get("Queue"), iface, truth(paused), r.get("Reason"))
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
		cfg.Penalty, _ = strconv.Atoi(r.get("Penalty"))
		s.addMember(q, cfg, "dynamic", truth(r.get("Paused")), r.get("Reason"))
	}
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
	default:
		c.success(r, "Removed interface from queue")
		s.removeMember(q.member(iface))
	}
}
