package main

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dialcamp/dialcamp/dialer/control"
)

const unitFile = "../../systemd/dialcamp.service"

// awaitState reads what systemd is told until a line of it is want. A datagram
// may hold several.
func awaitState(t *testing.T, conn *net.UnixConn, want string) (datagram string) {
	t.Helper()
	for b := make([]byte, 4096); ; {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		for line := range strings.Lines(string(b[:n])) {
			if strings.TrimSpace(line) == want {
				return string(b[:n])
			}
		}
	}
}

// TestNotify runs the daemon as systemd does: it must say when it is ready,
// which does not take an Asterisk, that it lives, when it reloads, whatever comes
// of it, and when it stops.
func TestNotify(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config.yaml": `
asterisk: [{name: pbx, address: "127.0.0.1:1", username: dialcamp, secret_file: $CREDENTIALS_DIRECTORY/ami}]
store: {path: state/dialcamp.db}
campaigns: [{name: spring, queue: Camp200, lists: [{path: one.csv}]}]
`,
		"one.csv": "phone\n0212345679\n",
		"ami":     "the secret\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	notify := filepath.Join(dir, "notify.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	await := func(want string) (datagram string) {
		t.Helper()
		return awaitState(t, conn, want)
	}

	cmd := exec.Command("dialcamp", "run", "-c", "config.yaml")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+notify, "WATCHDOG_USEC=1000000", "CREDENTIALS_DIRECTORY="+dir, "GORACE=atexit_sleep_ms=10")
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()

	await("READY=1")
	await("WATCHDOG=1")
	// Ready means that whoever starts after it can talk to it.
	if _, err := control.NewClient(filepath.Join(dir, "state", "control.sock")).Status(t.Context()); err != nil {
		t.Errorf("ready, but: %v", err)
	}
	// A config that is wrong is a reload that has ended, too.
	for _, text := range []string{"log: {level: debug}", "log: {level: shouting}"} {
		f, err := os.OpenFile(filepath.Join(dir, "config.yaml"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text + "\n"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		before := monotonic(t)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`(?m)^MONOTONIC_USEC=(\d+)$`).FindStringSubmatch(await("RELOADING=1"))
		if m == nil {
			t.Fatal("the datagram does not say when the reload began")
		}
		if at, err := strconv.ParseInt(m[1], 10, 64); err != nil || at < before || at > monotonic(t) {
			t.Errorf("the reload began at %s; the signal was sent after %d", m[1], before)
		}
		await("READY=1")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := await("STOPPING=1"); !strings.Contains(got, "EXTEND_TIMEOUT_USEC=") {
		t.Errorf("it stops without asking for time: %q", got)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after TERM: %v\n%s", err, &log)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if strings.Contains(log.String(), "the secret") {
		t.Errorf("the log holds the secret:\n%s", &log)
	}
	for _, want := range []string{"config: log.level info -> debug", "the config was not read again"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}

// monotonic is systemd's clock, in microseconds.
func monotonic(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano() / 1000
}

func readUnit(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// setting is the value of a key in the unit.
func setting(t *testing.T, unit, key string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindStringSubmatch(unit)
	if m == nil {
		t.Fatalf("%s has no %s", unitFile, key)
	}
	return m[1]
}

// duration is a setting of the unit that is a time.
func duration(t *testing.T, unit, key string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(strings.NewReplacer("min", "m", " ", "").Replace(setting(t, unit, key)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// systemd must wait for what the daemon does when its last call has ended, or its
// loop has asked for the last time; and --drain is a flag that there is.
func TestUnitWaitsForTheEnd(t *testing.T) {
	unit := readUnit(t)
	start := strings.Fields(setting(t, unit, "ExecStart"))
	cmd, _, err := newRoot().Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(start[2:]); err != nil {
		t.Fatalf("%v: %v", start, err)
	}
	if stop := duration(t, unit, "TimeoutStopSec"); stop < 30*time.Second {
		t.Errorf("TimeoutStopSec is %v", stop)
	}
	if got := setting(t, unit, "RestartPreventExitStatus"); got != "2" || statusUsage != 2 {
		t.Errorf("RestartPreventExitStatus is %s, a bad config exits with %d", got, statusUsage)
	}
}

// A watchdog that restarts the daemon as often as systemd allows would in the end
// leave it stopped.
func TestUnitIsNotGivenUpByItsWatchdog(t *testing.T) {
	unit := readUnit(t)
	burst, err := strconv.Atoi(setting(t, unit, "StartLimitBurst"))
	if err != nil {
		t.Fatal(err)
	}
	watchdog, within := duration(t, unit, "WatchdogSec"), duration(t, unit, "StartLimitIntervalSec")
	if watchdog*time.Duration(burst) <= within {
		t.Errorf("a watchdog of %v, and given up after %d starts in %v", watchdog, burst, within)
	}
}

// What the watchdog ends, or a crash, is started again: it must not look like a
// config that is wrong.
func TestUnitStartsAgainAfterACrash(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(`asterisk: [{name: pbx, address: "127.0.0.1:1", username: dialcamp, secret: secret}]
store: {path: dialcamp.db}
campaigns: [{name: spring, queue: Camp200, lists: [{path: config.yaml}]}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dialcamp", "run", "-c", config)
	cmd.Env = append(os.Environ(), setting(t, readUnit(t), "Environment"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer stuck.Stop()
	stacks := 0
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), "dialcamp is running") {
			cmd.Process.Signal(syscall.SIGABRT)
		}
		if strings.HasPrefix(lines.Text(), "goroutine ") {
			stacks++
		}
	}
	cmd.Wait()
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGABRT || stacks < 5 {
		t.Errorf("aborted it ends with %v and %d stacks", cmd.ProcessState, stacks)
	}
}

// systemctl reload must end when the reload has.
func TestUnitReloads(t *testing.T) {
	unit := readUnit(t)
	// The last that it understands counts.
	if got := regexp.MustCompile(`(?m)^Type=.*$`).FindAllString(unit, -1); !slices.Equal(got, []string{"Type=notify", "Type=notify-reload"}) {
		t.Errorf("%q", got)
	}
	if strings.Contains(unit, "\nExecReload=") {
		t.Error("ExecReload is run besides the signal")
	}
}

func TestUnitIsValid(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	// It wants the programs to be there.
	program, err := exec.LookPath("dialcamp")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "dialcamp.service")
	unit := strings.ReplaceAll(readUnit(t), "/usr/bin/dialcamp", program)
	if out, err := exec.Command(analyze, "--version").Output(); err != nil {
		t.Fatal(err)
	} else if version, err := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(string(out))); err != nil || version < 253 {
		unit = strings.Replace(unit, "\nType=notify-reload\n", "\n", 1) // which it would warn of
	}
	if err := os.WriteFile(copied, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, analyze, "verify", "--man=no", "--recursive-errors=no", copied).CombinedOutput()
	if err != nil || strings.Contains(string(out), "dialcamp.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestUnitIsHardened holds the exposure that systemd itself computes.
func TestUnitIsHardened(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", unitFile).CombinedOutput()
	if strings.Contains(string(out), "unrecognized option") {
		t.Skip("too old to tell")
	}
	if err != nil { // its threshold is in tenths
		t.Errorf("%v: the exposure is above 1.5\n%s", err, out)
	}
}

func TestSysusersIsValid(t *testing.T) {
	sysusers, err := exec.LookPath("systemd-sysusers")
	if err != nil {
		t.Skip(err)
	}
	file, err := filepath.Abs("../../systemd/sysusers.conf")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(sysusers, "--dry-run", file).CombinedOutput()
	if strings.Contains(string(out), "unrecognized option") {
		t.Skip("too old to try without doing it")
	}
	if err != nil || strings.Contains(string(out), "sysusers.conf:") {
		t.Errorf("%v\n%s", err, out)
	}
	if got := setting(t, readUnit(t), "User"); got != "dialcamp" {
		t.Errorf("the unit's user is %s", got)
	}
}
