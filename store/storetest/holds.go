package storetest

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

func (b *box) holds(camp string, now time.Time, most int, want ...store.Hold) (all bool) {
	b.Helper()
	got, all, err := b.Holds(camp, now, most)
	if err != nil {
		b.Fatal(err)
	}
	if !equal(got, want) {
		b.Fatalf("holds\n got %+v\nwant %+v", got, want)
	}
	return all
}

// holds: who waits for what, whether rows were loaded a few or many at a time; who
// is over or being called waits for nothing.
func holds(t *testing.T, b *box) {
	later := start.Add(time.Hour)
	b.loaded("c", "a", "b", "c", "d", "e", "f")
	b.finish(end(b.claim1("c", start), later))                            // a waits for a retry
	b.finish(end(b.claim1("c", start), later.Add(time.Minute)))           // so does b
	b.finish(end(b.claim1("c", start), time.Time{}))                      // c is over
	b.claim1("c", start)                                                  // d is being called
	b.callBack("c", "c", later.Add(time.Hour))                            // and c is called back
	if batch, _ := b.load("c", "many", many(5000)); batch.Added != 5000 { // besides e and f
		t.Fatal(batch)
	}
	callback := store.Hold{Callback: true, Retry: true, Later: 1, Next: later.Add(time.Hour)}
	first := store.Hold{Due: 5002}
	if !b.holds("c", start, 10_000, callback, first, store.Hold{Retry: true, Later: 2, Next: later}) {
		t.Error("not all")
	}
	b.reopen()
	if !b.holds("c", later, 10_000, callback, first, store.Hold{Retry: true, Due: 1, Later: 1, Next: later.Add(time.Minute)}) {
		t.Error("not all")
	}
	b.holds("c", start.Add(-1), 10_000, callback, store.Hold{Later: 5002, Next: start}, store.Hold{Retry: true, Later: 2, Next: later})
	if !b.holds("nobody", start, 1) {
		t.Error("not all of nobody")
	}
	n := b.counters("c")
	if waiting := n.Contacts[campaign.Pending] + n.Contacts[campaign.Waiting]; waiting != 5005 {
		t.Errorf("%d contacts wait", waiting)
	}
}

// holdsMost: it stops when it has looked at as many as it may.
func holdsMost(t *testing.T, b *box) {
	b.loaded("c", "a", "b", "c")
	b.load("c", "many", many(5000))
	for _, test := range []struct {
		most, due int
		all       bool
	}{{5003, 5003, true}, {5002, 5002, false}, {4, 4, false}, {3, 3, false}, {2, 2, false}} {
		if all := b.holds("c", start, test.most, store.Hold{Due: test.due}); all != test.all {
			t.Errorf("%d looked at: all %v", test.most, all)
		}
	}
	if all := b.holds("c", start, 0); all {
		t.Error("none looked at, and that is all")
	}
}
