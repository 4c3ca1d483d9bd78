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
	device       *agent // whose state counts: the agent, or its StateInterface
	name         string
	row          int // see sortMembers
	pos          int // in the queue's members
	penalty      int
	wrapup       time.Duration // the member's own
	ringInUse    bool
	membership   string
	paused       bool
	pausedReason string
	lastPause    time.Time
	login        time.Time
	calls        int
	lastCall     int64  // Unix second
	lastQueue    *queue // of that call
	inCall       bool
}

func (s *Server) addMember(q *queue, cfg MemberConfig, membership, stateInterface string, paused bool, reason string) {
	m := s.linkMember(q, cfg, membership)
	if stateInterface != "" {
		s.watch(m, stateInterface)
	}
	if paused {
		m.paused, m.pausedReason, m.lastPause = true, reason, m.login
		s.account(m.agent)
	}
	s.memberEvent("QueueMemberAdded", m)
}

// linkMember makes an agent a member, of which a configuration file tells nobody.
func (s *Server) linkMember(q *queue, cfg MemberConfig, membership string) *member {
	a := s.addAgent(cfg.AgentConfig)
	s.account(a)
	m := &member{queue: q, agent: a, device: a, name: cfg.Name, penalty: cfg.Penalty, wrapup: cfg.Wrapup, membership: membership, login: s.clock.Now(),
		ringInUse: cfg.RingInUse.or(q.ringInUse), row: memberRow(cfg.Interface), pos: len(q.members)}
	if m.name == "" {
		m.name = cfg.Interface
	}
	q.members = append(q.members, m)
	q.sortMembers()
	a.members = append(a.members, m)
	a.watchers = append(a.watchers, m)
	s.account(a)
	return m
}

// watch makes m's state that of another telephone.
func (s *Server) watch(m *member, stateInterface string) {
	m.device.unwatch(m)
	m.device = s.addAgent(AgentConfig{Interface: stateInterface})
	m.device.watchers = append(m.device.watchers, m)
}

func (a *agent) unwatch(m *member) {
	a.watchers = slices.DeleteFunc(a.watchers, func(o *member) bool { return o == m })
}

func (s *Server) removeMember(m *member) {
	s.memberEvent("QueueMemberRemoved", m)
	s.dropMember(m)
}

// dropMember takes m out of its queue; the round robin's turns move up.
func (s *Server) dropMember(m *member) {
	q, a := m.queue, m.agent
	q.members = slices.Delete(q.members, m.pos, m.pos+1)
	for _, o := range q.members[m.pos:] {
		o.pos--
	}
	if m.pos < q.rrpos {
		q.rrpos--
	}
	q.sortMembers()
	a.members = slices.DeleteFunc(a.members, func(o *member) bool { return o == m })
	m.device.unwatch(m)
	s.account(a)
}

// restart is what a restart leaves of q.
func (s *Server) restart(q *queue) {
	for _, m := range slices.Clone(q.members) {
		m.paused, m.pausedReason, m.inCall = false, "", false
		if m.membership == "dynamic" {
			s.dropMember(m)
		}
	}
	q.callers, q.rrpos = nil, 0
	q.changed()
	q.reset()
}

// reset is clear_queue.
func (q *queue) reset() {
	q.stats = queueStats{}
	for _, m := range q.members {
		m.calls, m.lastCall = 0, 0
	}
}

// wrapupTime is the member's own, or q's.
func (m *member) wrapupTime(q *queue) time.Duration {
	if m.wrapup > 0 {
		return m.wrapup
	}
	return q.cfg.Wrapup
}

func (m *member) wrappingUp(q *queue, now int64) bool {
	return m.lastCall != 0 && now-m.lastCall < int64(m.wrapupTime(q)/time.Second)
}

func idleState(state ami.DeviceState) bool {
	return state == ami.DeviceNotInUse || state == ami.DeviceUnknown
}

// available is is_member_available, by which callers know whose turn it is.
func (m *member) available(now int64) bool {
	switch state := m.device.state; {
	case m.paused, state == ami.DeviceInvalid, state == ami.DeviceUnavailable:
		return false
	case !m.ringInUse && !idleState(state):
		return false
	}
	return !m.wrappingUp(m.queue, now)
}

// canRing reports whether a caller of q may ring m: can_ring_entry.
func (s *Server) canRing(q *queue, m *member, now int64) bool {
	a := m.agent
	if m.paused || !m.ringInUse && (!idleState(m.device.state) || len(a.rings)+len(a.talks) > 0) {
		return false
	}
	last := m.lastQueue
	if last == nil {
		last = q
	}
	return !m.wrappingUp(last, now) && (len(a.members) == 1 || !s.outweighed(q, m))
}

func (s *Server) memberEvent(event string, m *member) {
	if s.release <= release11 {
		s.oldMemberEvent(event, m)
		return
	}
	if !s.begin(classAgent, event) {
		return
	}
	s.put("Queue", m.queue.cfg.Name)
	s.put("MemberName", m.name)
	s.put("Interface", m.agent.cfg.Interface)
	s.put("StateInterface", m.device.cfg.Interface)
	s.put("Membership", m.membership)
	s.putInt("Penalty", m.penalty)
	s.putInt("CallsTaken", m.calls)
	s.putInt("LastCall", int(m.lastCall))
	if s.release > release13 {
		s.putInt("LastPause", unix(m.lastPause))
		s.putInt("LoginTime", unix(m.login))
	}
	s.put("InCall", flag(m.inCall))
	s.putInt("Status", int(m.device.state))
	s.put("Paused", flag(m.paused))
	s.put("PausedReason", m.pausedReason)
	s.put("Ringinuse", flag(m.ringInUse))
	if s.release > release13 {
		s.putInt("Wrapuptime", int(m.wrapup.Seconds()))
	}
	if event == "QueueMemberPause" && s.release <= release16 && m.pausedReason != "" {
		s.put("Reason", m.pausedReason) // twice, for old clients
	}
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
