package report

import (
	"math"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/store"
)

// Limit is how a campaign stands with a regime: its fraction is of abandoned
// calls to answers, as the regime counts both, in the window that ends now, or
// with Query.To if there is one.
type Limit struct {
	Regime string  `json:"regime"`
	Limit  float64 `json:"limit"` // of the fraction
	Since  string  `json:"since"` // RFC 3339: when the window began, with a day of the campaign's zone
	Rate
	// More is how many more calls may be abandoned of the answers that there are;
	// below zero that many are too much.
	More int64 `json:"more"`
}

// limits looks at a campaign as each regime does. The windows of now are made
// of the store's quarters of an hour, days being made of whole ones in every
// zone. One that ends earlier, maybe within a quarter, is made of the attempts,
// and so is that of a regime whose rules the sums do not serve.
func limits(s store.Store, name string, q Query) ([]Limit, error) {
	zone := q.Configured[name].Zone
	if zone == nil {
		zone = time.Local
	}
	end := q.Now
	if !q.To.IsZero() {
		end = q.To.Add(-1) // midnight ends the day before
	}
	var fromSums, fromAttempts windows
	for i, r := range pacing.Regimes {
		w := window{place: i, regime: r, since: r.Since(end.In(zone))}
		if q.To.IsZero() && summed(r) {
			fromSums = append(fromSums, w)
		} else {
			fromAttempts = append(fromAttempts, w)
		}
	}
	if len(fromSums) > 0 {
		for r, err := range s.Rollups(name, store.ByQuarter) {
			if err != nil {
				return nil, err
			}
			fromSums.add(r.Start, func(by pacing.Regime) pacing.Count { return countOf(&r.Counters, by) })
		}
	}
	if len(fromAttempts) > 0 {
		for a, err := range s.Attempts(name, fromAttempts.first(), q.To) {
			if err != nil {
				return nil, err
			}
			fromAttempts.add(a.Claimed, a.Count)
		}
	}
	all := make([]Limit, len(pacing.Regimes))
	for _, w := range append(fromSums, fromAttempts...) {
		all[w.place] = Limit{
			Regime: w.regime.Name, Limit: w.regime.Limit, Since: w.since.Format(time.RFC3339),
			Rate: rate(w.count.Abandoned, w.count.Answers),
			More: int64(math.Floor(w.regime.Limit*w.count.Answers)) - int64(math.Ceil(w.count.Abandoned)),
		}
	}
	return all, nil
}

// window is what a regime looks at.
type window struct {
	place  int
	regime pacing.Regime
	since  time.Time
	count  pacing.Count
}

type windows []window

func (all windows) first() time.Time {
	return slices.MinFunc(all, func(a, b window) int { return a.since.Compare(b.since) }).since
}

// add counts calls of a time in the windows that it is in.
func (all windows) add(at time.Time, of func(pacing.Regime) pacing.Count) {
	for i := range all {
		if w := &all[i]; !at.Before(w.since) {
			n := of(w.regime)
			w.count.Answers += n.Answers
			w.count.Abandoned += n.Abandoned
		}
	}
}

// summed tells that the store's sums have what a regime counts: of those who
// waited they know only who waited longer than campaign.LateAfter.
func summed(r pacing.Regime) bool { return !r.Late || r.Patience == campaign.LateAfter }

// countOf is what sums of attempts add to what a regime that is summed counts.
func countOf(c *store.Counters, r pacing.Regime) (n pacing.Count) {
	gaveUp := c.Outcomes[campaign.Abandoned] + c.Outcomes[campaign.Dropped]
	n.Answers, n.Abandoned = float64(c.Outcomes[campaign.Connected]+gaveUp), float64(gaveUp)
	if r.Late {
		n.Abandoned = float64(c.Late)
		if !r.FromGreeting {
			n.Abandoned += float64(c.Slow)
		}
	}
	machines := float64(c.Outcomes[campaign.Machine])
	n.Abandoned += machines * r.FalseMachines
	if r.Machines {
		n.Answers += machines
	} else {
		n.Answers += machines * r.FalseMachines
	}
	return n
}
