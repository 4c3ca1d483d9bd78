package campaign

import (
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
	open     int // of these, claims and calls that nobody has answered
}

// countDemand counts all queues' demand in one walk over the calls. What
// happened since a queue's picture was asked for is counted as if the picture
// did not show it yet.
func (c *Core) countDemand() {
	for _, q := range c.queues {
		d := demand{callers: q.picture.Callers}
		asked := q.picture.Asked
		for _, m := range q.inOrder() {
			if m.ringing() && m.since.Before(asked) {
				d.ringing++
			}
		}
		for _, cp := range q.campaigns {
			n := cp.claimingOn(q.server)
			d.onTheWay += n
			d.open += n
		}
		for _, t := range q.taken {
			if !t.Before(asked.Add(-deviceLag)) {
				d.onTheWay++
			}
		}
		q.demand = d
	}
	for _, cl := range c.live {
		if cl.queue != nil && cl.leg1Gone.IsZero() {
			cl.queue.demand.add(cl)
		}
	}
}

// add counts a live call of the queue.
func (d *demand) add(cl *call) {
	if cl.phase < phaseAnswered {
		d.onTheWay++
		d.open++
		return
	}
	asked := cl.queue.picture.Asked
	settled := asked.Add(-deviceLag)
	switch {
	case cl.dropped:
		// It is no caller any more, or will not be in a moment.
	case cl.machine && cl.phase < phaseQueued:
		// It hears a message, or nothing, and will not join.
	case cl.phase < phaseQueued:
		// While the dialplan finds out who answered, it may be a person.
		d.onTheWay++
	case cl.phase == phaseTalking:
		if !cl.Attempt.Connected.Before(settled) && !cl.queue.shows(cl.agent, asked) {
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

// shows reports whether a picture that was asked for at asked has a member as one
// who talks: Asterisk counts by the status that it told.
func (q *queue) shows(iface string, asked time.Time) bool {
	m := q.members[iface]
	return m != nil && m.talks() && !m.since.After(asked)
}

// supplyOf is what the demand leaves of a queue's agents. An agent who is a
// member of several queues is available in each, so what is on its way to one
// of them counts in all: that errs on the side of fewer free ones where queues
// share only some.
func (c *Core) supplyOf(q *queue) pacing.Supply {
	s := pacing.Supply{Available: q.picture.Available}
	for _, m := range q.inOrder() {
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
		q.sharers, q.ordered = nil, nil
	}
}
