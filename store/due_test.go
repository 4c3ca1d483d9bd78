package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

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
	if _, err := s.SetDNC(DNCName{List: "d"}, "", testStart, func(yield func(string, error) bool) {
		for i := range barred {
			yield(fmt.Sprint(1_000_000+i), nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{maxScan, 2 * maxScan, barred} {
		claims, next, err := claimMost(s, "c", testStart, 1)
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
		if claims, _, err := claimMost(s, "c", testStart, 1); !errors.Is(err, errRecord) || len(claims) != 0 {
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
	claims, _, err := claimMost(s, "c", testStart, 2)
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

// claimMost claims up to most contacts of any zone, by plain order.
func claimMost(s *Bolt, camp string, now time.Time, most int) ([]campaign.Claim, time.Time, error) {
	taken, err := s.Claim(camp, now, campaign.Take{Max: most, AllZones: true})
	return taken.Claims, taken.Next, err
}
