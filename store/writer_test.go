package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

var testStart = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func openTest(t testing.TB) *Bolt {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "dialcamp.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Verify(); err != nil {
			t.Errorf("verify: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func loadTest(t testing.TB, s *Bolt, camp string, from, n int) {
	t.Helper()
	b, err := s.Load(Source{Campaign: camp, List: "l", Hash: "h"}, testStart, func(yield func(Row, error) bool) {
		for i := range n {
			if !yield(Row{Line: i, Numbers: []RowNumber{{Number: fmt.Sprint(from + i)}}}, nil) {
				return
			}
		}
	}, noReject)
	if err != nil || b.Added != n {
		t.Fatal(b, err)
	}
}

// together runs changes in one group: they queue up while the writer is held.
func together(s *Bolt, changes ...func() error) []error {
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		s.change(func(*txn) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	errs := make([]error, len(changes))
	for i, change := range changes {
		wg.Go(func() { errs[i] = change() })
		for waited := 0; len(s.changes) <= i && waited < 1000; waited++ { // in this order
			time.Sleep(10 * time.Microsecond)
		}
	}
	close(release)
	wg.Wait()
	return errs
}

// TestNeighbours: changes that are committed together share nothing but the
// fsync. Those that fail fail alone, and those that are done again because of
// it happen once.
func TestNeighbours(t *testing.T) {
	s := openTest(t)
	loadTest(t, s, "c", 1000, 100)
	claims, _, err := claimMost(s, "c", testStart, 20)
	if err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	runs := 0
	var changes []func() error
	var claimed [30][]campaign.Claim
	for i := range 30 {
		changes = append(changes, func() (err error) {
			switch i {
			case 3, 29:
				return s.change(func(t *txn) error { // after it has changed something
					p, _ := t.campaign("c")
					n, _ := p.count()
					n.Attempts += 1000
					p.due.Put([]byte("0123456789abcdef"), nil)
					t.tx.Bucket(bRinging).Put([]byte("1050"), nil)
					return boom
				})
			case 7:
				return s.change(func(t *txn) error {
					t.tx.Bucket(bRinging).Put([]byte("9"), []byte("9"))
					panic("a bug")
				})
			case 11:
				return s.change(func(*txn) error { runs++; return nil })
			}
			switch i % 4 {
			case 0:
				return s.AddAgentTime("c", time.Second)
			case 1:
				claimed[i], _, err = claimMost(s, "c", testStart, 2)
				return err
			case 2:
				return s.Finish(endTest(claims[i/4]))
			}
			return s.Withdraw(claims[10+i/4])
		})
	}
	for i, err := range together(s, changes...) {
		switch i {
		case 3, 29:
			if !errors.Is(err, boom) {
				t.Errorf("change %d: %v", i, err)
			}
		case 7:
			if !errors.Is(err, errInternal) || !strings.Contains(err.Error(), "a bug") || !strings.Contains(err.Error(), "writer_test.go") {
				t.Errorf("change %d: %v", i, err)
			}
		default:
			if err != nil {
				t.Errorf("change %d: %v", i, err)
			}
		}
	}
	if runs != 2 { // not before 3 and 7 failed
		t.Errorf("a change ran %d times: the changes were not together, or those that failed were not taken out one by one", runs)
	}
	n, err := s.Counters("c")
	if err != nil {
		t.Fatal(err)
	}
	// 0 4 8 … 28; 2 6 … 26; 15 19 23 27 (3, 7 and 11 do something else).
	if n.AgentTime != 8*time.Second || n.Outcomes[campaign.NoAnswer] != 7 || n.Attempts != 20-4+14 {
		t.Errorf("%+v", n)
	}
	var ids []string
	for i, got := range claimed {
		if i%4 == 1 && i != 29 && len(got) != 2 {
			t.Errorf("change %d claimed %d", i, len(got))
		}
		for _, cm := range got {
			ids = append(ids, cm.Attempt.Number)
		}
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 14 {
		t.Errorf("claimed %q", ids)
	}
}

func endTest(cm campaign.Claim) (campaign.Attempt, campaign.Contact) {
	a, c := cm.Attempt, cm.Contact
	a.Outcome, a.Ended = campaign.NoAnswer, a.Claimed.Add(time.Second)
	c.State, c.Due = campaign.Waiting, a.Claimed.Add(time.Hour)
	return a, c
}

// TestLoadNeighbour: a load that is done again because its neighbour failed
// counts its rows once, and reports those it rejects once.
func TestLoadNeighbour(t *testing.T) {
	s := openTest(t)
	rejects := 0
	var b Batch
	errs := together(s, func() (err error) {
		b, err = s.Load(Source{Campaign: "c", List: "l", Hash: "h"}, testStart, func(yield func(Row, error) bool) {
			for _, number := range []string{"1", "2", "1", "3"} {
				if !yield(Row{Line: 1, Numbers: []RowNumber{{Number: number}}}, nil) {
					return
				}
			}
		}, func(Row, string) { rejects++ })
		return err
	}, func() error {
		return s.change(func(*txn) error { return errors.New("boom") })
	})
	if errs[0] != nil || errs[1] == nil || b.Added != 3 || b.Rejected != 1 || rejects != 1 {
		t.Errorf("%v, %d rejects, %+v", errs, rejects, b)
	}
	if l, ok, err := s.List("c", "l"); err != nil || !ok || l.Added != 3 || l.Rejected != 1 {
		t.Errorf("%+v, %t, %v", l, ok, err)
	}
}

// TestCloseWaits: what is queued when Close is called is done.
func TestCloseWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var changes []func() error
	for range 10 {
		changes = append(changes, func() error { return s.AddAgentTime("c", time.Second) })
	}
	closed := make(chan error, 2)
	changes = append(changes, func() error {
		go func() { closed <- s.Close() }()
		go func() { closed <- s.Close() }()
		return s.change(func(*txn) error { // the last in the queue, or too late
			time.Sleep(20 * time.Millisecond)
			return nil
		})
	})
	for i, err := range together(s, changes...) {
		if err != nil && !(i == 10 && errors.Is(err, ErrClosed)) {
			t.Error(i, err)
		}
	}
	for range 2 {
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Counters("c"); err != nil || n.AgentTime != 10*time.Second {
		t.Error(n, err)
	}
}

// TestManyNeighbours is more changes than are committed together, all of which
// fail or panic but a few.
func TestManyNeighbours(t *testing.T) {
	s := openTest(t)
	var changes []func() error
	for i := range maxGroup {
		changes = append(changes, func() error {
			if i%64 == 0 {
				return s.AddAgentTime("c", time.Second)
			}
			return s.change(func(*txn) error { return fmt.Errorf("boom %d", i) })
		})
	}
	for i, err := range together(s, changes...) {
		if want := fmt.Sprintf("store: boom %d", i); i%64 != 0 && (err == nil || err.Error() != want) || i%64 == 0 && err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	if n, err := s.Counters("c"); err != nil || n.AgentTime != maxGroup/64*time.Second {
		t.Fatal(n, err)
	}
}

// TestCommitFails: everybody in a group that was not committed is told, nothing
// of it is there, and the next group is.
func TestCommitFails(t *testing.T) {
	s := openTest(t)
	boom := errors.New("boom")
	s.update = func(do func(*bbolt.Tx) error) error {
		s.update = s.db.Update
		return s.db.Update(func(tx *bbolt.Tx) error {
			if err := do(tx); err != nil {
				return err
			}
			return boom // as Commit would
		})
	}
	// What together holds the writer with is the group that fails.
	add := func() error { return s.AddAgentTime("c", time.Second) }
	if err := add(); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	for _, err := range together(s, add, add) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Counters("c"); err != nil || n.AgentTime != 2*time.Second {
		t.Fatal(n, err)
	}
}

// TestLastSyncFails: when only the fsync behind the last write fails, the change
// shows although its caller was told that it failed. Building on that could
// call somebody whose attempt is lost in the next crash.
func TestLastSyncFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	loadTest(t, s, "c", 1, 2)
	boom := errors.New("boom")
	s.update = func(do func(*bbolt.Tx) error) error { return errors.Join(s.db.Update(do), boom) }
	if claims, _, err := claimMost(s, "c", testStart, 1); !errors.Is(err, boom) || len(claims) != 0 {
		t.Fatal(claims, err)
	}
	s.update = s.db.Update
	if claims, _, err := claimMost(s, "c", testStart, 1); !errors.Is(err, boom) || !errors.Is(err, ErrReopen) || len(claims) != 0 {
		t.Fatalf("%d claims after a change of which nobody knows whether it is kept: %v", len(claims), err)
	}
	if _, err := s.Counters("c"); err != nil { // what is there can be reported
		t.Fatal(err)
	}
	if err := errors.Join(s.Verify(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	claims, err := s.InFlight()
	if err != nil || len(claims) > 1 {
		t.Fatal(claims, err)
	}
	if _, _, err := claimMost(s, "c", testStart, 1); err != nil {
		t.Fatal(err)
	}
}

// TestCommitPanics: bbolt may have kept its locks, so whoever comes later must
// not wait for them.
func TestCommitPanics(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "dialcamp.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.update = func(func(*bbolt.Tx) error) error { panic("a bug in bbolt") }
	for range 2 {
		if err := s.AddAgentTime("c", time.Second); !errors.Is(err, errInternal) || !errors.Is(err, ErrReopen) {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSynced: a test that kills processes cannot tell whether a change would
// outlive a power cut.
func TestSynced(t *testing.T) {
	s := openTest(t)
	if s.db.NoSync || s.db.NoGrowSync {
		t.Fatal("changes are not synced")
	}
}
