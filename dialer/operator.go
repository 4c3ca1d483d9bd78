package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// The methods below are what the control API asks of the daemon.

// Status is the picture of this moment.
func (d *Daemon) Status(ctx context.Context) (st campaign.Status, err error) {
	err = d.inLoop(ctx, func() { st = d.core.Status() })
	return st, err
}

// Operate carries out an operator's command.
func (d *Daemon) Operate(ctx context.Context, name string, verb campaign.Verb) (state campaign.State, err error) {
	inner := d.inLoop(ctx, func() {
		state = d.core.State(name)
		if state == "" {
			err = fmt.Errorf("no campaign %q", name)
			return
		}
		if err = state.Check(verb); err != nil {
			return
		}
		d.step(campaign.Operate{Campaign: name, Verb: verb})
		state = d.core.State(name)
	})
	if inner != nil {
		return "", inner
	}
	return state, err
}

// Store is where reports read.
func (d *Daemon) Store() store.Store { return d.store }

// Configured are the configured campaigns with their wrap-up times.
func (d *Daemon) Configured() map[string]time.Duration { return Configured(d.cfg.Load()) }

// Configured are the campaigns of a configuration with their wrap-up times.
func Configured(cfg *config.Config) map[string]time.Duration {
	w := map[string]time.Duration{}
	for _, c := range cfg.Campaigns {
		w[c.Name] = c.Pacing.Wrapup
	}
	return w
}

// writeReport writes a scheduled report, in the background.
func (d *Daemon) writeReport(r config.Report) {
	d.writes.Go(func() {
		q := report.Query{Campaign: r.Campaign, By: r.By, Configured: d.Configured()}
		if err := report.WriteFile(r.Path, r.Format, d.store, q); err != nil {
			d.log.Error("the report was not written", "path", r.Path, "error", err)
			return
		}
		d.log.Info("report written", "path", r.Path)
	})
}
