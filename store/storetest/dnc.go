package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

func dnc(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	b.dnc("2", "1")
	b.reopen()
	claims, next := b.claim("c", start, 1)
	if got := numbers(claims); fmt.Sprint(got) != "[3]" || !next.IsZero() {
		t.Fatalf("claimed %q, next %v", got, next)
	}
	for _, number := range []string{"1", "2"} {
		if c := b.contact("c", number); c.State != campaign.DNC || !c.Due.IsZero() || c.Attempts != 0 {
			t.Fatalf("%+v", c)
		}
	}
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 2 || n.Attempts != 1 {
		t.Fatalf("%+v", n)
	}
	b.dnc() // nobody is barred any more, but what is settled stays settled
	b.claims("c", start, 10)
}

func dncInFront(t *testing.T, b *box) {
	var barred []string
	for i := range 300 {
		barred = append(barred, fmt.Sprint(1000+i))
	}
	b.loaded("c", append(barred, "1", "2")...)
	b.dnc(barred...)
	b.claims("c", start, 1, "1")
	b.claims("c", start, 1, "2")
	if n := b.counters("c"); n.Contacts[campaign.DNC] != 300 {
		t.Fatalf("%+v", n)
	}
}

func dncWhileInFlight(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	b.dnc("1")
	b.verify()
	later := start.Add(time.Hour)
	b.finish(end(cm, later))
	b.claims("c", later, 1)
	if c := b.contact("c", "1"); c.State != campaign.DNC || c.Last != campaign.NoAnswer || c.Attempts != 1 {
		t.Fatalf("%+v", c)
	}
}

func dncNumbers(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	if n, err := b.SetDNC(slices.Values([]string{"1", "", "9", "1", "9", ""})); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	// Replaced as a whole, by an iterator that can be read once.
	left := []string{"3", "2"}
	n, err := b.SetDNC(func(yield func(string) bool) {
		for len(left) > 0 {
			number := left[0]
			left = left[1:]
			if !yield(number) {
				return
			}
		}
	})
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	b.claims("c", start, 10, "1")
}

// dncCallback: the iterator is the caller's code. It may use the store, and if
// it panics, it does so to the caller and the store goes on.
func dncCallback(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	within(t, func() {
		b.SetDNC(func(yield func(string) bool) {
			b.AddAgentTime("c", time.Second)
			yield("1")
		})
	})
	func() {
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v", v)
			}
		}()
		b.SetDNC(func(func(string) bool) { panic("boom") })
	}()
	b.claims("c", start, 10, "2")
}

// within fails the test if f hangs.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it hangs")
	}
}
