package campaign

import (
	"maps"
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// zones is what is known of where a campaign's contacts are.
type zones struct {
	known   bool // the store told, and no rows have joined since
	looking bool // it is being asked
	lanes   []Lane
	// all are those of contacts that may be called now or later.
	all   map[string]struct{}
	hours map[string]zoneHours
	open  string // one that was open when last asked
}

// zoneHours are the calling hours of a zone, as they are from a moment on.
type zoneHours struct {
	open    bool
	from    time.Time
	changes time.Time     // they are so until then; zero: for longer than anybody looks ahead
	later   time.Duration // for how long they are open again on the same day, if they are open
}

func (z *zones) add(zone string) {
	if z.all == nil {
		z.all = map[string]struct{}{}
	}
	z.all[zone] = struct{}{}
}

// zoneOf is by whose clock a campaign's contact is called.
func (cp *campaign) zoneOf(zone string) string {
	if !cp.Zones {
		return ""
	}
	return zone
}

// hoursIn are the calling hours of a zone now. To look ahead takes a while, so it is
// done once for each change.
func (c *Core) hoursIn(cp *campaign, zone string) zoneHours {
	if cp.Hours == nil {
		return zoneHours{open: true}
	}
	zone = cp.zoneOf(zone)
	now := c.now.Round(0) // a clock on the wall may be set back; the monotonic one would not tell
	h, ok := cp.zones.hours[zone]
	if ok && !now.Before(h.from) && (h.changes.IsZero() || now.Before(h.changes)) {
		return h
	}
	h = zoneHours{open: cp.Hours.Open(now, zone), from: now}
	if h.open {
		h.changes, _ = cp.Hours.Closes(now, zone)
		h.later = cp.openAgain(now, h.changes, zone)
	} else {
		h.changes, _ = cp.Hours.Next(now, zone)
	}
	if cp.zones.hours == nil {
		cp.zones.hours = map[string]zoneHours{}
	}
	cp.zones.hours[zone] = h
	return h
}

// mayBeCalled is the first moment from due on at which a contact of a zone may be
// called, as far as it is known now: never too late. False: never.
func (c *Core) mayBeCalled(cp *campaign, zone string, due time.Time) (time.Time, bool) {
	h := c.hoursIn(cp, zone)
	switch {
	case h.open || !h.changes.IsZero() && !due.Before(h.changes):
		return due, true
	case h.changes.IsZero():
		return due, false
	}
	return h.changes, true
}

// shut tells that no contact may be called because of the hour, and until when;
// "" if some may.
func (c *Core) shut(cp *campaign) string {
	if cp.Hours == nil || cp.Zones && (!cp.zones.known || len(cp.zones.all) == 0) {
		return "" // not known yet, or there is nobody
	}
	if _, ok := cp.zones.all[cp.zones.open]; (ok || !cp.Zones) && c.hoursIn(cp, cp.zones.open).open {
		return "" // as the last time
	}
	var next time.Time
	all := cp.zones.all
	if !cp.Zones {
		all = map[string]struct{}{"": {}}
	}
	for zone := range all {
		h := c.hoursIn(cp, zone)
		if h.open {
			cp.zones.open = zone
			return ""
		}
		if !h.changes.IsZero() && (next.IsZero() || h.changes.Before(next)) {
			next = h.changes
		}
	}
	if next.IsZero() {
		return "outside the calling window, which never opens"
	}
	return "outside the calling window until " + next.Format("Mon 2006-01-02 15:04 MST")
}

// openAgain is for how long a zone is open again after it closes, on the day of now
// where the campaign is.
func (cp *campaign) openAgain(now, closes time.Time, zone string) (later time.Duration) {
	if closes.IsZero() {
		return 0
	}
	for {
		// Where the campaign is stopped, the zone does not close.
		opens, ok := cp.Hours.Next(closes, zone)
		if !ok || !opens.After(closes) {
			return later
		}
		y, m, d := now.In(opens.Location()).Date()
		if !opens.Before(time.Date(y, m, d+1, 0, 0, 0, 0, opens.Location())) {
			return later
		}
		if closes, ok = cp.Hours.Closes(opens, zone); !ok {
			return later
		}
		later += closes.Sub(opens)
	}
}

// left is for how long the zone that is open for the longest today, of those that
// are open now, may still be called; 0: it is not known.
func (c *Core) left(cp *campaign) (longest time.Duration) {
	if cp.Hours == nil {
		return 0
	}
	all := cp.zones.all
	if !cp.Zones {
		all = map[string]struct{}{"": {}}
	}
	for zone := range all {
		if h := c.hoursIn(cp, zone); h.open {
			if h.changes.IsZero() {
				return 0
			}
			longest = max(longest, h.changes.Sub(c.now)+h.later)
		}
	}
	return longest
}

// look asks the store where the contacts of a campaign are, without taking any.
func (c *Core) look(cp *campaign) {
	if z := &cp.zones; cp.Zones && !z.known && !z.looking && cp.claiming == 0 {
		z.looking = true
		cp.agenda.ask(c.now)
		c.do(TakeContacts{cp.Name, Take{Hold: cp.Retry.Hold}})
	}
}

// told takes in what lanes there are, and returns when the next contact may be
// called that is in none of the claims, zero if none.
func (c *Core) told(cp *campaign, ev *Claimed) (next time.Time) {
	z := &cp.zones
	z.lanes, z.looking = ev.Lanes, false
	if !cp.Zones {
		return ev.Next
	}
	z.known = !cp.agenda.doubt
	if len(cp.agenda.noted) == 0 {
		clear(z.all) // what came back lately the store may not know
	}
	for i := range ev.Lanes {
		l := &ev.Lanes[i]
		z.add(l.Zone)
		until := (&Take{Hold: cp.Retry.Hold}).Holds(l.Callback, l.Class, l.Due)
		if at, ok := c.mayBeCalled(cp, l.Zone, until); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() && len(ev.Lanes) > 0 {
		return c.now.Add(lookAgain)
	}
	return next
}

// lookAgain is when the store is asked again whose contacts are all in zones that
// never open.
const lookAgain = 24 * time.Hour

// comesBack makes the store be asked when a contact may be called again.
func (c *Core) comesBack(cp *campaign, zone string, due time.Time) {
	if cp.Zones {
		cp.zones.add(zone)
	}
	if at, ok := c.mayBeCalled(cp, zone, due); ok {
		cp.agenda.note(at, c.now)
	}
}

// takeOf is what is asked for: n contacts, of whom the first ones and those after
// them are as a decision says.
func (c *Core) takeOf(cp *campaign, n int, s *server, d *pacing.Decision) Take {
	take := Take{
		Max: n, Server: s.Name, AllZones: !cp.Zones, MaxPerNumber: cp.Retry.MaxPerNumber,
		Frequency: cp.Frequency, Note: cp.Note, CallerIDs: c.turns(cp, n), Hold: cp.Retry.Hold,
	}
	switch {
	case !cp.Waits():
		take.Certain = n // no agent is needed
	case cp.held.due(c.now):
		take.Certain = min(d.Certain, n)
	}
	predictive := cp.pacer.Mode == pacing.Predictive
	if predictive {
		take.Sure = min(d.Sure, n)
		take.Long = min(d.Long, n-take.Sure)
		for class := range take.Chances {
			take.Chances[class] = cp.pacer.Contacts.OfClass(uint8(class))
		}
	}
	if !cp.Zones {
		return take
	}
	for _, zone := range slices.Sorted(maps.Keys(cp.zones.all)) {
		if !c.hoursIn(cp, zone).open {
			continue
		}
		z := Zone{Name: zone}
		if predictive {
			z.Factor = cp.pacer.Contacts.OfHour(c.hourIn(cp, zone))
		}
		take.Zones = append(take.Zones, z)
	}
	return take
}

// hourIn is the hour of the day where a contact is, -1 if that is not known.
func (c *Core) hourIn(cp *campaign, zone string) int {
	if cp.Hours == nil {
		return -1
	}
	return cp.Hours.Hour(c.now, cp.zoneOf(zone))
}

// factorOf is the chance of a contact to be answered by a person now, as
// pacing.Ringing has it.
func (c *Core) factorOf(cp *campaign, class uint8, zone string) float64 {
	return cp.pacer.Contacts.Factor(class, c.hourIn(cp, zone))
}

// extremes are the greatest and the least chance among the contacts that the store
// would take now, as far as it told; 0 if they are not known.
func (c *Core) extremes(cp *campaign) (surest, longest float64) {
	var level *Lane
	for i := range cp.zones.lanes {
		l := &cp.zones.lanes[i]
		until := (&Take{Hold: cp.Retry.Hold}).Holds(l.Callback, l.Class, l.Due)
		if until.After(c.now) || !c.hoursIn(cp, l.Zone).open {
			continue
		}
		if level == nil {
			level = l
		} else if level.Callback != l.Callback || level.Priority != l.Priority {
			break // they come in the order of their priorities
		}
		f := c.factorOf(cp, l.Class, l.Zone)
		surest = max(surest, f)
		if longest == 0 || f < longest {
			longest = f
		}
	}
	return surest, longest
}
