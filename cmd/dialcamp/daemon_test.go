package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// daemon is a dialcamp run in the background.
type daemon struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// daemonCmd is daemon and, where it is negated, a daemon whose log nobody
// reads: a pipe without a reader.
func daemonCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) >= 1, "[!] daemon NAME ARG…")
	name := args[0]
	log, err := os.OpenFile(ts.MkAbs(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer log.Close()
	program, err := exec.LookPath("dialcamp")
	ts.Check(err)
	d := &daemon{cmd: exec.Command(program, append([]string{"run"}, args[1:]...)...), done: make(chan struct{})}
	d.cmd.Dir = ts.MkAbs(".")
	d.cmd.Stderr = log
	if neg {
		r, w, err := os.Pipe()
		ts.Check(err)
		r.Close()
		defer w.Close()
		d.cmd.Stderr = w
	}
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GORACE", "NO_COLOR", "TERM"} {
		if v := ts.Getenv(k); v != "" {
			d.cmd.Env = append(d.cmd.Env, k+"="+v)
		}
	}
	ts.Check(d.cmd.Start())
	go func() {
		d.cmd.Wait()
		close(d.done)
	}()
	of(ts).daemons[name] = d
	ts.Defer(func() {
		d.cmd.Process.Kill()
		<-d.done
		if b, err := os.ReadFile(log.Name()); err == nil {
			ts.Logf("[%s]\n%s", filepath.Base(log.Name()), strings.TrimSpace(string(b)))
		}
	})
}

// status is the exit status, or 128 and the number of the signal that ended it.
func (d *daemon) status() int {
	ws := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}

func signalCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 && !neg && signals[args[1]] != 0, "signal NAME TERM|INT|HUP|KILL")
	d := of(ts).daemons[args[0]]
	need(ts, d != nil, "signal NAME …: no such daemon")
	ts.Check(d.cmd.Process.Signal(signals[args[1]]))
}

func endsCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 && !neg, "ends NAME STATUS")
	d := of(ts).daemons[args[0]]
	need(ts, d != nil, "ends NAME …: no such daemon")
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	select {
	case <-d.done:
	case <-time.After(patience):
		ts.Fatalf("%s still runs", args[0])
	}
	if got := d.status(); got != want {
		ts.Fatalf("%s ended with status %d, want %d", args[0], got, want)
	}
}
