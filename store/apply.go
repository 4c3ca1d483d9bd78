package store

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// newContact is a row that becomes a contact.
type newContact struct {
	id     uint64
	record []byte
}

// pace is how many entries a load writes in one transaction, so that a claim
// waits no longer than chunkTime for it, whatever the disk and the order of the
// keys.
type pace int

const (
	chunkTime = 100 * time.Millisecond
	minChunk  = 1000
	maxChunk  = 50_000
)

// took adapts to how long the last chunk took.
func (n *pace) took(d time.Duration) {
	*n = pace(min(max(int64(*n)*int64(chunkTime)/max(int64(d), 1), minChunk, int64(*n)/2), maxChunk, int64(*n)*2))
}

// apply writes the new contacts and decides.
func (l *loading) apply() error {
	next := l.rows()
	chunk, err := l.chunk(nil, next, smallLoad)
	if err != nil {
		return err
	}
	if len(chunk) < smallLoad {
		return l.decide(chunk)
	}
	if err := l.stageRevisions(0); err != nil {
		return err
	}
	for n := pace(smallLoad); len(chunk) > 0; {
		began := time.Now()
		if err := l.put(func(p *parts) error { return p.putNew(chunk) }); err != nil {
			return err
		}
		n.took(time.Since(began))
		if chunk, err = l.chunk(chunk[:0], next, int(n)); err != nil {
			return err
		}
	}
	number := func(p *parts, e *entry) error { return p.numbers.Put(e.key, e.value) }
	if l.src.Numbers == PerList { // others may have it
		number = func(p *parts, e *entry) error { return p.hold(e.key, binary.BigEndian.Uint64(e.value)) }
	}
	if err := l.index(&l.numbers, "", func(p *parts) *bbolt.Bucket { return p.numbers }, number); err != nil {
		return err
	}
	if err := l.index(&l.keys, l.src.List+"\x00", func(p *parts) *bbolt.Bucket { return p.keys }, func(p *parts, e *entry) error { return p.keys.Put(e.key, e.value) }); err != nil {
		return err
	}
	return l.decide(nil)
}

// put does a part of what nobody sees before the decision.
func (l *loading) put(do func(*parts) error) error {
	return l.s.change(func(t *txn) error {
		p, err := t.makeCampaign(l.src.Campaign)
		if err != nil {
			return err
		}
		return do(p)
	})
}

// chunk reads up to n contacts.
func (l *loading) chunk(chunk []newContact, next func() (uint64, stagedRow, error), n int) ([]newContact, error) {
	for len(chunk) < n {
		id, row, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		l.batch.Added++
		if !l.callable.has(id - l.first) {
			l.batch.Barred++
			c, err := decodeContact(id, row.contact)
			if err != nil {
				return nil, err
			}
			c.State, c.Due = campaign.DNC, time.Time{}
			row.contact = encodeContact(&c)
		} else if err := l.lanes.count(id, row.contact, nanos(l.now)); err != nil {
			return nil, err
		}
		chunk = append(chunk, newContact{id, row.contact})
	}
	return chunk, nil
}

func (p *parts) putNew(chunk []newContact) error {
	p.contacts.FillPercent = 0.9 // keys ascend; a retry makes a contact a few bytes longer
	for _, c := range chunk {
		if err := p.contacts.Put(key64(c.id), c.record); err != nil {
			return err
		}
	}
	return nil
}

// index writes the entries of the new contacts in an index, in its own order.
func (l *loading) index(s *sorter, prefix string, of func(*parts) *bbolt.Bucket, enter func(*parts, *entry) error) error {
	n := pace(smallLoad)
	var all []entry
	put := func() error {
		began := time.Now()
		err := l.put(func(p *parts) error {
			of(p).FillPercent = 0.9 // keys ascend
			for i := range all {
				if err := enter(p, &all[i]); err != nil {
					return err
				}
			}
			return nil
		})
		n.took(time.Since(began))
		all = all[:0]
		return err
	}
	for k, err := range s.sorted() {
		if err != nil {
			return err
		}
		if row := uint64(k.value); l.refused.has(row) || l.joining.has(row) {
			continue
		}
		both := make([]byte, 0, len(prefix)+len(k.key)+8)
		both = append(append(both, prefix...), k.key...)
		e := entry{both, key64(l.first + uint64(k.value))}
		if all = append(all, e); len(all) >= int(n) {
			if err := put(); err != nil {
				return err
			}
		}
	}
	return put()
}

// decide makes the list the new one, in one transaction. contacts are those
// that were not written before.
func (l *loading) decide(contacts []newContact) error {
	if l.staged {
		if err := l.stageRevisions(0); err != nil {
			return err
		}
	}
	large := contacts == nil && l.batch.Added > 0
	var done Batch
	err := l.s.change(func(t *txn) (err error) {
		done = l.batch
		p, err := t.makeCampaign(l.src.Campaign)
		if err != nil {
			return err
		}
		if done.ID, err = t.tx.Bucket(bMeta).NextSequence(); err != nil {
			return err
		}
		if done.Added > 0 {
			done.First, done.Last = l.first, l.first+uint64(l.fresh.n)-1
			if err := p.contacts.SetSequence(done.Last); err != nil {
				return err
			}
		}
		if large {
			err = l.show(p, &done)
		} else {
			err = p.add(contacts)
		}
		return errors.Join(err, l.decideRevisions(t, p), p.addBatch(&done))
	})
	if err == nil {
		l.batch = done
	}
	return err
}

// show makes contacts count that were written before.
func (l *loading) show(p *parts, b *Batch) error {
	ranges, all := l.lanes.ranges(nanos(l.now))
	for i := range ranges {
		if err := p.putRange(&ranges[i]); err != nil {
			return err
		}
	}
	p.ranges = append(p.ranges, ranges...)
	if l.unlike || !all {
		p.indexing = &indexing{b.First, b.Last}
		if err := p.root.Put(kIndexing, encodeIndexing(p.indexing)); err != nil {
			return err
		}
	}
	return errors.Join(
		p.countContacts(b.List, campaign.DNC, int64(b.Barred)),
		p.countContacts(b.List, campaign.Pending, int64(b.Added-b.Barred)),
	)
}

// add writes a few contacts and all that belongs to them.
func (p *parts) add(contacts []newContact) error {
	for _, n := range contacts {
		c, err := decodeContact(n.id, n.record)
		if err != nil {
			return err
		}
		if err := errors.Join(p.renumber(&campaign.Contact{}, &c), p.putContact(nil, &c)); err != nil {
			return err
		}
		if c.Key == "" {
			continue
		}
		if err := p.keys.Put(rowKey(c.List, c.Key), key64(c.ID)); err != nil {
			return err
		}
	}
	return nil
}

// decideRevisions decides on the changes that were staged, and carries out those
// few that were not.
func (l *loading) decideRevisions(t *txn, p *parts) error {
	if l.staged {
		p.staged = p.root.Bucket(bStaged)
		return p.root.Put(kDecided, []byte{1})
	}
	for _, c := range l.revisions {
		contact, err := p.contact(c.id)
		if err != nil {
			return err
		}
		ch, err := decodeRevision(c.revision)
		if err != nil {
			return err
		}
		if err := t.carryOut(p, &contact, &ch); err != nil {
			return err
		}
	}
	return nil
}
