package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// modelCall is a call that counts for what bounds how often a number is called.
type modelCall struct {
	number string
	at     time.Time
	of     *modelAttempt
}

// claim returns the new attempts, and what else there is to tell.
func (m *model) claim(name string, now time.Time, take campaign.Take) (made []*modelAttempt, told campaign.Taken) {
	if m.campaigns[name] == nil {
		return nil, told
	}
	mc := m.campaign(name)
	for _, c := range mc.contacts {
		if waits(c) && late(c, now) {
			c.State, c.Due, c.Callback = campaign.Expired, time.Time{}, false
		}
	}
	take.CallerIDs = slices.Clone(take.CallerIDs)
	most := take.Most()
	for len(made) < most {
		c := mc.choose(now, &take, len(made))
		if c == nil {
			break
		}
		next, until, often, over := m.number(c, now, &take)
		switch {
		case next >= 0:
			if held(c, &take).After(now) {
				most = min(most, take.Certain)
			}
			m.seq++
			mc.turn++
			c.Next = next
			at := &modelAttempt{m.seq, campaign.Attempt{
				Campaign: name, List: c.List, Key: c.Key, Number: c.Number(), Type: c.Numbers[next].Type, Server: take.Server, CallerID: take.Show(c.Number()), Pass: c.Attempts + 1, Claimed: now,
			}, *c, c}
			mc.attempts = append(mc.attempts, at)
			made = append(made, at)
			if take.Note {
				m.calls = append(m.calls, modelCall{c.Number(), now, at})
			}
			c.State, c.Due, c.Attempts = campaign.Dialing, time.Time{}, c.Attempts+1
		case over != 0:
			c.State, c.Due, c.Callback = over, time.Time{}, false
		default:
			c.Due = until
			if often {
				told.TooOften++
			} else {
				told.Busy++
			}
		}
	}
	told.Next, told.Lanes = mc.lanes(&take)
	return made, told
}

func late(c *campaign.Contact, now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

// choose is who is met next, nil if nobody is due.
func (mc *modelCampaign) choose(now time.Time, take *campaign.Take, taken int) (best *campaign.Contact) {
	by := func(c *campaign.Contact) float64 {
		chance, _ := chanceOf(take, campaign.ClassOf(c), c.Zone)
		switch {
		case c.Callback || (mc.turn+1)%campaign.LongestEach == 0:
			return 0
		case taken < take.Sure:
			return -chance
		case taken < take.Sure+take.Long:
			return chance
		}
		return 0
	}
	for _, c := range mc.contacts {
		if _, open := chanceOf(take, 0, c.Zone); !open || !waits(c) || c.Due.After(now) || taken >= take.Certain && held(c, take).After(now) {
			continue
		}
		if best == nil || cmp.Or(first(c)-first(best), cmp.Compare(by(c), by(best)), c.Due.Compare(best.Due)) < 0 {
			best = c
		}
	}
	return best
}

// held is until when a contact is only for calls for which an agent is certain; its
// due time if it is for any.
func held(c *campaign.Contact, take *campaign.Take) time.Time {
	switch c.Last {
	case campaign.Connected, campaign.Abandoned, campaign.Dropped:
		if c.Attempts > 0 && !c.Callback {
			return c.Due.Add(take.Hold)
		}
	}
	return c.Due
}

// first is the order of those who are called before others.
func first(c *campaign.Contact) int {
	if c.Callback {
		return -1000
	}
	return -c.Priority
}

func chanceOf(take *campaign.Take, class uint8, zone string) (chance float64, open bool) {
	chance = 1
	if take.Chances[class] > 0 {
		chance = take.Chances[class]
	}
	for _, z := range take.Zones {
		if z.Name == zone {
			if z.Factor > 0 {
				chance *= z.Factor
			}
			return chance, true
		}
	}
	return chance, take.AllZones
}

// number is which of a contact's is called, or -1 and until when it waits, or else
// what it is for good.
func (m *model) number(c *campaign.Contact, now time.Time, take *campaign.Take) (next int, until time.Time, often bool, over campaign.ContactState) {
	over = campaign.BadNumber
	for i := range c.Numbers {
		k := (c.Next + i) % len(c.Numbers)
		n := &c.Numbers[k]
		at, tooOften := m.tooOften(n.Number, now, &take.Frequency), true
		if m.ringing(n.Number) {
			at, tooOften = now.Add(store.BusyNumberDelay), false
		}
		switch {
		case n.Dead, i > 0 && take.MaxPerNumber > 0 && n.Attempts >= take.MaxPerNumber:
		case m.dnc[n.Number]:
			if over == campaign.BadNumber {
				over = campaign.DNC
			}
		case at.IsZero():
			return k, at, false, 0
		case over != 0 || at.Before(until):
			until, often, over = at, tooOften, 0
		}
	}
	return -1, until, often, over
}

func (m *model) tooOften(number string, now time.Time, f *campaign.Frequency) (until time.Time) {
	for most, within := range map[int]time.Duration{f.PerDay: 24 * time.Hour, f.PerWeek: 7 * 24 * time.Hour} {
		var all []time.Time
		for _, c := range m.calls {
			if c.number == number {
				all = append(all, c.at)
			}
		}
		if most == 0 || len(all) < most {
			continue
		}
		at := all[len(all)-most].Add(within)
		if now.Add(within).Before(at) {
			at = now.Add(within)
		}
		if at.After(now) && at.After(until) {
			until = at
		}
	}
	return until
}

func (m *model) forget(at *modelAttempt) {
	m.calls = slices.DeleteFunc(m.calls, func(c modelCall) bool { return c.of == at })
}

// lanes tells when the next contact is due of the zones that were asked for, and
// all lanes.
func (mc *modelCampaign) lanes(take *campaign.Take) (next time.Time, all []campaign.Lane) {
	for _, c := range mc.contacts {
		if !waits(c) {
			continue
		}
		l := campaign.Lane{Callback: c.Callback, Priority: c.Priority, Class: campaign.ClassOf(c), Zone: c.Zone, Due: c.Due}
		if c.Callback {
			l.Priority = 0
		}
		if _, open := chanceOf(take, 0, c.Zone); open && (next.IsZero() || held(c, take).Before(next)) {
			next = held(c, take)
		}
		i := slices.IndexFunc(all, func(o campaign.Lane) bool { o.Due = l.Due; return o == l })
		if i < 0 {
			all = append(all, l)
		} else if l.Due.Before(all[i].Due) {
			all[i].Due = l.Due
		}
	}
	slices.SortFunc(all, func(a, b campaign.Lane) int {
		level := func(l campaign.Lane) int { return first(&campaign.Contact{Callback: l.Callback, Priority: l.Priority}) }
		return cmp.Or(level(a)-level(b), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Zone, b.Zone))
	})
	return next, all
}
