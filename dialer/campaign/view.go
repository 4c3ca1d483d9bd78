package campaign

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// decide asks a campaign's pacer how many calls it may place now. It does not ask
// again as long as nothing happened but that what it decided on was done.
func (c *Core) decide(q *queue, cp *campaign) pacing.Decision {
	p := cp.placeOn(q.server)
	if d := &p.decision; p.asOf == c.changes && p.placed == d.Place {
		d.Place, d.Certain, d.Sure, d.Long = 0, 0, 0, 0
		p.placed, cp.entry.Decision = 0, *d
		return *d
	}
	p.asOf, p.placed = c.changes, 0
	s := &c.view
	c.viewQueue(q, cp, s)
	s.Since = 0
	twice := 0.0 // of that time, what another place has counted
	if !p.decided.IsZero() {
		s.Since = c.now.Sub(p.decided).Seconds()
		twice = max(0, cp.decided.Sub(p.decided).Seconds())
	}
	p.decided, cp.decided = c.now, c.now
	cp.pacer.Patience = q.patience(cp.Pacing.Patience)
	cp.entry = pacing.Entry{Time: c.now, Settings: cp.pacer.Settings}
	if cp.pacer.Mode == pacing.Predictive && !c.muted {
		c.before = cp.pacer.State
	}
	cp.entry.Decision = cp.pacer.Decide(s)
	p.decision = cp.entry.Decision
	cp.pacer.Day.Seconds -= min(twice, cp.pacer.Day.Seconds)
	if !c.muted && (cp.entry.Decision.Place > 0 || cp.entry.Decision.By != p.by) {
		if cp.pacer.Mode == pacing.Predictive {
			before := c.before
			before.Contacts = pacing.Estimate{} // nothing is decided by it
			cp.entry.State = &before
		}
		// The slices are used again for the next campaign's.
		cp.entry.Snapshot = *s
		cp.entry.Snapshot.Busy, cp.entry.Snapshot.Ringing = slices.Clone(s.Busy), slices.Clone(s.Ringing)
	}
	return cp.entry.Decision
}

// record writes the last decision into the ledger if it changed something: calls
// were placed, or what keeps them from being placed is another cap.
func (c *Core) record(cp *campaign, p *place, placed int) {
	if c.muted || placed == 0 && cp.entry.Decision.By == p.by {
		return
	}
	e := cp.entry
	p.by = e.Decision.By
	e.Placed, e.Hold = placed, p.hold.String()
	c.do(Decided{cp.Name, e})
}

// viewQueue writes down what is known of a queue's agents and of the calls that
// may need them, as a campaign's pacer takes it.
func (c *Core) viewQueue(q *queue, cp *campaign, s *pacing.Snapshot) {
	open := 0
	for _, other := range c.sharers(q) {
		open += other.demand.open
	}
	*s = pacing.Snapshot{
		Free:    q.supply.Available - max(0, q.supply.Callers-q.supply.Offered) - q.supply.Wrapup - (q.supply.OnTheWay - open),
		Idle:    max(0, q.supply.Available-q.supply.Wrapup),
		Busy:    s.Busy[:0],
		Ringing: s.Ringing[:0],
		Limits:  pacing.NoLimits, // see allowed
	}
	s.Left = c.left(cp).Seconds()
	if cp.pacer.Mode == pacing.Predictive {
		s.Surest, s.Longest = c.extremes(cp)
	}
	for _, m := range q.inOrder() {
		if b, ok := c.busy(q, m); ok {
			s.Busy = append(s.Busy, b)
		}
	}
	now := c.now.UnixNano()
	for _, other := range c.sharers(q) {
		for i, owner := range other.owners() {
			r, times := pacing.Ringing{}, 1.0
			if owner != cp {
				r.Other, times = true, owner.pacer.Rate.Value()/cp.pacer.Rate.Value()
			}
			if owner.certain > 0 && i < len(other.campaigns) {
				s.Kept++
			}
			for _, cl := range owner.openCalls() {
				if cl.queue != other {
					continue
				}
				if cl.kept {
					s.Kept++
				}
				r.Elapsed, r.Factor = float64(now-cl.claimed)*1e-9, cl.factor*times
				if r.Other && cl.factor == 0 {
					r.Factor = times
				}
				s.Ringing = append(s.Ringing, r)
			}
			r.Elapsed, r.Factor = 0, 0
			if r.Other {
				r.Factor = times
			}
			if i < len(other.campaigns) {
				for range owner.claimingOn(other.server) {
					s.Ringing = append(s.Ringing, r)
				}
			}
		}
	}
}

// busy is an agent who will be free again; false for one who is free, or away.
func (c *Core) busy(q *queue, m *member) (b pacing.Busy, ok bool) {
	switch {
	case !m.work.IsZero():
		b.Wrapup, b.Elapsed = true, c.now.Sub(m.work).Seconds()
		return b, c.now.Sub(m.work) <= mostWork
	case m.Paused || m.away():
		return b, false
	case m.idle():
		left := m.freeAt.Sub(c.now)
		if left <= 0 {
			return b, false
		}
		b.Wrapup, b.Left = true, left.Seconds()
		b.Elapsed = max(0, (max(q.wrapup, m.Wrapup) - left).Seconds())
	case !m.ringing():
		b.Elapsed = c.now.Sub(m.since).Seconds()
	}
	return b, true
}

// inOrder are the members in an order that is always the same: what is decided
// must not depend on that of a map.
func (q *queue) inOrder() []*member {
	if q.ordered == nil {
		q.ordered = slices.SortedFunc(maps.Values(q.members), func(a, b *member) int { return cmp.Compare(a.Interface, b.Interface) })
	}
	return q.ordered
}

// openCalls are a campaign's calls that nobody has answered, in the order of their
// claims: in whatever queue.
func (cp *campaign) openCalls() []*call {
	cp.open = slices.DeleteFunc(cp.open, func(cl *call) bool { return cl.gone || cl.phase >= phaseAnswered || !cl.leg1Gone.IsZero() })
	return cp.open
}

// The pacer learns from how calls and agents' work went.

// answeredBy notes who answered a call: a person, who then waits for an agent, a
// machine or nobody. rang is the time from the claim. Noted once, it is only
// corrected.
func (c *Core) answeredBy(cl *call, who answerer, rang time.Duration) {
	if cl.learnt == who {
		return
	}
	p, r := &cl.campaign.pacer, cl.campaign.Regime
	switch {
	case cl.learnt == answererUnknown:
		p.CallEnded(who == answererPerson, rang.Seconds(), cl.factor)
		p.ContactEnded(who == answererPerson, cl.class, cl.hour, cl.rate)
		if who == answererMachine {
			p.MachineAnswered(r)
		}
	case cl.learnt == answererPerson && who == answererMachine:
		p.TakenForPerson(r, cl.late)
		p.ContactCorrected(false, cl.class, cl.hour, cl.rate)
		cl.late = false
	case cl.learnt == answererMachine && who == answererPerson:
		p.TakenForMachine(r)
		p.ContactCorrected(true, cl.class, cl.hour, cl.rate)
	default:
		return
	}
	cl.learnt = who
	cl.campaign.unsaved = true
}

// learnEnd notes what the end of a call tells that nothing told before. What the
// trunk refused says nothing of how people answer: learning from it would dial
// the faster the less the trunk carries.
func (c *Core) learnEnd(cl *call, a *Attempt) {
	switch a.Outcome {
	case Congestion, Failed, Cancelled, Unknown:
	case Connected, Abandoned, Dropped:
		c.answeredBy(cl, answererPerson, a.Ring())
	case Machine:
		c.answeredBy(cl, answererMachine, a.Ring())
	default:
		c.answeredBy(cl, answererNobody, a.Ring())
	}
	if n := a.Count(cl.campaign.Regime); n.Abandoned > 0 && a.Outcome != Machine {
		c.abandoned(cl)
	}
}

// abandoned notes, once, that a person found no agent in time.
func (c *Core) abandoned(cl *call) {
	if !cl.late {
		cl.late = true
		cl.campaign.pacer.Abandoned()
		cl.campaign.unsaved = true
	}
}

// learnEach is how often what pacers have learnt is written.
const learnEach = 30 * time.Second

// saveLearnt writes what a campaign's pacer has learnt, if it is time to.
func (c *Core) saveLearnt(cp *campaign) {
	if cp.unsaved && (c.closing || cp.flush || c.now.Sub(cp.savedAt) >= learnEach) {
		cp.unsaved, cp.savedAt = false, c.now
		c.do(SaveLearnt{cp.Name, cp.pacer.State})
	}
}
