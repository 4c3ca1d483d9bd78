package campaign

import (
	"errors"
	"log/slog"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// awaitRows makes the store be asked again soon while a list is being loaded.
func (cp *campaign) awaitRows(now time.Time) {
	if cp.loading > 0 && (cp.agenda.empty || cp.agenda.next.After(now)) {
		cp.over = false
		cp.agenda.bring(now.Add(askAgain))
	}
}

// storeSilent is how long a claim takes until that is said: the disk hangs.
const storeSilent = 10 * time.Second

// awaitStore says once that the store does not answer a claim.
func (c *Core) awaitStore(cp *campaign) {
	if cp.claiming > 0 && !cp.silent && c.now.Sub(cp.agenda.asked) >= storeSilent {
		cp.silent = true
		c.notice(slog.LevelError, "the store does not answer, so no contact is dialed; waiting for it", slog.String("campaign", cp.Name))
	}
}

// storeAnswered ends a claim.
func (c *Core) storeAnswered(cp *campaign) {
	if cp.silent {
		c.notice(slog.LevelInfo, "the store answers again", slog.String("campaign", cp.Name), slog.Duration("after", c.now.Sub(cp.agenda.asked)))
	}
	cp.claiming, cp.stale, cp.silent = 0, false, false
}

// claimant is the campaign that the store's answer to a claim is for, nil if none
// waits for one.
func (c *Core) claimant(name string) *campaign {
	cp := c.any(name)
	if cp != c.campaigns[name] && cp.claiming == 0 {
		return nil
	}
	return cp
}

func (c *Core) claimed(ev Claimed) {
	cp := c.claimant(ev.Campaign)
	if cp == nil {
		for _, cm := range ev.Claims {
			if !c.known(cm.Attempt.ID) {
				c.ended.add(cm.Attempt.ID)
				c.do(Withdraw{Claim: cm})
			}
		}
		return
	}
	s := cp.taking
	if cp.claiming == 0 {
		s = cp.places[0].server // a look, which claims nothing
	}
	s.inFlight -= cp.claiming
	s.rate.Return(max(0, cp.claiming-len(ev.Claims)))
	c.release(cp)
	short := len(ev.Claims) < cp.claiming
	short = short || cp.zones.looking // that has shown all there is
	stale := cp.stale
	cp.held.look(ev.Lanes, cp.Retry.Hold, cp.agenda.asked, cp.certain)
	c.storeAnswered(cp)
	next := c.told(cp, &ev)
	if stale {
		cp.zones.known = false
	}
	cp.putOffBusy += ev.Busy
	cp.putOffTooOften += ev.TooOften
	cp.agenda.answer(next, short, cp.fault.fails > 0, c.now)
	cp.awaitRows(c.now)
	if cp.fault.fails > 0 {
		cp.fault.clear()
		c.untroubled(unclaimed(cp), "contacts can be claimed again", slog.String("campaign", cp.Name))
	}
	placed := 0
	for i := range ev.Claims {
		cm := &ev.Claims[i]
		cp.over, cp.told = false, false
		if c.known(cm.Attempt.ID) {
			c.noticeCall(slog.LevelError, cm.Attempt.Ref(), "an attempt was claimed twice; it is not dialed again")
			continue
		}
		switch {
		case stale || c.mayNotCall(cp) != "" || c.mayNotCallOn(cp, s) != "" || !c.hoursIn(cp, cm.Contact.Zone).open:
			c.ended.add(cm.Attempt.ID)
			c.withdraw(cp, s, Withdraw{Claim: *cm})
			continue
		case !cp.Retry.Allow(&cm.Contact):
			c.ended.add(cm.Attempt.ID)
			s.rate.Return(1)
			w := Withdraw{Claim: *cm}
			w.Contact.State, w.Contact.Due = Exhausted, time.Time{}
			c.do(w)
			continue
		}
		placed++
		c.shows(cp, &cm.Attempt, 1)
		c.add(cp, cm)
		c.do(Originate{s.Name, cm})
	}
	if placed == 0 {
		c.trunk(cp, s).missed(cp)
	}
	if short || placed < len(ev.Claims) {
		c.changes++ // there are fewer calls than were decided on
	}
}

// known reports whether an attempt is in flight or was lately.
func (c *Core) known(id string) bool { return c.calls[id] != nil || c.ended.has(id) }

// withdraw takes back an attempt that certainly was not dialed.
func (c *Core) withdraw(cp *campaign, s *server, w Withdraw) {
	s.rate.Return(1)
	due := cp.note(&w.Contact)
	if due.Before(c.now) {
		due = c.now
	}
	c.comesBack(cp, w.Contact.Zone, due)
	c.do(w)
}

// callbackAsked makes the store be asked when a contact is to be called back.
func (c *Core) callbackAsked(ev CallbackAsked) {
	cp := c.campaigns[ev.Campaign]
	if cp == nil {
		return
	}
	cp.over = false
	cp.agenda.note(ev.Due, c.now)
	cp.zones.known = false
	for _, cl := range c.calls {
		if cl.campaign == cp && cl.Contact.ID == ev.Contact {
			cl.callback = ev.Due
		}
	}
}

func (c *Core) claimFailed(ev ClaimFailed) {
	cp := c.claimant(ev.Campaign)
	if cp == nil {
		return
	}
	if s := cp.taking; cp.claiming > 0 {
		s.inFlight -= cp.claiming
		s.rate.Return(cp.claiming)
		c.release(cp)
		c.trunk(cp, s).missed(cp)
	}
	c.storeAnswered(cp)
	cp.zones.looking = false
	c.troubled(unclaimed(cp), ev.Err, "contacts cannot be claimed, so none are dialed; trying again", slog.String("campaign", cp.Name))
	cp.fault.fail(c.now)
}

func (c *Core) recovered(ev Recovered) {
	for i := range ev.Claims {
		cm := &ev.Claims[i]
		cp := c.campaigns[cm.Attempt.Campaign]
		if cp == nil {
			cp = c.orphan(cm.Attempt.Campaign)
		}
		if cp == nil || c.known(cm.Attempt.ID) {
			continue
		}
		c.add(cp, cm).recovered = true
	}
}

// orphan stands for a campaign that was taken out of the configuration while
// calls were in flight. They may still be going on, so they are settled like
// any others; without rules nothing is retried.
func (c *Core) orphan(name string) *campaign {
	if len(c.hosts) == 0 {
		return nil
	}
	cp := c.orphans[name]
	if cp == nil {
		cp = &campaign{Settings: Settings{Name: name}, state: Stopped}
		c.orphans[name] = cp
		c.notice(slog.LevelWarn, "calls were in flight for a campaign that is not configured any more; they are settled, and nothing is retried",
			slog.String("campaign", name))
	}
	return cp
}

func (c *Core) add(cp *campaign, cm *Claim) *call {
	class, s := ClassOf(&cm.Contact), c.placedOn(cp, &cm.Attempt)
	cl := &call{Claim: *cm, campaign: cp, kept: cp.keep(&cm.Contact, c.now), class: class, hour: c.hourIn(cp, cm.Contact.Zone), rate: cp.pacer.CampaignRate(), server: s, via: c.trunk(cp, s), queue: c.queue(s.Name, cp.Queue), claimed: cm.Attempt.Claimed.UnixNano(), since: c.now}
	c.calls[cm.Attempt.ID] = cl
	cl.place = len(c.live)
	c.live = append(c.live, cl)
	if cp.pacer.Mode == pacing.Predictive {
		cl.factor = cp.pacer.Contacts.Factor(class, cl.hour)
	}
	if cp.Waits() {
		cp.open = append(cp.open, cl)
	}
	cp.inFlight++
	cl.server.inFlight++
	return cl
}

// placedOn is the server of an attempt. One of a dialcamp that did not keep it, or
// on a server that is not configured any more, is looked for where the campaign
// calls now: events of any server lead to it, and channelsSeen moves it.
func (c *Core) placedOn(cp *campaign, a *Attempt) *server {
	if s := c.servers[a.Server]; s != nil {
		return s
	}
	if len(cp.places) > 0 {
		return cp.places[0].server
	}
	return c.hosts[0]
}

func (c *Core) remove(cl *call) {
	delete(c.calls, cl.Attempt.ID)
	last := c.live[len(c.live)-1]
	c.live[cl.place], last.place = last, cl.place
	c.live[len(c.live)-1] = nil
	c.live = c.live[:len(c.live)-1]
	cl.gone = true
	c.ended.add(cl.Attempt.ID)
	cl.campaign.inFlight--
	cl.server.inFlight--
	if t := cl.via; t != nil && !cl.Attempt.Claimed.Before(t.until) {
		t.missed(cl.campaign)
	}
	c.repace = true
}

// unclaimed and refusing name troubles.
func unclaimed(cp *campaign) string { return "claims of " + cp.Name }
func refusing(s *server) string     { return "originates of " + s.Name }

// refusedPause is how long a contact waits whose Originate was refused.
const refusedPause = time.Minute

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
		// Asterisk did not carry it out, so it is no attempt. The contact waits a
		// little: should it be the reason, it must not hold up the others.
		cl.server.refuses = true
		c.troubled(refusing(cl.server), ev.Err, "Asterisk refuses to originate", append(cl.ref().Attrs(), slog.String("asterisk", cl.server.Name))...)
		cl.server.refused.fail(c.now)
		c.remove(cl)
		c.shows(cl.campaign, &cl.Attempt, -1)
		cl.Contact.Due = c.now.Add(refusedPause)
		c.withdraw(cl.campaign, cl.server, Withdraw{cl.Claim, true})
	case ami.NeverSent(ev.Err):
		c.remove(cl)
		c.shows(cl.campaign, &cl.Attempt, -1)
		cl.server.refused.fail(c.now) // until the link says that it is up again
		c.withdraw(cl.campaign, cl.server, Withdraw{cl.Claim, true})
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
