package ami_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/dialcamp/dialcamp/ami"
)

// calls dials a number that answers at once and stays, into an extension of the
// context campaign, and returns the call's id.
func (s *site) calls(t *testing.T, r *recorder, exten string) string {
	t.Helper()
	id := unique(t)
	must(t, r, ami.Originate{Channel: "Local/302900555@DialCamp/n", Context: "campaign", Exten: exten, ChannelID: id})
	t.Cleanup(func() { // however the test ended
		if c, err := ami.Connect(context.Background(), s.config("dialcamp")); err == nil {
			c.Do(context.Background(), action("Hangup", "Channel", id))
			c.Close()
		}
	})
	return id
}

// waits makes a call and returns when it waits in a queue.
func (s *site) waits(t *testing.T, r *recorder, exten string) *ami.QueueCallerJoin {
	t.Helper()
	return ami.ParseEvent(r.await(t, "QueueCallerJoin", "Uniqueid", s.calls(t, r, exten))).(*ami.QueueCallerJoin)
}

// testCallers is about what is done to callers while they wait.
func (s *site) testCallers(t *testing.T) {
	t.Run("withdraw", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		call := s.waits(t, r, "empty")
		refuses(t, r, "Unable to request withdraw from queue: No such caller", ami.QueueWithdrawCaller{Queue: "Camp202", Caller: call.Channel})
		refuses(t, r, "Unable to request withdraw from queue: No such queue", ami.QueueWithdrawCaller{Queue: "Nope", Caller: call.Channel})
		if got := must(t, r, ami.QueueWithdrawCaller{Queue: "Empty", Caller: call.Channel, Info: "elsewhere"}); got.Message != "Withdraw requested successfully" {
			t.Errorf("%+v", got)
		}
		leave := ami.ParseEvent(r.await(t, "QueueCallerLeave", "Uniqueid", call.Uniqueid)).(*ami.QueueCallerLeave)
		if leave.Queue != "Empty" || leave.Position != 1 || leave.Count != 0 {
			t.Errorf("%v", leave.Raw())
		}
		r.await(t, "QueueCallerAbandon", "Uniqueid", call.Uniqueid)
		// It goes on in the dialplan, which ends.
		r.await(t, "Hangup", "Uniqueid", call.Uniqueid)
	})
	t.Run("priority", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		names := map[string]string{}
		var callers []*ami.QueueCallerJoin
		for i, name := range []string{"a", "b", "c"} {
			call := s.waits(t, r, "empty")
			if call.Position != i+1 || call.Count != i+1 {
				t.Errorf("%v", call.Raw())
			}
			callers = append(callers, call)
			names[call.Channel] = name
		}
		order := func() (got []string) {
			for _, c := range must(t, r, ami.QueueStatus{Queue: "Empty"})[0].Callers {
				got = append(got, fmt.Sprintf("%d %s %d", c.Position, names[c.Channel], c.Priority))
			}
			return got
		}
		expect := func(want ...string) {
			t.Helper()
			if got := order(); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if got := must(t, r, ami.QueueChangePriorityCaller{Queue: "Empty", Caller: callers[1].Channel, Priority: 5}); got.Message != "Priority change for caller on queue" {
			t.Errorf("%+v", got)
		}
		expect("1 a 0", "2 b 5", "3 c 0")
		must(t, r, ami.QueueChangePriorityCaller{Queue: "Empty", Caller: callers[2].Channel, Priority: 10, Immediate: true})
		if s.old {
			expect("1 a 0", "2 b 5", "3 c 10")
		} else {
			expect("1 c 10", "2 a 0", "3 b 5")
		}
		refuses(t, r, "Unable to change priority caller on queue: No such caller", ami.QueueChangePriorityCaller{Queue: "Empty", Caller: "x"})
		refuses(t, r, "Unable to change priority caller on queue: No such queue", ami.QueueChangePriorityCaller{Queue: "Nope", Caller: "x"})
		for _, c := range callers {
			must(t, r, ami.Hangup{Channel: c.Channel})
			r.await(t, "QueueCallerLeave", "Uniqueid", c.Uniqueid)
		}
	})
}
