package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// rollupKey is where an attempt belongs, as the interface says it.
func rollupKey(by store.Group, a *campaign.Attempt) any {
	switch by {
	case store.ByList:
		return a.List
	case store.ByQuarter:
		return a.Claimed.Truncate(15 * time.Minute).UnixNano()
	case store.ByPass:
		return strconv.Itoa(a.Pass)
	case store.ByOutcome:
		return a.Outcome.String()
	case store.ByCause:
		if a.Outcome == campaign.InFlight {
			return ""
		}
		return strconv.Itoa(int(a.Cause))
	}
	return a.Agent
}

// verifyRollups compares the rollups of every group with the attempts they are
// the sums of.
func (b *box) verifyRollups(camp string, all []campaign.Attempt) {
	b.Helper()
	for _, by := range store.Groups() {
		want := map[any]*store.Counters{}
		of := func(key any) *store.Counters {
			if want[key] == nil {
				want[key] = &store.Counters{}
			}
			return want[key]
		}
		parts := map[any][]campaign.Attempt{}
		for i := range all {
			key := rollupKey(by, &all[i])
			parts[key] = append(parts[key], all[i])
		}
		for key, part := range parts {
			*of(key) = store.Tally(part)
			of(key).Attempted = 0 // as the interface counts them
			for _, a := range part {
				if a.Pass == 1 {
					of(key).Attempted++
				}
			}
		}
		if by == store.ByList {
			for _, c := range b.contacts(camp) {
				of(c.List).Contacts[c.State]++
			}
		}
		n := 0
		for _, r := range collect(b, b.Rollups(camp, by)) {
			n++
			var key any = r.Key
			if by == store.ByQuarter {
				key = r.Start.UnixNano()
			}
			if w := want[key]; w == nil || !equal(r.Counters, *w) {
				b.Fatalf("rollup %c %v of %s\n got %+v\nwant %+v", by, key, camp, r.Counters, w)
			}
		}
		if n != len(want) {
			b.Fatalf("%d rollups %c of %s, not %d", n, by, camp, len(want))
		}
	}
}

// rollups: what comes and goes with a call, in each group. That they are the
// sums is checked after every test.
func rollups(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	keys := func(by store.Group, want ...string) {
		t.Helper()
		var got []string
		for _, r := range collect(b, b.Rollups("c", by)) {
			got = append(got, r.Key)
		}
		if !equal(got, want) {
			t.Fatalf("%c: %q, not %q", by, got, want)
		}
	}
	claims := b.claims("c", start, 3, "1", "2", "3")
	keys(store.ByOutcome, "in_flight")
	keys(store.ByCause, "")
	a, c := end(claims[0], start)
	a.Cause, a.Agent, a.Outcome, a.Answered, a.Connected = 256, "SIP/1", campaign.Connected, start, start
	b.finish(a, c)
	b.finish(end(claims[1], start))
	b.withdraw(claims[2])
	b.reopen()
	keys(store.ByOutcome, "connected", "no_answer")
	keys(store.ByCause, "19", "256") // as numbers
	keys(store.ByAgent, "", "SIP/1")
	keys(store.ByPass, "1")
	keys(store.ByList, "l")
	b.claims("c", start.Add(time.Hour), 9, "1", "2", "3")
	keys(store.ByPass, "1", "2")
	if got := collect(b, b.Rollups("nobody", store.ByList)); len(got) != 0 {
		t.Fatal(got)
	}
	for _, r := range collect(b, b.Rollups("c", store.ByQuarter)) {
		if r.Start.UnixNano()%int64(15*time.Minute) != 0 {
			t.Fatal(r.Start)
		}
	}
}
