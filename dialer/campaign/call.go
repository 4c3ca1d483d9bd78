package campaign

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// How long a call is waited for after the event that should be its last.
const (
	// settleGone: ;1 is gone; the other legs' Hangups and OriginateResponse
	// follow within milliseconds unless an event was lost.
	settleGone = 3 * time.Second
	// settleLost: no channel of the call was found; an Originate may still be
	// on its way into Asterisk.
	settleLost = 5 * time.Second
)

type phase uint8

const (
	phaseOriginated phase = iota
	phaseRinging
	phaseAnswered
	phaseQueued  // waits in the queue
	phaseOffered // an agent's phone rings for it
	phaseTalking
)

func (p phase) String() string {
	return [...]string{"originated", "ringing", "answered", "queued", "offered", "talking"}[p]
}

// call is an attempt in flight and what is known of it. Events come in any
// order, so each fact is kept on its own and the whole is judged at the end.
type call struct {
	Claim
	campaign  *campaign
	server    *server
	since     time.Time // when this process learnt of it
	recovered bool
	missing   time.Time // Asterisk has had no channel of it since; zero: it has

	phase    phase
	queuedAt time.Time
	channels map[string]string // live ones, Uniqueid → name
	leg1     string            // name of ;1, "" while unknown
	leg1Gone time.Time         // zero: not gone, as far as we know
	trunks   []string          // Uniqueids of the legs that Dial() made towards the contact

	originated bool // OriginateResponse came
	success    bool
	reason     ami.OriginateReason

	causeTrunk, cause2, cause1 ami.Cause
	dialStatus                 string
	contactLeft                bool // the contact's side hung up first
	queueLeft                  bool // the queue's side ended first
	cancelled                  bool
}

func (cl *call) id() string { return cl.Attempt.ID }

func (cl *call) advance(p phase) {
	if p > cl.phase || p == phaseQueued && cl.phase == phaseOffered {
		cl.phase = p
	}
}

// callID maps the Linkedid or Uniqueid of an event to the attempt's id: the ;2
// leg of a Local channel is called id;2.
func callID(ref ami.ChannelRef) string {
	id := ref.Linkedid
	if id == "" {
		id = ref.Uniqueid
	}
	id, _, _ = strings.Cut(id, ";")
	return id
}

// amiEvent applies an event of the manager to the call or queue it is about.
func (c *Core) amiEvent(ev AMI) {
	switch e := ev.Event.(type) {
	case *ami.QueueMemberChange:
		c.memberChanged(ev.Server, e)
	case *ami.OriginateResponse:
		// A second Originate with a live ChannelId fails with that ChannelId in
		// Uniqueid: only the ActionID tells whose response it is.
		if cl := c.find(e.ActionID); cl != nil {
			cl.originateResponse(e)
			c.after(cl)
		}
	case *ami.Newchannel:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.newChannel(e.ChannelRef)
			if cl.cancelled {
				c.cancel(cl)
			}
		}
	case *ami.Newstate:
		if cl := c.find(callID(e.ChannelRef)); cl != nil && e.Uniqueid == cl.id() {
			switch e.State {
			case ami.ChannelRinging:
				cl.ringing(c.now)
			case ami.ChannelUp:
				cl.answered(c.now)
			}
		}
	case *ami.DialBegin:
		if cl := c.find(callID(e.Dest)); cl != nil && e.Uniqueid == cl.id()+";2" {
			cl.trunk(e.Dest.Uniqueid)
		}
	case *ami.DialState:
		if cl := c.find(callID(e.Dest)); cl != nil && e.Status == "RINGING" && cl.phase < phaseAnswered {
			cl.ringing(c.now)
		}
	case *ami.DialEnd:
		if cl := c.find(callID(e.Dest)); cl != nil && e.Uniqueid != cl.id() {
			// The dial of ;1 itself is the queue ringing an agent.
			cl.dialEnd(e, c.now)
		}
	case *ami.QueueCallerJoin:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.answered(c.now)
			cl.queued(c.now)
			c.dirty(ev.Server, e.Queue)
		}
	case *ami.QueueCallerLeave:
		c.dirty(ev.Server, e.Queue)
	case *ami.QueueCallerAbandon:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.answered(c.now)
			cl.queued(c.now)
			if !cl.contactLeft {
				cl.queueLeft = true // unless the contact's leg shows otherwise
			}
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.AgentCalled:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.answered(c.now)
			cl.queued(c.now)
			cl.advance(phaseOffered)
		}
	case *ami.AgentRingNoAnswer:
		if cl := c.find(callID(e.ChannelRef)); cl != nil && cl.phase == phaseOffered {
			cl.phase = phaseQueued
		}
	case *ami.AgentConnect:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.answered(c.now)
			cl.queued(c.now)
			cl.connected(c.now, agentName(e.MemberName, e.Interface))
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.AgentComplete:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			if cl.Attempt.Connected.IsZero() {
				// AgentConnect was lost; its time follows from the talk time.
				cl.answered(c.now)
				cl.connected(c.now.Add(-e.TalkTime), agentName(e.MemberName, e.Interface))
			}
			c.after(cl)
		}
		c.wrapUp(ev.Server, e.Queue, e.Interface)
	case *ami.HangupRequest:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.hangupRequest(e)
		}
	case *ami.HangupEvent:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.hungUp(e, c.now)
			c.after(cl)
		}
	}
}

func agentName(name, iface string) string {
	if name != "" {
		return name
	}
	return iface
}

// find returns the live call of an id. An event of a call already settled is
// counted: nothing may follow the end.
func (c *Core) find(id string) *call {
	cl := c.calls[id]
	if cl == nil && id != "" && c.ended.has(id) {
		c.late++
	}
	return cl
}

// after settles cl if nothing more can come.
func (c *Core) after(cl *call) {
	if cl.settled(c.now) {
		c.settle(cl)
	}
}

func (cl *call) newChannel(ref ami.ChannelRef) {
	cl.channels[ref.Uniqueid] = ref.Channel
	switch ref.Uniqueid {
	case cl.id():
		cl.leg1 = ref.Channel
	case cl.id() + ";2":
	default:
		if cl.phase < phaseAnswered {
			cl.trunk(ref.Uniqueid)
		}
	}
}

func (cl *call) trunk(uniqueid string) {
	if !slices.Contains(cl.trunks, uniqueid) {
		cl.trunks = append(cl.trunks, uniqueid)
	}
}

func (cl *call) ringing(now time.Time) {
	cl.advance(phaseRinging)
	if cl.Attempt.Rang.IsZero() {
		cl.Attempt.Rang = now
	}
}

func (cl *call) answered(now time.Time) {
	cl.advance(phaseAnswered)
	if cl.Attempt.Answered.IsZero() {
		cl.Attempt.Answered = now
	}
}

func (cl *call) queued(now time.Time) {
	if cl.phase < phaseQueued {
		cl.phase = phaseQueued
		cl.queuedAt = now
	}
}

func (cl *call) connected(now time.Time, agent string) {
	cl.advance(phaseTalking)
	if cl.Attempt.Connected.IsZero() {
		cl.Attempt.Connected = now
	}
	cl.Attempt.Agent = agent
}

func (cl *call) originateResponse(e *ami.OriginateResponse) {
	cl.originated, cl.success, cl.reason = true, e.Success, e.Reason
	if e.Success {
		cl.advance(phaseAnswered)
		if cl.leg1 == "" {
			cl.leg1 = e.Channel
		}
	}
}

func (cl *call) dialEnd(e *ami.DialEnd, now time.Time) {
	if e.Status == "ANSWER" {
		cl.answered(now)
	}
	// Dial() of DialCamp knows more than Originate's own dial of ;1.
	if e.Dest.Uniqueid != cl.id() || cl.dialStatus == "" {
		cl.dialStatus = e.Status
	}
}

// hangupRequest tells who ended the call: it names a channel whose other side
// is gone. On the trunk and on ;1 that side is the contact's, on ;2 the queue's.
func (cl *call) hangupRequest(e *ami.HangupRequest) {
	if cl.contactLeft || cl.queueLeft || cl.phase < phaseAnswered {
		return
	}
	switch {
	case e.Uniqueid == cl.id()+";2":
		cl.queueLeft = true
	case e.Uniqueid == cl.id(), slices.Contains(cl.trunks, e.Uniqueid):
		cl.contactLeft = true
	}
}

func (cl *call) hungUp(e *ami.HangupEvent, now time.Time) {
	delete(cl.channels, e.Uniqueid)
	switch e.Uniqueid {
	case cl.id():
		cl.cause1 = e.Cause
		cl.leg1Gone = now
	case cl.id() + ";2":
		cl.cause2 = e.Cause
		if cl.leg1Gone.IsZero() && !cl.queueLeft && cl.phase >= phaseAnswered {
			cl.contactLeft = true
		}
	default:
		if slices.Contains(cl.trunks, e.Uniqueid) {
			cl.causeTrunk = e.Cause
		}
	}
}

// settled reports whether everything about the call has been said, or too long
// ago for more to come.
func (cl *call) settled(now time.Time) bool {
	switch {
	case !cl.leg1Gone.IsZero():
		return cl.originated && len(cl.channels) == 0 || now.Sub(cl.leg1Gone) >= settleGone
	case cl.originated && !cl.success && len(cl.channels) == 0 && cl.leg1 == "":
		return now.Sub(cl.since) >= settleGone
	}
	return false
}

func (c *Core) settle(cl *call) {
	outcome, cause, note := cl.classify()
	c.finish(cl, outcome, cause, note)
}

// finish ends an attempt: the only way out of flight but Withdraw.
func (c *Core) finish(cl *call, outcome Outcome, cause ami.Cause, note string) {
	c.remove(cl)
	a := cl.Attempt
	a.Outcome, a.Cause, a.Note, a.DialStatus = outcome, cause, note, cl.dialStatus
	a.Ended = c.now
	if !cl.leg1Gone.IsZero() {
		a.Ended = cl.leg1Gone
	}
	ct := cl.Contact
	ct.Attempts = a.Pass
	cl.campaign.Retry.Settle(&ct, outcome, c.now)
	if ct.State == Waiting {
		cl.campaign.dueAt(ct.Due)
	}
	if outcome != Failed || a.Cause != 0 {
		cl.server.refused.clear()
	}
	c.do(Finish{a, ct})
	c.notice(slog.LevelDebug, "call ended", slog.String("campaign", a.Campaign), slog.String("attempt", a.ID),
		slog.Uint64("contact", a.Contact), slog.String("number", a.Number), slog.String("outcome", outcome.String()),
		slog.Int("cause", int(cause)), slog.String("contact_state", ct.State.String()))
}

// dueAt notes that a contact is due at t.
func (cp *campaign) dueAt(t time.Time) {
	cp.over = false
	if cp.empty && cp.next.IsZero() || !cp.next.IsZero() && t.Before(cp.next) {
		cp.next = t
	}
	cp.empty = false
}

// cancel hangs an unanswered call up by the operator's wish, as soon as its
// channel is known.
func (c *Core) cancel(cl *call) {
	cl.cancelled = true
	if cl.leg1 != "" && cl.leg1Gone.IsZero() {
		c.do(HangUp{cl.server.Name, cl.leg1, ami.CauseNormalClearing})
	}
}
