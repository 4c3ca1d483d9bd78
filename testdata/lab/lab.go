// Package lab gives tests two real Asterisk servers to dial against: a PBX with queues and agents, and a carrier that
// plays the phone network, where the number dialed decides what happens. README.md has the numbers.
package lab

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The two servers, as Kill, Start and CLI name them.
const (
	PBX     = "pbx"
	Carrier = "carrier"
)

// cannotRun is the script's exit status for "not on this machine".
const cannotRun = 77

// Lab is the running lab, held by one test until it ends.
type Lab struct {
	t      testing.TB
	script string
	dir    string
}

// Manager is how to log in to a server's manager interface.
type Manager struct {
	Address    string
	TLSAddress string // empty: the server has none
	Username   string
	Secret     string
}

// As is the same server for another of its users: "dialcamp" may do all, "least" no more than dialcamp needs, "observer" only look.
func (m Manager) As(username string) Manager {
	m.Username, m.Secret = username, username+"-secret"
	return m
}

// Call is one call as the carrier recorded it when it ended. The agents' phones are left out.
type Call struct {
	Number      string
	Start       time.Time
	Answer      time.Time // zero: never answered
	End         time.Time
	Duration    time.Duration // Start to End
	Billsec     time.Duration // Answer to End
	Disposition string        // ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION
	Uniqueid    string
	Caller      string // the caller's number: the id of the dialer's attempt
}

// Up starts both servers afresh, with so many agents and no call records, and holds the lab until the test ends: others,
// in this process or another, wait their turn. The servers stay up afterwards.
//
// Where the lab cannot run the test is skipped, unless CI=true: there it fails.
func Up(t testing.TB, agents int) *Lab {
	t.Helper()
	l := newLab(t)
	l.hold()
	l.mustHere("up", strconv.Itoa(agents))
	l.ClearCDR()
	return l
}

// newLab skips the test, or under CI=true fails it, where the lab certainly cannot run.
func newLab(t testing.TB) *Lab {
	t.Helper()
	if testing.Short() {
		t.Skip("lab: -short")
	}
	l := &Lab{t: t, script: findScript(t), dir: os.Getenv("LAB_DIR")}
	if l.dir == "" {
		l.dir = "/var/tmp/dialcamp-lab"
	}
	if os.Geteuid() != 0 {
		l.missing("the lab needs root")
	}
	return l
}

// mustHere is must for what may find out that the lab cannot run on this machine.
func (l *Lab) mustHere(args ...string) {
	l.t.Helper()
	switch status, output := l.run(args...); status {
	case 0:
	case cannotRun:
		l.missing(output)
	default:
		l.t.Fatalf("lab %s: exit status %d\n%s", strings.Join(args, " "), status, output)
	}
}

// PBX is the manager of the dialing server (Asterisk 22).
func (l *Lab) PBX() Manager {
	return Manager{Address: "127.0.0.1:5038", TLSAddress: "127.0.0.1:5039"}.As("dialcamp")
}

// Carrier is the manager of the phone network (Asterisk 16).
func (l *Lab) Carrier() Manager {
	return Manager{Address: "127.0.0.2:5038"}.As("dialcamp")
}

// TLSCert is the file with the certificate, its own authority, of the PBX's TLSAddress.
func (l *Lab) TLSCert() string { return filepath.Join(l.dir, "pbx-tls.pem") }

// Kill ends a server as a power cut would: calls are not hung up, and those at the carrier leave no record.
func (l *Lab) Kill(name string) { l.t.Helper(); l.must("kill", name) }

// Start starts a server that was killed and returns when it takes calls.
func (l *Lab) Start(name string) { l.t.Helper(); l.must("start", name) }

// CLI runs one Asterisk command and gives back what it printed.
func (l *Lab) CLI(name, command string) string {
	l.t.Helper()
	return l.must("cli", name, command)
}

// Edit replaces from by to in a server's copy of a configuration file. The server reads it when it is told to; the next Up
// begins with the original.
func (l *Lab) Edit(name, file, from, to string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name, "etc", "lab", file)
	text, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(from)) {
		l.t.Fatalf("lab: no %q in %s", from, path)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(from), []byte(to)), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// ClearCDR forgets the calls recorded so far.
func (l *Lab) ClearCDR() { l.t.Helper(); l.must("cdr-clear") }

// CDR is every call that has ended at the carrier since ClearCDR, in the order of their ends. Calls still going on are not
// in it: see WaitIdle.
func (l *Lab) CDR() []Call {
	l.t.Helper()
	calls, err := parseCDR(l.must("cdr"))
	if err != nil {
		l.t.Fatalf("lab: the carrier's call records: %v", err)
	}
	return calls
}

// WaitIdle returns when neither server has a channel and the record of every call is written.
func (l *Lab) WaitIdle(ctx context.Context) error {
	for {
		pbx, carrier := l.channels(PBX), l.channels(Carrier)
		if pbx == 0 && carrier == 0 && l.recorded() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lab: not idle: %d channels at the pbx, %d at the carrier: %w", pbx, carrier, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (l *Lab) channels(name string) int {
	answer := l.CLI(name, "core show channels count")
	for line := range strings.Lines(answer) {
		if count, _, ok := strings.Cut(line, " active channel"); ok {
			if n, err := strconv.Atoi(count); err == nil {
				return n
			}
		}
	}
	l.t.Fatalf("lab: %s does not count its channels: %q", name, answer)
	return 0
}

// recorded tells whether the carrier has no call left whose record it has yet to write: the list ends with its heading.
func (l *Lab) recorded() bool {
	list := l.CLI(Carrier, "cdr show active")
	return strings.HasPrefix(list[strings.LastIndex(list, "\n")+1:], "Channel ")
}

// missing ends a test that needs the lab where there is none.
func (l *Lab) missing(why string) {
	l.t.Helper()
	if os.Getenv("CI") == "true" {
		l.t.Fatalf("lab: CI must have it: %s", why)
	}
	l.t.Skipf("lab: %s", why)
}

// hold takes the lab for this test alone. Whoever waits is queued by the kernel, in turn: a test that polled would starve
// beside a run of many. A test out of time says what it waited for.
func (l *Lab) hold() {
	l.t.Helper()
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		l.missing(err.Error())
	}
	file, err := os.OpenFile(filepath.Join(l.dir, "test.lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		l.missing(err.Error())
	}
	deadline := time.Now().Add(30 * time.Minute)
	if d, ok := l.t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := d.Deadline(); ok {
			deadline = end.Add(-5 * time.Second)
		}
	}
	held := make(chan error, 1)
	go func() {
		for {
			err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
			if !errors.Is(err, syscall.EINTR) {
				held <- err
				return
			}
		}
	}()
	select {
	case err := <-held:
		if err != nil {
			l.t.Fatalf("lab: %s: %v", file.Name(), err)
		}
	case <-time.After(time.Until(deadline)):
		holder, _ := os.ReadFile(file.Name())
		go func() { <-held; file.Close() }() // when it comes at last, the next shall have it
		l.t.Fatalf("lab: no time is left to wait for %s, held by %s", file.Name(), bytes.TrimSpace(holder))
	}
	l.t.Cleanup(func() { file.Close() }) // closing unlocks
	if err := file.Truncate(0); err == nil {
		fmt.Fprintf(file, "%s, process %d\n", l.t.Name(), os.Getpid())
	}
}

func (l *Lab) must(args ...string) string {
	l.t.Helper()
	status, output := l.run(args...)
	if status != 0 {
		l.t.Fatalf("lab %s: exit status %d\n%s", strings.Join(args, " "), status, output)
	}
	return output
}

// run runs the script. Its output goes through a file: a pipe would stay open, and hang the test, for as long as anything
// the script started lives.
func (l *Lab) run(args ...string) (status int, output string) {
	l.t.Helper()
	file, err := os.CreateTemp("", "lab-*.out")
	if err != nil {
		l.t.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	cmd := exec.Command(l.script, args...)
	cmd.Env = append(os.Environ(), "LAB_HELD=1")
	cmd.Stdout, cmd.Stderr = file, file
	err = cmd.Run()
	read, readErr := os.ReadFile(file.Name())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || readErr != nil {
		l.t.Fatalf("lab %s: %v", strings.Join(args, " "), errors.Join(err, readErr))
	}
	return cmd.ProcessState.ExitCode(), strings.TrimRight(string(read), "\n")
}

// findScript looks from the test's directory upwards: a test runs somewhere in the repository.
func findScript(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		script := filepath.Join(dir, "testdata", "lab", "lab")
		if _, err := os.Stat(script); err == nil {
			return script
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			t.Fatal(err)
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("lab: no testdata/lab/lab above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

func parseCDR(text string) ([]Call, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	var calls []Call
	for _, row := range rows[min(1, len(rows)):] {
		if len(row) != 9 {
			return nil, fmt.Errorf("%d fields, not 9: %q", len(row), row)
		}
		if strings.HasPrefix(row[0], "agent") || strings.HasPrefix(row[0], "slow") {
			continue
		}
		call := Call{Number: row[0], Disposition: row[6], Uniqueid: row[7], Caller: row[8]}
		for i, at := range []*time.Time{&call.Start, &call.Answer, &call.End} {
			if *at, err = parseTime(row[1+i]); err != nil {
				return nil, fmt.Errorf("%q: %w", row, err)
			}
		}
		for i, long := range []*time.Duration{&call.Duration, &call.Billsec} {
			if *long, err = time.ParseDuration(row[4+i] + "s"); err != nil {
				return nil, fmt.Errorf("%q: %w", row, err)
			}
		}
		calls = append(calls, call)
	}
	return calls, nil
}

// parseTime reads seconds.microseconds exactly; 0 is the zero time.
func parseTime(s string) (time.Time, error) {
	since1970, err := time.ParseDuration(s + "s")
	if err != nil || since1970 == 0 {
		return time.Time{}, err
	}
	return time.Unix(0, int64(since1970)), nil
}

// CPU is the processor time that a server's processes have used so far.
func (l *Lab) CPU(name string) time.Duration {
	l.t.Helper()
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	var ticks int
	for _, pid := range strings.Fields(l.must("pids", name)) {
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		// The second field, the name in parentheses, may hold spaces.
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, f := range fields[11:13] { // utime, stime
			n, _ := strconv.Atoi(f)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}
