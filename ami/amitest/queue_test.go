package amitest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// queue is one queue, Camp200, whose agents answer after a second.
func queue(strategy string, agents int) amitest.Config {
	return amitest.Config{Queues: []amitest.QueueConfig{{
		Name: "Camp200", Strategy: strategy, Retry: time.Second, RingInUse: amitest.No, Autofill: amitest.Yes, Members: amitest.Agents(agents, time.Second),
	}}}
}

// connects are the agents that were connected, in order.
func connects(events []*ami.Message, event string) string {
	var all []string
	for _, m := range events {
		if m.Event() == event {
			all = append(all, strings.TrimPrefix(m.Get("Interface"), "PJSIP/agent"))
		}
	}
	return strings.Join(all, " ")
}

func TestStrategies(t *testing.T) {
	for _, c := range []struct{ strategy, want string }{
		{"rrmemory", "1 2 3 1 2 3"},
		{"leastrecent", "3 2 1 3 2 1"},
		{"fewestcalls", "3 2 1 3 2 1"},
		{"linear", "1 1 1 1 1 1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := amitest.New(queue(c.strategy, 3))
			defer srv.Close()
			conn := connect(t, srv, "dialcamp")
			for i := range 6 {
				conn.dial(fmt.Sprint("c", i), "200002", 1)
				time.Sleep(10 * time.Second)
			}
			if got := connects(conn.events(), "AgentConnect"); got != c.want {
				t.Errorf("%s: %s, want %s", c.strategy, got, c.want)
			}
		})
	}
}

func TestRingall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := queue("ringall", 3)
		cfg.Queues[0].Members[1].Ring = 100 * time.Millisecond
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("x", "200002", 1)
		time.Sleep(10 * time.Second)
		if q := c.counts("Camp200"); q.Available != 3 {
			t.Errorf("%+v", q)
		}
		events := c.events()
		if got := connects(events, "AgentCalled") + "; " + connects(events, "AgentConnect"); got != "1 2 3; 2" {
			t.Error(got)
		}
		if n := names(events, "Cause")["Hangup 26"]; n != 2 {
			t.Errorf("%d phones stopped ringing with cause 26", n)
		}
	})
}

func TestPenalty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := queue("rrmemory", 3)
		cfg.Queues[0].Members[0].Penalty = 5
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("x", "200020", 3)
		time.Sleep(time.Minute)
		if got := connects(c.events(), "AgentCalled"); got != "2 3 1" {
			t.Error(got)
		}
	})
}

// TestNoAnswer: a member who does not answer is given up after the queue's
// timeout, and the next is tried after its retry.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := queue("linear", 2)
		cfg.Queues[0].Members[1].NoAnswer = 1
		cfg.Queues[0].Members[1].Penalty = 0
		cfg.Queues[0].Members[0].Penalty = 1
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("x", "200030", 1)
		time.Sleep(time.Second)
		srv.SetPaused("Camp200", "PJSIP/agent2", true, "")
		time.Sleep(time.Minute)
		events := c.events()
		if got := connects(events, "AgentRingNoAnswer") + "; " + connects(events, "AgentConnect"); got != "2; 1" {
			t.Error(got)
		}
		for _, m := range events {
			if m.Event() == "AgentRingNoAnswer" && m.Get("RingTime") != "15000" {
				t.Error(m)
			}
		}
		if wait := srv.CDR()[0].Connected.Sub(srv.CDR()[0].Answer); wait != 17*time.Second {
			t.Errorf("connected after %v, want 15 s of ringing, 1 s of pause, 1 s of ringing", wait)
		}
	})
}

// TestWrapup: no call reaches a member who is wrapping up, though the queue's
// summary has him available.
func TestWrapup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := queue("rrmemory", 1)
		cfg.Queues[0].Wrapup = 30 * time.Second
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("x", "200002", 1)
		time.Sleep(5 * time.Second)
		c.dial("y", "200060", 1)
		time.Sleep(5 * time.Second)
		if q := c.counts("Camp200"); q.Available != 1 || q.Callers != 1 {
			t.Errorf("in wrap-up: %+v", q)
		}
		time.Sleep(2 * time.Minute)
		cdr := srv.CDR()
		if d := cdr[1].Connected.Sub(cdr[0].End); d < 30*time.Second || d > 33*time.Second {
			t.Errorf("the next call came %v after the last", d)
		}
		if s := srv.AgentStats()[0]; s.Wrapup != time.Minute || s.Calls != 2 {
			t.Errorf("%+v", s)
		}
		c.Close()
	})
}

// TestShared: an agent of two queues is one person with one telephone.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		if n := c.counts("Camp202").Available; n != 1 {
			t.Errorf("%d available", n)
		}
		c.dial("x", "200060", 1)
		time.Sleep(5 * time.Second)
		if n := c.counts("Camp202").Available; n != 0 {
			t.Errorf("%d available during the talk", n)
		}
		srv.SetDevice("PJSIP/agent1", ami.DeviceUnavailable)
		if q := c.counts("Camp202"); q.LoggedIn != 0 {
			t.Errorf("%+v without a telephone", q)
		}
		srv.SetDevice("PJSIP/agent1", ami.DeviceNotInUse)
		time.Sleep(2 * time.Minute)
		if !srv.AddAgent("Camp200", amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: "PJSIP/new"}}) ||
			srv.AddAgent("Nope", amitest.MemberConfig{}) || !srv.RemoveAgent("Camp200", "PJSIP/agent1") {
			t.Error("members cannot be changed")
		}
		c.dial("y", "200005", 1)
		time.Sleep(time.Minute)
		if got := connects(c.events(), "AgentConnect"); got != "1 PJSIP/new" {
			t.Error(got)
		}
	})
}

// TestPatience: without agents, a contact leaves when its patience ends; with
// one, the talk lasts as planned from the agent's answer.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := queue("rrmemory", 1)
		cfg.Plan = func(string, int) amitest.Fate {
			return amitest.Fate{Answer: true, Patience: 20 * time.Second, Talk: time.Minute}
		}
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("x", "555", 2)
		time.Sleep(3 * time.Minute)
		cdr := srv.CDR()
		slices.SortFunc(cdr, func(a, b amitest.Call) int { return a.End.Compare(b.End) })
		if d := cdr[0].End.Sub(cdr[0].Answer); d != 20*time.Second || !cdr[0].Connected.IsZero() {
			t.Errorf("%+v", cdr[0])
		}
		if d := cdr[1].End.Sub(cdr[1].Connected); d != time.Minute {
			t.Errorf("%+v", cdr[1])
		}
		c.Close()
	})
}
