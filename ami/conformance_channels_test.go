package ami_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/ami"
)

// testChannels is about what is done to channels.
func (s *site) testChannels(t *testing.T) {
	// talk makes a call and returns its channel and the agent's, which talk.
	talk := func(t *testing.T, r *recorder) (caller, agent ami.ChannelRef) {
		t.Helper()
		id := s.calls(t, r, "200")
		e := ami.ParseEvent(r.await(t, "AgentConnect", "Linkedid", id)).(*ami.AgentConnect)
		for _, ch := range []ami.ChannelRef{e.ChannelRef, e.Dest} {
			r.await(t, "BridgeEnter", "Uniqueid", ch.Uniqueid)
		}
		return e.ChannelRef, e.Dest
	}
	find := func(t *testing.T, r *recorder, name string) (ch ami.Channel, ok bool) {
		t.Helper()
		all := must(t, r, ami.CoreShowChannels{})
		i := slices.IndexFunc(all, func(ch ami.Channel) bool { return ch.Name == name })
		if i < 0 {
			return ch, false
		}
		return all[i], true
	}
	awaitAt := func(t *testing.T, r *recorder, name, context, exten string) {
		t.Helper()
		r.eventually(t, name+" at "+context+","+exten, func() bool {
			ch, ok := find(t, r, name)
			return ok && ch.Context == context && ch.Exten == exten && ch.Application == "Wait" && ch.BridgeID == "" && ch.State == ami.ChannelUp
		})
	}
	gone := func(t *testing.T, r *recorder, name, cause string) {
		t.Helper()
		r.await(t, "Hangup", "Channel", name, "Cause", cause)
		if ch, ok := find(t, r, name); ok {
			t.Errorf("still there: %+v", ch)
		}
	}
	t.Run("redirect", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		caller, agent := talk(t, r)
		if got := must(t, r, ami.Redirect{Channel: caller.Channel, Context: "waiting", Exten: "a"}); got.Message != "Redirect successful" {
			t.Errorf("%+v", got)
		}
		awaitAt(t, r, caller.Channel, "waiting", "a")
		r.await(t, "Hangup", "Channel", agent.Channel)
		// From there into another queue.
		must(t, r, ami.Redirect{Channel: caller.Channel, Context: "campaign", Exten: "empty"})
		r.await(t, "QueueCallerJoin", "Uniqueid", caller.Uniqueid, "Queue", "Empty")
		if got, all := must(t, r, ami.CoreStatus{}), must(t, r, ami.CoreShowChannels{}); got.Channels != len(all) || len(all) == 0 {
			t.Errorf("CoreStatus: %+v, %d channels", got, len(all))
		}
		must(t, r, ami.Hangup{Channel: caller.Channel, Cause: ami.CauseNormalClearing})
		gone(t, r, caller.Channel, "16")

		refuses(t, r, "Channel does not exist: nobody", ami.Redirect{Channel: "nobody", Context: "waiting", Exten: "a"})
		refuses(t, s.connect(t, "observer"), "Permission denied", ami.Redirect{Channel: "nobody", Context: "waiting", Exten: "a"})
	})
	t.Run("redirect of both", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		caller, agent := talk(t, r)
		refuses(t, r, "ExtraChannel does not exist: nobody", ami.Redirect{Channel: caller.Channel, Context: "waiting", Exten: "a", ExtraChannel: "nobody"})
		if got := must(t, r, ami.Redirect{Channel: caller.Channel, Context: "waiting", Exten: "a", ExtraChannel: agent.Channel, ExtraContext: "waiting", ExtraExten: "b"}); got.Message != "Dual Redirect successful" {
			t.Errorf("%+v", got)
		}
		awaitAt(t, r, caller.Channel, "waiting", "a")
		awaitAt(t, r, agent.Channel, "waiting", "b")
		if got := must(t, r, ami.Hangup{Channel: agent.Channel, Cause: ami.CauseCallRejected}); !slices.Equal(got, []string{agent.Channel}) {
			t.Errorf("%q", got)
		}
		gone(t, r, agent.Channel, "21")
		must(t, r, ami.Hangup{Channel: caller.Uniqueid, Cause: ami.CauseUserBusy})
		gone(t, r, caller.Channel, "17")
	})
	t.Run("hangup of many", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		caller, agent := talk(t, r)
		quoted := func(name string) string { return strings.ReplaceAll(regexp.QuoteMeta(name), "/", `\/`) }
		var got []string
		for name, err := range ami.Stream(t.Context(), r, ami.Hangup{Channel: "/^(" + quoted(caller.Channel) + "|" + quoted(agent.Channel) + ")$/", Cause: ami.CauseNormalUnspecified}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, name)
		}
		want := []string{caller.Channel, agent.Channel}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		gone(t, r, caller.Channel, "31")
		gone(t, r, agent.Channel, "31")
	})
}
