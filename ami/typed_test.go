package ami

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// canned is a server's answer to one request: a reply, or the items of a list.
type canned struct {
	reply string
	items []string
	cut   bool // the connection ends after the items
}

// ask runs f on a connection whose peer gives the answer, and returns what the
// peer received.
func (d canned) ask(t *testing.T, f func(t *testing.T, c *Conn)) (got request) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		served := make(chan struct{})
		go func() {
			defer close(served)
			got = p.receive()
			frames := []string{d.reply}
			if d.items != nil {
				frames = append([]string{"Response: Success\nEventList: start"}, d.items...)
				if !d.cut {
					frames = append(frames, "Event: AnyComplete\nEventList: Complete")
				}
			}
			for _, fr := range frames {
				first, rest, _ := strings.Cut(fr, "\n")
				p.send(first + "\nActionID: " + got.id() + "\n" + rest + "\n\n")
			}
			if d.cut {
				p.nc.Close()
			}
		}()
		f(t, c)
		<-served
	})
	return got
}

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
		"Action: Hangup|Channel: x":                                       Hangup{Channel: "x"},
		"Action: Hangup|Channel: /^x$/|Cause: 17":                         Hangup{Channel: "/^x$/", Cause: CauseUserBusy},
		"Action: CoreShowChannels":                                        CoreShowChannels{},
		"Action: CoreSettings":                                            CoreSettings{},
		"Action: ListCommands":                                            ListCommands{},
		"Action: Command|Command: core show version":                      Command{"core show version"},
		"Action: QueueSummary":                                            QueueSummary{},
		"Action: QueueSummary|Queue: q":                                   QueueSummary{"q"},
		"Action: QueueStatus|Queue: q|Member: m":                          QueueStatus{"q", "m"},
		"Action: QueuePause|Interface: i|Paused: false":                   QueuePause{Interface: "i"},
		"Action: QueuePause|Interface: i|Queue: q|Paused: true|Reason: r": QueuePause{"i", "q", true, "r"},
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

func expect[R any](t *testing.T, d canned, r Request[R], want R) {
	t.Helper()
	got := d.ask(t, func(t *testing.T, c *Conn) {
		got, err := Send(t.Context(), c, r)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%T:\n got %+v, %v\nwant %+v", r, got, err, want)
		}
	})
	if got.name() != r.Action().Name {
		t.Errorf("%T sent %q", r, got.lines)
	}
}

func TestReplies(t *testing.T) {
	success := "Response: Success\nMessage: ok"
	expect(t, canned{reply: "Response: Success\nPing: Pong\nTimestamp: 1795404795.500000"}, Ping{}, Pong{time.Unix(1795404795, 500000000)})
	expect(t, canned{reply: success}, Ping{}, Pong{})
	expect(t, canned{reply: success}, Originate{Channel: "c"}, Done{"ok"})
	expect(t, canned{reply: success}, QueuePause{Interface: "i"}, Done{"ok"})
	expect(t, canned{reply: success}, Hangup{Channel: "x"}, []string{"x"})
	expect(t, canned{items: []string{"Event: ChannelHungup\nChannel: a", "Event: Other\nChannel: b", "Event: ChannelHungup\nChannel: c"}}, Hangup{Channel: "/x/"}, []string{"a", "c"})
	expect(t, canned{reply: "Response: Success\nAMIversion: 5.0.4\nAsteriskVersion: 16.28.0\nCoreMaxCalls: 20000"}, CoreSettings{}, Settings{AMIVersion: "5.0.4", AsteriskVersion: "16.28.0", MaxCalls: 20000})
	expect(t, canned{reply: "Response: Success\nActionID: 1\nPing: Keepalive command.  (Priv: <none>)\nHangup: Hangup channel.  (Priv: system,call,all)"}, ListCommands{},
		map[string]string{"Ping": "Keepalive command.  (Priv: <none>)", "Hangup": "Hangup channel.  (Priv: system,call,all)"})
	expect(t, canned{reply: "Response: Success\nMessage: Command output follows\nOutput: a: b\nOutput: "}, Command{"x"}, []string{"a: b", ""})
	expect(t, canned{reply: "Response: Follows\na: b\n\nc\n--END COMMAND--"}, Command{"x"}, []string{"a: b", "", "c"})
	expect(t, canned{items: []string{
		"Event: CoreShowChannel\nChannel: PJSIP/a-1\nChannelState: 6\nContext: c\nExten: 200\nUniqueid: u\nLinkedid: l\nApplication: Queue\nApplicationData: q,t\nBridgeId: b\nDuration: 01:02:03",
	}}, CoreShowChannels{}, []Channel{{Name: "PJSIP/a-1", Uniqueid: "u", Linkedid: "l", State: ChannelUp, Context: "c", Exten: "200", Application: "Queue", ApplicationData: "q,t", BridgeID: "b", Duration: time.Hour + 2*time.Minute + 3*time.Second}})
	expect(t, canned{items: []string{
		"Event: QueueSummary\nQueue: q\nLoggedIn: 20\nAvailable: 19\nCallers: 1\nHoldTime: 2\nTalkTime: 3\nLongestHoldTime: 4",
	}}, QueueSummary{}, []QueueCounts{{"q", 20, 19, 1, 2 * time.Second, 3 * time.Second, 4 * time.Second}})
	expect(t, canned{items: []string{
		"Event: QueueMember\nQueue: q\nName: of no queue",
		"Event: QueueParams\nQueue: q\nStrategy: ringall\nMax: 9\nCompleted: 1\nAbandoned: 2\nWeight: 3",
		"Event: QueueMember\nQueue: q\nName: A\nLocation: PJSIP/a\nPenalty: 1\nCallsTaken: 2\nLastCall: 1795404795\nStatus: 6\nPaused: 1\nInCall: 0\nWrapuptime: 30",
		"Event: QueueEntry\nQueue: q\nPosition: 1\nChannel: c\nUniqueid: u\nWait: 12",
		"Event: QueueParams\nQueue: r",
		"Event: QueueMember\nQueue: q\nName: late",
	}}, QueueStatus{}, []Queue{
		{QueueParams: QueueParams{Name: "q", Strategy: "ringall", Max: 9, Completed: 1, Abandoned: 2, Weight: 3},
			Members: []Member{{Queue: "q", Name: "A", Interface: "PJSIP/a", Penalty: 1, Calls: 2, Status: DeviceRinging, Paused: true, LastCall: time.Unix(1795404795, 0), Wrapup: 30 * time.Second}},
			Callers: []QueueCaller{{Queue: "q", Position: 1, Channel: "c", Uniqueid: "u", Wait: 12 * time.Second}}},
		{QueueParams: QueueParams{Name: "r"}},
	})
}

// refused sends r to a server that refuses it and then to one that is lost.
func refused[R any](t *testing.T, r Request[R]) {
	t.Helper()
	canned{reply: "Response: Error\nMessage: no"}.ask(t, func(t *testing.T, c *Conn) {
		if got, err := Send(t.Context(), c, r); !Refused(err) || !reflect.ValueOf(got).IsZero() {
			t.Errorf("%T refused: %+v, %v", r, got, err)
		}
	})
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{})
		c.Close()
		if got, err := Send(t.Context(), c, r); !errors.Is(err, ErrClosed) || !reflect.ValueOf(got).IsZero() {
			t.Errorf("%T on a closed connection: %+v, %v", r, got, err)
		}
	})
}

// TestRepliesFail: every request hands on the error and nothing else.
func TestRepliesFail(t *testing.T) {
	refused(t, Ping{})
	refused(t, Originate{})
	refused(t, Hangup{Channel: "x"})
	refused(t, Hangup{Channel: "/x/"})
	refused(t, CoreShowChannels{})
	refused(t, CoreSettings{})
	refused(t, ListCommands{})
	refused(t, QueueStatus{})
	refused(t, QueueSummary{})
	refused(t, QueuePause{})

	// Half a list is no list.
	canned{items: []string{"Event: QueueParams\nQueue: q"}, cut: true}.ask(t, func(t *testing.T, c *Conn) {
		if got, err := Send(t.Context(), c, QueueStatus{}); err == nil || NeverSent(err) || got != nil {
			t.Errorf("a list that was cut: %+v, %v", got, err)
		}
	})
	// A command that fails still says why.
	canned{reply: "Response: Error\nMessage: Command output follows\nOutput: No such command 'x'"}.ask(t, func(t *testing.T, c *Conn) {
		if lines, err := Send(t.Context(), c, Command{"x"}); !Refused(err) || !slices.Equal(lines, []string{"No such command 'x'"}) {
			t.Errorf("a command refused says %q, %v", lines, err)
		}
	})
}

func TestOddNumbers(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"01:02:03": time.Hour + 2*time.Minute + 3*time.Second, "100:00:00": 100 * time.Hour, "42": 42 * time.Second, "0": 0, "": 0, "x": 0, "-1": 0, "1:-2": 0,
		"99999999999999999999": 0, "9223372036854775807:59:59": 0, "1:1:1:1:1:1:1:1": 0,
	} {
		if got := clockDuration(in); got != want {
			t.Errorf("clockDuration(%q) = %v", in, got)
		}
	}
	for _, in := range []string{"", "x", "NaN", "Inf", "-1", "0", "1e300", "-Inf"} {
		if got := unixTime(in); !got.IsZero() {
			t.Errorf("unixTime(%q) = %v", in, got)
		}
	}
	for in, want := range map[int]time.Duration{0: 0, 7: 7 * time.Second, -1: 0, math.MaxInt: 0} {
		if got := seconds(in); got != want {
			t.Errorf("seconds(%d) = %v", in, got)
		}
	}
}

// TestParseEventTypes: those that the captures do not have.
func TestParseEventTypes(t *testing.T) {
	ch := "Channel: c\nUniqueid: u\nLinkedid: l\nChannelState: 6\n"
	ref := ChannelRef{"c", "u", "l", ChannelUp}
	for in, want := range map[string]any{
		"Event: AgentRingNoAnswer\n" + ch + "Queue: q\nInterface: i\nMemberName: m": &AgentRingNoAnswer{ChannelRef: ref, Queue: "q", Interface: "i", MemberName: "m"},
		"Event: AgentComplete\n" + ch + "DestLinkedid: other\nReason: agent":        &AgentComplete{ChannelRef: ref, Reason: "agent"},
		"Event: QueueMemberPaused\nQueue: q\nLocation: i\nPaused: 1":                &QueueMemberChange{Kind: "Pause", Member: Member{Queue: "q", Interface: "i", Paused: true}},
		"Event: QueueMemberAdded\nQueue: q\nInterface: i\nMemberName: m\nStatus: 1": &QueueMemberChange{Kind: "Added", Member: Member{Queue: "q", Interface: "i", Name: "m", Status: DeviceNotInUse}},
		"Event: FullyBooted":                         &FullyBooted{},
		"Event: Shutdown":                            &Shutdown{},
		"Event: Nonsense":                            &Other{},
		"Event: Hangup\nCause: 99999999999999999999": &HangupEvent{},
	} {
		m := message(t, in)
		got := ParseEvent(m)
		reflect.ValueOf(want).Elem().FieldByName("EventBase").Set(reflect.ValueOf(EventBase{m}))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", in, got, want)
		}
	}
	if e := ParseEvent(message(t, "Response: Success")); e != nil {
		t.Errorf("a response is %v", e)
	}
}
