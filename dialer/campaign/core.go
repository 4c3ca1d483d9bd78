package campaign

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Core decides for all campaigns. It is not safe for concurrent use: one
// goroutine owns it.
type Core struct {
	servers    map[string]*server
	campaigns  map[string]*campaign
	orphans    map[string]*campaign // not in the configuration, but with calls in flight
	hosts      []*server            // in the order of the configuration, and then those that leave
	broadcasts []*campaign          // those without agents
	names      []string             // of campaigns, in the order of the configuration
	queues     []*queue
	first      int              // the queue that is served first
	calls      map[string]*call // by attempt id
	shown      Shown            // caller IDs
	live       []*call          // the same, in no order
	ended      recent           // ids of calls that were settled, for late events

	now     time.Time
	effects []Effect
	about   *call // that an event of Asterisk is about; nil: none
	closing bool
	muted   bool            // see Mute
	view    pacing.Snapshot // of the last decision; its slices are used again
	before  pacing.State    // what was learnt before it
	repace  bool            // what happened may allow a call that could not be placed before
	changes uint64          // how often something happened that a decision may depend on

	lost uint64 // calls whose end no event told
	late uint64 // events of calls already settled
}

// bookEach is how often agents' time is written.
const bookEach = 10 * time.Second

type server struct {
	Server
	up        bool
	downSince time.Time     // the connection is gone since; zero: it is not, or that was not noted yet
	offset    time.Duration // its clock minus ours
	inFlight  int           // calls and claims
	rate      pacing.Bucket
	refused   backoff   // Originates that Asterisk did not carry out
	refuses   bool      // it was told that Asterisk refuses them
	probeAt   time.Time // while they fail, the next single one
	askedAt   time.Time // AskChannels under way since; zero: none
	checkedAt time.Time // channels were last compared
	recheck   time.Time // compare them again then
	trunks    map[string]*trunk
	leaving   bool // it is not configured any more
}

type campaign struct {
	Settings
	state    State
	inFlight int
	claiming int     // contacts asked of the store
	taking   *server // that these, or the last that were, are to be called on
	places   []*place
	shown    map[string]int // as often as it has shown its caller IDs, see setCallerIDs
	reserved []CallerIDTurn // of the claim under way
	stale    bool           // under rules that are not in force any more
	silent   bool           // the store is long about it, and that was said
	certain  int            // calls for which an agent is certain, if a contact among them needs one
	agenda   agenda
	held     held
	zones    zones

	putOffBusy, putOffTooOften int     // see CampaignStatus
	fault                      backoff // the store failed
	loading                    int     // lists that are being loaded
	over                       bool    // nothing is left to dial
	told                       bool    // and that was announced since the last claim

	pacer   pacing.Pacer
	entry   pacing.Entry  // of the decision that is being made
	decided time.Time     // when the pacer was last asked, for any place
	open    []*call       // see openCalls
	rate    pacing.Bucket // of a broadcast
	unsaved bool          // the pacer has learnt something
	savedAt time.Time     // when that was last written

	booked   time.Duration // agents' time that is not written yet
	bookedAt time.Time     // when it was last written
	flush    bool          // write it at the next tick
}

// backoff delays what keeps failing.
type backoff struct {
	fails int
	at    time.Time // of the last failure
	until time.Time
}

func (b *backoff) fail(now time.Time) {
	d := min(time.Second<<min(b.fails, 6), time.Minute)
	if b.fails > 0 && now.Before(b.until) {
		return // another of the same moment
	}
	b.fails++
	b.at, b.until = now, now.Add(d)
}

func (b *backoff) clear() { *b = backoff{} }

// New returns a Core whose campaigns are all Stopped and whose servers are all
// down. states gives campaigns another state to begin in.
func New(servers []Server, settings []Settings, states map[string]State) *Core {
	c := &Core{
		servers:   map[string]*server{},
		campaigns: map[string]*campaign{},
		orphans:   map[string]*campaign{},
		calls:     map[string]*call{},
		shown:     Shown{},
	}
	c.reconfigure(Reconfigure{Servers: servers, Settings: settings, States: states})
	c.effects = nil
	return c
}

// Mute leaves out what is only there to be read, in the ledger and in the log's debug
// lines: Decided, and the Notice that a call has ended. What is decided stays the same.
func (c *Core) Mute() { c.muted = true }

func (c *Core) queue(server, name string) *queue {
	for _, q := range c.queues {
		if q.is(server, name) {
			return q
		}
	}
	return nil
}

// Step takes what happened, in order, and returns what is to be done, in order. A
// now before that of the last Step counts as the same.
func (c *Core) Step(now time.Time, events ...Event) []Effect {
	if now.After(c.now) {
		c.now = now
	}
	c.effects, c.repace = nil, false
	for _, ev := range events {
		c.happened(ev)
	}
	if c.repace {
		c.pace()
	}
	return c.effects
}

func (c *Core) happened(ev Event) {
	if _, ok := ev.(Claimed); !ok {
		c.changes++ // but see claimed
	}
	if _, ok := ev.(AMI); !ok {
		c.repace = true // most events of Asterisk cannot allow a call; the next Tick is near
	}
	switch ev := ev.(type) {
	case Tick:
		c.tick()
	case Operate:
		c.operate(ev)
	case Reconfigure:
		c.reconfigure(ev)
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
	case NewDay:
		if cp := c.campaigns[ev.Campaign]; cp != nil {
			cp.pacer.NewDay(ev.Past)
			cp.unsaved = true
		}
	case Loading:
		if cp := c.any(ev.Campaign); cp != nil {
			cp.loading++
			cp.awaitRows(c.now)
		}
	case Loaded:
		if cp := c.any(ev.Campaign); cp != nil {
			cp.loading = max(0, cp.loading-1)
			cp.over = false
			cp.agenda.forget()
			cp.zones.known = false
		}
	case CallbackAsked:
		c.callbackAsked(ev)
	case OriginateFailed:
		c.originateFailed(ev)
	case AMI:
		c.about = nil
		c.amiEvent(ev)
		if c.about != nil {
			c.tell(c.about)
		}
	default:
		panic(fmt.Sprintf("campaign: unknown event %T", ev))
	}
}

func (c *Core) do(e Effect) { c.effects = append(c.effects, e) }

func (c *Core) tick() {
	var ended, waiting, answered []*call
	for _, cl := range c.live {
		if cl.phase < phaseAnswered && cl.leg1Gone.IsZero() && cl.respondedAt.IsZero() {
			continue // most are: none of this can hold yet
		}
		if cl.phase >= phaseAnswered && !cl.carried {
			answered = append(answered, cl)
		}
		switch {
		case cl.settled(c.now):
			ended = append(ended, cl)
		case cl.waits():
			waiting = append(waiting, cl)
		}
	}
	slices.SortFunc(answered, bySeq)
	for _, cl := range answered {
		c.carriedAnswered(cl)
	}
	slices.SortFunc(waiting, bySeq)
	for _, cl := range waiting {
		c.keepWaiting(cl)
	}
	slices.SortFunc(ended, bySeq)
	for _, cl := range ended {
		c.settle(cl)
	}
	for _, q := range c.queues {
		c.giveUpRinging(q)
	}
	for _, s := range c.hosts {
		c.giveUp(s)
		c.compareChannels(s)
	}
	for _, name := range c.names {
		cp := c.campaigns[name]
		idle := cp.inFlight == 0 && cp.claiming == 0
		if cp.state == Draining && idle {
			c.setState(cp, Stopped)
		}
		if cp.state == Running && idle && cp.agenda.empty && cp.agenda.next.IsZero() && !cp.over {
			cp.over, cp.flush = true, true
			if !cp.told {
				cp.told = true
				c.notice(slog.LevelInfo, "list end: no contact is left to dial", slog.String("campaign", cp.Name))
			}
		}
		c.awaitStore(cp)
		c.saveLearnt(cp)
		c.book(cp)
	}
	c.tidy()
}

// book writes agents' time, not more often than bookEach unless a report may be
// read now because the campaign stopped.
func (c *Core) book(cp *campaign) {
	if cp.booked > 0 && (cp.flush || c.closing || c.now.Sub(cp.bookedAt) >= bookEach) {
		c.do(AddAgentTime{cp.Name, cp.booked})
		cp.booked, cp.bookedAt = 0, c.now
	}
	cp.flush = false
}

// bySeq is the order of claims, so that effects do not depend on that of a map.
func bySeq(a, b *call) int {
	return cmp.Or(cmp.Compare(a.Attempt.Seq, b.Attempt.Seq), cmp.Compare(a.id(), b.id()))
}

func (c *Core) sortedCalls() []*call {
	return slices.SortedFunc(maps.Values(c.calls), bySeq)
}

func (c *Core) setState(cp *campaign, s State) {
	if cp.state == s {
		return
	}
	cp.state, cp.flush = s, true
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
		for _, cl := range c.sortedCalls() {
			if cl.campaign == cp && cl.phase < phaseAnswered {
				cl.cancelled = true
				c.hangUpCancelled(cl)
			}
		}
	}
}

// Ended reports whether no campaign that runs, or would when it is resumed, has
// anything left to dial, now or later.
func (c *Core) Ended() bool {
	for _, cp := range c.campaigns {
		if cp.claiming > 0 || (cp.state == Running || cp.state == Paused) && !cp.over {
			return false
		}
	}
	return len(c.calls) == 0
}

// InFlight is the number of calls and claims under way.
func (c *Core) InFlight() int {
	n := len(c.calls)
	for _, all := range []map[string]*campaign{c.campaigns, c.orphans} {
		for _, cp := range all {
			n += cp.claiming
		}
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
	if s == nil {
		return
	}
	s.up, s.offset, s.askedAt, s.downSince = true, ev.Offset, time.Time{}, time.Time{}
	s.refused.clear()
	c.askChannels(s)
	for _, q := range c.queues {
		if q.server == s {
			q.forget()
			c.askMembers(q)
		}
	}
}

func (c *Core) linkDown(name string) {
	s := c.servers[name]
	if s == nil {
		return
	}
	s.up, s.askedAt, s.downSince = false, time.Time{}, c.now
	for _, q := range c.queues {
		if q.server == s {
			q.forget()
		}
	}
	for _, cl := range c.calls {
		if cl.server == s && cl.phase == phaseOffered {
			cl.phase = phaseQueued // whether the phone still rings is not known any more
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
			q.membersKnown = true // as far as Asterisk tells; again with the next round
		}
	case AskChannels:
		if s := c.servers[e.Server]; s != nil {
			s.askedAt = time.Time{}
			s.recheck = c.now.Add(settleLost)
		}
	}
}
