package ami

// The events of dialing. A field that a version does not send is zero.
type (
	// DialBegin: Dial() or Originate calls Dest. The caller is empty for the
	// leg that Originate itself dials. Class call; before Asterisk 12 a Dial with
	// SubEvent Begin.
	DialBegin struct {
		EventBase
		ChannelRef
		Dest       ChannelRef
		DialString string
	}
	// DialState: the called channel progresses: RINGING, PROGRESS … Class call;
	// Asterisk 14 and later.
	DialState struct {
		EventBase
		ChannelRef
		Dest   ChannelRef
		Status string
	}
	// DialEnd: a dial is over. Status is ANSWER, BUSY, NOANSWER, CANCEL,
	// CONGESTION, CHANUNAVAIL, ABORT … Class call; before Asterisk 12 a Dial with
	// SubEvent End, which does not name Dest.
	DialEnd struct {
		EventBase
		ChannelRef
		Dest    ChannelRef
		Status  string
		Forward string // where the call was forwarded to
	}
	// OriginateResponse: an asynchronous Originate was answered or failed. On
	// failure Channel is the string that was asked for. Class call.
	OriginateResponse struct {
		EventBase
		ActionID string
		Success  bool
		Channel  string
		// Uniqueid is the ChannelId that was asked for, even if another channel has
		// it; <null> before Asterisk 12 on failure.
		Uniqueid                  string
		Reason                    OriginateReason
		Context, Exten            string
		Application, Data         string // Asterisk 12 and later
		CallerIDNum, CallerIDName string
	}
)

// oldDialOf reads the Dial of Asterisk 1.8 and 11.
func oldDialOf(m *Message) Event {
	from := channelOf(m)
	switch m.Get("SubEvent") {
	case "Begin":
		return &DialBegin{EventBase{m}, from, ChannelRef{Channel: m.Get("Destination"), Uniqueid: m.Get("DestUniqueID")}, m.Get("Dialstring")}
	case "End":
		return &DialEnd{EventBase{m}, from, ChannelRef{}, m.Get("DialStatus"), ""}
	}
	return &Other{EventBase{m}}
}

func originateResponseOf(m *Message) *OriginateResponse {
	return &OriginateResponse{
		EventBase: EventBase{m}, ActionID: m.ActionID(), Success: m.Get("Response") == "Success",
		Channel: m.Get("Channel"), Uniqueid: m.Get("Uniqueid"), Reason: OriginateReason(m.Int("Reason")),
		Context: m.Get("Context"), Exten: m.Get("Exten"), Application: m.Get("Application"), Data: m.Get("Data"),
		CallerIDNum: m.Get("CallerIDNum"), CallerIDName: m.Get("CallerIDName"),
	}
}
