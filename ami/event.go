package ami

import "time"

// Event is a typed event; Raw has every field of the frame.
type Event interface {
	// Raw is the frame as it came.
	Raw() *Message
}

// EventBase is the part that every typed event has.
type EventBase struct{ m *Message }

// Raw returns the frame as it came.
func (b EventBase) Raw() *Message { return b.m }

// ChannelRef names a channel in an event.
type ChannelRef struct {
	Channel  string // its name, e.g. PJSIP/trunk-00000001
	Uniqueid string
	Linkedid string // the Uniqueid of the call's first channel
	State    ChannelState
}

func channelOf(m *Message) ChannelRef {
	return ChannelRef{m.Get("Channel"), m.Get("Uniqueid"), m.Get("Linkedid"), ChannelState(m.Int("ChannelState"))}
}

func destOf(m *Message) ChannelRef {
	return ChannelRef{m.Get("DestChannel"), m.Get("DestUniqueid"), m.Get("DestLinkedid"), ChannelState(m.Int("DestChannelState"))}
}

// The typed events. A field that a version does not send is zero.
type (
	// Newchannel: a channel was made. Class call.
	Newchannel struct {
		EventBase
		ChannelRef
	}
	// Newstate: a channel's state changed. Class call.
	Newstate struct {
		EventBase
		ChannelRef
	}
	// HangupEvent: a channel is gone. Class call.
	HangupEvent struct {
		EventBase
		ChannelRef
		Cause Cause
	}
	// HangupRequest: the other side of this channel wants it to end: on a trunk
	// the far end hung up, on ;1 of a Local channel the ;2 side did, and the
	// reverse. Class call; Asterisk 12 and later.
	HangupRequest struct {
		EventBase
		ChannelRef
		Cause Cause
	}
	// DialBegin: Dial() or Originate calls Dest. The caller is empty for the
	// leg that Originate itself dials. Class call; Asterisk 12 and later.
	DialBegin struct {
		EventBase
		ChannelRef
		Dest ChannelRef
	}
	// DialState: the called channel progresses: RINGING, PROGRESS … Class call.
	DialState struct {
		EventBase
		ChannelRef
		Dest   ChannelRef
		Status string
	}
	// DialEnd: a dial is over. Status is ANSWER, BUSY, NOANSWER, CANCEL,
	// CONGESTION, CHANUNAVAIL, ABORT … Class call.
	DialEnd struct {
		EventBase
		ChannelRef
		Dest   ChannelRef
		Status string
	}
	// OriginateResponse: an asynchronous Originate was answered or failed. On
	// failure Channel is the string that was asked for. Class call.
	OriginateResponse struct {
		EventBase
		ActionID string
		Success  bool
		Channel  string
		Uniqueid string // the ChannelId that was asked for, even if another channel has it
		Reason   OriginateReason
	}
	// QueueCallerJoin: a caller waits in a queue. Class agent.
	QueueCallerJoin struct {
		EventBase
		ChannelRef
		Queue    string
		Position int
	}
	// QueueCallerLeave: a caller left a queue, for whatever reason. Class agent.
	QueueCallerLeave struct {
		EventBase
		ChannelRef
		Queue string
	}
	// QueueCallerAbandon: a caller left without an agent: it hung up, or the
	// time that Queue() was given ran out. Class agent.
	QueueCallerAbandon struct {
		EventBase
		ChannelRef
		Queue    string
		HoldTime time.Duration
	}
	// AgentCalled: a member's phone rings for a caller. Class agent.
	AgentCalled struct {
		EventBase
		ChannelRef
		Queue, Interface, MemberName string
	}
	// AgentRingNoAnswer: the member did not answer. Class agent.
	AgentRingNoAnswer struct {
		EventBase
		ChannelRef
		Queue, Interface, MemberName string
	}
	// AgentConnect: the member and the caller talk. Class agent.
	AgentConnect struct {
		EventBase
		ChannelRef
		Queue, Interface, MemberName string
		HoldTime                     time.Duration
	}
	// AgentComplete: the talk is over. It may come after the caller's Hangup,
	// and then without the caller's channel: Linkedid is taken from the
	// agent's. Class agent.
	AgentComplete struct {
		EventBase
		ChannelRef
		Queue, Interface, MemberName string
		HoldTime, TalkTime           time.Duration
		Reason                       string // caller, agent, transfer
	}
	// QueueMemberChange: a member was added or removed, or its status, pause,
	// penalty or ringinuse changed. Class agent.
	QueueMemberChange struct {
		EventBase
		Kind   string // Added, Removed, Status, Pause, Penalty, Ringinuse
		Member Member
	}
	// FullyBooted: the server has loaded everything. Class system.
	FullyBooted struct{ EventBase }
	// Shutdown: the server is stopping in an orderly way. Class system.
	Shutdown struct{ EventBase }
	// Other is an event without a type of its own.
	Other struct{ EventBase }
)

// ParseEvent returns the typed event of a frame, *Other for those it has no
// type for, and nil for a response.
func ParseEvent(m *Message) Event {
	b := EventBase{m}
	name := m.Event()
	if kind, ok := queueMemberEvents[name]; ok {
		return &QueueMemberChange{b, kind, memberOf(m)}
	}
	switch name {
	case "":
		return nil
	case "Newchannel":
		return &Newchannel{b, channelOf(m)}
	case "Newstate":
		return &Newstate{b, channelOf(m)}
	case "Hangup":
		return &HangupEvent{b, channelOf(m), Cause(m.Int("Cause"))}
	case "HangupRequest":
		return &HangupRequest{b, channelOf(m), Cause(m.Int("Cause"))}
	case "DialBegin":
		return &DialBegin{b, channelOf(m), destOf(m)}
	case "DialState":
		return &DialState{b, channelOf(m), destOf(m), m.Get("DialStatus")}
	case "DialEnd":
		return &DialEnd{b, channelOf(m), destOf(m), m.Get("DialStatus")}
	case "OriginateResponse":
		return &OriginateResponse{b, m.ActionID(), m.Get("Response") == "Success",
			m.Get("Channel"), m.Get("Uniqueid"), OriginateReason(m.Int("Reason"))}
	case "QueueCallerJoin":
		return &QueueCallerJoin{b, channelOf(m), m.Get("Queue"), m.Int("Position")}
	case "QueueCallerLeave":
		return &QueueCallerLeave{b, channelOf(m), m.Get("Queue")}
	case "QueueCallerAbandon":
		return &QueueCallerAbandon{b, channelOf(m), m.Get("Queue"), seconds(m.Int("HoldTime"))}
	case "AgentCalled":
		return &AgentCalled{b, channelOf(m), m.Get("Queue"), m.Get("Interface"), m.Get("MemberName")}
	case "AgentRingNoAnswer":
		return &AgentRingNoAnswer{b, channelOf(m), m.Get("Queue"), m.Get("Interface"), m.Get("MemberName")}
	case "AgentConnect":
		return &AgentConnect{b, channelOf(m), m.Get("Queue"), m.Get("Interface"), m.Get("MemberName"), seconds(m.Int("HoldTime"))}
	case "AgentComplete":
		ref := channelOf(m)
		if ref.Linkedid == "" {
			ref.Linkedid = m.Get("DestLinkedid")
		}
		return &AgentComplete{b, ref, m.Get("Queue"), m.Get("Interface"), m.Get("MemberName"),
			seconds(m.Int("HoldTime")), seconds(m.Int("TalkTime")), m.Get("Reason")}
	case "FullyBooted":
		return &FullyBooted{b}
	case "Shutdown":
		return &Shutdown{b}
	}
	return &Other{b}
}

var queueMemberEvents = map[string]string{
	"QueueMemberAdded":     "Added",
	"QueueMemberRemoved":   "Removed",
	"QueueMemberStatus":    "Status",
	"QueueMemberPause":     "Pause",
	"QueueMemberPaused":    "Pause",
	"QueueMemberPenalty":   "Penalty",
	"QueueMemberRinginuse": "Ringinuse",
}
