package amitest

import (
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// ring is a member's phone that rings for a caller.
type ring struct {
	entry   *entry
	member  *member
	ch      *channel
	answers bool   // sooner or later
	timer   *timer // the agent's hand is on its way
}

// settling is how long a talk takes from AgentConnect until its bridge stands.
const settling = 5 * time.Millisecond

// talk is an agent and a caller connected.
type talk struct {
	call   *call
	caller *channel
	member *member
	ch     *channel
	began  time.Time
	inTime bool // answered within the service level
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
	r := &ring{entry: e, member: m, ch: &channel{
		name: s.pjsipName(peer), linkedid: c.first.linkedid, account: c.first.account,
		context: "from-outside", exten: c.first.exten, call: c, app: "AppQueue", appData: "(Outgoing Line)",
	}}
	s.newChannel(r.ch)
	r.ch.callerNum, r.ch.lineNum = c.first.exten, c.Number
	e.rings = append(e.rings, r)
	a.rings = append(a.rings, r)
	s.agentEvent("AgentCalled", r.member, c.first, r.ch, nil)
	s.dialEvent("DialBegin", c.first, r.ch, "DialString", a.cfg.Interface)
	if s.chance(a.cfg.Refuse) {
		s.updateDevice(a)
		r.timer = s.after(settling, func() { s.ringEnds(r, ami.CauseUserBusy) })
		return
	}
	s.setState(r.ch, ami.ChannelRinging)
	s.interleave(
		[]func(){func() { s.dialEvent("DialState", c.first, r.ch, "DialStatus", "RINGING") }},
		[]func(){func() { s.updateDevice(a) }})
	r.answers = a.cfg.Ring < e.patience && !s.chance(a.cfg.NoAnswer)
	s.attend(a)
}

// attend lets an agent who is not in a talk reach for the phone, for who has
// rung longest.
func (s *Server) attend(a *agent) {
	if len(a.talks) > 0 {
		return
	}
	for _, r := range a.rings {
		if r.timer != nil {
			return
		}
		if r.answers {
			r.timer = s.after(a.cfg.Ring, func() { s.connect(r) })
			return
		}
	}
}

// noAnswer is rna: a member was rung for nothing.
func (s *Server) noAnswer(r *ring, rang time.Duration) {
	s.agentEvent("AgentRingNoAnswer", r.member, r.entry.call.first, r.ch, func() {
		s.putInt(s.timeKey("Ring"), int(rang.Milliseconds()))
	})
}

// ringEnds is the end of a phone's ringing from its own side. The caller rings
// the next member, if there is time enough left of its try.
func (s *Server) ringEnds(r *ring, cause ami.Cause) {
	e := r.entry
	if cause == ami.CauseUserBusy {
		s.hangupRequest("HangupRequest", r.ch, cause, sipCodes[cause])
	}
	s.dialEvent("DialEnd", e.call.first, r.ch, "DialStatus", "NOANSWER")
	s.noAnswer(r, time.Duration(s.secondsSince(e.began))*time.Second)
	s.hangup(r.ch, cause, sipCodes[cause])
	s.dropRing(r)
	if len(e.rings) > 0 {
		return
	}
	left := e.patience - s.clock.Now().Sub(e.began)
	if e.queue.strategy != ringall && left <= 500*time.Millisecond || !s.ringNext(e) {
		s.tryFails(e)
	}
}

// stopRings gives up whoever rings for e, which app_queue says twice.
func (s *Server) stopRings(e *entry, status string) {
	for _, r := range e.rings {
		s.dialEvent("DialEnd", e.call.first, r.ch, "DialStatus", status)
	}
	s.cancelRings(e, ami.CauseNotDefined)
}

func (s *Server) cancelRings(e *entry, cause ami.Cause) {
	for len(e.rings) > 0 {
		r := e.rings[0]
		s.dialEvent("DialEnd", e.call.first, r.ch, "DialStatus", "CANCEL")
		s.hangup(r.ch, cause, sipCodes[cause])
		s.dropRing(r)
	}
}

// dropRing lets r's phone be.
func (s *Server) dropRing(r *ring) {
	e, a := r.entry, r.member.agent
	s.cancel(r.timer)
	e.rings = slices.DeleteFunc(e.rings, func(o *ring) bool { return o == r })
	a.rings = slices.DeleteFunc(a.rings, func(o *ring) bool { return o == r })
	s.updateDevice(a)
	s.attend(a)
}

// connect is a member's answer.
func (s *Server) connect(r *ring) {
	e, m, a := r.entry, r.member, r.member.agent
	c, q := e.call, e.queue
	now := s.clock.Now()
	t := &talk{call: c, caller: c.first, member: m, ch: r.ch, began: now, hold: s.secondsSince(e.joined)}
	t.inTime = t.hold <= int(q.cfg.ServiceLevel/time.Second)
	e.rings = slices.DeleteFunc(e.rings, func(o *ring) bool { return o == r })
	a.rings = slices.DeleteFunc(a.rings, func(o *ring) bool { return o == r })
	a.talks = append(a.talks, t)
	s.setState(r.ch, ami.ChannelUp)
	s.dialEvent("DialEnd", c.first, r.ch, "DialStatus", "ANSWER")
	s.rememberTurn(e)
	if q.stats.completed+q.stats.abandoned == 0 {
		q.stats.holdTime = t.hold
	} else {
		q.stats.holdTime = average(q.stats.holdTime, t.hold)
	}
	s.cancelRings(e, ami.CauseAnsweredElsewhere)
	s.leave(e)
	c.talk = t
	c.Connected, c.Agent = now, a.cfg.Interface
	m.inCall = true
	s.agentEvent("AgentConnect", m, c.first, r.ch, func() {
		s.putInt(s.timeKey("Hold"), t.hold)
		if s.release <= release11 {
			s.put("BridgedChannel", r.ch.uniqueid)
		}
		s.putInt(s.timeKey("Ring"), int(now.Sub(e.began)/time.Second))
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

// completeTalk ends the queue's part in a talk.
func (s *Server) completeTalk(t *talk, reason string) {
	s.bookTalk(t)
	s.agentComplete(t, reason)
}

func (s *Server) agentComplete(t *talk, reason string) {
	s.agentEvent("AgentComplete", t.member, t.caller, t.ch, func() {
		s.putInt("HoldTime", t.hold)
		s.putInt("TalkTime", s.secondsSince(t.began))
		s.put("Reason", reason)
	})
}

// owe puts AgentComplete off until one of a talk's legs, which were redirected,
// is asked to hang up: that is what app_queue listens for.
func (t *talk) owe() { t.caller.owed, t.ch.owed = t, t }

func (s *Server) completeOwed(ch *channel) {
	t := ch.owed
	if t == nil {
		return
	}
	t.caller.owed, t.ch.owed = nil, nil
	reason := "caller"
	if ch == t.ch {
		reason = "agent"
	}
	s.agentComplete(t, reason)
}

// bookTalk makes the talk count: update_queue.
func (s *Server) bookTalk(t *talk) {
	m, q, a := t.member, t.member.queue, t.member.agent
	s.cancel(t.limit)
	s.cancel(t.bridge)
	now := s.clock.Now()
	m.inCall = false
	for _, o := range a.members {
		if o == m || s.cfg.SharedLastCall {
			o.calls++
			o.lastCall, o.lastQueue = now.Unix(), q
		}
	}
	a.stats.Calls++
	a.wrapEnd = now.Add(m.wrapupTime(q))
	seconds := s.secondsSince(t.began)
	if q.stats.completed++; q.stats.completed == 1 {
		q.stats.talkTime = seconds
	} else {
		q.stats.talkTime = average(q.stats.talkTime, seconds)
	}
	if t.inTime {
		q.stats.completedInTime++
	}
}

// agentLegEnds hangs up the agent's phone, after which the agent is free.
func (s *Server) agentLegEnds(t *talk, cause ami.Cause, tech int) {
	s.hangup(t.ch, cause, tech)
	t.call.talk = nil
	s.leaveSeat(t)
}

// leaveSeat frees the agent of a talk.
func (s *Server) leaveSeat(t *talk) {
	a := t.member.agent
	a.talks = slices.DeleteFunc(a.talks, func(o *talk) bool { return o == t })
	s.updateDevice(a)
	s.attend(a)
}

// agentEvent is one of the Agent… events, about a caller and the channel to a
// member; more puts what only it has. A channel that has gone is left out.
func (s *Server) agentEvent(event string, m *member, caller, ch *channel, more func()) {
	if s.release <= release11 {
		s.oldAgentEvent(event, m, caller, ch, more)
		return
	}
	if !s.begin(classAgent, event) {
		return
	}
	if s.lives(caller) {
		s.putChannel("", caller)
	}
	if s.lives(ch) {
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
