package store

import (
	"bytes"
	"errors"
	"iter"
	"math"

	"go.etcd.io/bbolt"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// match reads the rows and compares each with the contacts that are there.
func (l *loading) match(rows iter.Seq2[Row, error]) error {
	block := make([]Row, 0, page)
	for r, err := range rows {
		if err != nil {
			return err
		}
		l.batch.Rows++
		if block = append(block, r); len(block) == cap(block) {
			if err := l.matchBlock(block); err != nil {
				return err
			}
			block = block[:0]
		}
	}
	return l.matchBlock(block)
}

// matchBlock matches rows in one short transaction, and then does what it is
// that writes or runs the caller's code.
func (l *loading) matchBlock(block []Row) error {
	matches := make([]match, len(block))
	err := l.s.view(func(t *txn) error {
		p, err := t.campaign(l.src.Campaign)
		if err != nil {
			return err
		}
		m := matcher{l: l, t: t}
		l.first = 1
		if p != nil && p.contacts != nil {
			l.first = p.contacts.Sequence() + 1
			m.p, m.cur = p, p.contacts.Cursor()
			m.at(l.hint)
		}
		for i := range block {
			if matches[i], err = m.match(&block[i]); err != nil {
				return err
			}
		}
		l.hint = m.id
		return nil
	})
	if err != nil {
		return err
	}
	for i := range matches {
		if err := l.take(&block[i], &matches[i]); err != nil {
			return err
		}
	}
	return nil
}

// match is what a row is. Without anything it is one that may become a contact.
type match struct {
	why       string // it is refused
	expired   bool   // for its time has passed
	contested bool   // because another contact has its number, which may give it up in this load
	id        uint64 // it stands for this contact
	changed   bool   // which is not yet as the row says
	joins     bool   // numbers that it does not have yet
	leaves    bool   // numbers that the row does not have
}

func (l *loading) take(r *Row, m *match) error {
	switch {
	case m.why != "":
		l.contested = l.contested || m.contested
		if m.expired {
			l.batch.Expired++
		}
		return l.keep(0, r, m.why)
	case m.id != 0 && !m.changed:
		l.batch.Unchanged++
		return nil
	}
	l.freed = l.freed || m.leaves
	l.unlike = l.unlike || r.NotBefore.After(l.now) || nanos(r.Expires) > 0
	if m.id != 0 && !m.joins {
		return l.revise(m.id, r)
	}
	for i := range r.Numbers {
		if err := l.numbers.add([]byte(r.Numbers[i].Number), l.fresh.n); err != nil {
			return err
		}
	}
	if m.id != 0 {
		l.joining.set(uint64(l.fresh.n))
	} else if r.Key != "" {
		if err := l.keys.add([]byte(r.Key), l.fresh.n); err != nil {
			return err
		}
	}
	return l.keep(m.id, r, "")
}

// keep keeps a row until all have been read.
func (l *loading) keep(id uint64, r *Row, why string) error {
	if l.fresh.n == math.MaxUint32 {
		return errors.New("store: more rows than a list can have")
	}
	c := r.contact(l.src.List, l.now)
	return l.fresh.add(id, encodeContact(&c), r, why)
}

// revise changes a contact that is there.
func (l *loading) revise(id uint64, r *Row) error {
	l.batch.Updated++
	if l.dry {
		return nil
	}
	l.revisions = append(l.revisions, idRevision{id, encodeRevision(&revision{row: r, at: l.now})})
	return l.stageRevisions(smallLoad)
}

// matcher looks rows up in one transaction. A file that is loaded again has
// mostly the same rows in the same order, so the contact behind the last one is
// looked at first: that costs no search.
type matcher struct {
	l      *loading
	t      *txn
	p      *parts // nil: the campaign has nothing yet
	cur    *bbolt.Cursor
	id     uint64 // the contact to look at first
	record []byte // of it; nil if there is none
	who    encoder
}

// at moves to the first contact from id on.
func (m *matcher) at(id uint64) {
	k, v := m.cur.Seek(key64(id))
	m.set(k, v)
}

func (m *matcher) next() {
	k, v := m.cur.Next()
	m.set(k, v)
}

func (m *matcher) set(k, v []byte) {
	m.record = nil
	if id, err := uint64Of(k); err == nil {
		m.id, m.record = id, v
	}
}

func (m *matcher) match(r *Row) (match, error) {
	if m.record != nil && r.Refused == "" && len(r.Numbers) > 0 && !m.l.seen.has(m.id) && m.same(r) {
		found := match{id: m.id}
		m.l.see(m.id)
		m.next()
		return found, nil
	}
	found, err := m.judge(r)
	switch {
	case err != nil:
		return match{}, err
	case found.why != "":
		return found, m.mention(r)
	case found.id != 0:
		m.l.see(found.id)
		m.at(found.id)
		m.next()
	}
	return found, nil
}

// mention keeps those on the list whom a row is about that is refused.
func (m *matcher) mention(r *Row) error {
	if m.p == nil || len(r.Key) > maxIdentity {
		return nil
	}
	id, err := idOf(m.p.keys.Get(rowKey(m.l.src.List, r.Key)))
	if err != nil {
		return err
	}
	if id != 0 {
		m.l.mentioned.set(id)
	}
	for i := range r.Numbers {
		n := &r.Numbers[i]
		if n.Number == "" || len(n.Number) > maxIdentity {
			continue
		}
		all, err := m.p.holders(n)
		if err != nil {
			return err
		}
		for k := range all {
			if all[k].List == m.l.src.List {
				m.l.mentioned.set(all[k].ID)
			}
		}
	}
	return nil
}

func (l *loading) see(id uint64) {
	l.seen.set(id)
	l.mentioned.set(id)
}

// same reports whether the row is just what the record looked at holds, without
// decoding it.
func (m *matcher) same(r *Row) bool {
	d := decode(m.record)
	state := campaign.ContactState(d.uint())
	for range 4 { // due, last, attempts, counted
		d.uint()
	}
	e := m.who[:0]
	e.string(m.l.src.List)
	e.string(r.Key)
	e.string(r.Numbers[0].Number)
	e.attributes(r.Attributes)
	m.who = e
	if d.err != nil || state == campaign.Removed || !bytes.HasPrefix(d.b, e) || m.p.leaving.Get(key64(m.id)) != nil {
		return false
	}
	d.b = d.b[len(e):]
	for range d.uint() { // tries
		d.uint()
	}
	return d.sameMore(r)
}

// idOf reads what an index has for a row, 0 if it has nothing.
func idOf(v []byte) (uint64, error) {
	if v == nil {
		return 0, nil
	}
	return uint64Of(v)
}

// rowKey identifies a row by the key that the user gave it. Rows without one
// are identified by their number.
func rowKey(list, key string) []byte { return []byte(list + "\x00" + key) }

// missing stages the removal of the list's contacts that have no row.
func (l *loading) missing() error {
	type stays struct {
		id   uint64
		over bool
	}
	for c, err := range scan(l.s, l.src.Campaign, contactsOf, 0, func(id uint64, v []byte) (stays, error) {
		d := decode(v)
		state := campaign.ContactState(d.uint())
		for range 4 { // due, last, attempts, counted
			d.uint()
		}
		list := d.bytes()
		return stays{id, string(list) != l.src.List || !mayLeave(state)}, d.err
	}) {
		if err != nil {
			return err
		}
		if c.over || l.mentioned.has(c.id) {
			continue
		}
		l.batch.Removed++
		if l.dry {
			continue
		}
		l.revisions = append(l.revisions, idRevision{c.id, encodeRevision(&revision{})})
		if err := l.stageRevisions(smallLoad); err != nil {
			return err
		}
	}
	return nil
}
