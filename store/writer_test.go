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
	b, err := s.Load(camp, "l", "h", testStart, func(yield func(Row, error) bool) {
		for i := range n {
			if !yield(Row{Line: i, Number: fmt.Sprint(from + i)}, nil) {
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
	claims, _, err := s.Claim("c", testStart, 20)
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
					t.tx.Bucket(bDNC).Put([]byte("1050"), nil)
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
				claimed[i], _, err = s.Claim("c", testStart, 2)
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
		b, err = s.Load("c", "l", "h", testStart, func(yield func(Row, error) bool) {
			for _, number := range []string{"1", "2", "1", "3"} {
				if !yield(Row{Line: 1, Number: number}, nil) {
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
	if claims, _, err := s.Claim("c", testStart, 1); !errors.Is(err, boom) || len(claims) != 0 {
		t.Fatal(claims, err)
	}
	s.update = s.db.Update
	if claims, _, err := s.Claim("c", testStart, 1); !errors.Is(err, boom) || len(claims) != 0 {
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
	if _, _, err := s.Claim("c", testStart, 1); err != nil {
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
		if err := s.AddAgentTime("c", time.Second); !errors.Is(err, errInternal) {
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

// TestClaimScan: a claim looks at so many contacts and no more, however many
// are barred, and says that it has to be asked again.
func TestClaimScan(t *testing.T) {
	if testing.Short() {
		t.Skip("loads many contacts")
	}
	s := openTest(t)
	s.db.NoSync = true
	const barred = 2*maxScan + 5
	loadTest(t, s, "c", 1_000_000, barred)
	loadTest(t, s, "c", 1, 1)
	if _, err := s.SetDNC(func(yield func(string) bool) {
		for i := range barred {
			yield(fmt.Sprint(1_000_000 + i))
		}
	}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{maxScan, 2 * maxScan, barred} {
		claims, next, err := s.Claim("c", testStart, 1)
		if err != nil || len(claims) != i/2 {
			t.Fatal(len(claims), err)
		}
		if last := i == 2; next.IsZero() != last || !last && !next.Equal(testStart) {
			t.Fatalf("claim %d: next is %v", i, next)
		}
		if n, err := s.Counters("c"); err != nil || n.Contacts[campaign.DNC] != int64(want) {
			t.Fatal(n, err)
		}
	}
}

// TestStaleDue: a damaged index calls nobody whose turn it is not.
func TestStaleDue(t *testing.T) {
	for name, put := range map[string]func(*campaign.Contact) []byte{
		"over":             func(c *campaign.Contact) []byte { c.State = campaign.Done; return dueKey(c) },
		"waits for longer": func(c *campaign.Contact) []byte { c.Due = testStart.Add(-time.Hour); return dueKey(c) },
		"not there":        func(c *campaign.Contact) []byte { c.ID = 99; return dueKey(c) },
		"no key":           func(*campaign.Contact) []byte { return []byte("\x00") },
	} {
		s, err := Open(storeFile(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.change(func(t *txn) error {
			p, _ := t.campaign("c")
			c, err := p.contact(1) // it is being dialed
			if err != nil {
				return err
			}
			return p.due.Put(put(&c), nil)
		}); err != nil {
			t.Fatal(err)
		}
		if claims, _, err := s.Claim("c", testStart, 1); !errors.Is(err, errRecord) || len(claims) != 0 {
			t.Errorf("%s: %d claims, %v", name, len(claims), err)
		}
		s.Close()
	}
}

// TestTakenOff: a contact that somebody takes off the list during its call
// stays off, however the call ends. No method does that yet.
func TestTakenOff(t *testing.T) {
	s := openTest(t)
	loadTest(t, s, "c", 1, 2)
	claims, _, err := s.Claim("c", testStart, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, cm := range claims {
		if err := s.change(func(t *txn) error {
			p, _ := t.campaign("c")
			was, err := p.contact(cm.Contact.ID)
			if err != nil {
				return err
			}
			now := was
			now.State = campaign.Removed
			return p.putContact(&was, &now)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Withdraw(claims[0]), s.Finish(endTest(claims[1]))); err != nil {
		t.Fatal(err)
	}
	n, err := s.Counters("c")
	if err != nil || n.Contacts[campaign.Removed] != 2 || n.Attempts != 1 || n.Outcomes[campaign.NoAnswer] != 1 {
		t.Fatal(n, err)
	}
}

func TestBitset(t *testing.T) {
	b := bitset{}
	all := []uint64{0, 1, 63, 64, blockBits - 1, blockBits, 5*blockBits + 7, 1<<64 - 1}
	for i, v := range all {
		if b.has(v) {
			t.Errorf("%d is in it", v)
		}
		b.set(v)
		b.set(v)
		for j, w := range all {
			if b.has(w) != (j <= i) {
				t.Errorf("%d in it after %d: %t", w, v, b.has(w))
			}
		}
	}
	if b.has(2) || b.has(5*blockBits+8) {
		t.Error("too many")
	}
	if n := testing.AllocsPerRun(1, func() { // ten million contacts
		b := bitset{}
		for i := range uint64(10_000_000) {
			b.set(i)
		}
	}); n > 10_000_000/blockBits*2 {
		t.Errorf("%.0f allocations", n)
	}
}
