package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// DNCName names a do-not-call list.
type DNCName struct {
	Campaign string `json:"campaign,omitempty"` // the only one that it bars from; empty: it bars from all
	List     string `json:"list"`
}

// DNCList is a do-not-call list.
type DNCList struct {
	DNCName
	Stamp    string    `json:"stamp,omitempty"` // as SetDNC was given it
	Numbers  int       `json:"numbers"`
	Prefixes int       `json:"prefixes"`
	Changed  time.Time `json:"changed"`
}

// FromFile reports whether SetDNC gave the list a stamp: it holds what a file
// holds, and what else is done to it does not last.
func (l *DNCList) FromFile() bool { return l.Stamp != "" }

// DNCHit is an entry of a do-not-call list that bars a number.
type DNCHit struct {
	DNCName
	Entry string    `json:"entry"`          // the number, or a prefix of it and *
	Since time.Time `json:"since,omitzero"` // zero: not known
}

// dncParts are the buckets of a do-not-call list in a transaction.
type dncParts struct {
	name     DNCName
	root     *bbolt.Bucket
	numbers  *bbolt.Bucket
	prefixes *bbolt.Bucket // nil if it has none
}

func (n DNCName) key() []byte { return []byte(n.Campaign + "\x00" + n.List) }

func (n DNCName) String() string {
	if n.Campaign == "" {
		return n.List
	}
	return n.List + " of campaign " + n.Campaign
}

// bars reports whether the list is about a campaign.
func (n DNCName) bars(camp string) bool { return n.Campaign == "" || n.Campaign == camp }

// dncLists are all do-not-call lists.
func (t *txn) dncLists() ([]dncParts, error) {
	if t.dnc != nil {
		return t.dnc, nil
	}
	all := []dncParts{}
	barred := t.tx.Bucket(bBarred)
	err := barred.ForEachBucket(func(key []byte) error {
		camp, list, ok := strings.Cut(string(key), "\x00")
		d := dncParts{name: DNCName{camp, list}, root: barred.Bucket(key)}
		d.numbers, d.prefixes = d.root.Bucket(bDNC), d.root.Bucket(bPrefixes)
		if !ok || d.numbers == nil || d.prefixes == nil {
			return fmt.Errorf("%w: do-not-call list %q", errRecord, key)
		}
		if k, _ := d.prefixes.Cursor().First(); k == nil {
			d.prefixes = nil
		}
		all = append(all, d)
		return nil
	})
	if err == nil {
		t.dnc = all
	}
	return all, err
}

// barred reports whether a number is on a do-not-call list of a campaign.
func (t *txn) barred(camp, number string) (bool, error) {
	lists, err := t.dncLists()
	if err != nil {
		return false, err
	}
	for i := range lists {
		if d := &lists[i]; d.name.bars(camp) && (d.numbers.Get([]byte(number)) != nil || d.prefix(number, func([]byte, int) bool { return true })) {
			return true, nil
		}
	}
	return false, nil
}

// allBarred reports whether all of a contact's numbers are barred.
func (t *txn) allBarred(camp string, c *campaign.Contact) (bool, error) {
	for i := range c.Numbers {
		if barred, err := t.barred(camp, c.Numbers[i].Number); !barred || err != nil {
			return false, err
		}
	}
	return true, nil
}

// prefix calls found with each prefix of a number that the list holds until it
// returns true.
func (d *dncParts) prefix(number string, found func(since []byte, n int) bool) bool {
	if d.prefixes == nil {
		return false
	}
	for n := range len(number) {
		if v := d.prefixes.Get([]byte(number[:n+1])); v != nil && found(v, n+1) {
			return true
		}
	}
	return false
}

// makeDNC returns a do-not-call list, for changing.
func (t *txn) makeDNC(name DNCName) (d dncParts, err error) {
	t.dnc = nil // whatever was fetched before
	d.name = name
	if d.root, err = t.tx.Bucket(bBarred).CreateBucketIfNotExists(name.key()); err != nil {
		return d, err
	}
	if d.numbers, err = d.root.CreateBucketIfNotExists(bDNC); err != nil {
		return d, err
	}
	d.prefixes, err = d.root.CreateBucketIfNotExists(bPrefixes)
	return d, err
}

func (d *dncParts) about() (l DNCList, err error) {
	if v := d.root.Get(kAbout); v != nil {
		err = json.Unmarshal(v, &l)
	}
	l.DNCName = d.name
	return l, err
}

func (d *dncParts) describe(l *DNCList) error {
	v, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return d.root.Put(kAbout, v)
}

// part is where an entry is kept, and under which key.
func (d *dncParts) part(entry string) (b *bbolt.Bucket, key []byte, prefix bool) {
	if p, ok := strings.CutSuffix(entry, "*"); ok {
		return d.prefixes, []byte(p), true
	}
	return d.numbers, []byte(entry), false
}

// put adds entries and returns how many are new.
func (d *dncParts) put(now time.Time, entries []string) (added int, err error) {
	l, err := d.about()
	if err != nil {
		return 0, err
	}
	since := key64(nanos(now))
	d.numbers.FillPercent = 0.9 // a file's come in their order
	for _, e := range entries {
		b, key, prefix := d.part(e)
		if b.Get(key) != nil {
			continue
		}
		if err := b.Put(key, since); err != nil {
			return 0, err
		}
		added++
		l.count(prefix, 1)
	}
	if added == 0 {
		return 0, nil
	}
	if l.Prefixes > maxPrefixes {
		return 0, errTooManyPrefixes
	}
	l.Changed = now
	return added, d.describe(&l)
}

func (l *DNCList) count(prefix bool, n int) {
	if prefix {
		l.Prefixes += n
	} else {
		l.Numbers += n
	}
}

// remove takes entries off.
func (d *dncParts) remove(now time.Time, entries []string) (gone []string, err error) {
	l, err := d.about()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, key, prefix := d.part(e)
		if b.Get(key) == nil {
			continue
		}
		if err := b.Delete(key); err != nil {
			return nil, err
		}
		gone = append(gone, e)
		l.count(prefix, -1)
	}
	if gone == nil {
		return nil, nil
	}
	l.Changed = now
	return gone, d.describe(&l)
}

// checkEntry refuses what can be no entry of a do-not-call list.
func checkEntry(list DNCName, e string) error {
	switch {
	case list.List == "" || strings.Contains(list.Campaign+list.List, "\x00"):
		return errors.New("store: a do-not-call list needs a name")
	case e == "*":
		return errors.New("store: * alone would bar every number")
	case e == "" || len(e) > maxIdentity:
		return fmt.Errorf("store: %q is neither a number nor a prefix with * behind it", e)
	}
	return nil
}

func checkEntries(list DNCName, entries []string) error {
	err := checkEntry(list, "0")
	for _, e := range entries {
		err = errors.Join(err, checkEntry(list, e))
	}
	return err
}

// AddDNC implements Store.
func (s *Bolt) AddDNC(list DNCName, now time.Time, entries ...string) (added int, err error) {
	if err := checkEntries(list, entries); err != nil {
		return 0, err
	}
	err = s.change(func(t *txn) error {
		d, err := t.makeDNC(list)
		if err != nil {
			return err
		}
		if err := d.refuseFile(); err != nil {
			return err
		}
		added, err = d.put(now, entries)
		return err
	})
	return added, err
}

// refuseFile refuses to change by hand what is read from a file.
func (d *dncParts) refuseFile() error {
	l, err := d.about()
	if err == nil && l.FromFile() {
		err = fmt.Errorf("do-not-call list %s: %w", d.name, ErrDNCFile)
	}
	return err
}

// RemoveDNC implements Store.
func (s *Bolt) RemoveDNC(list DNCName, now time.Time, entries ...string) (removed int, err error) {
	if err := checkEntries(list, entries); err != nil {
		return 0, err
	}
	s.dncBulk.Lock()
	defer s.dncBulk.Unlock()
	return s.removeDNC(list, now, entries, (*dncParts).refuseFile)
}

// removeDNC takes entries off a list that may be changed.
func (s *Bolt) removeDNC(list DNCName, now time.Time, entries []string, may func(*dncParts) error) (removed int, err error) {
	var gone []string
	err = s.change(func(t *txn) error {
		gone = nil
		if t.tx.Bucket(bBarred).Bucket(list.key()) == nil {
			return nil
		}
		d, err := t.makeDNC(list)
		if err != nil {
			return err
		}
		if err := may(&d); err != nil {
			return err
		}
		if gone, err = d.remove(now, entries); err != nil {
			return err
		}
		t.dnc = nil
		return t.giveBack(list, now, gone)
	})
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	s.unbarred.Add(1)
	for _, e := range gone {
		if prefix, ok := strings.CutSuffix(e, "*"); ok {
			if err := s.giveBackPrefix(list, now, prefix); err != nil {
				return 0, err
			}
		}
	}
	return len(gone), nil
}

// giveBack makes the contacts due again that have one of the numbers, in the
// campaigns that a list was about, unless something else bars all of theirs. A
// contact with the state dnc was due when it was barred, so due is what it is then.
func (t *txn) giveBack(list DNCName, now time.Time, numbers []string) error {
	return t.eachCampaign(func(p *parts) error {
		if !list.bars(p.camp) {
			return nil
		}
		for _, number := range numbers {
			if err := t.giveBackNumber(p, now, p.numbers.Get([]byte(number))); err != nil {
				return err
			}
		}
		return nil
	})
}

// giveBackNumber is giveBack for what the index of numbers has.
func (t *txn) giveBackNumber(p *parts, now time.Time, v []byte) error {
	ids, err := idsOf(v)
	for _, id := range ids {
		if err == nil {
			err = t.giveBackContact(p, now, id)
		}
	}
	return err
}

func (t *txn) giveBackContact(p *parts, now time.Time, id uint64) error {
	if id > p.contacts.Sequence() {
		return nil
	}
	c, err := p.contact(id)
	if err != nil || c.State != campaign.DNC {
		return err
	}
	if barred, err := t.allBarred(p.camp, &c); barred || err != nil {
		return err
	}
	was := c
	c.State, c.Due = again(&c), later(now, c.NotBefore)
	return p.putContact(&was, &c)
}

// giveBackPrefix is giveBack for all the numbers that begin with a prefix.
func (s *Bolt) giveBackPrefix(list DNCName, now time.Time, prefix string) error {
	names, err := s.Campaigns()
	if err != nil {
		return err
	}
	for _, camp := range names {
		if !list.bars(camp) {
			continue
		}
		for from := []byte(prefix); from != nil; {
			var next []byte
			err := s.change(func(t *txn) error {
				p, err := t.campaign(camp)
				if err != nil {
					return err
				}
				var all []entry
				all, next = entries(p.numbers, from, tidyChunk)
				for _, e := range all {
					if !bytes.HasPrefix(e.key, []byte(prefix)) {
						next = nil
						break
					}
					if err := t.giveBackNumber(p, now, e.value); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			from = next
		}
	}
	return nil
}

// DNCLists implements Store.
func (s *Bolt) DNCLists() (all []DNCList, err error) {
	err = s.view(func(t *txn) error {
		lists, err := t.dncLists()
		for i := range lists {
			l, e := lists[i].about()
			err = errors.Join(err, e)
			all = append(all, l)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return all, nil
}

// CheckDNC implements Store.
func (s *Bolt) CheckDNC(camp, number string) (hits []DNCHit, err error) {
	err = s.view(func(t *txn) error {
		lists, err := t.dncLists()
		for i := range lists {
			d := &lists[i]
			if camp != "" && !d.name.bars(camp) {
				continue
			}
			if v := d.numbers.Get([]byte(number)); v != nil {
				hits = append(hits, DNCHit{d.name, number, sinceOf(v)})
			}
			d.prefix(number, func(since []byte, n int) bool {
				hits = append(hits, DNCHit{d.name, number[:n] + "*", sinceOf(since)})
				return false
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return hits, nil
}

// sinceOf is the time of an entry; schema 1 kept none.
func sinceOf(v []byte) time.Time {
	if n, err := uint64Of(v); err == nil && n > 0 {
		return timeOf(n)
	}
	return time.Time{}
}
