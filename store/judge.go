package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// earlier is why a row is refused that stands for the contact of another one.
const earlier = "the same contact stands in an earlier row"

// judge tells what a row is, by what is stored.
func (m *matcher) judge(r *Row) (found match, err error) {
	if why := unfit(r); why != "" {
		return match{why: why}, nil
	}
	own, err := m.own(r)
	if err != nil {
		return match{}, err
	}
	if own != nil {
		found.id = own.ID
		if m.l.seen.has(own.ID) {
			found.why = earlier
			return found, nil
		}
	}
	for i := range r.Numbers {
		why, contested, err := m.conflict(r, i, found.id)
		if err != nil {
			return match{}, err
		}
		found.why, found.contested = cmp.Or(found.why, why), found.contested || contested
	}
	if found.why != "" {
		return found, nil
	}
	if own == nil {
		if nanos(r.Expires) > 0 && !m.l.now.Before(r.Expires) {
			found.expired = true
			found.why = "it expired at " + r.Expires.Format("2006-01-02 15:04")
		}
		return found, nil
	}
	l, err := m.p.leavingOf(own.ID)
	if err != nil {
		return match{}, err
	}
	found.changed = own.State == campaign.Removed || l.removed || !r.says(own)
	for i := range r.Numbers {
		if r.Numbers[i].of(own.Numbers) < 0 {
			found.joins = true
		}
	}
	found.leaves = slices.ContainsFunc(own.Numbers, func(a campaign.Number) bool {
		return !slices.ContainsFunc(r.Numbers, func(n RowNumber) bool { return n.is(a.Number) })
	})
	return found, nil
}

// own is the contact that a row stands for, nil if it would be a new one: that
// with its key, or, without a key, the one on its list that has the first of its
// numbers that one has.
func (m *matcher) own(r *Row) (*campaign.Contact, error) {
	if m.p == nil {
		return nil, nil
	}
	if r.Key != "" {
		id, err := idOf(m.p.keys.Get(rowKey(m.l.src.List, r.Key)))
		if err != nil || id == 0 || id > m.p.contacts.Sequence() {
			return nil, err
		}
		c, err := m.p.contact(id)
		return &c, err
	}
	for i := range r.Numbers {
		all, err := m.p.holders(&r.Numbers[i])
		if err != nil {
			return nil, err
		}
		for k := range all {
			if all[k].List == m.l.src.List {
				return &all[k], nil
			}
		}
	}
	return nil, nil
}

// conflict tells why a row cannot have its ith number: another contact than id
// has it, within what the source says. contested says that this contact may
// give it up in the same load.
func (m *matcher) conflict(r *Row, i int, id uint64) (why string, contested bool, err error) {
	what := "the number"
	if len(r.Numbers) > 1 {
		what = fmt.Sprintf("number %d", i+1)
	}
	all, err := m.p.holders(&r.Numbers[i])
	if err != nil {
		return "", false, err
	}
	for k := range all {
		switch c := &all[k]; {
		case c.ID == id:
		case c.List == m.l.src.List:
			contested = true
			if r.Key != "" {
				why = cmp.Or(why, what+" is already on this list, under another key or none")
			} else {
				why = cmp.Or(why, what+" is already on this list, in another row")
			}
		case m.l.src.Numbers != PerList:
			why = cmp.Or(why, fmt.Sprintf("%s is already in this campaign, on list %s", what, c.List))
		}
	}
	if why == "" && m.l.src.Numbers == Everywhere {
		why, err = m.elsewhere(what, &r.Numbers[i])
	}
	return why, contested, err
}

// elsewhere looks for a number in the other campaigns.
func (m *matcher) elsewhere(what string, n *RowNumber) (why string, err error) {
	err = m.t.eachCampaign(func(p *parts) error {
		if why != "" || p.camp == m.l.src.Campaign || p.contacts == nil {
			return nil
		}
		all, err := p.holders(n)
		if len(all) > 0 {
			why = fmt.Sprintf("%s is already in campaign %s, on list %s", what, p.camp, all[0].List)
		}
		return err
	})
	return why, err
}
