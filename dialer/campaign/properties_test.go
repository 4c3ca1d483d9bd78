package campaign

import (
	"encoding/json"
	"math/rand"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// checkCounters: what is counted in flight is what is in flight.
func (w *world) checkCounters() {
	if err := countersWrong(w.core); err != "" {
		w.t.Error(err)
	}
	for _, cp := range w.core.campaigns {
		if n := cp.inFlight + cp.claiming; n > cp.MaxInFlight {
			w.t.Errorf("campaign %s: %d in flight", cp.Name, n)
		}
	}
	w.checkProbes()
	if s := w.core.servers["pbx"]; s.MaxChannels > 0 && s.inFlight > s.MaxChannels {
		w.t.Errorf("%d in flight on the server", s.inFlight)
	}
}

// checkProbes: on a trunk that is left alone no call is placed, or a single one.
func (w *world) checkProbes() {
	for _, tr := range w.core.servers["pbx"].trunks {
		n := 0
		for _, cl := range w.core.calls {
			if cl.via == tr && !cl.Attempt.Claimed.Before(tr.until) {
				n++
			}
		}
		if !tr.opened.IsZero() && n > 1 {
			w.t.Errorf("%d calls are tried at once on a trunk that refuses them", n)
		}
	}
}

func countersWrong(c *Core) string {
	perServer, perCampaign := map[*server]int{}, map[*campaign]int{}
	for _, cl := range c.calls {
		perServer[cl.server]++
		perCampaign[cl.campaign]++
	}
	for _, all := range []map[string]*campaign{c.campaigns, c.orphans} {
		for _, cp := range all {
			if cp.claiming < 0 || cp.loading < 0 || cp.inFlight != perCampaign[cp] {
				return "campaign " + cp.Name + ": wrong counts"
			}
			if cp.claiming > 0 {
				perServer[cp.taking] += cp.claiming
			}
		}
	}
	for _, s := range c.hosts {
		if s.inFlight != perServer[s] {
			return "server " + s.Name + ": wrong counts"
		}
	}
	return ""
}

// checkEnd: an attempt ends once, and only if it was claimed.
func (w *world) checkEnd(st *modelStore, id string) {
	if !st.claimed[id] || st.ended[id] {
		w.t.Errorf("end of %s: claimed %v, ended before %v", id, st.claimed[id], st.ended[id])
	}
	st.ended[id] = true
}

// checkProgress: what happens to a call is announced once, in order, and before
// its end.
func (w *world) checkProgress(a Attempt, before, now string) {
	st := w.store[a.Campaign]
	if st.progress[a.ID] != before || !st.sent[a.ID] || st.ended[a.ID] {
		w.t.Errorf("%s is announced of %s after %q; originated: %v, ended: %v", now, a.ID, st.progress[a.ID], st.sent[a.ID], st.ended[a.ID])
	}
	st.progress[a.ID] = now
}

// checkAnnounced: and everything that is in the end was announced.
func (w *world) checkAnnounced(a Attempt) {
	want := ""
	switch {
	case !a.Connected.IsZero():
		want = "agent"
	case !a.Answered.IsZero():
		want = "answered"
	}
	if got := w.store[a.Campaign].progress[a.ID]; got != want {
		w.t.Errorf("%s ended as %s, and %q was announced of it, not %q", a.ID, a.Outcome, got, want)
	}
}

// checkSafety is the promise of progressive pacing. At the moment a call is
// decided on, let
//
//	need  = our calls, those asked for included, that may want an agent and
//	        have none yet: asked for, dialing, waiting, ringing an agent
//	ready = agents who could take a call now, or whose phone rings for a call
//	        of ours, less the inbound callers who wait for one
//
// Then need ≤ ready, but for what others did (inbound callers, pauses) that
// nobody could know of yet: since the question that the picture answers.
func (w *world) checkSafety(e TakeContacts) {
	need, ready := 0, 0
	for _, cp := range w.core.campaigns {
		need += cp.claiming
	}
	for _, cl := range w.core.calls {
		if mc := w.calls[cl.id()]; mc == nil || mc.where == "dialing" || mc.where == "queued" || mc.where == "offered" {
			need++
		}
	}
	for _, a := range w.agents {
		if a.ready(w.now) || a.status == ami.DeviceRinging && a.call != nil && a.call.id != "" {
			ready++
		}
	}
	for _, mc := range w.queue {
		if mc.id == "" && mc.where == "queued" {
			ready--
		}
	}
	// An event of others takes up to a lag and the way over the link.
	known := w.core.queues[0].picture.Asked
	unknown := 0
	for _, at := range w.outside {
		if !at.Before(known) {
			unknown++
		}
	}
	if need > ready+unknown {
		for _, a := range w.agents {
			w.t.Logf("%s is %s, shown %s, paused %v, ready at %s", a.name, a.status, a.shown, a.paused, a.readyAt.Format("05.000"))
		}
		for _, cl := range w.core.calls {
			where := "nowhere"
			if mc := w.calls[cl.id()]; mc != nil {
				where = mc.where
			}
			w.t.Logf("%s: %s since %s, left %s; in truth %s", cl.id(), cl.phase, cl.queuedAt.Format("05.000"), cl.leftAt.Format("05.000"), where)
		}
		w.t.Logf("picture %+v", w.core.queues[0].picture)
		w.t.Errorf("%s: %d calls need an agent, %d agents are ready, %d taken meanwhile (%s)", w.now.Format("05.000"), need, ready, unknown, w.core.queues[0].supply)
	}
}

// checkStaffed is the least that predictive pacing promises: no call is decided
// on while nobody is there to take it, but for who left so lately that nobody
// could know of it yet.
func (w *world) checkStaffed() {
	for _, a := range w.agents {
		if !a.paused || w.now.Sub(a.pausedAt) < staleAfter {
			return
		}
	}
	w.t.Errorf("%s: a call is decided on and nobody is logged in", w.now.Format("05.000"))
}

// checkAgain: a decision that was written down and read again comes out the
// same.
func (w *world) checkAgain(e pacing.Entry) {
	b, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	var read pacing.Entry
	if err := json.Unmarshal(b, &read); err != nil {
		w.t.Fatal(err)
	}
	if again := read.Again(); again != e.Decision {
		w.t.Errorf("%s: %+v, made again %+v", w.now.Format("05.000"), e.Decision, again)
	}
}

// checkLearnt: what was learnt survives being written down.
func (w *world) checkLearnt(e SaveLearnt) {
	b, err := json.Marshal(e.State)
	if err != nil {
		w.t.Fatal(err)
	}
	var read pacing.State
	if err := json.Unmarshal(b, &read); err != nil || read != e.State {
		w.t.Errorf("learnt %+v, read %+v: %v", e.State, read, err)
	}
}

// checkListEnd: it is announced when nothing is left indeed.
func (w *world) checkListEnd(name string) {
	st := w.store[name]
	if !st.started.IsZero() {
		w.t.Errorf("list end of %s while a list is loading", name)
	}
	for id, state := range st.truth {
		if state <= Dialing {
			w.t.Errorf("list end of %s, but contact %d is %s", name, id, state)
		}
	}
}

// checkHunger: with agents ready for more calls and contacts due, a claim
// follows within a bounded time.
func (w *world) checkHunger() {
	ready, due := 0, false
	for _, a := range w.agents {
		if a.ready(w.now) {
			ready++
		}
	}
	ready -= len(w.queue)
	for _, cl := range w.core.calls {
		if cl.phase < phaseQueued {
			ready--
		}
	}
	for _, cp := range w.core.campaigns {
		if cp.claiming > 0 || cp.inFlight >= cp.MaxInFlight {
			continue
		}
		if !w.core.trunk(cp, cp.places[0].server).opened.IsZero() {
			continue
		}
		for _, ct := range w.store[cp.Name].contacts {
			due = due || ct.State <= Waiting && !ct.Due.After(w.now)
		}
	}
	s := w.core.servers["pbx"]
	full := s.MaxChannels > 0 && s.inFlight >= s.MaxChannels
	if !due || ready <= 0 || full || !s.up || w.now.Before(s.refused.until) {
		w.hungry = time.Time{}
		return
	}
	if w.hungry.IsZero() {
		w.hungry = w.now
	}
	w.starving = max(w.starving, w.now.Sub(w.hungry))
}

// finished reports whether every contact is over and nothing is in flight.
func (w *world) finished() bool {
	for _, st := range w.store {
		if w.opt.reloads && st.loads < 3 || !st.started.IsZero() {
			return false
		}
		for _, ct := range st.contacts {
			if ct.State <= Dialing {
				return false
			}
		}
	}
	return w.core.Ended()
}

var predictive = pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 10, Patience: 2}

var worlds = map[string]worldOptions{
	"calm":    {campaigns: []string{"spring"}, contacts: 60},
	"wrapup":  {campaigns: []string{"spring"}, contacts: 60, wrapup: 3 * time.Second},
	"shared":  {campaigns: []string{"spring", "summer", "autumn"}, contacts: 25, wrapup: 2 * time.Second, reloads: true},
	"busy":    {campaigns: []string{"spring", "summer"}, contacts: 30, wrapup: time.Second, inbound: true, breaks: true},
	"rough":   {campaigns: []string{"spring", "summer"}, contacts: 30, flaps: true, faults: true, reloads: true},
	"limited": {campaigns: []string{"spring", "summer"}, contacts: 20, server: Server{MaxChannels: 3, CallsPerSecond: 2}},
	"all":     {campaigns: []string{"spring", "summer"}, contacts: 30, wrapup: 2 * time.Second, inbound: true, breaks: true, flaps: true, faults: true, reloads: true},
	"outages": {campaigns: []string{"spring", "summer"}, contacts: 60, wrapup: time.Second, outages: true, flaps: true, faults: true,
		server: Server{Breaker: Breaker{Share: 0.5, Of: 6, Within: time.Minute, Pause: 3 * time.Second, AtMost: 20 * time.Second}}},
	"one":        {campaigns: []string{"spring"}, contacts: 20, agents: 1, wrapup: time.Second},
	"predictive": {campaigns: []string{"spring", "summer"}, contacts: 60, wrapup: time.Second, pacing: predictive},
	"predictive all": {campaigns: []string{"spring", "summer"}, contacts: 30, wrapup: 2 * time.Second, inbound: true, breaks: true, flaps: true, faults: true,
		reloads: true, pacing: predictive},
	"predictive one": {campaigns: []string{"spring"}, contacts: 30, agents: 1, wrapup: time.Second, breaks: true, pacing: predictive},
	"power":          {campaigns: []string{"spring"}, contacts: 30, inbound: true, pacing: pacing.Settings{Mode: pacing.Power, Ratio: 1}},
	"changing":       {campaigns: []string{"spring", "summer"}, contacts: 20, wrapup: time.Second, inbound: true, changes: true},
	"changing all": {campaigns: []string{"spring", "summer", "autumn"}, contacts: 30, wrapup: time.Second, inbound: true, breaks: true, flaps: true, faults: true,
		reloads: true, changes: true},
	"changing predictive": {campaigns: []string{"spring", "summer"}, contacts: 30, wrapup: time.Second, changes: true, pacing: predictive},
	"reloaded":            {campaigns: []string{"spring"}, contacts: 3, agents: 8, reloads: true},
}

// TestWorlds runs the model with many seeds. The checks above hold at every
// step; every contact comes to its end; nothing is left in flight.
func TestWorlds(t *testing.T) {
	for _, name := range sortedKeys(worlds) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seeds(t, 25, func(t *testing.T, rnd *rand.Rand) {
				opt := worlds[name]
				if opt.agents == 0 {
					opt.agents = 1 + rnd.Intn(12)
				}
				w := newWorld(t, rnd, opt)
				w.every(func() time.Duration { return 100 * time.Millisecond }, w.checkHunger)
				if !w.run(2*time.Hour, w.finished) && !t.Failed() {
					t.Errorf("not finished after 2 h: %+v", w.core.Status())
				}
				// A picture a second, another where LastCall is cut, and another
				// where an answer may be older than a write; longer only where
				// the store or the link fails.
				limit := 5 * time.Second
				if opt.faults || opt.flaps || opt.server.CallsPerSecond > 0 {
					limit = 75 * time.Second
				}
				if w.starving > limit {
					t.Errorf("contacts were due and agents free for %s without a claim", w.starving)
				}
				if s := w.core.servers["pbx"].inFlight; s != 0 || w.core.InFlight() != 0 {
					t.Errorf("%d still counted in flight", s)
				}
			})
		})
	}
}
