package report

import (
	"math"
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
// zone; one that ends earlier, maybe within a quarter, of the attempts.
func limits(s store.Store, name string, q Query) ([]Limit, error) {
	zone := q.Configured[name].Zone
	if zone == nil {
		zone = time.Local
	}
	end := q.Now
	if !q.To.IsZero() {
		end = q.To.Add(-1) // midnight ends the day before
	}
	since := make([]time.Time, len(pacing.Regimes))
	counts := make([]pacing.Count, len(pacing.Regimes))
	first := end
	for i, r := range pacing.Regimes {
		since[i] = r.Since(end.In(zone))
		if since[i].Before(first) {
			first = since[i]
		}
	}
	add := func(at time.Time, of func(pacing.Regime) pacing.Count) {
		for i, r := range pacing.Regimes {
			if !at.Before(since[i]) {
				n := of(r)
				counts[i].Answers += n.Answers
				counts[i].Abandoned += n.Abandoned
			}
		}
	}
	if q.To.IsZero() {
		for r, err := range s.Rollups(name, store.ByQuarter) {
			if err != nil {
				return nil, err
			}
			add(r.Start, func(by pacing.Regime) pacing.Count { return countOf(&r.Counters, by) })
		}
	} else {
		for a, err := range s.Attempts(name, first, q.To) {
			if err != nil {
				return nil, err
			}
			add(a.Claimed, a.Count)
		}
	}
	all := make([]Limit, 0, len(pacing.Regimes))
	for i, r := range pacing.Regimes {
		all = append(all, Limit{
			Regime: r.Name, Limit: r.Limit, Since: since[i].Format(time.RFC3339),
			Rate: rate(counts[i].Abandoned, counts[i].Answers),
			More: int64(math.Floor(r.Limit*counts[i].Answers)) - int64(counts[i].Abandoned),
		})
	}
	return all, nil
}

// countOf is what sums of attempts add to what a regime counts. Counters know
// who waited longer than campaign.LateAfter, the patience of every regime.
func countOf(c *store.Counters, r pacing.Regime) (n pacing.Count) {
	gaveUp := c.Outcomes[campaign.Abandoned] + c.Outcomes[campaign.Dropped]
	n.Answers, n.Abandoned = float64(c.Outcomes[campaign.Connected]+gaveUp), float64(gaveUp)
	if r.Late {
		n.Abandoned = float64(c.Late)
	}
	if r.Machines {
		n.Answers += float64(c.Outcomes[campaign.Machine])
	}
	return n
}
