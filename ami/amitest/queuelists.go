package amitest

import (
	"fmt"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// named are the queues of that name, which is not case-sensitive, or all if it
// is "".
func (s *Server) named(name string) []*queue {
	if name == "" {
		return s.queueOrder
	}
	for _, q := range s.queueOrder {
		if strings.EqualFold(q.cfg.Name, name) {
			return []*queue{q}
		}
	}
	return nil
}

func (s *Server) actQueueSummary(c *session, r *request) {
	s.oldList(c, r, "Queue summary will follow", "QueueSummaryComplete", func(item func(string) *reply) {
		for _, q := range s.named(r.get("Queue")) {
			loggedIn, available, longest := 0, 0, 0
			for _, m := range q.members {
				if st := m.device.state; st == ami.DeviceUnavailable || st == ami.DeviceInvalid {
					continue
				}
				loggedIn++
				if idleState(m.device.state) && !m.paused {
					available++
				}
			}
			for _, e := range q.callers {
				longest = max(longest, s.secondsSince(e.joined))
			}
			item("QueueSummary").put("Queue", q.cfg.Name).putInt("LoggedIn", loggedIn).putInt("Available", available).
				putInt("Callers", len(q.callers)).putInt("HoldTime", q.stats.holdTime).putInt("TalkTime", q.stats.talkTime).
				putInt("LongestHoldTime", longest).actionID().end()
		}
	})
}

func (s *Server) actQueueStatus(c *session, r *request) {
	s.oldList(c, r, "Queue status will follow", "QueueStatusComplete", func(item func(string) *reply) {
		for _, q := range s.named(r.get("Queue")) {
			s.queueParams(q, item("QueueParams"))
			for _, m := range q.order {
				if f := r.get("Member"); f == "" || f == m.agent.cfg.Interface || f == m.name {
					s.queueMember(m, item("QueueMember"))
				}
			}
			for i, e := range q.callers {
				s.queueEntry(e, i+1, item("QueueEntry"))
			}
		}
	})
}

func percent(part, of int) string {
	if of == 0 {
		return "0.0"
	}
	return fmt.Sprintf("%2.1f", 100*float64(part)/float64(of))
}

func (s *Server) queueParams(q *queue, p *reply) {
	st := &q.stats
	p.put("Queue", q.cfg.Name).putInt("Max", q.cfg.MaxLen).put("Strategy", q.strategy.String()).
		putInt("Calls", len(q.callers)).putInt("Holdtime", st.holdTime).putInt("TalkTime", st.talkTime).
		putInt("Completed", st.completed).putInt("Abandoned", st.abandoned).
		putInt("ServiceLevel", int(q.cfg.ServiceLevel/time.Second)).
		put("ServicelevelPerf", percent(st.completedInTime, st.completed))
	if s.release > release13 {
		p.put("ServicelevelPerf2", percent(st.completedInTime+st.abandonedInTime, st.completed+st.abandoned))
	}
	p.putInt("Weight", q.cfg.Weight).actionID().end()
}

func (s *Server) queueMember(m *member, p *reply) {
	iface := m.agent.cfg.Interface
	p.put("Queue", m.queue.cfg.Name).put("Name", m.name).put("Location", iface)
	if s.release > release8 {
		p.put("StateInterface", m.device.cfg.Interface)
	}
	p.put("Membership", m.membership).putInt("Penalty", m.penalty).putInt("CallsTaken", m.calls).putInt("LastCall", int(m.lastCall))
	if s.release > release13 {
		p.putInt("LastPause", unix(m.lastPause)).putInt("LoginTime", unix(m.login))
	}
	switch {
	case s.release == release11:
		p.put("IsInCall", flag(m.inCall))
	case s.release > release11:
		p.put("InCall", flag(m.inCall))
	}
	p.putInt("Status", int(m.device.state)).put("Paused", flag(m.paused))
	if s.release > release11 {
		p.put("PausedReason", m.pausedReason)
	}
	if s.release > release13 {
		p.putInt("Wrapuptime", int(m.wrapup.Seconds()))
	}
	p.actionID().end()
}

func (s *Server) queueEntry(e *entry, place int, p *reply) {
	ch := e.call.first
	p.put("Queue", e.queue.cfg.Name).putInt("Position", place).put("Channel", ch.name).put("Uniqueid", ch.uniqueid).
		put("CallerIDNum", unknown(ch.callerNum)).put("CallerIDName", unknown(ch.callerName)).
		put("ConnectedLineNum", unknown(ch.lineNum)).put("ConnectedLineName", "unknown").
		putInt("Wait", s.secondsSince(e.joined))
	if s.release > release11 {
		p.putInt("Priority", e.priority)
	}
	p.actionID().end()
}

// unknown is QueueEntry's word for it, without the brackets that others have.
func unknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// actQueueRule ends its reply with two empty lines.
func (s *Server) actQueueRule(c *session, r *request) {
	name := r.get("Rule")
	p := c.respond(r, "Success")
	for _, rule := range s.cfg.Rules {
		if name != "" && !strings.EqualFold(rule.Name, name) {
			continue
		}
		p.put("RuleList", rule.Name)
		for _, ch := range rule.Changes {
			p.put("Rule", fmt.Sprintf("%d,%s,%s", int(ch.After.Seconds()), noChange(ch.Max), noChange(ch.Min)))
		}
	}
	p.blank().end()
}

// noChange is how Asterisk understands a limit that is left out.
func noChange(change string) string {
	if change == "" {
		return "+0"
	}
	return change
}
