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
}

type modelAttempt struct {
	seq    int
	a      campaign.Attempt
	before campaign.Contact
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

// claim returns the new attempts, and when the next contact is due.
func (m *model) claim(name string, now time.Time, most int) (made []*modelAttempt, next time.Time) {
	if m.campaigns[name] == nil {
		return nil, next
	}
	mc := m.campaign(name)
	var due []*campaign.Contact
	for _, c := range mc.contacts {
		if waits(c) && !c.Due.After(now) {
			due = append(due, c)
		}
	}
	slices.SortStableFunc(due, func(a, b *campaign.Contact) int { return a.Due.Compare(b.Due) })
	for _, c := range due {
		if len(made) == most {
			break
		}
		switch {
		case m.dnc[c.Number()]:
			c.State, c.Due = campaign.DNC, time.Time{}
		case m.ringing(c.Number()):
			c.Due = now.Add(store.BusyNumberDelay)
		default:
			m.seq++
			at := &modelAttempt{m.seq, campaign.Attempt{
				Campaign: name, List: c.List, Key: c.Key, Number: c.Number(), Pass: c.Attempts + 1, Claimed: now,
			}, *c}
			mc.attempts = append(mc.attempts, at)
			made = append(made, at)
			c.State, c.Due, c.Attempts = campaign.Dialing, time.Time{}, c.Attempts+1
		}
	}
	for _, c := range mc.contacts {
		if waits(c) && (next.IsZero() || c.Due.Before(next)) {
			next = c.Due
		}
	}
	return made, next
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

// contact is that of an attempt.
func (m *model) contact(at *modelAttempt) *campaign.Contact {
	mc := m.campaigns[at.a.Campaign]
	return mc.contacts[slices.IndexFunc(mc.contacts, func(c *campaign.Contact) bool { return c.Number() == at.a.Number })]
}

// withdraw and finish do nothing unless the attempt is in flight.
func (m *model) withdraw(at *modelAttempt) {
	if !slices.Contains(m.flying(), at) {
		return
	}
	mc := m.campaigns[at.a.Campaign]
	mc.attempts = slices.DeleteFunc(mc.attempts, func(x *modelAttempt) bool { return x == at })
	mc.settle(m.contact(at), &at.before)
}

// settle gives a contact whose call is over what it is then.
func (mc *modelCampaign) settle(c, to *campaign.Contact) {
	attributes := c.Attributes
	*c = *to
	c.Attributes = attributes
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
		at.a = a
		m.campaigns[at.a.Campaign].settle(m.contact(at), &c)
	}
}

func (m *model) load(name, list string, now time.Time, remove bool, rows []store.Row) store.Batch {
	mc := m.campaign(name)
	m.batches++
	b := store.Batch{ID: m.batches, Campaign: name, List: list, Time: now, Hash: "hash", Rows: len(rows)}
	seen, mentioned := map[*campaign.Contact]bool{}, map[*campaign.Contact]bool{}
	for _, r := range rows {
		same := func(c *campaign.Contact) bool {
			return c.List == list && c.Number() == r.Number && (c.Key == r.Key || r.Key == "")
		}
		taken := func(c *campaign.Contact) bool {
			return c.Number() == r.Number || c.List == list && c.Key == r.Key && r.Key != ""
		}
		if i := slices.IndexFunc(mc.contacts, same); i >= 0 && !seen[mc.contacts[i]] {
			c := mc.contacts[i]
			seen[c] = true
			if c.State != campaign.Removed && !mc.leaving[c] && slices.Equal(c.Attributes, r.Attributes) {
				b.Unchanged++
				continue
			}
			b.Updated++
			c.Attributes = r.Attributes
			delete(mc.leaving, c)
			if c.State == campaign.Removed {
				if c.State = active(c); c.Due.IsZero() {
					c.Due = now
				}
			}
		} else if slices.ContainsFunc(mc.contacts, taken) {
			b.Rejected++
			for _, c := range mc.contacts {
				mentioned[c] = mentioned[c] || taken(c)
			}
		} else {
			c := &campaign.Contact{List: list, Key: r.Key, Numbers: []campaign.Number{{Number: r.Number}}, Attributes: r.Attributes, Due: now}
			if b.Added++; m.dnc[c.Number()] {
				c.State, c.Due = campaign.DNC, time.Time{}
				b.Barred++
			}
			mc.contacts = append(mc.contacts, c)
			mc.batch[c] = m.batches
			seen[c] = true
		}
	}
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

// setDNC gives back whom no number bars any more.
func (m *model) setDNC(now time.Time, numbers []string) {
	m.dnc = map[string]bool{}
	for _, n := range numbers {
		m.dnc[n] = true
	}
	for _, mc := range m.campaigns {
		for _, c := range mc.contacts {
			if c.State == campaign.DNC && !m.dnc[c.Number()] {
				c.State, c.Due = active(c), now
			}
		}
	}
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
	ids := map[string]uint64{}
	for _, at := range mc.attempts {
		a := at.a
		if ids[a.Number] == 0 {
			ids[a.Number] = uint64(len(ids) + 1)
		}
		a.Contact = ids[a.Number]
		all = append(all, a)
	}
	n := store.Tally(all)
	n.AgentTime = mc.agentTime
	for _, c := range mc.contacts {
		n.Contacts[c.State]++
	}
	return n
}
