package amitest

import (
	"strconv"

	"github.com/dialcamp/dialcamp/ami"
)

// actRedirect sends a channel to another extension, and with ExtraChannel a
// second one, to the same or to its own.
func (s *Server) actRedirect(c *session, r *request) {
	name, extra := r.get("Channel"), r.get("ExtraChannel")
	if problem := checkRedirect(r); problem != "" {
		c.fail(r, problem)
		return
	}
	ch := s.find(name)
	if ch == nil {
		c.fail(r, "Channel does not exist: "+name)
		return
	}
	context, exten := r.get("Context"), r.get("Exten")
	if extra == "" {
		c.success(r, "Redirect successful")
		s.redirect(ch, context, exten)
		return
	}
	other := s.find(extra)
	if other == nil {
		c.fail(r, "ExtraChannel does not exist: "+extra)
		return
	}
	c.success(r, "Dual Redirect successful")
	context2, exten2 := context, exten
	if r.get("ExtraContext") != "" {
		context2, exten2 = r.get("ExtraContext"), r.get("ExtraExten")
	}
	talk := ch.call.talk
	both := talk != nil && (ch == talk.ch || other == talk.ch)
	if both && ch == talk.ch {
		// The agent first: the caller would end the talk, and take the agent along.
		ch, context, exten, other, context2, exten2 = other, context2, exten2, ch, context, exten
	}
	if both {
		s.redirectAgent(talk, context2, exten2, true)
	} else {
		s.redirect(other, context2, exten2)
	}
	if s.lives(ch) {
		s.redirect(ch, context, exten)
	}
}

// checkRedirect says what is missing, in Asterisk's words and order.
func checkRedirect(r *request) string {
	for _, key := range [...]string{"Channel", "Context", "Exten", "Priority"} {
		if r.get(key) == "" {
			return key + " not specified"
		}
	}
	// A label would do too, but there are none in this dialplan.
	if n, err := strconv.Atoi(r.get("Priority")); err != nil || n < 1 {
		return "Priority is invalid"
	}
	if r.get("ExtraChannel") == "" || r.get("ExtraContext") == "" {
		return ""
	}
	for _, key := range [...]string{"ExtraExten", "ExtraPriority"} {
		if r.get(key) == "" {
			return key + " not specified"
		}
	}
	if n, err := strconv.Atoi(r.get("ExtraPriority")); err != nil || n < 1 {
		return "ExtraPriority is invalid"
	}
	return ""
}

// redirect takes ch out of whatever it does. Whoever it was connected with is
// hung up, as Dial() and Queue() do when they lose a side.
func (s *Server) redirect(ch *channel, context, exten string) {
	c := ch.call
	if c == nil || c.phase != answered {
		return
	}
	switch {
	case c.talk != nil && ch == c.talk.ch:
		s.redirectAgent(c.talk, context, exten, false)
		return
	case ch == c.first:
		if c.entry != nil {
			s.abandon(c.entry)
		}
		if c.talk != nil {
			c.talk.owe()
			s.bookTalk(c.talk)
			s.agentLegEnds(c.talk, ami.CauseNormalClearing, 0)
		}
	case ch == c.trunk:
		s.dropLocal(c)
	default:
		return
	}
	s.goTo(c, context, exten)
}

// goTo runs the dialplan for c's first leg from an extension on. Where there is
// none, it is hung up.
func (s *Server) goTo(c *call, context, exten string) {
	s.cancel(c.next)
	o := &c.request
	o.app, o.data, o.context, o.exten = "", "", context, exten
	c.first.context, c.first.exten, c.first.priority = context, exten, 1
	d, ok := s.cfg.Destination(context, exten)
	if !ok {
		s.leaveDialplan(c)
		return
	}
	o.destination = d
	s.enter(c)
}

// dropLocal hangs up both halves of a Local channel, whose trunk goes on alone.
func (s *Server) dropLocal(c *call) {
	if c.second == nil {
		return
	}
	s.leaveBridge(c.trunk)
	s.hangupRequest("SoftHangupRequest", c.second, ami.CauseNormalClearing, 0)
	s.hangupRequest("HangupRequest", c.first, ami.CauseNormalClearing, 0)
	s.hangup(c.second, ami.CauseNormalClearing, 0)
	s.callerEnds(c, ami.CauseNormalClearing)
	c.first, c.second = c.trunk, nil
}

// redirectAgent gives the agent's leg of a talk a life of its own. The caller is
// hung up, unless it is redirected too.
func (s *Server) redirectAgent(t *talk, context, exten string, keepCaller bool) {
	c := t.call
	t.owe()
	s.bookTalk(t)
	if t.ch.bridge != "" {
		s.leaveBridge(t.ch)
	}
	c.talk = nil
	if !keepCaller {
		s.hangupRequest("SoftHangupRequest", c.first, ami.CauseNormalClearing, 0)
		s.firstLegEnds(c, ami.CauseNormalClearing, ami.CauseNormalClearing)
	}
	own := &call{
		Call:  &Call{Channel: t.ch.name, ChannelID: t.ch.uniqueid, Start: t.began, Answer: t.began, Responded: true},
		first: t.ch, trunk: t.ch, phase: answered, seat: t,
	}
	t.ch.call = own
	s.live[own] = struct{}{}
	s.goTo(own, context, exten)
}
