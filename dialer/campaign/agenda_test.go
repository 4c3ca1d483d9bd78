package campaign

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// agendaRun is a store with one claim under way, while a contact's retry is
// noted and written, one is withdrawn, and a row is loaded.
type agendaRun struct {
	g       agenda
	now     time.Time
	due     map[string]time.Time // what the store holds, by contact
	pending map[string]time.Time // what is not written yet
	seen    time.Time            // what the store answered to the question under way
}

func (r *agendaRun) look() {
	r.seen = time.Time{}
	for _, at := range r.due {
		if r.seen.IsZero() || at.Before(r.seen) {
			r.seen = at
		}
	}
}

func (r *agendaRun) answer() { r.g.answer(r.seen, true, false, r.now) }

func (r *agendaRun) apply(op string) {
	retry := r.now.Add(2 * time.Second)
	switch op {
	case "look":
		r.look()
	case "answer":
		r.answer()
	case "finish":
		r.g.note(retry, r.now)
		r.pending["retried"] = retry
	case "write":
		r.due["retried"] = r.pending["retried"]
	case "withdraw":
		r.g.note(r.now, r.now)
		r.pending["withdrawn"] = r.now
	case "rewrite":
		r.due["withdrawn"] = r.pending["withdrawn"]
	case "rows":
		r.due["loaded"] = r.now
	case "loaded":
		r.g.forget()
	}
}

// TestAgendaNeverSleepsThroughADueContact plays every order of what can happen
// around a claim and then lets time pass: each contact is asked for soon after
// it is due.
func TestAgendaNeverSleepsThroughADueContact(t *testing.T) {
	others := [][]string{{"finish", "write"}, {"withdraw", "rewrite"}, {"rows", "loaded"}}
	runs := 0
	for set := range 8 {
		threads := [][]string{{"look", "answer"}}
		for i, th := range others {
			if set>>i&1 == 1 {
				threads = append(threads, th)
			}
		}
		interleave(threads, nil, func(order []string) { runs++; playAgenda(t, order) })
	}
	if runs != 1+3*6+3*90+2520 {
		t.Errorf("%d orders", runs)
	}
}

func playAgenda(t *testing.T, order []string) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := &agendaRun{now: start, due: map[string]time.Time{}, pending: map[string]time.Time{}}
	r.g.ask(r.now)
	for _, op := range order {
		r.now = r.now.Add(300 * time.Millisecond)
		r.apply(op)
	}
	want := map[string]time.Time{}
	for c, at := range r.due {
		want[c] = at
	}
	asked := map[string]time.Time{}
	for r.now.Before(start.Add(20 * time.Second)) {
		r.now = r.now.Add(100 * time.Millisecond)
		if !r.g.next.After(r.now) && !(r.g.empty && r.g.next.IsZero()) {
			r.g.ask(r.now)
			for c, at := range r.due {
				if !at.After(r.now) { // claimed
					asked[c] = r.now
					delete(r.due, c)
				}
			}
			r.look()
			r.answer()
		}
	}
	for c, at := range want {
		// Those due before the orders above were played are asked for once they are.
		from := start.Add(time.Duration(len(order)) * 300 * time.Millisecond)
		if at.Before(from) {
			at = from
		}
		if asked[c].IsZero() || asked[c].Sub(at) > 1100*time.Millisecond {
			t.Errorf("%s: %s was due at %s and asked for at %s", strings.Join(order, " "), c, at.Format("05.0"), asked[c].Format("05.0"))
		}
	}
	if !r.g.empty || !r.g.next.IsZero() {
		t.Errorf("%s: nothing is due any more, but the next is at %v", strings.Join(order, " "), r.g.next)
	}
}

// interleave calls f with every order of the threads' steps.
func interleave(threads [][]string, before []string, f func([]string)) {
	done := true
	for i, th := range threads {
		if len(th) > 0 {
			done = false
			rest := append([][]string{}, threads...)
			rest[i] = th[1:]
			interleave(rest, append(before[:len(before):len(before)], th[0]), f)
		}
	}
	if done {
		f(before)
	}
}

// TestAgendaIsBounded: a campaign that is paused while thousands of calls end
// keeps a bounded number of their due times, and never forgets the earliest.
func TestAgendaIsBounded(t *testing.T) {
	var g agenda
	now := time.Unix(1000, 0)
	g.ask(now)
	for i := range 10 * maxNoted {
		g.note(now.Add(time.Duration((i+5*maxNoted)%(10*maxNoted)+1)*time.Hour), now.Add(time.Duration(i)*time.Millisecond))
		if len(g.noted) > maxNoted {
			t.Fatal(len(g.noted))
		}
	}
	g.answer(time.Time{}, true, false, now.Add(time.Minute))
	if want := now.Add(time.Hour); !g.next.Equal(want) {
		t.Errorf("next is %v, want %v", g.next, want)
	}
}

// TestAgendaBelievesTheStore: what is older than any write is the store's to say.
func TestAgendaBelievesTheStore(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, tt := range []struct {
		age  time.Duration // of the retry when the store is asked
		want bool          // an empty answer is believed
	}{{0, false}, {writeLag, false}, {writeLag + 1, true}} {
		t.Run(fmt.Sprint(tt.age), func(t *testing.T) {
			var g agenda
			g.note(now, now)
			at := now.Add(tt.age)
			g.ask(at)
			g.answer(time.Time{}, true, false, at)
			if g.empty != tt.want || g.next.IsZero() != tt.want {
				t.Errorf("empty %v, next %v", g.empty, g.next)
			}
		})
	}
}
