package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

func attempts(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4")
	b.loaded("d", "9")
	b.claim1("d", start)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	// The clock was set back before the last.
	for _, s := range []int{0, 1, 2, 1} {
		b.claim1("c", at(s))
	}
	for _, test := range []struct {
		from, to time.Time
		want     string
	}{
		{time.Time{}, time.Time{}, "[1 2 3 4]"},
		{at(1), time.Time{}, "[2 3 4]"},
		{at(1).Add(time.Nanosecond), time.Time{}, "[3]"},
		{time.Time{}, at(1), "[1]"},
		{time.Time{}, at(1).Add(time.Nanosecond), "[1 2 4]"},
		{at(1), at(2), "[2 4]"},
		{at(1).UTC(), at(2).Local(), "[2 4]"},
		{at(2), at(1), "[]"},
		{at(3), time.Time{}, "[]"},
	} {
		got := []string{}
		for _, a := range collect(b, b.Attempts("c", test.from, test.to)) {
			got = append(got, a.Number)
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("from %v to %v: %v, not %s", test.from, test.to, got, test.want)
		}
	}
	if got := b.attempts("nobody"); len(got) != 0 {
		t.Error(got)
	}
	for range b.Attempts("c", time.Time{}, time.Time{}) {
		break // no further
	}
}

// attemptsWhileChanging: a reader neither stops the writer nor sees a part of
// anything, and gets all that was there when it began.
func attemptsWhileChanging(t *testing.T, b *box) {
	b.load("c", "l", many(2500))
	claims, _ := b.claim("c", start, 2200)
	n := 0
	within(t, func() {
		for a, err := range b.Attempts("c", time.Time{}, time.Time{}) {
			if err != nil {
				t.Error(err)
			}
			if n++; n%500 == 0 {
				b.finish(end(claims[n-500], time.Time{})) // already read
				b.finish(end(claims[len(claims)-1], time.Time{}))
				b.withdraw(claims[len(claims)-2])
				b.claim1("c", start)
			}
			if a.Outcome != campaign.InFlight && a.Ended.IsZero() {
				t.Errorf("half an attempt: %+v", a)
			}
		}
	})
	if n < 2199 {
		t.Fatalf("%d attempts read", n)
	}
}

func contacts(t *testing.T, b *box) {
	list := many(2100) // more than a page
	b.load("c", "l", list)
	b.claim("c", start, 5)
	got := b.contacts("c")
	if len(got) != len(list) {
		t.Fatalf("%d contacts", len(got))
	}
	for i, c := range got {
		if c.Number() != list[i].Numbers[0].Number || (c.State == campaign.Dialing) != (i < 5) {
			t.Fatalf("contact %d is %+v", i, c)
		}
	}
	if got := b.contacts("nobody"); len(got) != 0 {
		t.Error(got)
	}
}

func campaigns(t *testing.T, b *box) {
	names := func(want ...string) {
		t.Helper()
		got, err := b.Campaigns()
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, not %q: %v", got, want, err)
		}
	}
	names()
	b.loaded("b", "1")
	if err := b.SaveState("c", "running", start); err != nil {
		t.Fatal(err)
	}
	if err := b.AddAgentTime("a", time.Second); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	names("a", "b", "c")
	if n := b.counters("nobody"); !equal(n, b.counters("c")) || n.Attempts != 0 {
		t.Fatalf("%+v", n)
	}
	names("a", "b", "c")
}

func agentTime(t *testing.T, b *box) {
	b.loaded("c", "1")
	for range 3 {
		if err := b.AddAgentTime("c", 1500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		b.finish(end(b.claim1("c", start), start))
		b.reopen()
	}
	if n := b.counters("c"); n.AgentTime != 4500*time.Millisecond || n.Contacts[campaign.Waiting] != 1 {
		t.Fatalf("%+v", n)
	}
}

func state(t *testing.T, b *box) {
	check := func(camp string, want campaign.State, since time.Time) {
		t.Helper()
		got, at, err := b.State(camp)
		if err != nil || got != want || !at.Equal(since) {
			t.Fatalf("%q since %v, %v", got, at, err)
		}
	}
	check("c", "", time.Time{})
	b.loaded("c", "1")
	check("c", "", time.Time{})
	for i, s := range []campaign.State{campaign.Running, campaign.Paused, campaign.Stopped} {
		at := start.Add(time.Duration(i) * time.Minute)
		if err := b.SaveState("c", s, at); err != nil {
			t.Fatal(err)
		}
		b.reopen()
		check("c", s, at)
	}
	check("d", "", time.Time{})
	b.claims("c", start, 1, "1") // none of its business
}

func instance(t *testing.T, b *box) {
	b.loaded("c", "1")
	name := b.Instance()
	id := b.claim1("c", start).Attempt.ID
	b.reopen()
	if name == "" || b.Instance() == name {
		t.Fatalf("%q, then %q: a copy of the file would claim the same ids", name, b.Instance())
	}
	if claims, err := b.InFlight(); err != nil || len(claims) != 1 || claims[0].Attempt.ID != id {
		t.Fatalf("%+v, %v", claims, err)
	}
	other := b.opener(t, t.TempDir())
	defer other.Close()
	if other.Instance() == b.Instance() {
		t.Fatalf("two stores are %q", b.Instance())
	}
}
