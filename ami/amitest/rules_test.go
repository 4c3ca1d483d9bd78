package amitest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// inQueue runs f with a server of that configuration and a client, and returns
// the events.
func inQueue(t *testing.T, cfg amitest.Config, f func(srv *amitest.Server, c client)) []*ami.Message {
	t.Helper()
	var events []*ami.Message
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		f(srv, c)
		events = c.events()
	})
	return events
}

// do carries out an action and returns its response and message.
func (c client) do(name string, fields ...string) string {
	c.t.Helper()
	a := ami.Action{Name: name}
	for pair := range slices.Chunk(fields, 2) {
		a.Add(pair[0], pair[1])
	}
	m, err := c.Do(context.Background(), a)
	if m == nil {
		c.t.Fatal(err)
	}
	return m.Response() + ": " + m.Get("Message")
}

// waits is an inbound caller who talks for a moment once an agent answers.
var waits = amitest.Fate{Patience: time.Hour, Talk: time.Second}

// values are what events of that name have for key, in order.
func values(events []*ami.Message, event, key string) string {
	var all []string
	for _, m := range events {
		if m.Event() == event {
			all = append(all, m.Get(key))
		}
	}
	return strings.Join(all, " ")
}

// TestMemberOrder: members are gone through in the order of app_queue's table,
// here as the lab's QueueStatus listed them.
func TestMemberOrder(t *testing.T) {
	want := "PJSIP/7 PJSIP/1001 PJSIP/2002 PJSIP/201 PJSIP/bob PJSIP/55 PJSIP/102 PJSIP/101 PJSIP/sales Local/5@x PJSIP/alice nochan"
	inQueue(t, amitest.Lab(1), func(_ *amitest.Server, c client) {
		for _, iface := range strings.Fields("PJSIP/101 PJSIP/102 PJSIP/201 PJSIP/7 PJSIP/55 PJSIP/1001 PJSIP/sales PJSIP/bob PJSIP/alice PJSIP/2002 Local/5@x nochan") {
			c.do("QueueAdd", "Queue", "Empty", "Interface", iface)
		}
		queues, err := ami.Send(context.Background(), c, ami.QueueStatus{Queue: "Empty"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range queues[0].Members {
			got = append(got, m.Interface)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}
	})
}

// TestRoundRobinOrder: rrmemory and rrordered go round in the order of the
// configuration, linear starts at its head.
func TestRoundRobinOrder(t *testing.T) {
	for strategy, want := range map[string]string{
		"rrmemory": "101 102 201 7 101 102", "rrordered": "101 102 201 7 101 102", "linear": "101 101 101 101 101 101",

		// Here the last of equals is first, in the table's order.
		"leastrecent": "101 102 201 7 101 102", "fewestcalls": "101 102 201 7 101 102",
	} {
		cfg := queue(strategy, 0)
		for _, id := range strings.Fields("101 102 201 7") {
			cfg.Queues[0].Members = append(cfg.Queues[0].Members, amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: "PJSIP/" + id}})
		}
		events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			for range 6 {
				srv.CallIn("Camp200", "1", waits)
				time.Sleep(5 * time.Second)
			}
		})
		if got := strings.ReplaceAll(values(events, "AgentConnect", "Interface"), "PJSIP/", ""); got != want {
			t.Errorf("%s: %s, want %s", strategy, got, want)
		}
	}
}

// TestLinearGoesOn: a caller of a linear queue who was not answered is offered to
// the next member, not to the first again.
func TestLinearGoesOn(t *testing.T) {
	cfg := queue("linear", 3)
	for i := range cfg.Queues[0].Members {
		cfg.Queues[0].Members[i].NoAnswer = 1
	}
	events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		srv.CallIn("Camp200", "1", amitest.Fate{Patience: time.Minute})
		time.Sleep(2 * time.Minute)
	})
	if got := connects(events, "AgentCalled"); got != "1 2 3 1" {
		t.Error(got)
	}
}

// TestRandom: random asks everybody alike, wrandom those of low penalty more.
func TestRandom(t *testing.T) {
	for strategy, ok := range map[string]func(first, last int) bool{
		"random":  func(_, last int) bool { return last == 0 }, // penalty 3 is for when the others are busy
		"wrandom": func(first, last int) bool { return last > 10 && first > 2*last },
	} {
		cfg := queue(strategy, 4)
		cfg.Queues[0].Members[3].Penalty = 3
		events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			for range 400 {
				srv.CallIn("Camp200", "1", waits)
				time.Sleep(5 * time.Second)
			}
		})
		n := names(events, "Interface")
		first, last := n["AgentConnect PJSIP/agent1"], n["AgentConnect PJSIP/agent4"]
		if !ok(first, last) || first < 80 {
			t.Errorf("%s: %v", strategy, n)
		}
	}
}

// TestRingInUse: by default phones in use are rung; the queue's option or the
// member's, or the action, forbids it.
func TestRingInUse(t *testing.T) {
	for _, c := range []struct {
		queue, member amitest.Option
		want          string
	}{{amitest.Unset, amitest.Unset, "1 1"}, {amitest.No, amitest.Unset, "1"}, {amitest.No, amitest.Yes, "1 1"}, {amitest.Yes, amitest.No, "1"}} {
		cfg := queue("rrmemory", 1)
		cfg.Queues[0].RingInUse, cfg.Queues[0].Members[0].RingInUse = c.queue, c.member
		events := inQueue(t, cfg, func(srv *amitest.Server, cl client) {
			srv.CallIn("Camp200", "1", amitest.Fate{Patience: time.Hour, Talk: 20 * time.Second})
			time.Sleep(2 * time.Second)
			srv.CallIn("Camp200", "2", waits)
			time.Sleep(5 * time.Second)
			queues, err := ami.Send(context.Background(), cl, ami.QueueStatus{Queue: "Camp200"})
			if err != nil {
				t.Fatal(err)
			}
			want := ami.DeviceInUse
			if len(c.want) > 1 {
				want = ami.DeviceRingInUse
			}
			if got := queues[0].Members[0].Status; got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
		if got := connects(events, "AgentCalled"); got != c.want {
			t.Errorf("%+v: rung %s", c, got)
		}
	}
	// A phone that rang during a talk is answered when that is over.
	cfg := queue("rrmemory", 1)
	cfg.Queues[0].RingInUse, cfg.Queues[0].Wrapup = amitest.Yes, 0
	events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		srv.CallIn("Camp200", "1", amitest.Fate{Patience: time.Hour, Talk: 5 * time.Second})
		time.Sleep(2 * time.Second)
		srv.CallIn("Camp200", "2", waits)
		time.Sleep(time.Minute)
	})
	if got := values(events, "AgentConnect", "HoldTime") + "; " + values(events, "AgentComplete", "TalkTime"); got != "1 5; 5 1" {
		t.Errorf("held and talked %s s", got)
	}
	// So is one that rang while it rang for somebody who has given up.
	cfg = queue("rrmemory", 1)
	cfg.Queues[0].RingInUse, cfg.Queues[0].Members[0].Ring = amitest.Yes, 3*time.Second
	events = inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		srv.CallIn("Camp200", "1", amitest.Fate{Patience: 2 * time.Second})
		time.Sleep(time.Second)
		srv.CallIn("Camp200", "2", waits)
		time.Sleep(time.Minute)
	})
	if got := values(events, "AgentConnect", "HoldTime"); got != "4" {
		t.Errorf("held %s s", got)
	}
}

// TestAutofill: without it, only the first caller is given to agents.
func TestAutofill(t *testing.T) {
	for autofill, want := range map[amitest.Option]string{amitest.Unset: "1", amitest.No: "1", amitest.Yes: "1 2"} {
		cfg := queue("rrmemory", 2)
		cfg.Queues[0].Autofill = autofill
		cfg.Queues[0].Members[0].Ring = 10 * time.Second
		events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			srv.CallIn("Camp200", "1", waits)
			srv.CallIn("Camp200", "2", waits)
			time.Sleep(5 * time.Second)
		})
		if got := connects(events, "AgentCalled"); got != want {
			t.Errorf("autofill %v: rung %s", autofill, got)
		}
	}
}

// TestWeight: who is a member of two queues is left to the heavier one's callers
// while it has as many of them as members who are available.
func TestWeight(t *testing.T) {
	members := amitest.Agents(1, time.Second)
	q := amitest.QueueConfig{Name: "light", Retry: time.Second, RingInUse: amitest.No, Members: members}
	heavy := q
	heavy.Name, heavy.Weight = "heavy", 5
	events := inQueue(t, amitest.Config{Queues: []amitest.QueueConfig{q, heavy}}, func(srv *amitest.Server, c client) {
		srv.SetPaused("", "PJSIP/agent1", true, "")
		srv.CallIn("light", "1", waits)
		time.Sleep(time.Second)
		srv.CallIn("heavy", "2", waits)
		srv.CallIn("heavy", "3", waits)
		time.Sleep(time.Second)
		srv.SetPaused("", "PJSIP/agent1", false, "")
		time.Sleep(time.Minute)
	})
	if got := values(events, "AgentConnect", "CallerIDNum"); got != "2 3 1" {
		t.Errorf("served %s", got)
	}
}

// TestLightIsServed: a heavier queue does not keep members from whom it has no
// use for, nor one of the same weight.
func TestLightIsServed(t *testing.T) {
	for _, c := range []struct {
		weight, members int // of the other queue
		want            string
	}{{5, 2, "1"}, {5, 1, ""}, {0, 1, "1"}} {
		q := amitest.QueueConfig{Name: "light", Retry: time.Second, RingInUse: amitest.No, Autofill: amitest.Yes, Strategy: "linear", Members: amitest.Agents(1, time.Minute)}
		other := q
		other.Name, other.Weight, other.Members = "other", c.weight, amitest.Agents(c.members, time.Minute)
		events := inQueue(t, amitest.Config{Queues: []amitest.QueueConfig{q, other}}, func(srv *amitest.Server, _ client) {
			srv.CallIn("other", "2", waits, "QUEUE_MIN_PENALTY=1") // it has nobody to ring, but waits
			time.Sleep(100 * time.Millisecond)
			srv.CallIn("light", "1", waits)
			time.Sleep(3 * time.Second)
		})
		if got := values(events, "AgentCalled", "CallerIDNum"); got != c.want {
			t.Errorf("weight %d, %d members: served %s", c.weight, c.members, got)
		}
	}
}

// TestWrapupPassedOver: whoever wraps up is not rung though the strategy wants so.
func TestWrapupPassedOver(t *testing.T) {
	cfg := queue("linear", 2)
	cfg.Queues[0].Wrapup = 30 * time.Second
	events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		for range 2 {
			srv.CallIn("Camp200", "1", waits)
			time.Sleep(5 * time.Second)
		}
	})
	if got := connects(events, "AgentCalled"); got != "1 2" {
		t.Error(got)
	}
}

// TestPriority: QUEUE_PRIO puts a caller before others, and an action does later.
func TestPriority(t *testing.T) {
	cfg := queue("rrmemory", 1)
	events := inQueue(t, cfg, func(srv *amitest.Server, c client) {
		srv.SetPaused("", "PJSIP/agent1", true, "")
		srv.CallIn("Camp200", "1", waits)
		srv.CallIn("Camp200", "2", waits, "QUEUE_PRIO=5")
		srv.CallIn("Camp200", "3", waits, "_QUEUE_PRIO=5")
		srv.CallIn("Camp200", "4", waits)
		queues, err := ami.Send(context.Background(), c, ami.QueueStatus{Queue: "Camp200"})
		if err != nil {
			t.Fatal(err)
		}
		last := queues[0].Callers[3].Channel
		for _, immediate := range []string{"no", "yes"} {
			if got := c.do("QueueChangePriorityCaller", "Queue", "Camp200", "Caller", last, "Priority", "9", "Immediate", immediate); got != "Success: Priority change for caller on queue" {
				t.Error(got)
			}
		}
		srv.SetPaused("", "PJSIP/agent1", false, "")
		time.Sleep(time.Minute)
	})
	if got := values(events, "QueueCallerJoin", "Position"); got != "1 1 2 4" {
		t.Errorf("joined at %s", got)
	}
	if got := values(events, "AgentConnect", "CallerIDNum"); got != "4 2 3 1" {
		t.Errorf("served %s", got)
	}
}

// TestSharedLastCall: by default the wrap-up after a call of one queue does not
// keep an agent from another's callers.
func TestSharedLastCall(t *testing.T) {
	for shared, want := range map[bool]string{false: "1", true: "30"} {
		members := amitest.Agents(1, time.Second)
		cfg := amitest.Config{SharedLastCall: shared}
		for _, name := range []string{"one", "two"} {
			cfg.Queues = append(cfg.Queues, amitest.QueueConfig{Name: name, Wrapup: 30 * time.Second, Retry: time.Second, RingInUse: amitest.No, Members: members})
		}
		events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
			srv.CallIn("one", "1", waits)
			time.Sleep(3 * time.Second)
			srv.CallIn("two", "2", waits)
			time.Sleep(2 * time.Minute)
		})
		if got := strings.Fields(values(events, "AgentConnect", "HoldTime")); len(got) != 2 || got[1] != want {
			t.Errorf("shared_lastcall %v: held %v s", shared, got)
		}
	}
}

// TestRefuse: a phone that refuses is passed over at once, with the events that
// the lab showed.
func TestRefuse(t *testing.T) {
	cfg := queue("rrmemory", 2)
	cfg.Queues[0].Members[0].Refuse = 1
	events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		srv.CallIn("Camp200", "1", waits)
		time.Sleep(10 * time.Second)
	})
	var got []string
	for _, m := range events {
		switch e := m.Event(); {
		case strings.HasPrefix(m.Get("Channel")+m.Get("DestChannel"), "PJSIP/agent1"), strings.HasPrefix(m.Get("DestChannel"), "PJSIP/agent"):
			got = append(got, strings.TrimSpace(e+" "+m.Get("DialStatus")+m.Get("Cause")+m.Get("RingTime")))
		}
	}
	want := "Newchannel, AgentCalled, DialBegin, HangupRequest 17, DialEnd NOANSWER, AgentRingNoAnswer 0, Hangup 17, AgentCalled, DialBegin"
	if s := strings.Join(got, ", "); !strings.HasPrefix(s, want) {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if got := values(events, "AgentConnect", "HoldTime"); got != "1" {
		t.Errorf("held %s s", got)
	}
}
