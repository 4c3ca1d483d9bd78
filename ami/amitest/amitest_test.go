package amitest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// client keeps a connection's events.
type client struct {
	*ami.Conn
	t *testing.T
}

func connect(t *testing.T, srv *amitest.Server, user string) client {
	t.Helper()
	c, err := ami.Connect(context.Background(), ami.Config{
		Username: user, Secret: user + "-secret", Events: "call,agent", Dial: srv.DialFunc, EventQueue: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client{c, t}
}

// dial originates n calls to a number; their ChannelIds are prefix-0 …
func (c client) dial(prefix, number string, n int) {
	c.t.Helper()
	for i := range n {
		if _, err := ami.Send(context.Background(), c, ami.Originate{
			Channel: "Local/" + number + "@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: fmt.Sprintf("%s-%d", prefix, i),
		}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// events closes the connection and returns what came.
func (c client) events() []*ami.Message {
	synctest.Wait()
	c.Close()
	var all []*ami.Message
	for m := range c.Conn.Events() {
		all = append(all, m)
	}
	return all
}

func (c client) counts(queue string) ami.QueueCounts {
	c.t.Helper()
	counts, err := ami.Send(context.Background(), c, ami.QueueSummary{Queue: queue})
	if err != nil || len(counts) != 1 {
		c.t.Fatalf("QueueSummary: %v, %v", counts, err)
	}
	return counts[0]
}

func names(events []*ami.Message, key string) map[string]int {
	n := make(map[string]int)
	for _, m := range events {
		n[m.Event()+" "+m.Get(key)]++
	}
	return n
}

// TestMix lets a day's work pass and then counts: what the far ends saw, what
// the client was told and what the agents did must agree.
func TestMix(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := amitest.Lab(12)
				cfg.Seed = seed
				cfg.Plan = amitest.Mix(amitest.DefaultMix(seed))
				for i := range cfg.Queues[0].Members {
					m := &cfg.Queues[0].Members[i]
					m.Ring, m.NoAnswer, m.TalkLimit, m.Wrapup = 3*time.Second, 0.1, 2*time.Minute, 15*time.Second
				}
				srv := amitest.New(cfg)
				defer srv.Close()
				c := connect(t, srv, "dialcamp")
				const calls = 500
				for i := range calls {
					c.dial(fmt.Sprint("c", i), fmt.Sprintf("21%07d", i), 1)
					time.Sleep(2 * time.Second)
				}
				time.Sleep(5 * time.Minute)
				if n := srv.InFlight(); n != 0 {
					t.Errorf("%d calls never ended", n)
				}
				if q := c.counts("Camp200"); q.Available != 12 || q.Callers != 0 {
					t.Errorf("%+v", q)
				}
				if ch, err := ami.Send(context.Background(), c, ami.CoreShowChannels{}); err != nil || len(ch) != 0 {
					t.Errorf("channels left: %v, %v", ch, err)
				}
				var answered, connected, talked int
				cdr := srv.CDR()
				for _, c := range cdr {
					if !c.Answer.IsZero() {
						answered++
					}
					if !c.Connected.IsZero() {
						connected++
					}
					if c.End.IsZero() || !c.Responded {
						t.Errorf("%+v", c)
					}
				}
				var logged time.Duration
				for _, a := range srv.AgentStats() {
					talked += a.Calls
					logged += a.LoggedIn
					if o := a.Occupancy(); strings.HasPrefix(a.Interface, "PJSIP/agent") && (o <= 0 || o >= 1) {
						t.Errorf("occupancy %v of %+v", o, a)
					}
				}
				if want := 15 * (calls*2*time.Second + 5*time.Minute); logged != want {
					t.Errorf("agents were logged in for %v, want %v", logged, want)
				}
				n := names(c.events(), "")
				for event, want := range map[string]int{
					"OriginateResponse ": calls, "Newchannel ": n["Hangup "], "QueueCallerJoin ": answered, "QueueCallerLeave ": answered,
					"AgentConnect ": connected, "AgentComplete ": connected, "QueueCallerAbandon ": answered - connected,
				} {
					if n[event] != want {
						t.Errorf("%d × %s, want %d", n[event], event, want)
					}
				}
				if len(cdr) != calls || talked != connected || connected == 0 || answered == connected || n["AgentRingNoAnswer "] == 0 {
					t.Errorf("%d calls, %d answered, %d connected, %d by the agents' count", len(cdr), answered, connected, talked)
				}
			})
		})
	}
}

// TestSameSeed: the same seed gives the same events in the same order.
func TestSameSeed(t *testing.T) {
	run := func(seed uint64) string {
		var all strings.Builder
		synctest.Test(t, func(t *testing.T) {
			cfg := amitest.Lab(3)
			cfg.Seed = seed
			srv := amitest.New(cfg)
			defer srv.Close()
			c := connect(t, srv, "dialcamp")
			for i := range 40 {
				c.dial(fmt.Sprint("c", i), fmt.Sprintf("9%05d", i), 1)
				time.Sleep(1_234_567 * time.Microsecond) // not when something of the server's is due
			}
			time.Sleep(time.Minute)
			for _, m := range c.events() {
				if m.Event() != "OriginateResponse" { // its ActionID is the client's
					all.WriteString(m.String())
				}
			}
		})
		return all.String()
	}
	a, b, other := run(1), run(1), run(2)
	if a != b {
		t.Error("two runs with one seed differ")
	}
	if a == other {
		t.Error("two seeds make no difference")
	}
}

func TestVariables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		o := ami.Originate{Channel: "Local/1017555@DialCamp/n", Context: "campaign", Exten: "200",
			Variables: []string{ami.EscapeVariable("NAME", `Kim, "Min" \o/`), "A=1,B=2"}}
		if _, err := ami.Send(context.Background(), c, o); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%q", srv.Calls()[0].Variables); got != `["NAME=Kim, \"Min\" \\o/" "A=1" "B=2"]` {
			t.Error(got)
		}
		c.Close()
	})
}

func TestTrunkChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := amitest.Lab(1)
		cfg.TrunkChannels = 3
		srv := amitest.New(cfg)
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		c.dial("a", "4555", 5)
		time.Sleep(time.Minute)
		c.dial("b", "4555", 3)
		time.Sleep(time.Minute)
		causes := make(map[ami.Cause]int)
		for _, call := range srv.CDR() {
			causes[call.Cause]++
		}
		if causes[34] != 2 || causes[19] != 6 {
			t.Error(causes)
		}
		c.Close()
	})
}

// TestScaled lets 100 s pass in a sixth of a second.
func TestScaled(t *testing.T) {
	cfg := amitest.Lab(1)
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	cfg.Clock = amitest.Scaled(start, 600)
	srv := amitest.StartTest(t, cfg)
	c, err := ami.Connect(t.Context(), ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := ami.Send(t.Context(), c, ami.Originate{Channel: "Local/200100@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: "x"}); err != nil {
		t.Fatal(err)
	}
	for m := range c.Events() {
		if m.Event() == "AgentComplete" {
			// The agent takes 0.5 s to answer, and a busy machine may take a while too.
			if talk := m.Int("TalkTime"); talk < 50 || talk > 3600 {
				t.Errorf("talked %d s", talk)
			}
			return
		}
	}
	t.Error(c.Err())
}
