package sim

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// What the manager interface shows of calls and agents.

func agentName(i int) string { return fmt.Sprintf("PJSIP/agent%04d", i) }

func (w *world) send(e ami.Event) { w.tell(campaign.AMI{Server: serverName, Event: e}) }

// member is an agent as a member of the queue. Agents who wrap up have paused
// themselves in the talk; those on a break are no members.
func (w *world) member(a *agent) ami.Member {
	m := ami.Member{Queue: queueName, Interface: a.name, Status: ami.DeviceNotInUse, Paused: a.state == wrappingUp}
	if a.state == talking {
		m.Status = ami.DeviceInUse
	}
	return m
}

func (w *world) sendMember(kind string, a *agent) {
	w.send(&ami.QueueMemberChange{Kind: kind, Member: w.member(a)})
}

func (w *world) members() {
	ev := campaign.MembersSeen{Server: serverName, Queue: queueName, Members: make([]ami.Member, 0, len(w.agents))}
	for i := range w.agents {
		if a := &w.agents[i]; a.state != away {
			ev.Members = append(ev.Members, w.member(a))
		}
	}
	w.tell(ev)
}

func (w *world) summary() {
	ev := campaign.QueueSeen{Server: serverName, Queue: queueName, Asked: w.clock(), Known: true, Available: len(w.idle), Callers: len(w.waiting)}
	for i := range w.agents {
		if w.agents[i].state != away {
			ev.LoggedIn++
		}
	}
	w.tell(ev)
}

func (w *world) channels() {
	ev := campaign.ChannelsSeen{Server: serverName, Asked: w.clock(), Channels: make([]ami.Channel, 0, len(w.calls)-len(w.unused))}
	for i := range w.calls {
		c := &w.calls[i]
		if c.phase == over {
			continue
		}
		ch := ami.Channel{Name: c.leg1.Channel, Uniqueid: c.leg1.Uniqueid, Linkedid: c.leg1.Linkedid, State: ami.ChannelRinging}
		if c.phase != ringing {
			ch.State, ch.Application = ami.ChannelUp, "Queue"
		}
		if c.phase == connected {
			ch.BridgeID = ch.Uniqueid
		}
		ev.Channels = append(ev.Channels, ch)
	}
	w.tell(ev)
}

// sendAnswered tells that the contact's side picked up.
func (w *world) sendAnswered(c *call) {
	w.send(&ami.DialEnd{ChannelRef: c.leg2(), Dest: c.trunk(), Status: "ANSWER"})
	w.send(&ami.OriginateResponse{ActionID: c.leg1.Uniqueid, Success: true, Channel: c.leg1.Channel, Uniqueid: c.leg1.Uniqueid, Reason: ami.ReasonAnswered})
}

// sendMachine tells what the dialplan has found out.
func (w *world) sendMachine(c *call) {
	m, err := ami.ParseMessage("Event: UserEvent\nUniqueid: " + c.leg1.Uniqueid + "\nLinkedid: " + c.leg1.Linkedid +
		"\nUserEvent: " + campaign.Detection + "\nStatus: MACHINE\n")
	if err != nil {
		panic(err)
	}
	w.send(ami.ParseEvent(m))
}

func (w *world) sendConnected(c *call, a *agent) {
	w.send(&ami.QueueCallerLeave{ChannelRef: c.leg1, Queue: queueName})
	w.send(&ami.AgentConnect{ChannelRef: c.leg1, Queue: queueName, Interface: a.name})
}

func (w *world) sendComplete(c *call, a *agent) {
	w.send(&ami.AgentComplete{ChannelRef: c.leg1, Queue: queueName, Interface: a.name, TalkTime: seconds(w.now - a.since)})
}

// sendGivenUp tells that a caller left the queue without an agent: by itself, or
// because Queue() ran out of time.
func (w *world) sendGivenUp(c *call, itself bool) {
	leg := c.leg2()
	if itself {
		leg = c.leg1
	}
	w.send(&ami.HangupRequest{ChannelRef: leg})
	w.send(&ami.QueueCallerAbandon{ChannelRef: c.leg1, Queue: queueName})
	w.send(&ami.QueueCallerLeave{ChannelRef: c.leg1, Queue: queueName})
}

func (w *world) sendHangup(c *call, cause ami.Cause) {
	w.send(&ami.HangupEvent{ChannelRef: c.leg1, Cause: cause})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
