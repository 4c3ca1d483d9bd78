package store

import (
	"fmt"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
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

// TestClaimMeetsRevision: who is to move to another zone, by a load that is decided
// on and not carried out yet, is not called by the old zone's clock, and not lost
// though the new one's range has been read beyond them.
func TestClaimMeetsRevision(t *testing.T) {
	s := openTest(t)
	const n = 5000
	zone := func(id int) string { return []string{"Asia/Seoul", "Europe/Berlin"}[id%2] }
	row := func(id int, zone string) Row {
		return Row{Line: id + 2, Numbers: []RowNumber{{Number: fmt.Sprint(100_000 + id)}}, Zone: zone}
	}
	if _, err := s.Load(Source{Campaign: "c", List: "l"}, testStart, func(yield func(Row, error) bool) {
		for id := range n {
			if !yield(row(id+1, zone(id+1)), nil) {
				return
			}
		}
	}, noReject); err != nil {
		t.Fatal(err)
	}
	if err := s.change(func(t *txn) error {
		p, err := t.campaign("c")
		if err != nil {
			return err
		}
		if p.staged, err = p.root.CreateBucket(bStaged); err != nil {
			return err
		}
		for id := 1; id <= 1000; id++ {
			r := row(id, "Europe/Berlin")
			if err := p.staged.Put(key64(uint64(id)), encodeRevision(&revision{row: &r, at: testStart})); err != nil {
				return err
			}
		}
		return p.root.Put(kDecided, []byte{1})
	}); err != nil {
		t.Fatal(err)
	}
	called := map[uint64]bool{}
	claim := func(zones ...string) (n int) {
		t.Helper()
		take := campaign.Take{Max: 300}
		for _, z := range zones {
			take.Zones = append(take.Zones, campaign.Zone{Name: z})
		}
		taken, err := s.Claim("c", testStart, take)
		if err != nil {
			t.Fatal(err)
		}
		for _, cm := range taken.Claims {
			if !slices.Contains(zones, cm.Contact.Zone) || called[cm.Contact.ID] {
				t.Fatalf("%+v of %q", cm.Contact, zones)
			}
			called[cm.Contact.ID] = true
		}
		return len(taken.Claims)
	}
	claim("Europe/Berlin") // its range is read beyond many of those who join
	for range 10 {
		claim("Asia/Seoul")
	}
	for claim("Europe/Berlin") > 0 {
	}
	for claim("Asia/Seoul", "Europe/Berlin") > 0 {
	}
	if len(called) != n {
		t.Errorf("%d of %d were called", len(called), n)
	}
	if err := s.Verify(); err != nil {
		t.Error(err)
	}
}
