package store

import (
	"bytes"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// stageRevisions writes the changes down if there are more than most. They are
// carried out once apply has decided so.
func (l *loading) stageRevisions(most int) error {
	if len(l.revisions) <= most {
		return nil
	}
	all := l.revisions
	l.revisions, l.staged = nil, true
	return l.s.change(func(t *txn) error {
		p, err := t.makeCampaign(l.src.Campaign)
		if err != nil {
			return err
		}
		b, err := p.root.CreateBucketIfNotExists(bStaged)
		if err != nil {
			return err
		}
		b.FillPercent = 0.9 // their ids mostly ascend
		for _, c := range all {
			if err := b.Put(key64(c.id), c.revision); err != nil {
				return err
			}
		}
		return nil
	})
}

// mayLeave reports whether a contact in this state can be removed: one that is
// over is off the list as it is.
func mayLeave(s campaign.ContactState) bool {
	return s == campaign.Pending || s == campaign.Waiting || s == campaign.Dialing || s == campaign.DNC
}

// leaving is what becomes of a contact when its call ends.
type leaving struct {
	removed bool   // its row is gone: it leaves the list
	undone  uint64 // the batch that added it was undone: it is dropped if the call is withdrawn
}

func (p *parts) leavingOf(id uint64) (l leaving, err error) {
	if p.leaving == nil {
		return l, nil
	}
	v := p.leaving.Get(key64(id))
	if v == nil {
		return l, nil
	}
	d := decode(v)
	l.removed = d.max(1) == 1
	l.undone = d.uint()
	return l, d.err
}

func (p *parts) putLeaving(id uint64, l leaving) error {
	if l == (leaving{}) {
		return p.leaving.Delete(key64(id))
	}
	e := encoder{recordVersion}
	e.bool(l.removed)
	e.uint(l.undone)
	return p.leaving.Put(key64(id), e)
}

// carryOut changes a contact. c is what is stored and becomes what it is then.
func (t *txn) carryOut(p *parts, c *campaign.Contact, ch *revision) error {
	was := *c
	l, err := p.leavingOf(c.ID)
	if err != nil {
		return err
	}
	switch {
	case ch.row != nil:
		if err := t.revise(p, c, ch); err != nil {
			return err
		}
		l.removed = false
		if err := errors.Join(p.putLeaving(c.ID, l), p.renumber(&was, c)); err != nil {
			return err
		}
	case c.State == campaign.Dialing:
		l.removed = true
		return p.putLeaving(c.ID, l)
	case mayLeave(c.State):
		c.State = campaign.Removed // its time is kept, for when it comes back
	default:
		return nil
	}
	return p.putContact(&was, c)
}

// revise is revision.revise, and tells whether a contact that left, or was barred,
// is due again.
func (t *txn) revise(p *parts, c *campaign.Contact, ch *revision) error {
	ch.revise(c)
	switch c.State {
	case campaign.Removed:
		c.State = again(c)
		if c.Due.IsZero() {
			c.Due = later(ch.at, c.NotBefore)
		}
	case campaign.DNC:
		barred, err := t.allBarred(p.camp, c)
		if barred || err != nil {
			return err
		}
		c.State, c.Due = again(c), later(ch.at, c.NotBefore)
	}
	return nil
}

// decided returns the change that was decided on for a contact and is still to
// be carried out, nil if there is none.
func (p *parts) decided(id uint64) (*revision, error) {
	if p.staged == nil {
		return nil, nil
	}
	v := p.staged.Get(key64(id))
	if v == nil {
		return nil, nil
	}
	ch, err := decodeRevision(v)
	return &ch, err
}

// undone reports whether the contact belongs to a batch that was undone, and
// was never dialed.
func (p *parts) undone(c *campaign.Contact) bool {
	u := p.undoing
	return u != nil && u.first <= c.ID && c.ID <= u.last && c.Attempts == 0
}

// drop deletes a contact that was never dialed as if it had never been loaded.
func (p *parts) drop(c *campaign.Contact) error {
	if err := p.forget(c); err != nil {
		return err
	}
	for i := range c.Numbers {
		if err := p.letGo([]byte(c.Numbers[i].Number), c.ID); err != nil {
			return err
		}
	}
	if c.Key != "" {
		if err := deleteIf(p.keys, rowKey(c.List, c.Key), c.ID); err != nil {
			return err
		}
	}
	return errors.Join(p.dropCallback(c.ID), p.contacts.Delete(key64(c.ID)))
}

// deleteIf deletes an entry of the index of keys if it is that of a contact.
func deleteIf(index *bbolt.Bucket, key []byte, id uint64) error {
	if !bytes.Equal(index.Get(key), key64(id)) {
		return nil
	}
	return index.Delete(key)
}

// tidyChunk is how many contacts tidy changes in one transaction, and sweepScan
// how many entries it looks at.
const (
	tidyChunk = 2000
	sweepScan = 50_000
)

// tidy finishes what a load or an undo decided on, and sweeps what one left
// undecided. s.bulk is held.
func (s *Bolt) tidy(camp string) error {
	for at := (tidying{}); ; {
		// Mostly there is nothing to do, and that must not cost an fsync.
		needed := false
		err := s.view(func(t *txn) error {
			p, err := t.campaign(camp)
			needed = p != nil && p.untidy()
			return err
		})
		if !needed || err != nil {
			return err
		}
		var next tidying
		err = s.change(func(t *txn) error {
			p, err := t.campaign(camp)
			if err != nil || p == nil {
				return err
			}
			next, err = at.some(t, p)
			return err
		})
		if err != nil {
			return err
		}
		at = next
	}
}

// untidy reports whether tidy has something to do.
func (p *parts) untidy() bool {
	if p.contacts == nil {
		return false
	}
	last, _ := p.contacts.Cursor().Last()
	id, _ := uint64Of(last)
	return p.root.Bucket(bStaged) != nil || p.undoing != nil || p.indexing != nil || id > p.contacts.Sequence()
}

// tidying is how far tidy came. Each step is done to its end before the next.
type tidying struct {
	step int
	from []byte
}

// some does the next part, and returns where to go on.
func (at tidying) some(t *txn, p *parts) (tidying, error) {
	for _, step := range []func(*txn, *parts, []byte) ([]byte, error){
		indexSome, carryOutSome, takeBackSome, sweepStaged, sweepNumbers, sweepKeys, sweepContacts,
	}[at.step:] {
		from, err := step(t, p, at.from)
		if from != nil || err != nil {
			return tidying{at.step, from}, err
		}
		at = tidying{step: at.step + 1}
	}
	return tidying{}, nil
}

// indexing are new contacts that are not all in the due index yet, if they are to
// be: those of a large load that are due at a time of their own.
type indexing struct{ next, last uint64 }

func encodeIndexing(x *indexing) []byte {
	e := encoder{recordVersion}
	e.uint(x.next)
	e.uint(x.last)
	return e
}

func decodeIndexing(b []byte) (*indexing, error) {
	d := decode(b)
	x := indexing{d.uint(), d.uint()}
	return &x, d.err
}

// indexSome makes contacts due, and enters when they expire.
func indexSome(_ *txn, p *parts, _ []byte) (from []byte, err error) {
	x := p.indexing
	if x == nil {
		return nil, nil
	}
	put := 0
	all, from := entries(p.contacts, key64(x.next), sweepScan)
	for _, e := range all {
		id, err := uint64Of(e.key)
		if err != nil {
			return nil, err
		}
		if id > x.last {
			from = nil
			break
		}
		c, err := decodeContact(id, e.value)
		if err != nil {
			return nil, err
		}
		if isDue(&c) && (!p.isFresh(&c) || nanos(c.Expires) > 0) {
			if err := p.index(&c); err != nil {
				return nil, err
			}
			if put++; put == smallLoad {
				x.next, from = id+1, key64(id+1)
				break
			}
		}
		x.next = id + 1
	}
	if from != nil {
		return from, p.root.Put(kIndexing, encodeIndexing(x))
	}
	p.indexing = nil
	return nil, p.root.Delete(kIndexing)
}

// carryOutSome carries out changes that were decided on.
func carryOutSome(t *txn, p *parts, _ []byte) (from []byte, err error) {
	if p.staged == nil {
		return nil, nil
	}
	all, from := entries(p.staged, nil, tidyChunk)
	for _, e := range all {
		id, err := uint64Of(e.key)
		if err != nil {
			return nil, err
		}
		ch, err := decodeRevision(e.value)
		if err != nil {
			return nil, err
		}
		c, err := p.contact(id)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(t.carryOut(p, &c, &ch), p.staged.Delete(e.key)); err != nil {
			return nil, err
		}
	}
	if from != nil {
		return from, nil
	}
	p.staged = nil
	return nil, errors.Join(p.root.DeleteBucket(bStaged), p.root.Delete(kDecided))
}

// takeBackSome deletes contacts of the batch that was undone.
func takeBackSome(t *txn, p *parts, from []byte) ([]byte, error) {
	u := p.undoing
	if u == nil {
		return nil, nil
	}
	if from == nil {
		from = key64(u.first)
	}
	all, from := entries(p.contacts, from, tidyChunk)
	n := 0
	for _, e := range all {
		id, err := uint64Of(e.key)
		if err != nil {
			return nil, err
		}
		if id > u.last {
			from = nil
			break
		}
		c, err := decodeContact(id, e.value)
		switch {
		case err != nil:
		case c.Attempts == 0:
			n++
			err = p.drop(&c)
		case c.Attempts == 1 && c.State == campaign.Dialing:
			err = p.leaveUndone(id, u.batch)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := p.takenBack(u.batch, n); err != nil || from != nil {
		return from, err
	}
	p.undoing = nil
	return nil, p.root.Delete(kUndoing)
}

// leaveUndone marks a contact whose only call may still be withdrawn.
func (p *parts) leaveUndone(id, batch uint64) error {
	l, err := p.leavingOf(id)
	if err != nil {
		return err
	}
	l.undone = batch
	return p.putLeaving(id, l)
}

// sweepStaged deletes changes that were not decided on.
func sweepStaged(_ *txn, p *parts, _ []byte) ([]byte, error) {
	b := p.root.Bucket(bStaged)
	if b == nil {
		return nil, nil
	}
	all, from := entries(b, nil, tidyChunk)
	for _, e := range all {
		if err := b.Delete(e.key); err != nil {
			return nil, err
		}
	}
	if from != nil {
		return from, nil
	}
	return nil, p.root.DeleteBucket(bStaged)
}

// The contacts of a load that came to no decision, which are beyond the
// sequence, are deleted behind the entries that name them: as long as one is
// there, there is something to sweep.

func sweepNumbers(_ *txn, p *parts, from []byte) ([]byte, error) {
	return sweepIndex(p.numbers, p.contacts.Sequence(), from)
}

func sweepKeys(_ *txn, p *parts, from []byte) ([]byte, error) {
	return sweepIndex(p.keys, p.contacts.Sequence(), from)
}

func sweepIndex(index *bbolt.Bucket, last uint64, from []byte) (next []byte, err error) {
	var stray [][]byte
	cur := index.Cursor()
	k, v := cur.Seek(from)
	for n := 0; k != nil && n < sweepScan && len(stray) < tidyChunk; n++ {
		ids, err := idsOf(v)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(ids, func(id uint64) bool { return id > last }) {
			stray = append(stray, bytes.Clone(k))
		}
		k, v = cur.Next()
	}
	next = bytes.Clone(k)
	for _, k := range stray {
		if err := holdOnly(index, k, func(id uint64) bool { return id <= last }); err != nil {
			return nil, err
		}
	}
	return next, nil
}

func sweepContacts(_ *txn, p *parts, _ []byte) ([]byte, error) {
	all, from := entries(p.contacts, key64(p.contacts.Sequence()+1), tidyChunk)
	for _, e := range all {
		if err := p.contacts.Delete(e.key); err != nil {
			return nil, err
		}
	}
	return from, nil
}

type entry struct{ key, value []byte }

// entries are copies of a bucket's entries from a key on, most at most, and the
// key of the one behind them: nothing may be deleted under a cursor, it would
// skip.
func entries(b *bbolt.Bucket, from []byte, most int) (all []entry, next []byte) {
	cur := b.Cursor()
	for k, v := cur.Seek(from); k != nil; k, v = cur.Next() {
		if len(all) == most {
			return all, bytes.Clone(k)
		}
		all = append(all, entry{bytes.Clone(k), bytes.Clone(v)})
	}
	return all, nil
}
