package dialer

import (
	"fmt"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// job is something that the clock starts. cron/v3 serves only as a parser: the
// loop looks at the due times itself, so a job can neither panic in a goroutine
// of cron's nor run twice at once.
type job struct {
	schedule cron.Schedule
	loc      *time.Location
	next     time.Time
	last     time.Time // when it was last due
	run      func()
}

// lookBack is how far lastFire looks first: a week and a day.
const lookBack = 8 * 24 * time.Hour

func parseCron(spec, key string) (cron.Schedule, error) {
	s, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return s, nil
}

// schedule prepares the jobs of the configuration.
func (d *Daemon) schedule() error {
	add := func(spec, key string, loc *time.Location, run func()) error {
		if spec == "" {
			return nil
		}
		s, err := parseCron(spec, key)
		if err != nil {
			return err
		}
		d.jobs = append(d.jobs, &job{schedule: s, loc: loc, next: s.Next(d.clock.Now().In(loc)), run: run})
		return nil
	}
	for i := range d.cfg.Campaigns {
		c := &d.cfg.Campaigns[i]
		loc := c.Calling.Location
		operate := func(v campaign.Verb) func() {
			return func() {
				d.log.Info("the schedule says "+string(v), "campaign", c.Name)
				d.step(campaign.Operate{Campaign: c.Name, Verb: v})
			}
		}
		if err := add(c.Start, c.Name+".start", loc, operate(campaign.Start)); err != nil {
			return err
		}
		if err := add(c.Stop, c.Name+".stop", loc, operate(campaign.Drain)); err != nil {
			return err
		}
		for j := range c.Lists {
			l := &c.Lists[j]
			if err := add(l.Reload, c.Name+"."+l.Name+".reload", loc, func() { d.load(c, l) }); err != nil {
				return err
			}
		}
	}
	for _, cp := range settingsOf(d.cfg) {
		if cp.Pacing.Mode == pacing.Predictive {
			if err := add("0 0 * * *", cp.Name, d.campaigns[cp.Name].Calling.Location, func() { d.newDay(cp) }); err != nil {
				return err
			}
		}
	}
	for i := range d.cfg.Reports {
		r := &d.cfg.Reports[i]
		if err := add(r.At, "reports.at", time.Local, func() { d.writeReport(r) }); err != nil {
			return err
		}
	}
	if d.cfg.Store.KeepDays > 0 {
		d.jobs = append(d.jobs, &job{schedule: cron.Every(purgeEvery), loc: time.UTC, next: d.clock.Now().Add(purgeEvery), run: d.purge})
	}
	d.jobs = append(d.jobs, &job{schedule: cron.Every(expireEvery), loc: time.UTC, next: d.clock.Now().Add(expireEvery), run: d.expire})
	if len(DNCFiles(d.cfg)) > 0 {
		d.jobs = append(d.jobs, &job{schedule: cron.Every(dncEvery), loc: time.UTC, next: d.clock.Now().Add(dncEvery), run: d.refreshDNC})
	}
	return nil
}

// runJobs starts what is due, in the order of the times. A job that was due
// several times while the machine slept runs once, at its last: a stop in the
// evening and a start in the morning leave a campaign running.
func (d *Daemon) runJobs() {
	now := d.clock.Now()
	var due []*job
	for _, j := range d.jobs {
		if j.next.IsZero() || now.Before(j.next) {
			continue
		}
		if now.Sub(j.next) > lookBack { // the clock was set: do not count through years
			if last := lastFire(j.schedule, now.In(j.loc)); last.After(j.next) {
				j.next = last
			}
		}
		for !j.next.IsZero() && !now.Before(j.next) {
			j.last, j.next = j.next, j.schedule.Next(j.next.In(j.loc))
		}
		due = append(due, j)
	}
	slices.SortStableFunc(due, func(a, b *job) int { return a.last.Compare(b.last) })
	for _, j := range due {
		j.run()
	}
}

// initialStates are the campaigns' states at start: what the operator last said,
// unless the schedule spoke after that.
func (d *Daemon) initialStates() (map[string]campaign.State, error) {
	now := d.clock.Now()
	states := map[string]campaign.State{}
	for _, c := range d.cfg.Campaigns {
		saved, since, err := d.store.State(c.Name)
		if err != nil {
			return nil, err
		}
		state := saved
		if state == "" {
			state = campaign.Stopped
			if c.Start == "" {
				// It starts with the daemon; stops that came before do not count.
				state, since = campaign.Running, now
				if err := d.store.SaveState(c.Name, state, since); err != nil {
					return nil, err
				}
			}
		}
		if state == campaign.Draining {
			state = campaign.Stopped
		}
		var started, stopped time.Time
		if c.Start != "" {
			s, err := parseCron(c.Start, c.Name+".start")
			if err != nil {
				return nil, err
			}
			started = lastFire(s, now.In(c.Calling.Location))
		}
		if c.Stop != "" {
			s, err := parseCron(c.Stop, c.Name+".stop")
			if err != nil {
				return nil, err
			}
			stopped = lastFire(s, now.In(c.Calling.Location))
		}
		switch {
		case started.After(stopped) && started.After(since):
			state = campaign.Running
		case stopped.After(started) && stopped.After(since):
			state = campaign.Stopped
		}
		states[c.Name] = state
	}
	return states, nil
}

// lastFire is the last time at or before now that s fires. Most schedules fire
// within lookBack; for the others it looks back further, for a year at least.
func lastFire(s cron.Schedule, now time.Time) (last time.Time) {
	for back := lookBack; last.IsZero() && back <= 64*lookBack; back *= 8 {
		for t := s.Next(now.Add(-back)); !t.IsZero() && !t.After(now); t = s.Next(t) {
			last = t
		}
	}
	return last
}
