package ami

import (
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

// canned is a server's answer to one request: a reply, or the items of a list.
type canned struct {
	reply string
	items []string
	cut   bool // the connection ends after the items
	// frames, if any, are the whole answer, as captured: its id is replaced.
	frames []string
}

// captured is the answer to the request of that id in a capture.
func captured(t *testing.T, capture, id string) (c canned) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + capture + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range naiveFrames(b) {
		if line := "\nActionID: " + id + "\n"; strings.Contains(f+"\n", line) && !strings.HasPrefix(f, "Event: OriginateResponse\n") && !strings.HasPrefix(f, "Event: SIPQualifyPeerDone\n") {
			c.frames = append(c.frames, strings.Replace(f+"\n", line, "\nActionID: %s\n", 1))
		}
	}
	if c.frames == nil {
		t.Fatalf("%s has no answer to %s", capture, id)
	}
	return c
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
			for _, f := range d.frames {
				p.send(strings.Replace(f, "%s", got.id(), 1) + "\n")
			}
			if d.frames != nil {
				return
			}
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
	expect(t, canned{reply: "Response: Success\nEvents: On"}, Events{"on"}, EventsReply{true})
	expect(t, canned{reply: "Response: Success\nCoreStartupDate: 2026-02-30\nCoreStartupTime: 10:00:00\nCoreCurrentCalls: 3\nCoreProcessedCalls: 12"}, CoreStatus{}, Status{Channels: 3, ProcessedCalls: 12})
	expect(t, canned{reply: "Response: Success\nRule: 1,2,3\nRuleList: A\nRule: 10\nRule: x,y,-z\nRuleList: B\nRule: -5,-1,+1,7"}, QueueRule{}, []PenaltyRule{
		{"A", []PenaltyStep{{10 * time.Second, PenaltyChange{true, 0}, PenaltyChange{true, 0}}, {0, PenaltyChange{true, 0}, PenaltyChange{true, 0}}}},
		{"B", []PenaltyStep{{0, PenaltyChange{true, -1}, PenaltyChange{true, 1}}}},
	})
	// Asterisk 11 has fewer fields, and other names for some.
	expect(t, canned{items: []string{
		"Event: CoreShowChannel\nChannel: SIP/a-1\nUniqueID: u\nContext: c\nExtension: 200\nPriority: 2\nChannelState: 6\nApplication: Queue\nApplicationData: q\nCallerIDnum: 5\nDuration: 00:00:07\nAccountCode: acc\nBridgedChannel: SIP/b-2",
	}}, CoreShowChannels{}, []Channel{{Name: "SIP/a-1", Uniqueid: "u", State: ChannelUp, CallerIDNum: "5", AccountCode: "acc", Context: "c", Exten: "200", Priority: 2, Application: "Queue", ApplicationData: "q", Duration: 7 * time.Second}})
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
	refused(t, Login{})
	refused(t, Logoff{})
	refused(t, Challenge{})
	refused(t, Events{})
	refused(t, Filter{})
	refused(t, CoreStatus{})
	refused(t, Redirect{})
	refused(t, QueueAdd{})
	refused(t, QueueRemove{})
	refused(t, QueuePenalty{})
	refused(t, QueueMemberRingInUse{})
	refused(t, QueueReload{})
	refused(t, QueueReset{})
	refused(t, QueueRule{})
	refused(t, QueueWithdrawCaller{})
	refused(t, QueueChangePriorityCaller{})
	refused(t, SIPPeers{})
	refused(t, SIPPeerStatus{})
	refused(t, SIPShowPeer{})
	refused(t, SIPShowRegistry{})
	refused(t, SIPQualifyPeer{})
	refused(t, SIPNotify{})
	refused(t, PJSIPShowEndpoints{})
	refused(t, PJSIPShowEndpoint{})
	refused(t, PJSIPShowContacts{})
	refused(t, PJSIPShowRegistrationsOutbound{})
	refused(t, PJSIPQualify{})
	refused(t, PJSIPNotify{})

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

func TestNumber(t *testing.T) {
	same := func(s string) bool {
		want, err := strconv.Atoi(s)
		if err != nil {
			want = 0
		}
		got, ok := number(s)
		return got == want && ok == (err == nil)
	}
	for _, s := range []string{"", "0", "-0", "+", "-", "+5", "-5", "+-5", "--5", "007", "1_0", "0x1", "5 ", " 5", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "18446744073709551616", "9999999999999999999", "99999999999999999999"} {
		if !same(s) {
			got, ok := number(s)
			t.Errorf("%q is read as %d, %v", s, got, ok)
		}
	}
	if err := quick.Check(func(n int, sign bool) bool { return same(strconv.Itoa(n)) && same("+"+strconv.Itoa(n)) }, nil); err != nil {
		t.Error(err)
	}
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
