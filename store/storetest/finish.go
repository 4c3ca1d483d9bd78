package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

func withdraw(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	contacts, counters := b.contacts("c"), b.counters("c")
	claims := b.claims("c", start.Add(time.Minute), 2, "1", "2")
	b.withdraw(claims[1])
	b.withdraw(claims[0])
	if got := b.contacts("c"); !equal(got, contacts) {
		t.Fatalf("contacts\n got %+v\nwant %+v", got, contacts)
	}
	if got := b.counters("c"); !equal(got, counters) {
		t.Fatalf("counters\n got %+v\nwant %+v", got, counters)
	}
	if all := b.attempts("c"); len(all) != 0 {
		t.Fatalf("attempts %+v", all)
	}
	b.reopen()
	again := b.claims("c", start, 2, "1", "2") // due as before
	for i, cm := range again {
		// Asterisk may have heard of the first id.
		if cm.Attempt.Pass != 1 || cm.Attempt.ID == claims[i].Attempt.ID {
			t.Fatalf("%+v after %+v", cm.Attempt, claims[i].Attempt)
		}
	}
}

func withdrawRetry(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	later := start.Add(time.Hour)
	b.finish(end(b.claim1("c", start), later))
	contacts, counters := b.contacts("c"), b.counters("c")
	b.withdraw(b.claims("c", later, 2, "2", "1")[1])
	b.withdraw(b.claims("c", later, 2, "1")[0])
	if got := b.contact("c", "1"); !equal(got, contacts[0]) {
		t.Fatalf("contact\n got %+v\nwant %+v", got, contacts[0])
	}
	claims, err := b.InFlight()
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	b.withdraw(claims[0])
	if got := b.counters("c"); !equal(got, counters) {
		t.Fatalf("counters\n got %+v\nwant %+v", got, counters)
	}
}

func withdrawTwice(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	b.withdraw(cm)
	b.withdraw(cm)
	b.finish(end(cm, time.Time{})) // it is no attempt any more
	counters := b.counters("c")
	if counters.Attempts != 0 || counters.Contacts[campaign.Pending] != 1 {
		t.Fatalf("%+v", counters)
	}
	again := b.claim1("c", start)
	b.withdraw(cm) // of another attempt of the same contact
	b.finish(end(cm, time.Time{}))
	b.finish(end(again, time.Time{}))
	b.withdraw(again) // it has ended
	if got := b.counters("c"); got.Attempts != 1 || got.Contacts[campaign.Exhausted] != 1 {
		t.Fatalf("%+v", got)
	}
}

// withdrawChangedCopy: when its contact is due again, if it is, is up to the
// caller; who it is, and what it did, is what is stored.
func withdrawChangedCopy(t *testing.T, b *box) {
	b.loaded("c", "1")
	want := b.contact("c", "1")
	cm := b.claim1("c", start)
	cm.Contact.Numbers, cm.Contact.Attempts = []campaign.Number{{Number: "9"}}, 7
	cm.Contact.Due = start.Add(time.Hour)
	cm.Attempt.Number, cm.Attempt.Pass, cm.Attempt.Contact = "9", 7, 99
	b.withdraw(cm)
	want.Due = cm.Contact.Due
	if got := b.contact("c", "1"); !equal(got, want) {
		t.Fatalf("contact\n got %+v\nwant %+v", got, want)
	}
	b.verify()
	b.claims("c", start, 1)
	cm = b.claims("c", start.Add(time.Hour), 1, "1")[0] // and its number does not ring any more
	cm.Contact.State, cm.Contact.Due = campaign.Exhausted, time.Time{}
	b.withdraw(cm)
	want.State, want.Due = campaign.Exhausted, time.Time{}
	if got := b.contact("c", "1"); !equal(got, want) {
		t.Fatalf("contact\n got %+v\nwant %+v", got, want)
	}
	b.verify()
	b.claims("c", start.Add(2*time.Hour), 1)
	cm.Contact.State = campaign.Dialing
	if err := b.Withdraw(cm); err == nil {
		t.Error("a contact was left dialing without an attempt")
	}
}

func finish(t *testing.T, b *box) {
	type result struct {
		outcome campaign.Outcome
		state   campaign.ContactState
	}
	var all []result
	for _, o := range campaign.Outcomes() {
		for s := range campaign.ContactState(campaign.NumStates) {
			if s != campaign.Dialing {
				all = append(all, result{o, s})
			}
		}
	}
	var list []string
	for i := range all {
		list = append(list, fmt.Sprint(100+i))
	}
	b.loaded("c", list...)
	claims, _ := b.claim("c", start, len(all))
	for i, cm := range claims {
		a, c := end(cm, start.Add(time.Hour))
		a.Outcome, c.State = all[i].outcome, all[i].state
		if a.Outcome.Answered() {
			a.Rang, a.Answered = start.Add(time.Second), start.Add(3*time.Second)
		}
		if a.Outcome == campaign.Connected {
			a.Connected, a.Agent = start.Add(time.Duration(4+i)*time.Second), "SIP/agent1"
			a.Ended = start.Add(time.Hour)
		}
		a.Note = "said \x00 so"
		if c.State != campaign.Pending && c.State != campaign.Waiting {
			c.Due = time.Time{}
		}
		claims[i].Attempt, claims[i].Contact = a, c
		b.finish(a, c)
	}
	b.reopen()
	for i, a := range b.attempts("c") {
		if !equal(a, claims[i].Attempt) {
			t.Fatalf("attempt\n got %+v\nwant %+v", a, claims[i].Attempt)
		}
	}
	for i, c := range b.contacts("c") {
		if !equal(c, claims[i].Contact) {
			t.Fatalf("contact\n got %+v\nwant %+v", c, claims[i].Contact)
		}
	}
	n := b.counters("c")
	per := int64(campaign.NumStates - 1)
	if n.Outcomes[campaign.Busy] != per || n.Late != 3*per-2 { // abandoned, dropped, and connected but for the first two
		t.Fatalf("%+v", n)
	}
	if !n.First.Equal(start) || !n.Last.Equal(start.Add(time.Hour)) || n.Attempted != int64(len(all)) || n.Causes[19] != int64(len(all)) {
		t.Fatalf("%+v", n)
	}
}

func finishTwice(t *testing.T, b *box) {
	b.loaded("c", "1")
	later := start.Add(time.Hour)
	cm := b.claim1("c", start)
	b.finish(end(cm, later))
	attempts, contacts, counters := b.attempts("c"), b.contacts("c"), b.counters("c")
	a, c := end(cm, time.Time{})
	a.Outcome, a.Note, c.State = campaign.Unknown, "again", campaign.Done
	b.finish(a, c)
	b.reopen()
	b.finish(a, c)
	if !equal(b.attempts("c"), attempts) || !equal(b.contacts("c"), contacts) || !equal(b.counters("c"), counters) {
		t.Fatalf("changed: %+v %+v", b.attempts("c"), b.contacts("c"))
	}
	// Nor while the contact is in its next attempt.
	b.claim1("c", later)
	counters = b.counters("c")
	b.finish(a, c)
	if !equal(b.counters("c"), counters) {
		t.Fatalf("changed: %+v", b.counters("c"))
	}
}

func finishUnknown(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	counters := b.counters("c")
	for _, change := range []func(*campaign.Attempt){
		func(a *campaign.Attempt) { a.Seq += 1000 },
		func(a *campaign.Attempt) { a.Campaign = "removed from the config, never loaded" },
		func(a *campaign.Attempt) { a.ID = "dcffffffff-1" }, // of another store
	} {
		other := cm
		change(&other.Attempt)
		b.finish(end(other, time.Time{}))
		b.withdraw(other)
	}
	if got := b.counters("c"); !equal(got, counters) {
		t.Fatalf("changed: %+v", got)
	}
	if names, err := b.Campaigns(); err != nil || fmt.Sprint(names) != "[c]" {
		t.Fatalf("%q, %v", names, err)
	}
}

// finishWrong: what would leave an attempt that nobody can end is refused, and
// nothing is changed.
func finishWrong(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	claims := b.claims("c", start, 2, "1", "2")
	attempts, contacts, counters := b.attempts("c"), b.contacts("c"), b.counters("c")
	for name, change := range map[string]func(*campaign.Attempt, *campaign.Contact){
		"in flight":       func(a *campaign.Attempt, _ *campaign.Contact) { a.Outcome = campaign.InFlight },
		"no outcome":      func(a *campaign.Attempt, _ *campaign.Contact) { a.Outcome = campaign.NumOutcomes },
		"dialing":         func(_ *campaign.Attempt, c *campaign.Contact) { c.State = campaign.Dialing },
		"no state":        func(_ *campaign.Attempt, c *campaign.Contact) { c.State = campaign.NumStates },
		"another contact": func(_ *campaign.Attempt, c *campaign.Contact) { c.ID = claims[1].Contact.ID },
	} {
		a, c := end(claims[0], time.Time{})
		change(&a, &c)
		if err := b.Finish(a, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if !equal(b.attempts("c"), attempts) || !equal(b.contacts("c"), contacts) || !equal(b.counters("c"), counters) {
		t.Fatal("changed")
	}
	b.finish(end(claims[0], time.Time{}))
}

// finishChangedCopy: only the end of the attempt and the state of the contact
// are taken over. Who they are is what is stored.
func finishChangedCopy(t *testing.T, b *box) {
	b.loaded("c", "1")
	cm := b.claim1("c", start)
	before := b.contact("c", "1")
	a, c := end(cm, start.Add(time.Hour))
	a.Number, a.Key, a.List, a.Pass, a.Claimed = "9", "k", "other", 9, start.Add(-time.Hour)
	c.Numbers, c.Key, c.List, c.Attributes, c.Attempts = []campaign.Number{{Number: "9"}}, "k", "other", nil, 9
	b.finish(a, c)
	got := b.contact("c", "1")
	if got.List != before.List || got.Key != before.Key || !slices.Equal(got.Attributes, before.Attributes) || got.Attempts != 1 || got.State != campaign.Waiting {
		t.Fatalf("%+v", got)
	}
	stored := b.attempts("c")[0]
	if stored.Number != "1" || stored.Pass != 1 || !stored.Claimed.Equal(start) || stored.Outcome != campaign.NoAnswer {
		t.Fatalf("%+v", stored)
	}
	b.loaded("d", "1")
	b.claims("d", start, 1, "1") // its number does not ring any more
}

func finishAgainAndAgain(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	now := start
	for i := range 20 {
		cm := b.claim1("c", now)
		if cm.Attempt.Number != "1" || cm.Attempt.Pass != i+1 {
			t.Fatalf("attempt %d is %+v", i, cm.Attempt)
		}
		if i%3 == 2 { // and again, as if never tried
			b.withdraw(cm)
			cm = b.claim1("c", now)
		}
		b.finish(end(cm, start.Add(-time.Second))) // before the other
		now = now.Add(time.Minute)
		b.verify()
	}
	c := b.contact("c", "1")
	if c.Attempts != 20 || c.Counted != 20 || c.Tries[campaign.NoAnswer] != 20 {
		t.Fatalf("%+v", c)
	}
	if n := b.counters("c"); n.Attempts != 20 || n.Attempted != 1 || n.Contacts[campaign.Waiting] != 1 || n.Ring != 20*20*time.Second {
		t.Fatalf("%+v", n)
	}
}

// finishClockSet: the counters are the sums of what is stored, also if the wall
// clock was set during a call, when differences of times that come straight
// from time.Now are those of the monotonic clock.
func finishClockSet(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	now := time.Now()
	b.withdraw(b.claim1("c", start)) // leaves nothing behind, not even its time
	cm := b.claim1("c", now)
	a, c := end(cm, time.Time{})
	a.Outcome = campaign.Connected
	a.Answered = setBack(now.Add(10*time.Second), 5*time.Second)
	a.Connected = setBack(now.Add(13*time.Second), 3*time.Second)
	a.Ended = setBack(now.Add(60*time.Second), time.Second)
	if a.Answered.Sub(now) != 15*time.Second || a.Answered.Round(0).Sub(now.Round(0)) != 10*time.Second {
		t.Fatal("setBack does not work with this version of Go")
	}
	b.finish(a, c)
	if n := b.counters("c"); n.Ring != 10*time.Second || n.Wait != 3*time.Second || n.Talk != 47*time.Second || n.Late != 1 {
		t.Fatalf("%+v", n)
	}
	b.verify()
}

// setBack is t on a wall clock that was set back by d since it began to run. It
// knows how time.Time is made, as there is no other way to get one.
func setBack(t time.Time, d time.Duration) time.Time {
	fields := (*struct {
		wall uint64
		ext  int64 // the monotonic clock
		loc  *time.Location
	})(unsafe.Pointer(&t))
	fields.ext += int64(d)
	return t
}

func inFlight(t *testing.T, b *box) {
	b.loaded("a", "1", "2")
	b.loaded("z", "8", "9")
	claims := b.claims("z", start, 1, "8")
	claims = append(claims, b.claims("a", start, 2, "1", "2")...)
	claims = append(claims, b.claims("z", start.Add(-time.Hour).Add(time.Hour), 1, "9")...)
	b.finish(end(claims[1], time.Time{}))
	want := []campaign.Claim{claims[0], claims[2], claims[3]}
	for range 2 {
		got, err := b.InFlight()
		if err != nil || !equal(got, want) {
			t.Fatalf("in flight, %v\n got %+v\nwant %+v", err, got, want)
		}
		b.reopen()
	}
	got, _ := b.InFlight()
	b.finish(end(got[0], time.Time{}))
	b.withdraw(got[1])
	b.finish(end(got[2], time.Time{}))
	if got, err := b.InFlight(); err != nil || len(got) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	b.claims("a", start, 9, "2")
}
