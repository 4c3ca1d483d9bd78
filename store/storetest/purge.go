package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/store"
)

func (b *box) purge(before time.Time, want int) {
	b.Helper()
	if n, err := b.Purge(before, 100_000); err != nil || n != want {
		b.Fatalf("%d purged, not %d: %v", n, want, err)
	}
	b.purged = b.purged || want > 0
	b.verify()
}

// sums are all that counts attempts.
func (b *box) sums(camp string) []any {
	b.Helper()
	all := []any{b.counters(camp)}
	for _, by := range store.Groups() {
		all = append(all, collect(b, b.Rollups(camp, by)))
	}
	return all
}

// purge: old attempts go, but not those in flight, and the sums stay as if all
// were there.
func purge(t *testing.T, b *box) {
	b.loaded("c", "1", "2", "3")
	b.loaded("d", "9")
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	b.claims("c", at(0), 1, "1") // stays in flight
	b.finish(end(b.claims("c", at(1), 1, "2")[0], at(2)))
	b.finish(end(b.claims("d", at(1), 1, "9")[0], at(2)))
	b.finish(end(b.claims("c", at(2), 1, "3")[0], at(3)))
	b.finish(end(b.claims("c", at(3), 1, "2")[0], at(9)))
	before := b.sums("c")
	b.purge(at(1), 0)
	b.purge(at(1).Add(1), 2)
	b.purge(at(2).Add(1), 1)
	b.reopen()
	if got := b.sums("c"); !equal(got, before) {
		t.Fatalf("\n got %+v\nwant %+v", got, before)
	}
	var left []string
	for _, a := range b.attempts("c") {
		left = append(left, fmt.Sprint(a.Number, " ", a.Pass))
	}
	if fmt.Sprint(left) != "[1 1 2 2]" {
		t.Fatal(left)
	}
	// It goes on: the next attempt of one whose first is gone is not the first.
	cm := b.claims("c", at(4), 1, "3")[0]
	if cm.Attempt.Pass != 2 {
		t.Fatalf("%+v", cm.Attempt)
	}
	b.withdraw(cm)
	b.finish(end(b.claims("c", at(4), 1, "3")[0], time.Time{}))
	b.verify()
	if st, err := b.Stats(); err != nil || st.Campaigns[0].Purged != 2 || st.Campaigns[0].Attempts != 5 || st.Campaigns[1].Purged != 1 {
		t.Fatalf("%+v, %v", st, err)
	}
}

// purgeMany is more than goes at once; claims are made meanwhile.
func purgeMany(t *testing.T, b *box) {
	b.load("c", "l", many(2600))
	claims, _ := b.claim("c", start, 2500)
	for i, cm := range claims {
		if i%100 != 0 {
			b.finish(end(cm, time.Time{}))
		}
	}
	before := b.sums("c")
	for _, most := range []int{0, 1, 1200} {
		if n, err := b.Purge(start.Add(1), most); err != nil || n != most {
			t.Fatalf("%d purged, not %d: %v", n, most, err)
		}
	}
	b.purge(start.Add(1), 2475-1201)
	if got := b.sums("c"); !equal(got, before) {
		t.Fatal("the sums have changed")
	}
	b.purge(start.Add(1), 0)
	if n := len(b.attempts("c")); n != 25 {
		t.Fatalf("%d attempts", n)
	}
}

func stats(t *testing.T, b *box) {
	b.loaded("c", "1", "2")
	b.finish(end(b.claim1("c", start), time.Time{}))
	b.addDNC(doNotCall, 2, "7", "8*")
	st, err := b.Stats()
	if err != nil || st.Schema == 0 || st.Bytes == 0 || st.FreeBytes < 0 || len(st.DNC) != 1 || st.DNC[0].Numbers != 1 {
		t.Fatalf("%+v, %v", st, err)
	}
	if want := (store.CampaignStats{Name: "c", Contacts: 2, Attempts: 1, Batches: 1}); len(st.Campaigns) != 1 || st.Campaigns[0] != want {
		t.Fatalf("%+v", st)
	}
}
