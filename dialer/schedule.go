package dialer

import (
	"fmt"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// job is something that the clock starts. cron/v3 serves only as a parser: the
// loop looks at the due times itself, so a job can neither panic in a goroutine
// of cron's nor run twice at once.
type job struct {
	key      string // what it is and when, as the configuration has it
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

// schedule prepares the jobs of a configuration. One that was among those before
// goes on: it is due when it was.
func (d *Daemon) schedule(cfg *config.Config, before []*job) ([]*job, error) {
	now := d.clock.Now()
	var jobs []*job
	put := func(j *job) {
		for _, old := range before {
			if old.key == j.key {
				j.next = old.next
			}
		}
		jobs = append(jobs, j)
	}
	add := func(spec, key string, loc *time.Location, run func()) error {
		if spec == "" {
			return nil
		}
		s, err := parseCron(spec, key)
		if err != nil {
			return err
		}
		put(&job{key: key + " " + spec + " " + loc.String(), schedule: s, loc: loc, next: s.Next(now.In(loc)), run: run})
		return nil
	}
	every := func(d time.Duration, key string, run func()) {
		put(&job{key: key, schedule: cron.Every(d), loc: time.UTC, next: now.Add(d), run: run})
	}
	for i := range cfg.Campaigns {
		c := &cfg.Campaigns[i]
		loc := c.Calling.Location
		operate := func(v campaign.Verb) func() {
			return func() {
				d.log.Info("the schedule says "+string(v), "campaign", c.Name)
				d.step(campaign.Operate{Campaign: c.Name, Verb: v})
			}
		}
		if err := add(c.Start, c.Name+".start", loc, operate(campaign.Start)); err != nil {
			return nil, err
		}
		if err := add(c.Stop, c.Name+".stop", loc, operate(campaign.Drain)); err != nil {
			return nil, err
		}
		for _, l := range c.Lists {
			if err := add(l.Reload, l.Subject(c.Name)+": reload", loc, func() { d.load(c.Name, l.ID()) }); err != nil {
				return nil, err
			}
		}
	}
	for _, cp := range settingsOf(cfg) {
		if cp.Pacing.Mode == pacing.Predictive {
			loc := cfg.Campaign(cp.Name).Calling.Location
			if err := add("0 0 * * *", cp.Name+" new day", loc, func() { d.newDay(cp, loc) }); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range cfg.Reports {
		if err := add(r.At, "report "+r.Path, time.Local, func() { d.writeReport(r) }); err != nil {
			return nil, err
		}
	}
	if cfg.Store.KeepDays > 0 {
		every(purgeEvery, "purge", d.purge)
	}
	every(expireEvery, "expiry", d.expire)
	if len(DNCFiles(cfg)) > 0 {
		every(dncEvery, "do-not-call files", d.refreshDNC)
	}
	return jobs, nil
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

// stateOf is the state in which a campaign begins: what the operator last said,
// unless the schedule spoke after that. fresh says that nobody has spoken yet, so
// that this is to be stored.
func (d *Daemon) stateOf(c *config.Campaign) (state campaign.State, fresh bool, err error) {
	now := d.clock.Now()
	state, since, err := d.store.State(c.Name)
	if err != nil {
		return "", false, err
	}
	if state == "" {
		state = campaign.Stopped
		if c.Start == "" {
			// It starts with the daemon; stops that came before do not count.
			state, since, fresh = campaign.Running, now, true
		}
	}
	if state == campaign.Draining {
		state = campaign.Stopped
	}
	var started, stopped time.Time
	if c.Start != "" {
		s, err := parseCron(c.Start, c.Name+".start")
		if err != nil {
			return "", false, err
		}
		started = lastFire(s, now.In(c.Calling.Location))
	}
	if c.Stop != "" {
		s, err := parseCron(c.Stop, c.Name+".stop")
		if err != nil {
			return "", false, err
		}
		stopped = lastFire(s, now.In(c.Calling.Location))
	}
	switch {
	case started.After(stopped) && started.After(since):
		state = campaign.Running
	case stopped.After(started) && stopped.After(since):
		state = campaign.Stopped
	}
	return state, fresh, nil
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
