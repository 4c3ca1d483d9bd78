package amitest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// TestFull: the caller after the last goes on in the dialplan.
func TestFull(t *testing.T) {
	cfg := queue("rrmemory", 0)
	cfg.Queues[0].MaxLen = 2
	events := inQueue(t, cfg, func(srv *amitest.Server, c client) {
		for i := range 3 {
			srv.CallIn("Camp200", fmt.Sprint(i), amitest.Fate{Patience: time.Minute})
		}
		time.Sleep(time.Second)
		queues, err := ami.Send(context.Background(), c, ami.QueueStatus{Queue: "Camp200"})
		if err != nil || queues[0].Max != 2 || len(queues[0].Callers) != 2 {
			t.Errorf("%+v, %v", queues, err)
		}
	})
	if got := values(events, "QueueCallerJoin", "CallerIDNum") + "; " + values(events, "Hangup", "CallerIDNum"); got != "0 1; 2" {
		t.Error(got)
	}
}

// TestEmpty: who may join a queue without members who count, and who leaves it.
func TestEmpty(t *testing.T) {
	paused := func(srv *amitest.Server) { srv.SetPaused("", "PJSIP/agent1", true, "") }
	gone := func(srv *amitest.Server) { srv.SetDevice("PJSIP/agent1", ami.DeviceUnavailable) }
	busy := func(srv *amitest.Server) { srv.SetDevice("PJSIP/agent1", ami.DeviceInUse) }
	for _, c := range []struct {
		option            string
		state             func(*amitest.Server)
		joins, leaves     bool // with joinempty, leavewhenempty
		joinYes, leaveYes string
	}{
		{option: "", state: paused, joins: true, leaves: false},
		{option: "loose", state: paused, joins: true, leaves: false},
		{option: "strict", state: paused, joins: false, leaves: true},
		{option: "strict", state: gone, joins: false, leaves: true},
		{option: "strict", state: busy, joins: true, leaves: false},
		{option: "paused,inuse", state: busy, joins: false, leaves: true},
		{option: "paused,inuse", state: gone, joins: true, leaves: false},
		// yes and no mean the opposite: joinempty=yes lets everybody in,
		// leavewhenempty=yes lets everybody out; neither looks at devices.
		{option: "yes", state: paused, joins: true, leaves: true},
		{option: "no", state: paused, joins: false, leaves: false},
		{option: "no", state: gone, joins: true, leaves: false},
	} {
		cfg := queue("rrmemory", 1)
		cfg.Queues[0].JoinEmpty = c.option
		events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			c.state(srv)
			srv.CallIn("Camp200", "1", waits)
			time.Sleep(3 * time.Second)
		})
		if n := names(events, "Queue")["QueueCallerJoin Camp200"]; (n == 1) != c.joins {
			t.Errorf("joinempty=%s: %d joined", c.option, n)
		}
		cfg = queue("rrmemory", 1)
		cfg.Queues[0].LeaveWhenEmpty, cfg.Queues[0].Members[0].NoAnswer = c.option, 1
		events = inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			srv.SetDevice("PJSIP/agent1", ami.DeviceBusy)
			srv.CallIn("Camp200", "1", waits)
			time.Sleep(3500 * time.Millisecond)
			srv.SetDevice("PJSIP/agent1", ami.DeviceNotInUse)
			c.state(srv)
			time.Sleep(1200 * time.Millisecond)
		})
		if n := names(events, "Queue")["QueueCallerAbandon Camp200"]; (n == 1) != c.leaves {
			t.Errorf("leavewhenempty=%s: %d left", c.option, n)
		}
	}
}

// TestPenaltyRules: a caller accepts members of higher penalties as it waits.
func TestPenaltyRules(t *testing.T) {
	cfg := queue("rrmemory", 3)
	for i := range cfg.Queues[0].Members {
		cfg.Queues[0].Members[i].Penalty = 5 * i
	}
	cfg.Queues[0].DefaultRule = "Widen"
	cfg.Rules = []amitest.PenaltyRule{{Name: "Widen", Changes: []amitest.PenaltyChange{
		{After: 10 * time.Second, Max: "5"}, {After: 20 * time.Second, Max: "+5", Min: "1"},
	}}}
	events := inQueue(t, cfg, func(srv *amitest.Server, c client) {
		for i, limit := range []string{"0", "5", "10"} {
			srv.SetPaused("", fmt.Sprintf("PJSIP/agent%d", i+1), true, "")
			srv.CallIn("Camp200", limit, amitest.Fate{Patience: time.Hour, Talk: time.Minute}, "QUEUE_MAX_PENALTY=0")
			srv.SetPaused("", fmt.Sprintf("PJSIP/agent%d", i+1), false, "")
			time.Sleep(time.Second)
		}
		time.Sleep(30 * time.Second)
		srv.CallIn("Camp200", "any", amitest.Fate{Patience: time.Hour, Talk: time.Minute}, "QUEUE_MIN_PENALTY=6")
		time.Sleep(time.Hour)
	})
	// The last would have had the third agent only, who talks, until its own rule
	// lets it have the second.
	if got := connects(events, "AgentConnect") + "; " + values(events, "AgentConnect", "HoldTime"); got != "1 2 3 2; 1 12 22 41" {
		t.Error(got)
	}
}

// TestServiceLevel: what QueueStatus counts, and QueueReset forgets.
func TestServiceLevel(t *testing.T) {
	cfg := queue("rrmemory", 1)
	cfg.Queues[0].ServiceLevel = 5 * time.Second
	inQueue(t, cfg, func(srv *amitest.Server, c client) {
		srv.CallIn("Camp200", "1", amitest.Fate{Patience: time.Hour, Talk: 10 * time.Second})
		time.Sleep(time.Second)
		srv.CallIn("Camp200", "2", waits)
		srv.CallIn("Camp200", "3", amitest.Fate{Patience: 2 * time.Second})
		srv.CallIn("Camp200", "4", amitest.Fate{Patience: 8 * time.Second})
		time.Sleep(time.Minute)
		params := func() string {
			var got string
			for m, err := range c.List(context.Background(), ami.Action{Name: "QueueStatus"}) {
				if err != nil {
					t.Fatal(err)
				}
				switch m.Event() {
				case "QueueParams":
					got += fmt.Sprint(m.Get("Completed"), " ", m.Get("Abandoned"), " ", m.Get("ServicelevelPerf"), " ", m.Get("ServicelevelPerf2"), " ", m.Get("Holdtime"), " ", m.Get("TalkTime"))
				case "QueueMember":
					got += "; " + m.Get("CallsTaken")
				}
			}
			return got
		}
		if got := params(); got != "2 2 50.0 50.0 3 7; 2" {
			t.Error(got)
		}
		if got := c.do("QueueReset"); got != "Success: Queue stats reset successfully" {
			t.Error(got)
		}
		if got := params(); got != "0 0 0.0 0.0 0 0; 0" {
			t.Error(got)
		}
	})
}

// TestQueueExpires: Queue()'s time runs out while the caller waits, and while a
// phone rings, which it cuts short.
func TestQueueExpires(t *testing.T) {
	cfg := queue("rrmemory", 1)
	cfg.Destination = func(string, string) (amitest.Destination, bool) {
		return amitest.Destination{Queue: "Camp200", Timeout: 10 * time.Second}, true
	}
	cfg.Queues[0].Members[0].NoAnswer = 1
	events := inQueue(t, cfg, func(srv *amitest.Server, c client) {
		c.dial("x", "200100", 1)
		c.dial("y", "200100", 1)
		time.Sleep(time.Minute)
	})
	if got := values(events, "QueueCallerAbandon", "HoldTime"); got != "10 10" {
		t.Errorf("held %s s", got)
	}
	if got := values(events, "AgentRingNoAnswer", "RingTime"); got != "10000" {
		t.Errorf("rang %s ms", got)
	}
	if n := names(events, "Cause")["Hangup 16"]; n != 6 {
		t.Errorf("%d hung up with 16", n)
	}
}
