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
	if _, ok := rolled[q.By]; ok && !q.bounded() {
		err = groups.roll(s, name, q)
	} else {
		err = groups.scan(s, name, q)
	}
	if err != nil {
		return nil, err
	}
	switch q.By {
	case "campaign":
		groups.of(groupKey{}).Contacts = whole.Contacts
	case "list":
		// The contacts are those of now, whenever the attempts were.
		for r, err := range s.Rollups(name, store.ByList) {
			if err != nil {
				return nil, err
			}
			groups.of(groupKey{key: r.Key}).Contacts = r.Contacts
		}
	}
	rows := make([]Row, 0, len(groups))
	for k, t := range groups {
		r := rowOf(name, &t.Counters, q)
		if q.By != "campaign" {
			r.By, r.Key, r.Hour = q.By, k.key, k.hour
		}
		if q.By != "campaign" && q.By != "list" {
			r.Contacts = nil
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, compareKeys)
	return rows, nil
}

// groupKey tells a campaign's groups apart.
type groupKey struct{ key, hour string }

// groups are sums by the keys of their rows.
type groups map[groupKey]*tally

func (g groups) of(key groupKey) *tally {
	if g[key] == nil {
		g[key] = &tally{}
	}
	return g[key]
}

// rolled are the store's groups that reports have. The attempts of the others
// are looked at one by one, so they are without those that were purged.
var rolled = map[string]store.Group{
	"list": store.ByList, "interval": store.ByQuarter, "hour": store.ByQuarter, "attempt": store.ByPass,
	"outcome": store.ByOutcome, "cause": store.ByCause, "agent": store.ByAgent,
}

// roll takes the sums of the store. Intervals are made of quarters.
func (g groups) roll(s store.Store, name string, q Query) error {
	for r, err := range s.Rollups(name, rolled[q.By]) {
		if err != nil {
			return err
		}
		if q.Interval > 0 {
			r.Key = intervalOf(r.Start, q.Interval)
		}
		if r.Attempts > 0 {
			g.of(groupKey{key: r.Key}).Merge(&r.Counters)
		}
	}
	return nil
}

// scan sums attempts one by one. It keeps sums, never attempts: there may be
// millions. Only rows that count contacts remember which were attempted, or
// there would be a set of them for every quarter of an hour.
func (g groups) scan(s store.Store, name string, q Query) error {
	contacts := q.By == "campaign" || q.By == "list"
	for a, err := range s.Attempts(name, q.From, q.To) {
		if err != nil {
			return err
		}
		t := g.of(keyOf(&a, q))
		t.add(&a)
		if contacts && t.seen.add(a.Contact) {
			t.Attempted++
		}
	}
	return nil
}

// intervalOf is the beginning of the interval of an hour that t is in, on the
// clocks of this machine's zone. It has the offset: in the night they go back an
// hour comes twice.
func intervalOf(t time.Time, length time.Duration) string {
	into := time.Duration(t.Minute()) * time.Minute % length
	return t.Add(-into).Format("2006-01-02T15:04:00Z07:00")
}

func keyOf(a *campaign.Attempt, q Query) (k groupKey) {
	switch q.By {
	case "list":
		k.key = a.List
	case "interval", "hour":
		k.key = intervalOf(a.Claimed, q.Interval)
	case "attempt":
		k.key = strconv.Itoa(a.Pass)
	case "yield":
		k = groupKey{strconv.Itoa(a.Pass), a.Claimed.Format("15:00")}
	case "outcome":
		k.key = a.Outcome.String()
	case "cause":
		// Of a call that has not ended there is none, and 0 is one.
		if a.Outcome != campaign.InFlight {
			k.key = strconv.Itoa(int(a.Cause))
		}
	case "agent":
		k.key = a.Agent
	case "caller_id":
		k.key = a.CallerID
	case "number_type":
		k.key = a.Type
	}
	return k
}

// compareKeys sorts intervals by time, causes and attempts by number, outcomes
// as every report lists them, and the rest by name.
func compareKeys(a, b Row) int {
	switch a.By {
	case "interval", "hour":
		x, _ := time.Parse(time.RFC3339, a.Key)
		y, _ := time.Parse(time.RFC3339, b.Key)
		return x.Compare(y)
	case "attempt", "yield", "cause":
		return cmp.Or(cmp.Compare(atoi(a.Key), atoi(b.Key)), cmp.Compare(a.Hour, b.Hour))
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
	if a.Slow() {
		t.Slow++
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
