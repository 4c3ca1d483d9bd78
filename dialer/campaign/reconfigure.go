package campaign

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Tally is what a pacer has counted of a campaign's day when the stored attempts
// begin to be counted, so that both can be added up: what is in flight then, or
// claimed later, the pacer counts itself.
type Tally struct {
	Before time.Time       // attempts claimed from then on are not to be counted
	Live   map[string]bool // nor are those of these ids
	count  pacing.Count    // the pacer's, less that of the live ones
}

// Recount is a campaign's answers in its regime's window, counted from stored
// attempts.
type Recount struct {
	Tally
	Today, Past pacing.Count
}

// Tally begins a recount of a campaign; false if nothing is known of it.
func (c *Core) Tally(name string) (Tally, bool) {
	t := Tally{Before: c.now, Live: map[string]bool{}}
	cp := c.any(name)
	if cp == nil {
		return t, false
	}
	if cp.claiming > 0 {
		t.Before = cp.agenda.asked
	}
	t.count = cp.pacer.Day.Count
	for id, cl := range c.calls {
		if cl.campaign != cp {
			continue
		}
		t.Live[id] = true
		if cl.learnt == answererPerson || cl.learnt == answererMachine && cp.Regime.Machines {
			t.count.Answers--
		}
		if cl.late {
			t.count.Abandoned--
		}
	}
	return t, true
}

// any is a campaign of that name that is configured, or was and has calls left.
func (c *Core) any(name string) *campaign {
	if cp := c.campaigns[name]; cp != nil {
		return cp
	}
	return c.orphans[name]
}

// reconfigure puts other servers and rules in force. Nothing that is in flight
// is touched, but what was claimed under the old rules is not dialed any more.
func (c *Core) reconfigure(ev Reconfigure) {
	c.setServers(ev.Servers)
	c.setShown(ev.Shown)
	old := c.campaigns
	c.campaigns, c.names, c.broadcasts = map[string]*campaign{}, nil, nil
	for _, s := range ev.Settings {
		cp := old[s.Name]
		delete(old, s.Name)
		if cp == nil {
			cp = c.begin(s.Name, ev)
		}
		c.configure(cp, s)
		if n, ok := ev.Recounts[s.Name]; ok {
			cp.recount(n)
		}
		c.campaigns[s.Name] = cp
		c.names = append(c.names, s.Name)
		if !s.Waits() {
			c.broadcasts = append(c.broadcasts, cp)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		c.leave(old[name])
	}
	c.setQueues()
	c.dropServers()
}

func (c *Core) setServers(servers []Server) {
	hosts := make([]*server, 0, len(servers))
	for _, s := range servers {
		h := c.servers[s.Name]
		if h == nil {
			h = &server{}
			c.servers[s.Name] = h
		}
		h.Server, h.leaving = s, false
		h.rate.Rate = float64(s.CallsPerSecond)
		hosts = append(hosts, h)
	}
	for _, h := range c.hosts {
		if !slices.Contains(hosts, h) {
			h.leaving = true
			hosts = append(hosts, h)
		}
	}
	c.hosts = hosts
}

// dropServers lets those go that are not configured any more, once they have no
// call of ours left.
func (c *Core) dropServers() {
	c.hosts = slices.DeleteFunc(c.hosts, func(s *server) bool {
		if !s.leaving || s.inFlight > 0 {
			return false
		}
		delete(c.servers, s.Name)
		c.do(Disconnect{s.Name})
		return true
	})
}

// begin is a campaign that was not configured until now. It may have been, with
// calls that are still going on.
func (c *Core) begin(name string, ev Reconfigure) *campaign {
	cp := c.orphans[name]
	delete(c.orphans, name)
	if cp == nil {
		cp = &campaign{}
	}
	cp.state = Stopped
	if s, ok := ev.States[name]; ok {
		cp.state = s
	}
	if l, ok := ev.Learnt[name]; ok && !cp.paced() {
		cp.pacer.State = l
	}
	return cp
}

// paced reports whether the campaign's pacer has begun: that of a recovered
// orphan has not.
func (cp *campaign) paced() bool { return cp.pacer.Width > 0 }

func (c *Core) configure(cp *campaign, s Settings) {
	if cp.claiming > 0 {
		cp.stale = true
	}
	cp.Settings = s
	c.setPlaces(cp)
	cp.setCallerIDs()
	cp.pace(s.Pacing)
	cp.rate.Rate = float64(s.CallsPerSecond)
	cp.decided, cp.over = time.Time{}, false
	cp.zones.known, cp.zones.hours, cp.zones.all = false, nil, nil
	cp.agenda.forget()
	cp.zones = zones{looking: cp.zones.looking}
}

// pace sets how a campaign is paced; what it has learnt stays.
func (cp *campaign) pace(s pacing.Settings) {
	if s.Mode == "" {
		s.Mode = pacing.Progressive
	}
	s.RingTimeout = max(1, s.RingTimeout)
	cp.Pacing = s
	cp.pacer.Settings = s
	if !cp.paced() {
		cp.pacer.State = pacing.NewState(s.RingTimeout)
	}
}

// recount puts what was counted in place of what the pacer had, and adds what it
// has seen since.
func (cp *campaign) recount(n Recount) {
	day := &cp.pacer.Day.Count
	day.Answers = n.Today.Answers + max(0, day.Answers-n.count.Answers)
	day.Abandoned = n.Today.Abandoned + max(0, day.Abandoned-n.count.Abandoned)
	cp.pacer.Past = n.Past
	cp.unsaved = true
}

// leave takes a campaign out of force. Its calls in flight are settled by the
// rules that it had.
func (c *Core) leave(cp *campaign) {
	cp.state, cp.flush = Stopped, true
	c.saveLearnt(cp)
	c.book(cp)
	if cp.inFlight+cp.claiming == 0 {
		return
	}
	c.orphans[cp.Name] = cp
	c.notice(slog.LevelInfo, "the campaign is not configured any more; its calls in flight go on and are settled",
		slog.String("campaign", cp.Name), slog.Int("in_flight", cp.inFlight+cp.claiming))
}

// dropOrphans forgets those whose last call has ended.
func (c *Core) dropOrphans() {
	for _, name := range slices.Sorted(maps.Keys(c.orphans)) {
		cp := c.orphans[name]
		if cp.inFlight+cp.claiming > 0 {
			continue
		}
		if cp.flush = true; cp.paced() {
			c.saveLearnt(cp)
		}
		delete(c.orphans, name)
	}
}

// setQueues puts every campaign into its queue on each of its servers. What is known of a queue's agents
// stays, and so does what its campaigns are owed.
func (c *Core) setQueues() {
	type seat struct {
		q  *queue
		cp *campaign
	}
	turns := map[seat]*pacing.Turn{}
	old := c.queues
	for _, q := range old {
		for i, cp := range q.campaigns {
			turns[seat{q, cp}] = q.turns[i]
		}
		q.campaigns, q.turns, q.former = nil, nil, nil
	}
	c.queues = nil
	for _, name := range c.names {
		cp := c.campaigns[name]
		if !cp.Waits() {
			continue
		}
		for _, server := range cp.Servers {
			q := c.queue(server, cp.Queue)
			if q == nil {
				if i := slices.IndexFunc(old, func(q *queue) bool { return q.is(server, cp.Queue) }); i >= 0 {
					q = old[i]
				} else {
					q = &queue{server: c.servers[server], name: cp.Queue, members: map[string]*member{}}
				}
				q.wrapup = 0
				c.queues = append(c.queues, q)
			}
			t := turns[seat{q, cp}]
			if t == nil {
				t = &pacing.Turn{}
			}
			t.Weight, t.Priority = cp.Weight, cp.Priority
			q.wrapup = max(q.wrapup, cp.Wrapup)
			q.campaigns, q.turns = append(q.campaigns, cp), append(q.turns, t)
		}
	}
	c.setFormer()
	c.membersChanged()
}

// setFormer finds the campaigns that have calls in a queue they do not dial into
// any more, and keeps such queues: their agents may be those of others.
func (c *Core) setFormer() {
	for _, q := range c.queues {
		q.former = nil
	}
	for _, cl := range c.sortedCalls() {
		q := cl.queue
		if q == nil || slices.Contains(q.campaigns, cl.campaign) || slices.Contains(q.former, cl.campaign) {
			continue
		}
		q.former = append(q.former, cl.campaign)
		if !slices.Contains(c.queues, q) {
			c.queues = append(c.queues, q)
		}
	}
	n := len(c.queues)
	c.queues = slices.DeleteFunc(c.queues, func(q *queue) bool { return len(q.campaigns)+len(q.former) == 0 })
	if len(c.queues) < n {
		c.membersChanged()
	}
}

// tidy lets go what a reconfiguration left behind, once its last call has ended.
func (c *Core) tidy() {
	if slices.ContainsFunc(c.queues, func(q *queue) bool { return q.former != nil }) {
		c.setFormer()
	}
	c.dropOrphans()
	c.dropServers()
}
