package campaign

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// originate is the telephone network and Asterisk: what becomes of a call.
func (w *world) originate(e Originate) {
	st := w.store[e.Attempt.Campaign]
	if !st.claimed[e.Attempt.ID] || st.sent[e.Attempt.ID] || st.ended[e.Attempt.ID] {
		w.t.Errorf("originated %s: claimed %v, before %v, ended %v", e.Attempt.ID, st.claimed[e.Attempt.ID], st.sent[e.Attempt.ID], st.ended[e.Attempt.ID])
	}
	st.sent[e.Attempt.ID] = true
	w.placed++
	id, link := e.Attempt.ID, w.link
	mc := &modelCall{id: id, claim: *e.Claim, where: "dialing", nothing: true}
	w.calls[id] = mc
	w.after(w.ms(0, 10), func() {
		lost := w.opt.flaps && link != w.link
		if lost && w.rnd.Intn(2) == 0 {
			mc.where = "over"
			err := &ami.RequestError{Action: "Originate", Err: ami.ErrNotConnected}
			if w.rnd.Intn(2) == 0 {
				err.Sent, err.Err = true, ami.ErrNoReply
			}
			w.step(OriginateFailed{ID: id, Err: err})
			return
		}
		if w.opt.faults && w.rnd.Intn(25) == 0 {
			mc.where = "over"
			w.step(OriginateFailed{ID: id, Err: &ami.ReplyError{Action: "Originate", Message: "no"}})
			return
		}
		mc.nothing = false
		w.send(mc, script("new", "dial")...)
		if w.outage {
			w.after(w.ms(10, 300), func() { w.refuse(mc, 34, "CONGESTION") })
			return
		}
		if w.rnd.Intn(3) == 0 {
			w.after(w.ms(10, 300), func() { w.refuse(mc, 17, "BUSY") })
			return
		}
		w.after(w.ms(10, 1000), func() {
			if mc.where != "dialing" {
				return
			}
			w.send(mc, script("ring")...)
			if w.rnd.Intn(3) == 0 {
				w.after(w.ms(100, 8000), func() { w.refuse(mc, 19, "NOANSWER") })
				return
			}
			w.after(w.ms(100, 8000), func() { w.answer(mc) })
		})
	})
}

func (w *world) refuse(mc *modelCall, cause int, status string) {
	if mc.where == "dialing" {
		mc.where = "over"
		w.send(mc, refusal(cause, status)...)
	}
}

func (w *world) hangUp(mc *modelCall) {
	if mc.where == "dialing" && !mc.nothing {
		mc.where = "over"
		w.send(mc, script("hung-up")...)
	}
}

func (w *world) answer(mc *modelCall) {
	if mc.where != "dialing" {
		return
	}
	mc.leg1Up = true
	w.send(mc, script("answer", "response")...)
	w.after(w.ms(0, 100), func() {
		mc.where = "queued"
		w.queue = append(w.queue, mc)
		w.send(mc, script("join")...)
		w.serve()
		// They are patient for a while.
		w.after(w.ms(2000, 20000), func() {
			if mc.where == "queued" {
				w.leave(mc)
				w.send(mc, script("abandon")...)
				mc.where = "over"
			}
		})
	})
}

func (w *world) leave(mc *modelCall) {
	w.queue = slices.DeleteFunc(w.queue, func(o *modelCall) bool { return o == mc })
}

// set changes an agent's status; Asterisk's counts show it a little later, and
// at that moment an event tells.
func (w *world) set(a *agent, status ami.DeviceState) {
	a.status = status
	w.after(w.ms(0, 350), func() {
		a.shown = a.status
		w.deliver(w.link, AMI{Server: "pbx", Event: &ami.QueueMemberChange{Kind: "Status", Member: a.member()}})
	})
}

func (a *agent) member() ami.Member {
	return ami.Member{Queue: "Camp200", Name: a.name, Interface: "PJSIP/" + a.name, Status: a.shown, Paused: a.paused, LastCall: a.last.Truncate(time.Second)}
}

// ready agents can take a call now.
func (a *agent) ready(now time.Time) bool {
	return a.status == ami.DeviceNotInUse && !a.paused && !now.Before(a.readyAt)
}

// serve offers waiting callers to agents who are ready.
func (w *world) serve() {
	for _, mc := range slices.Clone(w.queue) {
		if mc.where != "queued" {
			continue
		}
		for _, a := range w.agents {
			if a.ready(w.now) {
				w.offer(mc, a)
				break
			}
		}
	}
}

func (w *world) offer(mc *modelCall, a *agent) {
	mc.where, mc.agent, a.call = "offered", a, mc
	w.set(a, ami.DeviceRinging)
	w.send(mc, "Newchannel leg=agent", "AgentCalled leg=1 agent="+a.name, "DialBegin leg=1 dest=agent", "Newstate leg=agent state=ringing")
	w.after(w.ms(50, 1500), func() {
		if w.rnd.Intn(12) == 0 { // does not answer
			mc.where, mc.agent, a.call = "queued", nil, nil
			w.set(a, ami.DeviceNotInUse)
			w.send(mc, "DialEnd leg=1 dest=agent status=NOANSWER", "AgentRingNoAnswer leg=1 agent="+a.name, "Hangup leg=agent cause=0")
			w.after(w.ms(100, 1000), w.serve)
			return
		}
		mc.where = "talking"
		w.leave(mc)
		w.set(a, ami.DeviceInUse)
		w.send(mc, "Newstate leg=agent state=up")
		w.sendAll(mc, "QueueCallerLeave leg=1")
		if mc.id == "" && w.opt.flaps {
			// If the link is down or goes down now, nobody can know of it
			// before Asterisk's counts show it.
			w.outside = append(w.outside, w.now.Add(400*time.Millisecond))
		}
		w.after(w.ms(0, 20), func() { w.send(mc, "AgentConnect leg=1 dest=agent agent="+a.name) })
		w.after(w.ms(500, 20000), func() { w.hangUpTalk(mc, a) })
	})
}

func (w *world) hangUpTalk(mc *modelCall, a *agent) {
	mc.where, mc.agent, a.call = "over", nil, nil
	a.last = w.now
	a.readyAt = w.now.Add(w.opt.wrapup)
	w.set(a, ami.DeviceNotInUse)
	w.after(w.opt.wrapup, w.serve)
	end := []string{
		"HangupRequest leg=2 cause=16", "Hangup leg=1 cause=16", "AgentComplete leg=- dest=agent talk=1s agent=" + a.name,
		"Hangup leg=2 cause=16", "Hangup leg=agent cause=16", "Hangup leg=trunk cause=16",
	}
	if w.rnd.Intn(2) == 0 {
		end[1], end[2] = end[2], end[1]
	}
	w.send(mc, end...)
}

// summary is Asterisk answering QueueSummary at this moment.
func (w *world) summary(e AskQueue, asked time.Time, link int) {
	ev := QueueSeen{Server: "pbx", Queue: e.Queue, Asked: asked, Known: true, LoggedIn: len(w.agents), Callers: len(w.queue)}
	for _, a := range w.agents {
		if a.shown == ami.DeviceNotInUse && !a.paused {
			ev.Available++
		}
	}
	w.deliver(link, ev)
}

func (w *world) inboundCall() {
	w.outside = append(w.outside, w.now)
	mc := &modelCall{where: "queued", stranger: fmt.Sprintf("x%d", w.n)}
	w.queue = append(w.queue, mc)
	w.sendAll(mc, "QueueCallerJoin leg=1")
	w.serve()
	w.after(w.ms(2000, 20000), func() {
		if mc.where == "queued" {
			mc.where = "over"
			w.leave(mc)
			w.sendAll(mc, "QueueCallerAbandon leg=1")
			w.sendAll(mc, "QueueCallerLeave leg=1")
		}
	})
}

func (w *world) pause() {
	a := w.agents[w.rnd.Intn(len(w.agents))]
	a.paused, a.pausedAt = !a.paused, w.now
	if a.paused {
		w.outside = append(w.outside, w.now)
	} else {
		w.serve()
	}
	w.deliver(w.link, AMI{Server: "pbx", Event: &ami.QueueMemberChange{Kind: "Pause", Member: a.member()}})
}

func (mc *modelCall) channels() (all []ami.Channel) {
	if mc.where == "over" || mc.nothing {
		return nil
	}
	st, app, bridge := "ringing", "AppDial2", ""
	if mc.leg1Up {
		st = "up"
	}
	if mc.where != "dialing" {
		app = "Queue"
	}
	if mc.where == "talking" {
		bridge = "b"
	}
	add := func(name, state, app, bridge string) {
		ref := leg(mc.id, name, state)
		all = append(all, ami.Channel{Name: ref.Channel, Uniqueid: ref.Uniqueid, Linkedid: ref.Linkedid, State: ref.State, Application: app, BridgeID: bridge})
	}
	add("1", st, app, bridge)
	add("2", "ring", "Dial", "")
	add("trunk", st, "AppDial", "")
	if mc.agent != nil {
		agentState := "ringing"
		if mc.where == "talking" {
			agentState = "up"
		}
		add("agent", agentState, "AppQueue", bridge)
	}
	return all
}
