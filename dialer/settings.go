package dialer

import (
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/webhook"
)

// hours are a campaign's calling windows, its own time zone, and when its
// schedule stops it.
type hours struct {
	windows contact.Windows
	loc     *time.Location
	stop    cron.Schedule // nil: never
}

func (h hours) Open(t time.Time, zone string) bool {
	return h.windows.OpenIn(t, contact.Zone(zone), h.loc)
}

func (h hours) Next(t time.Time, zone string) (time.Time, bool) {
	next, ok := h.windows.NextIn(t, contact.Zone(zone), h.loc)
	if !ok {
		return time.Time{}, false
	}
	return next.In(h.loc), true
}

func (h hours) Closes(t time.Time, zone string) (time.Time, bool) {
	end, ok := h.windows.ClosesIn(t, contact.Zone(zone), h.loc)
	if h.stop != nil {
		if stop := h.stop.Next(t.In(h.loc)); !stop.IsZero() && (!ok || stop.Before(end)) {
			return stop, true
		}
	}
	return end, ok
}

func (h hours) Hour(t time.Time, zone string) int {
	return contact.Zone(zone).Hour(t, h.loc)
}

// hoursOf are a campaign's.
func hoursOf(c *config.Campaign) hours {
	h := hours{windows: c.Calling.Windows, loc: c.Calling.Location}
	if c.Stop != "" {
		h.stop, _ = config.ParseSchedule(c.Stop) // it was checked when it was read
	}
	return h
}

func serversOf(cfg *config.Config) []campaign.Server {
	var all []campaign.Server
	for _, a := range cfg.Asterisk {
		all = append(all, campaign.Server{Name: a.Name, MaxChannels: a.MaxChannels, CallsPerSecond: a.CallsPerSecond, Breaker: campaign.Breaker(a.Breaker)})
	}
	return all
}

func webhooksOf(cfg *config.Config) []webhook.Settings {
	var all []webhook.Settings
	for _, w := range cfg.Webhooks {
		all = append(all, webhook.Settings(w))
	}
	return all
}

func settingsOf(cfg *config.Config) []campaign.Settings {
	var all []campaign.Settings
	note := slices.ContainsFunc(cfg.Campaigns, func(c config.Campaign) bool { return c.Frequency != campaign.Frequency{} })
	for _, c := range cfg.Campaigns {
		all = append(all, campaign.Settings{
			Name: c.Name, Servers: c.Asterisk, Trunk: c.Originate.Channel, Queue: c.Queue, CallerIDs: callerIDsOf(&c),
			MaxInFlight: c.Pacing.MaxInFlight, Wrapup: c.Pacing.Wrapup,
			RingTimeout: c.Originate.RingTimeout,
			Hours:       hoursOf(&c),
			Zones:       c.Calling.ContactTimezone != config.CampaignZone,
			Frequency:   c.Frequency,
			Note:        note,
			Retry:       c.RetryRules(),
			Pacing: pacing.Settings{
				Mode: pacing.Mode(c.Pacing.Mode), Ratio: c.Pacing.Ratio, Limit: c.Pacing.AbandonTarget,
				RingTimeout: c.Originate.RingTimeout.Seconds(), Patience: c.Pacing.Regime.Patience.Seconds(),
			},
			Regime:         c.Pacing.Regime,
			CallsPerSecond: c.Pacing.CallsPerSecond,
			Weight:         c.Pacing.Weight, Priority: c.Pacing.Priority,
			HangUpAfter: c.Pacing.HangUpAfter,
			Drop:        campaign.Drop(c.Pacing.Drop),
		})
	}
	return all
}

func callerIDsOf(c *config.Campaign) campaign.CallerIDs {
	ids := campaign.CallerIDs{PerHour: c.Originate.CallerIDs.MaxPerHour, PerDay: c.Originate.CallerIDs.MaxPerDay}
	for _, number := range c.Originate.CallerNumbers() {
		ids.All = append(ids.All, campaign.CallerID{Number: number, Areas: c.Areas(number)})
	}
	return ids
}
