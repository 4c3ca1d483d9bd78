package ami_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

func (s *site) testQueues(t *testing.T, agents int) {
	t.Run("summary", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		r.list(t, action("QueueSummary"))
		counts, err := ami.Send(t.Context(), r, ami.QueueSummary{Queue: "Camp200"})
		if err != nil || len(counts) != 1 || counts[0].LoggedIn != agents || counts[0].Available != agents || counts[0].Callers != 0 {
			t.Errorf("Camp200: %+v, %v", counts, err)
		}
		if counts, err = ami.Send(t.Context(), r, ami.QueueSummary{Queue: "Nope"}); err != nil || len(counts) != 0 {
			t.Errorf("unknown queue: %+v, %v", counts, err)
		}
	})
	t.Run("status", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		r.list(t, action("QueueStatus"))
		queues, err := ami.Send(t.Context(), r, ami.QueueStatus{Queue: "Camp200"})
		if err != nil || len(queues) != 1 || len(queues[0].Members) != agents || queues[0].Strategy != "leastrecent" {
			t.Fatalf("Camp200: %+v, %v", queues, err)
		}
		want := ami.Member{Queue: "Camp200", Name: "Agent 1", Interface: s.member(1), StateInterface: s.member(1), Membership: "static", Status: ami.DeviceNotInUse}
		got := queues[0].Members[0]
		if since := time.Since(got.LoginTime); since < -time.Minute || since > time.Hour {
			t.Errorf("member since %v", got.LoginTime)
		}
		got.LoginTime = time.Time{}
		if got != want {
			t.Errorf("first member: %+v, want %+v", got, want)
		}
		for _, c := range []struct {
			request ami.QueueStatus
			queues  int
			members int
		}{
			{ami.QueueStatus{Queue: "Nope"}, 0, 0},
			{ami.QueueStatus{Queue: "Camp200", Member: s.member(2)}, 1, 1},
			{ami.QueueStatus{Member: s.member(2)}, s.queues, 2},
		} {
			queues, err := ami.Send(t.Context(), r, c.request)
			members := 0
			for _, q := range queues {
				members += len(q.Members)
			}
			if err != nil || len(queues) != c.queues || members != c.members {
				t.Errorf("%+v: %+v, %v", c.request, queues, err)
			}
		}
	})
	t.Run("pause", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		available := func() int {
			counts, err := ami.Send(t.Context(), r, ami.QueueSummary{Queue: "Camp200"})
			if err != nil {
				t.Fatal(err)
			}
			return counts[0].Available
		}
		check(t, r, []reply{
			{"Success: Interface paused successfully", action("QueuePause", "Interface", s.member(1), "Paused", "true", "Reason", "lunch")},
		})
		for _, queue := range []string{"Camp200", "Camp202"} {
			m := r.await(t, "QueueMemberPause", "Queue", queue, "Interface", s.member(1), "Paused", "1")
			if m.Get("PausedReason") != "lunch" || m.Int("LastPause") == 0 {
				t.Errorf("%v", m)
			}
		}
		if got := available(); got != agents-1 {
			t.Errorf("%d available with one paused of %d", got, agents)
		}
		check(t, r, []reply{
			{"Success: Interface unpaused successfully", action("QueuePause", "Interface", s.member(1), "Queue", "Camp200", "Paused", "false")},
		})
		r.await(t, "QueueMemberPause", "Queue", "Camp200", "Interface", s.member(1), "Paused", "0")
		if got := available(); got != agents {
			t.Errorf("%d available with none paused of %d", got, agents)
		}
		check(t, r, []reply{
			{"Success: Interface unpaused successfully", action("QueuePause", "Interface", s.member(1), "Paused", "false")},
			{"Error: Interface not found", action("QueuePause", "Interface", "PJSIP/nobody", "Paused", "true")},
			{"Error: Interface not found", action("QueuePause", "Interface", s.member(1), "Queue", "Nope", "Paused", "true")},
			{"Error: Need 'Interface' and 'Paused' parameters.", action("QueuePause", "Interface", s.member(1))},
		})
	})
	t.Run("members", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		check(t, r, []reply{
			{"Success: Added interface to queue", action("QueueAdd", "Queue", "Empty", "Interface", s.member(2), "MemberName", "Two", "Penalty", "3")},
			{"Error: Unable to add interface: Already there", action("QueueAdd", "Queue", "Empty", "Interface", s.member(2))},
			{"Error: Unable to add interface to queue: No such queue", action("QueueAdd", "Queue", "Nope", "Interface", s.member(2))},
			{"Error: 'Interface' not specified.", action("QueueAdd", "Queue", "Empty")},
			{"Error: 'Queue' not specified.", action("QueueAdd", "Interface", s.member(2))},
		})
		added := r.await(t, "QueueMemberAdded", "Queue", "Empty", "Interface", s.member(2), "MemberName", "Two", "Penalty", "3", "Membership", "dynamic")
		if m := ami.ParseEvent(added).(*ami.QueueMemberChange).Member; m.Status != ami.DeviceNotInUse || m.Name != "Two" {
			t.Errorf("%+v", m)
		}
		items := r.list(t, action("QueueStatus", "Queue", "Empty"))
		if !slices.ContainsFunc(items, func(m *ami.Message) bool {
			return has(m, []string{"Event", "QueueMember", "Location", s.member(2), "Name", "Two"})
		}) {
			t.Errorf("QueueStatus: %v", items)
		}
		check(t, r, []reply{
			{"Success: Removed interface from queue", action("QueueRemove", "Queue", "Empty", "Interface", s.member(2))},
			{"Error: Unable to remove interface: Not there", action("QueueRemove", "Queue", "Empty", "Interface", s.member(2))},
			{"Error: Unable to remove interface from queue: No such queue", action("QueueRemove", "Queue", "Nope", "Interface", s.member(2))},
			{"Error: Need 'Queue' and 'Interface' parameters.", action("QueueRemove", "Queue", "Empty")},
		})
		r.await(t, "QueueMemberRemoved", "Queue", "Empty", "Interface", s.member(2))
	})
}
