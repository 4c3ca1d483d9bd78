package ami

import "time"

// ChannelRef names a channel in an event.
type ChannelRef struct {
	Channel  string // its name, e.g. PJSIP/trunk-00000001
	Uniqueid string
	Linkedid string // the Uniqueid of the call's first channel; empty before Asterisk 12
	State    ChannelState
}

func channelOf(m *Message) ChannelRef {
	return ChannelRef{m.Get("Channel"), m.Get("Uniqueid"), m.Get("Linkedid"), ChannelState(m.Int("ChannelState"))}
}

func destOf(m *Message) ChannelRef {
	return ChannelRef{m.Get("DestChannel"), m.Get("DestUniqueid"), m.Get("DestLinkedid"), ChannelState(m.Int("DestChannelState"))}
}

// ChannelSnapshot is all that an event of Asterisk 12 or later tells about a
// channel.
type ChannelSnapshot struct {
	ChannelRef
	CallerIDNum, CallerIDName           string // <unknown> if there is none
	ConnectedLineNum, ConnectedLineName string
	Language, AccountCode               string
	Context, Exten                      string
	Priority                            int
}

// Snapshot reads more about one of the event's channels. prefix tells which: ""
// for Channel, "Dest" for DestChannel, "Transferer" for TransfererChannel …
func (b EventBase) Snapshot(prefix string) ChannelSnapshot {
	get := func(key string) string { return b.m.Get(prefix + key) }
	return ChannelSnapshot{
		ChannelRef:  ChannelRef{get("Channel"), get("Uniqueid"), get("Linkedid"), ChannelState(b.m.Int(prefix + "ChannelState"))},
		CallerIDNum: get("CallerIDNum"), CallerIDName: get("CallerIDName"),
		ConnectedLineNum: get("ConnectedLineNum"), ConnectedLineName: get("ConnectedLineName"),
		Language: get("Language"), AccountCode: get("AccountCode"),
		Context: get("Context"), Exten: get("Exten"), Priority: b.m.Int(prefix + "Priority"),
	}
}

// The events of a channel. A field that a version does not send is zero.
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
	// Newexten: a channel executes a step of the dialplan. Class dialplan, before
	// Asterisk 12 call: with VarSet, most of the traffic.
	Newexten struct {
		EventBase
		ChannelRef
		Context, Exten       string
		Priority             int
		Application, AppData string
	}
	// VarSet: a variable was set, a global one if the channel is empty or none.
	// Class dialplan.
	VarSet struct {
		EventBase
		ChannelRef
		Variable, Value string
	}
	// NewCallerid: a channel's caller id changed. Class call.
	NewCallerid struct {
		EventBase
		ChannelRef
		CallerIDNum, CallerIDName string
	}
	// NewConnectedLine: whom a channel talks to changed. Class call; Asterisk
	// 13.13, 14.2 and later.
	NewConnectedLine struct {
		EventBase
		ChannelRef
		ConnectedLineNum, ConnectedLineName string
	}
	// NewAccountCode: a channel's account changed. Class call.
	NewAccountCode struct {
		EventBase
		ChannelRef
		AccountCode, OldAccountCode string
	}
	// Rename: a channel has another name. Class call.
	Rename struct {
		EventBase
		From, To, Uniqueid string
	}
	// HangupEvent: a channel is gone. Class call.
	HangupEvent struct {
		EventBase
		ChannelRef
		Cause     Cause
		TechCause string // the technology's own, e.g. 486; Asterisk 20.17, 22.7 and later
	}
	// HangupRequest: the other side of this channel wants it to end: on a trunk
	// the far end hung up, on ;1 of a Local channel the ;2 side did, and the
	// reverse. Class call; Asterisk 12 and later.
	HangupRequest struct {
		EventBase
		ChannelRef
		Cause Cause
	}
	// SoftHangupRequest: something in this server, an action for example, wants
	// the channel to end. Class call; Asterisk 12 and later.
	SoftHangupRequest struct {
		EventBase
		ChannelRef
		Cause Cause
	}
	// Hold: the channel put its other side on hold. Class call.
	Hold struct {
		EventBase
		ChannelRef
		MusicClass string
	}
	// Unhold: the end of a Hold; before Asterisk 12 a Hold with Status Off. Class call.
	Unhold struct {
		EventBase
		ChannelRef
	}
	// MusicOnHoldStart: the channel hears music. Class call; Asterisk 12 and later.
	MusicOnHoldStart struct {
		EventBase
		ChannelRef
		MusicClass string
	}
	// MusicOnHoldStop: the end of that. Class call; Asterisk 12 and later.
	MusicOnHoldStop struct {
		EventBase
		ChannelRef
	}
	// DTMFBegin: a digit begins. Class dtmf; Asterisk 12 and later.
	DTMFBegin struct {
		EventBase
		ChannelRef
		Digit     string
		Direction string // Received from the channel, or Sent to it
	}
	// DTMFEnd: a digit has ended. Class dtmf; Asterisk 12 and later.
	DTMFEnd struct {
		EventBase
		ChannelRef
		Digit, Direction string
		Duration         time.Duration
	}
	// LocalBridge: the two halves of a Local channel were made. Class call.
	LocalBridge struct {
		EventBase
		One, Two       ChannelRef
		Context, Exten string
		Optimization   bool // allowed: no /n
	}
)

func newextenOf(m *Message) *Newexten {
	return &Newexten{EventBase{m}, channelOf(m), m.Get("Context"), m.first("Extension", "Exten"), m.Int("Priority"),
		m.Get("Application"), m.Get("AppData")}
}

func localBridgeOf(m *Message) *LocalBridge {
	return &LocalBridge{
		EventBase: EventBase{m},
		One: ChannelRef{m.first("LocalOneChannel", "Channel1"), m.first("LocalOneUniqueid", "Uniqueid1"), m.Get("LocalOneLinkedid"),
			ChannelState(m.Int("LocalOneChannelState"))},
		Two: ChannelRef{m.first("LocalTwoChannel", "Channel2"), m.first("LocalTwoUniqueid", "Uniqueid2"), m.Get("LocalTwoLinkedid"),
			ChannelState(m.Int("LocalTwoChannelState"))},
		Context: m.Get("Context"), Exten: m.Get("Exten"), Optimization: m.truth("LocalOptimization"),
	}
}
