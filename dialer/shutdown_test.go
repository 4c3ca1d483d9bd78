package dialer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// long are n numbers that answer after a second and talk for 100 s.
func long(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("201100%04d", i))
	}
	return all
}

// talking runs a daemon until three calls have an agent.
func talking(t *testing.T) *world {
	w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(long(10)...)}, oneCampaign(""))
	w.opt.DrainLimit = 2 * time.Minute
	w.start()
	w.await(time.Minute, "three talk", func() bool {
		n := 0
		for _, c := range w.srv.Calls() {
			if !c.Connected.IsZero() {
				n++
			}
		}
		return n == 3
	})
	return w
}

// TestStopWaitsForCalls: no call is placed after a stop was asked for, and the
// live ones go on to their ends.
func TestStopWaitsForCalls(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := talking(t)
		w.stop()
		w.quiet(time.Minute, "stopping")
		w.returned(time.Minute)
		b := w.look("a")
		if len(b.attempts) != 3 || len(w.srv.Calls()) != 3 {
			t.Errorf("%d attempts, %d calls", len(b.attempts), len(w.srv.Calls()))
		}
		for _, a := range b.attempts {
			if a.Outcome != campaign.Connected || a.Talk() < 95*time.Second {
				t.Errorf("%s is %s after %v", a.Number, a.Outcome, a.Talk())
			}
		}
		w.witness(w.open(), true)
	})
}

// TestCallsOutliveTheDaemon: calls that go on when it has ended are taken up by
// the next one, whether they end before its start or after.
func TestCallsOutliveTheDaemon(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(w *world)
		away time.Duration
		want campaign.Outcome
	}{
		{"limit, back in time", func(w *world) { w.stop(); w.returned(21 * time.Second) }, 10 * time.Second, campaign.Connected},
		{"limit, too late", func(w *world) { w.stop(); w.returned(21 * time.Second) }, 10 * time.Minute, campaign.Unknown},
		{"force", func(w *world) { w.kill(); w.returned(time.Millisecond) }, time.Second, campaign.Connected},
		{"force while draining", func(w *world) { w.stop(); time.Sleep(time.Second); w.kill(); w.returned(time.Millisecond) }, time.Second, campaign.Connected},
		{"force while Asterisk is away", func(w *world) {
			w.srv.Restart(5*time.Second, true)
			time.Sleep(time.Second)
			w.kill()
			w.returned(time.Millisecond)
		}, time.Second, campaign.Connected},
		{"force while it is stalled", func(w *world) {
			w.srv.Stall(true)
			time.Sleep(3 * time.Second)
			w.kill()
			w.returned(time.Millisecond)
			w.srv.Stall(false)
		}, time.Second, campaign.Connected},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(long(6)...)}, oneCampaign(""))
				w.opt.DrainLimit = 20 * time.Second
				w.start()
				w.await(time.Minute, "three talk", func() bool {
					st := w.status()
					return len(st.Campaigns) == 1 && st.Campaigns[0].Phases["talking"] == 3
				})
				tc.end(w)
				b := w.look("a")
				for _, a := range b.attempts {
					if a.Outcome != campaign.InFlight {
						t.Errorf("%s is %s", a.Number, a.Outcome)
					}
				}
				if len(b.attempts) != 3 {
					t.Errorf("%d attempts", len(b.attempts))
				}
				time.Sleep(tc.away)
				w.runToListEnd(time.Hour)
				s := w.open()
				w.witness(s, false)
				checkCampaign(t, s, "a", 6)
				for _, a := range readBook(t, s, "a").attempts[:3] {
					if a.Outcome != tc.want {
						t.Errorf("%s is %s, want %s", a.Number, a.Outcome, tc.want)
					}
				}
			})
		})
	}
}

// TestStopWhileAsteriskIsAway: calls in flight are waited for, no longer than
// the limit; without any the daemon returns at once.
func TestStopWhileAsteriskIsAway(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := talking(t)
		w.srv.Restart(time.Hour, false)
		time.Sleep(time.Second)
		if h := w.hold("a"); h != "no connection to Asterisk pbx" {
			t.Errorf("held by %q", h)
		}
		began := time.Now()
		w.stop()
		w.returned(2*time.Minute + time.Second)
		if d := time.Since(began); d < 2*time.Minute {
			t.Errorf("it waited %v", d)
		}
		w.logged(1, "live calls did not end within the limit")
		w.opt.DrainLimit = 30 * time.Second
		w.start()
		time.Sleep(time.Minute)
		w.stop()
		w.returned(31 * time.Second)
		time.Sleep(2 * time.Hour)
		w.runToListEnd(2 * time.Hour)
		s := w.open()
		w.witness(s, false)
		checkCampaign(t, s, "a", 10)
	})
	t.Run("idle", func(t *testing.T) {
		inWorld(t, func(t *testing.T) {
			w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(long(3)...)}, oneCampaign(""))
			w.srv.Restart(time.Hour, false)
			w.start()
			time.Sleep(time.Minute)
			w.stop()
			w.returned(time.Second)
		})
	})
}

// TestVerbs: what operators say, and that it holds over a restart.
func TestVerbs(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		// Three talk at once; a fourth agent's call rings for ever.
		w := newWorld(t, amitest.Lab(4), map[string]string{"a.csv": numbers(append([]string{"4001"}, long(20)...)...)}, oneCampaign(""))
		again := func(want campaign.State) {
			t.Helper()
			w.stop()
			w.returned(5 * time.Minute)
			w.start()
			if s := w.state("a"); s != want {
				t.Errorf("after a restart it is %s, want %s", s, want)
			}
		}
		w.start()
		w.await(10*time.Second, "four in flight", func() bool { return len(w.srv.Calls()) == 4 })
		time.Sleep(3 * time.Second)
		if s := w.operate("a", campaign.Stop); s != campaign.Draining {
			t.Errorf("stopped it is %s", s)
		}
		time.Sleep(2 * time.Second)
		for _, c := range w.srv.Calls() {
			if c.Number == "4001" && c.End.IsZero() {
				t.Error("a call that nobody answered goes on after stop")
			}
			if c.Number != "4001" && !c.End.IsZero() {
				t.Errorf("%s was cut off", c.Number)
			}
		}
		if s := w.state("a"); s != campaign.Draining {
			t.Errorf("it is %s while three talk", s)
		}
		w.await(3*time.Minute, "stopped", func() bool { return w.state("a") == campaign.Stopped })
		if _, err := w.d.Operate(t.Context(), "a", campaign.Pause); err == nil {
			t.Error("a stopped campaign was paused")
		}
		if _, err := w.d.Operate(t.Context(), "nobody", campaign.Pause); err == nil {
			t.Error("a campaign that is not there was paused")
		}
		again(campaign.Stopped)
		w.quiet(time.Minute, "stopped")
		w.operate("a", campaign.Start)
		w.await(10*time.Second, "dialing", func() bool { return len(w.srv.Calls()) > 4 })
		w.operate("a", campaign.Pause)
		again(campaign.Paused)
		w.quiet(time.Minute, "paused")
		w.operate("a", campaign.Resume)
		again(campaign.Running)
		w.await(10*time.Second, "dialing", func() bool { return w.srv.InFlight() > 0 })
		w.operate("a", campaign.Drain)
		again(campaign.Stopped)
		// Many words at once: the last one holds.
		for range 20 {
			w.operate("a", campaign.Start)
			w.operate("a", campaign.Pause)
			w.operate("a", campaign.Resume)
			w.operate("a", campaign.Pause)
		}
		again(campaign.Paused)
		w.stop()
		w.returned(time.Minute)
		if _, err := w.d.Operate(t.Context(), "a", campaign.Resume); err == nil {
			t.Error("a daemon that has ended was operated")
		}
		w.witness(w.open(), true)
	})
}
