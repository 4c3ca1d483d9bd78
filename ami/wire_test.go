package ami

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func wire(t *testing.T, a Action) string {
	t.Helper()
	b, err := a.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSuffix(string(b), "\r\n\r\n"), "\r\n", "|")
}

func TestActionsOnTheWire(t *testing.T) {
	for want, a := range map[string]interface{ Action() Action }{
		"Action: Ping": Ping{},
		"Action: Originate|ActionID: o1|Channel: Local/1@x/n|Context: campaign|Exten: 200|Priority: 1|Timeout: 35500|ChannelId: dc-1|OtherChannelId: dc-1;2|EarlyMedia: true|Async: true|Variable: A=1|Variable: B=2|X: y": Originate{
			ID: "o1", Channel: "Local/1@x/n", Context: "campaign", Exten: "200", Timeout: 35500 * time.Millisecond,
			ChannelID: "dc-1", OtherChannelID: "dc-1;2", EarlyMedia: true, Variables: []string{"A=1", "B=2"}, ExtraHeaders: []Header{{"X", "y"}}},
		"Action: Originate|Channel: c|Application: Queue|Data: sales,t|CallerID: \"A\" <1>|Account: acc|Codecs: alaw|PreDialGoSub: p,s,1": Originate{
			Channel: "c", Application: "Queue", Data: "sales,t", Context: "ignored", CallerID: `"A" <1>`, Account: "acc", Codecs: "alaw", PreDialGoSub: "p,s,1", Sync: true},
		"Action: Originate|Channel: c|Context: d|Exten: s|Priority: 7|Async: true": Originate{Channel: "c", Context: "d", Exten: "s", Priority: 7},
		"Action: Login|Username: u|Secret: s|Events: call":                         Login{Username: "u", Secret: "s", Events: "call"},
		"Action: Login|Username: u|AuthType: MD5|Key: k":                           Login{Username: "u", Secret: "not sent", Key: "k"},
		"Action: Logoff":                                       Logoff{},
		"Action: Challenge|AuthType: MD5":                      Challenge{},
		"Action: Events|EventMask: off":                        Events{"off"},
		"Action: Filter|Operation: Add|Filter: !Event: VarSet": Filter{Filter: "!Event: VarSet"},
		"Action: Filter|Operation: Add|MatchCriteria: name(VarSet),action(exclude)|Filter: ": Filter{Criteria: "name(VarSet),action(exclude)"},
		"Action: CoreStatus":                         CoreStatus{},
		"Action: CoreSettings":                       CoreSettings{},
		"Action: ListCommands":                       ListCommands{},
		"Action: Command|Command: core show version": Command{"core show version"},

		"Action: Hangup|Channel: x":                                                   Hangup{Channel: "x"},
		"Action: Hangup|Channel: /^x$/|Cause: 17":                                     Hangup{Channel: "/^x$/", Cause: CauseUserBusy},
		"Action: CoreShowChannels":                                                    CoreShowChannels{},
		"Action: Redirect|Channel: x|Context: c|Exten: e|Priority: 1":                 Redirect{Channel: "x", Context: "c", Exten: "e", ExtraContext: "without a channel"},
		"Action: Redirect|Channel: x|Context: c|Exten: e|Priority: 2|ExtraChannel: y": Redirect{Channel: "x", Context: "c", Exten: "e", Priority: 2, ExtraChannel: "y"},
		"Action: Redirect|Channel: x|Context: c|Exten: e|Priority: 1|ExtraChannel: y|ExtraContext: d|ExtraExten: f|ExtraPriority: 3": Redirect{
			Channel: "x", Context: "c", Exten: "e", ExtraChannel: "y", ExtraContext: "d", ExtraExten: "f", ExtraPriority: 3},

		"Action: QueueSummary":                   QueueSummary{},
		"Action: QueueSummary|Queue: q":          QueueSummary{"q"},
		"Action: QueueStatus|Queue: q|Member: m": QueueStatus{"q", "m"},
		"Action: QueueAdd|Queue: q|Interface: i": QueueAdd{Queue: "q", Interface: "i"},
		"Action: QueueAdd|Queue: q|Interface: i|Penalty: 3|Paused: true|Reason: r|MemberName: m|StateInterface: s|Wrapuptime: 9": QueueAdd{
			"q", "i", 3, true, "r", "m", "s", 9 * time.Second},
		"Action: QueueRemove|Queue: q|Interface: i":                          QueueRemove{"q", "i"},
		"Action: QueuePause|Interface: i|Paused: false":                      QueuePause{Interface: "i"},
		"Action: QueuePause|Interface: i|Queue: q|Paused: true|Reason: r":    QueuePause{"i", "q", true, "r"},
		"Action: QueuePenalty|Interface: i|Penalty: 0":                       QueuePenalty{Interface: "i"},
		"Action: QueuePenalty|Interface: i|Penalty: 4|Queue: q":              QueuePenalty{"i", "q", 4},
		"Action: QueueMemberRingInUse|Interface: i|RingInUse: false":         QueueMemberRingInUse{Interface: "i"},
		"Action: QueueMemberRingInUse|Interface: i|RingInUse: true|Queue: q": QueueMemberRingInUse{"i", "q", true},
		"Action: QueueReload": QueueReload{},
		"Action: QueueReload|Queue: q|Members: yes|Rules: yes|Parameters: yes":             QueueReload{"q", true, true, true},
		"Action: QueueReload|Rules: yes":                                                   QueueReload{Rules: true},
		"Action: QueueReset":                                                               QueueReset{},
		"Action: QueueReset|Queue: q":                                                      QueueReset{"q"},
		"Action: QueueRule":                                                                QueueRule{},
		"Action: QueueRule|Rule: r":                                                        QueueRule{"r"},
		"Action: QueueWithdrawCaller|Queue: q|Caller: c":                                   QueueWithdrawCaller{Queue: "q", Caller: "c"},
		"Action: QueueWithdrawCaller|Queue: q|Caller: c|WithdrawInfo: w":                   QueueWithdrawCaller{"q", "c", "w"},
		"Action: QueueChangePriorityCaller|Queue: q|Caller: c|Priority: -1":                QueueChangePriorityCaller{"q", "c", -1, false},
		"Action: QueueChangePriorityCaller|Queue: q|Caller: c|Priority: 0|Immediate: true": QueueChangePriorityCaller{"q", "c", 0, true},

		"Action: SIPpeers":               SIPPeers{},
		"Action: SIPpeerstatus":          SIPPeerStatus{},
		"Action: SIPpeerstatus|Peer: p":  SIPPeerStatus{"p"},
		"Action: SIPqualifypeer|Peer: p": SIPQualifyPeer{"p"},
		"Action: SIPshowpeer|Peer: p":    SIPShowPeer{"p"},
		"Action: SIPshowregistry":        SIPShowRegistry{},
		"Action: SIPnotify|Channel: p|Call-ID: c|Variable: Event=a|Variable: Content=b": SIPNotify{"p", []string{"Event=a", "Content=b"}, "c"},

		"Action: PJSIPShowEndpoints":                              PJSIPShowEndpoints{},
		"Action: PJSIPShowEndpoint|Endpoint: e":                   PJSIPShowEndpoint{"e"},
		"Action: PJSIPShowContacts":                               PJSIPShowContacts{},
		"Action: PJSIPQualify|Endpoint: e":                        PJSIPQualify{"e"},
		"Action: PJSIPShowRegistrationsOutbound":                  PJSIPShowRegistrationsOutbound{},
		"Action: PJSIPNotify|Endpoint: e|Option: o":               PJSIPNotify{Endpoint: "e", Option: "o"},
		"Action: PJSIPNotify|URI: u|Channel: c|Variable: Event=a": PJSIPNotify{URI: "u", Channel: "c", Variables: []string{"Event=a"}},
	} {
		if got := wire(t, a.Action()); got != want {
			t.Errorf("%T:\n got %s\nwant %s", a, got, want)
		}
	}
}

// TestActionDoesNotShareHeaders: sending a request twice sends the same.
func TestActionDoesNotShareHeaders(t *testing.T) {
	o := Originate{Channel: "c", ExtraHeaders: slices.Grow([]Header{{"X", "1"}}, 10)}
	a := o.Action()
	a.Add("Y", "2")
	if got := wire(t, o.Action()); strings.Contains(got, "Y") {
		t.Errorf("%s", got)
	}
}
