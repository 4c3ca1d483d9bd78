package ami_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// testMembers is about what changes members, counters and settings of queues.
func (s *site) testMembers(t *testing.T) {
	member := func(t *testing.T, r *recorder, queue, iface string) (found ami.Member) {
		t.Helper()
		for _, q := range must(t, r, ami.QueueStatus{Queue: queue}) {
			for _, m := range q.Members {
				if m.Interface == iface {
					found = m
				}
			}
		}
		return found
	}
	change := func(t *testing.T, r *recorder, event string, fields ...string) ami.Member {
		t.Helper()
		return ami.ParseEvent(r.await(t, event, fields...)).(*ami.QueueMemberChange).Member
	}
	t.Run("penalty", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		iface := s.member(3)
		penalties := func() [2]int {
			return [2]int{member(t, r, "Camp200", iface).Penalty, member(t, r, "Camp202", iface).Penalty}
		}
		if got := must(t, r, ami.QueuePenalty{Interface: iface, Queue: "Camp200", Penalty: 3}); got.Message != "Interface penalty set successfully" {
			t.Errorf("%+v", got)
		}
		if got := change(t, r, "QueueMemberPenalty", "Queue", "Camp200", "Interface", iface); got.Penalty != 3 || penalties() != [2]int{3, 0} {
			t.Errorf("%+v, penalties %v", got, penalties())
		}
		must(t, r, ami.QueuePenalty{Interface: iface, Penalty: 2})
		change(t, r, "QueueMemberPenalty", "Queue", "Camp202", "Interface", iface, "Penalty", "2")
		if got := penalties(); got != [2]int{2, 2} {
			t.Errorf("penalties %v", got)
		}
		const no = "Invalid interface, queuename or penalty"
		refuses(t, r, no, ami.QueuePenalty{Interface: iface, Penalty: -1})
		refuses(t, r, no, ami.QueuePenalty{Interface: "PJSIP/nobody", Penalty: 1})
		refuses(t, r, no, ami.QueuePenalty{Interface: iface, Queue: "Nope", Penalty: 1})
		refuses(t, s.connect(t, "observer"), "Permission denied", ami.QueuePenalty{Interface: iface, Penalty: 1})
		must(t, r, ami.QueuePenalty{Interface: iface})
		if got := penalties(); got != [2]int{} {
			t.Errorf("penalties %v", got)
		}
	})
	t.Run("ringinuse", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		for value, on := range map[string]bool{"1": true, "0": false} {
			must(t, r, ami.QueueMemberRingInUse{Interface: s.member(3), Queue: "Camp202", RingInUse: on})
			if got := change(t, r, "QueueMemberRinginuse", "Queue", "Camp202", "Interface", s.member(3), "Ringinuse", value); got.Ringinuse != on {
				t.Errorf("%+v", got)
			}
		}
		refuses(t, r, "Invalid interface, queuename, or ringinuse value", ami.QueueMemberRingInUse{Interface: "PJSIP/nobody"})
		must(t, r, ami.QueueMemberRingInUse{Interface: s.member(3), Queue: "Camp202"})
	})
	t.Run("add and remove", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		began := time.Now().Add(-2 * time.Second) // its clock shows whole seconds, the last one for a while
		must(t, r, ami.QueueAdd{Queue: "Empty", Interface: s.member(3), Penalty: 2, Paused: true, Reason: "training", MemberName: "Three", StateInterface: s.member(4), Wrapup: 7 * time.Second})
		want := ami.Member{Queue: "Empty", Name: "Three", Interface: s.member(3), StateInterface: s.member(4), Membership: "dynamic",
			Penalty: 2, Status: ami.DeviceNotInUse, Paused: true, PausedReason: "training", Wrapup: 7 * time.Second}
		if s.old {
			want.PausedReason = ""
		}
		for what, got := range map[string]ami.Member{"event": change(t, r, "QueueMemberAdded", "Queue", "Empty", "MemberName", "Three"), "status": member(t, r, "Empty", s.member(3))} {
			if got.LoginTime.Before(began) || got.LastPause.Before(began) {
				t.Errorf("%s: %+v", what, got)
			}
			got.LoginTime, got.LastPause = time.Time{}, time.Time{}
			if got != want {
				t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
			}
		}
		must(t, r, ami.QueueRemove{Queue: "Empty", Interface: s.member(3)})
		if got := change(t, r, "QueueMemberRemoved", "Queue", "Empty"); got.Name != "Three" {
			t.Errorf("%+v", got)
		}
		if got := must(t, r, ami.QueueStatus{Queue: "Empty"}); len(got[0].Members) != 0 {
			t.Errorf("%+v", got)
		}
		refuses(t, r, "Member not dynamic", ami.QueueRemove{Queue: "Camp202", Interface: s.member(3)})
	})
	t.Run("stream", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		var kinds []string
		for item, err := range ami.Stream(t.Context(), r, ami.QueueStatus{Queue: "Camp202"}) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, reflect.TypeOf(item).Name())
		}
		if want := []string{"QueueParams", "Member", "Member", "Member", "Member"}; !reflect.DeepEqual(kinds, want) {
			t.Errorf("%v", kinds)
		}
	})
	t.Run("reset", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		call := s.waits(t, r, "empty")
		must(t, r, ami.Hangup{Channel: call.Channel})
		r.await(t, "QueueCallerAbandon", "Uniqueid", call.Uniqueid)
		status := func() ami.QueueParams { return must(t, r, ami.QueueStatus{Queue: "Empty"})[0].QueueParams }
		r.eventually(t, "abandoned call in the counters", func() bool { return status().Abandoned > 0 })
		must(t, r, ami.QueueReset{Queue: "Camp202"})
		if got := status(); got.Abandoned == 0 {
			t.Errorf("after the reset of another queue: %+v", got)
		}
		if got := must(t, r, ami.QueueReset{Queue: "Empty"}); got.Message != "Queue stats reset successfully" {
			t.Errorf("%+v", got)
		}
		if got := status(); got.Abandoned != 0 || got.Completed != 0 || got.HoldTime != 0 {
			t.Errorf("after the reset: %+v", got)
		}
		must(t, r, ami.QueueReset{Queue: "Nope"})
	})
	t.Run("rule", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		widen := ami.PenaltyRule{Name: "Widen", Steps: []ami.PenaltyStep{
			{After: 30 * time.Second, Max: ami.PenaltyChange{Value: 5}, Min: ami.PenaltyChange{Relative: true}},
			{After: time.Minute, Max: ami.PenaltyChange{Relative: true, Value: 5}, Min: ami.PenaltyChange{Value: 1}},
		}}
		narrow := ami.PenaltyRule{Name: "Narrow", Steps: []ami.PenaltyStep{
			{After: 10 * time.Second, Max: ami.PenaltyChange{Relative: true}, Min: ami.PenaltyChange{Relative: true, Value: -1}},
		}}
		for rule, want := range map[string][]ami.PenaltyRule{"": {widen, narrow}, "widen": {widen}, "Nope": nil} {
			if got := must(t, r, ami.QueueRule{Rule: rule}); !reflect.DeepEqual(got, want) {
				t.Errorf("rule %q: %+v", rule, got)
			}
		}
	})
	t.Run("reload", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		if got := must(t, r, ami.QueueReload{Queue: "Nope"}); got.Message != "Queue reloaded successfully" {
			t.Errorf("%+v", got)
		}
		if s.edit == nil {
			return
		}
		level := func() time.Duration { return must(t, r, ami.QueueStatus{Queue: "Camp202"})[0].ServiceLevel }
		must(t, r, ami.QueuePenalty{Interface: s.member(3), Penalty: 5})
		must(t, r, ami.QueueReload{Members: true})
		if got := member(t, r, "Camp202", s.member(3)); got.Penalty != 5 {
			t.Errorf("the member was read again though its file has not changed: %+v", got)
		}
		s.edit("queues.conf", "servicelevel = 2", "servicelevel = 25")
		s.edit("queuerules.conf", "penaltychange => 10", "penaltychange => 25")
		must(t, r, ami.QueueReload{Rules: true})
		if got := must(t, r, ami.QueueRule{Rule: "Narrow"}); got[0].Steps[0].After != 25*time.Second {
			t.Errorf("%+v", got)
		}
		if got := level(); got != 2*time.Second {
			t.Errorf("service level after a reload of the rules: %v", got)
		}
		must(t, r, ami.QueueReload{Members: true, Parameters: true})
		if got := member(t, r, "Camp202", s.member(3)); level() != 25*time.Second || got.Penalty != 0 {
			t.Errorf("service level %v, %+v", level(), got)
		}
		s.edit("queues.conf", "servicelevel = 25", "servicelevel = 2")
		s.edit("queuerules.conf", "penaltychange => 25", "penaltychange => 10")
		must(t, r, ami.QueueReload{})
		if got := level(); got != 2*time.Second {
			t.Errorf("service level %v", got)
		}
	})
}
