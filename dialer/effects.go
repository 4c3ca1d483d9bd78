package dialer

import (
	"fmt"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
)

// effects tells what changes do where that does not speak for itself. A count
// that cannot be made is left out: it decides nothing.
func (d *Daemon) effects(old, cfg *config.Config, links map[string]*link) map[config.Change]string {
	all := map[config.Change]string{}
	barred := map[string]string{} // by the retry rules, by campaign: one walk over its contacts
	for _, c := range config.Diff(old, cfg) {
		kind, rest, _ := strings.Cut(c.Subject, " ")
		switch {
		case kind == "campaign" && c.Key == "" && c.Gone:
			all[c] = d.withoutCampaign(rest)
		case kind == "campaign" && c.Key == "":
			all[c] = d.withCampaign(rest)
		case kind == "campaign" && strings.HasPrefix(c.Key, "retry."):
			if strings.HasSuffix(c.Key, ".after") {
				continue // what waits goes on to wait
			}
			text, counted := barred[rest]
			if !counted {
				text = d.withRetry(old, cfg, rest)
				barred[rest] = text
			}
			all[c] = text
		case kind == "campaign" && strings.HasPrefix(c.Key, "calling."):
			all[c] = d.withHours(old, cfg, rest)
		case kind == "list" && c.Key == "" && c.Gone:
			all[c] = d.withoutList(old, c.Subject)
		case kind == "webhook" && c.Key == "" && c.Gone:
			all[c] = "what waits for it is not delivered, unless another has its URL"
		case kind == "asterisk" && c.Key == "" && c.Gone:
			all[c] = "its connection ends when the last call there has"
		case kind == "asterisk" && links[rest] != nil && strings.HasPrefix(c.Key, "tls") || kind == "asterisk" && (c.Key == "address" || c.Key == "username" || c.Key == "secret"):
			all[c] = "it is connected to anew; calls in flight go on"
		}
	}
	return all
}

// contacts is what n of them do.
func contacts(n int64, one, many string) string {
	if n == 1 {
		return "1 contact " + one
	}
	return thousands(n) + " contacts " + many
}

func ineligible(n int64) string { return contacts(n, "becomes ineligible", "become ineligible") }

// thousands is 3,120 for 3120.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// left is how many contacts a campaign may still dial.
func (d *Daemon) left(name string) int64 {
	c, err := d.store.Counters(name)
	if err != nil {
		return 0
	}
	return c.Contacts[campaign.Pending] + c.Contacts[campaign.Waiting] + c.Contacts[campaign.Dialing]
}

func (d *Daemon) withoutCampaign(name string) string {
	return ineligible(d.left(name)) + "; the store keeps all of them, and calls in flight go on"
}

func (d *Daemon) withCampaign(name string) string {
	if n := d.left(name); n > 0 {
		return contacts(n, "loaded before becomes eligible", "loaded before become eligible")
	}
	return ""
}

// withRetry counts who has had more attempts than are allowed from now on.
func (d *Daemon) withRetry(old, cfg *config.Config, name string) string {
	var n int64
	was, is := old.Campaign(name), cfg.Campaign(name)
	before, after := was.RetryRules(), is.RetryRules()
	for c, err := range d.store.Contacts(name) {
		if err != nil {
			return ""
		}
		if before.Allow(&c) && !after.Allow(&c) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return ineligible(n)
}

// withHours tells what other calling windows do at this moment. What they do by
// the clocks of contacts it does not tell.
func (d *Daemon) withHours(old, cfg *config.Config, name string) string {
	now := d.clock.Now()
	before, after := hoursOf(old.Campaign(name)), hoursOf(cfg.Campaign(name))
	next, ever := after.Next(now, "")
	switch was, is := before.Open(now, ""), after.Open(now, ""); {
	case !ever:
		return ineligible(d.left(name)) + ": the window never opens"
	case cfg.Campaign(name).Calling.ContactTimezone != config.CampaignZone:
		return ""
	case was && !is:
		return contacts(d.left(name), "waits until ", "wait until ") + next.Format("Mon 2006-01-02 15:04 MST")
	case is && !was:
		return contacts(d.left(name), "may be dialed at once", "may be dialed at once")
	}
	return ""
}

// withoutList tells what becomes of the contacts of a list that is gone: what it
// says of those without a row.
func (d *Daemon) withoutList(old *config.Config, subject string) string {
	for _, c := range old.Campaigns {
		for i := range c.Lists {
			l := &c.Lists[i]
			if l.Subject(c.Name) != subject {
				continue
			}
			if !l.Remove {
				return "its contacts stay (removed: keep)"
			}
			of := map[string]bool{l.Name: true}
			for _, f := range c.Find().Lists {
				if f.Entry == i {
					of[f.Name] = true
				}
			}
			var n int64
			for ct, err := range d.store.Contacts(c.Name) {
				if err != nil {
					return ""
				}
				if of[ct.List] && (ct.State == campaign.Pending || ct.State == campaign.Waiting) {
					n++
				}
			}
			return ineligible(n) + " (removed: remove)"
		}
	}
	return ""
}
