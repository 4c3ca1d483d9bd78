package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// model is what a store should do, as simply as it can be said: slices that are
// searched from the start. Attempts are known by their order of claims, contacts
// by their number.
type model struct {
	campaigns map[string]*modelCampaign
	dnc       map[string]bool
	seq       int
	batches   uint64
	calls     []modelCall
}

type modelCampaign struct {
	contacts  []*campaign.Contact // as they were loaded
	attempts  []*modelAttempt
	lists     map[string]store.Batch
	agentTime time.Duration
	state     campaign.State
	leaving   map[*campaign.Contact]bool   // their rows are gone
	batch     map[*campaign.Contact]uint64 // that added them
	undone    map[uint64]bool
	turn      uint64 // contacts claimed
}

type modelAttempt struct {
	seq    int
	a      campaign.Attempt
	before campaign.Contact
	of     *campaign.Contact
}

func newModel() *model { return &model{campaigns: map[string]*modelCampaign{}, dnc: map[string]bool{}} }

func (m *model) campaign(name string) *modelCampaign {
	if m.campaigns[name] == nil {
		m.campaigns[name] = &modelCampaign{
			lists: map[string]store.Batch{}, leaving: map[*campaign.Contact]bool{},
			batch: map[*campaign.Contact]uint64{}, undone: map[uint64]bool{},
		}
	}
	return m.campaigns[name]
}

func waits(c *campaign.Contact) bool {
	return c.State == campaign.Pending || c.State == campaign.Waiting
}

func (m *model) flying() (all []*modelAttempt) {
	for _, mc := range m.campaigns {
		for _, at := range mc.attempts {
			if at.a.Outcome == campaign.InFlight {
				all = append(all, at)
			}
		}
	}
	slices.SortFunc(all, func(a, b *modelAttempt) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

func (m *model) ringing(number string) bool {
	return slices.ContainsFunc(m.flying(), func(at *modelAttempt) bool { return at.a.Number == number })
}

// withdraw and finish do nothing unless the attempt is in flight.
func (m *model) withdraw(at *modelAttempt) {
	if !slices.Contains(m.flying(), at) {
		return
	}
	mc := m.campaigns[at.a.Campaign]
	mc.attempts = slices.DeleteFunc(mc.attempts, func(x *modelAttempt) bool { return x == at })
	m.forget(at)
	mc.settle(at.of, &at.before)
}

// settle gives a contact whose call is over what it is then.
func (mc *modelCampaign) settle(c, to *campaign.Contact) {
	stored := *c
	*c = *to
	c.Attributes, c.Numbers, c.NotBefore, c.Expires = stored.Attributes, slices.Clone(stored.Numbers), stored.NotBefore, stored.Expires
	c.Priority, c.Zone = stored.Priority, stored.Zone
	for i := range c.Numbers {
		n := &c.Numbers[i]
		for _, t := range to.Numbers {
			if t.Number == n.Number {
				n.Last, n.Attempts, n.Dead = t.Last, t.Attempts, t.Dead
			}
		}
	}
	c.Next = max(0, slices.IndexFunc(c.Numbers, func(n campaign.Number) bool { return n.Number == to.Number() }))
	if mc.leaving[c] && waits(c) {
		c.State = campaign.Removed
	}
	delete(mc.leaving, c)
	if mc.undone[mc.batch[c]] && c.Attempts == 0 {
		mc.contacts = slices.DeleteFunc(mc.contacts, func(x *campaign.Contact) bool { return x == c })
	}
}

// undo takes back what a batch added and nobody dialed.
func (m *model) undo(batch uint64) (n int) {
	for _, mc := range m.campaigns {
		mc.undone[batch] = true
		mc.contacts = slices.DeleteFunc(mc.contacts, func(c *campaign.Contact) bool {
			if mc.batch[c] != batch || c.Attempts > 0 {
				return false
			}
			n++
			return true
		})
	}
	return n
}

func (m *model) finish(at *modelAttempt, a campaign.Attempt, c campaign.Contact) {
	if slices.Contains(m.flying(), at) {
		if at.a = a; !a.Outcome.CountsAsAttempt() {
			m.forget(at)
		}
		m.campaigns[at.a.Campaign].settle(at.of, &c)
	}
}

func (m *model) load(src store.Source, now time.Time, rows []store.Row) store.Batch {
	mc := m.campaign(src.Campaign)
	m.batches++
	b := store.Batch{ID: m.batches, Campaign: src.Campaign, List: src.List, Time: now, Hash: src.Hash, Rows: len(rows)}
	seen, mentioned, taken := map[*campaign.Contact]bool{}, map[*campaign.Contact]bool{}, map[string]bool{}
	contested, freed := false, false
	var changes []func()
	for _, r := range rows {
		own := mc.own(src.List, &r)
		refused := seen[own]
		for name, other := range m.campaigns {
			for _, c := range other.contacts {
				switch {
				case seen[own] || c == own || !shares(c, &r):
				case name == src.Campaign && c.List == src.List:
					refused, contested = true, true
				case name == src.Campaign && src.Numbers != store.PerList, src.Numbers == store.Everywhere:
					refused = true
				}
			}
		}
		joins := own != nil && slices.ContainsFunc(r.Numbers, func(n store.RowNumber) bool { return !has(own, n.Number) })
		changed := own != nil && (own.State == campaign.Removed || mc.leaving[own] || !says(&r, own))
		if !refused && own != nil {
			seen[own] = true
			if !changed {
				b.Unchanged++
				continue
			}
			freed = freed || slices.ContainsFunc(own.Numbers, func(n campaign.Number) bool { return !rowHas(&r, n.Number) })
		}
		names := []string{}
		if own == nil && r.Key != "" {
			names = append(names, "key "+r.Key)
		}
		for _, n := range r.Numbers {
			names = append(names, n.Number)
		}
		if !refused && (own == nil || joins) {
			if refused = slices.ContainsFunc(names, func(n string) bool { return taken[n] }); !refused {
				for _, n := range names {
					taken[n] = true
				}
			}
		}
		switch {
		case refused:
			b.Rejected++
			for _, c := range mc.contacts {
				mentioned[c] = mentioned[c] || c.List == src.List && (shares(c, &r) || r.Key != "" && c.Key == r.Key)
			}
		case own != nil:
			b.Updated++
			changes = append(changes, func() { m.revise(mc, own, &r, now) })
		default:
			c := &campaign.Contact{List: src.List, Key: r.Key, Attributes: r.Attributes, Priority: r.Priority, Zone: r.Zone, NotBefore: r.NotBefore, Expires: r.Expires, Due: latest(now, r.NotBefore)}
			for _, n := range r.Numbers {
				c.Numbers = append(c.Numbers, campaign.Number{Number: n.Number, Type: n.Type})
			}
			if b.Added++; m.allBarred(c) {
				c.State, c.Due = campaign.DNC, time.Time{}
				b.Barred++
			}
			seen[c] = true
			batch := m.batches
			changes = append(changes, func() {
				mc.contacts = append(mc.contacts, c)
				mc.batch[c] = batch
			})
		}
	}
	for _, change := range changes {
		change()
	}
	if contested && freed {
		b.Hash = ""
	}
	remove, list := src.Remove, src.List
	for _, c := range mc.contacts {
		if !remove || c.List != list || seen[c] || mentioned[c] {
			continue
		}
		switch c.State {
		case campaign.Pending, campaign.Waiting, campaign.DNC:
			c.State = campaign.Removed
			b.Removed++
		case campaign.Dialing:
			mc.leaving[c] = true
			b.Removed++
		}
	}
	mc.lists[list] = b
	return b
}

// own is the contact that a row stands for, nil if it is a new one.
func (mc *modelCampaign) own(list string, r *store.Row) *campaign.Contact {
	for _, n := range r.Numbers {
		for _, c := range mc.contacts {
			if c.List == list && (r.Key != "" && c.Key == r.Key || r.Key == "" && has(c, n.Number)) {
				return c
			}
		}
	}
	return nil
}

func has(c *campaign.Contact, number string) bool {
	return slices.ContainsFunc(c.Numbers, func(n campaign.Number) bool { return n.Number == number })
}

func rowHas(r *store.Row, number string) bool {
	return slices.ContainsFunc(r.Numbers, func(n store.RowNumber) bool { return n.Number == number })
}

func shares(c *campaign.Contact, r *store.Row) bool {
	return slices.ContainsFunc(r.Numbers, func(n store.RowNumber) bool { return has(c, n.Number) })
}

// says reports whether a contact is as a row says.
func says(r *store.Row, c *campaign.Contact) bool {
	return slices.EqualFunc(c.Numbers, r.Numbers, func(a campaign.Number, n store.RowNumber) bool { return a.Number == n.Number && a.Type == n.Type }) &&
		slices.Equal(c.Attributes, r.Attributes) && c.NotBefore.Equal(r.NotBefore) &&
		c.Priority == r.Priority && c.Zone == r.Zone && c.Expires.Equal(r.Expires)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// revise makes a contact what its row says.
func (m *model) revise(mc *modelCampaign, c *campaign.Contact, r *store.Row, now time.Time) {
	next, old, before, expired := c.Number(), c.Numbers, c.NotBefore, c.Expires
	c.Attributes, c.NotBefore, c.Numbers, c.Next = r.Attributes, r.NotBefore, nil, 0
	c.Priority, c.Zone, c.Expires = r.Priority, r.Zone, r.Expires
	joined := false
	for i, n := range r.Numbers {
		number := campaign.Number{Number: n.Number}
		if k := slices.IndexFunc(old, func(o campaign.Number) bool { return o.Number == n.Number }); k >= 0 {
			number = old[k]
		} else {
			joined = true
		}
		if number.Type = n.Type; n.Number == next && c.Attempts > 0 {
			c.Next = i
		}
		c.Numbers = append(c.Numbers, number)
	}
	delete(mc.leaving, c)
	switch c.State {
	case campaign.Pending, campaign.Waiting:
		if !c.Callback && !before.Equal(c.NotBefore) {
			if !before.IsZero() && c.Due.Equal(before) {
				c.Due = now
			}
			c.Due = latest(c.Due, c.NotBefore)
		}
	case campaign.Removed:
		if c.State = active(c); c.Due.IsZero() {
			c.Due = latest(now, c.NotBefore)
		}
	case campaign.DNC:
		if !m.allBarred(c) {
			c.State, c.Due = active(c), latest(now, c.NotBefore)
		}
	case campaign.BadNumber:
		if joined {
			c.State, c.Due = active(c), latest(now, c.NotBefore)
		}
	case campaign.Expired:
		if !expired.Equal(c.Expires) && !late(c, now) {
			c.State, c.Due = active(c), latest(now, c.NotBefore)
		}
	}
}

func (m *model) allBarred(c *campaign.Contact) bool {
	return !slices.ContainsFunc(c.Numbers, func(n campaign.Number) bool { return !m.dnc[n.Number] })
}

// setDNC gives back whom no number bars any more.
func (m *model) setDNC(now time.Time, numbers []string) {
	was := m.dnc
	m.dnc = map[string]bool{}
	for _, n := range numbers {
		m.dnc[n] = true
	}
	for _, mc := range m.campaigns {
		for _, c := range mc.contacts {
			// One who was barred all the time is given back as well, if another of
			// their numbers is not.
			if c.State == campaign.DNC && !m.allBarred(c) && m.freed(c, was) {
				c.State, c.Due = active(c), latest(now, c.NotBefore)
			}
		}
	}
}

// freed reports whether one of a contact's numbers is barred no more.
func (m *model) freed(c *campaign.Contact, was map[string]bool) bool {
	return slices.ContainsFunc(c.Numbers, func(n campaign.Number) bool { return was[n.Number] && !m.dnc[n.Number] })
}

// active is the state of a contact that is due again.
func active(c *campaign.Contact) campaign.ContactState {
	if c.Attempts > 0 {
		return campaign.Waiting
	}
	return campaign.Pending
}

func (mc *modelCampaign) counters() store.Counters {
	var all []campaign.Attempt
	ids := map[*campaign.Contact]uint64{}
	for _, at := range mc.attempts {
		a := at.a
		if ids[at.of] == 0 {
			ids[at.of] = uint64(len(ids) + 1)
		}
		a.Contact = ids[at.of]
		all = append(all, a)
	}
	n := store.Tally(all)
	n.AgentTime = mc.agentTime
	for _, c := range mc.contacts {
		n.Contacts[c.State]++
	}
	return n
}
