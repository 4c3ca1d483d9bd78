package amitest

import (
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// agent is a person with a telephone, whose device state all queues see.
type agent struct {
	cfg      AgentConfig
	base     ami.DeviceState // without calls
	state    ami.DeviceState // as last announced
	members  []*member
	watchers []*member // who have its telephone's state; mostly the members
	rings    []*ring   // the first is answered, when there is no talk
	talks    []*talk   // more than one only with ringinuse
	wrapEnd  time.Time

	since time.Time // of the current activity
	doing activity
	stats AgentStats
}

type activity int

const (
	idle activity = iota
	ringingPhone
	talking
	wrappingUp
	pausing
	away
)

// AgentStats is how an agent has spent the time. LoggedIn is the sum of the
// others but Away.
type AgentStats struct {
	Interface, Name                                  string
	Calls                                            int
	Idle, Ring, Talk, Wrapup, Paused, Away, LoggedIn time.Duration
	State                                            ami.DeviceState
}

// Occupancy is (talk + wrap-up) ÷ logged-in time.
func (a AgentStats) Occupancy() float64 {
	if a.LoggedIn == 0 {
		return 0
	}
	return float64(a.Talk+a.Wrapup) / float64(a.LoggedIn)
}

// AgentStats returns every agent's figures up to now.
func (s *Server) AgentStats() []AgentStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]AgentStats, 0, len(s.agentOrder))
	for _, a := range s.agentOrder {
		s.account(a)
		st := a.stats
		st.Interface, st.Name, st.State = a.cfg.Interface, a.cfg.Name, a.state
		st.LoggedIn = st.Idle + st.Ring + st.Talk + st.Wrapup + st.Paused
		all = append(all, st)
	}
	return all
}

func (s *Server) addAgent(cfg AgentConfig) *agent {
	if a := s.agents[cfg.Interface]; a != nil {
		return a
	}
	if cfg.Name == "" {
		cfg.Name = cfg.Interface
	}
	a := &agent{cfg: cfg, base: ami.DeviceNotInUse, state: ami.DeviceNotInUse, since: s.clock.Now()}
	s.agents[cfg.Interface] = a
	s.agentOrder = append(s.agentOrder, a)
	return a
}

// account adds the time of the activity that was, and finds out which one is.
func (s *Server) account(a *agent) {
	now := s.clock.Now()
	// Wrap-up ends by itself, in the middle of what is being added.
	if a.doing == wrappingUp && now.After(a.wrapEnd) {
		a.add(a.wrapEnd)
		a.doing = a.resting()
	}
	a.add(now)
	switch {
	case len(a.talks) > 0:
		a.doing = talking
	case len(a.rings) > 0:
		a.doing = ringingPhone
	case now.Before(a.wrapEnd):
		a.doing = wrappingUp
	default:
		a.doing = a.resting()
	}
}

func (a *agent) resting() activity {
	switch {
	case len(a.members) == 0 || a.base == ami.DeviceUnavailable || a.base == ami.DeviceInvalid:
		return away
	case !slices.ContainsFunc(a.members, func(m *member) bool { return !m.paused }):
		return pausing
	}
	return idle
}

func (a *agent) add(until time.Time) {
	d := until.Sub(a.since)
	a.since = until
	switch a.doing {
	case idle:
		a.stats.Idle += d
	case ringingPhone:
		a.stats.Ring += d
	case talking:
		a.stats.Talk += d
	case wrappingUp:
		a.stats.Wrapup += d
	case pausing:
		a.stats.Paused += d
	case away:
		a.stats.Away += d
	}
}

// updateDevice announces the agent's device state in every queue if it changed.
func (s *Server) updateDevice(a *agent) {
	s.account(a)
	state := a.base
	if state == ami.DeviceNotInUse {
		switch {
		case len(a.talks) > 0 && len(a.rings) > 0:
			state = ami.DeviceRingInUse
		case len(a.talks) > 0:
			state = ami.DeviceInUse
		case len(a.rings) > 0:
			state = ami.DeviceRinging
		}
	}
	if state == a.state {
		return
	}
	a.state = state
	for _, m := range a.watchers {
		m.queue.changed()
		s.memberEvent("QueueMemberStatus", m)
	}
}

// SetDevice sets the state that an agent's telephone has without calls, e.g.
// ami.DeviceUnavailable when it has lost its registration.
func (s *Server) SetDevice(iface string, state ami.DeviceState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.agents[iface]; a != nil {
		a.base = state
		s.updateDevice(a)
	}
}

// SetPaused pauses an agent in one queue, or in all if queue is "", and reports
// whether it is a member there.
func (s *Server) SetPaused(queue, iface string, paused bool, reason string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause(queue, iface, paused, reason)
}

func (s *Server) pause(queue, iface string, paused bool, reason string) bool {
	return s.eachMember(queue, iface, func(m *member) {
		m.paused, m.pausedReason = paused, reason
		if paused {
			m.lastPause = s.clock.Now()
		}
		m.queue.changed()
		s.account(m.agent)
		s.memberEvent("QueueMemberPause", m)
		if !paused {
			m.pausedReason = "" // the event has the reason of the end, too
		}
	})
}

// eachMember calls f with an agent's place in a queue, or in each if queue is
// "", and reports whether there is one.
func (s *Server) eachMember(queue, iface string, f func(*member)) bool {
	found := false
	if a := s.agents[iface]; a != nil {
		for _, m := range a.members {
			if queue == "" || m.queue.cfg.Name == queue {
				found = true
				f(m)
			}
		}
	}
	return found
}

// AddAgent makes an agent a dynamic member of a queue and reports whether there
// is such a queue, without it.
func (s *Server) AddAgent(queue string, m MemberConfig) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[queue]
	if q == nil || q.member(m.Interface) != nil {
		return false
	}
	s.addMember(q, m, "dynamic", "", false, "")
	return true
}

// RemoveAgent takes an agent out of a queue; a talk goes on.
func (s *Server) RemoveAgent(queue, iface string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[queue]
	if q == nil {
		return false
	}
	m := q.member(iface)
	if m == nil {
		return false
	}
	s.removeMember(m)
	return true
}
