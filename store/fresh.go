package store

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// freshRange is what is left of a lane of a large load: the contacts from next to
// last that are pending, in the lane and due at due. They are in no other due
// index, and need none, because they are due in the order of their ids. Whatever
// else becomes of one of them makes it no member any more. Between them are those
// of the load's other lanes, which have ranges of their own or are in the index.
type freshRange struct {
	first, next, last, due uint64
	lane                   string
}

func readRanges(b *bbolt.Bucket) (all []freshRange, err error) {
	if b == nil {
		return nil, nil
	}
	err = b.ForEach(func(k, v []byte) error {
		first, err := uint64Of(k)
		d := decode(v)
		r := freshRange{first, d.uint(), d.uint(), d.uint(), plainLane}
		if len(d.b) > 0 { // schema 2 had no lanes
			r.lane = d.string()
		}
		if err != nil || d.err != nil || len(r.lane) < len(plainLane) {
			return fmt.Errorf("%w: fresh contacts", errRecord)
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

func (p *parts) putRange(r *freshRange) error {
	if r.next > r.last {
		return p.fresh.Delete(key64(r.first))
	}
	e := encoder{recordVersion}
	e.uint(r.next)
	e.uint(r.last)
	e.uint(r.due)
	e.string(r.lane)
	return p.fresh.Put(key64(r.first), e)
}

// isFresh reports whether a contact that is due is in a range.
func (p *parts) isFresh(c *campaign.Contact) bool {
	if c.State != campaign.Pending {
		return false
	}
	for i := range p.ranges {
		if r := &p.ranges[i]; r.next <= c.ID && c.ID <= r.last && r.due == nanos(c.Due) && r.has(c) {
			return true
		}
	}
	return false
}

// has reports whether a contact is in the range's lane.
func (r *freshRange) has(c *campaign.Contact) bool {
	return r.lane[0] == levelOf(c) && r.lane[1] == campaign.ClassOf(c) && zoneOf(r.lane) == c.Zone
}

const (
	// A lane of a load becomes a range unless its contacts are so far apart that
	// walking over the others would take longer than finding them in an index.
	sparsest = 256
	// maxRanges bounds those of one load.
	maxRanges = 256
)

// laneTally counts the contacts of a load by their lanes.
type laneTally struct {
	n    map[string]*laneCount
	rest bool // there are contacts beyond
}

type laneCount struct{ n, first, last uint64 }

// count counts a new contact, by its record.
func (t *laneTally) count(id uint64, record []byte, now uint64) error {
	lane := plainLane
	if record[0] != recordVersion {
		c, err := decodeContact(id, record)
		if err != nil {
			return err
		}
		if nanos(c.Due) != now {
			t.rest = true
			return nil
		}
		lane = string(appendLane(nil, &c))
	}
	l := t.n[lane]
	switch {
	case l == nil && len(t.n) == maxRanges:
		t.rest = true
		return nil
	case l == nil:
		if t.n == nil {
			t.n = map[string]*laneCount{}
		}
		l = &laneCount{first: id}
		t.n[lane] = l
	}
	l.n++
	l.last = id
	return nil
}

// ranges are those of the load; all says that every contact is in one.
func (t *laneTally) ranges(now uint64) (made []freshRange, all bool) {
	all = !t.rest
	for _, lane := range slices.Sorted(maps.Keys(t.n)) {
		l := t.n[lane]
		if l.n < (l.last-l.first+1)/sparsest {
			all = false
			continue
		}
		made = append(made, freshRange{l.first, l.first, l.last, now, lane})
	}
	return made, all
}

// timeOf is a time as it is kept in the due index.
func timeOf(at uint64) time.Time { return time.Unix(0, int64(at)) }
