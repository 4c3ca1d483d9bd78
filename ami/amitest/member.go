package amitest

import (
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// member is an agent's place in one queue.
type member struct {
	queue        *queue
	agent        *agent
	name         string
	penalty      int
	wrapup       time.Duration // the member's own
	membership   string
	paused       bool
	pausedReason string
	lastPause    time.Time
	login        time.Time
	calls        int
	lastCall     time.Time
	inCall       bool
}

func (s *Server) addMember(q *queue, cfg MemberConfig, membership string, paused bool, reason string) {
	a := s.addAgent(cfg.AgentConfig)
	s.account(a)
	m := &member{queue: q, agent: a, name: cfg.Name, penalty: cfg.Penalty, wrapup: cfg.Wrapup, membership: membership, login: s.clock.Now()}
	if m.name == "" {
		m.name = a.cfg.Interface
	}
	if paused {
		m.paused, m.pausedReason, m.lastPause = true, reason, m.login
	}
	q.members = append(q.members, m)
	a.members = append(a.members, m)
	s.account(a)
	s.memberEvent("QueueMemberAdded", m)
	s.agentFreed(a)
}

func (s *Server) removeMember(m *member) {
	q, a := m.queue, m.agent
	q.members = slices.DeleteFunc(q.members, func(o *member) bool { return o == m })
	a.members = slices.DeleteFunc(a.members, func(o *member) bool { return o == m })
	s.account(a)
	s.memberEvent("QueueMemberRemoved", m)
}

// reset is what a restart leaves of q.
func (q *queue) reset() {
	for _, m := range slices.Clone(q.members) {
		m.paused, m.pausedReason, m.inCall, m.calls, m.lastCall = false, "", false, 0, time.Time{}
		if m.membership == "dynamic" {
			q.members = slices.DeleteFunc(q.members, func(o *member) bool { return o == m })
			m.agent.members = slices.DeleteFunc(m.agent.members, func(o *member) bool { return o == m })
		}
	}
	q.completed, q.abandoned, q.inTime, q.holdTime, q.talkTime = 0, 0, 0, 0, 0
}

// wrapupTime is the member's own, or the queue's.
func (m *member) wrapupTime() time.Duration {
	if m.wrapup > 0 {
		return m.wrapup
	}
	return m.queue.cfg.Wrapup
}

// free reports whether the queue may ring m: app_queue's can_ring_entry.
func (m *member) free(now time.Time) bool {
	a := m.agent
	return !m.paused && a.ringing == nil && a.talking == nil &&
		(a.base == ami.DeviceNotInUse || a.base == ami.DeviceUnknown) &&
		(m.lastCall.IsZero() || !now.Before(m.lastCall.Add(m.wrapupTime())))
}

// agentFreed lets the callers of a's queues know that a may be free, now or
// after its wrap-up.
func (s *Server) agentFreed(a *agent) {
	now := s.clock.Now()
	for _, m := range a.members {
		if m.paused || a.talking != nil || a.ringing != nil {
			continue
		}
		var wait time.Duration
		if !m.lastCall.IsZero() {
			wait = max(0, m.lastCall.Add(m.wrapupTime()).Sub(now))
		}
		q := m.queue
		if wait == 0 {
			s.poll(q, 0)
		} else {
			s.after(wait, func() { s.poll(q, 0) })
		}
	}
}

func (m *member) ringinuse() string {
	// The lab's static queue says ringinuse=no; a queue made without keeps the default.
	if m.membership == "static" {
		return "0"
	}
	return "1"
}

func (s *Server) memberEvent(event string, m *member) {
	if !s.begin(classAgent, event) {
		return
	}
	s.put("Queue", m.queue.cfg.Name)
	s.put("MemberName", m.name)
	s.put("Interface", m.agent.cfg.Interface)
	s.put("StateInterface", m.agent.cfg.Interface)
	s.put("Membership", m.membership)
	s.putInt("Penalty", m.penalty)
	s.putInt("CallsTaken", m.calls)
	s.putInt("LastCall", unix(m.lastCall))
	s.putInt("LastPause", unix(m.lastPause))
	s.putInt("LoginTime", unix(m.login))
	s.put("InCall", flag(m.inCall))
	s.putInt("Status", int(m.agent.state))
	s.put("Paused", flag(m.paused))
	s.put("PausedReason", m.pausedReason)
	s.put("Ringinuse", m.ringinuse())
	s.putInt("Wrapuptime", int(m.wrapup.Seconds()))
	s.end(classAgent)
}

func unix(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return int(t.Unix())
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
