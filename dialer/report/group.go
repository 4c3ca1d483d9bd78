package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// group sums a campaign's attempts by q.By: from the store's rollups, or, where
// only some of them are asked for, one by one.
func group(s store.Store, name string, whole *store.Counters, q Query) ([]Row, error) {
	groups := groups{}
	var err error
	if q.From.IsZero() && q.To.IsZero() {
		err = groups.roll(s, name, q.By)
	} else {
		err = groups.scan(s, name, q)
	}
	if err != nil {
		return nil, err
	}
	switch q.By {
	case "campaign":
		groups.of("").Contacts = whole.Contacts
	case "list":
		// The contacts are those of now, whenever the attempts were.
		for r, err := range s.Rollups(name, store.ByList) {
			if err != nil {
				return nil, err
			}
			groups.of(r.Key).Contacts = r.Contacts
		}
	}
	rows := make([]Row, 0, len(groups))
	for k, t := range groups {
		r := rowOf(name, &t.Counters, q)
		if q.By != "campaign" {
			r.By, r.Key = q.By, k
		}
		if q.By != "campaign" && q.By != "list" {
			r.Contacts = nil
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, compareKeys)
	return rows, nil
}

// groups are sums by the keys of their rows.
type groups map[string]*tally

func (g groups) of(key string) *tally {
	if g[key] == nil {
		g[key] = &tally{}
	}
	return g[key]
}

// rolled are the store's groups that reports have.
var rolled = map[string]store.Group{
	"list": store.ByList, "hour": store.ByQuarter, "attempt": store.ByPass,
	"outcome": store.ByOutcome, "cause": store.ByCause, "agent": store.ByAgent,
}

// roll takes the sums of the store. An hour is that of this machine's zone, and
// made of quarters.
func (g groups) roll(s store.Store, name, by string) error {
	for r, err := range s.Rollups(name, rolled[by]) {
		if err != nil {
			return err
		}
		if by == "hour" {
			r.Key = hourOf(r.Start)
		}
		if r.Attempts > 0 {
			g.of(r.Key).Merge(&r.Counters)
		}
	}
	return nil
}

// scan sums attempts one by one. It keeps sums, never attempts: there may be
// millions.
func (g groups) scan(s store.Store, name string, q Query) error {
	for a, err := range s.Attempts(name, q.From, q.To) {
		if err != nil {
			return err
		}
		g.of(keyOf(&a, q.By)).add(&a)
	}
	return nil
}

// hourOf has the offset: in the night the clocks go back an hour comes twice.
func hourOf(t time.Time) string { return t.Format("2006-01-02T15:00:00Z07:00") }

func keyOf(a *campaign.Attempt, by string) string {
	switch by {
	case "list":
		return a.List
	case "hour":
		return hourOf(a.Claimed)
	case "attempt":
		return strconv.Itoa(a.Pass)
	case "outcome":
		return a.Outcome.String()
	case "cause":
		// Of a call that has not ended there is none, and 0 is one.
		if a.Outcome == campaign.InFlight {
			return ""
		}
		return strconv.Itoa(int(a.Cause))
	case "agent":
		return a.Agent
	}
	return ""
}

// compareKeys sorts hours by time, causes and attempts by number, outcomes as
// every report lists them, and the rest by name.
func compareKeys(a, b Row) int {
	switch a.By {
	case "hour":
		x, _ := time.Parse(time.RFC3339, a.Key)
		y, _ := time.Parse(time.RFC3339, b.Key)
		return x.Compare(y)
	case "attempt", "cause":
		return cmp.Compare(atoi(a.Key), atoi(b.Key))
	case "outcome":
		x, _ := campaign.ParseOutcome(a.Key)
		y, _ := campaign.ParseOutcome(b.Key)
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a.Key, b.Key)
}

// atoi puts what is no number first.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// tally is store.Counters of some attempts, summed as they come by.
type tally struct {
	store.Counters
	seen bitset // contacts; their ids are small
}

func (t *tally) add(a *campaign.Attempt) {
	t.Attempts++
	if t.seen.add(a.Contact) {
		t.Attempted++
	}
	t.Outcomes[a.Outcome]++
	if a.Outcome == campaign.InFlight {
		return
	}
	if t.First.IsZero() || a.Claimed.Before(t.First) {
		t.First = a.Claimed
	}
	if a.Ended.After(t.Last) {
		t.Last = a.Ended
	}
	if t.Causes == nil {
		t.Causes = map[ami.Cause]int64{}
	}
	t.Causes[a.Cause]++
	if a.Late() {
		t.Late++
	}
	t.Ring += a.Ring()
	t.Wait += a.Wait()
	t.Talk += a.Talk()
}

// bitset is a set of small integers.
type bitset []uint64

// add reports whether i is new.
func (b *bitset) add(i uint64) bool {
	for uint64(len(*b)) <= i/64 {
		*b = append(*b, 0)
	}
	word, bit := &(*b)[i/64], uint64(1)<<(i%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
