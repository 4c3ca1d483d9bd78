package dialer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/store"
)

// world is a whole daemon in a synctest bubble: the real store in a file, the
// real list files, and the Asterisk in memory at the other end of a pipe. A
// bubble's clock stands still while anything is at work, so an hour passes in a
// moment and nothing depends on the machine's speed. Only the control socket
// has no place in it.
type world struct {
	t    *testing.T
	dir  string
	srv  *amitest.Server
	more map[string]*amitest.Server // others, by their addresses
	cfg  *config.Config
	opt  dialer.Options
	log  *logBook
	made func(*dialer.Daemon) // before it runs; nil: nothing
	d    *dialer.Daemon
	stop func() // drains
	kill func() // ends at once
	done chan struct{}
	err  error
}

// inWorld runs f in a bubble, which also checks that no goroutine is left.
func inWorld(t *testing.T, f func(*testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

const preamble = `
asterisk: [{name: pbx, address: "127.0.0.1:5038", username: dialcamp, secret: dialcamp-secret%s}]
store: {path: dialcamp.db}
`

// newWorld writes files, name to contents, and the configuration, which is the
// preamble and rest, and makes the Asterisk.
func newWorld(t *testing.T, asterisk amitest.Config, files map[string]string, rest string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: &logBook{out: t.Output()}}
	for name, text := range files {
		w.write(name, text)
	}
	if !strings.Contains(rest, "asterisk:") {
		rest = fmt.Sprintf(preamble, "") + rest
	}
	w.write("config.yaml", rest)
	w.configure()
	w.srv = amitest.New(asterisk)
	t.Cleanup(func() { w.srv.Close() })
	w.opt = dialer.Options{
		Log:    slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Dial:   func(ctx context.Context, address string) (net.Conn, error) { return w.at(address).Dial(ctx) },
		Config: w.load,
	}
	return w
}

// add makes another Asterisk, at an address.
func (w *world) add(address string, asterisk amitest.Config) *amitest.Server {
	srv := amitest.New(asterisk)
	w.t.Cleanup(func() { srv.Close() })
	if w.more == nil {
		w.more = map[string]*amitest.Server{}
	}
	w.more[address] = srv
	return srv
}

func (w *world) at(address string) *amitest.Server {
	if srv := w.more[address]; srv != nil {
		return srv
	}
	return w.srv
}

// calls are those that any Asterisk saw.
func (w *world) calls() []amitest.Call {
	all := w.srv.Calls()
	for _, srv := range w.more {
		all = append(all, srv.Calls()...)
	}
	return all
}

// load reads the configuration as it is now.
func (w *world) load() (*config.Config, error) {
	cfg, err := config.Load(filepath.Join(w.dir, "config.yaml"))
	if err == nil {
		cfg.Control.Socket = ""
	}
	return cfg, err
}

func (w *world) configure() {
	w.t.Helper()
	cfg, err := w.load()
	if err != nil {
		w.t.Fatal(err)
	}
	w.cfg = cfg
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// write replaces a file as a careful program does.
func (w *world) write(name, text string) {
	w.t.Helper()
	tmp := w.path("." + name)
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	// The file system's clock is not the bubble's.
	mtime := time.Now()
	if err := os.Chtimes(tmp, mtime, mtime); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(tmp, w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// start makes a daemon and runs it.
func (w *world) start() {
	w.t.Helper()
	d, err := dialer.New(w.cfg, w.opt)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.made != nil {
		w.made(d)
	}
	ctx, stop := context.WithCancel(context.Background())
	force, kill := context.WithCancel(context.Background())
	done := make(chan struct{})
	w.d, w.stop, w.kill, w.done = d, stop, kill, done
	go func() {
		w.err = d.Run(ctx, force)
		close(done)
	}()
	w.t.Cleanup(func() {
		kill()
		<-done
	})
}

// returned waits until Run returns.
func (w *world) returned(limit time.Duration) {
	w.t.Helper()
	select {
	case <-w.done:
		if w.err != nil {
			w.t.Fatalf("Run: %v", w.err)
		}
	case <-time.After(limit):
		w.t.Errorf("Run has not returned after %v: %+v", limit, w.status())
		w.kill()
		<-w.done
		w.t.FailNow()
	}
}

// runToListEnd runs a daemon until nothing is left to dial.
func (w *world) runToListEnd(limit time.Duration) {
	w.t.Helper()
	w.opt.UntilListEnd = true
	w.start()
	w.returned(limit)
}

func (w *world) await(limit time.Duration, what string, cond func() bool) {
	w.t.Helper()
	// A look costs as much as a second of an idle daemon: of hours not each moment is looked at.
	pause := max(20*time.Millisecond, limit/20_000)
	for end := time.Now().Add(limit); !cond(); time.Sleep(pause) {
		if time.Now().After(end) {
			w.t.Fatalf("after %v: not %s; %+v", limit, what, w.status())
		}
	}
}

func (w *world) status() campaign.Status {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	st, _ := w.d.Status(ctx)
	return st
}

func (w *world) state(name string) campaign.State {
	for _, c := range w.status().Campaigns {
		if c.Name == name {
			return c.State
		}
	}
	return ""
}

func (w *world) hold(name string) string {
	for _, c := range w.status().Campaigns {
		if c.Name == name {
			return c.Hold
		}
	}
	return ""
}

func (w *world) operate(name string, v campaign.Verb) campaign.State {
	w.t.Helper()
	st, err := w.d.Operate(w.t.Context(), name, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

// quiet lets d pass and fails if a call was placed meanwhile.
func (w *world) quiet(d time.Duration, why string) {
	w.t.Helper()
	synctest.Wait()
	before := len(w.calls())
	time.Sleep(d)
	synctest.Wait()
	for _, c := range w.calls()[before:] {
		w.t.Errorf("%s: %s was called at %v", why, c.Number, c.Start)
	}
}

func (w *world) called(number string) int {
	n := 0
	for _, c := range w.calls() {
		if c.Number == number {
			n++
		}
	}
	return n
}

// logBook keeps the log.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
	out io.Writer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Write(b)
	return l.buf.Write(b)
}

// lines are those that contain all of parts.
func (l *logBook) lines(parts ...string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(line, p) }) {
			found = append(found, line)
		}
	}
	return found
}

func (w *world) logged(n int, parts ...string) {
	w.t.Helper()
	if got := w.log.lines(parts...); len(got) != n {
		w.t.Errorf("%q was logged %d times, want %d: %q", parts, len(got), n, got)
	}
}

// book is what the store holds of a campaign.
type book struct {
	contacts map[string]campaign.Contact // by number
	attempts []campaign.Attempt
	of       map[string][]campaign.Attempt // by number
}

func readBook(t *testing.T, s store.Store, name string) book {
	t.Helper()
	b := book{contacts: map[string]campaign.Contact{}, of: map[string][]campaign.Attempt{}}
	for c, err := range s.Contacts(name) {
		if err != nil {
			t.Fatal(err)
		}
		b.contacts[c.Number()] = c
	}
	for a, err := range s.Attempts(name, time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		b.attempts = append(b.attempts, a)
		b.of[a.Number] = append(b.of[a.Number], a)
	}
	return b
}

// open opens the store after Run, and verifies it.
func (w *world) open() store.Store {
	w.t.Helper()
	s, err := store.Open(w.cfg.Store.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	if err := s.Verify(); err != nil {
		w.t.Errorf("the store contradicts itself: %v", err)
	}
	return s
}

// look reads a campaign's book between two runs.
func (w *world) look(name string) book {
	w.t.Helper()
	s, err := store.Open(w.cfg.Store.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	return readBook(w.t, s, name)
}

// witness holds the attempts of all campaigns against the calls that Asterisk
// saw. exact: nothing was wrong on the way, so every attempt is a call and its
// end is as it was.
func (w *world) witness(s store.Store, exact bool) {
	t := w.t
	t.Helper()
	attempts := map[string]campaign.Attempt{}
	for i := range w.cfg.Campaigns {
		c := &w.cfg.Campaigns[i]
		b := readBook(t, s, c.Name)
		for _, a := range b.attempts {
			if _, twice := attempts[a.ID]; twice {
				t.Errorf("two attempts have the id %s", a.ID)
			}
			attempts[a.ID] = a
		}
		for number, as := range b.of {
			checkRules(t, c, number, as)
		}
	}
	seen := map[string]bool{}
	byNumber := map[string][]amitest.Call{}
	unknown := 0
	for _, call := range w.calls() {
		if seen[call.ActionID] {
			t.Errorf("attempt %s was originated twice", call.ActionID)
		}
		seen[call.ActionID] = true
		byNumber[call.Number] = append(byNumber[call.Number], call)
		a, ok := attempts[call.ActionID]
		switch {
		case !ok:
			t.Errorf("%s was called at %v as %q, which nobody knows", call.Number, call.Start, call.ActionID)
			continue
		case a.Number != call.Number || a.ID != call.ChannelID:
			t.Errorf("attempt %s of %s was a call to %s with the id %s", a.ID, a.Number, call.Number, call.ChannelID)
		case call.End.IsZero():
			t.Errorf("the call %s to %s never ended", a.ID, call.Number)
		case call.Start.Before(a.Claimed):
			t.Errorf("attempt %s was called at %v, before it was claimed at %v", a.ID, call.Start, a.Claimed)
		}
		if a.Outcome == campaign.Unknown {
			unknown++
		}
		checkFate(t, a, call, exact)
	}
	for id, a := range attempts {
		if !seen[id] && (exact || a.Outcome != campaign.Unknown && a.Outcome != campaign.Failed && a.Outcome != campaign.Cancelled) {
			t.Errorf("attempt %s of %s is %s, but Asterisk never heard of it", id, a.Number, a.Outcome)
		}
	}
	for number, calls := range byNumber {
		slices.SortFunc(calls, func(a, b amitest.Call) int { return a.Start.Compare(b.Start) })
		for i := 1; i < len(calls); i++ {
			if calls[i].Start.Before(calls[i-1].End) {
				t.Errorf("%s was called at %v while the call of %v went on until %v", number, calls[i].Start, calls[i-1].Start, calls[i-1].End)
			}
		}
	}
	t.Logf("%d attempts, %d calls, %d of them unknown", len(attempts), len(seen), unknown)
}

// checkRules: nobody is called more often, or earlier again, than the
// campaign's rules allow.
func checkRules(t *testing.T, c *config.Campaign, number string, as []campaign.Attempt) {
	t.Helper()
	tries := map[campaign.Outcome]int{}
	counted := 0
	for i, a := range as {
		if i > 0 {
			last := as[i-1]
			rule := c.Retry.ByOutcome[last.Outcome.String()]
			switch {
			case last.Outcome == campaign.Connected, tries[last.Outcome] > rule.Max, counted >= c.Retry.MaxAttempts:
				t.Errorf("%s %s: attempt %s after %d that count and %d× %s, which the rules do not allow", c.Name, number, a.ID, counted, tries[last.Outcome], last.Outcome)
			case a.Claimed.Before(last.Ended.Add(rule.After[0])):
				t.Errorf("%s %s: called again at %v, %v after it was %s; the rule says %v", c.Name, number, a.Claimed, a.Claimed.Sub(last.Ended), last.Outcome, rule.After)
			}
		}
		tries[a.Outcome]++
		if a.Outcome.CountsAsAttempt() {
			counted++
		}
	}
}

// checkFate holds one attempt against the call it was.
func checkFate(t *testing.T, a campaign.Attempt, call amitest.Call, exact bool) {
	t.Helper()
	wrong := func(format string, args ...any) {
		t.Errorf("attempt %s of %s is %s (cause %d, %q), but %s", a.ID, a.Number, a.Outcome, a.Cause, a.Note, fmt.Sprintf(format, args...))
	}
	connected, answered := !call.Connected.IsZero(), !call.Answer.IsZero()
	switch a.Outcome {
	case campaign.Connected:
		if !connected {
			wrong("no agent answered")
		} else if exact && (a.Connected.Sub(call.Connected).Abs() > time.Second || a.Ended.Sub(call.End).Abs() > time.Second) {
			wrong("the talk was from %v to %v, not from %v to %v", call.Connected, call.End, a.Connected, a.Ended)
		}
	case campaign.Abandoned, campaign.Dropped:
		if !answered || connected && exact {
			wrong("answered: %v, with an agent: %v", answered, connected)
		}
	case campaign.Machine:
		if !answered || !call.Machine || connected {
			wrong("answered: %v, by a machine: %v, with an agent: %v", answered, call.Machine, connected)
		}
	case campaign.Unknown:
		if exact {
			wrong("nothing went wrong")
		}
	case campaign.Cancelled:
	default:
		if answered && !call.Vanished {
			wrong("it was answered at %v", call.Answer)
		}
		if exact && a.Cause != call.Cause && call.Cause != 0 {
			wrong("the cause was %d", call.Cause)
		}
	}
	if exact && connected && a.Outcome != campaign.Connected {
		wrong("an agent talked")
	}
}

// safe holds all calls against progressive dialing: whenever a call is placed,
// there are at least as many agents neither talking nor in wrap-up as calls
// that may need one.
func (w *world) safe(agents int, wrapup time.Duration) {
	w.t.Helper()
	calls := w.calls()
	for _, c := range calls {
		need, busy := 0, 0
		for _, o := range calls {
			// Of those placed at the same instant each sees all.
			over := !o.End.IsZero() && !o.End.After(c.Start)
			switch {
			case o.Start.After(c.Start):
			case !o.Connected.IsZero() && !o.Connected.After(c.Start):
				if !over || o.End.Add(wrapup).After(c.Start) {
					busy++
				}
			case !over:
				need++
			}
		}
		if need > agents-busy {
			w.t.Errorf("at %v, with the call to %s, %d calls needed an agent and %d of %d were busy", c.Start, c.Number, need, busy, agents)
		}
	}
}

// numbers is a list of numbers without anything else.
func numbers(numbers ...string) string { return "phone\n" + strings.Join(numbers, "\n") + "\n" }

// series are n numbers that begin with class.
func series(class string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%04d", class, i))
	}
	return all
}
