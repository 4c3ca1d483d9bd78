package report_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// randomStore has a campaign of two lists with attempts of every kind, some
// withdrawn, some in flight.
func randomStore(t *testing.T, rng *rand.Rand) store.Store {
	s := openStore(t)
	load(t, s, "spring", "a", numbers(1, 20)...)
	load(t, s, "spring", "b", numbers(50, 10)...)
	seconds := func(n int) time.Duration { return time.Duration(rng.IntN(n*1000)) * time.Millisecond }
	now := morning
	for range 40 + rng.IntN(40) {
		now = now.Add(seconds(600))
		taken, err := s.Claim("spring", now, campaign.Take{Max: 1 + rng.IntN(3), AllZones: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, cl := range taken.Claims {
			switch rng.IntN(12) {
			case 0: // stays in flight
			case 1:
				if err := s.Withdraw(cl); err != nil {
					t.Fatal(err)
				}
			default:
				a, c := finish(cl, ending{
					outcome: campaign.Outcome(1 + rng.IntN(campaign.NumOutcomes-1)), cause: ami.Cause(rng.IntN(40)),
					ring: seconds(30), wait: seconds(6), talk: seconds(300), agent: fmt.Sprint("agent", rng.IntN(3)),
					state: []campaign.ContactState{campaign.Waiting, campaign.Waiting, campaign.Done, campaign.Exhausted}[rng.IntN(4)],
				})
				if err := s.Finish(a, c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := s.AddAgentTime("spring", seconds(90_000)); err != nil {
		t.Fatal(err)
	}
	return s
}

// A report from counters is what looking at every attempt gives, and whatever
// the grouping, the parts sum up to it.
func TestReportsBalance(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := randomStore(t, rand.New(rand.NewPCG(seed, 1)))
			whole := build(t, s, report.Query{Campaign: "spring"})[0]
			balanced(t, whole)

			// A lower bound makes it scan. What only counters know, it leaves out.
			scanned := build(t, s, report.Query{Campaign: "spring", From: time.Unix(1, 0)})[0]
			balanced(t, scanned)
			counted := whole
			counted.Rates.Occupancy = report.Rate{}
			counted.From, counted.To = scanned.From, scanned.To
			if a, b := fmt.Sprintf("%+v", counted), fmt.Sprintf("%+v", scanned); a != b {
				t.Errorf("from counters: %s\nfrom a scan:   %s", a, b)
			}
			fromScratch(t, s, whole)

			for _, by := range report.Groupings[1:] {
				rows := build(t, s, report.Query{Campaign: "spring", By: by})
				for _, r := range rows {
					balanced(t, r)
				}
				sumsTo(t, by, rows, whole)
			}
			// Two halves of a day are the day.
			middle := morning.Add(3 * time.Hour)
			halves := []report.Row{
				build(t, s, report.Query{Campaign: "spring", To: middle})[0],
				build(t, s, report.Query{Campaign: "spring", From: middle})[0],
			}
			sumsTo(t, "halves", halves, whole)
		})
	}
}

// balanced checks a row against itself and against the words of DESIGN.md.
func balanced(t *testing.T, r report.Row) {
	t.Helper()
	by := r.Attempts.ByOutcome
	var outcomes, causes, states int64
	for _, n := range by {
		outcomes += n
	}
	for _, n := range r.ByCause {
		causes += n
	}
	for k, n := range r.Contacts {
		if k != "total" {
			states += n
		}
	}
	if r.Attempts.Total != r.Attempts.InFlight+outcomes {
		t.Errorf("%s: %d attempts, %d in flight, %d outcomes", r.Key, r.Attempts.Total, r.Attempts.InFlight, outcomes)
	}
	if causes != outcomes {
		t.Errorf("%s: %d causes, %d outcomes", r.Key, causes, outcomes)
	}
	if states != r.Contacts["total"] {
		t.Errorf("%s: %d contacts, %d by state", r.Key, r.Contacts["total"], states)
	}
	live := by["connected"] + by["abandoned"] + by["dropped"]
	for name, c := range map[string]struct {
		got      report.Rate
		num, den int64
	}{
		"answer":        {r.Rates.Answer, live + by["machine"], r.Attempts.Total},
		"connect":       {r.Rates.Connect, by["connected"], r.Attempts.Total},
		"abandon_queue": {r.Rates.AbandonQueue, by["abandoned"] + by["dropped"], live},
		"abandon":       {r.Rates.Abandon, int64(r.Rates.Abandon.Num), live},
	} {
		want := report.Rate{Num: float64(c.num), Den: float64(c.den)}
		if c.den != 0 {
			want.Value = want.Num / want.Den
		}
		if c.got != want {
			t.Errorf("%s: %s is %+v, want %+v", r.Key, name, c.got, want)
		}
	}
	if r.Rates.Abandon.Num < r.Rates.AbandonQueue.Num || r.Rates.Abandon.Num > r.Rates.Abandon.Den {
		t.Errorf("%s: the regulator counts %+v, the queue %+v", r.Key, r.Rates.Abandon, r.Rates.AbandonQueue)
	}
	if p := r.Rates.Penetration; p.Num > p.Den {
		t.Errorf("%s: penetration %+v", r.Key, p)
	}
}

// fromScratch computes what needs single attempts, in the plainest way.
func fromScratch(t *testing.T, s store.Store, r report.Row) {
	t.Helper()
	late, attempted := 0.0, map[uint64]bool{}
	var talk time.Duration
	for a, err := range s.Attempts("spring", time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		attempted[a.Contact] = true
		switch {
		case a.Outcome == campaign.Abandoned, a.Outcome == campaign.Dropped,
			a.Outcome == campaign.Connected && a.Connected.Sub(a.Answered) > 2*time.Second:
			late++
		}
		if a.Outcome == campaign.Connected {
			talk += a.Ended.Sub(a.Connected) + wrapups["spring"]
		}
	}
	if got := r.Rates.Abandon.Num; got != late {
		t.Errorf("%g late, want %g", got, late)
	}
	if got := r.Rates.Penetration.Num; got != float64(len(attempted)) {
		t.Errorf("%g contacts attempted, want %d", got, len(attempted))
	}
	if got := r.Rates.Occupancy.Num; got != talk.Seconds() {
		t.Errorf("%g s of talk and wrap-up, want %g", got, talk.Seconds())
	}
}

func sumsTo(t *testing.T, by string, rows []report.Row, whole report.Row) {
	t.Helper()
	var total, inFlight int64
	outcomes, causes, contacts := map[string]int64{}, map[string]int64{}, map[string]int64{}
	var late float64
	for _, r := range rows {
		total += r.Attempts.Total
		inFlight += r.Attempts.InFlight
		late += r.Rates.Abandon.Num
		add(outcomes, r.Attempts.ByOutcome)
		add(causes, r.ByCause)
		add(contacts, r.Contacts)
	}
	if total != whole.Attempts.Total || inFlight != whole.Attempts.InFlight || late != whole.Rates.Abandon.Num {
		t.Errorf("by %s: %d attempts, %d in flight, %g late; want %+v", by, total, inFlight, late, whole)
	}
	if !maps.Equal(outcomes, whole.Attempts.ByOutcome) || !maps.Equal(causes, whole.ByCause) {
		t.Errorf("by %s: %v %v; want %+v", by, outcomes, causes, whole)
	}
	if by != "halves" {
		from, to := "9", ""
		for _, r := range rows {
			if r.From != "" {
				from, to = min(from, r.From), max(to, r.To)
			}
		}
		if from != whole.From || to != whole.To {
			t.Errorf("by %s: from %s to %s, want %s to %s", by, from, to, whole.From, whole.To)
		}
	}
	if by == "list" && !maps.Equal(contacts, whole.Contacts) {
		t.Errorf("by list: contacts %v, want %v", contacts, whole.Contacts)
	}
}

func add(to, from map[string]int64) {
	for k, n := range from {
		to[k] += n
	}
}
