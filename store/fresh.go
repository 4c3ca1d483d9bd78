package store

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// freshRange is what is left of a large load: the contacts from next to last
// that are pending and due at due. They are in no other due index, and need
// none, because they are due in the order of their ids. Whatever else becomes
// of one of them makes it no member any more.
type freshRange struct {
	first, next, last, due uint64
}

func readRanges(b *bbolt.Bucket) (all []freshRange, err error) {
	if b == nil {
		return nil, nil
	}
	err = b.ForEach(func(k, v []byte) error {
		first, err := uint64Of(k)
		d := decode(v)
		r := freshRange{first, d.uint(), d.uint(), d.uint()}
		if err != nil || d.err != nil {
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
	return p.fresh.Put(key64(r.first), e)
}

// isFresh reports whether a contact that is due is in a range.
func (p *parts) isFresh(c *campaign.Contact) bool {
	if c.State != campaign.Pending {
		return false
	}
	for i := range p.ranges {
		if r := &p.ranges[i]; r.next <= c.ID && c.ID <= r.last && r.due == nanos(c.Due) {
			return true
		}
	}
	return false
}

// dueScan reads the contacts of a campaign in the order in which they are due,
// from the due index and the fresh ranges.
type dueScan struct {
	p      *parts
	due    *bbolt.Cursor
	at, id uint64 // of the due index's next
	left   bool   // there is one
	fresh  []freshScan
	looked int // at records of ranges
}

type freshScan struct {
	r    freshRange // next is where the scan is
	cur  *bbolt.Cursor
	here campaign.Contact
}

// maxLooked bounds the records of ranges that one scan looks at: whole parts of
// a list may be barred or removed.
const maxLooked = 50_000

func (p *parts) scanDue() (*dueScan, error) {
	s := &dueScan{p: p, due: p.due.Cursor()}
	k, _ := s.due.First()
	if err := s.set(k); err != nil {
		return nil, err
	}
	for _, r := range p.ranges {
		f := freshScan{r: r, cur: p.contacts.Cursor()}
		k, v := f.cur.Seek(key64(r.next))
		if err := s.find(&f, k, v); err != nil {
			return nil, err
		}
		s.fresh = append(s.fresh, f)
	}
	return s, nil
}

func (s *dueScan) set(k []byte) (err error) {
	if s.left = k != nil; s.left {
		s.at, s.id, err = splitDue(k)
	}
	return err
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
		if f.r.next = id; s.p.isFresh(&c) || s.looked > maxLooked {
			f.here = c
			return nil
		}
	}
	f.r.next = f.r.last + 1
	return nil
}

// first is the range whose next contact is due before all others, nil if it is
// that of the due index. ok is false if there is none at all.
func (s *dueScan) first() (f *freshScan, at, id uint64, ok bool) {
	at, id, ok = s.at, s.id, s.left
	for i := range s.fresh {
		g := &s.fresh[i]
		if g.r.next <= g.r.last && (!ok || g.r.due < at || g.r.due == at && g.r.next < id) {
			f, at, id, ok = g, g.r.due, g.r.next, true
		}
	}
	return f, at, id, ok
}

// contact reads the contact that first told of.
func (s *dueScan) contact(f *freshScan, at, id uint64) (c campaign.Contact, err error) {
	if f != nil {
		return f.here, nil
	}
	if c, err = s.p.contact(id); err != nil {
		return c, err
	}
	if !isDue(&c) || nanos(c.Due) != at || s.p.isFresh(&c) {
		// Dialing it could be calling somebody twice.
		return c, fmt.Errorf("%w: contact %d of campaign %s is %s, but in the due index", errRecord, id, s.p.camp, c.State)
	}
	return c, nil
}

// next passes over the contact that first told of.
func (s *dueScan) next(f *freshScan) error {
	if f == nil {
		k, _ := s.due.Next()
		return s.set(k)
	}
	k, v := f.cur.Next()
	return s.find(f, k, v)
}

// keep writes down how far the ranges were read, once those passed over are no
// members any more.
func (s *dueScan) keep() error {
	var left []freshRange
	for i := range s.fresh {
		r := s.fresh[i].r
		if r != s.p.ranges[i] {
			if err := s.p.putRange(&r); err != nil {
				return err
			}
		}
		if r.next <= r.last {
			left = append(left, r)
		}
	}
	s.p.ranges = left
	return nil
}

// timeOf is a time as it is kept in the due index.
func timeOf(at uint64) time.Time { return time.Unix(0, int64(at)) }
