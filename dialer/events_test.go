package dialer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// told are the events of a daemon since it was made, as far as the ring has them.
func (w *world) told() (all []event.Event) {
	w.t.Helper()
	r, err := w.d.Events().Open(event.Filter{}, 1) // of another run: from the first one on
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	for {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Millisecond)
		b, err := r.Next(ctx)
		cancel()
		if errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil || b.Lost > 0 {
			w.t.Fatalf("%d events lost, %v", b.Lost, err)
		}
		all = append(all, b.Events...)
	}
}

// read is what an event tells.
func read[T any](t *testing.T, e event.Event) (v T) {
	t.Helper()
	b, err := e.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v in %s", e.Type, err, b)
	}
	return v
}

// of are those of a type.
func ofType(all []event.Event, t event.Type) []event.Event {
	return slices.DeleteFunc(slices.Clone(all), func(e event.Event) bool { return e.Type != t })
}

// TestEventsTellEverything: whoever listened knows what the store does.
func TestEventsTellEverything(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		list := numbers(slices.Concat(answering(60), series("1017", 20), series("1018", 5))...)
		text := strings.Replace(oneCampaign(""), "    retry:", "    pacing: {mode: predictive, abandon_target: 3%}\n    retry:", 1)
		w := newWorld(t, amitest.Lab(5), map[string]string{"a.csv": list}, text)
		w.start()
		time.Sleep(20 * time.Second)
		w.operate("a", campaign.Pause)
		time.Sleep(5 * time.Second)
		w.operate("a", campaign.Resume)
		w.srv.Refuse("Originate", "Permission denied")
		time.Sleep(20 * time.Second)
		w.srv.Refuse("Originate", "")
		w.srv.Restart(5*time.Second, true)
		time.Sleep(20 * time.Second)
		w.write("config.yaml", strings.Replace(w.read("config.yaml"), "ring_timeout: 20s", "ring_timeout: 25s", 1))
		if _, err := w.d.Reload(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if _, err := w.d.Reload(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		w.await(time.Hour, "at the end of the list", func() bool { return strings.HasPrefix(w.hold("a"), "list end") && w.srv.InFlight() == 0 })
		time.Sleep(time.Minute)
		w.stop()
		w.returned(time.Minute)

		all, s := w.told(), w.open()
		w.checkTold(all, readBook(t, s, "a"))
		if n := len(ofType(all, event.Withdrawn)); n == 0 {
			t.Error("no call was told to be withdrawn, though Asterisk refused some")
		}
		var states []string
		for _, e := range ofType(all, event.Campaign) {
			c := read[control.CampaignEvent](t, e)
			states = append(states, c.Campaign+" "+c.State)
		}
		if got := strings.Join(states, ", "); got != "a paused, a running" {
			t.Errorf("states: %s", got)
		}
		var links []bool
		for _, e := range ofType(all, event.Link) {
			l := read[control.LinkEvent](t, e)
			if l.Asterisk != "pbx" || l.Time.IsZero() {
				t.Errorf("%+v", l)
			}
			links = append(links, l.Up)
		}
		if !slices.Equal(links, []bool{true, false, true, false}) {
			t.Errorf("links: %v", links)
		}
		if r := ofType(all, event.Reload); len(r) != 1 {
			t.Errorf("%d reloads", len(r))
		} else if re := read[control.ReloadEvent](t, r[0]); len(re.Changes) != 1 || !strings.Contains(re.Changes[0].Text, "ring_timeout 20s -> 25s") {
			t.Errorf("%+v", re)
		}
		checkLedgerTold(t, s, ofType(all, event.Pacing))
	})
}

// checkTold: every attempt of the book was told to be placed and to have ended, as
// it did, and nothing else was.
func (w *world) checkTold(all []event.Event, b book) {
	t := w.t
	t.Helper()
	stages := map[string][]event.Type{}
	ends := map[string]report.Call{}
	for _, e := range all {
		switch e.Type {
		case event.Attempt, event.Answer, event.Agent, event.Outcome, event.Withdrawn:
			c := read[report.Call](t, e)
			if e.Campaign != c.Campaign || c.Campaign == "" || c.Number == "" || c.Claimed == "" || (e.Type == event.Outcome) != (c.Outcome != "in_flight") {
				t.Errorf("%s of %q: %+v", e.Type, e.Campaign, c)
			}
			stages[c.ID] = append(stages[c.ID], e.Type)
			ends[c.ID] = c
		}
	}
	for _, a := range b.attempts {
		want := []event.Type{event.Attempt}
		if !a.Answered.IsZero() {
			want = append(want, event.Answer)
		}
		if !a.Connected.IsZero() {
			want = append(want, event.Agent)
		}
		want = append(want, event.Outcome)
		if got := stages[a.ID]; !slices.Equal(got, want) {
			t.Errorf("of attempt %s, %s, was told %v, not %v", a.ID, a.Outcome, got, want)
		}
		if got, want := ends[a.ID], report.CallOf(&a); inUTC(got) != inUTC(want) {
			t.Errorf("it was told\n%+v\nand is\n%+v", got, want)
		}
		delete(stages, a.ID)
	}
	for id, got := range stages {
		if !slices.Equal(got, []event.Type{event.Attempt, event.Withdrawn}) {
			t.Errorf("of attempt %s, which the store does not have, was told %v", id, got)
		}
	}
	t.Logf("%d events, %d attempts", len(all), len(b.attempts))
}

// inUTC is a call whose times are all of one zone: what is read from the store may
// be of another than what was told.
func inUTC(c report.Call) report.Call {
	for _, s := range []*string{&c.Claimed, &c.Answered, &c.Connected, &c.Ended} {
		if t, err := time.Parse(time.RFC3339, *s); err == nil {
			*s = t.UTC().Format(time.RFC3339Nano)
		}
	}
	return c
}

// checkLedgerTold: the entries of the ledger were told as they are there.
func checkLedgerTold(t *testing.T, s store.Store, told []event.Event) {
	t.Helper()
	var want []pacing.Entry
	for e, err := range report.Ledger(s, "a", 0) {
		if err != nil {
			t.Fatal(err)
		}
		e.Seq = 0
		want = append(want, e)
	}
	if len(told) != len(want) || len(want) == 0 {
		t.Fatalf("%d decisions were told, the ledger has %d", len(told), len(want))
	}
	for i, e := range told {
		got := read[struct {
			Campaign string
			pacing.Entry
		}](t, e)
		a, _ := json.Marshal(got.Entry)
		b, _ := json.Marshal(want[i])
		if got.Campaign != "a" || string(a) != string(b) {
			t.Errorf("decision %d of %q:\n%s\nis in the ledger\n%s", i, got.Campaign, a, b)
		}
	}
}

// TestEndIsToldWhenItIsDurable: while the store fails no end is told, and then each
// of them once.
func TestEndIsToldWhenItIsDurable(t *testing.T) {
	if !inChild(t) {
		return
	}
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(5), map[string]string{"a.csv": numbers(answering(20)...)}, oneCampaign(""))
		w.start()
		time.Sleep(3 * time.Second)
		failing(t, true)
		time.Sleep(time.Second)
		synctest.Wait()
		before := len(ofType(w.told(), event.Outcome))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := w.srv.InFlight(); n != 0 {
			t.Errorf("%d calls go on", n)
		}
		all := w.told()
		if n := len(ofType(all, event.Outcome)); n != before || len(ofType(all, event.Attempt)) <= before {
			t.Errorf("%d ends were told while the store failed, of %d attempts", n-before, len(ofType(all, event.Attempt)))
		}
		failing(t, false)
		w.await(time.Hour, "at the end of the list", func() bool { return strings.HasPrefix(w.hold("a"), "list end") })
		time.Sleep(10 * time.Second)
		w.stop()
		w.returned(time.Minute)
		w.checkTold(w.told(), readBook(t, w.open(), "a"))
	})
}

// TestEventsEndWithTheDaemon: whoever listens at the socket does not keep the
// daemon from ending, nor is left waiting.
func TestEventsEndWithTheDaemon(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	for name, text := range map[string]string{file: fmt.Sprintf(preamble, "") + oneCampaign(""), filepath.Join(dir, "a.csv"): numbers("1017555")} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dialer.New(cfg, dialer.Options{
		Log:  slog.New(slog.DiscardHandler),
		Dial: func(context.Context, string) (net.Conn, error) { return nil, net.ErrClosed },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	go func() { ended <- d.Run(ctx, t.Context()) }()
	client := control.NewClient(cfg.Control.Socket)
	events, err := client.Events(t.Context(), event.Filter{}, 0)
	for deadline := time.Now().Add(20 * time.Second); errors.Is(err, control.ErrNotRunning) && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		events, err = client.Events(t.Context(), event.Filter{}, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Operate(t.Context(), "a", campaign.Pause); err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range events {
		if err != nil {
			got = append(got, err.Error())
			break
		}
		got = append(got, e.Type)
		stop()
	}
	if !slices.Equal(got, []string{"campaign", "EOF"}) {
		t.Errorf("%q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
