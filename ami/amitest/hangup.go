package amitest

import "github.com/dialcamp/dialcamp/ami"

// The ways in which a call ends. Which events come, and which before which, is
// as captured; the threads of Asterisk that have no order are interleaved.

// dialStatus is what Dial() makes of a cause.
func dialStatus(c ami.Cause) string {
	switch c {
	case ami.CauseUserBusy:
		return "BUSY"
	case ami.CauseNormalCircuitCongestion:
		return "CONGESTION"
	case ami.CauseNoRouteDestination, ami.CauseSubscriberAbsent:
		return "CHANUNAVAIL"
	}
	return "NOANSWER"
}

// refuse is the far end's refusal, before or after ringing.
func (s *Server) refuse(c *call) {
	cause, code := c.fate.Cause, 0
	if !c.request.iax {
		cause, code = throughSIP(cause)
	}
	s.hangupRequest("HangupRequest", c.trunk, cause, code)
	s.dialFails(c, dialStatus(cause), cause, code, cause)
}

// dialTimeout is the end of Dial()'s patience. The dialplan's
// Hangup(${HANGUPCAUSE}) has no cause to pass on, so the other legs get 16.
func (s *Server) dialTimeout(c *call) {
	s.dialFails(c, "NOANSWER", ami.CauseNotDefined, 0, ami.CauseNormalClearing)
}

// dialFails ends a call that was not answered, from the trunk's side: status
// is what becomes of Dial(), cause what the other legs get.
func (s *Server) dialFails(c *call, status string, trunkCause ami.Cause, tech int, cause ami.Cause) {
	s.finish(c, trunkCause)
	respond := func() { s.originateResponse(c, false, ami.ReasonFailure) }
	if c.second == nil {
		s.interleave(
			[]func(){respond},
			[]func(){
				func() { s.dialEvent("DialEnd", nil, c.trunk, "DialStatus", status) },
				func() { s.hangup(c.trunk, trunkCause, tech) },
			})
		return
	}
	s.dialEvent("DialEnd", c.second, c.trunk, "DialStatus", status)
	s.interleave(
		[]func(){func() { s.hangup(c.trunk, trunkCause, tech) }},
		[]func(){respond},
		[]func(){
			func() { s.hangupRequest("SoftHangupRequest", c.second, ami.CauseNormalClearing, 0) },
			func() { s.hangupRequest("HangupRequest", c.first, cause, 0) },
			func() {
				s.interleave(
					[]func(){func() { s.hangup(c.second, cause, 0) }},
					[]func(){
						func() { s.dialEvent("DialEnd", nil, c.first, "DialStatus", dialStatus(cause)) },
						func() { s.hangup(c.first, cause, 0) },
					})
			},
		})
}

// originateTimeout is the end of Originate's patience: the first leg goes, and
// takes the others with it.
func (s *Server) originateTimeout(c *call) {
	s.cancelDial(c, ami.CauseNoAnswer, ami.ReasonNoAnswer, false)
}

// cancelDial ends a call that was not answered, from the first leg's side.
func (s *Server) cancelDial(c *call, cause ami.Cause, reason ami.OriginateReason, dialEnd bool) {
	trunkCause, tech := cause, sipCodes[cause]
	if cause == ami.CauseNotDefined {
		trunkCause = ami.CauseNormalClearing
	}
	s.finish(c, trunkCause)
	firstEnds := []func(){func() { s.hangup(c.first, cause, 0) }}
	if dialEnd {
		firstEnds = append([]func(){func() { s.dialEvent("DialEnd", nil, c.first, "DialStatus", "NOANSWER") }}, firstEnds...)
	}
	respond := []func(){func() { s.originateResponse(c, false, reason) }}
	if c.second == nil {
		s.interleave(respond, firstEnds)
		return
	}
	s.hangupRequest("HangupRequest", c.second, cause, 0)
	s.interleave(firstEnds, respond, []func(){
		func() { s.dialEvent("DialEnd", c.second, c.trunk, "DialStatus", "CANCEL") },
		func() { s.hangupRequest("SoftHangupRequest", c.second, ami.CauseNormalClearing, 0) },
		func() {
			s.interleave(
				[]func(){func() { s.hangup(c.second, cause, 0) }},
				[]func(){func() { s.hangup(c.trunk, trunkCause, tech) }})
		},
	})
}

// contactHangsUp ends an answered call from the trunk's side.
func (s *Server) contactHangsUp(c *call, cause ami.Cause, request bool) {
	s.finish(c, cause)
	if request {
		s.hangupRequest("HangupRequest", c.trunk, cause, 0)
	}
	s.farSideEnds(c, cause, ami.CauseNormalClearing)
}

// farSideEnds hangs up the trunk, then the rest with cause.
func (s *Server) farSideEnds(c *call, cause, trunkCause ami.Cause) {
	if c.second == nil {
		s.callerEnds(c, cause)
		return
	}
	s.interleave(
		[]func(){func() { s.hangup(c.trunk, trunkCause, 0) }},
		[]func(){
			func() { s.hangupRequest("SoftHangupRequest", c.second, ami.CauseNormalClearing, 0) },
			func() { s.hangupRequest("HangupRequest", c.first, cause, 0) },
			func() {
				s.interleave(
					[]func(){func() { s.hangup(c.second, cause, 0) }},
					[]func(){func() { s.callerEnds(c, cause) }})
			},
		})
}

// lateComplete is the share of talks whose AgentComplete has neither channel:
// app_queue looks for them when it hears of the hangup, and under load both have
// gone by then.
const lateComplete = 0.02

// callerEnds is the end of the first leg because its other half has gone: the
// queue notices first.
func (s *Server) callerEnds(c *call, cause ami.Cause) {
	var agentEnds []func()
	t, late := c.talk, s.chance(lateComplete)
	if t != nil {
		agentEnds = []func(){func() { s.agentLegEnds(t, cause, 0) }}
	}
	switch {
	case c.entry != nil:
		s.abandon(c.entry)
	case t != nil && late:
		s.bookTalk(t)
	case t != nil:
		s.completeTalk(t, "caller")
	}
	s.interleave([]func(){
		func() { s.hangupRequest("SoftHangupRequest", c.first, ami.CauseNormalClearing, 0) },
		func() { s.hangup(c.first, cause, 0) },
	}, agentEnds)
	if t != nil && late {
		s.agentComplete(t, "caller")
	}
}

// firstLegEnds ends an answered call from the first leg's side: its destination
// is done with it, or somebody hung it up.
func (s *Server) firstLegEnds(c *call, cause, otherCause ami.Cause) {
	s.finish(c, ami.CauseNormalClearing)
	t := c.talk
	if c.entry != nil {
		s.abandon(c.entry)
	}
	if c.second != nil {
		s.hangupRequest("HangupRequest", c.second, cause, 0)
	}
	s.hangup(c.first, cause, 0)
	var agentEnds []func()
	if t != nil {
		agentEnds = []func(){func() { s.agentLegEnds(t, otherCause, sipCodes[otherCause]) }}
		if s.chance(lateComplete) {
			s.bookTalk(t)
			agentEnds = append(agentEnds, func() { s.agentComplete(t, "caller") })
		} else {
			s.completeTalk(t, "caller")
		}
	}
	if c.second == nil {
		s.interleave(agentEnds)
		return
	}
	s.interleave(agentEnds, []func(){
		func() { s.hangupRequest("SoftHangupRequest", c.second, ami.CauseNormalClearing, 0) },
		func() { s.hangup(c.second, otherCause, 0) },
	}, []func(){func() { s.hangup(c.trunk, ami.CauseNormalClearing, 0) }})
}

// agentHangsUp ends a talk from the agent's side. Asterisk takes whoever's
// Hangup it sees first for the one who ended it.
func (s *Server) agentHangsUp(t *talk, cause ami.Cause) {
	c := t.call
	if s.chance(0.5) {
		s.finish(c, ami.CauseNormalClearing)
		s.completeTalk(t, "agent")
		s.agentLegEnds(t, cause, 0)
		s.leaveDialplan(c)
		return
	}
	s.hangupRequest("SoftHangupRequest", c.first, ami.CauseNormalClearing, 0)
	s.firstLegEnds(c, ami.CauseNormalClearing, ami.CauseNormalClearing)
}

// hangUp is a Hangup action on one channel; cause 0 is none.
func (s *Server) hangUp(ch *channel, cause ami.Cause) {
	c := ch.call
	if c == nil || c.phase == over {
		return
	}
	other := cause
	if other == ami.CauseNotDefined {
		other = ami.CauseNormalClearing
	}
	if ring := c.ringOf(ch); ring != nil {
		s.ringEnds(ring, cause)
		return
	}
	switch {
	case c.talk != nil && ch == c.talk.ch:
		s.agentHangsUp(c.talk, other)
	case ch == c.first && c.phase == answered:
		s.hangUpFirst(c, cause, other)
	case c.phase == answered:
		s.contactHangsUp(c, other, false)
	case ch == c.first:
		s.cancelDial(c, cause, ami.ReasonFailure, true)
	case ch == c.second:
		s.dialFails(c, "CANCEL", other, sipCodes[cause], cause)
	default:
		s.dialFails(c, dialStatus(cause), cause, sipCodes[cause], other)
	}
}

// hangUpFirst is a Hangup action on the first leg of an answered call.
func (s *Server) hangUpFirst(c *call, cause, other ami.Cause) {
	if t := c.talk; t != nil {
		s.hangupRequest("SoftHangupRequest", c.first, ami.CauseNormalClearing, 0)
		cause = other
		if t.bridge.index >= 0 {
			// The agent's phone goes first, and AgentComplete comes without it.
			s.bookTalk(t)
			s.agentLegEnds(t, ami.CauseNormalClearing, 0)
			s.agentComplete(t, "caller")
		}
	}
	s.firstLegEnds(c, cause, other)
}
