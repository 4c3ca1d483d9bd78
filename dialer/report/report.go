// Package report turns stored counters and attempts into reports: one row type,
// many writers.
//
// Build makes the rows of a Query: from sums that the store keeps where it can,
// else by reading attempts one by one (group.go). It is an error if they do not
// add up. Write prints them as table.go, csv.go, html.go or xlsx.go does; Calls
// yields the attempts themselves. Why and Story are what dialcamp why prints. None
// of it knows whether a daemon runs: the command line builds the same rows from a
// store that it opens itself.
package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// Query says what to report.
type Query struct {
	Campaign string    // empty: every campaign the store knows
	By       string    // one of Groupings; empty: campaign
	From, To time.Time // attempts claimed in [From, To); zero: not bounded
	// Interval is how long the intervals of By interval are, one of Intervals;
	// 0 is DefaultInterval. Nothing else has any.
	Interval time.Duration
	// Outcomes are those that Calls yields; none: all. Build counts every one.
	Outcomes []campaign.Outcome
	// Now is when it is asked, for what regimes allow still; zero: rows are
	// without it.
	Now time.Time
	// Configured are the campaigns of the configuration, known even before
	// they have a contact.
	Configured map[string]Campaign
}

// Campaign is what reports need to know of a configured campaign.
type Campaign struct {
	Wrapup time.Duration  // for occupancy
	Zone   *time.Location // whose days regimes count; nil: this machine's
}

// Groupings are the values of Query.By.
var Groupings = []string{"campaign", "list", "interval", "hour", "attempt", "yield", "outcome", "cause", "agent", "caller_id", "number_type"}

// Intervals are the values of Query.Interval.
var Intervals = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}

// DefaultInterval is the one that call centres plan their staff by.
const DefaultInterval = 30 * time.Minute

// Row is one line of a report: a campaign, or one group of its attempts.
//
// Contacts are counted for whole campaigns and lists only, and so is the rate
// that needs them, penetration. Seconds are sums over the row's attempts.
//
// Key is absent from JSON where a group has none: attempts no agent talked on,
// when grouped by agent. By yield it is the attempt, and Hour the hour of the
// day in which it was claimed, in this machine's zone: 14:00.
type Row struct {
	Campaign string           `json:"campaign"`
	By       string           `json:"by,omitempty"`
	Key      string           `json:"key,omitempty"`
	Hour     string           `json:"hour,omitempty"`
	From     string           `json:"from"` // RFC 3339: the query's bound, else the first claim that ended
	To       string           `json:"to"`   // the query's bound, else the last end
	Contacts map[string]int64 `json:"contacts,omitempty"`
	Attempts Attempts         `json:"attempts"`
	ByCause  map[string]int64 `json:"by_cause"`
	Rates    Rates            `json:"rates"`
	Seconds  Seconds          `json:"seconds"`
	// Limits are what each of pacing.Regimes says of a whole campaign.
	Limits []Limit `json:"abandon_limits,omitempty"`
}

// Attempts are counted by outcome; total = in flight + the sum of outcomes.
type Attempts struct {
	Total     int64            `json:"total"`
	InFlight  int64            `json:"in_flight"`
	ByOutcome map[string]int64 `json:"by_outcome"`
}

// Rate is a fraction with what it is made of. Value is 0 when Den is.
type Rate struct {
	Num   float64 `json:"num"`
	Den   float64 `json:"den"`
	Value float64 `json:"value"`
}

// Rates of a row.
type Rates struct {
	Answer       Rate `json:"answer"`        // answered ÷ attempts
	Connect      Rate `json:"connect"`       // connected ÷ attempts
	Abandon      Rate `json:"abandon"`       // live answers without an agent within 2 s ÷ live answers
	AbandonQueue Rate `json:"abandon_queue"` // (abandoned + dropped) ÷ (connected + abandoned + dropped)
	Penetration  Rate `json:"penetration"`   // contacts attempted ÷ contacts
	Occupancy    Rate `json:"occupancy"`     // (talk + wrap-up) ÷ logged-in seconds of agents
}

// Seconds are sums.
type Seconds struct {
	Ring float64 `json:"ring"` // from the claim to the answer, or to the end without one
	Wait float64 `json:"wait"` // from the answer to the agent, or to the end without one
	Talk float64 `json:"talk"` // with an agent
}

func rate(num, den float64) Rate {
	r := Rate{Num: num, Den: den}
	if den != 0 {
		r.Value = num / den
	}
	return r
}

// Build reports what the store holds. It fails if the numbers of a campaign do
// not add up: a report that lies is worse than none.
func Build(s store.Store, q Query) ([]Row, error) {
	if q.By == "" {
		q.By = "campaign"
	}
	if !slices.Contains(Groupings, q.By) {
		return nil, fmt.Errorf("cannot report by %q; by what is one of %v", q.By, Groupings)
	}
	switch {
	case q.By == "hour":
		q.Interval = time.Hour
	case q.By == "interval" && q.Interval == 0:
		q.Interval = DefaultInterval
	case q.By == "interval" && !slices.Contains(Intervals, q.Interval):
		return nil, fmt.Errorf("cannot report by intervals of %v; there are those of %v", q.Interval, Intervals)
	}
	names, err := q.campaigns(s)
	if err != nil {
		return nil, err
	}
	rows := []Row{}
	for _, name := range names {
		c, err := s.Counters(name)
		if err != nil {
			return nil, err
		}
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("campaign %s: the numbers do not add up: %w", name, err)
		}
		grouped := []Row{rowOf(name, &c, q)}
		if q.By != "campaign" || q.bounded() {
			if grouped, err = group(s, name, &c, q); err != nil {
				return nil, err
			}
		}
		if q.By == "campaign" && !q.Now.IsZero() {
			if grouped[0].Limits, err = limits(s, name, q); err != nil {
				return nil, err
			}
		}
		rows = append(rows, grouped...)
	}
	return rows, nil
}

// bounded tells that not all attempts are asked for.
func (q *Query) bounded() bool { return !q.From.IsZero() || !q.To.IsZero() }

// campaigns are the names that q is about.
func (q *Query) campaigns(s store.Store) ([]string, error) {
	known, err := s.Campaigns()
	if err != nil {
		return nil, err
	}
	for name := range q.Configured {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	if q.Campaign == "" {
		return known, nil
	}
	if !slices.Contains(known, q.Campaign) {
		return nil, &UnknownCampaign{q.Campaign, known}
	}
	return []string{q.Campaign}, nil
}

// UnknownCampaign says that the store has nothing of a campaign.
type UnknownCampaign struct {
	Name  string
	Known []string
}

func (e *UnknownCampaign) Error() string { return fmt.Sprintf("no campaign %q", e.Name) }

// Hint says which there are.
func (e *UnknownCampaign) Hint() string {
	if len(e.Known) == 0 {
		return "the store holds none yet; a campaign appears once its first list has been loaded"
	}
	return "there are: " + strings.Join(e.Known, ", ")
}

func rowOf(name string, c *store.Counters, q Query) Row {
	r := Row{
		Campaign: name,
		From:     stamp(q.From, c.First), To: stamp(q.To, c.Last),
		Contacts: map[string]int64{},
		Attempts: Attempts{Total: c.Attempts, InFlight: c.Outcomes[campaign.InFlight], ByOutcome: map[string]int64{}},
		ByCause:  map[string]int64{},
	}
	var contacts, answered int64
	for s := range campaign.NumStates {
		r.Contacts[campaign.ContactState(s).String()] = c.Contacts[s]
		contacts += c.Contacts[s]
	}
	r.Contacts["total"] = contacts
	for _, o := range campaign.Outcomes() {
		r.Attempts.ByOutcome[o.String()] = c.Outcomes[o]
		if o.Answered() {
			answered += c.Outcomes[o]
		}
	}
	for cause, n := range c.Causes {
		r.ByCause[strconv.Itoa(int(cause))] = n
	}
	connected := c.Outcomes[campaign.Connected]
	gaveUp := c.Outcomes[campaign.Abandoned] + c.Outcomes[campaign.Dropped]
	live := float64(connected + gaveUp)
	attempts := float64(c.Attempts)
	busy := c.Talk + time.Duration(connected)*q.Configured[name].Wrapup
	r.Rates = Rates{
		Answer:       rate(float64(answered), attempts),
		Connect:      rate(float64(connected), attempts),
		Abandon:      rate(float64(c.Late), live),
		AbandonQueue: rate(float64(gaveUp), live),
		Penetration:  rate(float64(c.Attempted), float64(contacts)),
		Occupancy:    rate(round(busy), round(c.AgentTime)),
	}
	if c.AgentTime == 0 {
		r.Rates.Occupancy = Rate{}
	}
	if contacts == 0 {
		r.Rates.Penetration = Rate{}
	}
	r.Seconds = Seconds{round(c.Ring), round(c.Wait), round(c.Talk)}
	return r
}

// round gives seconds to the millisecond.
func round(d time.Duration) float64 { return float64(d.Milliseconds()) / 1e3 }

func stamp(asked, seen time.Time) string {
	if asked.IsZero() {
		asked = seen
	}
	if asked.IsZero() {
		return ""
	}
	return asked.Format(time.RFC3339)
}
