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
	// What every decision looks at, of all calls, is together: they are many, and
	// each is larger than what a processor reads at once.
	phase       phase
	kept        bool      // an agent is kept for it until it is answered
	carried     bool      // its trunk's breaker knows of it
	gone        bool      // settled or taken back
	queue       *queue    // nil: an orphan's
	factor      float64   // as in pacing.Ringing
	claimed     int64     // as in time.Time.UnixNano
	leg1Gone    time.Time // zero: not gone, as far as we know
	respondedAt time.Time // OriginateResponse came; zero: not yet

	Claim
	campaign  *campaign
	server    *server
	via       *trunk    // nil: an orphan's
	place     int       // in Core.live
	class     uint8     // of the contact, at the time
	hour      int       // of the day there, when it was placed
	rate      float64   // the campaign's, then
	since     time.Time // when this process learnt of it
	recovered bool
	missing   time.Time // Asterisk has had no channel of it since; zero: it has

	queuedAt  time.Time
	leftAt    time.Time // it left the queue; zero: it did not
	offeredAt time.Time // an agent's phone began to ring for it
	channels  []channel // live ones, each once
	leg1      string    // name of ;1, "" while unknown
	trunks    []string  // Uniqueids of the legs that Dial() made towards the contact
	agents    []string  // and of those that the queue made towards agents
	agent     string    // the interface of the one who talks
	completed bool      // AgentComplete came

	success bool
	reason  ami.OriginateReason

	causeTrunk, cause2, cause1 ami.Cause
	dialStatus                 string // of Dial() in DialCamp
	dialStatus1                string // of Originate's own dial of ;1
	ranDialplan                bool   // ;2 began to run DialCamp
	cancelled                  bool
	learnt                     answerer  // as the pacer knows it
	late                       bool      // and it knows that a person found no agent in time
	machine                    bool      // answered by one, as the dialplan says
	why                        string    // it says so
	dropped                    bool      // sent away because no agent came
	callback                   time.Time // they asked meanwhile to be called then; zero: no
	given                      bool      // hung up because no agent is left to take it
	told                       progress  // see tell
	ends
}

// channel is one of a call's.
type channel struct {
	id    string    // Uniqueid
	since time.Time // known since
}

// ends is the evidence of who ended an answered call.
type ends struct {
	// Of HangupRequests, which name the side at once; the first counts.
	contactLeft, queueLeft bool
	// Of the order of other events, for when no HangupRequest came: which of
	// the two came first.
	contactHint, queueHint bool
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
			c.works(cl)
			cl.originateResponse(e, c.now)
			c.after(cl)
		}
	case *ami.Newchannel:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.newChannel(e.ChannelRef, c.now)
			c.works(cl)
			if e.Uniqueid == cl.id() {
				c.hangUpCancelled(cl)
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
		if cl := c.find(callID(e.Dest)); cl != nil {
			cl.dialBegin(e)
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
			c.joined(cl)
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.QueueCallerLeave:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.leftAt = c.now
		} else {
			c.strangerLeft(ev.Server, e)
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.QueueCallerAbandon:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			c.joined(cl)
			if !cl.contactHint {
				cl.queueHint = true
			}
		} else if q := c.queue(ev.Server, e.Queue); q != nil {
			q.gaveUp = e.Uniqueid
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.AgentCalled:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			c.joined(cl)
			cl.offered(c.now)
		}
	case *ami.AgentRingNoAnswer:
		if cl := c.find(callID(e.ChannelRef)); cl != nil && cl.phase == phaseOffered {
			cl.phase = phaseQueued
		}
	case *ami.AgentConnect:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			c.joined(cl)
			if cl.phase == phaseOffered && cl.queue != nil {
				cl.queue.pickedUp(c.now.Sub(cl.offeredAt))
			}
			cl.connected(c.now, agentName(e.MemberName, e.Interface))
			cl.agent = e.Interface
		}
		c.dirty(ev.Server, e.Queue)
	case *ami.AgentComplete:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			if cl.Attempt.Connected.IsZero() {
				// AgentConnect was lost; its time follows from the talk time.
				cl.connected(c.now.Add(-e.TalkTime), agentName(e.MemberName, e.Interface))
				cl.answered(cl.Attempt.Connected)
			}
			cl.completed = true
			cl.talkedOn(c.now)
			c.after(cl)
		}
		c.wrapUp(ev.Server, e.Queue, e.Interface)
	case *ami.UserEvent:
		if cl := c.find(callID(e.ChannelRef)); cl != nil && e.Name == Detection {
			c.detected(cl, e)
		}
	case *ami.HangupRequest:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.hangupRequest(e)
		}
	case *ami.HangupEvent:
		if cl := c.find(callID(e.ChannelRef)); cl != nil {
			cl.hungUp(e, c.now)
			if e.Uniqueid == cl.id() {
				c.repace = true
				if cl.phase == phaseTalking && cl.queue != nil {
					// AgentComplete may be late; the agent is in wrap-up now.
					c.wrapUp(ev.Server, cl.queue.name, cl.agent)
				}
			}
			c.after(cl)
		}
	}
}

// joined notes that whoever answered waits in the queue.
func (c *Core) joined(cl *call) {
	cl.answered(c.now)
	cl.queued(c.now)
	if !cl.machine {
		c.answeredBy(cl, answererPerson, c.now.Sub(cl.Attempt.Claimed))
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
	c.about = cl
	return cl
}

// progress is what was announced of a call.
type progress struct{ answer, agent bool }

// tell announces what is new about a call.
func (c *Core) tell(cl *call) {
	a := &cl.Attempt
	if !a.Answered.IsZero() && !cl.told.answer {
		cl.told.answer = true
		c.do(Answered{*a})
	}
	if !a.Connected.IsZero() && !cl.told.agent {
		cl.told.agent = true
		c.do(AgentTook{*a})
	}
}

// after settles cl if nothing more can come.
func (c *Core) after(cl *call) {
	if cl.settled(c.now) {
		c.settle(cl)
	}
}

// channel is where a live channel is in channels; -1: it is not there.
func (cl *call) channel(uniqueid string) int {
	return slices.IndexFunc(cl.channels, func(ch channel) bool { return ch.id == uniqueid })
}

func (cl *call) setChannel(uniqueid string, now time.Time) {
	if i := cl.channel(uniqueid); i >= 0 {
		cl.channels[i].since = now
		return
	}
	cl.channels = append(cl.channels, channel{uniqueid, now})
}

func (cl *call) newChannel(ref ami.ChannelRef, now time.Time) {
	cl.setChannel(ref.Uniqueid, now)
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
	if !slices.Contains(cl.trunks, uniqueid) && !slices.Contains(cl.agents, uniqueid) {
		cl.trunks = append(cl.trunks, uniqueid)
	}
}

// dialBegin tells legs by who dials them: ;2 the contact's, ;1 an agent's. The
// dial of ;1 itself begins when ;2 has found its extension.
func (cl *call) dialBegin(e *ami.DialBegin) {
	switch {
	case e.Dest.Uniqueid == cl.id():
		cl.ranDialplan = true
	case e.Uniqueid == cl.id():
		// Its Newchannel may have come before it was known that the contact
		// had answered, and looked like another trunk's.
		cl.trunks = slices.DeleteFunc(cl.trunks, func(id string) bool { return id == e.Dest.Uniqueid })
		cl.agents = append(cl.agents, e.Dest.Uniqueid)
	case e.Uniqueid == cl.id()+";2":
		cl.trunk(e.Dest.Uniqueid)
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

func (cl *call) offered(now time.Time) {
	if cl.phase < phaseOffered {
		cl.phase = phaseOffered
		cl.offeredAt = now
	}
}

func (cl *call) connected(now time.Time, agent string) {
	cl.advance(phaseTalking)
	if cl.Attempt.Connected.IsZero() {
		cl.Attempt.Connected = now
	}
	cl.Attempt.Agent = agent
}

func (cl *call) originateResponse(e *ami.OriginateResponse, now time.Time) {
	cl.respondedAt, cl.success, cl.reason = now, e.Success, e.Reason
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
	if e.Dest.Uniqueid == cl.id() {
		cl.dialStatus1 = e.Status
	} else {
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
	if i := cl.channel(e.Uniqueid); i >= 0 {
		cl.channels = slices.Delete(cl.channels, i, i+1)
	}
	switch e.Uniqueid {
	case cl.id():
		cl.cause1 = e.Cause
		cl.leg1Gone = now
	case cl.id() + ";2":
		cl.cause2 = e.Cause
		if cl.leg1Gone.IsZero() && !cl.queueHint && cl.phase >= phaseAnswered {
			cl.contactHint = true
		}
	default:
		if slices.Contains(cl.trunks, e.Uniqueid) {
			cl.causeTrunk = e.Cause
			cl.talkedOn(now)
		}
	}
}

// without1 reports whether the talk goes on without ;1: where the channel to
// originate does not say /n, Asterisk puts the trunk in its place when an agent
// is connected.
func (cl *call) without1() bool {
	return cl.phase == phaseTalking && !cl.completed &&
		slices.ContainsFunc(cl.trunks, func(id string) bool { return cl.channel(id) >= 0 })
}

// talkedOn moves the end of a talk that went on without ;1 to now.
func (cl *call) talkedOn(now time.Time) {
	if !cl.leg1Gone.IsZero() && now.Sub(cl.leg1Gone) >= settleGone {
		cl.leg1Gone = now
	}
}

// settled reports whether everything about the call has been said, or too long
// ago for more to come.
func (cl *call) settled(now time.Time) bool {
	responded := !cl.respondedAt.IsZero()
	switch {
	case !cl.leg1Gone.IsZero():
		return responded && len(cl.channels) == 0 || now.Sub(cl.leg1Gone) >= settleGone && !cl.without1()
	case responded && !cl.success && len(cl.channels) == 0 && cl.leg1 == "":
		return now.Sub(cl.respondedAt) >= settleGone
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
	c.tell(cl)
	end := Finish{cl.Attempt, cl.Contact}
	a, ct := &end.Attempt, &end.Contact
	a.Outcome, a.Cause, a.Note, a.DialStatus = outcome, cause, note, cl.status()
	a.Ended = c.now
	if !cl.leg1Gone.IsZero() {
		a.Ended = cl.leg1Gone
	}
	a.order()
	c.learnEnd(cl, a)
	c.carriedEnded(cl, a)
	ct.Attempts = a.Pass
	cl.campaign.Retry.Settle(ct, a, c.now)
	if ct.State == Waiting {
		cl.campaign.over = false
		c.comesBack(cl.campaign, ct.Zone, cl.campaign.note(ct))
	}
	if !cl.callback.IsZero() {
		cl.campaign.over = false
		c.comesBack(cl.campaign, ct.Zone, cl.callback)
	}
	c.do(end)
	if c.muted {
		return
	}
	c.notice(slog.LevelDebug, "call ended", append(cl.ref().Attrs(), slog.String("number", a.Number), slog.String("outcome", outcome.String()),
		slog.Int("cause", int(cause)), slog.String("contact_state", ct.State.String()))...)
}

// works notes that Asterisk carried an Originate out, if that was later than
// the last that it did not.
func (c *Core) works(cl *call) {
	s := cl.server
	if !cl.since.After(s.refused.at) {
		return
	}
	s.refused.clear()
	if s.refuses {
		s.refuses = false
		c.untroubled(refusing(s), "Asterisk originates again", slog.String("asterisk", s.Name))
	}
}

// hangUpCancelled hangs a call up that the operator cancelled, as soon as its
// channel is known and unless it was answered meanwhile.
func (c *Core) hangUpCancelled(cl *call) {
	if cl.cancelled && cl.leg1 != "" && cl.leg1Gone.IsZero() && cl.phase < phaseAnswered {
		c.do(HangUp{cl.server.Name, cl.ref(), ami.CauseNormalClearing})
	}
}
