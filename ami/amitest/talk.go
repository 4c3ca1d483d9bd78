package amitest

import (
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// ring is a member's phone that rings for a caller.
type ring struct {
	entry  *entry
	member *member
	ch     *channel
	began  time.Time
	timer  *timer
}

// settling is how long a talk takes from AgentConnect until its bridge stands.
const settling = 5 * time.Millisecond

// talk is an agent and a caller connected.
type talk struct {
	call   *call
	member *member
	ch     *channel
	began  time.Time
	hold   int
	bridge *timer // they hear each other
	limit  *timer // the agent hangs up
}

func (c *call) ringOf(ch *channel) *ring {
	if c.entry == nil {
		return nil
	}
	for _, r := range c.entry.rings {
		if r.ch == ch {
			return r
		}
	}
	return nil
}

func (s *Server) ringMember(e *entry, m *member) {
	c, a := e.call, m.agent
	peer := a.cfg.Interface[strings.IndexByte(a.cfg.Interface, '/')+1:]
	r := &ring{entry: e, member: m, began: s.clock.Now(), ch: &channel{
		name: s.pjsipName(peer), linkedid: c.first.linkedid, account: c.first.account,
		context: "from-agent", exten: c.first.exten, call: c, app: "AppQueue", appData: "(Outgoing Line)",
	}}
	s.newChannel(r.ch)
	r.ch.callerNum, r.ch.lineNum = c.first.exten, c.Number
	e.rings = append(e.rings, r)
	a.ringing = r
	s.agentEvent("AgentCalled", r.member, c.first, r.ch, nil)
	s.dialEvent("DialBegin", c.first, r.ch, "DialString", a.cfg.Interface)
	s.setState(r.ch, ami.ChannelRinging)
	s.interleave(
		[]func(){func() { s.dialEvent("DialState", c.first, r.ch, "DialStatus", "RINGING") }},
		[]func(){func() { s.updateDevice(a) }})
	if timeout := e.queue.cfg.Timeout; a.cfg.Ring >= timeout || s.chance(a.cfg.NoAnswer) {
		r.timer = s.after(timeout, func() { s.ringNoAnswer(r) })
	} else {
		r.timer = s.after(a.cfg.Ring, func() { s.connect(r) })
	}
}

// ringNoAnswer gives a member up; the caller looks for another after the
// queue's retry time.
func (s *Server) ringNoAnswer(r *ring) {
	e := r.entry
	s.agentEvent("AgentRingNoAnswer", r.member, e.call.first, r.ch, func() {
		s.putInt("RingTime", int(s.clock.Now().Sub(r.began).Milliseconds()))
	})
	s.dialEvent("DialEnd", e.call.first, r.ch, "DialStatus", "NOANSWER")
	s.cancelRing(r, ami.CauseNotDefined)
	if len(e.rings) == 0 {
		e.notBefore = s.clock.Now().Add(e.queue.cfg.Retry)
		s.after(e.queue.cfg.Retry, func() { s.serve(e.queue) })
	}
}

// giveUp stops a phone's ringing because its caller has gone; app_queue says so
// twice.
func (s *Server) giveUp(r *ring) {
	s.dialEvent("DialEnd", r.entry.call.first, r.ch, "DialStatus", "CANCEL")
	s.cancelRing(r, ami.CauseNotDefined)
}

// cancelRing stops a phone's ringing.
func (s *Server) cancelRing(r *ring, cause ami.Cause) {
	s.cancel(r.timer)
	s.dialEvent("DialEnd", r.entry.call.first, r.ch, "DialStatus", "CANCEL")
	s.hangup(r.ch, cause, sipCodes[cause])
	s.dropRing(r)
	s.updateDevice(r.member.agent)
	s.agentFreed(r.member.agent)
}

func (s *Server) dropRing(r *ring) {
	e := r.entry
	e.rings = slices.DeleteFunc(e.rings, func(o *ring) bool { return o == r })
	r.member.agent.ringing = nil
}

// connect is a member's answer.
func (s *Server) connect(r *ring) {
	e, m, a := r.entry, r.member, r.member.agent
	c, q := e.call, e.queue
	s.dropRing(r)
	for len(e.rings) > 0 {
		s.cancelRing(e.rings[0], ami.CauseAnsweredElsewhere)
	}
	now := s.clock.Now()
	t := &talk{call: c, member: m, ch: r.ch, began: now, hold: s.secondsSince(e.joined)}
	s.setState(r.ch, ami.ChannelUp)
	s.dialEvent("DialEnd", c.first, r.ch, "DialStatus", "ANSWER")
	s.leave(e)
	c.talk, a.talking = t, t
	c.Connected, c.Agent = now, a.cfg.Interface
	m.inCall = true
	q.holdTime = average(q.holdTime, t.hold)
	if sl := q.cfg.ServiceLevel; now.Sub(e.joined) <= sl {
		q.inTime++
	}
	s.agentEvent("AgentConnect", m, c.first, r.ch, func() {
		s.putInt("HoldTime", t.hold)
		s.putInt("RingTime", s.secondsSince(r.began))
	})
	s.updateDevice(a)
	t.bridge = s.after(settling, func() { s.enterBridge(t.ch, c.first) })
	if f := c.fate; f.Patience > 0 {
		// From now on it is talk, not patience, that ends the call.
		s.cancel(c.talkEnd)
		if f.Talk > 0 {
			c.talkEnd = s.after(f.Talk, func() { s.contactHangsUp(c, ami.CauseNormalClearing, true) })
		}
	}
	limit := a.cfg.TalkLimit
	if c.fate.AgentTalk > 0 {
		limit = c.fate.AgentTalk
	}
	if limit > 0 {
		t.limit = s.after(limit, func() { s.agentHangsUp(t, ami.CauseNormalClearing) })
	}
}

// completeTalk ends the queue's part in a talk. AgentComplete does not have a
// channel that has gone before: caller or agent is then nil.
func (s *Server) completeTalk(t *talk, reason string, caller, agent *channel) {
	m, q := t.member, t.member.queue
	seconds := s.secondsSince(t.began)
	s.cancel(t.limit)
	s.cancel(t.bridge)
	m.calls++
	m.inCall = false
	m.lastCall = s.clock.Now()
	m.agent.stats.Calls++
	m.agent.wrapEnd = m.lastCall.Add(m.wrapupTime())
	q.completed++
	q.talkTime = average(q.talkTime, seconds)
	s.agentEvent("AgentComplete", m, caller, agent, func() {
		s.putInt("HoldTime", t.hold)
		s.putInt("TalkTime", seconds)
		s.put("Reason", reason)
	})
}

// agentLegEnds hangs up the agent's phone, after which the agent is free.
func (s *Server) agentLegEnds(t *talk, cause ami.Cause, tech int) {
	a := t.member.agent
	s.hangup(t.ch, cause, tech)
	t.call.talk, a.talking = nil, nil
	s.updateDevice(a)
	s.agentFreed(a)
}

// agentEvent is one of the Agent… events; more puts what only it has.
func (s *Server) agentEvent(event string, m *member, caller, ch *channel, more func()) {
	if !s.begin(classAgent, event) {
		return
	}
	if caller != nil {
		s.putChannel("", caller)
	}
	if ch != nil {
		s.putChannel("Dest", ch)
	}
	s.put("Queue", m.queue.cfg.Name)
	s.put("Interface", m.agent.cfg.Interface)
	s.put("MemberName", m.name)
	if more != nil {
		more()
	}
	s.end(classAgent)
}
