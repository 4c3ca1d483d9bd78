package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dialcamp": main})
}

// patience bounds how long a script waits for anything.
const patience = 20 * time.Second

// The scripts of testdata/script are the tests of the command line. Besides
// testscript's own commands they have:
//
//	exits STATUS PROGRAM ARG…     runs it and checks its exit status
//	await REGEXP PROGRAM ARG…     runs it until its output matches
//	asterisk [OPTION…]            starts an Asterisk in memory; see asteriskCmd
//	calls COUNT                   waits until it has so many calls in flight
//	daemon NAME ARG…              starts dialcamp run ARG… with its log in NAME.log;
//	                              negated, its log is a pipe that nobody reads
//	signal NAME TERM|INT|HUP|KILL
//	ends NAME STATUS              waits for its end; STATUS is as a shell has it
//	logs NAME REGEXP              waits until its log matches
//	fixture PATH                  makes a store with three contacts, two of them called
//	history PATH CALLS            makes a store with so many calls that ended
//	workbook DIR FILE             packs the parts of a workbook
//	hangup                        starts a server that closes every connection
//	connections COUNT             waits until it has closed so many
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", "atexit_sleep_ms=10") // instead of a second
			env.Setenv("CREDENTIALS_DIRECTORY", "")
			configs, err := filepath.Glob(filepath.Join(env.WorkDir, "*.yaml"))
			if err != nil {
				return err
			}
			for _, c := range configs { // the warning about this is a test of its own
				if err := os.Chmod(c, 0o600); err != nil {
					return err
				}
			}
			env.Values[scriptKey{}] = &script{daemons: map[string]*daemon{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":       exitsCmd,
			"await":       awaitCmd,
			"asterisk":    asteriskCmd,
			"calls":       callsInFlight,
			"daemon":      daemonCmd,
			"signal":      signalCmd,
			"ends":        endsCmd,
			"logs":        logsCmd,
			"fixture":     fixtureCmd,
			"history":     historyCmd,
			"workbook":    workbookCmd,
			"hangup":      hangupCmd,
			"connections": connectionsCmd,
		},
	})
}

type scriptKey struct{}

// script is what a script has started.
type script struct {
	asterisk *asterisk
	daemons  map[string]*daemon
	hangup   *hangup
}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// need checks the usage of a command.
func need(ts *testscript.TestScript, ok bool, usage string) {
	if !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

// poll calls done until it is true.
func poll(ts *testscript.TestScript, what func() string, done func() bool) {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain: %s", what())
		}
	}
}

func exitsCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) >= 2 && !neg, "exits STATUS PROGRAM ARG…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func awaitCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) >= 2 && !neg, "await REGEXP PROGRAM ARG…")
	re, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	last := ""
	poll(ts, func() string { return "the output is\n" + last }, func() bool {
		ts.Exec(args[1], args[2:]...)
		last = ts.ReadFile("stdout") + ts.ReadFile("stderr")
		return re.MatchString(last)
	})
}

// replaceInFiles puts what a script cannot know, an address, into the files
// that it brought along.
func replaceInFiles(ts *testscript.TestScript, old, new string) {
	files, err := filepath.Glob(ts.MkAbs("*.yaml"))
	ts.Check(err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		ts.Check(err)
		ts.Check(os.WriteFile(f, []byte(strings.ReplaceAll(string(b), old, new)), 0o600))
	}
}

func workbookCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 && !neg, "workbook DIR FILE")
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	z := zip.NewWriter(f)
	ts.Check(z.AddFS(os.DirFS(ts.MkAbs(args[0]))))
	ts.Check(z.Close())
	ts.Check(f.Close())
}

func logsCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 && !neg, "logs NAME REGEXP")
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var b []byte
	poll(ts, func() string { return fmt.Sprintf("the log is\n%s", b) }, func() bool {
		b, err = os.ReadFile(ts.MkAbs(args[0] + ".log"))
		return err == nil && re.Match(b)
	})
}
