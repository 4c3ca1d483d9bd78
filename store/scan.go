package store

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// dueScan reads the contacts of a campaign that are due, lane by lane, from the
// due index and the fresh ranges.
type dueScan struct {
	p      *parts
	take   *campaign.Take
	zones  map[string]float64 // that are open, and their factors
	lanes  []*laneScan        // by their keys
	fresh  []*freshScan
	looked int // at records of ranges
}

// laneScan is where the scan is in a lane.
type laneScan struct {
	key    string
	open   bool          // its contacts may be called
	chance float64       // to be answered, of its contacts
	cur    *bbolt.Cursor // in the due index; nil until the scan moves
	at, id uint64        // of the due index's next
	left   bool          // there is one
	fresh  []*freshScan
	back   uint64 // when the first is due of those that came back; 0: none
}

type freshScan struct {
	r    freshRange    // next is where the scan is
	cur  *bbolt.Cursor // nil until it is looked at
	here campaign.Contact
}

// maxLooked bounds the records of ranges that one scan looks at: whole parts of
// a list may be barred or removed, or of other lanes.
const maxLooked = 50_000

// scanDue finds the lanes.
func (t *txn) scanDue(p *parts, take *campaign.Take) (*dueScan, error) {
	heads, err := t.headsOf(p)
	if err != nil {
		return nil, err
	}
	s := &dueScan{p: p, take: take, zones: make(map[string]float64, len(take.Zones))}
	for _, z := range take.Zones {
		s.zones[z.Name] = cmp.Or(max(0, z.Factor), 1)
	}
	all := make([]laneScan, len(heads))
	s.lanes = make([]*laneScan, len(heads), len(heads)+len(p.ranges))
	for i, h := range heads {
		l := &all[i]
		s.init(l, h.key)
		l.at, l.id, l.left = h.at, h.id, true
		s.lanes[i] = l
	}
	for _, r := range p.ranges {
		f := &freshScan{r: r}
		s.fresh = append(s.fresh, f)
		l := s.lane(r.lane)
		l.fresh = append(l.fresh, f)
	}
	return s, nil
}

// init makes l the scan of a lane.
func (s *dueScan) init(l *laneScan, key string) {
	factor, open := s.zones[zoneOf(key)]
	if !open {
		factor, open = 1, s.take.AllZones
	}
	l.key, l.open, l.chance = key, open, factor*cmp.Or(max(0, s.take.Chances[key[1]%campaign.NumClasses]), 1)
}

// lane is the one with a key, which may be new.
func (s *dueScan) lane(key string) *laneScan {
	i, ok := slices.BinarySearchFunc(s.lanes, key, func(l *laneScan, key string) int { return strings.Compare(l.key, key) })
	if !ok {
		l := &laneScan{}
		s.init(l, key)
		s.lanes = slices.Insert(s.lanes, i, l)
	}
	return s.lanes[i]
}

// find moves a range's scan to the first member from a record on.
func (s *dueScan) find(f *freshScan, k, v []byte) error {
	for ; k != nil; k, v = f.cur.Next() {
		id, err := uint64Of(k)
		if err != nil {
			return err
		}
		if id > f.r.last {
			break
		}
		c, err := decodeContact(id, v)
		if err != nil {
			return fmt.Errorf("contact %d of campaign %s: %w", id, s.p.camp, err)
		}
		s.looked++
		f.r.next = id
		if s.looked > maxLooked || c.State == campaign.Pending && nanos(c.Due) == f.r.due && f.r.has(&c) {
			f.here = c
			return nil
		}
	}
	f.r.next = f.r.last + 1
	return nil
}

// head is the first contact of a lane: the range that it is in, nil if it is in
// the due index. ok is false if there is none. Once the scan has looked at more
// than maxLooked records it need not be a member of its range.
func (s *dueScan) head(l *laneScan) (f *freshScan, at, id uint64, ok bool, err error) {
	at, id, ok = l.at, l.id, l.left
	for _, g := range l.fresh {
		if g.cur == nil && g.r.next <= g.r.last {
			g.cur = s.p.contacts.Cursor()
			k, v := g.cur.Seek(key64(g.r.next))
			if err := s.find(g, k, v); err != nil {
				return nil, 0, 0, false, err
			}
		}
		if g.r.next <= g.r.last && (!ok || cmp.Or(cmp.Compare(g.r.due, at), cmp.Compare(g.r.next, id)) < 0) {
			f, at, id, ok = g, g.r.due, g.r.next, true
		}
	}
	return f, at, id, ok, nil
}

// contact reads the contact that head told of.
func (s *dueScan) contact(l *laneScan, f *freshScan, at, id uint64) (c campaign.Contact, err error) {
	if f != nil {
		return f.here, nil
	}
	if c, err = s.p.contact(id); err != nil {
		return c, err
	}
	if !isDue(&c) || nanos(c.Due) != at || l.key != string(appendLane(nil, &c)) || s.p.isFresh(&c) {
		// Dialing it could be calling somebody twice.
		return c, fmt.Errorf("%w: contact %d of campaign %s is %s, but in the due index", errRecord, id, s.p.camp, c.State)
	}
	return c, nil
}

// next passes over the contact that head told of.
func (s *dueScan) next(l *laneScan, f *freshScan) (err error) {
	if f != nil {
		k, v := f.cur.Next()
		return s.find(f, k, v)
	}
	if l.cur == nil {
		l.cur = s.p.due.Cursor()
		l.cur.Seek(append(append([]byte(l.key), key64(l.at)...), key64(l.id)...))
	}
	k, _ := l.cur.Next()
	if l.left = k != nil; !l.left {
		return nil
	}
	lane, at, id, err := splitDue(k)
	l.at, l.id, l.left = at, id, string(lane) == l.key
	return err
}

// cameBack notes that a contact that was passed over is due again, maybe in another
// lane. If a range has it, that must not be kept as read beyond it.
func (s *dueScan) cameBack(c *campaign.Contact) {
	l := s.lane(string(appendLane(nil, c)))
	if s.p.isFresh(c) {
		for _, f := range l.fresh {
			if f.r.first <= c.ID && c.ID <= f.r.last {
				f.r.next = min(f.r.next, c.ID)
			}
		}
	}
	if at := max(nanos(c.Due), 1); l.back == 0 || at < l.back {
		l.back = at
	}
}

// first is when the first contact of a lane is due; false if there is none. A
// range that was not looked at counts as if it had one.
func (l *laneScan) first() (at uint64, ok bool) {
	at = math.MaxUint64
	if l.left {
		at = l.at
	}
	if l.back > 0 {
		at = min(at, l.back)
	}
	for _, f := range l.fresh {
		if f.r.next <= f.r.last {
			at = min(at, f.r.due)
		}
	}
	return at, at != math.MaxUint64
}

// keep writes down how far the ranges were read, once those passed over are no
// members any more.
func (s *dueScan) keep() error {
	var left []freshRange
	var errs error
	for i, f := range s.fresh {
		if f.r != s.p.ranges[i] {
			errs = errors.Join(errs, s.p.putRange(&f.r))
		}
		if f.r.next <= f.r.last {
			left = append(left, f.r)
		}
	}
	s.p.ranges = left
	return errs
}
