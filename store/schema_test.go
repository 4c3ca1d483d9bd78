package store

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

var writeSchema = flag.Bool("store.write-schema", false, "write the file of this schema in testdata anew; only while no release has written it")

func schemaFile(n int) string { return fmt.Sprintf("testdata/v%d.db", n) }

// TestSchemas opens stores that were written by each schema. They must be
// readable for ever; what is older is migrated on the way.
func TestSchemas(t *testing.T) {
	if *writeSchema {
		writeCurrent(t)
	}
	for n := 1; n <= SchemaVersion; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			path := copyOf(t, schemaFile(n))
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { s.Close() }()
			if err := s.Verify(); err != nil {
				t.Fatal(err)
			}
			checkSchema(t, s, fmt.Sprintf("testdata/v%d.txt", n))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = Open(path); err != nil { // not migrated again
				t.Fatal(err)
			}
			if err := s.Verify(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestMigrationFails: the old store stays as it is.
func TestMigrationFails(t *testing.T) {
	path := copyOf(t, schemaFile(1))
	boom := errors.New("boom")
	old := migrations
	defer func() { migrations = old }()
	migrations = []func(*txn) error{func(t *txn) error { return errors.Join(old[0](t), t.tx.DeleteBucket(bRinging), boom) }}
	if _, err := Open(path); !errors.Is(err, boom) || !strings.Contains(err.Error(), "migrating from schema 1") {
		t.Fatal(err)
	}
	migrations = old
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Verify(); err != nil {
		t.Fatal(err)
	}
	checkSchema(t, s, "testdata/v1.txt")
}

func copyOf(t *testing.T, file string) (path string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "dialcamp.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var v1Start = time.Date(2026, 11, 2, 9, 0, 0, 123, time.UTC)

// writeCurrent makes a store of this schema with one of everything.
func writeCurrent(t *testing.T) {
	s := openTest(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := []Row{
		{Line: 2, Numbers: []RowNumber{{Number: "01011112222"}}, Key: "A1", Attributes: []campaign.Attribute{{Name: "NAME", Value: "홍길동"}, {Name: "AGE", Value: ""}}},
		{Line: 3, Numbers: []RowNumber{{Number: "+8201033334444"}}},
		{Line: 4, Numbers: []RowNumber{{Number: "01055556666"}}},
		{Line: 5, Numbers: []RowNumber{{Number: "01077778888"}}},
		{Line: 6, Numbers: []RowNumber{{Number: "01055556666"}}},
		{Line: 7, Numbers: []RowNumber{{Number: "01099990000", Type: "mobile"}, {Number: "0299990000"}}, Priority: 5, Zone: "Asia/Seoul",
			NotBefore: v1Start.Add(time.Hour), Expires: v1Start.Add(2 * time.Hour)},
	}
	_, err := s.Load(Source{Campaign: "spring", List: "first", Hash: "hash1"}, v1Start, func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}, noReject)
	must(err)
	_, err = s.AddDNC(DNCName{List: "d"}, v1Start, "01077778888", "0", "09*")
	must(err)
	_, err = s.AddDNC(DNCName{Campaign: "spring", List: "e"}, v1Start, "7")
	must(err)
	must(s.SaveState("spring", campaign.Running, v1Start))
	must(s.AddAgentTime("spring", 90*time.Second))
	taken, err := s.Claim("spring", v1Start.Add(time.Second), campaign.Take{Max: 4, AllZones: true, Note: true})
	must(err)
	claims := taken.Claims
	a, c := claims[0].Attempt, claims[0].Contact
	at := func(s int) time.Time { return v1Start.Add(time.Duration(s) * time.Second) }
	a.Rang, a.Answered, a.Connected, a.Ended = at(2), at(6), at(9), at(60)
	a.Outcome, a.Cause, a.DialStatus, a.Agent, a.Note = campaign.Connected, 16, "ANSWER", "SIP/agent1", "note"
	c.State, c.Due, c.Last, c.Counted = campaign.Done, time.Time{}, a.Outcome, 1
	c.Tries[a.Outcome]++
	must(s.Finish(a, c))
	a, c = claims[1].Attempt, claims[1].Contact
	a.Ended, a.Outcome, a.Cause = at(31), campaign.Busy, 17
	c.State, c.Due, c.Last, c.Counted = campaign.Waiting, at(331), a.Outcome, 1
	c.Tries[a.Outcome]++
	must(s.Finish(a, c))
	// Only the pages that are used: the file itself is grown in large steps.
	must(os.MkdirAll("testdata", 0o755))
	must(s.db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(schemaFile(SchemaVersion), 0o644) }))
}

func checkSchema(t *testing.T, s *Bolt, text string) {
	t.Helper()
	got := dump(t, s)
	if *writeSchema {
		if err := os.WriteFile(text, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("it reads as\n%s\nnot as %s\n%s", got, text, want)
	}
	// It can be gone on with.
	due := v1Start.Add(331 * time.Second)
	if early, next, err := claimMost(s, "spring", v1Start, 9); err != nil || len(early) != 0 || !next.Equal(due) {
		t.Errorf("%+v, %v, %v", early, next, err)
	}
	claims, _, err := claimMost(s, "spring", due, 9)
	if err != nil || len(claims) != 1 || claims[0].Attempt.Seq != 4 || claims[0].Attempt.Pass != 2 {
		t.Errorf("%+v, %v", claims, err)
	}
	loadTest(t, s, "spring", 1, 5)
	if err := s.Verify(); err != nil {
		t.Error(err)
	}
}

// dump writes all that the interface gives, without what is zero, so that
// states and outcomes may be added.
func dump(t *testing.T, s *Bolt) string {
	t.Helper()
	var b strings.Builder
	line := func(err error, words ...any) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.TrimRight(fmt.Sprintln(words...), " \n") + "\n")
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.UTC().Format("15:04:05.000000000")
	}
	lists, err := s.DNCLists()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		line(nil, "do not call", l.Campaign, l.List, l.Stamp, l.Numbers, l.Prefixes, stamp(l.Changed))
	}
	for _, number := range []string{"0", "09", "01077778888", "7"} {
		hits, err := s.CheckDNC("", number)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			line(nil, "barred", number, h.Campaign, h.List, h.Entry, stamp(h.Since))
		}
	}
	names, err := s.Campaigns()
	line(err, "campaigns", names)
	for _, name := range names {
		state, since, err := s.State(name)
		line(err, name, "is", state, "since", stamp(since))
		l, ok, err := s.List(name, "first")
		line(err, "list", ok, l.Campaign, l.List, stamp(l.Time), l.Hash, l.Rows, l.Added, l.Unchanged, l.Rejected)
		for b, err := range s.Batches(name) {
			line(err, "batch", b.ID, b.List, b.First, b.Last)
		}
		n, err := s.Counters(name)
		line(err, "counters", n.Attempts, n.Attempted, n.Late, n.Ring, n.Wait, n.Talk, n.AgentTime, stamp(n.First), stamp(n.Last))
		for i, v := range n.Contacts {
			if v != 0 {
				line(nil, " ", campaign.ContactState(i), v)
			}
		}
		for i, v := range n.Outcomes {
			if v != 0 {
				line(nil, " ", campaign.Outcome(i), v)
			}
		}
		for _, cause := range slices.Sorted(maps.Keys(n.Causes)) {
			line(nil, "  cause", int(cause), n.Causes[cause])
		}
		for c, err := range s.Contacts(name) {
			line(err, "contact", c.ID, c.List, c.Key, c.Number(), c.Attributes, c.State, stamp(c.Due), c.Last, c.Attempts, c.Counted)
			if len(c.Numbers) > 1 {
				line(nil, "  also", c.Numbers[1:], c.Priority, c.Zone, stamp(c.NotBefore), stamp(c.Expires))
			}
			for i, v := range c.Tries {
				if v != 0 {
					line(nil, " ", campaign.Outcome(i), v)
				}
			}
		}
		for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
			line(err, "attempt", a.ID, a.Seq, a.Campaign, a.List, a.Contact, a.Key, a.Number, a.Pass, stamp(a.Claimed), stamp(a.Rang),
				stamp(a.Answered), stamp(a.Connected), stamp(a.Ended), a.Outcome, int(a.Cause), a.DialStatus, a.Agent, a.Note)
		}
	}
	claims, err := s.InFlight()
	for _, cm := range claims {
		line(nil, "in flight", cm.Attempt.ID, "of", cm.Contact.ID, cm.Contact.State, stamp(cm.Contact.Due))
	}
	line(err)
	return b.String()
}
