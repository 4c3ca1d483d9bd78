package dialer

import (
	"time"

	"github.com/robfig/cron/v3"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// hours are a campaign's calling windows in its time zone, and when its schedule
// stops it.
type hours struct {
	windows contact.Windows
	loc     *time.Location
	stop    cron.Schedule // nil: never
}

func (h hours) Open(t time.Time) bool { return h.windows.Open(t, h.loc) }

func (h hours) Next(t time.Time) (time.Time, bool) {
	next, ok := h.windows.Next(t, h.loc)
	return next.In(h.loc), ok
}

func (h hours) Closes(t time.Time) (time.Time, bool) {
	end, ok := h.windows.Closes(t, h.loc)
	if h.stop != nil {
		if stop := h.stop.Next(t.In(h.loc)); !stop.IsZero() && (!ok || stop.Before(end)) {
			return stop, true
		}
	}
	return end, ok
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
		all = append(all, campaign.Server{Name: a.Name, MaxChannels: a.MaxChannels, CallsPerSecond: a.CallsPerSecond})
	}
	return all
}

func settingsOf(cfg *config.Config) []campaign.Settings {
	var all []campaign.Settings
	for _, c := range cfg.Campaigns {
		rules := campaign.RetryRules{MaxAttempts: c.Retry.MaxAttempts}
		for name, r := range c.Retry.ByOutcome {
			if o, ok := campaign.ParseOutcome(name); ok {
				rules.ByOutcome[o] = campaign.RetryRule{After: r.After, Max: r.Max}
			}
		}
		all = append(all, campaign.Settings{
			Name: c.Name, Server: c.Asterisk, Queue: c.Queue,
			MaxInFlight: c.Pacing.MaxInFlight, Wrapup: c.Pacing.Wrapup,
			RingTimeout: c.Originate.RingTimeout,
			Hours:       hoursOf(&c),
			Retry:       rules,
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
