package campaign

import (
	"log/slog"
	"slices"
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

	// maxTaken bounds the agents that are remembered as just taken by others.
	maxTaken = 10_000

	// queueLooks is how often a caller who waits is looked after by Queue(): an
	// agent who becomes free is noticed that late (RECHECK in app_queue.c).
	queueLooks = time.Second

	// pickUpMemory is how many calls the time that agents take to pick up is an
	// average of.
	pickUpMemory = 50
)

// queue is a queue on a server and what is known of its agents.
type queue struct {
	server    *server
	name      string
	campaigns []*campaign
	former    []*campaign    // others with calls in it, see setFormer
	turns     []*pacing.Turn // of the campaigns
	wrapup    time.Duration

	asking  bool
	askedAt time.Time
	dirtyAt time.Time // of the last event that changed the supply; zero: the picture shows all

	seen    time.Time // when the picture came; zero: there is none
	picture QueueSeen
	unknown bool // it was announced that Asterisk does not know the queue

	pickUp time.Duration // that agents' phones ring, on average
	picked int           // how often that was seen, at most pickUpMemory

	gaveUp string      // the last caller of others who left without an agent
	taken  []time.Time // when other callers were about to be connected

	members      map[string]*member
	ordered      []*member     // see inOrder; nil: to be made
	membersAt    time.Time     // when they were last asked for
	membersKnown bool          // they were seen since the link came up
	sharers      []*queue      // see sharers; nil: to be found
	demand       demand        // see countDemand
	supply       pacing.Supply // of the last decision, for status
}

func (q *queue) trouble() string { return "queue " + q.server.Name + " " + q.name }

func (q *queue) is(server, name string) bool { return q.server.Name == server && q.name == name }

// owners are the campaigns that have or may have calls in the queue.
func (q *queue) owners() []*campaign {
	if q.former == nil {
		return q.campaigns
	}
	return slices.Concat(q.campaigns, q.former)
}

// forget drops the picture when the link that it came over is gone. What is
// known of members' wrap-up stays true.
func (q *queue) forget() {
	q.asking, q.seen, q.dirtyAt, q.membersKnown = false, time.Time{}, time.Time{}, false
}

// member is an agent in a queue.
type member struct {
	ami.Member
	since  time.Time // when its Status was learnt
	freeAt time.Time // end of its wrap-up, by our clock
	took   bool      // the call that it talks in, while it was not paused
	work   time.Time // it has paused since a talk ended, then; zero: it has not
	ended  time.Time // its last talk did, and what followed is not learnt yet; zero: it is
}

func (m *member) idle() bool {
	return !m.Paused && m.rests()
}

// away reports whether no call can reach the member.
func (m *member) away() bool {
	return m.Status == ami.DeviceInvalid || m.Status == ami.DeviceUnavailable
}

func (m *member) ringing() bool {
	return m.Status == ami.DeviceRinging || m.Status == ami.DeviceRingInUse
}

// dirty notes that the picture of a queue is out of date.
func (c *Core) dirty(server, name string) {
	if q := c.queue(server, name); q != nil {
		q.dirtyAt = c.now
		c.poll(q)
	}
}

func (c *Core) memberChanged(server string, e *ami.QueueMemberChange) {
	q := c.queue(server, e.Member.Queue)
	if q == nil {
		return
	}
	if e.Kind == "Removed" {
		c.memberLearnt(q, q.members[e.Member.Interface], nil)
		delete(q.members, e.Member.Interface)
		c.membersChanged()
	} else {
		c.setMember(q, e.Member)
	}
	c.dirty(server, q.name)
}

func (c *Core) setMember(q *queue, m ami.Member) {
	var old *member
	now := q.members[m.Interface]
	if now == nil {
		now = &member{}
		q.members[m.Interface] = now
		c.membersChanged()
	} else {
		was := *now
		old = &was
	}
	*now = member{Member: m, since: c.now}
	now.follow(old)
	if wrapup := max(q.wrapup, m.Wrapup); wrapup > 0 && !m.LastCall.IsZero() {
		// LastCall is cut to whole seconds, hence one more. It cannot lie ahead:
		// if it seems to, the clocks have drifted since they were compared.
		last := m.LastCall.Add(-q.server.offset)
		if last.After(c.now) {
			last = c.now
		}
		if end := last.Add(time.Second + wrapup); end.After(now.freeAt) {
			now.freeAt = end
		}
	}
	c.memberLearnt(q, old, now)
}

// wrapUp begins a member's wrap-up by what the call itself tells, which may be
// before the member's own event.
func (c *Core) wrapUp(server, queueName, iface string) {
	q := c.queue(server, queueName)
	if q == nil {
		return
	}
	if m := q.members[iface]; m != nil {
		if wrapup := max(q.wrapup, m.Wrapup); wrapup > 0 {
			if end := c.now.Add(wrapup); end.After(m.freeAt) {
				m.freeAt = end
			}
		}
	}
	c.dirty(server, queueName)
}

// strangerLeft notes that a caller who is none of ours leaves the queue, for an
// agent unless QueueCallerAbandon has just told otherwise.
func (c *Core) strangerLeft(server string, e *ami.QueueCallerLeave) {
	q := c.queue(server, e.Queue)
	if q == nil || e.Uniqueid == q.gaveUp {
		return
	}
	settled := q.picture.Asked.Add(-deviceLag)
	q.taken = slices.DeleteFunc(q.taken, func(t time.Time) bool { return t.Before(settled) })
	if len(q.taken) < maxTaken {
		q.taken = append(q.taken, c.now)
	}
}

// pickedUp notes how long an agent's phone rang for a call.
func (q *queue) pickedUp(rang time.Duration) {
	q.picked = min(q.picked+1, pickUpMemory)
	q.pickUp += (rang - q.pickUp) / time.Duration(q.picked)
}

// patience is how many seconds after the answer an agent must be free for a
// person who waits up to most: the agent is noticed late, and then the phone
// rings. It is rounded, because what pacing works out is kept for as long as it
// stays.
func (q *queue) patience(most float64) float64 {
	late := (queueLooks + q.pickUp).Round(100 * time.Millisecond)
	return max(0, most-late.Seconds())
}

func (c *Core) askMembers(q *queue) {
	q.membersAt = c.now
	c.do(AskMembers{q.server.Name, q.name})
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
	q.membersAt, q.membersKnown = c.now, true
	c.membersChanged()
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
				if cp.state == Running && !c.closing {
					cp.booked += dt * time.Duration(q.picture.LoggedIn)
				}
			}
		}
	}
	q.seen, q.picture = c.now, ev
	if !q.dirtyAt.IsZero() && q.dirtyAt.Before(ev.Asked) {
		q.dirtyAt = time.Time{}
	}
	switch attrs := []slog.Attr{slog.String("asterisk", q.server.Name), slog.String("queue", q.name)}; {
	case !ev.Known:
		c.troubled(q.trouble(), nil, "Asterisk does not know the queue", attrs...)
	case q.unknown:
		c.untroubled(q.trouble(), "Asterisk knows the queue again", attrs...)
	}
	q.unknown = !ev.Known
}

func (q *queue) active() bool {
	return slices.ContainsFunc(q.owners(), func(cp *campaign) bool { return cp.state == Running || cp.inFlight > 0 })
}

// poll asks for a new picture if it is time to.
func (c *Core) poll(q *queue) {
	if !q.server.up {
		return
	}
	active := q.active()
	if !q.asking {
		every := pollIdle
		switch {
		case !q.dirtyAt.IsZero() || q.seen.IsZero():
			every = pollAfter
		case active:
			every = pollEvery
		}
		if c.now.Sub(q.askedAt) >= every {
			q.asking, q.askedAt = true, c.now
			c.do(AskQueue{q.server.Name, q.name})
		}
	}
	if active && c.now.Sub(q.membersAt) >= membersEach {
		c.askMembers(q)
	}
}
