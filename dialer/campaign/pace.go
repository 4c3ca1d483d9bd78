package campaign

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// mayNotCall tells why a campaign may not place a call now on any server, apart
// from the supply of agents and the limits; "" if it may.
func (c *Core) mayNotCall(cp *campaign) string {
	switch {
	case c.closing:
		return "the daemon is stopping"
	case cp.state != Running:
		return "the campaign is " + string(cp.state)
	case c.now.Before(cp.fault.until):
		return "the store failed; waiting until " + c.clockText(cp.fault.until)
	}
	return c.shut(cp)
}

// pace asks for as many contacts as pacing and limits allow. The queues take
// turns at being first, because they may share a server's limits.
func (c *Core) pace() {
	for _, name := range c.names {
		if cp := c.campaigns[name]; c.mayNotCall(cp) == "" {
			c.look(cp)
		}
	}
	c.countDemand()
	n := len(c.queues)
	first := c.first
	for i := range n {
		k := (first + i) % n
		c.poll(c.queues[k])
		if c.paceQueue(c.queues[k]) {
			c.first = (k + 1) % n
		}
	}
	for _, cp := range c.broadcasts {
		c.paceBroadcast(cp)
	}
}

// wants tells how many contacts a campaign that may call could dial now on a
// server if there were agents, and why none if it is none.
func (c *Core) wants(cp *campaign, s *server) (int, string) {
	next := cp.agenda.next
	if first := cp.held.first(); !first.IsZero() && first.Before(next) {
		next = first
	}
	switch {
	case cp.silent:
		return 0, "the store has not answered since " + c.clockText(cp.agenda.asked)
	case cp.claiming > 0, cp.Zones && !cp.zones.known:
		return 0, ""
	case cp.agenda.empty && next.IsZero():
		return 0, "list end: no contact is left to dial"
	case next.After(c.now):
		return 0, "no contact is due until " + c.clockText(next)
	case cp.inFlight >= cp.MaxInFlight:
		return 0, fmt.Sprintf("max_in_flight of %d is reached", cp.MaxInFlight)
	}
	callers, why := c.callerRoom(cp)
	if callers == 0 {
		return 0, why
	}
	t := c.trunk(cp, s)
	room := t.room(c.now)
	if room == 0 {
		return 0, fmt.Sprintf("one call is tried on the trunk %s, which refused %s", t.name, t.refused)
	}
	return min(cp.MaxInFlight-cp.inFlight, room, callers), ""
}

// blind tells why a queue's agents are not known well enough to dial; "" if they
// are.
func (c *Core) blind(q *queue) string {
	switch {
	case q.seen.IsZero() || c.now.Sub(q.picture.Asked) > staleAfter || !q.membersKnown:
		return "the queue's agents are not known at the moment"
	case q.unknown:
		return fmt.Sprintf("Asterisk %s does not know the queue %s", q.server.Name, q.name)
	}
	return ""
}

// paceQueue reports whether it asked for contacts.
func (c *Core) paceQueue(q *queue) bool {
	want, wanted := make([]int, len(q.campaigns)), 0
	blind := c.blind(q)
	for i, cp := range q.campaigns {
		p := cp.placeOn(q.server)
		switch why := c.mayNotCall(cp); {
		case why != "":
			cp.holdAll(why)
		case c.mayNotCallOn(cp, q.server) != "":
			p.hold, p.decided = hold{words: c.mayNotCallOn(cp, q.server)}, time.Time{}
		case blind != "":
			p.hold = hold{words: blind}
		default:
			want[i], p.hold.words = c.wants(cp, q.server)
			p.hold.by = pacing.Decision{}
		}
		wanted += want[i]
		if cp.claiming > 0 {
			want[i] = -1 // none more at this moment, but it keeps its turn
		}
	}
	if q.seen.IsZero() {
		return false
	}
	q.supply = c.supplyOf(q)
	if wanted == 0 {
		return false
	}
	lead := q.campaigns[pacing.First(want, q.turns)]
	n, limit := c.allowed(q.server, c.decide(q, lead), wanted)
	asked := 0
	shares := pacing.Share(n, want, q.turns)
	for i, cp := range q.campaigns {
		p := cp.placeOn(q.server)
		share, why := min(shares[i], c.trunk(cp, q.server).room(c.now)), limit
		q.turns[i].Unused(shares[i] - share)
		place, decided := share, cp == lead
		if place > 0 && !decided {
			// What the lead may place, this one may perhaps not: its contacts
			// may answer more often.
			place, decided = min(place, c.decide(q, cp).Place), true
			q.turns[i].Unused(share - place)
		}
		if certain := cp.entry.Decision.Certain; place > certain && cp.agenda.later(c.now) {
			// Those who are due are left to certain calls.
			q.turns[i].Unused(place - certain)
			if place = certain; place == 0 {
				why = hold{words: "who is due found no agent before, and waits until one is certain"}
			}
		}
		if place > 0 {
			cp.pacer.Placed(place)
			p.placed = place
			c.take(cp, q.server, place, &cp.entry.Decision)
			q.demand.onTheWay += place
			q.demand.open += place
			asked += place
		} else if want[i] > 0 {
			p.hold = why
		}
		if decided {
			c.record(cp, p, place)
		}
	}
	q.server.rate.Return(n - asked)
	return asked > 0
}

// paceBroadcast asks for contacts of a campaign without agents.
func (c *Core) paceBroadcast(cp *campaign) {
	if why := c.mayNotCall(cp); why != "" {
		cp.holdAll(why)
		return
	}
	all := c.leastLoaded(cp)
	for i, p := range all {
		want := 0
		if want, p.hold.words = c.wants(cp, p.server); want == 0 {
			continue
		}
		// Its share alone, so that those after it have theirs.
		want = (want + len(all) - i - 1) / (len(all) - i)
		n, limit := c.allowed(p.server, pacing.Decision{Place: want}, want)
		if most := n; n > 0 {
			n = cp.rate.Take(c.now.UnixNano(), n)
			p.server.rate.Return(most - n)
			limit.words = fmt.Sprintf("the campaign's calls_per_second of %v is reached", cp.rate.Rate)
		}
		if p.hold = limit; n > 0 {
			p.hold = hold{}
			c.take(cp, p.server, n, &pacing.Decision{})
			return // the others' turn comes when these are claimed
		}
	}
}

// take asks the store for n contacts of a campaign to be called on a server, as a
// decision has it.
func (c *Core) take(cp *campaign, s *server, n int, d *pacing.Decision) {
	cp.claiming, cp.taking = n, s
	c.trunk(cp, s).took(cp)
	s.inFlight += n
	cp.agenda.ask(c.now)
	take := c.takeOf(cp, n, s, d)
	c.reserve(cp, take.CallerIDs)
	if cp.Waits() {
		cp.certain = take.Certain
	}
	c.do(TakeContacts{cp.Name, take})
}

// holdOf tells why a decision places no call.
func holdOf(d pacing.Decision) string {
	switch d.By {
	case pacing.CapAgents, pacing.CapLearning:
		return "no agent is free"
	case pacing.CapRatio:
		return "there are as many calls as the ratio allows for the free agents"
	case pacing.CapHarm:
		return fmt.Sprintf("one more answer would find no agent with a chance of %.1f %%; %.1f %% are allowed", 100*d.Harm, 100*d.Threshold)
	case pacing.CapWrong:
		return "no agent is free, and far more calls were abandoned than was forecast, so that no forecast is relied on"
	case pacing.CapKept:
		return "a call rings for which an agent is kept, and the others are taken"
	case pacing.CapBudget:
		return "no agent is free, and the answers so far do not pay for one more abandoned call"
	}
	return string(d.By) + " is reached"
}

// allowed is how many of the wanted calls there are agents and lines for, and
// what holds the others.
func (c *Core) allowed(s *server, d pacing.Decision, wanted int) (n int, limit hold) {
	n = min(d.Place, wanted)
	if n == 0 {
		return 0, hold{by: d}
	}
	limit.words = "the free agents are taken by the queue's other campaigns"
	if s.refused.fails > 0 {
		// One call shows whether Asterisk takes them again; many would burn
		// as many contacts.
		if c.now.Before(s.probeAt) {
			return 0, hold{words: "originating failed; waiting for a single call to get through"}
		}
		n = 1
	}
	if s.MaxChannels > 0 && n > s.MaxChannels-s.inFlight {
		n = max(0, s.MaxChannels-s.inFlight)
		limit.words = fmt.Sprintf("max_channels of %d on Asterisk %s is reached", s.MaxChannels, s.Name)
	}
	if n > 0 {
		most := n
		if n = s.rate.Take(c.now.UnixNano(), n); n < most {
			limit.words = fmt.Sprintf("calls_per_second of %d on Asterisk %s is reached", s.CallsPerSecond, s.Name)
		}
	}
	if n > 0 {
		s.probeAt = c.now.Add(probeEvery)
	}
	return n, limit
}

// clockText is a time for people: with its day unless that is today.
func (c *Core) clockText(t time.Time) string {
	t = t.In(c.now.Location())
	if t.Format(time.DateOnly) == c.now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("Mon 2006-01-02 15:04")
}
