package store

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Figures to compare are medians:
//
//	go test ./store -run '^$' -bench 'Calls|Claim|Next' -count 5
//	go test ./store -run '^$' -bench Load -benchtime 1x -count 5
//
// One million rows are left out by -short. BenchmarkSize has the larger figures.

// benchRows are n rows in the order of a real list, whose numbers ascend by no
// rule.
func benchRows(n int, key bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range n {
			// An odd factor modulo 2^32 makes every number once.
			r := Row{Line: i + 2, Numbers: []RowNumber{{Number: fmt.Sprintf("010%010d", uint32(i)*2654435761)}}, Attributes: []campaign.Attribute{
				{Name: "NAME", Value: "Somebody Somewhere"}, {Name: "CITY", Value: "Seoul"}}}
			if key {
				r.Key = fmt.Sprintf("C%07d", i)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func noReject(Row, string) {}

func openBench(b *testing.B, rows int, sync bool) *Bolt {
	b.Helper()
	s, err := Open(filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	s.db.NoSync = true
	if rows > 0 {
		got, err := s.Load(Source{Campaign: "c", List: "l", Hash: "h"}, benchStart, benchRows(rows, false), noReject)
		if err != nil || got.Added != rows {
			b.Fatal(got, err)
		}
	}
	s.db.NoSync = !sync
	return s
}

var benchStart = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// BenchmarkCalls is the life of calls, each claimed and finished on its own as
// the daemon does: what is durable per second.
func BenchmarkCalls(b *testing.B) {
	for _, callers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openBench(b, 100_000, true)
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						benchCall(b, s)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "attempts/s")
		})
	}
}

func benchCall(b *testing.B, s *Bolt) {
	now := time.Now()
	claims, _, err := claimMost(s, "c", now, 1)
	if err != nil || len(claims) != 1 {
		b.Error(len(claims), err)
		return
	}
	a, c := claims[0].Attempt, claims[0].Contact
	a.Outcome, a.Cause, a.Ended = campaign.NoAnswer, 19, now.Add(20*time.Second)
	c.State, c.Last, c.Attempts, c.Counted = campaign.Waiting, a.Outcome, a.Pass, a.Pass
	c.Due = now.Add(-time.Hour) // due again: the list never ends
	c.Tries[a.Outcome]++
	if err := s.Finish(a, c); err != nil {
		b.Error(err)
	}
}

// BenchmarkClaim is one claim without its fsync, which must not depend on the
// size of the list.
func BenchmarkClaim(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		if rows > 100_000 && testing.Short() {
			continue
		}
		b.Run(fmt.Sprintf("contacts=%d", rows), func(b *testing.B) {
			s := openBench(b, rows, false)
			took := make([]time.Duration, 0, b.N)
			now := benchStart.Add(time.Hour)
			for b.Loop() {
				t := time.Now()
				claims, _, err := claimMost(s, "c", now, 1)
				took = append(took, time.Since(t))
				if err != nil || len(claims) != 1 {
					b.Fatal(len(claims), err)
				}
				b.StopTimer()
				a, c := claims[0].Attempt, claims[0].Contact
				a.Outcome, a.Ended = campaign.NoAnswer, now
				c.State, c.Due = campaign.Waiting, benchStart
				if err := s.Finish(a, c); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "µs-median")
		})
	}
}

// BenchmarkNext asks when the next contact is due while a part of the list
// sleeps.
func BenchmarkNext(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 10_000
	}
	s := openBench(b, rows, false)
	rnd := rand.New(rand.NewPCG(1, 2))
	now := benchStart.Add(time.Hour)
	for left := rows * 3 / 10; left > 0; {
		claims, _, err := claimMost(s, "c", now, min(left, 1000))
		if err != nil || len(claims) == 0 {
			b.Fatal(len(claims), err)
		}
		left -= len(claims)
		var wg sync.WaitGroup
		for _, cm := range claims {
			a, c := cm.Attempt, cm.Contact
			a.Outcome, a.Ended = campaign.NoAnswer, now
			c.State, c.Due = campaign.Waiting, now.Add(time.Duration(rnd.Int64N(int64(time.Hour))))
			wg.Go(func() {
				if err := s.Finish(a, c); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for b.Loop() {
		if _, next, err := claimMost(s, "c", now, 0); err != nil || next.IsZero() {
			b.Fatal(next, err)
		}
	}
}

// BenchmarkLoad is a list of numbers in no order.
func BenchmarkLoad(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		for _, key := range []bool{false, true} {
			if rows > 100_000 && (testing.Short() || key) {
				continue
			}
			b.Run(fmt.Sprintf("rows=%d/key=%t", rows, key), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					s := openBench(b, 0, true)
					b.StartTimer()
					if got, err := s.Load(Source{Campaign: "c", List: "l", Hash: "h"}, benchStart, benchRows(rows, key), noReject); err != nil || got.Added != rows {
						b.Fatal(got, err)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkLanes is a claim where there are very many lanes: 250 zones, all of
// which are open, and 20 of class and priority in each.
func BenchmarkLanes(b *testing.B) {
	const zones, kinds, each = 250, 20, 10
	s := openBench(b, 1, false)
	take := campaign.Take{Max: 1, Sure: 1}
	for z := range zones {
		take.Zones = append(take.Zones, campaign.Zone{Name: fmt.Sprintf("Area%03d/City", z), Factor: 0.5 + float64(z)/zones})
	}
	if err := s.change(func(t *txn) error {
		p, err := t.campaign("c")
		if err != nil {
			return err
		}
		for i := range uint64(zones * kinds * each) {
			c := campaign.Contact{
				ID: i + 2, List: "l", Numbers: []campaign.Number{{Number: fmt.Sprint(i)}}, Zone: take.Zones[i%zones].Name, Due: benchStart,
				State: campaign.Waiting, Attempts: 1 + int(i/zones)%2, Last: campaign.Outcome(3 + i/zones/2%3), Priority: int(i / zones % kinds / 5),
			}
			if err := p.putContact(nil, &c); err != nil {
				return err
			}
		}
		return p.contacts.SetSequence(zones*kinds*each + 1)
	}); err != nil {
		b.Fatal(err)
	}
	now := benchStart.Add(time.Hour)
	for b.Loop() {
		taken, err := s.Claim("c", now, take)
		if err != nil || len(taken.Claims) != 1 {
			b.Fatal(len(taken.Claims), err)
		}
		b.StopTimer()
		b.ReportMetric(float64(len(taken.Lanes)), "lanes")
		if err := s.Withdraw(taken.Claims[0]); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
