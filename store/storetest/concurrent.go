package storetest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// concurrent is every method at once. No contact and no number may be in two
// hands.
func concurrent(t *testing.T, b *box) {
	b.load("c", "l", many(600))
	b.load("d", "l", many(600)) // the same numbers
	var held sync.Map           // number → who
	var ended, added atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		rnd := rand.New(rand.NewPCG(1, uint64(i)))
		camp := []string{"c", "d"}[i%2]
		wg.Go(func() {
			for range 40 {
				claims, _, err := b.claimMost(camp, start.Add(time.Hour), 1+rnd.IntN(4))
				if err != nil {
					t.Error(err)
					return
				}
				for _, cm := range claims {
					if other, taken := held.LoadOrStore(cm.Attempt.Number, i); taken {
						t.Errorf("%s is in the hands of %d and %v", cm.Attempt.Number, i, other)
					}
				}
				for _, cm := range claims {
					held.Delete(cm.Attempt.Number)
					if rnd.IntN(4) == 0 {
						err = b.Withdraw(cm)
					} else {
						err = b.Finish(end(cm, time.Time{}))
						ended.Add(1)
					}
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range 2 {
		wg.Go(func() {
			for j := range 5 {
				batch, err := b.Load(store.Source{Campaign: "c", List: fmt.Sprint("list", i), Hash: "h"}, start, seq(many(600 + 20*j)[600:]), func(store.Row, string) {})
				if err != nil {
					t.Error(err)
				}
				added.Add(int64(batch.Added))
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			for _, camp := range []string{"c", "d"} {
				n, err := b.Counters(camp)
				if err == nil {
					err = n.Check()
				}
				if err != nil {
					t.Error(err)
				}
				for _, err := range b.Attempts(camp, time.Time{}, time.Time{}) {
					if err != nil {
						t.Error(err)
					}
				}
			}
			if _, err := b.InFlight(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for range 20 {
			if err := errors.Join(b.AddAgentTime("c", time.Second), b.SaveState("d", campaign.Running, start)); err != nil {
				t.Error(err)
			}
			if _, err := b.SetDNC(doNotCall, "", start, noEntries); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	c, d := b.counters("c"), b.counters("d")
	if c.Attempts+d.Attempts != ended.Load() || added.Load() != 80 || len(b.contacts("c")) != 680 || c.AgentTime != 20*time.Second {
		t.Fatalf("%d ended, %d added, %+v, %+v", ended.Load(), added.Load(), c, d)
	}
}

// closed: after Close everything says so, nothing hangs and nothing panics.
func closed(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	cm := b.claim1("c", start)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatalf("closing again: %v", err)
	}
	last := func(it func(func(error) bool)) (err error) {
		it(func(e error) bool { err = e; return true })
		return err
	}
	for name, f := range map[string]func() error{
		"Claim":    func() error { _, _, err := b.claimMost("c", start, 1); return err },
		"Withdraw": func() error { return b.Withdraw(cm) },
		"Finish":   func() error { return b.Finish(end(cm, start)) },
		"InFlight": func() error { _, err := b.InFlight(); return err },
		"Load": func() error {
			_, err := b.Load(store.Source{Campaign: "c", List: "l", Hash: "h"}, start, seq(rows("1")), nil)
			return err
		},
		"Preview": func() error {
			_, err := b.Preview(store.Source{Campaign: "c", List: "l"}, start, seq(rows("1")), nil)
			return err
		},
		"Lists":        func() error { _, err := b.Lists("c"); return err },
		"List":         func() error { _, _, err := b.List("c", "l"); return err },
		"SetDNC":       func() error { _, err := b.SetDNC(doNotCall, "", start, noEntries); return err },
		"AddDNC":       func() error { _, err := b.AddDNC(doNotCall, start, "1"); return err },
		"RemoveDNC":    func() error { _, err := b.RemoveDNC(doNotCall, start, "1"); return err },
		"DropDNC":      func() error { return b.DropDNC(doNotCall, start) },
		"DNCLists":     func() error { _, err := b.DNCLists(); return err },
		"CheckDNC":     func() error { _, err := b.CheckDNC("", "1"); return err },
		"Touch":        func() error { return b.Touch("c", "l", "s") },
		"Undo":         func() error { _, err := b.Undo(1, start); return err },
		"Purge":        func() error { _, err := b.Purge(start, 1); return err },
		"Stats":        func() error { _, err := b.Stats(); return err },
		"Backup":       func() error { return b.Backup(io.Discard) },
		"Counters":     func() error { _, err := b.Counters("c"); return err },
		"AddAgentTime": func() error { return b.AddAgentTime("c", 1) },
		"Campaigns":    func() error { _, err := b.Campaigns(); return err },
		"State":        func() error { _, _, err := b.State("c"); return err },
		"SaveState":    func() error { return b.SaveState("c", "", start) },
		"Attempts": func() error {
			return last(func(yield func(error) bool) {
				for _, err := range b.Attempts("c", time.Time{}, time.Time{}) {
					yield(err)
				}
			})
		},
		"Batches": func() error {
			return last(func(yield func(error) bool) {
				for _, err := range b.Batches("c") {
					yield(err)
				}
			})
		},
		"Rollups": func() error {
			return last(func(yield func(error) bool) {
				for _, err := range b.Rollups("c", store.ByPass) {
					yield(err)
				}
			})
		},
		"Contacts": func() error {
			return last(func(yield func(error) bool) {
				for _, err := range b.Contacts("c") {
					yield(err)
				}
			})
		},
	} {
		if err := f(); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.open()
	b.claims("c", start, 9, "2")
}

// closeWhileChanging: whoever is told that a change is kept finds it again.
func closeWhileChanging(t *testing.T, b *box) {
	for round := range 5 {
		camp := fmt.Sprint("c", round)
		b.load(camp, "l", many(2000))
		kept := make(chan string, 10_000)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for {
					claims, _, err := b.claimMost(camp, start, 1)
					if errors.Is(err, store.ErrClosed) {
						return
					}
					if err != nil || len(claims) != 1 {
						t.Error(len(claims), err)
						return
					}
					kept <- claims[0].Attempt.ID
				}
			})
		}
		wg.Go(func() {
			for range b.Contacts(camp) {
			}
		})
		time.Sleep(time.Duration(round) * 3 * time.Millisecond)
		within(t, func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			wg.Wait()
		})
		close(kept)
		b.open()
		there := map[string]bool{}
		for _, a := range b.attempts(camp) {
			there[a.ID] = true
		}
		n := 0
		for id := range kept {
			n++
			if !there[id] {
				t.Fatalf("attempt %s is lost", id)
			}
		}
		if n != len(there) {
			t.Fatalf("%d claims, but %d attempts", n, len(there))
		}
	}
}
