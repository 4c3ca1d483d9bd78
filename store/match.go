package store

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

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
		if p == nil || p.contacts == nil {
			l.first = 1
			for i := range block {
				matches[i].why = unfit(&block[i])
			}
			return nil
		}
		l.first = p.contacts.Sequence() + 1
		m := matcher{l: l, p: p, cur: p.contacts.Cursor()}
		m.at(l.hint)
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
	for i, m := range matches {
		if err := l.take(&block[i], m); err != nil {
			return err
		}
	}
	return nil
}

// match is what a row is. Without anything it is one that may become a contact.
type match struct {
	why     string // it is refused
	id      uint64 // it stands for this contact
	changed bool   // which has other attributes, or was removed
}

func (l *loading) take(r *Row, m match) error {
	switch {
	case m.changed:
		l.batch.Updated++
		l.revisions = append(l.revisions, idRevision{m.id, encodeRevision(&revision{attributes: r.Attributes, at: l.now})})
		return l.stageRevisions(smallLoad)
	case m.id != 0:
		l.batch.Unchanged++
		return nil
	}
	if l.fresh.n == math.MaxUint32 {
		return errors.New("store: more rows than a list can have")
	}
	if m.why == "" {
		if err := l.numbers.add([]byte(r.Number), l.fresh.n); err != nil {
			return err
		}
		if r.Key != "" {
			if err := l.keys.add([]byte(r.Key), l.fresh.n); err != nil {
				return err
			}
		}
	}
	return l.fresh.add(encodeContact(&campaign.Contact{
		List: l.src.List, Key: r.Key, Numbers: []campaign.Number{{Number: r.Number}}, Attributes: r.Attributes, State: campaign.Pending, Due: l.now,
	}), r, m.why)
}

// matcher looks rows up in one transaction. A file that is loaded again has
// mostly the same rows in the same order, so the contact behind the last one is
// looked at first: that costs no search.
type matcher struct {
	l      *loading
	p      *parts
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
	if m.record != nil && r.Refused == "" && r.Number != "" && !m.l.seen.has(m.id) && m.same(r) {
		found := match{id: m.id}
		m.l.see(m.id)
		m.next()
		return found, nil
	}
	id, why, err := judge(stored{m.p, m.l.seen}, m.l.src.List, r)
	switch {
	case err != nil:
		return match{}, err
	case why != "":
		return match{why: why}, m.mention(r)
	case id == 0:
		return match{}, nil
	}
	m.l.see(id)
	m.at(id)
	m.next()
	changed, err := m.p.differs(id, r)
	return match{id: id, changed: changed}, err
}

// differs reports whether a row changes the contact that it stands for.
func (p *parts) differs(id uint64, r *Row) (bool, error) {
	c, err := p.contact(id)
	if err != nil {
		return false, err
	}
	l, err := p.leavingOf(id)
	return c.State == campaign.Removed || l.removed || !slices.Equal(c.Attributes, r.Attributes), err
}

// mention keeps those on the list whom a row is about that is refused.
func (m *matcher) mention(r *Row) error {
	if len(r.Number) > maxIdentity || len(r.Key) > maxIdentity {
		return nil
	}
	for _, v := range [][]byte{
		m.p.numbers.Get([]byte(r.Number)), m.p.numbers.Get([]byte(r.Given)), m.p.keys.Get(rowKey(m.l.src.List, r.Key)),
	} {
		id, err := idOf(v)
		if err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		c, err := m.p.contact(id)
		if err != nil {
			return err
		}
		if c.List == m.l.src.List {
			m.l.mentioned.set(id)
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
	e.string(r.Number)
	e.attributes(r.Attributes)
	m.who = e
	return d.err == nil && state != campaign.Removed && bytes.HasPrefix(d.b, e) && m.p.leaving.Get(key64(m.id)) == nil
}

// rowIndex finds the contact that a row stands for. Preview has rows in it that
// are not stored.
type rowIndex interface {
	number(number string) (id uint64, err error) // 0 if there is none
	key(list, key string) (id uint64, err error)
	list(id uint64) (string, error)
	seen(id uint64) bool // a row of this load stood for it
}

// earlier is why a row is refused that stands for the contact of another one.
const earlier = "the same contact stands in an earlier row"

// judge tells what a row is: the contact that it stands for, 0 if it is new, or
// why it is not taken.
func judge(x rowIndex, list string, r *Row) (id uint64, why string, err error) {
	if why := unfit(r); why != "" {
		return 0, why, nil
	}
	holder, err := x.number(r.Number)
	if holder == 0 && err == nil && r.Given != "" && r.Given != r.Number {
		// Loaded before its list had a region; who was called as 010… must not
		// be called again as +8210….
		holder, err = x.number(r.Given)
	}
	if err != nil {
		return 0, "", err
	}
	if r.Key != "" {
		id, err = x.key(list, r.Key)
		switch {
		case err != nil:
			return 0, "", err
		case id == 0:
		case x.seen(id):
			return id, earlier, nil
		case id != holder:
			// Never silently: the next call would go to the old number.
			return id, "its key is known with another number, which stays", nil
		default:
			return id, "", nil
		}
	}
	if holder == 0 {
		return 0, "", nil
	}
	other, err := x.list(holder)
	switch {
	case err != nil:
		return 0, "", err
	case other != list:
		why = fmt.Sprintf("the number is already in this campaign, on list %s", other)
	case x.seen(holder):
		why = earlier
	case r.Key != "":
		why = "the number is already on this list, under another key or none"
	}
	return holder, why, nil
}

// unfit tells why a row cannot be kept, "" if it can.
func unfit(r *Row) string {
	switch {
	case r.Refused != "":
		return r.Refused
	case r.Number == "":
		return "it has no number"
	case len(r.Number) > maxIdentity:
		return fmt.Sprintf("its number is longer than %d bytes", maxIdentity)
	case len(r.Key) > maxIdentity:
		return fmt.Sprintf("its key is longer than %d bytes", maxIdentity)
	}
	return ""
}

// stored is a rowIndex of what is stored.
type stored struct {
	*parts
	rows bitset // those that a row stood for
}

func (s stored) number(number string) (uint64, error) { return s.known(s.numbers.Get([]byte(number))) }
func (s stored) key(list, key string) (uint64, error) { return s.known(s.keys.Get(rowKey(list, key))) }
func (s stored) seen(id uint64) bool                  { return s.rows.has(id) }

// known passes over what a load that is not decided on has written.
func (s stored) known(v []byte) (uint64, error) {
	id, err := idOf(v)
	if id > s.contacts.Sequence() {
		id = 0
	}
	return id, err
}

func (s stored) list(id uint64) (string, error) {
	c, err := s.contact(id)
	return c.List, err
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
		l.revisions = append(l.revisions, idRevision{c.id, encodeRevision(&revision{remove: true})})
		if err := l.stageRevisions(smallLoad); err != nil {
			return err
		}
	}
	return nil
}
