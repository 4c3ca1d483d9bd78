package campaign

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Core decides for all campaigns. It is not safe for concurrent use: one
// goroutine owns it.
type Core struct {
	servers   map[string]*server
	campaigns map[string]*campaign
	names     []string // of campaigns, in the order of the configuration
	queues    []*queue
	calls     map[string]*call // by attempt id
	ended     recent           // ids of calls that were settled, for late events

	now     time.Time
	effects []Effect
	closing bool

	lost uint64 // calls whose end no event told
	late uint64 // events of calls already settled
}

// loadingPause is how long a campaign with nothing due waits for the list that
// is being loaded before it asks again.
const loadingPause = time.Second

type server struct {
	Server
	up        bool
	offset    time.Duration // its clock minus ours
	inFlight  int           // calls and claims
	rate      pacing.Bucket
	refused   backoff   // Originates answered with an Error
	askedAt   time.Time // AskChannels under way since; zero: none
	checkedAt time.Time // channels were last compared
	recheck   time.Time // compare them again then
}

type campaign struct {
	Settings
	state    State
	inFlight int
	claiming int       // contacts asked of the store
	next     time.Time // nothing is due before; zero: unknown, ask
	empty    bool      // the store had nothing due at all
	fault    backoff   // the store failed
	hold     string    // why no call is placed at this moment
	loading  int       // lists that are being loaded
	over     bool      // list end was announced
	booked   time.Duration
}

// backoff delays what keeps failing.
type backoff struct {
	fails int
	until time.Time
}

func (b *backoff) fail(now time.Time) {
	d := min(time.Second<<min(b.fails, 6), time.Minute)
	b.fails++
	b.until = now.Add(d)
}

func (b *backoff) clear() { *b = backoff{} }

// New returns a Core whose campaigns are all Stopped and whose servers are all
// down. states gives campaigns another state to begin in.
func New(servers []Server, settings []Settings, states map[string]State) *Core {
	c := &Core{
		servers:   map[string]*server{},
		campaigns: map[string]*campaign{},
		calls:     map[string]*call{},
	}
	for _, s := range servers {
		c.servers[s.Name] = &server{Server: s, rate: pacing.Bucket{Rate: float64(s.CallsPerSecond)}}
	}
	for _, s := range settings {
		cp := &campaign{Settings: s, state: Stopped}
		if st, ok := states[s.Name]; ok {
			cp.state = st
		}
		c.campaigns[s.Name] = cp
		c.names = append(c.names, s.Name)
		if c.queue(s.Server, s.Queue) == nil {
			c.queues = append(c.queues, &queue{server: s.Server, name: s.Queue, members: map[string]*member{}})
		}
		q := c.queue(s.Server, s.Queue)
		q.wrapup = max(q.wrapup, s.Wrapup)
		q.campaigns = append(q.campaigns, cp)
	}
	return c
}

func (c *Core) queue(server, name string) *queue {
	for _, q := range c.queues {
		if q.server == server && q.name == name {
			return q
		}
	}
	return nil
}

// Step takes one event and returns what is to be done, in order. now must not
// run backwards.
func (c *Core) Step(now time.Time, ev Event) []Effect {
	c.now, c.effects = now, nil
	switch ev := ev.(type) {
	case Tick:
		c.tick()
	case Operate:
		c.operate(ev)
	case Shutdown:
		c.closing = true
	case LinkUp:
		c.linkUp(ev)
	case LinkDown:
		c.linkDown(ev.Server)
	case QueueSeen:
		c.queueSeen(ev)
	case MembersSeen:
		c.membersSeen(ev)
	case ChannelsSeen:
		c.channelsSeen(ev)
	case AskFailed:
		c.askFailed(ev)
	case Claimed:
		c.claimed(ev)
	case ClaimFailed:
		c.claimFailed(ev)
	case Recovered:
		c.recovered(ev)
	case Loading:
		if cp := c.campaigns[ev.Campaign]; cp != nil {
			cp.loading++
		}
	case Loaded:
		if cp := c.campaigns[ev.Campaign]; cp != nil {
			cp.loading--
			cp.next, cp.empty, cp.over = time.Time{}, false, false
		}
	case OriginateFailed:
		c.originateFailed(ev)
	case AMI:
		c.amiEvent(ev)
	default:
		panic(fmt.Sprintf("campaign: unknown event %T", ev))
	}
	c.pace()
	return c.effects
}

func (c *Core) do(e Effect) { c.effects = append(c.effects, e) }

func (c *Core) notice(level slog.Level, text string, attrs ...slog.Attr) {
	c.do(Notice{level, text, attrs})
}

func (c *Core) tick() {
	for _, id := range c.sortedCalls() {
		if cl := c.calls[id]; cl.settled(c.now) {
			c.settle(cl)
		}
	}
	for _, s := range c.servers {
		c.compareChannels(s)
	}
	for _, name := range c.names {
		cp := c.campaigns[name]
		if cp.state == Draining && cp.inFlight == 0 && cp.claiming == 0 {
			c.setState(cp, Stopped)
		}
		if cp.booked >= 10*time.Second || cp.booked > 0 && cp.inFlight == 0 {
			c.do(AddAgentTime{cp.Name, cp.booked})
			cp.booked = 0
		}
		if cp.state == Running && cp.empty && cp.next.IsZero() && cp.inFlight == 0 && !cp.over {
			cp.over = true
			c.notice(slog.LevelInfo, "list end: no contact is left to dial", slog.String("campaign", cp.Name))
		}
	}
}

// sortedCalls are the ids of live calls in the order of their claims, so that
// effects do not depend on the order of a map.
func (c *Core) sortedCalls() []string {
	ids := make([]string, 0, len(c.calls))
	for id := range c.calls {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return int(int64(c.calls[a].Attempt.Seq) - int64(c.calls[b].Attempt.Seq))
	})
	return ids
}

func (c *Core) setState(cp *campaign, s State) {
	if cp.state == s {
		return
	}
	cp.state = s
	c.do(SaveState{cp.Name, s})
	c.notice(slog.LevelInfo, "campaign is "+string(s), slog.String("campaign", cp.Name))
}

func (c *Core) operate(ev Operate) {
	cp := c.campaigns[ev.Campaign]
	if cp == nil || cp.state.Check(ev.Verb) != nil {
		return
	}
	switch ev.Verb {
	case Start, Resume:
		c.setState(cp, Running)
	case Pause:
		c.setState(cp, Paused)
	case Drain, Stop:
		if cp.inFlight+cp.claiming == 0 {
			c.setState(cp, Stopped)
		} else if cp.state != Stopped {
			c.setState(cp, Draining)
		}
	}
	if ev.Verb == Stop {
		for _, id := range c.sortedCalls() {
			if cl := c.calls[id]; cl.campaign == cp && cl.phase < phaseAnswered {
				c.cancel(cl)
			}
		}
	}
}

// Ended reports whether no campaign that runs has anything left to dial, now
// or later.
func (c *Core) Ended() bool {
	for _, cp := range c.campaigns {
		if cp.inFlight > 0 || cp.claiming > 0 || cp.state == Running && !cp.over {
			return false
		}
	}
	return true
}

// InFlight is the number of calls and claims under way.
func (c *Core) InFlight() int {
	n := len(c.calls)
	for _, cp := range c.campaigns {
		n += cp.claiming
	}
	return n
}

// State is a campaign's, or "" if there is none of that name.
func (c *Core) State(name string) State {
	if cp := c.campaigns[name]; cp != nil {
		return cp.state
	}
	return ""
}

func (c *Core) linkUp(ev LinkUp) {
	s := c.servers[ev.Server]
	s.up, s.offset, s.askedAt = true, ev.Offset, time.Time{}
	s.refused.clear()
	c.askChannels(s)
	for _, q := range c.queues {
		if q.server == ev.Server {
			q.asking, q.seen = false, time.Time{}
			q.members = map[string]*member{}
			c.do(AskMembers{q.server, q.name})
		}
	}
}

func (c *Core) linkDown(name string) {
	s := c.servers[name]
	s.up, s.askedAt = false, time.Time{}
	for _, q := range c.queues {
		if q.server == name {
			q.asking, q.seen = false, time.Time{}
		}
	}
}

func (c *Core) askFailed(ev AskFailed) {
	switch e := ev.Effect.(type) {
	case AskQueue:
		if q := c.queue(e.Server, e.Queue); q != nil {
			q.asking = false
		}
	case AskMembers:
		if q := c.queue(e.Server, e.Queue); q != nil {
			q.membersAt = c.now // try again with the next round
		}
	case AskChannels:
		if s := c.servers[e.Server]; s != nil {
			s.askedAt = time.Time{}
			s.recheck = c.now.Add(settleLost)
		}
	}
}

func (c *Core) claimed(ev Claimed) {
	cp := c.campaigns[ev.Campaign]
	s := c.servers[cp.Server]
	s.inFlight -= cp.claiming
	s.rate.Return(cp.claiming - len(ev.Claims))
	cp.empty = len(ev.Claims) < cp.claiming && ev.Next.IsZero()
	cp.claiming = 0
	cp.next = ev.Next
	if cp.empty && cp.loading > 0 {
		cp.dueAt(c.now.Add(loadingPause))
	}
	cp.fault.clear()
	for _, cm := range ev.Claims {
		cp.over = false
		if reason := c.mayNotCall(cp); reason != "" {
			c.do(Withdraw{cm})
			cp.next, cp.empty = time.Time{}, false
			continue
		}
		c.add(cp, cm)
		c.do(Originate{cp.Server, cm})
	}
}

func (c *Core) claimFailed(ev ClaimFailed) {
	cp := c.campaigns[ev.Campaign]
	s := c.servers[cp.Server]
	s.inFlight -= cp.claiming
	s.rate.Return(cp.claiming)
	cp.claiming = 0
	if cp.fault.fails == 0 {
		c.notice(slog.LevelError, "contacts cannot be claimed, so none are dialed; trying again",
			slog.String("campaign", cp.Name), slog.Any("error", ev.Err))
	}
	cp.fault.fail(c.now)
}

func (c *Core) recovered(ev Recovered) {
	for _, cm := range ev.Claims {
		if cp := c.campaigns[cm.Attempt.Campaign]; cp != nil {
			cl := c.add(cp, cm)
			cl.recovered = true
		}
	}
}

func (c *Core) add(cp *campaign, cm Claim) *call {
	cl := &call{Claim: cm, campaign: cp, server: c.servers[cp.Server], since: c.now, channels: map[string]string{}}
	c.calls[cm.Attempt.ID] = cl
	cp.inFlight++
	cl.server.inFlight++
	return cl
}

func (c *Core) remove(cl *call) {
	delete(c.calls, cl.Attempt.ID)
	c.ended.add(cl.Attempt.ID)
	cl.campaign.inFlight--
	cl.server.inFlight--
}

func (c *Core) originateFailed(ev OriginateFailed) {
	cl := c.calls[ev.ID]
	if cl == nil {
		return
	}
	_, invalid := errors.AsType[*ami.InvalidError](ev.Err)
	switch {
	case invalid:
		// It can never be sent, so it is the contact's own failure.
		c.finish(cl, Failed, 0, ev.Err.Error())
	case ami.Refused(ev.Err):
		// Asterisk did not carry it out; asking for the next contact at once
		// would burn the whole list.
		if cl.server.refused.fails == 0 {
			c.notice(slog.LevelError, "Asterisk refuses to originate", slog.String("asterisk", cl.server.Name),
				slog.String("campaign", cl.campaign.Name), slog.Any("error", ev.Err))
		}
		cl.server.refused.fail(c.now)
		c.finish(cl, Failed, 0, ev.Err.Error())
	case ami.NeverSent(ev.Err):
		c.remove(cl)
		cl.campaign.next, cl.campaign.empty = time.Time{}, false
		cl.server.refused.fail(c.now) // until the link says that it is up again
		c.do(Withdraw{cl.Claim})
	default:
		// It may be ringing: only the channels can tell.
		cl.server.recheck = c.now.Add(settleLost)
	}
}

// recent remembers the last ids that were added.
type recent struct {
	ids  [4096]string
	next int
	set  map[string]struct{}
}

func (r *recent) add(id string) {
	if r.set == nil {
		r.set = make(map[string]struct{}, len(r.ids))
	}
	delete(r.set, r.ids[r.next])
	r.ids[r.next] = id
	r.set[id] = struct{}{}
	r.next = (r.next + 1) % len(r.ids)
}

func (r *recent) has(id string) bool { _, ok := r.set[id]; return ok }
