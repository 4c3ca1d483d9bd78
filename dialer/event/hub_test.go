package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/event"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

func open(t testing.TB, h *event.Hub, f event.Filter, after uint64) *event.Reader {
	t.Helper()
	r, err := h.Open(f, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// all reads until the Hub is closed.
func all(t testing.TB, r *event.Reader) (events []event.Event, lost uint64) {
	t.Helper()
	for {
		b, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return events, lost
		}
		if err != nil {
			t.Fatal(err)
		}
		events, lost = append(events, b.Events...), lost+b.Lost
	}
}

func texts(t testing.TB, events []event.Event) (all []string) {
	t.Helper()
	for _, e := range events {
		b, err := e.JSON()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}

func TestEveryReaderGetsEverythingInOrder(t *testing.T) {
	h := event.NewHub(start)
	const n = 20_000
	var readers sync.WaitGroup
	for range 4 {
		r := open(t, h, event.Filter{}, 0)
		readers.Go(func() {
			events, lost := all(t, r)
			if uint64(len(events))+lost != n {
				t.Errorf("%d events and %d lost of %d", len(events), lost, n)
			}
			for i := 1; i < len(events); i++ {
				if events[i].ID <= events[i-1].ID {
					t.Errorf("event %d after %d", events[i].ID, events[i-1].ID)
				}
			}
		})
	}
	for i := range n {
		h.Publish(event.Outcome, "spring", i)
	}
	h.Close()
	readers.Wait()
}

func TestAReaderBeginsNow(t *testing.T) {
	h := event.NewHub(start)
	h.Publish(event.Campaign, "spring", "before")
	r := open(t, h, event.Filter{}, 0)
	h.Publish(event.Campaign, "spring", "after")
	h.Close()
	if events, _ := all(t, r); !slices.Equal(texts(t, events), []string{`"after"`}) {
		t.Errorf("%s", texts(t, events))
	}
}

func TestFilter(t *testing.T) {
	h := event.NewHub(start)
	read := func(f event.Filter) *event.Reader { return open(t, h, f, 0) }
	everything, spring, ends := read(event.Filter{}), read(event.Filter{Campaign: "spring"}), read(event.Filter{Types: []event.Type{event.Outcome, event.Withdrawn}})
	h.Publish(event.Attempt, "spring", 1)
	h.Publish(event.Outcome, "autumn", 2)
	h.Publish(event.Link, "", 3)
	h.Publish(event.Withdrawn, "spring", 4)
	h.Close()
	for _, c := range []struct {
		r    *event.Reader
		want string
	}{{everything, "[1 2 3 4]"}, {spring, "[1 3 4]"}, {ends, "[2 4]"}} {
		events, _ := all(t, c.r)
		if got := fmt.Sprint(texts(t, events)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestSlowReader: what the ring overtook is counted, and the newest is there.
func TestSlowReader(t *testing.T) {
	h := event.NewHub(start)
	r := open(t, h, event.Filter{}, 0)
	for i := range event.MaxEvents + 10 {
		h.Publish(event.Outcome, "spring", i)
	}
	b, err := r.Next(t.Context())
	if err != nil || b.Lost != 10 || b.Restarted {
		t.Errorf("%d lost, restarted %v, %v", b.Lost, b.Restarted, err)
	}
	if got := texts(t, b.Events[:1]); got[0] != "10" {
		t.Errorf("it goes on with %s", got)
	}
	h.Close()
	events, lost := all(t, r)
	if n := len(events) + len(b.Events); n != event.MaxEvents || lost != 0 {
		t.Errorf("%d events and %d more lost", n, lost)
	}
}

// TestBytesAreBounded: large events push out more than one.
func TestBytesAreBounded(t *testing.T) {
	h := event.NewHub(start)
	r := open(t, h, event.Filter{}, 0)
	const n, size = 100, 1 << 20
	for range n {
		h.Publish(event.Pacing, "spring", json.RawMessage(make([]byte, size)))
	}
	h.Close()
	events, lost := all(t, r)
	if len(events)*size > event.MaxBytes || len(events)+1 < event.MaxBytes/size || len(events)+int(lost) != n {
		t.Errorf("%d events of %d bytes are there, %d lost", len(events), size, lost)
	}
}

// TestMemoryStaysFlat: however much is published, and however little is read.
func TestMemoryStaysFlat(t *testing.T) {
	h := event.NewHub(start)
	stuck := open(t, h, event.Filter{}, 0)
	fill := func() uint64 {
		for i := range 4 * event.MaxEvents {
			h.Publish(event.Outcome, "spring", campaign.Attempt{Contact: uint64(i)})
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := fill()
	for range 4 {
		if after := fill(); after > before+1<<20 {
			t.Fatalf("%d bytes, and then %d", before, after)
		}
	}
	if b, err := stuck.Next(t.Context()); err != nil || b.Lost == 0 {
		t.Errorf("%d lost, %v", b.Lost, err)
	}
}

func TestResume(t *testing.T) {
	h := event.NewHub(start)
	r := open(t, h, event.Filter{}, 0)
	for i := range 5 {
		h.Publish(event.Outcome, "spring", i)
	}
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, h, event.Filter{}, b.Events[1].ID)
	last := open(t, h, event.Filter{}, b.Events[4].ID)
	h.Publish(event.Outcome, "spring", 5)
	h.Close()
	if events, lost := all(t, again); fmt.Sprint(texts(t, events)) != "[2 3 4 5]" || lost != 0 {
		t.Errorf("%s, %d lost", texts(t, events), lost)
	}
	if events, _ := all(t, last); fmt.Sprint(texts(t, events)) != "[5]" {
		t.Errorf("%s", texts(t, events))
	}
}

// TestResumeAfterRestart: an id of another run of the daemon, whichever way its
// clock went, is no place in this one's ring.
func TestResumeAfterRestart(t *testing.T) {
	for _, before := range []time.Time{start.Add(-time.Hour), start.Add(time.Hour)} {
		old := event.NewHub(before)
		r := open(t, old, event.Filter{}, 0)
		old.Publish(event.Outcome, "spring", "old")
		b, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h := event.NewHub(start)
		for i := range event.MaxEvents + 2 {
			h.Publish(event.Outcome, "spring", i)
		}
		again, err := open(t, h, event.Filter{}, b.Events[0].ID).Next(t.Context())
		if err != nil || !again.Restarted || again.Lost != 2 || texts(t, again.Events[:1])[0] != "2" {
			t.Errorf("restarted %v, %d lost, %d events, %v", again.Restarted, again.Lost, len(again.Events), err)
		}
	}
}

func TestReadersAreBounded(t *testing.T) {
	h := event.NewHub(start)
	var first *event.Reader
	for range event.MaxReaders {
		r, err := h.Open(event.Filter{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		first = r
	}
	if _, err := h.Open(event.Filter{}, 0); !errors.Is(err, event.ErrTooManyReaders) {
		t.Errorf("one more: %v", err)
	}
	first.Close()
	if _, err := h.Open(event.Filter{}, 0); err != nil {
		t.Errorf("when one has left: %v", err)
	}
}

func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := event.NewHub(start)
		r := open(t, h, event.Filter{Types: []event.Type{event.Outcome}}, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		go func() {
			time.Sleep(5 * time.Second)
			h.Publish(event.Attempt, "spring", 1)
		}()
		if b, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v", b, err)
		}
		go func() {
			time.Sleep(5 * time.Second)
			h.Publish(event.Outcome, "spring", 2)
			time.Sleep(5 * time.Second)
			h.Close()
		}()
		if b, err := r.Next(t.Context()); err != nil || len(b.Events) != 1 {
			t.Errorf("%v, %v", b, err)
		}
		if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("closed: %v", err)
		}
	})
}

// BenchmarkPublish is what an event costs whoever publishes it: the dialing loop.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{0, 1, 10} {
		b.Run(fmt.Sprint(n, " readers"), func(b *testing.B) {
			h := event.NewHub(start)
			var readers sync.WaitGroup
			for range n {
				r := open(b, h, event.Filter{}, 0)
				readers.Go(func() { all(b, r) })
			}
			b.ReportAllocs()
			var a campaign.Attempt
			for b.Loop() {
				a.Contact++
				h.Publish(event.Outcome, "spring", a)
			}
			h.Close()
			readers.Wait()
		})
	}
}
