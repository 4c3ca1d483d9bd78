package campaign

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

const (
	pollEvery   = time.Second            // QueueSummary of a queue that is dialed into
	pollIdle    = 10 * time.Second       // of one that is not
	pollAfter   = 200 * time.Millisecond // after an event that changes the supply
	staleAfter  = 5 * time.Second        // an older picture is not dialed on
	membersEach = 30 * time.Second       // QueueStatus, in case a member's event was lost

	// deviceLag is how long Asterisk may take to count an agent who has just
	// been connected, or whose phone just rang, as no longer available.
	deviceLag = 500 * time.Millisecond
)

// queue is a queue on a server and what is known of its agents.
type queue struct {
	server, name string
	campaigns    []*campaign
	turn         int // whose turn it is to be served first
	wrapup       time.Duration

	asking  bool
	askedAt time.Time
	dirtyAt time.Time // an event changed the supply; zero: none since askedAt

	seen      time.Time // when the picture came; zero: there is none
	picture   QueueSeen
	unknown   bool // it was announced that Asterisk does not know the queue
	members   map[string]*member
	membersAt time.Time
	supply    pacing.Supply // of the last decision, for status
}

// member is an agent in a queue.
type member struct {
	ami.Member
	freeAt time.Time // end of its wrap-up, by our clock
}

func (m *member) idle() bool {
	return !m.Paused && (m.Status == ami.DeviceUnknown || m.Status == ami.DeviceNotInUse)
}

func (c *Core) dirty(server, name string) {
	if q := c.queue(server, name); q != nil && q.dirtyAt.IsZero() {
		q.dirtyAt = c.now
	}
}

func (c *Core) memberChanged(server string, e *ami.QueueMemberChange) {
	q := c.queue(server, e.Member.Queue)
	if q == nil {
		return
	}
	if e.Kind == "Removed" {
		delete(q.members, e.Member.Interface)
	} else {
		c.setMember(q, e.Member)
	}
	c.dirty(server, q.name)
}

func (c *Core) setMember(q *queue, m ami.Member) {
	old := q.members[m.Interface]
	now := &member{Member: m}
	if old != nil {
		now.freeAt = old.freeAt
	}
	if wrapup := max(q.wrapup, m.Wrapup); wrapup > 0 && !m.LastCall.IsZero() {
		// LastCall is cut to whole seconds, hence one more.
		end := m.LastCall.Add(-c.servers[q.server].offset).Add(time.Second + wrapup)
		if end.After(now.freeAt) {
			now.freeAt = end
		}
	}
	q.members[m.Interface] = now
}

// wrapUp begins a member's wrap-up by what the call itself tells, which may be
// before the member's own event.
func (c *Core) wrapUp(server, queueName, iface string) {
	q := c.queue(server, queueName)
	if q == nil {
		return
	}
	m := q.members[iface]
	if m == nil {
		return
	}
	if wrapup := max(q.wrapup, m.Wrapup); wrapup > 0 {
		if end := c.now.Add(wrapup); end.After(m.freeAt) {
			m.freeAt = end
		}
	}
	c.dirty(server, queueName)
}

func (c *Core) membersSeen(ev MembersSeen) {
	q := c.queue(ev.Server, ev.Queue)
	if q == nil {
		return
	}
	old := q.members
	q.members = make(map[string]*member, len(ev.Members))
	for _, m := range ev.Members {
		if o := old[m.Interface]; o != nil {
			q.members[m.Interface] = o
		}
		c.setMember(q, m)
	}
	q.membersAt = c.now
}

func (c *Core) queueSeen(ev QueueSeen) {
	q := c.queue(ev.Server, ev.Queue)
	if q == nil {
		return
	}
	q.asking = false
	if !q.seen.IsZero() {
		if dt := c.now.Sub(q.seen); dt > 0 && dt <= 2*pollIdle {
			for _, cp := range q.campaigns {
				if cp.state == Running {
					cp.booked += dt * time.Duration(q.picture.LoggedIn)
				}
			}
		}
	}
	q.seen, q.picture = c.now, ev
	if !q.dirtyAt.IsZero() && !q.dirtyAt.After(ev.Asked) {
		q.dirtyAt = time.Time{}
	}
	if !ev.Known && !q.unknown {
		c.notice(slog.LevelError, "Asterisk does not know the queue", slog.String("asterisk", q.server), slog.String("queue", q.name))
	}
	q.unknown = !ev.Known
}

// supplyOf counts a queue's agents now. It errs on the side of fewer free
// ones: what happened since the picture was asked for is counted as if the
// picture did not show it yet.
func (c *Core) supplyOf(q *queue) pacing.Supply {
	asked := q.picture.Asked
	s := pacing.Supply{Available: q.picture.Available, Callers: q.picture.Callers}
	ringing := 0
	for _, m := range q.members {
		switch {
		case m.idle() && c.now.Before(m.freeAt):
			s.Wrapup++
		case m.Status == ami.DeviceRinging || m.Status == ami.DeviceRingInUse:
			ringing++
		}
	}
	offered := 0
	for _, cp := range q.campaigns {
		s.OnTheWay += cp.claiming
	}
	for _, cl := range c.calls {
		if cl.campaign.Queue != q.name || cl.server.Name != q.server || !cl.leg1Gone.IsZero() {
			continue
		}
		switch {
		case cl.phase < phaseQueued:
			s.OnTheWay++
		case cl.phase == phaseTalking:
			if !cl.Attempt.Connected.Before(asked.Add(-deviceLag)) {
				s.OnTheWay++
			}
		case !cl.queuedAt.Before(asked):
			s.OnTheWay++
		case cl.phase == phaseOffered && cl.queuedAt.Before(asked.Add(-deviceLag)):
			offered++
		}
	}
	s.Offered = min(offered, ringing, s.Callers)
	return s
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
		return "originating failed; waiting until " + s.refused.until.Format(time.TimeOnly)
	case c.now.Before(cp.fault.until):
		return "the store failed; waiting until " + cp.fault.until.Format(time.TimeOnly)
	}
	if cp.Hours != nil && !cp.Hours.Open(c.now) {
		if next, ok := cp.Hours.Next(c.now); ok {
			return "outside the calling window until " + next.Format("Mon 2006-01-02 15:04 MST")
		}
		return "outside the calling window, which never opens"
	}
	return ""
}

// pace asks for as many contacts as there are agents for.
func (c *Core) pace() {
	for _, q := range c.queues {
		c.poll(q)
		c.paceQueue(q)
	}
}

func (c *Core) poll(q *queue) {
	if !c.servers[q.server].up {
		return
	}
	active := false
	for _, cp := range q.campaigns {
		active = active || cp.state == Running || cp.inFlight > 0
	}
	every := pollIdle
	if active {
		every = pollEvery
	}
	if !q.asking {
		since := c.now.Sub(q.askedAt)
		if since >= every || !q.dirtyAt.IsZero() && since >= pollAfter || q.seen.IsZero() && since >= pollAfter {
			q.asking, q.askedAt = true, c.now
			c.do(AskQueue{q.server, q.name})
		}
	}
	if active && c.now.Sub(q.membersAt) >= membersEach {
		q.membersAt = c.now
		c.do(AskMembers{q.server, q.name})
	}
}

func (c *Core) paceQueue(q *queue) {
	s := c.servers[q.server]
	want := make([]int, len(q.campaigns))
	any := false
	for i, cp := range q.campaigns {
		cp.hold = c.mayNotCall(cp)
		switch {
		case cp.hold != "":
		case q.seen.IsZero() || c.now.Sub(q.seen) > staleAfter:
			cp.hold = "the queue's agents are not known at the moment"
		case q.unknown:
			cp.hold = fmt.Sprintf("Asterisk %s does not know the queue %s", q.server, q.name)
		case cp.claiming > 0:
		case cp.empty && cp.next.IsZero():
			cp.hold = "list end: no contact is left to dial"
		case cp.next.After(c.now):
			cp.hold = "no contact is due until " + cp.next.Format(time.TimeOnly)
		case cp.inFlight >= cp.MaxInFlight:
			cp.hold = fmt.Sprintf("max_in_flight of %d is reached", cp.MaxInFlight)
		default:
			want[i] = cp.MaxInFlight - cp.inFlight
			any = true
		}
	}
	if q.seen.IsZero() {
		return
	}
	q.supply = c.supplyOf(q)
	if !any {
		return
	}
	free, limit := q.supply.Free(), ""
	if free == 0 {
		limit = "no agent is free: " + q.supply.String()
	}
	if s.MaxChannels > 0 && free > s.MaxChannels-s.inFlight {
		free = max(0, s.MaxChannels-s.inFlight)
		limit = fmt.Sprintf("max_channels of %d on Asterisk %s is reached", s.MaxChannels, s.Name)
	}
	if free > 0 {
		wanted := 0
		for _, n := range want {
			wanted += n
		}
		free = s.rate.Take(c.now.UnixNano(), min(free, wanted))
		if free == 0 {
			limit = fmt.Sprintf("calls_per_second of %d on Asterisk %s is reached", s.CallsPerSecond, s.Name)
		}
	}
	given := 0
	for i, n := range pacing.Share(free, want, q.turn) {
		cp := q.campaigns[i]
		if n > 0 {
			cp.claiming = n
			s.inFlight += n
			given += n
			c.do(TakeContacts{cp.Name, n})
		} else if want[i] > 0 {
			cp.hold = limit
		}
	}
	s.rate.Return(free - given)
	if given > 0 {
		q.turn = (q.turn + 1) % len(q.campaigns)
	}
}
