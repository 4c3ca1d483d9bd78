package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

func init() {
	children["purge"] = purgeUntilKilled
	children["compact"] = compactUntilKilled
}

// TestKilledPurging: the sums are those of all attempts that ever were, whatever
// is left of these.
func TestKilledPurging(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	told := int64(0)
	for round := range killRounds() {
		for _, e := range killed(t, "purge", path, round, time.Duration(rand.IntN(200))*time.Millisecond) {
			told += int64(e.Rows)
		}
		s, err := store.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Counters("c"); err != nil || n.Attempts < told {
			t.Fatalf("%d attempts, but %d were told: %v", n.Attempts, told, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d attempts", told)
}

func killRounds() int {
	if testing.Short() {
		return min(*kills, 3)
	}
	return *kills
}

// purgeUntilKilled calls and purges at the same time.
func purgeUntilKilled(args []string) error {
	s, err := store.Open(args[0])
	if err != nil {
		return err
	}
	if _, err := s.Load(store.Source{Campaign: "c", List: args[1], Hash: "h"}, time.Now(), func(yield func(store.Row, error) bool) {
		for i := range 3000 {
			if !yield(store.Row{Numbers: []store.RowNumber{{Number: fmt.Sprint(args[1], "-", i)}}}, nil) {
				return
			}
		}
	}, func(store.Row, string) {}); err != nil {
		return err
	}
	say(entry{What: "loaded"})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for err == nil {
				var claims []campaign.Claim
				if claims, _, err = claimMost(s, "c", time.Now(), 20); err != nil {
					return
				}
				for _, cm := range claims {
					a, c := cm.Attempt, cm.Contact
					a.Outcome, a.Ended = campaign.NoAnswer, time.Now()
					c.State, c.Due = campaign.Waiting, time.Now()
					if err := s.Finish(a, c); err != nil {
						panic(err)
					}
				}
				say(entry{What: "called", Rows: len(claims)})
			}
		})
	}
	for {
		if _, err := s.Purge(time.Now().Add(-20*time.Millisecond), 1_000_000); err != nil {
			return err
		}
	}
}

// TestKilledCompacting: the store is the old file or the new one, and both are
// the same store.
func TestKilledCompacting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s := open(t, path)
	fill(t, s, "1", 20_000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range killRounds() {
		killed(t, "compact", path, round, time.Duration(rand.IntN(100))*time.Millisecond)
		if err := store.Check(path); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, path)
	if n, err := s.Counters("c"); err != nil || n.Contacts[campaign.Pending] != 20_000 {
		t.Fatal(n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Compact(path); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(files) > 0 {
		t.Fatalf("%q is left of those that were killed", files)
	}
}

func compactUntilKilled(args []string) error {
	for {
		say(entry{What: "compact"})
		if _, _, err := store.Compact(args[0]); err != nil {
			return err
		}
	}
}
