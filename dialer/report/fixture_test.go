package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	time.Local = time.FixedZone("KST", 9*3600) // reports are in local time
	os.Exit(m.Run())
}

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update accepts it); got:\n%s\nwant:\n%s", path, got, want)
	}
}

func openStore(t *testing.T) *store.Bolt {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "dialcamp.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// morning is when the fixtures begin to call.
var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))

func load(t *testing.T, s store.Store, camp, list string, rows ...store.Row) {
	t.Helper()
	seq := func(yield func(store.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
	b, err := s.Load(store.Source{Campaign: camp, List: list, Hash: "hash"}, morning, seq, func(r store.Row, why string) { t.Errorf("row %v rejected: %s", r, why) })
	if err != nil {
		t.Fatal(err)
	}
	if b.Added != len(rows) {
		t.Fatalf("%d of %d rows added", b.Added, len(rows))
	}
}

func numbers(from, n int) (rows []store.Row) {
	for i := range n {
		rows = append(rows, store.Row{Line: i + 2, Numbers: []store.RowNumber{{Number: fmt.Sprintf("02%08d", from+i)}}, Key: fmt.Sprint("k", from+i)})
	}
	return rows
}

// ending is how a fixture's call goes.
type ending struct {
	outcome    campaign.Outcome
	cause      ami.Cause
	ring       time.Duration
	wait, talk time.Duration
	agent      string
	state      campaign.ContactState
	note       string
	listened   time.Duration // of the wait, for a machine
}

// call claims a campaign's next contact and ends the attempt as told; an
// outcome of InFlight leaves it.
func call(t *testing.T, s store.Store, camp string, at time.Time, e ending) {
	t.Helper()
	taken, err := s.Claim(camp, at, campaign.Take{Max: 1, AllZones: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(taken.Claims) != 1 {
		t.Fatalf("nothing due in %s at %s", camp, at)
	}
	if e.outcome == campaign.InFlight {
		return
	}
	a, c := finish(taken.Claims[0], e)
	if err := s.Finish(a, c); err != nil {
		t.Fatal(err)
	}
}

func finish(cl campaign.Claim, e ending) (campaign.Attempt, campaign.Contact) {
	a, c := cl.Attempt, cl.Contact
	a.Outcome, a.Cause, a.Agent, a.Note = e.outcome, e.cause, e.agent, e.note
	end := a.Claimed.Add(e.ring)
	if e.outcome.Answered() {
		a.Answered, a.DialStatus = end, "ANSWER"
		if e.listened > 0 {
			a.Person = end.Add(e.listened)
		}
		end = end.Add(e.wait)
		if e.outcome == campaign.Connected {
			a.Connected = end
			end = end.Add(e.talk)
		}
	}
	a.Ended = end
	c.State, c.Attempts, c.Counted, c.Last = e.state, a.Pass, a.Pass, e.outcome
	c.Due = time.Time{}
	if c.State == campaign.Waiting {
		c.Due = end.Add(time.Minute)
	}
	return a, c
}

// typical is a campaign of two lists after a morning: every kind of outcome,
// retries, and two calls in flight.
func typical(t *testing.T) *store.Bolt {
	t.Helper()
	s := openStore(t)
	load(t, s, "spring", "old", numbers(100, 14)...)
	load(t, s, "spring", "new", append(numbers(200, 5),
		store.Row{Numbers: []store.RowNumber{{Number: "+821012345678"}}, Key: "=cmd|'/c calc'!A1"},
		store.Row{Numbers: []store.RowNumber{{Number: "*0212345678"}}, Key: "@home"})...)
	const s1 = time.Second
	// Agents' names are what a peer sent.
	for i, e := range []ending{
		{campaign.Connected, 16, 8 * s1, 500 * time.Millisecond, 95 * s1, "PJSIP/agent01", campaign.Done, "", 0},
		{campaign.Connected, 16, 11 * s1, 3 * s1, 4000 * s1, "김상담", campaign.Done, "", 0},
		{campaign.Abandoned, 16, 9 * s1, 6 * s1, 0, "", campaign.Waiting, "", 0},
		{campaign.Dropped, 16, 7 * s1, 20 * s1, 0, "", campaign.Waiting, "", 0},
		{campaign.Machine, 16, 18 * s1, 2 * s1, 0, "", campaign.Waiting, "", 0},
		{campaign.Busy, 17, 1500 * time.Millisecond, 0, 0, "", campaign.Waiting, "", 0},
		{campaign.Busy, 17, 1200 * time.Millisecond, 0, 0, "", campaign.Exhausted, "", 0},
		{campaign.NoAnswer, 19, 25 * s1, 0, 0, "", campaign.Waiting, "", 0},
		{campaign.Rejected, 21, 4 * s1, 0, 0, "", campaign.Done, "", 0},
		{campaign.Invalid, 1, 300 * time.Millisecond, 0, 0, "", campaign.BadNumber, "", 0},
		{campaign.Unreachable, 20, 2 * s1, 0, 0, "", campaign.Waiting, "", 0},
		{campaign.Congestion, 34, 100 * time.Millisecond, 0, 0, "", campaign.Waiting, "", 0},
		{campaign.Failed, 127, 5 * s1, 0, 0, "", campaign.Exhausted, "-1 channel", 0},
		{campaign.Cancelled, 0, 3 * s1, 0, 0, "", campaign.Waiting, "stopped by the operator", 0},
		{campaign.Connected, 16, 5 * s1, 1 * s1, 30 * s1, "\x1b[31magent\x07", campaign.Done, "", 0},
	} {
		call(t, s, "spring", morning.Add(time.Duration(i)*3*time.Minute), e)
	}
	noon := morning.Add(3*time.Hour + 30*time.Minute)
	for i, e := range []ending{
		{campaign.Connected, 16, 6 * s1, 200 * time.Millisecond, 61 * s1, "PJSIP/agent01", campaign.Done, "", 0},
		{campaign.Unknown, 0, 40 * s1, 0, 0, "", campaign.Waiting, "Asterisk was restarted", 0},
		{campaign.NoAnswer, 18, 25 * s1, 0, 0, "", campaign.Waiting, "", 0},
		{},
		{},
	} {
		call(t, s, "spring", noon.Add(time.Duration(i)*time.Minute), e)
	}
	if err := s.AddAgentTime("spring", 3*time.Hour); err != nil {
		t.Fatal(err)
	}
	return s
}

// configured is what the configuration tells reports.
var configured = map[string]report.Campaign{"spring": {Wrapup: 10 * time.Second}}

func build(t *testing.T, s store.Store, q report.Query) []report.Row {
	t.Helper()
	if q.Configured == nil {
		q.Configured = configured
	}
	rows, err := report.Build(s, q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func write(t *testing.T, format string, rows []report.Row, single bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, format, rows, single); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// calls of a store as they are exported; ids without the random part.
func callsOf(t *testing.T, s store.Store, format string, q report.Query) []byte {
	t.Helper()
	seq, err := report.Calls(s, q)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.WriteCalls(&b, format, seq); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(s.Instance()), []byte("dc00000000"))
}

func keys(rows []report.Row) (all []string) {
	for _, r := range rows {
		all = append(all, r.Key)
	}
	return slices.Clip(all)
}

// typed is a store whose numbers have types by their last digit, some none, and
// whose calls show different caller IDs, some none.
type typed struct{ store.Store }

func (s typed) Attempts(camp string, from, to time.Time) iter.Seq2[campaign.Attempt, error] {
	return func(yield func(campaign.Attempt, error) bool) {
		for a, err := range s.Store.Attempts(camp, from, to) {
			if a.Number != "" {
				a.Type = []string{"mobile", "work", ""}[a.Number[len(a.Number)-1]%3]
				a.CallerID = []string{"+82212345670", "0212345671", ""}[a.Seq%3]
				a.Server = []string{"east", "west"}[a.Seq%2]
			}
			if !yield(a, err) {
				return
			}
		}
	}
}
