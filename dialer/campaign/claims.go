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
				c.do(Withdraw{cm})
			}
		}
		return
	}
	s := c.servers[cp.Server]
	s.inFlight -= cp.claiming
	s.rate.Return(max(0, cp.claiming-len(ev.Claims)))
	short := len(ev.Claims) < cp.claiming
	short = short || cp.zones.looking // that has shown all there is
	stale := cp.stale
	cp.held.look(ev.Lanes, cp.Retry.Hold, cp.agenda.asked, cp.certain)
	cp.claiming, cp.certain, cp.stale = 0, 0, false
	next := c.told(cp, &ev)
	if stale {
		cp.zones.known = false
	}
	cp.putOffBusy += ev.Busy
	cp.putOffTooOften += ev.TooOften
	cp.agenda.answer(next, short, cp.fault.fails > 0, c.now)
	cp.awaitRows(c.now)
	cp.fault.clear()
	placed := 0
	for _, cm := range ev.Claims {
		cp.over, cp.told = false, false
		if c.known(cm.Attempt.ID) {
			c.notice(slog.LevelError, "an attempt was claimed twice; it is not dialed again",
				slog.String("campaign", cp.Name), slog.String("attempt", cm.Attempt.ID))
			continue
		}
		switch {
		case stale || c.mayNotCall(cp) != "" || !c.hoursIn(cp, cm.Contact.Zone).open:
			c.ended.add(cm.Attempt.ID)
			c.withdraw(cp, cm)
			continue
		case !cp.Retry.Allow(&cm.Contact):
			c.ended.add(cm.Attempt.ID)
			s.rate.Return(1)
			cm.Contact.State, cm.Contact.Due = Exhausted, time.Time{}
			c.do(Withdraw{cm})
			continue
		}
		placed++
		c.add(cp, cm)
		c.do(Originate{cp.Server, cm})
	}
	if placed == 0 {
		c.trunk(cp).missed(cp)
	}
	if short || placed < len(ev.Claims) {
		c.changes++ // there are fewer calls than were decided on
	}
}

// known reports whether an attempt is in flight or was lately.
func (c *Core) known(id string) bool { return c.calls[id] != nil || c.ended.has(id) }

// withdraw takes back an attempt that certainly was not dialed.
func (c *Core) withdraw(cp *campaign, cm Claim) {
	c.servers[cp.Server].rate.Return(1)
	due := cp.note(&cm.Contact)
	if due.Before(c.now) {
		due = c.now
	}
	c.comesBack(cp, cm.Contact.Zone, due)
	c.do(Withdraw{cm})
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
	s := c.servers[cp.Server]
	s.inFlight -= cp.claiming
	s.rate.Return(cp.claiming)
	cp.claiming, cp.certain, cp.stale, cp.zones.looking = 0, 0, false, false
	c.trunk(cp).missed(cp)
	if cp.fault.fails == 0 {
		c.notice(slog.LevelError, "contacts cannot be claimed, so none are dialed; trying again",
			slog.String("campaign", cp.Name), slog.Any("error", ev.Err))
	}
	cp.fault.fail(c.now)
}

func (c *Core) recovered(ev Recovered) {
	for _, cm := range ev.Claims {
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
// any others; without rules nothing is retried. Which server they were placed on
// is not kept: events of any lead to them, and channelsSeen moves them.
func (c *Core) orphan(name string) *campaign {
	if len(c.hosts) == 0 {
		return nil
	}
	cp := c.orphans[name]
	if cp == nil {
		cp = &campaign{Settings: Settings{Name: name, Server: c.hosts[0].Name}, state: Stopped}
		c.orphans[name] = cp
		c.notice(slog.LevelWarn, "calls were in flight for a campaign that is not configured any more; they are settled, and nothing is retried",
			slog.String("campaign", name))
	}
	if c.servers[cp.Server] == nil {
		cp.Server = c.hosts[0].Name // the one before has gone
	}
	return cp
}

func (c *Core) add(cp *campaign, cm Claim) *call {
	class := ClassOf(&cm.Contact)
	cl := &call{Claim: cm, campaign: cp, kept: cp.keep(&cm.Contact, c.now), class: class, hour: c.hourIn(cp, cm.Contact.Zone), rate: cp.pacer.CampaignRate(), server: c.servers[cp.Server], via: c.trunk(cp), queue: c.queue(cp.Server, cp.Queue), claimed: cm.Attempt.Claimed.UnixNano(), since: c.now, channels: map[string]time.Time{}}
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
		if cl.server.refused.fails == 0 {
			c.notice(slog.LevelError, "Asterisk refuses to originate", slog.String("asterisk", cl.server.Name),
				slog.String("campaign", cl.campaign.Name), slog.Any("error", ev.Err))
		}
		cl.server.refused.fail(c.now)
		c.remove(cl)
		cl.Contact.Due = c.now.Add(refusedPause)
		c.withdraw(cl.campaign, cl.Claim)
	case ami.NeverSent(ev.Err):
		c.remove(cl)
		cl.server.refused.fail(c.now) // until the link says that it is up again
		c.withdraw(cl.campaign, cl.Claim)
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
