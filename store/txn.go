package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// txn is a transaction and the campaigns it works on.
type txn struct {
	tx       *bbolt.Tx
	instance string
	parts    map[string]*parts
	dnc      []dncParts // fetched once; nil until it is needed
	heads    map[string]*laneHeads
}

// parts are the buckets of a campaign in a transaction, fetched once, and its
// counters, written back once.
type parts struct {
	camp     string
	root     *bbolt.Bucket
	contacts *bbolt.Bucket
	keys     *bbolt.Bucket
	numbers  *bbolt.Bucket
	due      *bbolt.Bucket
	expiring *bbolt.Bucket
	attempts *bbolt.Bucket
	inFlight *bbolt.Bucket
	lists    *bbolt.Bucket
	batches  *bbolt.Bucket
	fresh    *bbolt.Bucket
	leaving  *bbolt.Bucket
	rollups  *bbolt.Bucket
	purged   *bbolt.Bucket
	staged   *bbolt.Bucket // changes that were decided on; nil if there are none
	undoing  *undoing      // nil if there is none
	indexing *indexing     // nil if all are indexed
	ranges   []freshRange  // of the bucket fresh
	heads    *laneHeads    // nil until they are needed
	counters *Counters     // nil until they are needed
	groups   sums          // rollups
	gone     sums          // purged
}

func (s *Bolt) view(do func(*txn) error) error {
	err := guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { return do(&txn{tx: tx, instance: s.instance}) })
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// campaign returns the parts of a campaign, nil if the store does not know it.
// Where the transaction only reads, single buckets may be nil too.
func (t *txn) campaign(name string) (*parts, error) {
	if p := t.parts[name]; p != nil {
		return p, nil
	}
	root := t.tx.Bucket(bCampaigns).Bucket([]byte(name))
	if root == nil {
		return nil, nil
	}
	return t.fetch(name, root)
}

// makeCampaign returns the parts of a campaign, and makes what is missing.
func (t *txn) makeCampaign(name string) (*parts, error) {
	if p := t.parts[name]; p != nil {
		return p, nil
	}
	root, err := t.tx.Bucket(bCampaigns).CreateBucketIfNotExists([]byte(name))
	if err != nil {
		return nil, err
	}
	return t.fetch(name, root)
}

func (t *txn) fetch(name string, root *bbolt.Bucket) (*parts, error) {
	p := &parts{camp: name, root: root, heads: t.heads[name]}
	for _, part := range p.buckets() {
		if !t.tx.Writable() {
			*part.b = root.Bucket(part.name)
			continue
		}
		b, err := root.CreateBucketIfNotExists(part.name)
		if err != nil {
			return nil, err
		}
		*part.b = b
	}
	p.groups.b, p.gone.b = p.rollups, p.purged
	if root.Get(kDecided) != nil {
		p.staged = root.Bucket(bStaged)
	}
	if err := p.underWay(); err != nil {
		return nil, err
	}
	if t.parts == nil {
		t.parts = map[string]*parts{}
	}
	t.parts[name] = p
	return p, nil
}

// underWay reads what bulk work left to be done.
func (p *parts) underWay() (err error) {
	if v := p.root.Get(kUndoing); v != nil {
		if p.undoing, err = decodeUndoing(v); err != nil {
			return err
		}
	}
	if v := p.root.Get(kIndexing); v != nil {
		if p.indexing, err = decodeIndexing(v); err != nil {
			return err
		}
	}
	p.ranges, err = readRanges(p.fresh)
	return err
}

type part struct {
	name []byte
	b    **bbolt.Bucket
}

func (p *parts) buckets() [13]part {
	return [...]part{
		{bContacts, &p.contacts}, {bKeys, &p.keys}, {bNumbers, &p.numbers}, {bDue, &p.due},
		{bAttempts, &p.attempts}, {bInFlight, &p.inFlight}, {bLists, &p.lists}, {bBatches, &p.batches},
		{bFresh, &p.fresh}, {bLeaving, &p.leaving}, {bRollups, &p.rollups}, {bPurged, &p.purged},
		{bExpiring, &p.expiring},
	}
}

func (t *txn) eachCampaign(do func(*parts) error) error {
	return t.tx.Bucket(bCampaigns).ForEachBucket(func(name []byte) error {
		p, err := t.campaign(string(name))
		if err != nil {
			return err
		}
		return do(p)
	})
}

// count returns the counters, for changing.
func (p *parts) count() (*Counters, error) {
	if p.counters == nil {
		c, err := p.readCounters()
		if err != nil {
			return nil, err
		}
		p.counters = &c
	}
	return p.counters, nil
}

func (p *parts) readCounters() (c Counters, err error) {
	if v := p.root.Get(kCounters); v != nil {
		if c, err = decodeCounters(v); err != nil {
			err = fmt.Errorf("counters of campaign %s: %w", p.camp, err)
		}
	}
	return c, err
}

// flush writes the counters that were changed.
func (t *txn) flush() error {
	for _, p := range t.parts {
		if p.counters != nil {
			if err := p.root.Put(kCounters, encodeCounters(p.counters)); err != nil {
				return err
			}
		}
		if err := errors.Join(p.groups.flush(), p.gone.flush()); err != nil {
			return err
		}
	}
	return nil
}

// contact reads the contact that must be there.
func (p *parts) contact(id uint64) (campaign.Contact, error) {
	c, err := decodeContact(id, p.contacts.Get(key64(id)))
	if err != nil {
		return c, fmt.Errorf("contact %d of campaign %s: %w", id, p.camp, err)
	}
	return c, nil
}

// putContact writes a contact, its places in the indexes of those due and the counters.
// old is what is stored now, nil for a new contact.
func (p *parts) putContact(old *campaign.Contact, c *campaign.Contact) error {
	if old != nil {
		if err := p.forget(old); err != nil {
			return err
		}
	}
	if err := p.countContacts(c.List, c.State, 1); err != nil {
		return err
	}
	if isDue(c) {
		if err := p.index(c); err != nil {
			return err
		}
	}
	return p.contacts.Put(key64(c.ID), encodeContact(c))
}

// forget takes a contact out of the due index and the counters.
func (p *parts) forget(c *campaign.Contact) error {
	if err := p.countContacts(c.List, c.State, -1); err != nil {
		return err
	}
	if !isDue(c) {
		return nil
	}
	if nanos(c.Expires) > 0 {
		if err := p.expiring.Delete(expiringKey(c)); err != nil {
			return err
		}
	}
	if p.isFresh(c) {
		return nil
	}
	key := dueKey(c)
	p.heads.touch(key)
	return p.due.Delete(key)
}

// index enters a contact that is due where such are looked for.
func (p *parts) index(c *campaign.Contact) error {
	if nanos(c.Expires) > 0 {
		if err := p.expiring.Put(expiringKey(c), nil); err != nil {
			return err
		}
	}
	if p.isFresh(c) {
		return nil
	}
	key := dueKey(c)
	p.heads.touch(key)
	return p.due.Put(key, nil)
}

// countContacts books n contacts of a list in a state.
func (p *parts) countContacts(list string, state campaign.ContactState, n int64) error {
	all, err := p.count()
	if err != nil {
		return err
	}
	of, err := p.groups.of(groupKey(ByList, list))
	if err != nil {
		return err
	}
	all.Contacts[state] += n
	of.Contacts[state] += n
	return nil
}

func isDue(c *campaign.Contact) bool {
	return c.State == campaign.Pending || c.State == campaign.Waiting
}

func key64(v uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 16), v) }

// uint64Of reads what key64 wrote.
func uint64Of(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: not a number of 8 bytes", errRecord)
	}
	return binary.BigEndian.Uint64(b), nil
}
