package storetest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

func claimOrder(t *testing.T, b *box) {
	b.loaded("c", "9", "1", "5", "3")
	b.load("c", "second", rows("0"))
	all := b.claims("c", start, 10, "9", "1", "5", "3", "0") // as they stand in the lists
	later := start.Add(time.Hour)
	b.finish(end(all[0], later.Add(3*time.Nanosecond)))
	b.finish(end(all[1], later.Add(2*time.Nanosecond)))
	b.finish(end(all[2], later.Add(4*time.Nanosecond)))
	b.finish(end(all[4], later.Add(3*time.Nanosecond)))
	b.reopen()
	b.claims("c", later.Add(time.Minute), 10, "1", "9", "0", "5")
}

func claimDue(t *testing.T, b *box) {
	b.loaded("c", "1")
	due := start.Add(time.Minute)
	b.finish(end(b.claim1("c", start), due))
	for _, early := range []time.Time{{}, start, due.Add(-time.Nanosecond)} {
		claims, next := b.claim("c", early, 10)
		if len(claims) != 0 || !next.Equal(due) {
			t.Fatalf("at %v: %d claims, next %v", early, len(claims), next)
		}
	}
	b.claims("c", due, 10, "1")
}

func claimBlocked(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4")
	tomorrow := start.Add(24 * time.Hour)
	b.finish(end(b.claim1("c", start), tomorrow))    // 1 is far away
	b.finish(end(b.claim1("c", start), time.Time{})) // 2 is over
	b.claim1("c", start)                             // 3 is being dialed
	b.claims("c", start, 10, "4")                    // and 4 is free
	if claims, next := b.claim("c", start, 10); len(claims) != 0 || !next.Equal(tomorrow) {
		t.Fatalf("%d claims, next %v", len(claims), next)
	}
}

func claimMax(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4", "5")
	b.claims("c", start, 0)
	b.claims("c", start, -1)
	b.claims("c", start, math.MinInt)
	b.claims("c", start, 1, "1")
	b.claims("c", start, 2, "2", "3")
	b.claims("c", start, math.MaxInt, "4", "5")
	b.claims("c", start, math.MaxInt)
}

func claimNext(t *testing.T, b *box) {
	later := start.Add(time.Hour)
	next := func(now time.Time, max int, want time.Time) []campaign.Claim {
		t.Helper()
		claims, got := b.claim("c", now, max)
		if !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Fatalf("next is %v, not %v", got, want)
		}
		return claims
	}
	next(start, 10, time.Time{})
	b.loaded("c", "1", "2", "3")
	next(start.Add(-time.Second), 10, start)
	next(start, 0, start)
	first := next(start, 2, start) // one is left
	last := next(start, 2, time.Time{})
	next(start, 2, time.Time{}) // all are being dialed
	b.finish(end(first[0], later))
	b.finish(end(first[1], later.Add(time.Nanosecond)))
	next(start, 2, later)
	next(later, 1, later.Add(time.Nanosecond))
	b.finish(end(last[0], time.Time{})) // exhausted: never due
	b.reopen()
	next(later, 1, later.Add(time.Nanosecond))
}

func claimAttempt(t *testing.T, b *box) {
	row := store.Row{Line: 2, Numbers: []store.RowNumber{{Number: "+8210"}}, Key: "K1", Attributes: []campaign.Attribute{{Name: "NAME", Value: "김, \"철수\""}, {Name: "EMPTY"}}}
	b.load("c", "l", []store.Row{row})
	b.loaded("d", "1")
	now := start.Add(time.Minute)
	cm := b.claim1("c", now)
	a, c := cm.Attempt, cm.Contact
	if !strings.HasPrefix(a.ID, b.Instance()) || a.Seq == 0 {
		t.Fatalf("id %q, seq %d", a.ID, a.Seq)
	}
	if want := (campaign.Attempt{
		ID: a.ID, Seq: a.Seq, Campaign: "c", List: "l", Contact: c.ID, Key: "K1", Number: "+8210", Pass: 1, Claimed: now,
	}); !equal(a, want) {
		t.Fatalf("attempt\n got %+v\nwant %+v", a, want)
	}
	if want := (campaign.Contact{
		ID: c.ID, List: "l", Key: "K1", Numbers: []campaign.Number{{Number: "+8210"}}, Attributes: row.Attributes, State: campaign.Pending, Due: start,
	}); !equal(c, want) {
		t.Fatalf("the claim's contact is as it was before\n got %+v\nwant %+v", c, want)
	}
	stored := b.contact("c", "+8210")
	if stored.State != campaign.Dialing || stored.Attempts != 1 || !stored.Due.IsZero() {
		t.Fatalf("stored is %+v", stored)
	}
	if got := b.attempts("c"); len(got) != 1 || !equal(got[0], a) {
		t.Fatalf("stored is %+v", got)
	}
	other := b.claim1("d", now)
	if other.Attempt.Seq <= a.Seq || other.Attempt.ID == a.ID {
		t.Fatalf("attempt %+v after %+v", other.Attempt, a)
	}
	b.finish(end(cm, now))
	b.reopen()
	again := b.claim1("c", now)
	if again.Attempt.Pass != 2 || again.Attempt.Seq <= other.Attempt.Seq || again.Contact.State != campaign.Waiting {
		t.Fatalf("second attempt %+v of %+v", again.Attempt, again.Contact)
	}
}

// claimStrangeTimes: whatever a clock or a rule comes up with, nobody is called
// early and nobody gets lost.
func claimStrangeTimes(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3", "4", "5")
	all, _ := b.claim("c", start, 5)
	local := start.Local().Add(time.Hour)
	b.finish(end(all[0], local))
	a, c := end(all[1], start)
	c.Due = time.Time{} // waiting without a time: due at once
	b.finish(a, c)
	b.finish(end(all[2], time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)))
	b.finish(end(all[3], time.Date(5000, 1, 1, 0, 0, 0, 0, time.UTC)))
	b.finish(end(all[4], time.Unix(0, math.MaxInt64)))
	b.reopen()
	b.verify()
	b.claims("c", start, 10, "2", "3")
	b.claims("c", local.UTC(), 10, "1")
	b.claims("c", start.AddDate(200, 0, 0), 10)
	if _, next := b.claim("c", start, 1); next.Before(start.AddDate(200, 0, 0)) {
		t.Fatalf("next is %v", next)
	}

	// A list loaded by a clock that was never set is due at once.
	if _, err := b.Load(store.Source{Campaign: "d", List: "l", Hash: "h"}, time.Time{}, seq(rows("7")), nil); err != nil {
		t.Fatal(err)
	}
	b.claims("d", start, 1, "7")
}

func claimUnknownCampaign(t *testing.T, b *box) {
	b.loaded("c", "1")
	if claims, next := b.claim("nobody", start, 10); len(claims) != 0 || !next.IsZero() {
		t.Fatal(claims, next)
	}
	if names, err := b.Campaigns(); err != nil || fmt.Sprint(names) != "[c]" {
		t.Fatalf("asking made a campaign: %q, %v", names, err)
	}
}

func busyNumber(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	b.loaded("d", "1", "3")
	cm := b.claims("c", start, 1, "1")[0]
	later := start.Add(store.BusyNumberDelay)
	claims, next := b.claim("d", start, 10)
	if got := numbers(claims); fmt.Sprint(got) != "[3]" || !next.Equal(later) {
		t.Fatalf("claimed %q, next %v", got, next)
	}
	if c := b.contact("d", "1"); c.State != campaign.Pending || !c.Due.Equal(later) || c.Attempts != 0 {
		t.Fatalf("%+v", c)
	}
	b.finish(end(cm, time.Time{}))
	b.claims("d", later.Add(-time.Nanosecond), 10)
	b.claims("d", later, 10, "1")

	// next is that of the one put off, if it comes first.
	b.loaded("f", "3", "4")
	b.finish(end(b.claims("f", start, 1, "4")[0], start.Add(time.Hour)))
	if claims, next := b.claim("f", later, 10); len(claims) != 0 || !next.Equal(later.Add(store.BusyNumberDelay)) {
		t.Fatalf("%d claims, next %v", len(claims), next)
	}

	// A withdrawn call sets its number free too.
	b.loaded("e", "1")
	b.claims("e", start, 10)
	claims, err := b.InFlight()
	if err != nil {
		t.Fatal(err)
	}
	for _, cm := range claims {
		b.withdraw(cm)
	}
	b.claims("e", later, 10, "1")
}

func busyNumbersInFront(t *testing.T, b *box) {
	var busy []string
	for i := range 300 {
		busy = append(busy, fmt.Sprint(1000+i))
	}
	b.loaded("c", busy...)
	b.loaded("d", append(busy, "1", "2")...)
	b.claim("c", start, 300)
	b.claims("d", start, 1, "1")
	b.claims("d", start, 1, "2")
}

// claimIDs: no attempt's id begins with another's. Asterisk takes it for a
// duplicate.
func claimIDs(t *testing.T, b *box) {
	var numbers []string
	for i := range 120 {
		numbers = append(numbers, fmt.Sprint(1000+i))
	}
	b.loaded("c", numbers...)
	claims, _, err := b.claimMost("c", start, 120)
	if err != nil || len(claims) != 120 {
		t.Fatalf("%d claims, %v", len(claims), err)
	}
	for _, x := range claims {
		for _, y := range claims {
			if x.Attempt.ID != y.Attempt.ID && strings.HasPrefix(y.Attempt.ID, x.Attempt.ID) {
				t.Fatalf("%s begins with %s", y.Attempt.ID, x.Attempt.ID)
			}
		}
	}
}

// claimMost claims up to most contacts of any zone, by plain order.
func (b *box) claimMost(camp string, now time.Time, most int) ([]campaign.Claim, time.Time, error) {
	taken, err := b.Claim(camp, now, campaign.Take{Max: most, AllZones: true})
	return taken.Claims, taken.Next, err
}
