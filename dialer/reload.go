package dialer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// fixed are the keys that cannot change while the daemon runs, and why.
var fixed = map[string]string{
	"store.path":     "the store is open",
	"control.socket": "commands come in there",
	"control.listen": "whoever watches it looks there",

	"control.tls.cert_file": "it is open; the file itself is read again whenever it changes",
	"control.tls.key_file":  "it is open; the file itself is read again whenever it changes",
}

// Reload implements control.Operator: it reads the configuration again and puts
// it in force, whole, or nothing of it. Everything that can be wrong is found out
// before anything changes, so an error leaves all as it was. Live calls are not
// touched. With dryRun it only tells what would change.
func (d *Daemon) Reload(ctx context.Context, dryRun bool) (control.Reload, error) {
	r := control.Reload{DryRun: dryRun, Changes: []control.Change{}}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	closing := false
	if err := d.inLoop(ctx, func() { closing = d.closing }); err != nil {
		return r, err
	}
	if closing {
		return r, control.ErrStopping
	}
	if !dryRun {
		notifyReloading()
		defer notify(readyState)
	}
	old := d.cfg.Load()
	cfg, err := d.opt.Config()
	if err != nil {
		return r, err
	}
	r.Warnings = cfg.Warnings
	changes := config.Diff(old, cfg)
	if err := refuse(cfg, changes); err != nil {
		return r, err
	}
	links, err := d.newLinks(cfg)
	if err != nil {
		return r, err
	}
	if _, err := d.schedule(cfg, nil); err != nil {
		return r, err
	}
	if err := checkDNC(cfg, d.store); err != nil {
		return r, err
	}
	effects := d.effects(old, cfg, links)
	for _, c := range changes {
		r.Changes = append(r.Changes, control.Change{Text: c.String(), Effect: effects[c]})
	}
	if dryRun {
		return r, nil
	}
	if err := d.replace(ctx, cfg, links, len(changes) > 0); err != nil {
		return r, err
	}
	d.events.Publish(event.Reload, "", control.ReloadEvent{Time: d.clock.Now(), Reload: r})
	return r, nil
}

// refuse complains of changes that take a restart.
func refuse(cfg *config.Config, changes []config.Change) error {
	for _, c := range changes {
		if why, ok := fixed[c.Key]; ok && c.Subject == "" {
			return config.Errors{{File: cfg.File, Key: c.Key, Problem: fmt.Sprintf("it cannot change while the daemon runs (%s -> %s): %s", c.Old, c.New, why),
				Hint: "restart the daemon for it, or put it back; nothing of the config was changed"}}
		}
	}
	return nil
}

// replace puts a configuration in force that nothing is wrong with. Unless it is
// another, only files are looked at.
func (d *Daemon) replace(ctx context.Context, cfg *config.Config, links map[string]*link, another bool) error {
	tallies := map[string]campaign.Tally{}
	if err := d.inLoop(ctx, func() {
		for _, c := range cfg.Campaigns {
			if t, ok := d.core.Tally(c.Name); ok {
				tallies[c.Name] = t
			}
		}
	}); err != nil {
		return err
	}
	ev, fresh, err := d.change(cfg, tallies)
	if err != nil {
		return err
	}
	// A look at the files by the old configuration would drop what is new.
	d.dncMu.Lock()
	defer d.dncMu.Unlock()
	// Of the one that is in force then.
	defer func() {
		if err := dropDNC(d.cfg.Load(), d.store, d.clock.Now(), d.log); err != nil {
			d.log.Error("do-not-call lists that are not in the config cannot be dropped", "error", err)
		}
	}()
	if err := addDNC(cfg, d.store, d.clock.Now(), d.log); err != nil {
		return fmt.Errorf("the do-not-call numbers: %w", err)
	}
	err = control.ErrStopping
	if inner := d.inLoop(ctx, func() {
		if !d.closing {
			err = d.put(cfg, links, ev, fresh, another)
		}
	}); inner != nil {
		return inner
	}
	return err
}

// put makes the change, in the loop.
func (d *Daemon) put(cfg *config.Config, links map[string]*link, ev campaign.Reconfigure, fresh []string, another bool) error {
	d.runJobs() // what was due under the old one
	jobs, err := d.schedule(cfg, d.jobs)
	if err != nil {
		return err
	}
	if err := setLog(d.log, cfg.Log.Level, cfg.Log.Format); err != nil {
		return err
	}
	d.jobs = jobs
	d.cfg.Store(cfg)
	if d.tcp != nil {
		d.tcp.Use(cfg.Control.Tokens)
	}
	for _, name := range slices.Sorted(maps.Keys(links)) {
		l, old := links[name], d.links[name]
		if old != nil && old.same(l) {
			continue
		}
		d.links[name] = l
		d.connect(l, old)
	}
	if another {
		d.step(ev)
		d.webhooks.Configure(webhooksOf(cfg))
	}
	for _, name := range fresh {
		d.saveState(campaign.SaveState{Campaign: name, State: ev.States[name]})
	}
	d.startLoads(cfg)
	return nil
}

// change is what tells the core of a configuration. tallies are of the campaigns
// that it knows. fresh are campaigns that nobody has given a state yet.
func (d *Daemon) change(cfg *config.Config, tallies map[string]campaign.Tally) (ev campaign.Reconfigure, fresh []string, err error) {
	ev = campaign.Reconfigure{Servers: serversOf(cfg), Settings: settingsOf(cfg), States: map[string]campaign.State{}, Learnt: map[string]pacing.State{}, Recounts: map[string]campaign.Recount{}}
	for _, cp := range ev.Settings {
		c := cfg.Campaign(cp.Name)
		was, started := d.cfg.Load().Campaign(cp.Name), tallies != nil
		if was == nil || !started {
			state, isFresh, err := d.stateOf(c)
			if err != nil {
				return ev, nil, err
			}
			if ev.States[cp.Name] = state; isFresh {
				fresh = append(fresh, cp.Name)
			}
			if ev.Learnt[cp.Name], err = d.learnt(cp, c.Calling.Location); err != nil {
				return ev, nil, err
			}
		}
		t, known := tallies[cp.Name]
		if !known || cp.Pacing.Mode != pacing.Predictive || was != nil && was.Pacing.Mode == c.Pacing.Mode &&
			was.Pacing.Regime == c.Pacing.Regime && was.Calling.Location.String() == c.Calling.Location.String() {
			continue
		}
		today, past, err := d.counted(cp, c.Calling.Location, t)
		if err != nil {
			return ev, nil, err
		}
		ev.Recounts[cp.Name] = campaign.Recount{Tally: t, Today: today, Past: past}
	}
	return ev, fresh, nil
}

// Hangup is Reload as SIGHUP asks for it: what comes of it is in the log.
func (d *Daemon) Hangup() {
	r, err := d.Reload(context.Background(), false)
	if err != nil {
		const what = "the config was not read again; everything stays as it was"
		errs, ok := errors.AsType[config.Errors](err)
		if !ok {
			d.log.Error(what, "error", err)
		}
		for _, e := range errs {
			d.log.Error(what, "error", e, "hint", e.Hint)
		}
		return
	}
	for _, w := range r.Warnings {
		d.log.Warn(w)
	}
	for _, c := range r.Changes {
		if c.Effect != "" {
			d.log.Info("config: "+c.Text, "effect", c.Effect)
			continue
		}
		d.log.Info("config: " + c.Text)
	}
	d.log.Info("the config was read again; lists and do-not-call files are looked at", "changes", len(r.Changes))
}
