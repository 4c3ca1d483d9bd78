package ami

import "time"

// The events of queues. A field that a version does not send is zero.
//
// Asterisk 1.8 and 11 have the events of callers as Join and Leave (class call),
// and name the channels of Agent* events otherwise; they come as the same types.
type (
	// QueueCallerJoin: a caller waits in a queue. Class agent.
	QueueCallerJoin struct {
		EventBase
		ChannelRef
		Queue    string
		Position int // 1 is next
		Count    int // callers, this one included
	}
	// QueueCallerLeave: a caller left a queue, for whatever reason. Class agent.
	QueueCallerLeave struct {
		EventBase
		ChannelRef
		Queue    string
		Position int // it had
		Count    int // callers left
	}
	// QueueCallerAbandon: a caller left without an agent: it hung up, or the
	// time that Queue() was given ran out. QueueCallerLeave comes too, after it.
	// Class agent.
	QueueCallerAbandon struct {
		EventBase
		ChannelRef
		Queue                      string
		Position, OriginalPosition int
		HoldTime                   time.Duration
	}
	// AgentCalled: a member's phone, Dest, rings for a caller. Class agent.
	AgentCalled struct {
		EventBase
		ChannelRef
		Dest                         ChannelRef
		Queue, Interface, MemberName string
	}
	// AgentRingNoAnswer: the member did not answer. Class agent.
	AgentRingNoAnswer struct {
		EventBase
		ChannelRef
		Dest                         ChannelRef
		Queue, Interface, MemberName string
		RingTime                     time.Duration // sent in milliseconds
	}
	// AgentConnect: the member, Dest, and the caller talk. Class agent.
	AgentConnect struct {
		EventBase
		ChannelRef
		Dest                         ChannelRef
		Queue, Interface, MemberName string
		HoldTime                     time.Duration
		RingTime                     time.Duration // sent in whole seconds
	}
	// AgentComplete: the talk is over. It may come after the caller's Hangup,
	// and then without the caller's channel: Linkedid is taken from the
	// agent's. Or without both, after both hung up. Class agent.
	AgentComplete struct {
		EventBase
		ChannelRef
		Dest                         ChannelRef
		Queue, Interface, MemberName string
		HoldTime, TalkTime           time.Duration
		Reason                       string // caller, agent, transfer
	}
	// AgentDump: the member hung up on the announcement, before the talk. Class
	// agent.
	AgentDump struct {
		EventBase
		ChannelRef
		Dest                         ChannelRef
		Queue, Interface, MemberName string
	}
	// QueueMemberChange: a member was added or removed, or its status, pause,
	// penalty or ringinuse changed. Member is the whole of it, after the change.
	// Class agent; Penalty since 1.8, Ringinuse since 11, the others always, but
	// before Asterisk 12 a pause tells no more than itself.
	QueueMemberChange struct {
		EventBase
		Kind   string // Added, Removed, Status, Pause, Penalty, Ringinuse
		Member Member
	}
	// AgentLogin: an agent of app_agent_pool, not of a queue, logged in. Class agent.
	AgentLogin struct {
		EventBase
		ChannelRef
		Agent string
	}
	// AgentLogoff: an agent of app_agent_pool logged off. Class agent.
	AgentLogoff struct {
		EventBase
		Agent     string
		Logintime time.Duration
	}
)

// agent is what the Agent* events have in common.
type agent struct {
	caller, dest             ChannelRef
	queue, iface, memberName string
}

func agentOf(m *Message) agent {
	a := agent{channelOf(m), destOf(m), m.Get("Queue"), m.Get("Interface"), m.Get("MemberName")}
	if iface := m.first("Member", "AgentCalled"); a.iface == "" && iface != "" {
		a.iface = iface
		a.old(m)
	}
	return a
}

// old reads the events of Asterisk 1.8 and 11, where Uniqueid is the caller's but
// Channel, but for AgentCalled, the member's.
func (a *agent) old(m *Message) {
	a.memberName = m.first("MemberName", "AgentName")
	if calling, ok := m.Lookup("ChannelCalling"); ok {
		a.caller.Channel, a.dest.Channel = calling, m.Get("DestinationChannel")
		return
	}
	a.caller.Channel, a.dest.Channel = "", m.Get("Channel")
	a.dest.Uniqueid = m.Get("BridgedChannel")
}

func agentCalledOf(m *Message) *AgentCalled {
	a := agentOf(m)
	return &AgentCalled{EventBase{m}, a.caller, a.dest, a.queue, a.iface, a.memberName}
}

func agentRingNoAnswerOf(m *Message) *AgentRingNoAnswer {
	a := agentOf(m)
	return &AgentRingNoAnswer{EventBase{m}, a.caller, a.dest, a.queue, a.iface, a.memberName, milliseconds(m.Int("RingTime"))}
}

func agentConnectOf(m *Message) *AgentConnect {
	a := agentOf(m)
	return &AgentConnect{EventBase{m}, a.caller, a.dest, a.queue, a.iface, a.memberName, m.seconds("HoldTime"), m.seconds("RingTime")}
}

func agentCompleteOf(m *Message) *AgentComplete {
	a := agentOf(m)
	if a.caller.Linkedid == "" {
		a.caller.Linkedid = a.dest.Linkedid
	}
	return &AgentComplete{EventBase{m}, a.caller, a.dest, a.queue, a.iface, a.memberName, m.seconds("HoldTime"), m.seconds("TalkTime"), m.Get("Reason")}
}

func agentDumpOf(m *Message) *AgentDump {
	a := agentOf(m)
	return &AgentDump{EventBase{m}, a.caller, a.dest, a.queue, a.iface, a.memberName}
}
