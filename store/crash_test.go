package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// crashes does something and returns the store's file as a crash behind each of
// its transactions leaves it.
func crashes(t *testing.T, s *Bolt, do func() error) (files [][]byte) {
	t.Helper()
	s.update = func(change func(*bbolt.Tx) error) error {
		err := s.db.Update(change)
		var b bytes.Buffer
		if e := s.db.View(func(tx *bbolt.Tx) error { _, err := tx.WriteTo(&b); return err }); e != nil {
			t.Error(e)
		}
		files = append(files, b.Bytes())
		return err
	}
	defer func() { s.update = s.db.Update }()
	if err := do(); err != nil {
		t.Fatal(err)
	}
	return files
}

// active is what a campaign would dial, and with what, in the order of ids.
func active(t *testing.T, s *Bolt) (all []string) {
	t.Helper()
	for c, err := range s.Contacts("c") {
		if err != nil {
			t.Fatal(err)
		}
		if isDue(&c) {
			all = append(all, fmt.Sprint(c.Number(), c.Attributes))
		}
	}
	return all
}

// oldOrNew opens each file and expects one of two states, the old one first and
// then the new one for good, both for who claims at once and for who waits until
// everything is carried out.
func oldOrNew(t *testing.T, files [][]byte, old, now []string) {
	t.Helper()
	if slices.Equal(old, now) || len(files) < 4 {
		t.Fatalf("%d transactions from %d to %d contacts prove nothing", len(files), len(old), len(now))
	}
	decided := false
	for i, b := range files {
		path := filepath.Join(t.TempDir(), "dialcamp.db")
		for _, waits := range []bool{false, true} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if waits {
				s.tidied.Wait()
				got = active(t, s)
			} else {
				claims, _, err := claimMost(s, "c", testStart, 100_000)
				if err != nil {
					t.Fatal(err)
				}
				for _, cm := range claims {
					got = append(got, fmt.Sprint(cm.Contact.Number(), cm.Contact.Attributes))
				}
				slices.Sort(got)
			}
			want := [][]string{old, now}
			if !waits {
				want = [][]string{slices.Sorted(slices.Values(old)), slices.Sorted(slices.Values(now))}
			}
			isNew := slices.Equal(got, want[1])
			if !isNew && (decided || !slices.Equal(got, want[0])) {
				t.Fatalf("after transaction %d of %d, waiting %t: %d contacts are neither the old %d nor the new %d, decided before: %t",
					i+1, len(files), waits, len(got), len(old), len(now), decided)
			}
			decided = isNew
			s.tidied.Wait()
			if err := s.Verify(); err != nil {
				t.Fatalf("after transaction %d: %v", i+1, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !decided {
		t.Fatal("it was never decided")
	}
}

func crashRows(from, n int, value string) func(func(Row, error) bool) {
	return func(yield func(Row, error) bool) {
		for i := range n {
			number := fmt.Sprintf("%06d", ((from+i)*7919)%1_000_003)
			if !yield(Row{Line: i + 2, Numbers: []RowNumber{{Number: number}}, Key: "k" + number, Attributes: []campaign.Attribute{{Name: "V", Value: value}}}, nil) {
				return
			}
		}
	}
}

// TestLoadCrashes: wherever a load is cut off, the list is the old one or the
// new one.
func TestLoadCrashes(t *testing.T) {
	for name, test := range map[string]struct {
		before, from, n int
	}{
		"a new list":        {0, 0, 4500},
		"rows join":         {3000, 0, 7000},
		"most are changed":  {5000, 1000, 5000},
		"all are exchanged": {5000, 9000, 5000},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t)
			src := Source{Campaign: "c", List: "l", Hash: "h", Remove: true}
			if _, err := s.Load(src, testStart, crashRows(0, test.before, "old"), noReject); err != nil {
				t.Fatal(err)
			}
			old := active(t, s)
			files := crashes(t, s, func() error {
				_, err := s.Load(src, testStart, crashRows(test.from, test.n, "new"), noReject)
				return err
			})
			now := active(t, s)
			if len(now) != test.n {
				t.Fatalf("%d contacts", len(now))
			}
			oldOrNew(t, files, old, now)
		})
	}
}

// TestUndoCrashes: the same of an undo.
func TestUndoCrashes(t *testing.T) {
	s := openTest(t)
	src := Source{Campaign: "c", List: "l", Hash: "h"}
	for _, n := range []int{500, 9000} {
		if _, err := s.Load(src, testStart, crashRows(0, n, "v"), noReject); err != nil {
			t.Fatal(err)
		}
	}
	old := active(t, s)
	files := crashes(t, s, func() error {
		_, err := s.Undo(2, testStart)
		return err
	})
	oldOrNew(t, files, old, active(t, s))
}
