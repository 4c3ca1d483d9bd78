package ami_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// testSession is about the session itself: what it is told, and when it ends.
func (s *site) testSession(t *testing.T) {
	// pause has a member's pause set and reset; each is an event.
	pause := func(t *testing.T, w *recorder, reason string) {
		t.Helper()
		must(t, w, ami.QueuePause{Interface: s.member(1), Queue: "Camp202", Paused: true, Reason: reason})
		must(t, w, ami.QueuePause{Interface: s.member(1), Queue: "Camp202"})
		w.await(t, "QueueMemberPause", "PausedReason", reason)
	}
	pauses := func(events []*ami.Message) (reasons []string) {
		for _, m := range events {
			if reason := m.Get("PausedReason"); m.Event() == "QueueMemberPause" && reason != "" {
				reasons = append(reasons, reason)
			}
		}
		return reasons
	}
	t.Run("login again", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		if got := must(t, r, ami.Login{Username: "dialcamp", Secret: "wrong", Events: "off"}); got.Message != "Already authenticated" {
			t.Errorf("Login: %+v", got)
		}
		w := s.connect(t, "dialcamp")
		pause(t, w, "still on")
		r.await(t, "QueueMemberPause", "PausedReason", "still on")
		if got := must(t, r, ami.Challenge{}); got.Challenge == "" {
			t.Errorf("Challenge: %+v", got)
		}
		status := must(t, r, ami.CoreStatus{})
		if status.Started.IsZero() || status.Reloaded.Before(status.Started) || status.Channels != 0 {
			t.Errorf("CoreStatus: %+v", status)
		}
	})
	t.Run("logoff", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		if got := must(t, r, ami.Logoff{}); got.Message != "Thanks for all the fish." {
			t.Errorf("Logoff: %+v", got)
		}
		select {
		case <-r.Done():
		case <-time.After(10 * time.Second):
			t.Error("the connection is still there")
		}
	})
	t.Run("events", func(t *testing.T) {
		r, w := s.connect(t, "dialcamp"), s.connect(t, "dialcamp")
		var want []string
		for _, c := range []struct {
			mask      string
			on, comes bool
		}{
			{"off", false, false}, {"call,agent", true, true}, {"call", true, false}, {"ON", true, true},
			{"nonsense", false, false}, {"AGENT", false, false}, {"agent", true, true},
		} {
			if got := must(t, r, ami.Events{Mask: c.mask}); got.On != c.on {
				t.Errorf("mask %q: %+v", c.mask, got)
			}
			pause(t, w, "under "+c.mask)
			must(t, r, ami.Ping{}) // what is to come of it is sent before the next request is read
			if c.comes {
				want = append(want, "under "+c.mask)
			}
		}
		r.await(t, "QueueMemberPause", "PausedReason", "under agent")
		if events, _ := r.seen(); !slices.Equal(pauses(events), want) {
			t.Errorf("came: %q, want %q", pauses(events), want)
		}
		refuses(t, r, "Invalid event mask", ami.Events{})
	})
	t.Run("filter", func(t *testing.T) {
		w := s.connect(t, "dialcamp")
		for _, c := range []struct {
			filter          ami.Filter
			pauses, penalty bool // come
		}{
			{ami.Filter{Filter: "!Event: QueueMemberPause"}, false, true},
			{ami.Filter{Filter: "Event: QueueMemberPause"}, true, false},
			// What 16 does not know it ignores, and an empty filter includes all.
			{ami.Filter{Criteria: "action(exclude),name(QueueMemberPause)"}, s.old, true},
		} {
			r := s.connect(t, "dialcamp")
			if got := must(t, r, c.filter); got.Message != "Success" {
				t.Errorf("%+v: %+v", c.filter, got)
			}
			pause(t, w, "before")
			must(t, w, ami.QueuePenalty{Interface: s.member(1), Queue: "Camp202", Penalty: 1})
			must(t, w, ami.QueuePenalty{Interface: s.member(1), Queue: "Camp202"})
			pause(t, w, "after")
			if c.penalty {
				r.await(t, "QueueMemberPenalty", "Penalty", "0")
			}
			if c.pauses {
				r.await(t, "QueueMemberPause", "PausedReason", "after")
			}
			events, _ := r.seen()
			penalty := slices.ContainsFunc(events, func(m *ami.Message) bool { return m.Event() == "QueueMemberPenalty" })
			if got := slices.Contains(pauses(events), "before"); got != c.pauses || penalty != c.penalty {
				t.Errorf("%+v: the pause came: %v, the penalty: %v", c.filter, got, penalty)
			}
		}
		refuses(t, w, "Filter did not compile.  Check the syntax of the filter given.", ami.Filter{Filter: "["})
		refuses(t, s.connect(t, "observer"), "Permission denied", ami.Filter{Filter: "Event: x"})
	})
}
