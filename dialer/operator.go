package dialer

import (
	"context"
	"fmt"
	"log/slog"

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

// Configured are the configured campaigns, for reports.
func (d *Daemon) Configured() map[string]report.Campaign { return Configured(d.cfg.Load()) }

// Configured are the campaigns of a configuration, for reports.
func Configured(cfg *config.Config) map[string]report.Campaign {
	all := map[string]report.Campaign{}
	for _, c := range cfg.Campaigns {
		all[c.Name] = report.Campaign{Wrapup: c.Pacing.Wrapup, Zone: c.Calling.Location}
	}
	return all
}

// writeReport writes a scheduled report, in the background.
func (d *Daemon) writeReport(r config.Report) {
	now := d.clock.Now()
	path := r.PathAt(now)
	d.writes.Go(func() {
		q := report.Query{Campaign: r.Campaign, By: r.By, Interval: r.Interval, Configured: d.Configured(), Now: now}
		var err error
		if path == config.StandardOutput {
			err = report.WriteTo(d.opt.Reports, r.Format, d.store, q)
		} else {
			err = report.WriteFile(path, r.Format, d.store, q)
		}
		if err != nil {
			d.troubles.met("report "+r.Path, err.Error(), line{d.log, slog.LevelError, "the report was not written", []slog.Attr{slog.String("path", path), slog.Any("error", err)}})
			return
		}
		written := line{d.log, slog.LevelInfo, "report written", []slog.Attr{slog.String("path", path)}}
		if !d.troubles.over("report "+r.Path, written) {
			written.write()
		}
	})
}
