// Package report turns stored counters and attempts into reports: one row type,
// many writers.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// Query says what to report.
type Query struct {
	Campaign string    // empty: every campaign the store knows
	By       string    // one of Groupings; empty: campaign
	From, To time.Time // attempts claimed in [From, To); zero: not bounded
	// Configured are the campaigns of the configuration, known even before
	// they have a contact, with their wrap-up times, for occupancy.
	Configured map[string]time.Duration
}

// Groupings are the values of Query.By.
var Groupings = []string{"campaign", "list", "hour", "attempt", "outcome", "cause", "agent"}

// Row is one line of a report: a campaign, or one group of its attempts.
//
// Contacts are counted for whole campaigns and lists only. Seconds are sums
// over the row's attempts.
type Row struct {
	Campaign string           `json:"campaign"`
	By       string           `json:"by,omitempty"`
	Key      string           `json:"key,omitempty"`
	From     string           `json:"from"` // RFC 3339: first claim, or the query's bound
	To       string           `json:"to"`
	Contacts map[string]int64 `json:"contacts,omitempty"`
	Attempts Attempts         `json:"attempts"`
	ByCause  map[string]int64 `json:"by_cause"`
	Rates    Rates            `json:"rates"`
	Seconds  Seconds          `json:"seconds"`
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
		if q.By == "campaign" && q.From.IsZero() && q.To.IsZero() {
			rows = append(rows, rowOf(name, &c, q))
			continue
		}
		grouped, err := group(s, name, &c, q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, grouped...)
	}
	return rows, nil
}

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

func (e *UnknownCampaign) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("no campaign %q: the store holds none yet", e.Name)
	}
	return fmt.Sprintf("no campaign %q; there are %v", e.Name, e.Known)
}

// group sums attempts one by one.
func group(s store.Store, name string, whole *store.Counters, q Query) ([]Row, error) {
	groups := map[string][]campaign.Attempt{}
	for a, err := range s.Attempts(name, q.From, q.To) {
		if err != nil {
			return nil, err
		}
		k := keyOf(&a, q.By)
		groups[k] = append(groups[k], a)
	}
	contacts := map[string]*[campaign.NumStates]int64{}
	switch q.By {
	case "campaign":
		contacts[""] = &whole.Contacts
		if _, ok := groups[""]; !ok {
			groups[""] = nil
		}
	case "list":
		for c, err := range s.Contacts(name) {
			if err != nil {
				return nil, err
			}
			if contacts[c.List] == nil {
				contacts[c.List] = new([campaign.NumStates]int64)
			}
			contacts[c.List][c.State]++
			if _, ok := groups[c.List]; !ok {
				groups[c.List] = nil
			}
		}
	}
	var rows []Row
	for k, attempts := range groups {
		c := store.Tally(attempts)
		if n := contacts[k]; n != nil {
			c.Contacts = *n
		}
		if q.By == "campaign" && q.From.IsZero() && q.To.IsZero() {
			c.AgentTime = whole.AgentTime
		}
		r := rowOf(name, &c, q)
		if q.By != "campaign" {
			r.By, r.Key = q.By, k
		}
		if contacts[k] == nil {
			r.Contacts = nil
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		// Numbers by value: cause 3 before cause 17, attempt 2 before 10.
		x, errX := strconv.Atoi(a.Key)
		y, errY := strconv.Atoi(b.Key)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return rows, nil
}

func keyOf(a *campaign.Attempt, by string) string {
	switch by {
	case "list":
		return a.List
	case "hour":
		return a.Claimed.Format("2006-01-02 15:00")
	case "attempt":
		return strconv.Itoa(a.Pass)
	case "outcome":
		return a.Outcome.String()
	case "cause":
		return strconv.Itoa(int(a.Cause))
	case "agent":
		return a.Agent
	}
	return ""
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
	busy := c.Talk + time.Duration(connected)*q.Configured[name]
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
