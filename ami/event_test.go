package ami

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestParseEventTypes: those that the captures do not have.
func TestParseEventTypes(t *testing.T) {
	ch := "Channel: c\nUniqueid: u\nLinkedid: l\nChannelState: 6\n"
	ref := ChannelRef{"c", "u", "l", ChannelUp}
	for in, want := range map[string]any{
		"Event: AgentRingNoAnswer\n" + ch + "Queue: q\nInterface: i\nMemberName: m": &AgentRingNoAnswer{ChannelRef: ref, Queue: "q", Interface: "i", MemberName: "m"},
		"Event: AgentComplete\n" + ch + "DestLinkedid: other\nReason: agent":        &AgentComplete{ChannelRef: ref, Dest: ChannelRef{Linkedid: "other"}, Reason: "agent"},
		"Event: AgentComplete\nDestLinkedid: l\nReason: agent":                      &AgentComplete{ChannelRef: ChannelRef{Linkedid: "l"}, Dest: ChannelRef{Linkedid: "l"}, Reason: "agent"},
		"Event: AgentDump\n" + ch + "DestChannel: d\nQueue: q\nInterface: i":        &AgentDump{ChannelRef: ref, Dest: ChannelRef{Channel: "d"}, Queue: "q", Interface: "i"},
		"Event: AgentLogin\n" + ch + "Agent: 1001":                                  &AgentLogin{ChannelRef: ref, Agent: "1001"},
		"Event: AgentLogoff\nAgent: 1001\nLogintime: 60":                            &AgentLogoff{Agent: "1001", Logintime: time.Minute},

		"Event: Newexten\n" + ch + "Context: c1\nExtension: e\nExten: other\nPriority: 3\nApplication: Dial\nAppData: x": &Newexten{ChannelRef: ref, Context: "c1", Exten: "e", Priority: 3, Application: "Dial", AppData: "x"},
		"Event: VarSet\n" + ch + "Variable: A\nValue: b=c":                                                               &VarSet{ChannelRef: ref, Variable: "A", Value: "b=c"},
		"Event: NewAccountCode\n" + ch + "AccountCode: n\nOldAccountCode: o":                                             &NewAccountCode{ChannelRef: ref, AccountCode: "n", OldAccountCode: "o"},
		"Event: Rename\nChannel: a\nNewname: b\nUniqueid: u":                                                             &Rename{From: "a", To: "b", Uniqueid: "u"},
		"Event: Rename\nOldname: a\nNewname: b\nUniqueid: u":                                                             &Rename{From: "a", To: "b", Uniqueid: "u"},
		"Event: Hold\n" + ch + "MusicClass: m":                                                                           &Hold{ChannelRef: ref, MusicClass: "m"},
		"Event: Unhold\n" + ch:                                                                                           &Unhold{ChannelRef: ref},
		"Event: MusicOnHoldStart\n" + ch + "Class: m":                                                                    &MusicOnHoldStart{ChannelRef: ref, MusicClass: "m"},
		"Event: MusicOnHoldStop\n" + ch:                                                                                  &MusicOnHoldStop{ChannelRef: ref},
		"Event: DTMFBegin\n" + ch + "Digit: #\nDirection: Received":                                                      &DTMFBegin{ChannelRef: ref, Digit: "#", Direction: "Received"},
		"Event: DTMFEnd\n" + ch + "Digit: 5\nDurationMs: 120\nDirection: Sent":                                           &DTMFEnd{ChannelRef: ref, Digit: "5", Direction: "Sent", Duration: 120 * time.Millisecond},
		"Event: UserEvent\n" + ch + "UserEvent: mine\nX: y":                                                              &UserEvent{ChannelRef: ref, Name: "mine"},
		"Event: Shutdown\nShutdown: Cleanly\nRestart: True":                                                              &Shutdown{Kind: "Cleanly", Restart: true},
		"Event: Reload\nModule: app_queue\nStatus: 0":                                                                    &Reload{Module: "app_queue", Status: "0"},

		"Event: BridgeMerge\nToBridgeUniqueid: t\nToBridgeNumChannels: 2\nFromBridgeUniqueid: f\nFromBridgeType: basic": &BridgeMerge{
			To: BridgeRef{ID: "t", NumChannels: 2}, From: BridgeRef{ID: "f", Type: "basic"}},
		"Event: BlindTransfer\nResult: Success\nTransfererChannel: a\nTransfererUniqueid: ua\nTransfereeChannel: b\nBridgeUniqueid: br\nIsExternal: Yes\nContext: c\nExtension: e": &BlindTransfer{
			Result: "Success", Transferer: ChannelRef{Channel: "a", Uniqueid: "ua"}, Transferee: ChannelRef{Channel: "b"}, Bridge: BridgeRef{ID: "br"}, External: true, Context: "c", Exten: "e"},
		"Event: AttendedTransfer\nResult: Success\nOrigTransfererChannel: a\nSecondTransfererChannel: b\nTransfereeChannel: c\nTransferTargetChannel: d\nIsExternal: No\nDestType: Bridge\nDestBridgeUniqueid: br": &AttendedTransfer{
			Result: "Success", OrigTransferer: ChannelRef{Channel: "a"}, SecondTransferer: ChannelRef{Channel: "b"}, Transferee: ChannelRef{Channel: "c"},
			TransferTarget: ChannelRef{Channel: "d"}, DestType: "Bridge", DestBridgeID: "br"},

		"Event: DeviceStateChange\nDevice: PJSIP/a\nState: RINGINUSE":                                              &DeviceStateChange{Device: "PJSIP/a", State: DeviceRingInUse},
		"Event: ExtensionStatus\nExten: 1\nContext: c\nHint: PJSIP/a\nStatus: 9\nStatusText: InUse&Ringing":        &ExtensionStatus{Exten: "1", Context: "c", Hint: "PJSIP/a", Status: ExtensionInUse | ExtensionRinging},
		"Event: PeerStatus\nChannelType: SIP\nPeer: SIP/a\nPeerStatus: Lagged\nTime: 2500":                         &PeerStatus{ChannelType: "SIP", Peer: "SIP/a", Status: PeerLagged, RoundTrip: 2500 * time.Millisecond},
		"Event: Registry\nChannelType: SIP\nUsername: u\nDomain: d\nStatus: No Authentication":                     &Registry{ChannelType: "SIP", Username: "u", Domain: "d", Status: RegistrationNoAuth},
		"Event: ContactStatus\nURI: sip:a\nAOR: a\nEndpointName: e\nContactStatus: Reachable\nRoundtripUsec: 1250": &ContactStatus{URI: "sip:a", AOR: "a", Endpoint: "e", Status: ContactReachable, RoundTrip: 1250 * time.Microsecond},
		"Event: AuthDetail\nObjectName: a\nUsername: u\nPassword: secret\nAuthType: userpass":                      &PJSIPAuth{Name: "a", Username: "u", AuthType: "userpass"},
		"Event: FailedACL\nSeverity: Error\nService: SIP\nAccountID: a\nACLName: local\nEventTV: 2026-11-25T09:54:28.644+0100": &SecurityEvent{
			Kind: FailedACL, Severity: "Error", Service: "SIP", AccountID: "a", ACLName: "local", Time: time.Date(2026, 11, 25, 8, 54, 28, 644e6, time.UTC)},

		// Asterisk 1.8 and 11.
		"Event: Join\nChannel: c\nUniqueid: u\nQueue: q\nPosition: 2\nCount: 3":                                  &QueueCallerJoin{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}, Queue: "q", Position: 2, Count: 3},
		"Event: Leave\nChannel: c\nUniqueid: u\nQueue: q\nCount: 1":                                              &QueueCallerLeave{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}, Queue: "q", Count: 1},
		"Event: Dial\nSubEvent: Begin\nChannel: c\nUniqueID: u\nDestination: d\nDestUniqueID: du\nDialstring: x": &DialBegin{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}, Dest: ChannelRef{Channel: "d", Uniqueid: "du"}, DialString: "x"},
		"Event: Dial\nSubEvent: End\nChannel: c\nUniqueID: u\nDialStatus: BUSY":                                  &DialEnd{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}, Status: "BUSY"},
		"Event: Dial\nSubEvent: Middle":                                                                          &Other{},
		"Event: Hold\nStatus: Off\nChannel: c\nUniqueid: u":                                                      &Unhold{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}},
		"Event: Hold\nStatus: On\nChannel: c\nUniqueid: u":                                                       &Hold{ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}},
		"Event: AgentCalled\nQueue: q\nAgentCalled: i\nAgentName: m\nChannelCalling: c\nDestinationChannel: d\nUniqueid: u": &AgentCalled{
			ChannelRef: ChannelRef{Channel: "c", Uniqueid: "u"}, Dest: ChannelRef{Channel: "d"}, Queue: "q", Interface: "i", MemberName: "m"},
		"Event: AgentConnect\nQueue: q\nUniqueid: u\nChannel: d\nMember: i\nMemberName: m\nHoldtime: 4\nBridgedChannel: du\nRingtime: 2": &AgentConnect{
			ChannelRef: ChannelRef{Uniqueid: "u"}, Dest: ChannelRef{Channel: "d", Uniqueid: "du"}, Queue: "q", Interface: "i", MemberName: "m", HoldTime: 4 * time.Second, RingTime: 2 * time.Second},
		"Event: AgentComplete\nQueue: q\nUniqueid: u\nChannel: d\nMember: i\nMemberName: m\nHoldTime: 4\nTalkTime: 9\nReason: caller": &AgentComplete{
			ChannelRef: ChannelRef{Uniqueid: "u"}, Dest: ChannelRef{Channel: "d"}, Queue: "q", Interface: "i", MemberName: "m", HoldTime: 4 * time.Second, TalkTime: 9 * time.Second, Reason: "caller"},
		"Event: Bridge\nBridgestate: Link\nChannel1: a\nChannel2: b":                &Other{},
		"Event: QueueMemberPaused\nQueue: q\nLocation: i\nPaused: 1":                &QueueMemberChange{Kind: "Pause", Member: Member{Queue: "q", Interface: "i", Paused: true}},
		"Event: QueueMemberAdded\nQueue: q\nInterface: i\nMemberName: m\nStatus: 1": &QueueMemberChange{Kind: "Added", Member: Member{Queue: "q", Interface: "i", Name: "m", Status: DeviceNotInUse}},
		"Event: FullyBooted":                         &FullyBooted{},
		"Event: Shutdown":                            &Shutdown{},
		"Event: Nonsense":                            &Other{},
		"Event: Hangup\nCause: 99999999999999999999": &HangupEvent{},
	} {
		m := message(t, in)
		got := ParseEvent(m)
		if e, ok := got.(*SecurityEvent); ok {
			e.Time = e.Time.UTC()
		}
		reflect.ValueOf(want).Elem().FieldByName("EventBase").Set(reflect.ValueOf(EventBase{m}))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", in, got, want)
		}
	}
	if e := ParseEvent(message(t, "Response: Success")); e != nil {
		t.Errorf("a response is %v", e)
	}
}

func TestSnapshot(t *testing.T) {
	const dest = "DestChannel: d\nDestChannelState: 5\nDestUniqueid: du\nDestLinkedid: dl\nDestCallerIDNum: 1\nDestCallerIDName: n\nDestConnectedLineNum: 2\nDestConnectedLineName: m\nDestLanguage: en\nDestAccountCode: a\nDestContext: x\nDestExten: e\nDestPriority: 4\n"
	want := ChannelSnapshot{ChannelRef{"d", "du", "dl", ChannelRinging}, "1", "n", "2", "m", "en", "a", "x", "e", 4}
	for prefix, in := range map[string]string{"Dest": dest, "": strings.ReplaceAll(dest, "Dest", "")} {
		e := ParseEvent(message(t, "Event: DialBegin\n"+in)).(*DialBegin)
		if got := e.Snapshot(prefix); got != want {
			t.Errorf("%q: %+v", prefix, got)
		}
	}
}

// TestParseEventAllocates: nothing but the event.
func TestParseEventAllocates(t *testing.T) {
	for _, name := range captures(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := readAll(bytes.NewReader(b[bytes.IndexByte(b, '\n')+1:]))
		for _, m := range all {
			want := 1.0
			switch ParseEvent(m).(type) {
			case nil:
				want = 0
			case *PJSIPEndpoint, *PJSIPEndpointDetail, *PJSIPAOR, *PJSIPIdentify, *PJSIPRegistration:
				continue // items of lists, which have lists themselves
			}
			if got := testing.AllocsPerRun(10, func() { sink = ParseEvent(m) }); got > want {
				t.Errorf("%s: %v allocations", m.Event(), got)
			}
		}
	}
}

var sink Event
