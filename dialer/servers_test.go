package dialer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// twoServers is a world with an Asterisk east, at which world.srv is, and another
// one, west. Each has agents of its own in a queue of the same name.
func twoServers(t *testing.T, files map[string]string, limits, campaigns string, east, west int) (*world, *amitest.Server) {
	t.Helper()
	w := newWorld(t, amitest.Lab(east), files, fmt.Sprintf(`
asterisk:
  - {name: east, address: "127.0.0.1:5038", username: dialcamp, secret: dialcamp-secret%[1]s}
  - {name: west, address: "127.0.0.2:5038", username: dialcamp, secret: dialcamp-secret%[1]s}
store: {path: dialcamp.db}
campaigns:%[2]s`, limits, campaigns))
	other := amitest.Lab(west)
	other.Seed = 1
	return w, w.add("127.0.0.2:5038", other)
}

// onServer checks that every attempt names the server that saw its call.
func (w *world) onServer(all []campaign.Attempt, west *amitest.Server) {
	w.t.Helper()
	saw := map[string]string{}
	for _, c := range w.srv.Calls() {
		saw[c.ActionID] = "east"
	}
	for _, c := range west.Calls() {
		saw[c.ActionID] = "west"
	}
	for _, a := range all {
		if at := saw[a.ID]; at != "" && at != a.Server {
			w.t.Errorf("attempt %s is said to have been on %q; it was on %s", a.ID, a.Server, at)
		}
	}
}

// mostAtOnce is how many calls a server had at the same time at most.
func mostAtOnce(srv *amitest.Server) (most int) {
	calls := srv.Calls()
	for _, c := range calls {
		n := 0
		for _, o := range calls {
			if !o.Start.After(c.Start) && (o.End.IsZero() || o.End.After(c.Start)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestServersShareACampaign: on each server its own agents set the pace, and both
// keep to their limits.
func TestServersShareACampaign(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w, west := twoServers(t, map[string]string{"a.csv": numbers(series("201003", 60)...)}, ", max_channels: 3, calls_per_second: 2", `
  - name: a
    queue: Camp200
    asterisk: [east, west]
    lists: [{path: a.csv}]
    originate: {ring_timeout: 2s, context: campaign, exten: "200"}`, 2, 5)
		w.runToListEnd(2 * time.Hour)
		s := w.open()
		w.witness(s, true)
		checkCampaign(t, s, "a", 60)
		b := readBook(t, s, "a")
		w.onServer(b.attempts, west)
		for name, srv := range map[string]*amitest.Server{"east": w.srv, "west": west} {
			n, connected := 0, 0
			for _, a := range b.attempts {
				if a.Server == name {
					n++
				}
				if a.Server == name && a.Outcome == campaign.Connected {
					connected++
				}
			}
			if n != len(srv.Calls()) || connected < 10 {
				t.Errorf("%s: %d attempts, %d calls, %d of them connected", name, n, len(srv.Calls()), connected)
			}
		}
		// East has as many lines as it may use, and fewer agents.
		if e, o := mostAtOnce(w.srv), mostAtOnce(west); e != 2 || o != 3 {
			t.Errorf("at most %d and %d calls at once, want 2 and 3", e, o)
		}
	})
}

// TestOneServerFails: nothing is placed on a server that is gone, the other goes on
// at its own pace, and what was in flight is reconciled when it is back: of calls
// that it lost nobody knows the end, and nobody is called again at once.
func TestOneServerFails(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprintf("keeping calls %v", keep), func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w, west := twoServers(t, map[string]string{"a.csv": numbers(series("201003", 120)...)}, "", `
  - name: a
    queue: Camp200
    asterisk: [east, west]
    lists: [{path: a.csv}]
    originate: {ring_timeout: 2s, context: campaign, exten: "200"}
    retry: {by_outcome: {unknown: {after: 10m, max: 1}}}`, 4, 4)
				w.opt.UntilListEnd = true
				w.start()
				w.await(time.Minute, "calling on both", func() bool { return len(w.srv.Calls()) > 4 && len(west.Calls()) > 4 })
				fell, before := time.Now(), len(west.Calls())
				west.Restart(30*time.Second, keep)
				w.await(time.Second, "told that west is gone", func() bool {
					for _, s := range w.status().Servers {
						if s.Name == "west" {
							return !s.Up
						}
					}
					return false
				})
				taken := len(w.srv.Calls())
				time.Sleep(25 * time.Second)
				if n := len(west.Calls()); n > before+1 {
					t.Errorf("%d calls were placed on a server that is gone", n-before)
				}
				if n := len(w.srv.Calls()) - taken; n < 4 {
					t.Errorf("the other server placed %d calls in 25 s", n)
				}
				w.returned(2 * time.Hour)
				time.Sleep(3 * time.Minute)
				s := w.open()
				w.witness(s, false)
				b := readBook(t, s, "a")
				w.onServer(b.attempts, west)
				unseen := map[string]bool{} // ended while nobody could be told
				for _, c := range west.Calls() {
					unseen[c.ActionID] = !c.End.Before(fell) && c.End.Before(fell.Add(32*time.Second))
				}
				unknown := 0
				for _, a := range b.attempts {
					if a.Outcome != campaign.Unknown {
						continue
					}
					unknown++
					if !unseen[a.ID] {
						t.Errorf("attempt %s of %v on %s is unknown (%s)", a.ID, a.Claimed, a.Server, a.Note)
					}
				}
				if !keep && unknown == 0 {
					t.Error("no attempt is unknown")
				}
				if len(west.Calls()) < before+4 {
					t.Error("it was not called on again when it was back")
				}
			})
		})
	}
}

// TestCrashBetweenServers: attempts that were in flight on two servers when the
// daemon was killed are looked for on the server of each. The calls of one whose
// connection comes late are not given up meanwhile.
func TestCrashBetweenServers(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w, west := twoServers(t, map[string]string{"a.csv": numbers(series("201003", 30)...)}, "", `
  - name: a
    queue: Camp200
    asterisk: [east, west]
    lists: [{path: a.csv}]
    originate: {ring_timeout: 2s, context: campaign, exten: "200"}`, 3, 3)
		w.start()
		w.await(time.Minute, "calling on both", func() bool { return len(w.srv.Calls()) > 2 && len(west.Calls()) > 2 })
		w.kill()
		<-w.done
		west.Restart(20*time.Second, true)
		w.runToListEnd(2 * time.Hour)
		time.Sleep(3 * time.Minute)
		s := w.open()
		w.witness(s, false)
		w.onServer(readBook(t, s, "a").attempts, west)
	})
}

// TestCallerIDsInTurn: calls show the numbers of the pool, a local one where there
// is one, none more often than it may be, also over a restart, and the store keeps
// which.
func TestCallerIDsInTurn(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		rows := numbers(slices.Concat(series("+8221234", 12), series("+8251234", 6), series("+8231234", 12))...)
		w := newWorld(t, amitest.Lab(5), map[string]string{"a.csv": rows}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv, region: KR}]
    originate:
      channel: "Local/201003{number}@DialCamp/n"
      ring_timeout: 2s
      context: campaign
      exten: "200"
      caller_ids: {numbers: ['"Seoul" <02-1234-5670>', "0511234567", "01012345678"], choose: local, max_per_hour: 8}`)
		sent := map[string]string{} // by attempt
		var mu sync.Mutex
		w.srv.Interfere(amitest.When(func(m *ami.Message) bool {
			if m.Event() == "OriginateResponse" {
				mu.Lock()
				defer mu.Unlock()
				sent[m.Get("ActionID")] = m.Get("CallerIDNum")
			}
			return false
		}, lost))
		w.start()
		shown := func() map[string]int {
			n := map[string]int{}
			for _, a := range w.look("a").attempts {
				n[a.CallerID]++
			}
			return n
		}
		w.await(20*time.Minute, "held by the bounds", func() bool { return strings.Contains(w.hold("a"), "max_per_hour of 8") })
		w.stop()
		w.returned(time.Hour)
		first := shown()
		if want := map[string]int{"0212345670": 8, "0511234567": 8, "01012345678": 8}; !maps.Equal(first, want) {
			t.Errorf("shown %v, want %v", first, want)
		}
		w.start()
		time.Sleep(time.Minute)
		if got := len(w.calls()); got != 24 {
			t.Errorf("%d calls were placed although every number had been shown as often as it may be", got)
		}
		w.kill()
		<-w.done
		w.runToListEnd(2 * time.Hour)
		s := w.open()
		b := readBook(t, s, "a")
		for _, a := range b.attempts {
			if sent[a.ID] != "" && strings.ReplaceAll(sent[a.ID], "-", "") != a.CallerID {
				t.Errorf("%s was sent for attempt %s, which is said to have shown %s", sent[a.ID], a.ID, a.CallerID)
			}
			if strings.HasPrefix(a.Number, "+8251") && a.CallerID != "0511234567" {
				t.Errorf("a call to %s showed %s", a.Number, a.CallerID)
			}
		}
		if len(sent) < 24 {
			t.Errorf("only %d calls were looked at", len(sent))
		}
		if len(b.attempts) != 30 {
			t.Errorf("%d attempts, want 30", len(b.attempts))
		}
	})
}
