package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
)

// follow reads events until the stream ends, and tells how: type and data of
// each.
func follow(t *testing.T, c *control.Client, f event.Filter, after uint64) func() []string {
	t.Helper()
	events, err := c.Events(t.Context(), f, after)
	if err != nil {
		t.Fatal(err)
	}
	return func() (all []string) {
		for e, err := range events {
			if err != nil {
				return append(all, err.Error())
			}
			all = append(all, e.Type+" "+string(e.Data))
		}
		return all
	}
}

func publish(h *event.Hub, from, to int) {
	for i := from; i < to; i++ {
		h.Publish(event.Outcome, "spring", fmt.Sprint("end ", i))
	}
}

func TestEvents(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	everything := follow(t, c, event.Filter{}, 0)
	some := follow(t, c, event.Filter{Campaign: "autumn", Types: []event.Type{event.Campaign, event.Link}}, 0)
	op.hub.Publish(event.Campaign, "spring", "paused")
	op.hub.Publish(event.Campaign, "autumn", "running")
	op.hub.Publish(event.Link, "", "up\ndown")
	op.hub.Publish(event.Outcome, "autumn", "busy")
	op.hub.Close()
	if got, want := strings.Join(everything(), "; "), `campaign "paused"; campaign "running"; link "up\ndown"; outcome "busy"; EOF`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := strings.Join(some(), "; "), `campaign "running"; link "up\ndown"; EOF`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestEventsGoOn: who comes back with the id that they saw last has missed nothing.
func TestEventsGoOn(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	ctx, leave := context.WithCancel(t.Context())
	events, err := c.Events(ctx, event.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	publish(op.hub, 0, 5)
	var last uint64
	for e, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		if last = e.ID; string(e.Data) == `"end 2"` {
			break
		}
	}
	leave()
	publish(op.hub, 5, 8)
	again := follow(t, c, event.Filter{}, last)
	op.hub.Close()
	if got, want := strings.Join(again(), "; "), `outcome "end 3"; outcome "end 4"; outcome "end 5"; outcome "end 6"; outcome "end 7"; EOF`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReaderThatStops: one that reads nothing holds nobody up, is told how much it
// lost, and goes on; the other sees all.
func TestReaderThatStops(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	events, err := c.Events(t.Context(), event.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	const n = 5 * event.MaxEvents
	large := strings.Repeat("x", 400)
	for i := range n {
		op.hub.Publish(event.Outcome, "spring", fmt.Sprint(i, large))
	}
	op.hub.Close()
	seen, lost, times := 0, 0, 0
	for e, err := range events {
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if l, ok := e.Lost(); ok {
			lost += int(l.N)
			times++
			continue
		}
		seen++
		if want := fmt.Sprint(`"`, seen+lost-1, "x"); !strings.HasPrefix(string(e.Data), want) {
			t.Fatalf("%.20s after %d seen and %d lost", e.Data, seen-1, lost)
		}
	}
	if seen+lost != n || lost == 0 || seen < event.MaxEvents {
		t.Errorf("%d seen and %d lost of %d", seen, lost, n)
	}
	t.Logf("%d seen, %d lost in %d pieces", seen, lost, times)
}

// TestEventsHeartbeat: a stream on which nothing happens shows that it is alive.
func TestEventsHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := newOperator(t)
		ctx, leave := context.WithTimeout(t.Context(), 40*time.Second)
		defer leave()
		w := httptest.NewRecorder()
		control.Handler(op).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/v1/events", nil))
		if got, want := w.Body.String(), "retry: 3000\n\n:\n\n:\n\n"; got != want || !w.Flushed {
			t.Errorf("%q, want %q", got, want)
		}
		h := w.Result().Header
		if h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", h)
		}
	})
}

func TestEventsRefused(t *testing.T) {
	op := newOperator(t)
	h := control.Handler(op)
	for _, c := range []struct {
		target, last string
		status       int
		text         string
	}{
		{"/v1/events?types=outcome,weather", "", 400, `types: \"weather\" is unknown`},
		{"/v1/events?type=outcome", "", 400, `parameter \"type\" is unknown`},
		{"/v1/events?campaign=winter", "", 404, `no campaign \"winter\"`},
		{"/v1/events", "seven", 400, `Last-Event-ID: \"seven\"`},
		{"/v1/events", "-1", 400, `Last-Event-ID: \"-1\"`},
	} {
		r, w := httptest.NewRequest("GET", c.target, nil), httptest.NewRecorder()
		if c.last != "" {
			r.Header.Set("Last-Event-ID", c.last)
		}
		h.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s %s: %d %s, want %d and %s", c.target, c.last, w.Code, w.Body, c.status, c.text)
		}
	}
	for range event.MaxReaders {
		if _, err := op.hub.Open(event.Filter{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/events", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "too many") {
		t.Errorf("one reader more: %d %s", w.Code, w.Body)
	}
}

// TestServerClosesWithReaders: one that neither reads nor leaves does not keep the
// API from closing.
func TestServerClosesWithReaders(t *testing.T) {
	op := newOperator(t)
	s, err := control.Listen(filepath.Join(t.TempDir(), "control.sock"), op)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := control.NewClient(s.Address()).Events(t.Context(), event.Filter{}, 0); err != nil {
		t.Fatal(err)
	}
	for i := range event.MaxEvents {
		op.hub.Publish(event.Outcome, "spring", fmt.Sprint(i, strings.Repeat("x", 400)))
	}
	op.hub.Close()
	closed := make(chan struct{})
	go func() {
		s.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Error("it does not close")
	}
}
