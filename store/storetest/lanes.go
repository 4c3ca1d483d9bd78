package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// laneRows are many rows of several lanes, in no order; few are of the last zone.
func laneRows(n int) (all []store.Row) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		r := row(i+2, "", fmt.Sprint(1_000_000+i))
		r.Priority = rnd.IntN(2)
		r.Zone = []string{"", "Asia/Seoul", "Europe/Berlin"}[rnd.IntN(3)]
		switch rnd.IntN(400) {
		case 0:
			r.Zone = "Asia/Kathmandu"
		case 1:
			r.NotBefore = start.Add(time.Hour)
		case 2:
			r.Expires = start.Add(time.Hour)
		}
		all = append(all, r)
	}
	return all
}

// taken claims and tells what was taken.
func (b *box) taken(camp string, now time.Time, take campaign.Take) campaign.Taken {
	b.Helper()
	got, err := b.Claim(camp, now, take)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// claimZones: of a large list only those are called whose zone is open, in the
// order of the file within each priority, and nobody is lost on the way.
func claimZones(t *testing.T, b *box) {
	list := laneRows(6000)
	b.load("c", "l", list)
	b.verify()
	called := map[string]bool{}
	claim := func(zones ...string) {
		t.Helper()
		take := campaign.Take{Max: 500}
		open := map[string]bool{}
		for _, z := range zones {
			take.Zones = append(take.Zones, campaign.Zone{Name: z})
			open[z] = true
		}
		var want []string
		for priority := 1; priority >= 0; priority-- {
			for _, r := range list {
				if r.Priority == priority && open[r.Zone] && r.NotBefore.IsZero() && !called[r.Numbers[0].Number] && len(want) < take.Max {
					want = append(want, r.Numbers[0].Number)
				}
			}
		}
		for i, cm := range b.taken("c", start, take).Claims {
			if i >= len(want) || cm.Attempt.Number != want[i] || !open[cm.Contact.Zone] {
				t.Fatalf("%v: claim %d is %+v, not %v", zones, i, cm.Contact, want)
			}
			called[want[i]] = true
			want[i] = ""
		}
		if len(want) > 0 && want[len(want)-1] != "" {
			t.Fatalf("%v: %s was not claimed", zones, want[len(want)-1])
		}
	}
	claim()
	claim("Asia/Kathmandu")
	claim("Europe/Berlin")
	b.reopen()
	claim("Europe/Berlin", "")
	claim("Asia/Seoul", "Asia/Kathmandu")
	b.verify()
	for len(called) < 5980 {
		before := len(called)
		claim("", "Asia/Seoul", "Europe/Berlin", "Asia/Kathmandu")
		if len(called) == before {
			break
		}
	}
	rest := b.taken("c", start, campaign.Take{Max: 9, AllZones: true})
	if len(rest.Claims) > 0 || !rest.Next.Equal(start.Add(time.Hour)) {
		t.Fatalf("%d more, next %v", len(rest.Claims), rest.Next)
	}
	later := start.Add(time.Hour)
	n := len(b.taken("c", later, campaign.Take{Max: 1000, AllZones: true}).Claims)
	if counters := b.counters("c"); len(called)+n+int(counters.Contacts[campaign.Expired]) != len(list) {
		t.Fatalf("%d called and then %d, %+v", len(called), n, counters)
	}
	b.verify()
}

// claimRevised: who moves to another zone or priority while they are due is found
// there, and only there.
func claimRevised(t *testing.T, b *box) {
	list := laneRows(6000)
	for i := range list {
		list[i].NotBefore, list[i].Expires = time.Time{}, time.Time{}
	}
	b.load("c", "l", list)
	seoul := campaign.Take{Max: 100, Zones: []campaign.Zone{{Name: "Asia/Seoul"}}}
	b.taken("c", start, seoul)
	for i := range list {
		list[i].Zone = map[string]string{"": "Asia/Seoul", "Asia/Seoul": "Europe/Berlin"}[list[i].Zone]
	}
	b.load("c", "l", list)
	b.verify()
	want := map[string]int{}
	for _, c := range b.contacts("c") {
		if c.State == campaign.Pending {
			want[c.Zone]++
		}
	}
	for _, zone := range []string{"Asia/Seoul", "Europe/Berlin", ""} {
		n := len(b.taken("c", start, campaign.Take{Max: 6000, Zones: []campaign.Zone{{Name: zone}}}).Claims)
		if n != want[zone] || n == 0 {
			t.Errorf("%d of zone %q, not %d", n, zone, want[zone])
		}
	}
	b.verify()
}

// claimNobodyStarves: with the best chances always taken first, the one due for
// longest is called after LongestEach others.
func claimNobodyStarves(t *testing.T, b *box) {
	b.loaded("c", "poor1", "poor2", "poor3")
	for _, cm := range b.claims("c", start, 3, "poor1", "poor2", "poor3") {
		b.finish(end(cm, start.Add(time.Second)))
	}
	b.load("c", "l2", many(200))
	now := start.Add(time.Hour)
	take := campaign.Take{Max: 1, Sure: 1, AllZones: true}
	take.Chances[campaign.ClassOf(&campaign.Contact{Attempts: 1, Last: campaign.NoAnswer})] = 0.1
	rank := map[string]int{}
	for i := 1; len(rank) < 3 && i < 100; i++ {
		got := numbers(b.taken("c", now, take).Claims)[0]
		if got == "poor1" || got == "poor2" || got == "poor3" {
			rank[got] = i
		}
	}
	// All of the list were due before them but one in LongestEach is the longest due.
	if len(rank) != 0 {
		t.Fatalf("they were due after those of the list: %v", rank)
	}
	b.loaded("d", "p1", "p2", "p3")
	for _, cm := range b.claims("d", start, 3, "p1", "p2", "p3") {
		b.finish(end(cm, start.Add(time.Second)))
	}
	if _, err := b.Load(store.Source{Campaign: "d", List: "l2", Hash: "h"}, start.Add(time.Minute), seq(many(200)), func(store.Row, string) {}); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 3*campaign.LongestEach; i++ {
		if got := numbers(b.taken("d", now, take).Claims)[0]; got[0] == 'p' {
			rank[got] = i
		}
	}
	for n, who := range []string{"p1", "p2", "p3"} {
		if at := rank[who]; at == 0 || at > (n+1)*campaign.LongestEach {
			t.Errorf("%s was called as number %d", who, at)
		}
	}
}

// claimCertain: who was dropped is left to calls for which an agent is certain until
// the hold is over, and with such a call no more are placed than are certain.
func claimCertain(t *testing.T, b *box) {
	b.loaded("c", "dropped1", "dropped2", "busy")
	for i, cm := range b.claims("c", start, 3, "dropped1", "dropped2", "busy") {
		a, c := end(cm, start.Add(time.Duration(i+1)*time.Second))
		a.Outcome, c.Last = campaign.Dropped, campaign.Dropped
		if i == 2 {
			a.Outcome, c.Last = campaign.Busy, campaign.Busy
		}
		b.finish(a, c)
	}
	b.load("c", "l2", many(9))
	now := start.Add(time.Minute)
	claim := func(now time.Time, most, certain int) campaign.Taken {
		t.Helper()
		take := campaign.Take{Max: most, Sure: most, Certain: certain, Hold: time.Hour, AllZones: true}
		take.Chances[campaign.ClassOf(&campaign.Contact{Attempts: 1, Last: campaign.Dropped})] = 2
		return b.taken("c", now, take)
	}
	if got := numbers(claim(now, 3, 0).Claims); slices.Contains(got, "dropped1") || len(got) != 3 {
		t.Errorf("no agent is certain, but %v are called", got)
	}
	taken := claim(now, 4, 2)
	if got := numbers(taken.Claims); len(got) != 2 || !slices.Contains(got, "dropped1") && !slices.Contains(got, "dropped2") {
		t.Errorf("two agents are certain, and %v are called", got)
	}
	for _, cm := range taken.Claims {
		b.withdraw(cm)
	}
	rest := claim(now, 99, 0)
	if n := len(rest.Claims); n != 7 {
		t.Errorf("%d of the others were called, not 7", n)
	}
	if want := start.Add(time.Hour + time.Second); !rest.Next.Equal(want) {
		t.Errorf("the next is due at %v, want %v", rest.Next, want)
	}
	if got := numbers(claim(start.Add(time.Hour+time.Second), 9, 0).Claims); !slices.Equal(got, []string{"dropped1"}) {
		t.Errorf("when the hold of the first is over, %v are called", got)
	}
	b.verify()
}

// claimExpired: nobody is called once their time has passed, and the reports show
// it whether or not a claim would have met them.
func claimExpired(t *testing.T, b *box) {
	list := many(300)
	for i := range list[:250] {
		list[i].Zone, list[i].Expires = "Asia/Seoul", start.Add(time.Duration(i+1)*time.Minute)
	}
	b.load("c", "l", list)
	expired := func(want int64) {
		t.Helper()
		if got := b.counters("c").Contacts[campaign.Expired]; got != want {
			t.Fatalf("%d expired, not %d", got, want)
		}
	}
	just := list[2].Expires
	b.claims("c", just.Add(-time.Nanosecond), 0)
	expired(2)
	b.taken("c", just, campaign.Take{Zones: []campaign.Zone{{Name: ""}}})
	expired(3)
	b.claims("c", just, 1, list[3].Numbers[0].Number)
	later := start.Add(24 * time.Hour)
	if n, err := b.Expire("c", later, 100); n != 100 || err != nil {
		t.Fatal(n, err)
	}
	expired(103)
	if n, err := b.Expire("nobody", later, 100); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	// A claim meets those whom the sweep has not come to.
	if got := b.taken("c", later, campaign.Take{Max: 100, AllZones: true}); len(got.Claims) != 50 || got.Claims[0].Contact.Zone != "" {
		t.Fatalf("%+v", got)
	}
	expired(249)
	b.verify()
}

// frequency: a number is called no more often than it may be, by any campaign.
func frequency(t *testing.T, b *box) {
	b.loaded("c", "1")
	b.loaded("d", "1", "2")
	take := campaign.Take{Max: 1, AllZones: true, Note: true, Frequency: campaign.Frequency{PerDay: 2, PerWeek: 3}}
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	call := func(camp string, at time.Time, number string) campaign.Claim {
		t.Helper()
		got := b.taken(camp, at, take)
		if fmt.Sprint(numbers(got.Claims)) != fmt.Sprintf("[%s]", number) {
			t.Fatalf("at %v: %q, not %s", at, numbers(got.Claims), number)
		}
		return got.Claims[0]
	}
	b.finish(end(call("c", hour(0), "1"), hour(1)))
	b.finish(end(call("d", hour(1), "1"), hour(2)))
	call("d", hour(1), "2")
	if got := b.taken("d", hour(2), take); len(got.Claims) > 0 || got.TooOften != 1 || !got.Next.Equal(hour(24)) {
		t.Fatalf("%+v", got)
	}
	b.reopen()
	b.verify()
	// One that does not bound calls all the same, and what it calls counts.
	b.withdraw(b.taken("c", hour(3), campaign.Take{Max: 1, AllZones: true, Note: true}).Claims[0])
	congested, ct := end(call("d", hour(24), "1"), hour(24))
	congested.Outcome = campaign.Congestion
	b.finish(congested, ct)
	b.finish(end(call("d", hour(24), "1"), hour(25))) // neither of the two counts
	if got := b.taken("d", hour(25), take); len(got.Claims) > 0 || !got.Next.Equal(hour(7*24)) {
		t.Fatalf("%+v", got)
	}
	b.verify()
	call("d", hour(7*24), "1")
	// Those before are forgotten by and by.
	b.loaded("e", "5", "6", "7")
	for _, number := range []string{"5", "6", "7"} {
		call("e", hour(15*24), number)
	}
	b.verify()
}

// severalNumbers: who has a number that cannot be called is called at another.
func severalNumbers(t *testing.T, b *box) {
	r := row(2, "", "1", "2", "3")
	r.Numbers[1].Type = "home"
	b.load("c", "l", []store.Row{r})
	b.loaded("d", "1")
	claim := func(now time.Time, take campaign.Take, number, kind string) campaign.Claim {
		t.Helper()
		take.Max, take.AllZones = 1, true
		got := b.taken("c", now, take).Claims
		if len(got) != 1 || got[0].Attempt.Number != number || got[0].Attempt.Type != kind || got[0].Contact.Number() != number {
			t.Fatalf("%+v, not %s %s", got, number, kind)
		}
		return got[0]
	}
	busy := b.claims("d", start, 1, "1")[0]
	cm := claim(start, campaign.Take{}, "2", "home")
	if got := b.taken("c", start, campaign.Take{Max: 9, AllZones: true}).Claims; len(got) > 0 {
		t.Fatalf("called twice at once: %+v", got)
	}
	b.withdraw(cm)
	b.finish(end(busy, time.Time{}))
	b.addDNC(doNotCall, 1, "2")
	cm = claim(start, campaign.Take{}, "3", "")
	// 3 is dead now and 2 barred.
	a, c := end(cm, start.Add(time.Minute))
	c.Numbers = []campaign.Number{{Number: "1", Attempts: 2}, {Number: "2"}, {Number: "3", Dead: true}}
	b.finish(a, c)
	cm = claim(start.Add(time.Hour), campaign.Take{}, "1", "")
	b.withdraw(cm)
	// The number that is next is called even if it was called often enough.
	if got := b.taken("c", start.Add(time.Hour), campaign.Take{Max: 1, AllZones: true, MaxPerNumber: 1}).Claims; len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}

// allNumbersDead: nobody is called, and the contact's state says why.
func allNumbersDead(t *testing.T, b *box) {
	b.load("c", "l", []store.Row{row(2, "", "1", "2"), row(3, "", "3", "4")})
	for _, cm := range b.claims("c", start, 2, "1", "3") {
		a, c := end(cm, start)
		c.Numbers = []campaign.Number{{Number: c.Numbers[0].Number, Dead: true}, {Number: c.Numbers[1].Number, Dead: c.Numbers[1].Number == "2"}}
		b.finish(a, c)
	}
	b.addDNC(doNotCall, 1, "4")
	b.claims("c", start, 9)
	if n := b.counters("c").Contacts; n[campaign.BadNumber] != 1 || n[campaign.DNC] != 1 {
		t.Fatalf("%+v", n)
	}
	b.removeDNC(doNotCall, start, 1, "4")
	b.claims("c", start, 9, "4")
}
