package amitest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// channelOf is the name of the channel with that Uniqueid, or of the first whose
// name has that prefix.
func (c client) channelOf(what string) string {
	c.t.Helper()
	channels, err := ami.Send(context.Background(), c, ami.CoreShowChannels{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, ch := range channels {
		if ch.Uniqueid == what || strings.HasPrefix(ch.Name, what) {
			return ch.Name
		}
	}
	c.t.Fatalf("no channel %s among %+v", what, channels)
	return ""
}

// places are the context and extension of each channel that is left, by name
// without its number.
func (c client) places() string {
	c.t.Helper()
	channels, err := ami.Send(context.Background(), c, ami.CoreShowChannels{})
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, ch := range channels {
		all = append(all, fmt.Sprintf("%s %s,%s %s", leg(ch.Name), ch.Context, ch.Exten, ch.Application))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func leg(name string) string {
	switch {
	case strings.HasSuffix(name, ";1"), strings.HasSuffix(name, ";2"):
		return name[len(name)-1:]
	case strings.Contains(name, "/carrier-"):
		return "trunk"
	case strings.Contains(name, "/agent"):
		return "agent"
	}
	return name
}

// story are the events of those names, each with its legs.
func story(events []*ami.Message, wanted ...string) string {
	var all []string
	for _, m := range events {
		if slices.Contains(wanted, m.Event()) {
			s := m.Event() + " " + leg(m.Get("Channel"))
			if d := m.Get("DestChannel"); d != "" {
				s += ">" + leg(d)
			}
			all = append(all, s+strings.TrimSuffix(" "+m.Get("Queue")+m.Get("Reason"), " "))
		}
	}
	return strings.Join(all, ", ")
}

// TestRedirect: who is taken out of a queue or a talk, what becomes of the other
// side, and where the channel then is; as seen on the lab.
func TestRedirect(t *testing.T) {
	for _, c := range []struct{ name, which, extra, exten, events, places string }{
		{name: "caller in talk", which: "x-0", exten: "empty",
			events: "Hangup agent, QueueCallerJoin 1 Empty, QueueCallerAbandon 1 Empty, QueueCallerLeave 1 Empty, AgentComplete 1 Camp200caller",
			places: "1 campaign,empty Queue; 2 DialCamp,200100 Dial; trunk from-outside,200100 AppDial"},
		{name: "trunk in talk", which: "PJSIP/carrier", exten: "empty",
			events: "AgentComplete 1>agent Camp200caller, QueueCallerJoin trunk Empty",
			places: "trunk campaign,empty Queue"},
		{name: "agent in talk", which: "PJSIP/agent", exten: "empty",
			events: "AgentComplete 1>agent Camp200caller, QueueCallerJoin agent Empty",
			places: "agent campaign,empty Queue"},
		{name: "both", which: "x-0", extra: "PJSIP/agent", exten: "empty",
			events: "QueueCallerJoin agent Empty, QueueCallerJoin 1 Empty",
			places: "1 campaign,empty Queue; 2 DialCamp,200100 Dial; agent campaign,empty Queue; trunk from-outside,200100 AppDial"},
		{name: "no such extension", which: "x-0", exten: "nowhere",
			events: "Hangup agent, AgentComplete 1 Camp200caller, Hangup 1, Hangup 2, Hangup trunk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := amitest.Lab(1)
			cfg.Seed = 3
			var calls amitest.AgentStats
			events := inQueue(t, cfg, func(srv *amitest.Server, cl client) {
				cl.dial("x", "200100", 1)
				time.Sleep(5 * time.Second)
				fields := []string{"Channel", cl.channelOf(c.which), "Context", "campaign", "Exten", c.exten, "Priority", "1"}
				want := "Success: Redirect successful"
				if c.extra != "" {
					fields = append(fields, "ExtraChannel", cl.channelOf(c.extra))
					want = "Success: Dual Redirect successful"
				}
				srv.Interfere(amitest.When(func(m *ami.Message) bool { return m.Event() == "Newchannel" }, amitest.Fault{Lose: true}))
				if got := cl.do("Redirect", fields...); got != want {
					t.Error(got)
				}
				time.Sleep(5 * time.Second)
				if got := cl.places(); got != c.places {
					t.Errorf("channels %s, want %s", got, c.places)
				}
				time.Sleep(5 * time.Minute)
				calls = srv.AgentStats()[0]
				if calls.State != ami.DeviceNotInUse || srv.InFlight() != 0 {
					t.Errorf("%+v, %d calls", calls, srv.InFlight())
				}
			})
			got := story(events, "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentComplete", "Hangup")
			if _, after, ok := strings.Cut(got, "QueueCallerLeave 1 Camp200, "); !ok || !inOrder(after, c.events) {
				t.Errorf("events %s, want %s", after, c.events)
			}
			if n := names(events, "")["AgentComplete "]; n != 1 || calls.Calls != 1 {
				t.Errorf("%d × AgentComplete, %d calls", n, calls.Calls)
			}
		})
	}
	t.Run("waiting", func(t *testing.T) {
		events := inQueue(t, amitest.Lab(1), func(srv *amitest.Server, c client) {
			id := srv.CallIn("Empty", "1", waits)
			time.Sleep(time.Second)
			c.do("Redirect", "Channel", id, "Context", "campaign", "Exten", "200", "Priority", "1")
			time.Sleep(time.Minute)
		})
		want := "QueueCallerJoin trunk Empty, QueueCallerAbandon trunk Empty, QueueCallerLeave trunk Empty, QueueCallerJoin trunk Camp200, QueueCallerLeave trunk Camp200, AgentComplete trunk>agent Camp200caller"
		if got := story(events, "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentComplete"); got != want {
			t.Error(got)
		}
	})
	t.Run("refused", func(t *testing.T) {
		inQueue(t, amitest.Lab(1), func(srv *amitest.Server, c client) {
			id := srv.CallIn("Empty", "1", waits)
			for _, tc := range []struct {
				want   string
				fields []string
			}{
				{"Channel not specified", []string{"Context", "campaign", "Exten", "200", "Priority", "1"}},
				{"Exten not specified", []string{"Channel", id, "Context", "campaign", "Priority", "1"}},
				{"Priority is invalid", []string{"Channel", id, "Context", "campaign", "Exten", "200", "Priority", "0"}},
				{"Channel does not exist: nobody", []string{"Channel", "nobody", "Context", "campaign", "Exten", "200", "Priority", "1"}},
				{"ExtraChannel does not exist: nobody", []string{"Channel", id, "Context", "campaign", "Exten", "200", "Priority", "1", "ExtraChannel", "nobody"}},
				{"ExtraExten not specified", []string{"Channel", id, "Context", "campaign", "Exten", "200", "Priority", "1", "ExtraChannel", id, "ExtraContext", "campaign"}},
			} {
				if got := c.do("Redirect", tc.fields...); got != "Error: "+tc.want {
					t.Errorf("%s, want %s", got, tc.want)
				}
			}
		})
	})
}

// inOrder reports whether the items of want are among those of got, in their order.
func inOrder(got, want string) bool {
	rest := strings.Split(got, ", ")
	for w := range strings.SplitSeq(want, ", ") {
		i := slices.Index(rest, w)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

func TestWithdraw(t *testing.T) {
	cfg := queue("rrmemory", 1)
	cfg.Queues[0].Members[0].NoAnswer = 1
	cfg.Queues[0].Timeout = 5 * time.Second
	events := inQueue(t, cfg, func(srv *amitest.Server, c client) {
		for range 2 { // the first rings the agent, the second waits its turn
			srv.CallIn("Camp200", "1", amitest.Fate{Patience: time.Hour})
		}
		time.Sleep(time.Second)
		for _, ch := range []string{"PJSIP/carrier-00000000", "PJSIP/carrier-00000001"} {
			if got := c.do("QueueWithdrawCaller", "Queue", "Camp200", "Caller", ch); got != "Success: Withdraw requested successfully" {
				t.Error(got)
			}
			if got := c.do("QueueWithdrawCaller", "Queue", "Camp200", "Caller", ch); got != "Error: Unable to request withdraw from queue: Already requested" {
				t.Error(got)
			}
		}
		time.Sleep(time.Minute)
		if got := c.do("QueueWithdrawCaller", "Queue", "Camp200", "Caller", "PJSIP/carrier-00000000"); got != "Error: Unable to request withdraw from queue: No such caller" {
			t.Error(got)
		}
	})
	// Whoever rings an agent is let go when that is over.
	if got := values(events, "QueueCallerAbandon", "Position") + "; " + values(events, "QueueCallerAbandon", "HoldTime"); got != "2 1; 1 6" && got != "2 1; 2 6" {
		t.Error(got)
	}
}

func TestMembersChange(t *testing.T) {
	inQueue(t, amitest.Lab(2), func(_ *amitest.Server, c client) {
		for _, tc := range []struct {
			want   string
			action string
			fields []string
		}{
			{"Error: Member not dynamic", "QueueRemove", []string{"Queue", "Camp200", "Interface", "PJSIP/agent1"}},
			{"Success: Interface penalty set successfully", "QueuePenalty", []string{"Interface", "PJSIP/agent1", "Penalty", "7"}},
			{"Error: Invalid interface, queuename or penalty", "QueuePenalty", []string{"Interface", "PJSIP/agent1", "Penalty", "-7"}},
			{"Error: Invalid interface, queuename or penalty", "QueuePenalty", []string{"Interface", "nobody", "Penalty", "7"}},
			{"Error: Need 'Interface' and 'Penalty' parameters.", "QueuePenalty", []string{"Interface", "nobody"}},
			{"Success: Interface ringinuse set successfully", "QueueMemberRingInUse", []string{"Interface", "PJSIP/agent1", "RingInUse", "yes", "Queue", "Camp202"}},
			{"Error: Invalid interface, queuename, or ringinuse value", "QueueMemberRingInUse", []string{"Interface", "nobody", "RingInUse", "yes"}},
			{"Error: 'RingInUse' parameter must be a truth value (yes/no, on/off, 0/1, etc)", "QueueMemberRingInUse", []string{"Interface", "PJSIP/agent1", "RingInUse", "perhaps"}},
		} {
			if got := c.do(tc.action, tc.fields...); got != tc.want {
				t.Errorf("%s %v: %s", tc.action, tc.fields, got)
			}
		}
		var got []string
		for _, m := range c.events() {
			got = append(got, fmt.Sprint(m.Event(), " ", m.Get("Queue"), " ", m.Get("Penalty"), " ", m.Get("Ringinuse")))
		}
		want := "QueueMemberPenalty Camp200 7 0, QueueMemberPenalty Camp202 7 0, QueueMemberRinginuse Camp202 7 1"
		if s := strings.Join(got, ", "); s != want {
			t.Error(s)
		}
	})
}

// TestReload: another configuration counts once it is asked for; what of it,
// the action's headers say.
func TestReload(t *testing.T) {
	cfg := queue("rrmemory", 2)
	inQueue(t, cfg, func(srv *amitest.Server, c client) {
		seen := func() string {
			queues, err := ami.Send(context.Background(), c, ami.QueueStatus{})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, q := range queues {
				s := fmt.Sprint(q.Name, " ", q.Strategy, " ", q.Weight)
				for _, m := range q.Members {
					s += fmt.Sprint(" ", m.Interface, " ", m.Penalty, " ", m.Paused)
				}
				all = append(all, s)
			}
			return strings.Join(all, "; ")
		}
		const before = "Camp200 rrmemory 0 PJSIP/agent1 0 true PJSIP/agent2 0 false PJSIP/dyn 0 false"
		c.do("QueueAdd", "Queue", "Camp200", "Interface", "PJSIP/dyn")
		c.do("QueuePause", "Interface", "PJSIP/agent1", "Paused", "yes")
		next := func() []amitest.QueueConfig {
			cfg := queue("linear", 3)
			q := cfg.Queues[0]
			q.Weight, q.Members = 9, q.Members[:1:1]
			q.Members[0].Penalty = 4
			q.Members = append(q.Members, amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: "PJSIP/agent3"}})
			return []amitest.QueueConfig{q, {Name: "New"}}
		}
		if c.do("QueueReload"); seen() != before {
			t.Errorf("nothing changed: %s", seen())
		}
		srv.ConfigureQueues(next(), []amitest.PenaltyRule{{Name: "Early"}})
		if seen() != before {
			t.Errorf("before the reload: %s", seen())
		}
		if c.do("QueueReload", "Rules", "yes"); seen() != before {
			t.Errorf("only rules: %s", seen())
		}
		c.do("QueueReload", "Members", "yes")
		if got := seen(); got != "Camp200 rrmemory 0 PJSIP/agent1 4 true PJSIP/dyn 0 false PJSIP/agent3 0 false" && got != "Camp200 rrmemory 0 PJSIP/agent1 4 true PJSIP/agent3 0 false PJSIP/dyn 0 false" {
			t.Errorf("only members: %s", got)
		}
		parameters := next()
		parameters[0].Members = nil
		srv.ConfigureQueues(parameters, []amitest.PenaltyRule{{Name: "Late"}})
		c.do("QueueReload", "Parameters", "yes")
		if got := seen(); !strings.HasPrefix(got, "Camp200 linear 9 PJSIP/agent1 ") || !strings.HasSuffix(got, "; New ringall 0") {
			t.Errorf("only parameters: %s", got)
		}
		if m, err := c.Do(context.Background(), ami.Action{Name: "QueueRule"}); err != nil || m.Get("RuleList") != "Early" {
			t.Errorf("the rules were read too: %v, %v", m, err)
		}
		srv.ConfigureQueues(next(), []amitest.PenaltyRule{{Name: "R", Changes: []amitest.PenaltyChange{{After: 30 * time.Second, Max: "+5"}, {After: time.Minute, Max: "7", Min: "-1"}}}})
		if got := c.do("QueueReload"); got != "Success: Queue reloaded successfully" {
			t.Error(got)
		}
		if got := seen(); got != "Camp200 linear 9 PJSIP/agent1 4 true PJSIP/dyn 0 false PJSIP/agent3 0 false; New ringall 0" {
			t.Errorf("all: %s", got)
		}
		m, err := c.Do(context.Background(), ami.Action{Name: "QueueRule", Headers: []ami.Header{{Key: "Rule", Value: "r"}}})
		if err != nil || m.Get("RuleList") != "R" || m.Get("Rule") != "30,+5,+0" {
			t.Errorf("%v, %v", m, err)
		}
		srv.ConfigureQueues(next()[1:], nil)
		if c.do("QueueReload"); seen() != "New ringall 0" {
			t.Errorf("one dropped: %s", seen())
		}
	})
}

// TestFilter: events that a session's filters let through; list items and
// responses always are.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		filters [][]string
		want    []string
	}{
		{[][]string{{"Filter", "Event: Hangup"}}, []string{"Hangup", "HangupRequest"}},
		{[][]string{{"Filter", "Event: Hangup"}, {"Filter", "!;1"}}, []string{"Hangup", "HangupRequest"}},
		{[][]string{{"Filter", "!Event: (New|Dial|Local|Soft|Bridge)"}}, []string{"Hangup", "HangupRequest", "OriginateResponse"}},
		{[][]string{{"MatchCriteria", "name(Hangup)"}}, []string{"Hangup"}},
		{[][]string{{"MatchCriteria", "action(exclude),header(Uniqueid),method(starts_with)", "Filter", "x"}, {"MatchCriteria", "name(Hangup),header(Cause),method(exact)", "Filter", "17"}}, []string{"Hangup"}},
		{[][]string{{"MatchCriteria", "name(Hangup),header(Cause),method(exact)", "Filter", "16"}}, nil},
	} {
		events := inQueue(t, amitest.Lab(1), func(_ *amitest.Server, cl client) {
			for _, f := range c.filters {
				if got := cl.do("Filter", append([]string{"Operation", "Add"}, f...)...); got != "Success: Success" {
					t.Errorf("%v: %s", f, got)
				}
			}
			cl.dial("x", "1017555", 1)
			time.Sleep(time.Minute)
			cl.counts("Camp200")
		})
		var got []string
		for _, m := range events {
			got = append(got, m.Event())
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.filters, got, c.want)
		}
	}
	inQueue(t, amitest.Lab(1), func(_ *amitest.Server, c client) {
		const format, compile = "Filter was formatted incorrectly.  Check the syntax of the filter given.", "Filter did not compile.  Check the syntax of the filter given."
		for _, tc := range []struct {
			want   string
			fields []string
		}{
			{"Unknown operation", []string{"Filter", "x"}},
			{format, []string{"Operation", "Add"}},
			{compile, []string{"Operation", "Add", "Filter", "["}},
			{format, []string{"Operation", "Add", "MatchCriteria", "method(magic)", "Filter", "x"}},
			{format, []string{"Operation", "Add", "MatchCriteria", "nonsense(x)"}},
			{format, []string{"Operation", "Add", "MatchCriteria", "action(exclude)"}},
			{format, []string{"Operation", "Add", "MatchCriteria", "name(Hangup),method(exact)"}},
		} {
			if got := c.do("Filter", tc.fields...); got != "Error: "+tc.want {
				t.Errorf("%v: %s", tc.fields, got)
			}
		}
	})
}

// TestCallIn: a caller from outside, whom the witness and the queue know.
func TestCallIn(t *testing.T) {
	cfg := queue("rrmemory", 1)
	events := inQueue(t, cfg, func(srv *amitest.Server, _ client) {
		id := srv.CallIn("Camp200", "0212345670", amitest.Fate{Patience: time.Minute, Talk: 5 * time.Second})
		time.Sleep(time.Minute)
		c := srv.CDR()[0]
		if len(srv.CDR()) != 1 || !c.Inbound || c.ChannelID != id || c.Agent != "PJSIP/agent1" || c.End.Sub(c.Connected) != 5*time.Second {
			t.Errorf("%+v", srv.CDR())
		}
	})
	want := "Newchannel trunk, Newstate trunk, QueueCallerJoin trunk Camp200, QueueCallerLeave trunk Camp200, AgentConnect trunk>agent Camp200"
	if got := story(events, "Newchannel", "Newstate", "QueueCallerJoin", "QueueCallerLeave", "AgentConnect", "OriginateResponse"); !inOrder(got, want) || strings.Contains(got, "Originate") {
		t.Error(got)
	}
}

// TestLateComplete: of many talks, some end with an AgentComplete that names
// neither channel, and comes after both have gone.
func TestLateComplete(t *testing.T) {
	events := inQueue(t, queue("rrmemory", 5), func(srv *amitest.Server, _ client) {
		for range 500 {
			srv.CallIn("Camp200", "1", waits)
			time.Sleep(5 * time.Second)
		}
	})
	without := 0
	for i, m := range events {
		if m.Event() != "AgentComplete" || m.Get("Channel")+m.Get("DestChannel") != "" {
			continue
		}
		if without++; story(events[i-3:i], "Hangup", "AgentConnect") == "" {
			t.Errorf("after %v", events[i-1])
		}
	}
	if n := names(events, "")["AgentComplete "]; n != 500 || without < 3 || without > 30 {
		t.Errorf("%d of %d without channels", without, n)
	}
}
