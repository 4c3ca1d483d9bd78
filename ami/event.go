package ami

// Event is a typed event; Raw has every field of the frame.
type Event interface {
	// Raw is the frame as it came.
	Raw() *Message
}

// EventBase is the part that every typed event has.
type EventBase struct{ m *Message }

// Raw returns the frame as it came.
func (b EventBase) Raw() *Message { return b.m }

// The events of the server itself.
type (
	// FullyBooted: the server has loaded everything. Class system; sent after
	// each login too.
	FullyBooted struct{ EventBase }
	// Shutdown: the server is stopping in an orderly way. Class system.
	Shutdown struct {
		EventBase
		Kind    string // Cleanly, Uncleanly
		Restart bool
	}
	// Reload: a module was told to read its configuration again. Class system.
	Reload struct {
		EventBase
		Module string
		Status string // 0: done
	}
	// UserEvent: the dialplan or an action said something; its other headers are
	// in Raw. Class user.
	UserEvent struct {
		EventBase
		ChannelRef
		Name string
	}
	// Other is an event without a type of its own.
	Other struct{ EventBase }
)

// ParseEvent returns the typed event of a frame, *Other for those it has no
// type for, and nil for a response. Besides what comes by itself it knows the
// items of the SIP and PJSIP lists. It allocates nothing but the event, and the
// slices that an item of a list has.
func ParseEvent(m *Message) Event {
	b := EventBase{m}
	switch name := m.Event(); name {
	case "":
		return nil

	case "Newchannel":
		return &Newchannel{b, channelOf(m)}
	case "Newstate":
		return &Newstate{b, channelOf(m)}
	case "Newexten":
		return newextenOf(m)
	case "VarSet":
		return &VarSet{b, channelOf(m), m.Get("Variable"), m.Get("Value")}
	case "NewCallerid", "NewCallerID":
		return &NewCallerid{b, channelOf(m), m.Get("CallerIDNum"), m.Get("CallerIDName")}
	case "NewConnectedLine":
		return &NewConnectedLine{b, channelOf(m), m.Get("ConnectedLineNum"), m.Get("ConnectedLineName")}
	case "NewAccountCode":
		return &NewAccountCode{b, channelOf(m), m.Get("AccountCode"), m.Get("OldAccountCode")}
	case "Rename":
		return &Rename{b, m.first("Oldname", "Channel"), m.Get("Newname"), m.Get("Uniqueid")}
	case "Hangup":
		return &HangupEvent{b, channelOf(m), Cause(m.Int("Cause")), m.Get("TechCause")}
	case "HangupRequest":
		return &HangupRequest{b, channelOf(m), Cause(m.Int("Cause"))}
	case "SoftHangupRequest":
		return &SoftHangupRequest{b, channelOf(m), Cause(m.Int("Cause"))}
	case "Hold":
		// Before 12 one event tells both.
		if on, ok := m.Lookup("Status"); ok && on == "Off" {
			return &Unhold{b, channelOf(m)}
		}
		return &Hold{b, channelOf(m), m.Get("MusicClass")}
	case "Unhold":
		return &Unhold{b, channelOf(m)}
	case "MusicOnHoldStart":
		return &MusicOnHoldStart{b, channelOf(m), m.Get("Class")}
	case "MusicOnHoldStop":
		return &MusicOnHoldStop{b, channelOf(m)}
	case "DTMFBegin":
		return &DTMFBegin{b, channelOf(m), m.Get("Digit"), m.Get("Direction")}
	case "DTMFEnd":
		return &DTMFEnd{b, channelOf(m), m.Get("Digit"), m.Get("Direction"), milliseconds(m.Int("DurationMs"))}
	case "LocalBridge":
		return localBridgeOf(m)

	case "DialBegin":
		return &DialBegin{b, channelOf(m), destOf(m), m.Get("DialString")}
	case "DialState":
		return &DialState{b, channelOf(m), destOf(m), m.Get("DialStatus")}
	case "DialEnd":
		return &DialEnd{b, channelOf(m), destOf(m), m.Get("DialStatus"), m.Get("Forward")}
	case "Dial":
		return oldDialOf(m)
	case "OriginateResponse":
		return originateResponseOf(m)

	case "QueueCallerJoin", "Join":
		return &QueueCallerJoin{b, channelOf(m), m.Get("Queue"), m.Int("Position"), m.Int("Count")}
	case "QueueCallerLeave", "Leave":
		return &QueueCallerLeave{b, channelOf(m), m.Get("Queue"), m.Int("Position"), m.Int("Count")}
	case "QueueCallerAbandon":
		return &QueueCallerAbandon{b, channelOf(m), m.Get("Queue"), m.Int("Position"), m.Int("OriginalPosition"), m.seconds("HoldTime")}
	case "QueueMemberAdded":
		return &QueueMemberChange{b, "Added", memberOf(m)}
	case "QueueMemberRemoved":
		return &QueueMemberChange{b, "Removed", memberOf(m)}
	case "QueueMemberStatus":
		return &QueueMemberChange{b, "Status", memberOf(m)}
	case "QueueMemberPause", "QueueMemberPaused":
		return &QueueMemberChange{b, "Pause", memberOf(m)}
	case "QueueMemberPenalty":
		return &QueueMemberChange{b, "Penalty", memberOf(m)}
	case "QueueMemberRinginuse":
		return &QueueMemberChange{b, "Ringinuse", memberOf(m)}
	case "AgentCalled":
		return agentCalledOf(m)
	case "AgentRingNoAnswer":
		return agentRingNoAnswerOf(m)
	case "AgentConnect":
		return agentConnectOf(m)
	case "AgentComplete":
		return agentCompleteOf(m)
	case "AgentDump":
		return agentDumpOf(m)
	case "AgentLogin":
		return &AgentLogin{b, channelOf(m), m.Get("Agent")}
	case "AgentLogoff":
		return &AgentLogoff{b, m.Get("Agent"), m.seconds("Logintime")}

	case "BridgeCreate":
		return &BridgeCreate{b, bridgeOf(m)}
	case "BridgeDestroy":
		return &BridgeDestroy{b, bridgeOf(m)}
	case "BridgeEnter":
		return &BridgeEnter{b, bridgeOf(m), channelOf(m), m.Get("SwapUniqueid")}
	case "BridgeLeave":
		return &BridgeLeave{b, bridgeOf(m), channelOf(m)}
	case "BridgeMerge":
		return bridgeMergeOf(m)
	case "BlindTransfer":
		return blindTransferOf(m)
	case "AttendedTransfer":
		return attendedTransferOf(m)

	case "PeerStatus":
		return peerStatusOf(m)
	case "Registry":
		return registryOf(m)
	case "ContactStatus":
		return contactStatusOf(m)
	case "DeviceStateChange":
		return deviceStateChangeOf(m)
	case "ExtensionStatus":
		return &ExtensionStatus{b, m.Get("Exten"), m.Get("Context"), m.Get("Hint"), ExtensionState(m.Int("Status"))}
	case "SIPQualifyPeerDone":
		return &SIPQualifyPeerDone{b, m.ActionID(), m.Get("Peer")}

	case "SuccessfulAuth", "ChallengeSent", "ChallengeResponseFailed", "InvalidPassword", "InvalidAccountID",
		"FailedACL", "SessionLimit", "MemoryLimit", "LoadAverageLimit", "RequestNotSupported", "RequestNotAllowed",
		"AuthMethodNotAllowed", "RequestBadFormat", "UnexpectedAddress", "InvalidTransport":
		return securityOf(m, SecurityKind(name))

	case "FullyBooted":
		return &FullyBooted{b}
	case "Shutdown":
		return &Shutdown{b, m.Get("Shutdown"), m.truth("Restart")}
	case "Reload":
		return &Reload{b, m.Get("Module"), m.Get("Status")}
	case "UserEvent":
		return &UserEvent{b, channelOf(m), m.Get("UserEvent")}

	case "PeerEntry":
		return sipPeerOf(m)
	case "RegistryEntry":
		return sipRegistrationOf(m)
	case "EndpointList":
		return pjsipEndpointOf(m)
	case "EndpointDetail":
		return pjsipEndpointDetailOf(m)
	case "AorDetail":
		return pjsipAOROf(m)
	case "ContactStatusDetail":
		return pjsipContactDetailOf(m)
	case "AuthDetail":
		return pjsipAuthOf(m)
	case "TransportDetail":
		return pjsipTransportOf(m)
	case "IdentifyDetail":
		return pjsipIdentifyOf(m)
	case "ContactList":
		return pjsipContactOf(m)
	case "OutboundRegistrationDetail":
		return pjsipRegistrationOf(m)
	}
	return &Other{b}
}
