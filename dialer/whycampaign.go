package dialer

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// mostHolds is how many contacts Why looks at to tell what they wait for: a
// fraction of a second's work.
const mostHolds = 200_000

// Why tells what holds a campaign at this moment, and what its contacts wait for.
func (d *Daemon) Why(ctx context.Context, name string) (why report.Why, err error) {
	st, err := d.Status(ctx)
	if err != nil {
		return why, err
	}
	cfg := d.cfg.Load().Campaign(name)
	for _, c := range st.Campaigns {
		if c.Name == name {
			why.CampaignStatus = c
		}
	}
	if cfg == nil || why.Name == "" {
		return why, &control.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("the daemon has no campaign %q", name)}
	}
	var supply []string
	for _, q := range st.Queues {
		if q.Name != why.Queue || q.Supply == "" || !slices.Contains(cfg.Asterisk, q.Server) {
			continue
		}
		if len(cfg.Asterisk) > 1 {
			q.Supply = q.Server + ": " + q.Supply
		}
		supply = append(supply, q.Supply)
	}
	why.Supply = strings.Join(supply, "; ")
	n, err := d.store.Counters(name)
	if err != nil {
		return why, err
	}
	why.Contacts = map[string]int64{}
	for state := range n.Contacts {
		why.Contacts[campaign.ContactState(state).String()] = n.Contacts[state]
	}
	now := d.clock.Now()
	holds, all, err := d.store.Holds(name, now, mostHolds)
	why.Waits, why.Exact = waitsOf(cfg, holds, now), all
	return why, err
}

// waitsOf sorts contacts by what they wait for: by that, and those that wait for
// windows by their zones.
func waitsOf(cfg *config.Campaign, holds []store.Hold, now time.Time) []report.Wait {
	waits := []report.Wait{}
	add := func(w report.Wait) {
		if w.Contacts == 0 {
			return
		}
		for i := range waits {
			o := &waits[i]
			if o.For != w.For || o.Zone != w.Zone {
				continue
			}
			o.Contacts += w.Contacts
			if w.Next.Before(o.Next) {
				o.Next = w.Next
			}
			return
		}
		waits = append(waits, w)
	}
	for _, kind := range []string{report.WaitsTurn, report.WaitsCallback, report.WaitsRetry, report.WaitsFirst, report.WaitsWindow} {
		for _, h := range holds {
			zone := zoneFor(cfg, h.Zone)
			open := cfg.Calling.Windows.OpenIn(now, zone, cfg.Calling.Location)
			later := report.WaitsFirst
			switch {
			case h.Callback:
				later = report.WaitsCallback
			case h.Retry:
				later = report.WaitsRetry
			}
			switch kind {
			case report.WaitsTurn:
				if open {
					add(report.Wait{For: kind, Contacts: h.Due})
				}
			case report.WaitsWindow:
				if !open {
					next, _ := cfg.Calling.Windows.NextIn(now, zone, cfg.Calling.Location)
					add(report.Wait{For: kind, Zone: string(zone), Contacts: h.Due, Next: next})
				}
			case later:
				add(report.Wait{For: kind, Contacts: h.Later, Next: h.Next})
			}
		}
	}
	return waits
}
