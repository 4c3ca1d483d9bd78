package campaign

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

const (
	// deviceLag is how long Asterisk may take to count an agent who has just
	// been connected, or whose phone just rang, as no longer available.
	deviceLag = 500 * time.Millisecond

	// probeEvery is how often one call is tried while Originates fail.
	probeEvery = time.Second
)

// demand is what takes or will take agents of a queue.
type demand struct {
	callers  int // who wait
	ringing  int // members whose phones rang when the picture was asked for
	offered  int // own callers whom an agent's phone rings for
	onTheWay int // own calls that are not among the callers
}

// countDemand counts all queues' demand in one walk over the calls. What
// happened since a queue's picture was asked for is counted as if the picture
// did not show it yet.
func (c *Core) countDemand() {
	for _, q := range c.queues {
		d := demand{callers: q.picture.Callers}
		asked := q.picture.Asked
		for _, m := range q.members {
			if m.ringing() && m.since.Before(asked) {
				d.ringing++
			}
		}
		for _, cp := range q.campaigns {
			d.onTheWay += cp.claiming
		}
		for _, t := range q.taken {
			if !t.Before(asked.Add(-deviceLag)) {
				d.onTheWay++
			}
		}
		q.demand = d
	}
	for _, cl := range c.calls {
		if cl.queue != nil && cl.leg1Gone.IsZero() {
			cl.queue.demand.add(cl, cl.queue.picture.Asked)
		}
	}
}

// add counts a live call, with the queue's picture as asked for at asked.
func (d *demand) add(cl *call, asked time.Time) {
	settled := asked.Add(-deviceLag)
	switch {
	case cl.phase < phaseQueued:
		d.onTheWay++
	case cl.phase == phaseTalking:
		if !cl.Attempt.Connected.Before(settled) {
			d.onTheWay++
		}
	case !cl.queuedAt.Before(asked):
		d.onTheWay++
	case !cl.leftAt.IsZero():
		// No caller any more, but an agent is about to be connected.
		if !cl.leftAt.Before(settled) {
			d.onTheWay++
		}
	case cl.phase == phaseOffered && cl.offeredAt.Before(settled):
		d.offered++
	}
}

// supplyOf is what the demand leaves of a queue's agents. An agent who is a
// member of several queues is available in each, so what is on its way to one
// of them counts in all: that errs on the side of fewer free ones where queues
// share only some.
func (c *Core) supplyOf(q *queue) pacing.Supply {
	s := pacing.Supply{Available: q.picture.Available}
	for _, m := range q.members {
		if m.idle() && c.now.Before(m.freeAt) {
			s.Wrapup++
		}
	}
	for _, other := range c.sharers(q) {
		d := other.demand
		s.Callers += d.callers
		s.Offered += min(d.offered, d.ringing, d.callers)
		s.OnTheWay += d.onTheWay
	}
	return s
}

// sharers are the queues that have a member in common with q, itself among them.
func (c *Core) sharers(q *queue) []*queue {
	if q.sharers == nil {
		for _, other := range c.queues {
			if other == q || other.server == q.server && commonKey(q.members, other.members) {
				q.sharers = append(q.sharers, other)
			}
		}
	}
	return q.sharers
}

func commonKey(a, b map[string]*member) bool {
	for k := range a {
		if b[k] != nil {
			return true
		}
	}
	return false
}

// membersChanged makes sharers be found again.
func (c *Core) membersChanged() {
	for _, q := range c.queues {
		q.sharers = nil
	}
}

// mayNotCall tells why a campaign may not place a call now, apart from the
// supply of agents and the limits; "" if it may.
func (c *Core) mayNotCall(cp *campaign) string {
	s := c.servers[cp.Server]
	switch {
	case c.closing:
		return "the daemon is stopping"
	case cp.state != Running:
		return "the campaign is " + string(cp.state)
	case !s.up:
		return "no connection to Asterisk " + s.Name
	case c.now.Before(s.refused.until):
		return "originating failed; waiting until " + c.clockText(s.refused.until)
	case c.now.Before(cp.fault.until):
		return "the store failed; waiting until " + c.clockText(cp.fault.until)
	}
	if cp.Hours != nil && !cp.Hours.Open(c.now) {
		if next, ok := cp.Hours.Next(c.now); ok {
			return "outside the calling window until " + next.Format("Mon 2006-01-02 15:04 MST")
		}
		return "outside the calling window, which never opens"
	}
	return ""
}

// pace asks for as many contacts as there are agents for. The queues take turns
// at being first, because they may share a server's limits.
func (c *Core) pace() {
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
}

// wants tells how many contacts a campaign could dial now if there were agents,
// and why none if it is none.
func (c *Core) wants(q *queue, cp *campaign) (int, string) {
	if why := c.mayNotCall(cp); why != "" {
		return 0, why
	}
	switch {
	case q.seen.IsZero() || c.now.Sub(q.picture.Asked) > staleAfter || !q.membersKnown:
		return 0, "the queue's agents are not known at the moment"
	case q.unknown:
		return 0, fmt.Sprintf("Asterisk %s does not know the queue %s", q.server.Name, q.name)
	case cp.claiming > 0:
		return 0, ""
	case cp.agenda.empty && cp.agenda.next.IsZero():
		return 0, "list end: no contact is left to dial"
	case cp.agenda.next.After(c.now):
		return 0, "no contact is due until " + c.clockText(cp.agenda.next)
	case cp.inFlight >= cp.MaxInFlight:
		return 0, fmt.Sprintf("max_in_flight of %d is reached", cp.MaxInFlight)
	}
	return cp.MaxInFlight - cp.inFlight, ""
}

// paceQueue reports whether it asked for contacts.
func (c *Core) paceQueue(q *queue) bool {
	want := make([]int, len(q.campaigns))
	wanted := 0
	for i, cp := range q.campaigns {
		want[i], cp.hold = c.wants(q, cp)
		wanted += want[i]
	}
	if q.seen.IsZero() {
		return false
	}
	q.supply = c.supplyOf(q)
	if wanted == 0 {
		return false
	}
	n, limit := c.allowed(q, wanted)
	for i := range q.shares {
		q.shares[i].Want = want[i]
	}
	for i, n := range pacing.Share(n, q.shares) {
		cp := q.campaigns[i]
		if n > 0 {
			cp.claiming = n
			q.demand.onTheWay += n
			q.server.inFlight += n
			cp.agenda.ask(c.now)
			c.do(TakeContacts{cp.Name, n})
		} else if want[i] > 0 {
			cp.hold = limit
		}
	}
	return n > 0
}

// allowed is how many of the wanted calls there are agents and lines for, and
// what holds the others.
func (c *Core) allowed(q *queue, wanted int) (n int, limit string) {
	s := q.server
	snap := pacing.Snapshot{Free: q.supply.Free(), Idle: q.picture.Available, Limits: pacing.NoLimits}
	snap.Limits.InFlight = wanted
	if s.MaxChannels > 0 {
		snap.Limits.Channels = max(0, s.MaxChannels-s.inFlight)
	}
	d := q.pacer.Decide(&snap)
	n = d.Place
	switch {
	case snap.Free == 0:
		return 0, "no agent is free"
	case d.By == pacing.CapChannels:
		limit = fmt.Sprintf("max_channels of %d on Asterisk %s is reached", s.MaxChannels, s.Name)
	default:
		limit = "the free agents are taken by the queue's other campaigns"
	}
	if n > 0 && s.refused.fails > 0 {
		// One call shows whether Asterisk takes them again; many would burn
		// as many contacts.
		if c.now.Before(s.probeAt) {
			return 0, "originating failed; waiting for a single call to get through"
		}
		n = 1
	}
	if n > 0 {
		most := n
		if n = s.rate.Take(c.now.UnixNano(), n); n < most {
			limit = fmt.Sprintf("calls_per_second of %d on Asterisk %s is reached", s.CallsPerSecond, s.Name)
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
