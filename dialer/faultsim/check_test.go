package faultsim_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

const syscallEIO = syscall.EIO

// book is what a store holds.
type book struct {
	attempts map[string]campaign.Attempt // by id
	contacts map[string]map[uint64]campaign.Contact
	calls    []amitest.Call // and what the far ends saw
}

// audit holds a store that no daemon has open against all that is known. At the
// end everything has come to its end.
func (r *run) audit(path string, end bool) {
	s, err := store.Open(path)
	if err != nil {
		r.wrong("the store that was left cannot be opened: %v", err)
		return
	}
	defer s.Close()
	if err := s.Verify(); err != nil {
		r.wrong("the store contradicts itself: %v", err)
	}
	b := r.read(s)
	r.nothingLost(b)
	if !end {
		return
	}
	r.sums(s, b)
	r.carrier(b)
	r.rules(b)
	r.bounds(b)
	r.same = r.digest(b)
}

func (r *run) read(s store.Store) book {
	b := book{map[string]campaign.Attempt{}, map[string]map[uint64]campaign.Contact{}, r.own()}
	for _, c := range r.sc.campaigns {
		for a, err := range s.Attempts(c.name, time.Time{}, time.Time{}) {
			r.check(err)
			if _, twice := b.attempts[a.ID]; twice {
				r.wrong("two attempts have the id %s", a.ID)
			}
			b.attempts[a.ID] = a
		}
		b.contacts[c.name] = map[uint64]campaign.Contact{}
		for ct, err := range s.Contacts(c.name) {
			r.check(err)
			b.contacts[c.name][ct.ID] = ct
		}
	}
	return b
}

// own are the calls that nobody else placed.
func (r *run) own() []amitest.Call {
	return slices.DeleteFunc(r.srv.Calls(), func(c amitest.Call) bool { return strings.HasPrefix(c.ChannelID, foreign) })
}

// foreign begins the ids of others' calls.
const foreign = "foreign"

// nothingLost: what a store once said to have ended has ended so for good, and
// every call that was placed has an attempt.
func (r *run) nothingLost(b book) {
	for id, was := range r.known {
		if is := b.attempts[id]; is != was {
			r.wrong("attempt %s was %+v and is %+v", id, was, is)
		}
	}
	for id, a := range b.attempts {
		if a.Outcome != campaign.InFlight {
			r.known[id] = a
		}
	}
	for _, c := range b.calls {
		if _, ok := b.attempts[c.ActionID]; !ok {
			r.wrong("%s was called at %v as %s, which the store does not know", c.Number, c.Start.Sub(r.began), c.ActionID)
		}
	}
}

// sums: every number adds up, and nothing is under way any more.
func (r *run) sums(s store.Store, b book) {
	for _, c := range r.sc.campaigns {
		rows, err := report.Build(s, report.Query{Campaign: c.name})
		if err != nil || len(rows) != 1 {
			r.wrong("campaign %s has no report: %v", c.name, err)
			continue
		}
		rep := rows[0]
		outcomes, states := map[string]int64{}, map[string]int64{}
		var inFlight, total int64
		for _, a := range b.attempts {
			if a.Campaign != c.name {
				continue
			}
			total++
			if a.Outcome == campaign.InFlight {
				inFlight++
			} else {
				outcomes[a.Outcome.String()]++
			}
		}
		for _, ct := range b.contacts[c.name] {
			states[ct.State.String()]++
		}
		sum := rep.Attempts.InFlight
		for name, n := range rep.Attempts.ByOutcome {
			if sum += n; n != outcomes[name] {
				r.wrong("campaign %s: the report says %d %s, there are %d", c.name, n, name, outcomes[name])
			}
		}
		if rep.Attempts.Total != total || sum != total || inFlight != rep.Attempts.InFlight {
			r.wrong("campaign %s: %d attempts, the report says %d, of these %d in flight, and its outcomes are %d", c.name, total, rep.Attempts.Total, rep.Attempts.InFlight, sum)
		}
		if inFlight != 0 {
			r.wrong("campaign %s: %d attempts have no outcome", c.name, inFlight)
		}
		contacts := int64(0)
		for name, n := range rep.Contacts {
			if name == "total" {
				continue
			}
			if contacts += n; n != states[name] {
				r.wrong("campaign %s: the report says %d contacts are %s, there are %d", c.name, n, name, states[name])
			}
		}
		if contacts != rep.Contacts["total"] || contacts != int64(len(b.contacts[c.name])) {
			r.wrong("campaign %s: %d contacts, the report says %d, by state %d", c.name, len(b.contacts[c.name]), rep.Contacts["total"], contacts)
		}
		if n := states["dialing"] + states["pending"] + states["waiting"]; n != 0 && c.queue != "Empty" {
			r.wrong("campaign %s: %d contacts are not over: %v", c.name, n, states)
		}
	}
}

// carrier holds every call that the far ends saw against its attempt.
func (r *run) carrier(b book) {
	seen := map[string]bool{}
	last := map[string]amitest.Call{}
	for _, c := range b.calls {
		r.calls++
		a := b.attempts[c.ActionID]
		switch {
		case seen[c.ActionID]:
			r.wrong("attempt %s was a call twice", a.ID)
		case a.ID == "": // nothingLost has told
		case a.Number != c.Number || a.ID != c.ChannelID:
			r.wrong("attempt %s of %s was a call to %s with the id %s", a.ID, a.Number, c.Number, c.ChannelID)
		case c.End.IsZero():
			r.wrong("the call %s to %s never ended", a.ID, c.Number)
		default:
			r.fate(a, c)
		}
		seen[c.ActionID] = true
		if was, ok := last[c.Number]; ok && c.Start.Before(was.End) {
			r.wrong("%s was called at %v, while the call of %v went on until %v", c.Number, c.Start.Sub(r.began), was.Start.Sub(r.began), was.End.Sub(r.began))
		}
		last[c.Number] = c
	}
	for id, a := range b.attempts {
		if !seen[id] && a.Outcome != campaign.Unknown && a.Outcome != campaign.Failed && a.Outcome != campaign.Cancelled && a.Outcome != campaign.InFlight {
			r.wrong("attempt %s of %s is %s, but Asterisk never heard of it", id, a.Number, a.Outcome)
		}
	}
}

// fate holds an attempt against the call it was. Where events were lost it may be
// unknown, but never what it was not.
func (r *run) fate(a campaign.Attempt, c amitest.Call) {
	connected, answered := !c.Connected.IsZero(), !c.Answer.IsZero()
	ok := true
	switch a.Outcome {
	case campaign.Connected:
		ok = connected
	case campaign.Abandoned, campaign.Dropped:
		ok = answered
	case campaign.Machine:
		ok = answered && c.Machine && !connected
	case campaign.Unknown, campaign.Cancelled, campaign.InFlight:
	default:
		ok = !answered || c.Vanished
	}
	if !ok {
		r.wrong("attempt %s of %s is %s (cause %d, %q), but it was answered: %v, by an agent: %v, by a machine: %v, ended by a restart: %v", a.ID, a.Number, a.Outcome, a.Cause, a.Note, answered, connected, c.Machine, c.Vanished)
	}
}

// rules: nobody is called more often, or earlier again, than the campaign's rules
// allow.
func (r *run) rules(b book) {
	cfg, err := r.load()
	if err != nil {
		r.check(err)
		return
	}
	type who struct {
		campaign string
		contact  uint64
	}
	of := map[who][]campaign.Attempt{}
	for _, a := range b.attempts {
		of[who{a.Campaign, a.Contact}] = append(of[who{a.Campaign, a.Contact}], a)
	}
	for w, as := range of {
		slices.SortFunc(as, func(a, b campaign.Attempt) int { return int(a.Seq) - int(b.Seq) })
		retry := cfg.Campaign(w.campaign).Retry
		tries, counted := map[campaign.Outcome]int{}, 0
		for i, a := range as {
			if i > 0 {
				last := as[i-1]
				rule := retry.ByOutcome[last.Outcome.String()]
				n := min(tries[last.Outcome], len(rule.After))
				switch {
				case last.Outcome == campaign.InFlight:
					r.wrong("campaign %s, contact %d: attempt %s was made while %s has no outcome", w.campaign, w.contact, a.ID, last.ID)
				case last.Outcome == campaign.Connected, counted >= retry.MaxAttempts:
					r.wrong("campaign %s, contact %d: attempt %s after %d that count, the last of which was %s", w.campaign, w.contact, a.ID, counted, last.Outcome)
				case last.Outcome == campaign.Invalid && last.Number != a.Number: // the next number, at once
				case last.Outcome == campaign.Invalid, tries[last.Outcome] > rule.Max:
					r.wrong("campaign %s, contact %d: attempt %s of %s after it was %s %d times", w.campaign, w.contact, a.ID, a.Number, last.Outcome, tries[last.Outcome])
				case r.has("clock"): // times that different clocks told say nothing
				case a.Claimed.Before(last.Ended.Add(rule.After[n-1])):
					r.wrong("campaign %s, contact %d: called again at %v, %v after it was %s; the rule says %v", w.campaign, w.contact, a.Claimed, a.Claimed.Sub(last.Ended), last.Outcome, rule.After[n-1])
				}
			}
			tries[a.Outcome]++
			if a.Outcome.CountsAsAttempt() {
				counted++
			}
		}
	}
}

// bounds: windows, do-not-call lists, agents and limits were kept to by whatever
// was placed.
func (r *run) bounds(b book) {
	of := map[string]*plannedCampaign{}
	for _, c := range r.sc.campaigns {
		of[c.name] = c
	}
	loc, err := time.LoadLocation(r.sc.zone)
	r.check(err)
	for _, call := range b.calls {
		a := b.attempts[call.ActionID]
		s := r.sent[call.ActionID]
		if a.ID == "" {
			continue
		}
		at := call.Start.Sub(r.began)
		if since := r.bars[call.Number]; !since.IsZero() && s.at.After(since.Add(late)) || slices.Contains(r.sc.barred, call.Number) {
			r.wrong("%s was called at %v, on the do-not-call list since %v", call.Number, at, since.Sub(r.began))
		}
		if !r.sc.open(s.wall.In(loc)) && !r.sc.open(s.wall.Add(-late).In(loc)) {
			r.wrong("%s was called at %v, when it was %v: the windows are %v", call.Number, at, s.wall.In(loc), r.sc.windows)
		}
		if of[a.Campaign].queue == "Empty" {
			r.wrong("%s was called at %v for a queue without agents", call.Number, at)
		}
		for _, iv := range r.away {
			if s.at.After(iv.from.Add(2*late)) && s.at.Before(iv.to) {
				r.wrong("%s was called at %v, while no agent was there, from %v to %v", call.Number, at, iv.from.Sub(r.began), iv.to.Sub(r.began))
			}
		}
		r.crowd(b, call, a)
	}
}

// digest is the same for runs whose calls were the same: to whom, when to the
// millisecond, and what became of them.
func (r *run) digest(b book) uint64 {
	var all []string
	for _, c := range b.calls {
		all = append(all, fmt.Sprint(c.Number, " ", c.Start.Sub(r.began).Milliseconds(), " ", b.attempts[c.ActionID].Outcome))
	}
	slices.Sort(all) // those of one moment have no order
	h := fnv.New64a()
	for _, s := range all {
		h.Write([]byte(s))
	}
	return h.Sum64()
}

// open tells whether a clock on the wall shows a time within the windows.
func (sc *scenario) open(wall time.Time) bool {
	h, m, _ := wall.Clock()
	at := h*60 + m
	return len(sc.windows) == 0 || slices.ContainsFunc(sc.windows, func(w window) bool { return at >= w.from && at < w.to })
}

// crowd: with this call there are no more than the limits say.
func (r *run) crowd(b book, call amitest.Call, a campaign.Attempt) {
	all, own, began := 0, 0, 0
	s := r.sent[call.ActionID]
	for _, o := range b.calls {
		other := r.sent[o.ActionID]
		if !other.at.After(s.at) && s.at.Sub(other.at) < time.Second && other.life == s.life {
			began++
		}
		if o.Start.After(call.Start) || !o.End.IsZero() && !o.End.After(call.Start) {
			continue
		}
		all++
		if b.attempts[o.ActionID].Campaign == a.Campaign {
			own++
		}
	}
	at := call.Start.Sub(r.began)
	if most := r.limitAt(s.at, a.Campaign); own > most {
		r.wrong("with the call to %s at %v campaign %s had %d calls; max_in_flight is %d", call.Number, at, a.Campaign, own, most)
	}
	if r.sc.channels > 0 && all > r.sc.channels {
		r.wrong("with the call to %s at %v there were %d calls; max_channels is %d", call.Number, at, all, r.sc.channels)
	}
	if r.sc.rate > 0 && began > r.sc.rate+1 && !r.has("slow") {
		r.wrong("with the call to %s at %v there were %d within a second; calls_per_second is %d", call.Number, at, began, r.sc.rate)
	}
}

// limitAt is the most of what was in force within the time that a change takes.
func (r *run) limitAt(at time.Time, name string) (most int) {
	for i, l := range r.limited {
		if l.from.After(at) {
			break
		}
		if i+1 < len(r.limited) && r.limited[i+1].from.Add(late).Before(at) {
			continue
		}
		most = max(most, l.most[name])
	}
	return most
}
