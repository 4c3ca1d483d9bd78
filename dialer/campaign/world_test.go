package campaign

import (
	"container/heap"
	"errors"
	"fmt"
	"log/slog"
	"math/rand"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// world is a small model of everything around a Core: a store with slow writes,
// an Asterisk with a queue and agents, and a telephone network. It is driven by
// a heap of things to come, so that a run depends on its seed alone.
type world struct {
	t    *testing.T
	rnd  *rand.Rand
	opt  worldOptions
	core *Core
	now  time.Time
	todo todo
	n    int

	store    map[string]*modelStore // by campaign
	seq      uint64
	agents   []*agent
	queue    []*modelCall // waiting, in order, inbound callers too
	calls    map[string]*modelCall
	up       bool
	link     int           // counts connections: what belongs to an old one is lost
	wire     time.Time     // when the last event on its way arrives: they keep their order
	outside  []time.Time   // when something other than our calls took an agent away
	hungry   time.Time     // since when contacts are due and agents free; zero: not
	starving time.Duration // the longest that lasted
	placed   int
	outage   bool // the trunk refuses calls
	toRead   int  // effects that a muted Core leaves out
}

type worldOptions struct {
	campaigns []string
	agents    int
	contacts  int           // of each campaign
	wrapup    time.Duration // of the queue
	inbound   bool          // callers of others
	breaks    bool          // agents pause
	flaps     bool          // the link goes down now and then
	faults    bool          // the store fails now and then
	reloads   bool          // contacts join later
	outages   bool          // the trunk refuses calls now and then
	changes   bool          // of the rules, and campaigns come and go
	server    Server
	pacing    pacing.Settings
}

type agent struct {
	name     string
	status   ami.DeviceState
	shown    ami.DeviceState // what Asterisk counts, a little later
	call     *modelCall
	paused   bool
	pausedAt time.Time
	last     time.Time // end of the last call
	readyAt  time.Time
}

type modelCall struct {
	id       string // "" for an inbound caller
	stranger string // an inbound caller's
	claim    Claim
	where    string // dialing, queued, offered, talking, over
	leg1Up   bool
	agent    *agent
	nothing  bool // no channel yet
}

// modelStore is a campaign's contacts.
type modelStore struct {
	contacts []Contact
	truth    map[uint64]ContactState // with what is not written yet
	claimed  map[string]bool         // attempts
	sent     map[string]bool
	ended    map[string]bool
	progress map[string]string // "answered", "agent": what was announced
	loads    int
	started  time.Time
}

type item struct {
	at time.Time
	n  int
	f  func()
}

type todo []item

func (h todo) Len() int { return len(h) }
func (h todo) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h todo) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *todo) Push(x any)   { *h = append(*h, x.(item)) }
func (h *todo) Pop() any     { o := *h; x := o[len(o)-1]; *h = o[:len(o)-1]; return x }

func (w *world) after(d time.Duration, f func()) {
	w.n++
	heap.Push(&w.todo, item{w.now.Add(d), w.n, f})
}

// ms is a random duration.
func (w *world) ms(from, to int) time.Duration {
	return time.Duration(from+w.rnd.Intn(to-from+1)) * time.Millisecond
}

var worldRetry = RetryRules{MaxAttempts: 6, ByOutcome: func() (r [NumOutcomes]RetryRule) {
	for _, o := range []Outcome{Busy, NoAnswer, Abandoned, Dropped, Unreachable, Congestion, Failed, Unknown} {
		r[o] = RetryRule{After: []time.Duration{time.Duration(o) * 700 * time.Millisecond}, Max: 2, Choice: NumberChoice(o % 3)}
	}
	return r
}()}

func newWorld(t *testing.T, rnd *rand.Rand, opt worldOptions) *world {
	w := &world{t: t, rnd: rnd, opt: opt, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), calls: map[string]*modelCall{}, store: map[string]*modelStore{}}
	var settings []Settings
	states := map[string]State{}
	for _, name := range opt.campaigns {
		settings = append(settings, Settings{Name: name, Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 3 + rnd.Intn(20), Wrapup: opt.wrapup, Retry: worldRetry, Pacing: opt.pacing, Regime: pacing.Regimes[0]})
		states[name] = Running
		w.store[name] = &modelStore{truth: map[uint64]ContactState{}, claimed: map[string]bool{}, sent: map[string]bool{}, ended: map[string]bool{}, progress: map[string]string{}}
		w.addContacts(name, opt.contacts)
	}
	opt.server.Name = "pbx"
	w.core = New([]Server{opt.server}, settings, states)
	for i := range opt.agents {
		w.agents = append(w.agents, &agent{name: fmt.Sprintf("agent%02d", i+1), status: ami.DeviceNotInUse, shown: ami.DeviceNotInUse})
	}
	w.connect()
	w.every(func() time.Duration { return 100 * time.Millisecond }, func() { w.step(Tick{}) })
	if opt.inbound {
		w.every(func() time.Duration { return w.ms(4000, 80000) / time.Duration(opt.agents) }, w.inboundCall)
	}
	if opt.breaks {
		w.every(func() time.Duration { return w.ms(500, 5000) }, w.pause)
	}
	if opt.flaps {
		w.every(func() time.Duration { return w.ms(5000, 60000) }, w.flap)
	}
	if opt.outages {
		w.every(func() time.Duration { return w.ms(5000, 60000) }, func() { w.outage = !w.outage })
	}
	if opt.changes {
		w.every(func() time.Duration { return w.ms(10, 30000) }, func() { w.reconfigure(settings, states) })
	}
	if opt.reloads {
		w.every(func() time.Duration { return w.ms(1000, 20000) }, w.load)
	}
	return w
}

func (w *world) every(gap func() time.Duration, f func()) {
	w.after(gap(), func() { f(); w.every(gap, f) })
}

// run lets d pass, or until nothing is left to dial.
func (w *world) run(d time.Duration, until func() bool) bool {
	end := w.now.Add(d)
	for len(w.todo) > 0 && !w.t.Failed() {
		it := heap.Pop(&w.todo).(item)
		if it.at.After(end) {
			return until()
		}
		w.now = it.at
		it.f()
		if until() {
			return true
		}
	}
	return false
}

func (w *world) step(ev Event) {
	effects := w.core.Step(w.now, ev)
	w.checkCounters()
	for _, e := range effects {
		w.carryOut(e)
	}
}

func (w *world) carryOut(e Effect) {
	switch e := e.(type) {
	case TakeContacts:
		if w.opt.pacing.Mode == pacing.Predictive {
			w.checkStaffed()
		} else {
			w.checkSafety(e)
		}
		w.claim(e)
	case Originate:
		w.originate(e)
	case Answered:
		w.checkProgress(e.Attempt, "", "answered")
	case AgentTook:
		w.checkProgress(e.Attempt, "answered", "agent")
	case Finish:
		st := w.store[e.Attempt.Campaign]
		w.checkAnnounced(e.Attempt)
		w.checkEnd(st, e.Attempt.ID)
		if mc := w.calls[e.Attempt.ID]; mc != nil && mc.where != "over" && !mc.nothing {
			w.t.Errorf("%s finished as %s while it is %s", e.Attempt.ID, e.Attempt.Outcome, mc.where)
		}
		st.truth[e.Contact.ID] = e.Contact.State
		w.write(func() { st.contacts[e.Contact.ID] = e.Contact })
	case Withdraw:
		st := w.store[e.Attempt.Campaign]
		w.checkEnd(st, e.Attempt.ID)
		st.truth[e.Contact.ID] = e.Contact.State
		w.write(func() { st.contacts[e.Contact.ID] = e.Contact })
	case HangUp:
		if mc := w.calls[e.Call.Channel[len("Local/"):len(e.Call.Channel)-len(";1")]]; mc != nil && mc.where == "dialing" {
			w.after(w.ms(1, 50), func() { w.hangUp(mc) })
		}
	case AskQueue:
		asked, link := w.now, w.link
		w.after(w.ms(0, 60), func() { w.summary(e, asked, link) })
	case AskMembers:
		link := w.link
		w.after(w.ms(0, 60), func() {
			ev := MembersSeen{Server: e.Server, Queue: e.Queue}
			for _, a := range w.agents {
				ev.Members = append(ev.Members, a.member())
			}
			w.deliver(link, ev)
		})
	case AskChannels:
		asked, link := w.now, w.link
		w.after(w.ms(0, 60), func() {
			ev := ChannelsSeen{Server: e.Server, Asked: asked}
			for _, id := range sortedKeys(w.calls) {
				ev.Channels = append(ev.Channels, w.calls[id].channels()...)
			}
			w.deliver(link, ev)
		})
	case Decided:
		w.toRead++
		w.checkAgain(e.Entry)
	case SaveLearnt:
		w.checkLearnt(e)
	case Notice:
		if e.Level == slog.LevelDebug {
			w.toRead++
		}
		if e.Text == "list end: no contact is left to dial" {
			w.checkListEnd(e.Attrs[0].Value.String())
		}
	}
}

// write makes a change durable, after a while and not in order.
func (w *world) write(f func()) {
	d := w.ms(0, 40)
	if w.opt.faults && w.rnd.Intn(10) == 0 {
		d = w.ms(0, 3000) // a failed try, and another a second later
	}
	w.after(d, f)
}

func (w *world) claim(e TakeContacts) {
	w.after(w.ms(0, 20), func() {
		if w.opt.faults && w.rnd.Intn(20) == 0 {
			w.after(w.ms(0, 20), func() { w.step(ClaimFailed{Campaign: e.Campaign, Err: errors.New("disk full")}) })
			return
		}
		st := w.store[e.Campaign]
		ev := Claimed{Campaign: e.Campaign}
		for i := range st.contacts {
			ct := &st.contacts[i]
			switch {
			case ct.State != Pending && ct.State != Waiting:
			case ct.Due.After(w.now) || len(ev.Claims) == e.Max:
				if ev.Next.IsZero() || ct.Due.Before(ev.Next) {
					ev.Next = ct.Due
				}
			default:
				w.seq++
				id := fmt.Sprintf("%s-%d", e.Campaign, w.seq)
				st.claimed[id] = true
				ev.Claims = append(ev.Claims, Claim{Contact: *ct, Attempt: Attempt{ID: id, Seq: w.seq, Campaign: e.Campaign, Contact: ct.ID, Pass: ct.Attempts + 1, Claimed: w.now}})
				ct.State, st.truth[ct.ID] = Dialing, Dialing
			}
		}
		w.after(w.ms(0, 20), func() { w.step(ev) })
	})
}

// addContacts adds contacts that are due now.
func (w *world) addContacts(name string, n int) {
	st := w.store[name]
	for range n {
		st.truth[uint64(len(st.contacts))] = Pending
		st.contacts = append(st.contacts, Contact{ID: uint64(len(st.contacts)), Numbers: []Number{{Number: "100"}}, Due: w.now})
	}
}

// load adds rows in two transactions, and tells the core around it.
func (w *world) load() {
	name := w.opt.campaigns[w.rnd.Intn(len(w.opt.campaigns))]
	if st := w.store[name]; st.loads < 3 {
		st.loads++
		st.started = w.now
		w.step(Loading{Campaign: name})
		w.after(w.ms(0, 2000), func() { w.addContacts(name, w.rnd.Intn(5)) })
		w.after(w.ms(2000, 3000), func() {
			w.addContacts(name, w.rnd.Intn(5))
			w.after(w.ms(0, 30), func() { st.started = time.Time{}; w.step(Loaded{Campaign: name}) })
		})
	}
}

// reconfigure changes the rules, and takes campaigns out or puts them back.
func (w *world) reconfigure(settings []Settings, states map[string]State) {
	server := w.opt.server
	server.Name = "pbx"
	ev := Reconfigure{Servers: []Server{server}, States: states}
	for _, s := range settings {
		s.MaxInFlight, s.Weight, s.Priority = 3+w.rnd.Intn(20), w.rnd.Intn(4), w.rnd.Intn(2)
		if cp := w.core.any(s.Name); cp != nil {
			s.MaxInFlight = max(s.MaxInFlight, cp.inFlight+cp.claiming) // which checkCounters holds it to
		}
		// One stays: of a queue that nobody dials into nothing is known, as at a start.
		if w.rnd.Intn(4) > 0 || len(ev.Settings) == 0 {
			ev.Settings = append(ev.Settings, s)
		}
	}
	w.step(ev)
}

func (w *world) connect() {
	w.up = true
	w.link++
	w.wire = w.now
	w.step(LinkUp{Server: "pbx"})
}

func (w *world) flap() {
	if !w.up {
		return
	}
	w.up = false
	w.link++
	w.step(LinkDown{Server: "pbx"})
	w.after(w.ms(10, 15000), w.connect)
}

// deliver brings an event or reply over the link, in order.
func (w *world) deliver(link int, ev Event) {
	at := w.now.Add(w.ms(0, 60))
	if at.Before(w.wire) {
		at = w.wire
	}
	w.wire = at
	w.after(at.Sub(w.now), func() {
		if w.up && link == w.link {
			w.step(ev)
		} else if q, ok := ev.(QueueSeen); ok {
			w.step(AskFailed{Server: "pbx", Effect: AskQueue{"pbx", q.Queue}})
		} else if _, ok := ev.(MembersSeen); ok {
			w.step(AskFailed{Server: "pbx", Effect: AskMembers{"pbx", "Camp200"}})
		} else if _, ok := ev.(ChannelsSeen); ok {
			w.step(AskFailed{Server: "pbx", Effect: AskChannels{"pbx"}})
		}
	})
}

// sendAll sends events of inbound callers, too.
func (w *world) sendAll(mc *modelCall, line string) {
	w.deliver(w.link, AMI{Server: "pbx", Event: event(mc.id+mc.stranger, line)})
}

func (w *world) send(mc *modelCall, lines ...string) {
	for _, l := range lines {
		if mc.id != "" {
			w.deliver(w.link, AMI{Server: "pbx", Event: event(mc.id, l)})
		}
	}
}
