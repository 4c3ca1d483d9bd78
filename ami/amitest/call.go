package amitest

import (
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// call is one Originate and the channels it has made.
type call struct {
	*Call                // outlives it
	request              originate
	first, second, trunk *channel // second is nil when no Local channel is used
	fate                 Fate
	phase                phase
	deadline             time.Time // of Originate's Timeout
	dialEnd              time.Time // of Dial()'s patience
	next                 *timer    // the far end's or the PBX's next step
	talkEnd              *timer    // the far end hangs up
	entry                *entry    // in a queue
	talk                 *talk     // with an agent
	seat                 *talk     // what an agent's redirected leg was in
	finished             chan bool // for a synchronous Originate: answered?
}

type phase int

const (
	dialing phase = iota
	ringing
	answered
	over
)

// legs are the live channels, agents' included.
func (c *call) legs() []*channel {
	all := make([]*channel, 0, 5)
	for _, l := range []*channel{c.first, c.second, c.trunk} {
		if l != nil {
			all = append(all, l)
		}
	}
	if c.talk != nil {
		all = append(all, c.talk.ch)
	}
	if c.entry != nil {
		for _, r := range c.entry.rings {
			all = append(all, r.ch)
		}
	}
	return all
}

// drawFate asks the plan what becomes of c.
func (s *Server) drawFate(c *call) {
	n := s.dialed[c.Number]
	s.dialed[c.Number]++
	c.fate = s.cfg.Plan(c.Number, n)
	c.Machine = c.fate.Machine
	if s.cfg.TrunkChannels > 0 && s.trunkInUse >= s.cfg.TrunkChannels {
		c.fate = Fate{Setup: c.fate.Setup, Cause: ami.CauseNormalCircuitCongestion}
	}
}

// atOnce reports whether the far end refuses c without ringing, and so fast that
// OriginateResponse may overtake the events of dialing.
func (c *call) atOnce() bool {
	return !c.request.unreachable && c.refusedUnrung() && c.fate.Setup <= 20*time.Millisecond
}

func (c *call) refusedUnrung() bool {
	return !c.fate.Answer && c.fate.Cause != 0 && c.fate.Ring == 0
}

// reach dials the far end: the trunk's channel exists and the fate is drawn.
func (s *Server) reach(c *call) {
	c.Reached = true
	s.trunkInUse++
	c.dialEnd = s.clock.Now().Add(s.dialTime(c))
	s.stepBefore(c, c.fate.Setup, func() {
		if c.refusedUnrung() {
			s.refuse(c)
		} else {
			s.ring(c)
		}
	})
}

// forEver is longer than any patience.
const forEver = 1000 * time.Hour

// stepBefore does f after d, unless Dial()'s or Originate's patience ends first.
func (s *Server) stepBefore(c *call, d time.Duration, f func()) {
	at := s.clock.Now().Add(d)
	if c.second != nil && !at.Before(c.dialEnd) {
		at, f = c.dialEnd, func() { s.dialTimeout(c) }
	}
	if !at.Before(c.deadline) {
		at, f = c.deadline, func() { s.originateTimeout(c) }
	}
	c.next = s.after(at.Sub(s.clock.Now()), f)
}

func (s *Server) ring(c *call) {
	c.phase = ringing
	c.Ringing = s.clock.Now()
	s.setState(c.trunk, ami.ChannelRinging)
	if c.second != nil {
		s.setState(c.first, ami.ChannelRinging)
		s.setCallerID(c.first, c.request.number)
		s.interleave(
			[]func(){func() { s.dialEvent("DialState", nil, c.first, "DialStatus", "RINGING") }},
			[]func(){func() { s.dialEvent("DialState", c.second, c.trunk, "DialStatus", "RINGING") }},
		)
	} else {
		s.dialEvent("DialState", nil, c.trunk, "DialStatus", "RINGING")
	}
	switch {
	case c.fate.Answer:
		s.stepBefore(c, c.fate.Ring, func() { s.answer(c) })
	case c.fate.Cause != 0:
		s.stepBefore(c, c.fate.Ring, func() { s.refuse(c) })
	default:
		s.stepBefore(c, forEver, nil)
	}
}

// answer connects the far end with the first leg and hands that to its
// destination. OriginateResponse comes from a thread of its own.
func (s *Server) answer(c *call) {
	c.phase = answered
	c.Answer = s.clock.Now()
	s.awaitHangup(c)
	s.setState(c.trunk, ami.ChannelUp)
	up := func() { s.setState(c.first, ami.ChannelUp) }
	dialEnd := func() { s.dialEvent("DialEnd", nil, c.first, "DialStatus", "ANSWER") }
	respond := []func(){func() { s.originateResponse(c, true, ami.ReasonAnswered) }}
	if c.second == nil {
		dialEnd()
		s.interleave(respond, []func(){func() { s.enter(c) }})
		return
	}
	s.dialEvent("DialEnd", c.second, c.trunk, "DialStatus", "ANSWER")
	s.setState(c.second, ami.ChannelUp)
	s.interleave(
		[]func(){func() { s.enterBridge(c.trunk, c.second) }},
		respond,
		[]func(){up, dialEnd, func() { s.enter(c) }},
	)
}

// awaitHangup lets the far end lose its patience, or end its talk.
func (s *Server) awaitHangup(c *call) {
	d := c.fate.Talk
	if c.fate.Patience > 0 {
		d = c.fate.Patience
	}
	if d > 0 {
		c.talkEnd = s.after(d, func() { s.contactHangsUp(c, ami.CauseNormalClearing, true) })
	}
}

// enter is the first leg's arrival at its destination.
func (s *Server) enter(c *call) {
	d := c.request.destination
	if c.request.app == "" {
		c.first.context, c.first.exten, c.first.priority = c.request.context, c.request.exten, 2
		c.first.app, c.first.appData = d.application()
	}
	if d.AMD {
		c.first.app, c.first.appData = "AMD", ""
		s.detect(c)
		return
	}
	s.proceed(c)
}

// proceed is the destination behind AMD.
func (s *Server) proceed(c *call) {
	d := c.request.destination
	if d.Queue != "" {
		if q := s.queues[d.Queue]; q != nil && s.join(q, c, d) {
			return
		}
	}
	c.next = s.after(d.Wait, func() { s.leaveDialplan(c) })
}

// leaveDialplan is the end of the first leg's destination, a queue without an
// agent in time included.
func (s *Server) leaveDialplan(c *call) {
	if c.entry != nil {
		s.abandon(c.entry)
	}
	cause := ami.CauseNotDefined
	if c.request.app == "" {
		// The lab's dialplan says Hangup() after Queue(); an application that
		// just ends leaves no cause.
		cause = ami.CauseNormalClearing
		s.hangupRequest("SoftHangupRequest", c.first, cause, 0)
	}
	s.firstLegEnds(c, cause, ami.CauseNormalClearing)
}

// finish is the end of a call's life; its channels' Hangups follow or went before.
func (s *Server) finish(c *call, cause ami.Cause) {
	if c.phase == over {
		return
	}
	c.phase = over
	c.End, c.Cause = s.clock.Now(), cause
	delete(s.live, c)
	s.cancel(c.next)
	s.cancel(c.talkEnd)
	if c.Reached {
		s.trunkInUse--
	}
	if c.seat != nil {
		s.leaveSeat(c.seat)
	}
}
