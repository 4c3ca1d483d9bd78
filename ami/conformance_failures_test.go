package ami_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/ami"
)

// testFailures is about Originates that dial nothing, and about looking at a
// call while it is there.
func (s *site) testFailures(t *testing.T) {
	t.Run("originate refused", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		ok := func(fields ...string) ami.Action {
			return action("Originate", append(fields, "Context", "campaign", "Exten", "200", "Priority", "1", "Async", "true")...)
		}
		check(t, r, []reply{
			{"Error: Channel not specified", ok()},
			{"Error: Invalid timeout", ok("Channel", "Local/4555@DialCamp", "Timeout", "soon")},
			{"Error: Invalid priority", ok("Channel", "Local/4555@DialCamp", "Priority", "x")},
			{"Error: Invalid channel", ok("Channel", "Local")},
			{"Error: Uniqueid length exceeds maximum of 149", ok("Channel", "Local/4555@DialCamp", "ChannelId", strings.Repeat("x", 150))},
			{"Error: Extension does not exist.", ok("Channel", "Local/4555@DialCamp", "Context", "nowhere")},
			{"Error: Extension does not exist.", ok("Channel", "Local/4555@DialCamp", "Exten", "999")},
		})
	})
	t.Run("synchronous", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		id := unique(t)
		_, err := ami.Send(t.Context(), r, ami.Originate{Channel: "Local/1017555@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: id, Sync: true})
		if !ami.Refused(err) || err.Error() != "ami: Originate refused: Originate failed" {
			t.Errorf("busy: %v", err)
		}
		r.await(t, "Hangup", "Uniqueid", id, "Cause", "17")
	})
	for _, c := range []struct{ name, channel string }{
		{"unknown context", "Local/4555@Nowhere/n"},
		{"no such extension", "Local/abc@DialCamp/n"},
		{"unknown technology", "Bogus/4555"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.connect(t, "dialcamp")
			id := unique(t)
			if _, err := ami.Send(t.Context(), r, ami.Originate{Channel: c.channel, Context: "campaign", Exten: "200", ChannelID: id}); err != nil {
				t.Fatal(err)
			}
			r.await(t, "OriginateResponse", "Uniqueid", id, "Response", "Failure", "Reason", "0", "Channel", c.channel)
			var want []string
			if strings.HasPrefix(c.channel, "Local/") {
				want = []string{"Newchannel 1", "Newchannel 2", "Hangup 2 0", "Hangup 1 0"}
				r.await(t, "Hangup", "Uniqueid", id)
			}
			events, _ := r.seen()
			compare(t, tokens(events, id), append(want, "OriginateResponse Failure 0"))
		})
	}
	t.Run("duplicate ChannelId", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		id := unique(t)
		o := ami.Originate{Channel: "Local/4555@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: id, ID: id + "-1"}
		if _, err := ami.Send(t.Context(), r, o); err != nil {
			t.Fatal(err)
		}
		r.await(t, "DialState", "DestUniqueid", id)
		o.ID = id + "-2"
		if _, err := ami.Send(t.Context(), r, o); err != nil {
			t.Fatal(err)
		}
		r.await(t, "OriginateResponse", "ActionID", id+"-2", "Response", "Failure", "Reason", "0", "Uniqueid", id)
		if n := count(tokensOf(r, id), "Newchannel 1"); n != 1 {
			t.Errorf("%d first legs", n)
		}
		if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: id}); err != nil {
			t.Fatal(err)
		}
		r.await(t, "OriginateResponse", "ActionID", id+"-1", "Response", "Failure")
		r.await(t, "Hangup", "Uniqueid", id)
	})
	// 22 finds a channel by the beginning of its Uniqueid, and takes that for a
	// duplicate. The other way round there is no harm.
	t.Run("ChannelId that begins another's", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		id := unique(t)
		originate := func(id string) {
			o := ami.Originate{Channel: "Local/4555@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: id, ID: id + "-o"}
			if _, err := ami.Send(t.Context(), r, o); err != nil {
				t.Fatal(err)
			}
		}
		originate(id + "1")
		r.await(t, "DialState", "DestUniqueid", id+"1")
		originate(id + "12")
		r.await(t, "DialState", "DestUniqueid", id+"12")
		originate(id)
		r.await(t, "OriginateResponse", "ActionID", id+"-o", "Response", "Failure", "Uniqueid", id)
		for _, n := range []string{"1", "12"} {
			if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: id + n}); err != nil {
				t.Fatal(err)
			}
			r.await(t, "Hangup", "Uniqueid", id+n)
		}
	})
	t.Run("channels during a talk", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		id := unique(t)
		if _, err := ami.Send(t.Context(), r, ami.Originate{Channel: "Local/302900555@DialCamp/n", Context: "campaign", Exten: "200", ChannelID: id}); err != nil {
			t.Fatal(err)
		}
		connect := r.await(t, "AgentConnect", "Linkedid", id)
		iface := connect.Get("Interface")
		r.await(t, "QueueMemberStatus", "Interface", iface, "Status", "2", "Queue", "Camp202")
		// Bridges are entered a moment later.
		r.await(t, "BridgeEnter", "Uniqueid", id)
		r.await(t, "BridgeEnter", "Channel", connect.Get("DestChannel"))
		r.list(t, action("CoreShowChannels"))
		channels, err := ami.Send(t.Context(), r, ami.CoreShowChannels{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		bridges := make(map[string]int)
		for _, c := range channels {
			if c.Linkedid != id {
				continue
			}
			got = append(got, fmt.Sprintf("%s %v %s %s", leg(c.Name), c.State, c.Application, strings.ReplaceAll(c.ApplicationData, c.Name, "")))
			bridges[c.BridgeID]++
		}
		slices.Sort(got)
		want := []string{"1 up Queue Camp200,t,,,60", "2 up Dial PJSIP/302900555@carrier,30", "agent up AppQueue (Outgoing Line)", "trunk up AppDial (Outgoing Line)"}
		if !slices.Equal(got, want) || len(bridges) != 2 || bridges[""] != 0 {
			t.Errorf("%q in bridges %v, want %q in two", got, bridges, want)
		}
		counts, err := ami.Send(t.Context(), r, ami.QueueSummary{Queue: "Camp202"})
		if err != nil || counts[0].Available != counts[0].LoggedIn-1 {
			t.Errorf("one of the shared agents talks, Camp202: %+v, %v", counts, err)
		}
		status, err := ami.Send(t.Context(), r, ami.QueueStatus{Queue: "Camp200", Member: iface})
		if err != nil || !status[0].Members[0].InCall || status[0].Members[0].Status != ami.DeviceInUse {
			t.Errorf("%+v, %v", status, err)
		}
		calls := status[0].Members[0].Calls
		if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: "/" + id + "|" + "302900555@DialCamp.*;1/"}); err != nil {
			t.Fatal(err)
		}
		// It may lack either of its channels: here both are hung up at once.
		r.until(t, "AgentComplete", func(events []*ami.Message) bool {
			return slices.ContainsFunc(events, func(m *ami.Message) bool {
				return m.Event() == "AgentComplete" && slices.Contains([]string{id, ""}, m.Get("Linkedid")) && slices.Contains([]string{id, ""}, m.Get("DestLinkedid"))
			})
		})
		m := r.await(t, "QueueMemberStatus", "Interface", iface, "Status", "1", "Queue", "Camp200", "CallsTaken", fmt.Sprint(calls+1))
		if m.Int("LastCall") == 0 || m.Get("InCall") != "0" {
			t.Errorf("%v", m)
		}
	})
	t.Run("waiting", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		id := unique(t)
		if _, err := ami.Send(t.Context(), r, ami.Originate{Channel: "Local/302900555@DialCamp/n", Context: "campaign", Exten: "empty", ChannelID: id}); err != nil {
			t.Fatal(err)
		}
		r.await(t, "QueueCallerJoin", "Uniqueid", id, "Position", "1", "Count", "1")
		r.list(t, action("QueueStatus", "Queue", "Empty"))
		queues, err := ami.Send(t.Context(), r, ami.QueueStatus{Queue: "Empty"})
		if err != nil || len(queues[0].Callers) != 1 || queues[0].Callers[0].Uniqueid != id || queues[0].Callers[0].Position != 1 {
			t.Errorf("%+v, %v", queues, err)
		}
		counts, err := ami.Send(t.Context(), r, ami.QueueSummary{Queue: "Empty"})
		if err != nil || counts[0].Callers != 1 {
			t.Errorf("%+v, %v", counts, err)
		}
		if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: id + ";2", Cause: 31}); err != nil {
			t.Fatal(err)
		}
		r.await(t, "QueueCallerLeave", "Uniqueid", id)
		r.await(t, "Hangup", "Uniqueid", id, "Cause", "31")
	})
}

func tokensOf(r *recorder, id string) []string {
	events, _ := r.seen()
	return tokens(events, id)
}
