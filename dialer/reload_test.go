package dialer_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// reload writes another configuration and has it read. What is gone from it
// stays known to witness.
func (w *world) reload(rest string) control.Reload {
	w.t.Helper()
	w.rewrite(rest)
	r, err := w.d.Reload(w.t.Context(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	old := w.cfg
	w.configure()
	for _, c := range old.Campaigns {
		if w.cfg.Campaign(c.Name) == nil {
			w.cfg.Campaigns = append(w.cfg.Campaigns, c)
		}
	}
	return r
}

func (w *world) rewrite(rest string) {
	w.t.Helper()
	if !strings.Contains(rest, "asterisk:") {
		rest = fmt.Sprintf(preamble, "") + rest
	}
	w.write("config.yaml", rest)
}

func texts(r control.Reload) (all []string) {
	for _, c := range r.Changes {
		text := c.Text
		if c.Effect != "" {
			text += " (" + c.Effect + ")"
		}
		all = append(all, text)
	}
	return all
}

// says fails unless a reload told exactly this.
func says(t *testing.T, r control.Reload, want ...string) {
	t.Helper()
	if got := texts(r); !slices.Equal(got, want) {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestReloadMode: another mode counts at once, while calls are live.
func TestReloadMode(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		// They ring for 9 s and talk for 20 s.
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("209020", 12)...)}, oneCampaign(""))
		w.start()
		w.await(10*time.Second, "one call an agent", func() bool { return w.srv.InFlight() == 2 })
		w.quiet(3*time.Second, "progressive")
		says(t, w.reload(oneCampaign("    pacing: {mode: power, ratio: 3}\n")),
			"campaign a: pacing.mode progressive -> power", "campaign a: pacing.ratio 0 -> 3")
		w.await(2*time.Second, "three calls an agent", func() bool { return w.srv.InFlight() == 6 })
		says(t, w.reload(oneCampaign("    pacing: {max_in_flight: 40}\n")),
			"campaign a: pacing.mode power -> progressive", "campaign a: pacing.ratio 3 -> 0", "campaign a: pacing.max_in_flight 50 -> 40")
		w.quiet(15*time.Second, "progressive again, and more calls than agents")
		w.await(10*time.Minute, "all are dialed", func() bool { return len(w.srv.Calls()) == 12 && w.srv.InFlight() == 0 })
		says(t, w.reload(oneCampaign("    pacing: {max_in_flight: 40}\n")))
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}

// TestReloadBroken: what is wrong with a config is found out before anything
// changes.
func TestReloadBroken(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("301010", 40)...), "dnc.txt": "3010100001\n"}, oneCampaign(""))
		w.start()
		w.await(10*time.Second, "dialing", func() bool { return w.srv.InFlight() == 2 })
		if _, err := w.d.Store().AddDNC(store.DNCName{List: "dnc"}, time.Now(), "1"); err != nil {
			t.Fatal(err)
		}
		for name, rest := range map[string]string{
			"a do-not-call list that is kept by command": "dnc: {files: [dnc.txt]}\n" + oneCampaign("    pacing: {max_in_flight: 1}\n    dnc: {files: [a.csv]}\n"),
			"a mode that is none":                        oneCampaign("    pacing: {mode: warp}\n    dnc: {files: [dnc.txt]}\n"),
			"a list that is not there":                   strings.Replace(oneCampaign("    pacing: {max_in_flight: 1}\n"), "a.csv,", "b.csv,", 1),
			"no YAML":                                    "campaigns: [",
			"the store is another":                       strings.Replace(fmt.Sprintf(preamble, ""), "dialcamp.db", "b.db", 1) + oneCampaign("    pacing: {max_in_flight: 1}\n"),
			"a certificate that is none":                 fmt.Sprintf(preamble, ", tls: {ca_file: a.csv}") + oneCampaign("    pacing: {max_in_flight: 1}\n"),
		} {
			w.rewrite(rest)
			if r, err := w.d.Reload(t.Context(), false); err == nil {
				t.Errorf("%s: it was taken: %q", name, texts(r))
			}
			w.d.Hangup()
		}
		if got := w.log.lines("level=ERROR", "the config was not read again; everything stays as it was"); len(got) < 6 {
			t.Errorf("%q", got)
		}
		w.rewrite(oneCampaign("    pacing: {max_in_flight: 1}\n"))
		if r, err := w.d.Reload(t.Context(), true); err != nil || !r.DryRun || len(r.Changes) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		w.await(10*time.Minute, "all are dialed", func() bool { return len(w.srv.Calls()) == 40 && w.srv.InFlight() == 0 })
		w.stop()
		w.returned(time.Minute)
		if _, err := os.Stat(w.path("b.db")); !os.IsNotExist(err) {
			t.Errorf("another store: %v", err)
		}
		s := w.open()
		w.witness(s, true)
		if lists, err := s.DNCLists(); err != nil || len(lists) != 1 {
			t.Errorf("%+v, %v", lists, err)
		}
	})
}

// TestReloadAtEveryMoment: whatever the config becomes and whenever, with every
// call in whatever phase, no call is lost, and nobody is called twice.
func TestReloadAtEveryMoment(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		const n = 80
		short := strings.Replace(fmt.Sprintf(preamble, ", max_channels: 3"), "127.0.0.1", "127.0.0.2", 1)
		named := strings.Replace(fmt.Sprintf(preamble, ", calls_per_second: 2"), "name: pbx", "name: other", 1)
		a := func(more string) string { return oneCampaign("    pacing: {" + more + "}\n") }
		b := func(more string) string {
			return "  - name: b\n    queue: Camp202\n    lists: [{path: b.csv}]\n    retry: {max_attempts: 1}\n    originate: {ring_timeout: 20s, context: campaign, exten: \"202\"}\n" + more
		}
		configs := []string{
			a("mode: power, ratio: 1.5") + b(""),
			a("mode: predictive, wrapup: 1s") + b("    pacing: {mode: predictive, regime: ofcom}\n"),
			a("max_in_flight: 1") + b("    dnc: {files: [dnc.txt]}\n"),
			b(""),
			short + a("weight: 3"),
			a("priority: 2") + strings.Replace(b(""), "202", "200", -1),
			named + a("mode: predictive") + b("    asterisk: other\n"),
			a("mode: broadcast, max_in_flight: 2") + b(""),
		}
		for i, c := range configs {
			if strings.HasPrefix(c, "  - ") {
				configs[i] = "\ncampaigns:\n" + c
			}
			configs[i] = strings.Replace(configs[i], "    queue: Camp200\n    lists: [{path: a.csv, reload: \"* * * * *\"}]\n    originate: {ring_timeout: 20s, context: campaign, exten: \"200\"}\n    retry: {max_attempts: 1}\n    pacing: {mode: broadcast",
				"    lists: [{path: a.csv, reload: \"* * * * *\"}]\n    originate: {ring_timeout: 20s, context: campaign, exten: \"200\"}\n    retry: {max_attempts: 1}\n    pacing: {mode: broadcast", 1)
		}
		w := newWorld(t, amitest.Lab(4), map[string]string{"a.csv": numbers(series("301010", n)...), "b.csv": numbers(series("302005", n)...), "dnc.txt": "1\n"}, a("")+b(""))
		w.start()
		done := func() bool { return len(w.srv.Calls()) == 2*n && w.srv.InFlight() == 0 }
		// Every moment of a call's life, and with no common measure.
		for i := 0; i < 4000 && !done(); i++ {
			time.Sleep(173 * time.Millisecond)
			w.reload(configs[i%len(configs)])
		}
		w.reload(a("") + b(""))
		w.await(10*time.Minute, "all are dialed", done)
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), false)
		t.Logf("%d reloads", len(w.log.lines("list unchanged", "list=b")))
	})
}

// TestReloadCampaigns: a campaign is taken out with calls in flight, which go on;
// put back, it goes on itself.
func TestReloadCampaigns(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		b := `  - name: b
    queue: Camp200
    lists: [{path: b.csv}]
    originate: {ring_timeout: 20s, context: campaign, exten: "200"}
    retry: {max_attempts: 1}
`
		w := newWorld(t, amitest.Lab(4), map[string]string{"a.csv": numbers(series("301020", 3000)...), "b.csv": numbers(series("209020", 6)...)}, oneCampaign("")+b)
		w.start()
		inFlight := func(name string) int {
			for _, c := range w.status().Campaigns {
				if c.Name == name {
					return c.InFlight
				}
			}
			return -1
		}
		w.await(10*time.Second, "b rings", func() bool { return inFlight("b") > 0 })
		live := inFlight("b")
		r := w.reload(oneCampaign(""))
		if len(r.Changes) != 1 || r.Changes[0].Text != "campaign b is gone" || !strings.HasPrefix(r.Changes[0].Effect, "6 contacts become ineligible") {
			t.Errorf("%q", texts(r))
		}
		if _, err := w.d.Operate(t.Context(), "b", campaign.Start); err == nil {
			t.Error("it can be started")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var of []amitest.Call
		for _, c := range w.srv.Calls() {
			if strings.HasPrefix(c.Number, "209020") {
				of = append(of, c)
				if c.End.IsZero() || c.Connected.IsZero() {
					t.Errorf("the call to %s was not left to itself: %+v", c.Number, c)
				}
			}
		}
		if len(of) != live {
			t.Errorf("%d calls of a campaign with %d in flight when it went", len(of), live)
		}
		r = w.reload(oneCampaign("") + b)
		if len(r.Changes) != 1 || r.Changes[0].Text != "campaign b is new" {
			t.Errorf("%q", texts(r))
		}
		w.await(10*time.Minute, "the others are dialed", func() bool { return inFlight("b") == 0 && len(w.log.lines("list end", "campaign=b")) == 1 })
		w.operate("a", campaign.Drain)
		w.await(time.Minute, "stopped", func() bool { return w.state("a") == campaign.Stopped })
		w.stop()
		w.returned(time.Minute)
		s := w.open()
		w.witness(s, true)
		checkCampaign(t, s, "b", 6)
	})
}

// TestReloadServer: a server whose address is another is connected to anew, and
// calls on it go on; one that is gone stays connected until its last call ends.
func TestReloadServer(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers("2020600001", "2020600002")}, oneCampaign(""))
		var mu sync.Mutex
		var dialed []string
		closed := map[string]bool{}
		w.opt.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			dialed = append(dialed, address)
			conn, err := w.srv.Dial(ctx)
			return hooked{conn, func() {
				mu.Lock()
				defer mu.Unlock()
				closed[address] = true
			}}, err
		}
		w.start()
		talking := func() bool { st := w.status(); return len(st.Campaigns) == 1 && st.Campaigns[0].Phases["talking"] == 2 }
		w.await(20*time.Second, "two talk", talking)
		says(t, w.reload(strings.Replace(fmt.Sprintf(preamble, ""), "127.0.0.1", "127.0.0.2", 1)+oneCampaign("")),
			"asterisk pbx: address 127.0.0.1:5038 -> 127.0.0.2:5038 (it is connected to anew; calls in flight go on)")
		w.await(20*time.Second, "connected again", func() bool { return len(w.log.lines("connected to Asterisk")) == 2 })
		if !talking() {
			t.Errorf("%+v", w.status())
		}
		// The same server by another name: the campaign moves there.
		says(t, w.reload(`
asterisk: [{name: other, address: "127.0.0.3:5038", username: dialcamp, secret: dialcamp-secret}]
store: {path: dialcamp.db}
`+oneCampaign("")), "asterisk other is new", "asterisk pbx is gone (its connection ends when the last call there has)", "campaign a: asterisk pbx -> other")
		w.await(10*time.Second, "both connected", func() bool { return len(w.log.lines("connected to Asterisk")) == 3 })
		if n := len(w.status().Servers); n != 2 {
			t.Errorf("%d servers while the calls go on", n)
		}
		w.await(2*time.Minute, "they have ended", func() bool { return w.srv.InFlight() == 0 && len(w.status().Servers) == 1 })
		mu.Lock()
		if want := []string{"127.0.0.1:5038", "127.0.0.2:5038", "127.0.0.3:5038"}; !slices.Equal(dialed, want) {
			t.Errorf("dialed %q, want %q", dialed, want)
		}
		if !closed["127.0.0.1:5038"] || !closed["127.0.0.2:5038"] || closed["127.0.0.3:5038"] {
			t.Errorf("closed %v", closed)
		}
		mu.Unlock()
		w.stop()
		w.returned(time.Minute)
		s := w.open()
		w.witness(s, true)
		for _, a := range readBook(t, s, "a").attempts {
			if a.Outcome != campaign.Connected {
				t.Errorf("%s is %s", a.Number, a.Outcome)
			}
		}
	})
}

// hooked tells when a connection is closed.
type hooked struct {
	net.Conn
	onClose func()
}

func (h hooked) Close() error {
	h.onClose()
	return h.Conn.Close()
}

// TestReloadAttempts: fewer attempts are allowed than some contacts have had.
func TestReloadAttempts(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		rest := func(most int) string {
			return fmt.Sprintf(`
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}]
    originate: {context: campaign, exten: "200"}
    retry: {max_attempts: %d, by_outcome: {busy: {after: 10m, max: 9}}}
`, most)
		}
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("1017", 8)...)}, rest(5))
		w.start()
		w.await(5*time.Minute, "all were busy", func() bool { return len(w.srv.Calls()) == 8 && w.srv.InFlight() == 0 })
		time.Sleep(time.Second)
		says(t, w.reload(rest(1)), "campaign a: retry.max_attempts 5 -> 1 (8 contacts become ineligible)")
		w.quiet(time.Hour, "they have had their one attempt")
		w.stop()
		w.returned(time.Minute)
		s := w.open()
		w.witness(s, true)
		for number, c := range readBook(t, s, "a").contacts {
			if c.State != campaign.Exhausted || c.Attempts != 1 {
				t.Errorf("%s is %s after %d attempts", number, c.State, c.Attempts)
			}
		}
	})
}

// TestReloadHours: calling windows shut and open with the config.
func TestReloadHours(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		sleepUntil(t, "UTC", "2000-01-03 10:00:00") // a Monday
		hours := func(windows string) string {
			return oneCampaign("    calling: {timezone: UTC, windows: [" + windows + "]}\n")
		}
		const day, noon, holiday = `{days: mon-fri, from: "09:00", to: "18:00"}`, `{days: mon-fri, from: "12:00", to: "12:30"}`, `{days: mon-fri, from: "09:00", to: "18:00"}], holidays: [2000-01-03`
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(series("301010", 2000)...)}, hours(day))
		w.start()
		w.await(10*time.Second, "dialing", func() bool { return len(w.srv.Calls()) == 2 })
		w.operate("a", campaign.Pause)
		w.await(time.Minute, "the calls have ended", func() bool { return w.srv.InFlight() == 0 && w.status().Campaigns[0].InFlight == 0 })
		time.Sleep(time.Second)
		w.operate("a", campaign.Resume)
		r := w.reload(hours(noon))
		if len(r.Changes) != 1 || !strings.Contains(r.Changes[0].Effect, " contacts wait until Mon 2000-01-03 12:00 UTC") || !strings.HasPrefix(r.Changes[0].Effect, "1,99") {
			t.Errorf("%q", texts(r))
		}
		w.await(time.Minute, "what rang has ended", func() bool { return w.srv.InFlight() == 0 })
		w.quiet(time.Hour, "before noon")
		r = w.reload(hours(day))
		if len(r.Changes) != 1 || !strings.HasSuffix(r.Changes[0].Effect, " contacts may be dialed at once") {
			t.Errorf("%q", texts(r))
		}
		w.await(10*time.Second, "dialing again", func() bool { return w.srv.InFlight() > 0 })
		r = w.reload(hours(holiday))
		if len(r.Changes) != 1 || !strings.Contains(r.Changes[0].Effect, " contacts wait until Tue 2000-01-04 09:00 UTC") {
			t.Errorf("%q", texts(r))
		}
	})
}

// TestReloadPredictive: what a campaign's regime counts is counted from the
// attempts when it becomes predictive, and goes on from there.
func TestReloadPredictive(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		sleepUntil(t, "UTC", "2000-01-01 10:00:00")
		zone := "    calling: {timezone: UTC}\n"
		// They ring for 1 s and talk for 3 s.
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("301030", 200)...)}, oneCampaign(zone))
		w.start()
		count := func() float64 { return w.status().Campaigns[0].Answers }
		w.await(10*time.Minute, "some have talked", func() bool { return len(w.srv.Calls()) >= 60 })
		w.operate("a", campaign.Pause)
		w.await(time.Minute, "none is in flight", func() bool { return w.srv.InFlight() == 0 && w.status().Campaigns[0].InFlight == 0 })
		first := float64(len(w.srv.Calls()))
		w.stop()
		w.returned(time.Minute)

		// Nobody counts for a campaign that is not predictive.
		w.start()
		w.operate("a", campaign.Resume)
		w.await(time.Minute, "calls are live", func() bool { return w.srv.InFlight() == 2 })
		if n := count(); n > 5 {
			t.Errorf("%v answers are counted", n)
		}
		w.reload(oneCampaign(zone + "    pacing: {mode: predictive}\n"))
		if n, all := count(), float64(len(w.srv.Calls())); n < first || n > all {
			t.Errorf("%v answers are counted, want %v to %v", n, first, all)
		}
		time.Sleep(30 * time.Second)
		w.reload(oneCampaign(zone + "    pacing: {mode: predictive, regime: ofcom}\n"))
		time.Sleep(20 * time.Second)
		w.operate("a", campaign.Pause)
		w.await(time.Minute, "none is in flight", func() bool { return w.srv.InFlight() == 0 && w.status().Campaigns[0].InFlight == 0 })
		if n, all := count(), float64(len(w.srv.Calls())); n != all {
			t.Errorf("%v answers are counted of %v calls, all of which were answered", n, all)
		}
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}

// TestReloadDNC: a do-not-call file of the new config bars before anybody is
// dialed by it, and bars nobody when it is gone.
func TestReloadDNC(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		list := series("301010", 20)
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(list...), "ops.txt": strings.Join(list[5:], "\n")}, oneCampaign(""))
		w.start()
		w.await(10*time.Second, "dialing", func() bool { return len(w.srv.Calls()) == 2 })
		says(t, w.reload(oneCampaign("    dnc: {files: [ops.txt]}\n")), "do-not-call file ops of a is new")
		time.Sleep(5 * time.Minute)
		for _, c := range w.srv.Calls() {
			if slices.Contains(list[5:], c.Number) {
				t.Errorf("%s was called", c.Number)
			}
		}
		says(t, w.reload(oneCampaign("")), "do-not-call file ops of a is gone")
		w.await(10*time.Minute, "all are dialed", func() bool { return len(w.srv.Calls()) == 20 && w.srv.InFlight() == 0 })
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}

// TestReloadSchedule: another schedule counts from now on; one that did not
// change is due when it was.
func TestReloadSchedule(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		sleepUntil(t, "UTC", "2000-01-03 08:00:00")
		rest := func(start, more string) string {
			return oneCampaign("    calling: {timezone: UTC}\n    start: \""+start+"\"\n    stop: \"30 20 * * *\"\n") + more
		}
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("301010", 400)...)}, rest("0 12 * * *", ""))
		w.start()
		if s := w.state("a"); s != campaign.Stopped {
			t.Fatalf("it is %s", s)
		}
		says(t, w.reload(rest("0 9 * * *", "\nreports: [{at: \"30 8 * * *\", path: r.csv}]\n")), "campaign a: start 0 12 * * * -> 0 9 * * *", "report "+w.path("r.csv")+" is new")
		// A reload each minute puts nothing off.
		for range 50 {
			time.Sleep(time.Minute)
			w.reload(rest("0 9 * * *", "\nreports: [{at: \"30 8 * * *\", path: r.csv}]\n"))
		}
		w.read("r.csv")
		w.quiet(9*time.Minute, "before 9")
		w.await(2*time.Minute, "dialing at 9", func() bool { return len(w.srv.Calls()) > 0 })
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}

// TestReloadWhileLoading: a list whose columns change while it is being loaded
// is loaded once more, by the new ones.
func TestReloadWhileLoading(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		lists := func(column string) string {
			return fmt.Sprintf("campaigns:\n  - {name: a, queue: Camp200, lists: [{path: a.csv, columns: {number: %s}}]}\n", column)
		}
		var text strings.Builder
		text.WriteString("one,two\n")
		for i := range 40_000 {
			fmt.Fprintf(&text, "400%06d,500%06d\n", i, i)
		}
		w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": text.String()}, lists("one"))
		w.start()
		w.reload(lists("two"))
		w.await(time.Minute, "loaded twice, or as it is now", func() bool { return len(w.log.lines("list loaded")) > 0 })
		time.Sleep(time.Minute)
		w.stop()
		w.returned(time.Minute)
		if b := readBook(t, w.open(), "a"); b.contacts["500000007"].ID == 0 {
			t.Errorf("%d contacts, none with the number of the new column", len(b.contacts))
		}
	})
}
