package amitest_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

var managers = []string{"1.1", "1.3", "2.10.6", "5.0.5", "7.0.3", "9.0.0", "11.0.0"}

// raw sends an action and returns what comes until the text ends with tail.
func raw(t *testing.T, srv *amitest.Server, action, tail string) string {
	t.Helper()
	nc, err := srv.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(time.Minute))
	br := bufio.NewReader(nc)
	banner, _ := br.ReadString('\n')
	read := func(tail string) string {
		var b strings.Builder
		for !strings.HasSuffix(b.String(), tail) {
			c, err := br.ReadByte()
			if err != nil {
				t.Fatalf("%v after %q", err, b.String())
			}
			b.WriteByte(c)
		}
		return b.String()
	}
	nc.Write([]byte("Action: Login\r\nUsername: dialcamp\r\nSecret: dialcamp-secret\r\nEvents: off\r\n\r\n"))
	read("\r\n\r\n")
	nc.Write([]byte(strings.ReplaceAll(action, "\n", "\r\n") + "\r\n\r\n"))
	return banner + read(tail)
}

// TestRaw: bytes that differ between the releases.
func TestRaw(t *testing.T) {
	const (
		newStatus = "Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Queue status will follow\r\n\r\n"
		oldStatus = "Response: Success\r\nActionID: 1\r\nMessage: Queue status will follow\r\n\r\n"
		params    = "Event: QueueParams\r\nQueue: Empty\r\nMax: 0\r\nStrategy: leastrecent\r\nCalls: 0\r\nHoldtime: 0\r\nTalkTime: 0\r\nCompleted: 0\r\nAbandoned: 0\r\nServiceLevel: 2\r\nServicelevelPerf: 0.0\r\n"
		newEnd    = "Weight: 0\r\nActionID: 1\r\n\r\nEvent: QueueStatusComplete\r\nActionID: 1\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
		oldEnd    = "Weight: 0\r\nActionID: 1\r\n\r\nEvent: QueueStatusComplete\r\nActionID: 1\r\n\r\n"
		perf2     = "ServicelevelPerf2: 0.0\r\n"
	)
	for i, manager := range managers {
		synctest.Test(t, func(t *testing.T) {
			cfg := amitest.Lab(1)
			cfg.Version = manager
			srv := amitest.New(cfg)
			defer srv.Close()
			banner := "Asterisk Call Manager/" + manager + "\r\n"
			status := [...]string{oldStatus + params + oldEnd, newStatus + params + newEnd, newStatus + params + perf2 + newEnd}[min(2, max(0, i-1))]
			if got := raw(t, srv, "Action: QueueStatus\nActionID: 1\nQueue: Empty", "QueueStatusComplete\r\nActionID: 1\r\n"+strings.Repeat("EventList: Complete\r\nListItems: 1\r\n", min(1, i/2))+"\r\n"); got != banner+status {
				t.Errorf("%s: %q, want %q", manager, got, banner+status)
			}
			uptime := "Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\nSystem uptime: 0s\nLast reload: 0s\n--END COMMAND--\r\n\r\n"
			if i > 2 {
				uptime = "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\nOutput: System uptime: 0s\r\nOutput: Last reload: 0s\r\n\r\n"
			}
			if got := raw(t, srv, "Action: Command\nActionID: 1\nCommand: core show uptime", "\r\n\r\n"); got != banner+uptime {
				t.Errorf("%s: %q, want %q", manager, got, banner+uptime)
			}
		})
	}
}

// TestActionsByRelease: which actions there are.
func TestActionsByRelease(t *testing.T) {
	has := map[string]string{ // the releases by their first letter: a 1.8, b 11, c 13 …
		"QueueStatus": "abcdefg", "Filter": "bcdefg", "QueueMemberRingInUse": "bcdefg", "QueueWithdrawCaller": "defg", "QueueChangePriorityCaller": "defg",
		"SIPpeers": "abcdef", "SIPpeerstatus": "bcdef", "PJSIPShowEndpoints": "cdefg", "PJSIPQualify": "cdefg",
	}
	for i, manager := range managers {
		cfg := amitest.Lab(1)
		cfg.Version = manager
		inQueue(t, cfg, func(_ *amitest.Server, c client) {
			commands, err := ami.Send(context.Background(), c, ami.ListCommands{})
			if err != nil {
				t.Fatal(err)
			}
			for name, releases := range has {
				_, listed := commands[name]
				_, err := c.Do(context.Background(), ami.Action{Name: name})
				known := err == nil || !strings.Contains(err.Error(), "Invalid/unknown command")
				if want := strings.Contains(releases, string(rune('a'+i))); listed != want || known != want {
					t.Errorf("%s %s: listed %v, known %v", manager, name, listed, known)
				}
			}
		})
	}
}

// TestOldEvents: the events of a call as a client of 11, and of 1.8, sees them.
func TestOldEvents(t *testing.T) {
	run := func(manager, number string) []*ami.Message {
		cfg := queue("rrmemory", 1)
		cfg.Version = manager
		return inQueue(t, cfg, func(srv *amitest.Server, c client) {
			c.dial("x", number, 1)
			time.Sleep(time.Minute)
			c.do("QueuePause", "Interface", "PJSIP/agent1", "Paused", "yes", "Reason", "tea")
		})
	}
	shapes := func(events []*ami.Message) map[string]string {
		all := make(map[string]string)
		for _, m := range events {
			var keys []string
			for k := range m.Fields() {
				if k != "Event" && k != "Privilege" {
					keys = append(keys, k)
				}
			}
			all[strings.TrimSpace(m.Event()+" "+m.Get("SubEvent"))] = strings.Join(keys, " ")
		}
		return all
	}
	want := map[string]string{
		"Newchannel":        "Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName AccountCode Exten Context Uniqueid",
		"Newstate":          "Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName Uniqueid",
		"NewCallerid":       "Channel CallerIDNum CallerIDName Uniqueid CID-CallingPres",
		"LocalBridge":       "Channel1 Channel2 Uniqueid1 Uniqueid2 Context Exten LocalOptimization",
		"Dial Begin":        "SubEvent Channel Destination CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName UniqueID DestUniqueID Dialstring",
		"Dial End":          "SubEvent Channel UniqueID DialStatus",
		"Bridge":            "Bridgestate Bridgetype Channel1 Channel2 Uniqueid1 Uniqueid2 CallerID1 CallerID2",
		"OriginateResponse": "ActionID Response Channel Context Exten Reason Uniqueid CallerIDNum CallerIDName",
		"Join":              "Channel CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName Queue Position Count Uniqueid",
		"Leave":             "Channel Queue Count Position Uniqueid",
		"AgentCalled":       "Queue AgentCalled AgentName ChannelCalling DestinationChannel CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName Context Extension Priority Uniqueid",
		"AgentConnect":      "Queue Uniqueid Channel Member MemberName HoldTime BridgedChannel RingTime",
		"AgentComplete":     "Queue Uniqueid Channel Member MemberName HoldTime TalkTime Reason",
		"QueueMemberStatus": "Queue Location MemberName StateInterface Membership Penalty CallsTaken LastCall InCall Status Paused",
		"QueueMemberPaused": "Queue Location MemberName Paused Reason",
		"HangupRequest":     "Channel Uniqueid Cause",
		"SoftHangupRequest": "Channel Uniqueid Cause",
		"Hangup":            "Channel Uniqueid CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName AccountCode Cause Cause-txt",
	}
	events := run("1.3", "200005")
	if got := shapes(events); !maps.Equal(got, want) {
		for _, e := range slices.Sorted(maps.Keys(want)) {
			if got[e] != want[e] {
				t.Errorf("11: %s\n\t%s, want\n\t%s", e, got[e], want[e])
			}
			delete(got, e)
		}
		for e := range got {
			t.Errorf("11: %s", e)
		}
	}
	if n := names(events, "SubEvent"); n["Dial Begin"] != 1 || n["Dial End"] != 1 {
		t.Errorf("Dial: %v", n)
	}
	// A ChannelId is not looked at.
	for _, m := range events {
		if id := m.Get("Uniqueid"); strings.HasPrefix(id, "x") {
			t.Errorf("%v", m)
		}
	}
	for _, e := range []string{"LocalBridge", "HangupRequest", "SoftHangupRequest"} {
		delete(want, e)
	}
	want["AgentConnect"] = strings.NewReplacer("HoldTime", "Holdtime", "RingTime", "Ringtime").Replace(want["AgentConnect"])
	want["Hangup"] = strings.Replace(want["Hangup"], "AccountCode ", "", 1)
	want["QueueMemberStatus"] = "Queue Location MemberName Membership Penalty CallsTaken LastCall Status Paused"
	if got := shapes(run("1.1", "200005")); !maps.Equal(got, want) {
		t.Errorf("1.8: %v, want %v", got, want)
	}
	for _, m := range run("1.3", "1017555") {
		if m.Event() == "OriginateResponse" && m.Get("Uniqueid") != "<null>" {
			t.Errorf("%v", m)
		}
	}
}

// TestMiddleEvents: what 13 to 20 lack.
func TestMiddleEvents(t *testing.T) {
	for _, c := range []struct{ manager, dialState, techCause, lastPause, processed string }{
		{"2.10.6", "0", "0", "0", "0"}, {"5.0.5", "1", "0", "1", "0"}, {"7.0.3", "1", "0", "1", "0"}, {"9.0.0", "1", "1", "1", "1"}, {"11.0.0", "1", "1", "1", "1"},
	} {
		cfg := amitest.Lab(1)
		cfg.Version = c.manager
		processed := "0"
		n := make(map[string]string)
		for _, m := range inQueue(t, cfg, func(srv *amitest.Server, cl client) {
			cl.dial("x", "200005", 1)
			time.Sleep(time.Minute)
			cl.dial("y", "1017555", 1)
			time.Sleep(time.Minute)
			m, err := cl.Do(context.Background(), ami.Action{Name: "CoreStatus"})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := m.Lookup("CoreProcessedCalls"); ok {
				processed = "1"
			}
		}) {
			n[m.Event()] = "1"
			for _, key := range []string{"TechCause", "LastPause"} {
				if _, ok := m.Lookup(key); ok {
					n[key] = "1"
				}
			}
		}
		got := fmt.Sprint(n["DialState"], n["TechCause"], n["LastPause"])
		if want := strings.ReplaceAll(c.dialState+c.techCause+c.lastPause, "0", ""); strings.ReplaceAll(got, " ", "") != want || processed != c.processed {
			t.Errorf("%s: %q, %s", c.manager, got, processed)
		}
	}
}
