package campaign

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// compareEach is how often calls in flight are compared with Asterisk's
// channels, in case an event was lost.
const compareEach = 30 * time.Second

func (c *Core) askChannels(s *server) {
	s.askedAt, s.recheck = c.now, time.Time{}
	c.do(AskChannels{s.Name})
}

func (c *Core) compareChannels(s *server) {
	if !s.up || !s.askedAt.IsZero() {
		return
	}
	due := s.inFlight > 0 && c.now.Sub(s.checkedAt) >= compareEach
	if due || !s.recheck.IsZero() && !c.now.Before(s.recheck) {
		c.askChannels(s)
	}
}

// channelsSeen compares the calls in flight with what Asterisk has: a call that
// has no channel there has ended, even if nothing told.
func (c *Core) channelsSeen(ev ChannelsSeen) {
	s := c.servers[ev.Server]
	if s == nil {
		return
	}
	s.askedAt, s.checkedAt = time.Time{}, c.now
	byCall := map[string][]ami.Channel{}
	for _, ch := range ev.Channels {
		id := callID(ami.ChannelRef{Uniqueid: ch.Uniqueid, Linkedid: ch.Linkedid})
		if cl := c.calls[id]; cl != nil {
			byCall[id] = append(byCall[id], ch)
			c.move(cl, s)
		}
	}
	for _, cl := range c.sortedCalls() {
		if cl.server != s {
			continue
		}
		switch chs := byCall[cl.id()]; {
		case !cl.leg1Gone.IsZero() && !cl.without1():
			// It ended meanwhile and settles by itself.
		case len(chs) > 0:
			cl.missing = time.Time{}
			c.adopt(cl, chs, ev.Asked)
			c.tell(cl)
		case ev.Asked.Sub(cl.since) < settleLost && !cl.recovered:
			// Its Originate may not have been carried out yet.
			s.recheck = c.now.Add(settleLost)
		case cl.missing.IsZero() || ev.Asked.Sub(cl.missing) < settleGone:
			// A reply overtakes events: the Hangup may be on its way.
			if cl.missing.IsZero() {
				cl.missing = c.now
			}
			s.recheck = c.now.Add(settleGone)
		default:
			c.loseCall(cl)
		}
	}
}

// move books a call on the server that turned out to have it: a campaign may be
// configured for another one now than when the call was placed, or the server be
// called otherwise.
func (c *Core) move(cl *call, s *server) {
	if cl.server != s {
		cl.server.inFlight--
		s.inFlight++
		cl.server, cl.Attempt.Server = s, s.Name
		if cl.queue != nil {
			cl.queue = c.queue(s.Name, cl.queue.name)
		}
	}
}

// adopt takes over what the channels of a call show. After a restart they are
// all there is to know.
func (c *Core) adopt(cl *call, chs []ami.Channel, asked time.Time) {
	// What was made after the question is not in the answer.
	cl.channels = slices.DeleteFunc(cl.channels, func(ch channel) bool { return ch.since.Before(asked) })
	var leg1 *ami.Channel
	agent := ""
	for i, ch := range chs {
		cl.setChannel(ch.Uniqueid, c.now)
		switch {
		case ch.Uniqueid == cl.id():
			leg1 = &chs[i]
		case ch.Uniqueid == cl.id()+";2":
		case ch.Application == "AppDial":
			cl.trunk(ch.Uniqueid)
		case ch.Application == "AppQueue" && ch.State == ami.ChannelUp && ch.BridgeID != "":
			agent = cmp.Or(cl.Attempt.Agent, deviceOf(ch.Name)) // events tell the name
		}
	}
	if leg1 == nil {
		if agent != "" && cl.leg1Gone.IsZero() && len(cl.trunks) > 0 {
			// The trunk took its place.
			cl.answered(c.now)
			cl.queued(c.now)
			cl.connected(c.now, agent)
			cl.leg1Gone = c.now
		}
		return
	}
	cl.leg1 = leg1.Name
	defer c.hangUpCancelled(cl)
	switch leg1.State {
	case ami.ChannelUp:
		cl.answered(c.now)
	case ami.ChannelRinging:
		cl.ringing(c.now)
	}
	if leg1.Application == "Queue" {
		cl.queued(c.now)
	}
	if agent != "" && leg1.BridgeID != "" {
		cl.connected(c.now, agent)
	}
}

// deviceOf is the device of a channel: PJSIP/agent01 of PJSIP/agent01-0000002a.
func deviceOf(channel string) string {
	if i := strings.LastIndexByte(channel, '-'); i > 0 {
		return channel[:i]
	}
	return channel
}

// loseCall ends a call that is not in Asterisk any more and whose Hangup never
// came. What is not known is said to be unknown.
func (c *Core) loseCall(cl *call) {
	c.lost++
	outcome, cause, note := Unknown, cl.cause(), "the call was gone and no event told how it ended"
	if cl.recovered {
		note = "in flight when the daemon stopped; the call was gone when it came back"
	}
	switch {
	case !cl.Attempt.Connected.IsZero():
		outcome = Connected
	case cause != 0 || !cl.respondedAt.IsZero() && !cl.success:
		outcome, cause, note = cl.classify()
	}
	if !cl.missing.IsZero() {
		cl.leg1Gone = cl.missing // nearer to the end than now
	}
	c.noticeCall(slog.LevelWarn, cl.ref(), "a call ended unseen", slog.String("outcome", outcome.String()))
	c.finish(cl, outcome, cause, note)
}
