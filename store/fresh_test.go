package store

import (
	"testing"

	"go.etcd.io/bbolt"
)

// TestRangeOfSchema2: ranges that were written before there were lanes are of the
// plain one.
func TestRangeOfSchema2(t *testing.T) {
	path := storeFile(t)
	want := freshRange{first: 10, next: 12, last: 20, due: nanos(testStart), lane: plainLane}
	edit(t, path, func(tx *bbolt.Tx) error {
		e := encoder{recordVersion}
		e.uint(want.next)
		e.uint(want.last)
		e.uint(want.due)
		return tx.Bucket(bCampaigns).Bucket([]byte("c")).Bucket(bFresh).Put(key64(want.first), e)
	})
	edit(t, path, func(tx *bbolt.Tx) error {
		got, err := readRanges(tx.Bucket(bCampaigns).Bucket([]byte("c")).Bucket(bFresh))
		if err != nil || len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("%+v, %v", got, err)
		}
		return nil
	})
}

// TestLaneTally: a lane becomes a range unless its contacts are few and far apart,
// and a load makes no more than maxRanges.
func TestLaneTally(t *testing.T) {
	var tally laneTally
	now := nanos(testStart)
	add := func(id uint64, zone string) {
		c := (&Row{Numbers: []RowNumber{{Number: "1"}}, Zone: zone}).contact("l", testStart)
		if err := tally.count(id, encodeContact(&c), now); err != nil {
			t.Fatal(err)
		}
	}
	for id := range uint64(10 * sparsest) {
		switch {
		case id == 5 || id == 9*sparsest: // two, 2,299 apart
			add(id, "rare")
		case id > 100 && id < 110: // as few, but together
			add(id, "dense")
		default:
			add(id, "")
		}
	}
	ranges, all := tally.ranges(now)
	if len(ranges) != 2 || all {
		t.Fatalf("%+v, all %t", ranges, all)
	}
	for _, r := range ranges {
		if zone := zoneOf(r.lane); zone == "dense" && (r.first != 101 || r.last != 109) || zone == "rare" {
			t.Errorf("%+v", r)
		}
	}
	tally = laneTally{}
	for id := range uint64(maxRanges + 9) {
		add(id, string(rune('A'+id)))
	}
	if ranges, all := tally.ranges(now); len(ranges) != maxRanges || all {
		t.Errorf("%d ranges, all %t", len(ranges), all)
	}
}
