package dialer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// storyteller tells of contacts. Without a daemon live is nil.
type storyteller struct {
	cfg   *config.Config
	store store.Store
	now   time.Time
	live  *campaign.Status
}

// Stories tells of everybody who has a number or key, in each campaign.
func (d *Daemon) Stories(ctx context.Context, who string) ([]report.Story, error) {
	st, err := d.Status(ctx)
	if err != nil {
		return nil, err
	}
	return storyteller{d.cfg.Load(), d.store, d.clock.Now(), &st}.tell(who)
}

// Stories tells of everybody who has a number or key, when no daemon is running.
func Stories(cfg *config.Config, st store.Store, now time.Time, who string) ([]report.Story, error) {
	return storyteller{cfg, st, now, nil}.tell(who)
}

// find returns the contacts that have a key, or a number in any spelling that a
// list has it in.
func find(cfg *config.Config, st store.Store, who string) (all []store.Found, err error) {
	spellings := []string{who}
	if !strings.HasSuffix(who, "*") {
		numbers, _ := contact.ParseDNC(who, Plans(cfg)) // else it can only be a key
		spellings = append(spellings, numbers...)
	}
	slices.Sort(spellings)
	for _, s := range slices.Compact(spellings) {
		found, err := st.Find(s)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !slices.ContainsFunc(all, func(g store.Found) bool { return g.Campaign == f.Campaign && g.Contact.ID == f.Contact.ID }) {
				all = append(all, f)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b store.Found) int { return strings.Compare(a.Campaign, b.Campaign) })
	return all, nil
}

func (t storyteller) tell(who string) ([]report.Story, error) {
	found, err := find(t.cfg, t.store, who)
	if err != nil {
		return nil, err
	}
	stories := []report.Story{}
	for i := range found {
		s, err := t.story(&found[i], found)
		if err != nil {
			return nil, err
		}
		stories = append(stories, s)
	}
	return stories, nil
}

func (t storyteller) story(f *store.Found, all []store.Found) (report.Story, error) {
	c := &f.Contact
	s := report.Story{
		Campaign: f.Campaign, Contact: c.ID, List: c.List, Key: c.Key, Priority: c.Priority, Zone: c.Zone,
		NotBefore: c.NotBefore, Expires: c.Expires, State: c.State.String(), Due: c.Due, Counted: c.Counted, Callback: f.Callback,
		Attempts: []report.Call{},
	}
	for _, a := range c.Attributes {
		if s.Attributes == nil {
			s.Attributes = map[string]string{}
		}
		s.Attributes[a.Name] = a.Value
	}
	for i, n := range c.Numbers {
		sn := report.StoryNumber{Number: n.Number, Type: n.Type, Next: i == c.Next, Counted: n.Attempts, Dead: n.Dead}
		if n.Last != campaign.InFlight {
			sn.Last = n.Last.String()
		}
		var err error
		if sn.Barred, err = t.store.CheckDNC(f.Campaign, n.Number); err != nil {
			return s, err
		}
		s.Numbers = append(s.Numbers, sn)
	}
	attempts, err := t.store.ContactAttempts(f.Campaign, c.ID)
	if err != nil {
		return s, err
	}
	for i := range attempts {
		s.Attempts = append(s.Attempts, report.CallOf(&attempts[i]))
	}
	s.Purged = max(0, c.Attempts-len(attempts))
	t.why(&s, f, all, attempts)
	return s, nil
}

// why says what a contact waits for, or why it waits for nothing.
func (t storyteller) why(s *report.Story, f *store.Found, all []store.Found, attempts []campaign.Attempt) {
	c := &f.Contact
	cfg := t.cfg.Campaign(f.Campaign)
	var last *campaign.Attempt
	if n := len(attempts); n > 0 {
		last = &attempts[n-1]
	}
	switch c.State {
	case campaign.Dialing:
		s.Why = "it is being called"
		if last != nil {
			s.Why += fmt.Sprintf(" at %s since %s", last.Number, t.clock(last.Claimed, c, cfg))
		}
		if t.live == nil {
			s.Why = "it was being called when the daemon stopped; what became of that is found out at its next start"
		}
		if f.Callback != nil && f.Callback.At.After(t.now) {
			s.Why += "; afterwards it is called back at " + t.clock(f.Callback.At, c, cfg)
		}
	case campaign.Done:
		s.Why = fmt.Sprintf("done: the last call was %s, after which it is not dialed again", c.Last)
		if c.Last == campaign.Connected {
			s.Why = "done: it was connected"
			if last != nil {
				s.Why += fmt.Sprintf(" to %s at %s", last.Agent, t.clock(last.Connected, c, cfg))
			}
		}
	case campaign.Exhausted:
		s.Why = "exhausted"
		if cfg != nil {
			rules := cfg.RetryRules()
			s.Why += ": " + rules.Exhaustion(c)
		}
	case campaign.BadNumber:
		s.Why = "none of its numbers can be reached: the network says that they are invalid"
	case campaign.DNC:
		s.Why = "on a do-not-call list: " + barredBy(s.Numbers)
		if barredBy(s.Numbers) == "" {
			s.Why = "it was on a do-not-call list when it was to be called, and is not any more"
		}
	case campaign.Expired:
		s.Why = "its time passed before it was reached"
		if !c.Expires.IsZero() {
			s.Why += ": it expired at " + t.clock(c.Expires, c, cfg)
		}
	case campaign.Removed:
		s.Why = "its row is not on list " + c.List + " any more"
	default:
		t.waits(s, f, all, cfg)
	}
}

// waits says what a contact waits for that is to be called.
func (t storyteller) waits(s *report.Story, f *store.Found, all []store.Found, cfg *config.Campaign) {
	c := &f.Contact
	what := "its first call"
	switch {
	case c.Callback && (f.Callback == nil || !f.Callback.At.Equal(c.Due)):
		what = fmt.Sprintf("a retry after %s, before others,", c.Last)
	case c.Callback:
		what = "the callback that they asked for"
	case c.State == campaign.Waiting:
		what = fmt.Sprintf("a retry after %s", c.Last)
	}
	s.Why = fmt.Sprintf("%s is due", what)
	if len(c.Numbers) > 1 {
		s.Why = fmt.Sprintf("%s at %s is due", what, c.Number())
	}
	from := t.now
	if c.Due.After(t.now) {
		from = c.Due
		s.Why += " at " + t.clock(c.Due, c, cfg)
	}
	but := func(format string, args ...any) { s.Why += "; " + fmt.Sprintf(format, args...) }
	if cfg == nil {
		but("the campaign is not in the config, so nobody is called for it")
		return
	}
	if !c.Expires.IsZero() && !from.Before(c.Expires) {
		but("but it expires at %s", t.clock(c.Expires, c, cfg))
		return
	}
	if s.Numbers[c.Next].Barred != nil {
		but("but %s", barredBy(s.Numbers))
		if !slices.ContainsFunc(s.Numbers, func(n report.StoryNumber) bool { return !n.Dead && n.Barred == nil }) {
			but("so it is not called")
			return
		}
		but("another of its numbers is called")
	}
	open, ok := cfg.Calling.Windows.NextIn(from, zoneFor(cfg, c.Zone), cfg.Calling.Location)
	switch {
	case !ok:
		but("its calling window never opens")
	case open.After(from):
		s.Opens = open
		when := "now"
		if c.Due.After(t.now) {
			when = "then"
		}
		but("its calling window is shut %s and opens at %s", when, t.clock(open, c, cfg))
	}
	rules := cfg.RetryRules()
	switch until := rules.HeldUntil(c); {
	case !until.After(from):
	case rules.Hold >= campaign.Never:
		but("because no agent was there for the last one, only by a call for which an agent is certain")
	default:
		but("because no agent was there for the last one, until %s only by a call for which an agent is certain", t.clock(until, c, cfg))
	}
	if s.Opens.IsZero() && !c.Due.After(t.now) {
		t.turn(f, all, but)
	}
	if hold := t.hold(f.Campaign); hold != "" {
		but("%s", hold)
	}
}

// turn says what keeps a contact from being called that is due now.
func (t storyteller) turn(f *store.Found, all []store.Found, but func(string, ...any)) {
	for _, other := range all {
		if other.Contact.State == campaign.Dialing && other.Campaign != f.Campaign {
			but("but one of its numbers may be in use: campaign %s is calling there", other.Campaign)
			return
		}
	}
	but("it is called when its turn comes")
}

// hold says why the campaign calls nobody at this moment, whoever is due.
func (t storyteller) hold(name string) string {
	if t.live == nil {
		return "no daemon is running"
	}
	for i := range t.live.Campaigns {
		if c := &t.live.Campaigns[i]; c.Name == name && c.State != campaign.Running {
			return "the campaign is " + string(c.State)
		} else if c.Name == name && c.Hold != "" {
			return "at this moment the campaign places no call: " + c.Hold
		}
	}
	return ""
}

// clock is a time by the contact's own clock, or the campaign's where that is not
// one.
func (t storyteller) clock(at time.Time, c *campaign.Contact, cfg *config.Campaign) string {
	return at.In(clockOf(c, cfg)).Format("Mon 2006-01-02 15:04 MST")
}

func clockOf(c *campaign.Contact, cfg *config.Campaign) *time.Location {
	if cfg == nil {
		return time.Local
	}
	if zone := string(zoneFor(cfg, c.Zone)); zone != "" {
		if loc, err := time.LoadLocation(zone); err == nil {
			return loc
		}
	}
	return cfg.Calling.Location
}

// zoneFor is the zone by which a campaign calls a contact of a zone.
func zoneFor(cfg *config.Campaign, zone string) contact.Zone {
	if cfg.Calling.ContactTimezone == config.CampaignZone {
		return ""
	}
	return contact.Zone(zone)
}

// barredBy says which do-not-call lists bar a contact's numbers.
func barredBy(numbers []report.StoryNumber) string {
	var all []string
	for _, n := range numbers {
		for _, h := range n.Barred {
			since := "for an unknown time"
			if !h.Since.IsZero() {
				since = "since " + h.Since.Local().Format("2006-01-02 15:04")
			}
			all = append(all, fmt.Sprintf("%s is on %s as %s, %s", n.Number, h.DNCName, h.Entry, since))
		}
	}
	return strings.Join(all, "; ")
}
