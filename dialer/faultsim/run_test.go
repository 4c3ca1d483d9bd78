package faultsim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
)

const (
	// The list is begun under faults; then they end, and it must come to its end.
	faultsMost = 6 * time.Minute
	endMost    = 4 * time.Hour

	// late is how long what is said to the daemon may take until no call is placed
	// that is against it: a write to a socket takes as long at most.
	late = 6 * time.Second
)

// run is one seed's world.
type run struct {
	seed  seed
	dir   string
	sc    *scenario
	kinds []kind
	tell  bool       // what happens, when it does
	make  func(*run) // the faults, until they are over
	srv   *amitest.Server
	clock wallClock
	log   *slog.Logger
	logs  logTail
	began time.Time

	lives     int
	calm      atomic.Bool // nothing goes wrong any more
	calmed    chan struct{}
	full      atomic.Bool
	noConfirm atomic.Bool
	slow      atomic.Int64

	mu      sync.Mutex
	p       *process // nil between two lives
	trace   []string
	often   map[string]int // what was noted
	wrongs  []string
	sent    map[string]sending // the Originates that the daemon wrote, or began to
	known   map[string]campaign.Attempt
	bars    map[string]time.Time // since when a number may not be called any more
	away    []interval           // while no agent was there
	limited []limit
	calls   int
	same    uint64 // see digest
	died    int
}

// sending is the write of an Originate.
type sending struct {
	life int
	at   time.Time // of the bubble
	wall time.Time // by the daemon's clock
}

type interval struct{ from, to time.Time }

// limit is a max_in_flight that is in force from a moment on.
type limit struct {
	from time.Time
	most map[string]int
}

func (r *run) has(name string) bool {
	return slices.ContainsFunc(r.kinds, func(k kind) bool { return k.name == name })
}

func (r *run) path(name string) string { return filepath.Join(r.dir, name) }

// note writes what happened into the trace.
func (r *run) note(what, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.often[what]++
	line := fmt.Sprintf("%9.3f %-9s %s", time.Since(r.began).Seconds(), what, fmt.Sprintf(format, args...))
	if r.tell {
		fmt.Fprintln(os.Stderr, line) // at once: it may not come to its end
	} else if len(r.trace) < maxTrace {
		r.trace = append(r.trace, line)
	}
}

const maxTrace = 5000

// wrong notes that an invariant is broken.
func (r *run) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.note("WRONG", "%s", text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrongs = append(r.wrongs, text)
}

// check notes an error of the test's own.
func (r *run) check(err error) {
	if err != nil {
		r.wrong("%v", err)
	}
}

// logTail keeps the last that was logged.
type logTail struct {
	mu    sync.Mutex
	lines [400][]byte
	next  int
}

func (l *logTail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[l.next%len(l.lines)] = bytes.Clone(b)
	l.next++
	return len(b), nil
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for i := range l.lines {
		b.Write(l.lines[(l.next+i)%len(l.lines)])
	}
	return b.String()
}

// load reads the configuration as it is now.
func (r *run) load() (*config.Config, error) {
	cfg, err := config.Load(r.path("config.yaml"))
	if err == nil {
		cfg.Control.Socket = ""
	}
	return cfg, err
}

// write replaces a file as a careful program does.
func (r *run) write(name, text string) {
	tmp := r.path("." + name)
	mtime := time.Now() // the file system's clock is not the bubble's
	r.check(errors.Join(os.WriteFile(tmp, []byte(text), 0o600), os.Chtimes(tmp, mtime, mtime), os.Rename(tmp, r.path(name))))
}

func (r *run) living() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.p
}

// withDaemon does something with the daemon, if there is one.
func (r *run) withDaemon(f func(context.Context, *process)) {
	p := r.living()
	if p == nil || p.d == nil || p.isDead() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f(ctx, p)
}

// stopNow ends the daemon as an operator does, who may not wait for calls; live
// starts another.
func (r *run) stopNow(force bool) {
	if p := r.living(); p != nil {
		p.stop()
		if force {
			p.end()
		}
	}
}

func (r *run) diskFull() bool { return r.full.Load() }

func (r *run) slowness() time.Duration { return time.Duration(r.slow.Load()) }

// sleep lasts until d has passed, or the faults are over.
func (r *run) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.calmed:
	}
}

// originated notes that an Originate is about to be written.
func (r *run) originated(p *process, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, twice := r.sent[id]; twice {
		r.wrongs = append(r.wrongs, fmt.Sprintf("attempt %s was originated at %v and again", id, s.at.Sub(r.began)))
	}
	r.sent[id] = sending{p.n, time.Now(), r.clock.Now()}
}

func (r *run) agentsLeft() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = append(r.away, interval{from: time.Now()})
}

func (r *run) agentsBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.away); n > 0 && r.away[n-1].to.IsZero() {
		r.away[n-1].to = time.Now()
	}
}

func (r *run) barred(number string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bars[number].IsZero() {
		r.bars[number] = time.Now()
	}
}

// limits notes what campaigns are held to from now on.
func (r *run) limits(most map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limited = append(r.limited, limit{time.Now(), most})
}

// newRun makes the world of a seed, with these kinds of faults.
func newRun(s seed, dir string, with []kind) *run {
	r := &run{
		seed: s, dir: dir, sc: draw(s), kinds: with, make: (*run).makeFaults, often: map[string]int{},
		sent: map[string]sending{}, known: map[string]campaign.Attempt{}, bars: map[string]time.Time{},
	}
	r.log = slog.New(slog.NewTextHandler(&r.logs, &slog.HandlerOptions{Level: slog.LevelInfo}))
	return r
}

// drawKinds are the kinds of faults that a seed has.
func drawKinds(s seed) (with []kind) {
	d := s.draws("kinds")
	n := one(d, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6)
	for _, i := range d.Perm(len(kinds))[:n] {
		with = append(with, kinds[i])
	}
	if !slices.ContainsFunc(with, func(k kind) bool { return k.name == "kill" }) && d.chance(0.3) {
		with = append(with, kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == "kill" })])
	}
	slices.SortFunc(with, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return with
}

// play runs the world from its beginning to its end, and checks it.
func (r *run) play() {
	r.calmed = make(chan struct{}) // a channel of the bubble
	time.Sleep(r.sc.begins)
	r.began = time.Now()
	r.note("scenario", "%s", r.sc)
	most := r.sc.maxInFlight()
	r.limits(most)
	r.write("config.yaml", r.sc.config(most))
	r.write("dnc.txt", strings.Join(r.sc.barred, "\n")+"\n")
	for _, c := range r.sc.campaigns {
		r.write(c.name+".csv", list(c.rows))
	}
	for _, n := range r.sc.barred {
		r.bars[n] = r.began
	}
	r.srv = amitest.New(r.sc.asterisk(r.seed))
	defer r.srv.Close()
	over := make(chan struct{})
	var daemon sync.WaitGroup
	daemon.Go(func() { r.live(over) })
	r.make(r)
	r.srv.Interfere()
	r.noConfirm.Store(false)
	r.clock.put(0)
	r.everybodyIsBack()
	r.comeToAnEnd()
	close(over)
	daemon.Wait()
	time.Sleep(3 * time.Minute) // whoever talks finishes
	synctest.Wait()
	r.audit(r.path("dialcamp.db"), true)
}

// makeFaults makes all that the seed has, for a while.
func (r *run) makeFaults() {
	var rules []amitest.Rule
	for _, k := range r.kinds {
		if k.rule != nil {
			rules = append(rules, k.rule(r))
		}
	}
	r.srv.Interfere(rules...)
	var troubles sync.WaitGroup
	for _, k := range r.kinds {
		if k.act != nil {
			troubles.Go(func() { r.trouble(k) })
		}
	}
	time.Sleep(r.seed.draws("length").lasting(time.Minute, faultsMost))
	r.note("calm", "")
	r.calm.Store(true)
	close(r.calmed)
	troubles.Wait()
}

// trouble makes one kind of trouble until the faults are over.
func (r *run) trouble(k kind) {
	for i := 0; ; i++ {
		d := r.seed.draws(k.name, i)
		r.sleep(d.lasting(k.every[0], k.every[1]))
		if r.calm.Load() {
			return
		}
		k.act(r, d)
	}
}

// live keeps a daemon running until over: whenever one has died, or was stopped,
// another one begins after a while.
func (r *run) live(over <-chan struct{}) {
	for {
		p := r.start()
		r.setProcess(p)
		ended := false
		select {
		case <-p.died:
			p.end()
			p.bury(10 * time.Second)
		case <-p.done:
			p.bury(10 * time.Second)
		case <-over:
			ended = true
			p.stop()
			p.bury(drainLimit + 10*time.Second)
		}
		r.setProcess(nil)
		switch {
		case p.isDead():
			r.died++
			r.check(p.left.develop(r.path("dialcamp.db")))
			copied := r.path("left.db")
			r.check(p.left.develop(copied))
			r.audit(copied, false)
		case p.err != nil && !p.starved():
			r.wrong("Run of daemon %d: %v", p.n, p.err)
		}
		if ended {
			return
		}
		d := r.seed.draws("pause", p.n)
		time.Sleep(d.lasting(0, one(d, 200*time.Millisecond, 5*time.Second, time.Minute)))
	}
}

// starved reports whether a process ended because its store could not be written
// when it began.
func (p *process) starved() bool { return errors.Is(p.err, errFull) || errors.Is(p.err, syscallEIO) }

func (r *run) setProcess(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.p = p
}

// comeToAnEnd waits until the daemon, left in peace, has nothing left to dial.
func (r *run) comeToAnEnd() {
	for end := time.Now().Add(endMost); ; time.Sleep(5 * time.Second) {
		var st campaign.Status
		var err error
		idle := false
		r.withDaemon(func(ctx context.Context, p *process) {
			if p.refuses() {
				p.stop() // as the store says
				return
			}
			if st, err = p.d.Status(ctx); err != nil {
				return
			}
			idle = true
			for _, c := range st.Campaigns {
				if c.State != campaign.Running {
					verb := campaign.Start
					if c.State == campaign.Paused {
						verb = campaign.Resume
					}
					p.d.Operate(ctx, c.Name, verb)
				}
				idle = idle && c.State == campaign.Running && c.InFlight == 0 && (c.Queue == "Empty" || c.Hold == "list end: no contact is left to dial")
			}
		})
		if idle {
			return
		}
		if time.Now().After(end) {
			r.wrong("nothing goes wrong any more, but after %v the list has not come to its end: %+v, %v", endMost, st.Campaigns, err)
			return
		}
	}
}

func (sc *scenario) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d agents, as %s, max_channels %d, calls_per_second %d, %s %v, %d barred;", sc.agents, sc.user, sc.channels, sc.rate, sc.zone, sc.windows, len(sc.barred))
	for _, c := range sc.campaigns {
		fmt.Fprintf(&b, " %s: %s %s, %d contacts, max_in_flight %d, max_attempts %d;", c.name, c.queue, c.mode, len(c.rows), c.maxInFlight, c.attempts)
	}
	return b.String()
}
