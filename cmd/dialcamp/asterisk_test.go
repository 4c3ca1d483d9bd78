package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

type asterisk struct{ *amitest.Server }

// asteriskCmd starts an Asterisk with the lab's queues, numbers and users, and
// puts its address where the script's *.yaml say ASTERISK. Options are
// agents=N, default 3; noqueues; and gone, which leaves an address where nobody
// listens.
func asteriskCmd(ts *testscript.TestScript, neg bool, args []string) {
	agents, queues, gone := 3, true, false
	for _, a := range args {
		n, isAgents := strings.CutPrefix(a, "agents=")
		switch {
		case isAgents:
			var err error
			agents, err = strconv.Atoi(n)
			ts.Check(err)
		case a == "noqueues":
			queues = false
		case a == "gone":
			gone = true
		default:
			need(ts, false, "asterisk [agents=N] [noqueues] [gone]")
		}
	}
	cfg := amitest.Lab(agents)
	if !queues {
		cfg.Queues = nil
	}
	s := amitest.New(cfg)
	ts.Check(s.Start())
	ts.Defer(func() { s.Close() })
	of(ts).asterisk = &asterisk{s}
	ts.Setenv("ASTERISK", s.Addr())
	replaceInFiles(ts, "ASTERISK", s.Addr())
	if gone {
		s.Close()
	}
}

func callsInFlight(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 1 && !neg && of(ts).asterisk != nil, "calls COUNT, after asterisk")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := of(ts).asterisk
	poll(ts, func() string { return fmt.Sprintf("%d calls in flight", s.InFlight()) }, func() bool { return s.InFlight() == want })
}

// hangup is a server that nobody can talk to.
type hangup struct{ closed atomic.Int64 }

func hangupCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 0 && !neg, "hangup")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ln.Close() })
	h := &hangup{}
	of(ts).hangup = h
	replaceInFiles(ts, "HANGUP", ln.Addr().String())
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			nc.Close()
			h.closed.Add(1)
		}
	}()
}

func connectionsCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 1 && !neg && of(ts).hangup != nil, "connections COUNT, after hangup")
	want, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	h := of(ts).hangup
	poll(ts, func() string { return fmt.Sprintf("%d connections", h.closed.Load()) }, func() bool { return h.closed.Load() >= want })
}

// fixtureCmd makes a store that reports are the same of every time.
func fixtureCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 1 && !neg, "fixture PATH")
	path := ts.MkAbs(args[0])
	s, err := store.Open(path)
	ts.Check(err)
	defer s.Close()
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	rows := func(yield func(store.Row, error) bool) {
		for i := range 3 {
			if !yield(store.Row{Line: i + 2, Numbers: []store.RowNumber{{Number: fmt.Sprintf("+8210123400%02d", i)}}, Key: fmt.Sprint("k", i)}, nil) {
				return
			}
		}
	}
	_, err = s.Load(store.Source{Campaign: "spring", List: strings.TrimSuffix(filepath.Base(path), ".db"), Hash: "hash"}, nine, rows, nil)
	ts.Check(err)
	for i, end := range []struct {
		outcome campaign.Outcome
		a       campaign.Attempt
	}{
		{campaign.Connected, campaign.Attempt{Cause: 16, Agent: "PJSIP/agent1", Answered: nine.Add(5 * time.Second), Connected: nine.Add(6 * time.Second), Ended: nine.Add(66 * time.Second)}},
		{campaign.Busy, campaign.Attempt{Cause: 17, Ended: nine.Add(time.Hour + 2*time.Second)}},
	} {
		shown := []campaign.CallerIDTurn{{CallerID: campaign.CallerID{Number: "0212345670"}, Room: 1}}
		taken, err := s.Claim("spring", nine.Add(time.Duration(i)*time.Hour), campaign.Take{Max: 1, AllZones: true, Server: "pbx", CallerIDs: shown})
		ts.Check(err)
		a, c := taken.Claims[0].Attempt, taken.Claims[0].Contact
		a.Outcome, a.Cause, a.Agent, a.Answered, a.Connected, a.Ended = end.outcome, end.a.Cause, end.a.Agent, end.a.Answered, end.a.Connected, end.a.Ended
		c.State, c.Due, c.Attempts, c.Counted, c.Last = campaign.Done, time.Time{}, 1, 1, end.outcome
		ts.Check(s.Finish(a, c))
	}
}

// historyCmd makes a store with ended calls, of which people answered every
// second one.
func historyCmd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 && !neg, "history PATH CALLS")
	calls, err := strconv.Atoi(args[1])
	ts.Check(err)
	s, err := store.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer s.Close()
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	rows := func(yield func(store.Row, error) bool) {
		for i := range calls {
			if !yield(store.Row{Line: i + 2, Numbers: []store.RowNumber{{Number: fmt.Sprintf("+82101%07d", i)}}}, nil) {
				return
			}
		}
	}
	_, err = s.Load(store.Source{Campaign: "spring", List: "many", Hash: "hash"}, nine, rows, nil)
	ts.Check(err)
	taken, err := s.Claim("spring", nine, campaign.Take{Max: calls, AllZones: true})
	ts.Check(err)
	for i := range taken.Claims {
		a, c := taken.Claims[i].Attempt, taken.Claims[i].Contact
		a.Outcome, a.Ended = campaign.NoAnswer, nine.Add(25*time.Second)
		if i%2 == 0 {
			a.Outcome, a.Agent = campaign.Connected, fmt.Sprintf("PJSIP/agent%d", i%4)
			a.Answered, a.Connected, a.Ended = nine.Add(8*time.Second), nine.Add(8*time.Second), nine.Add(68*time.Second)
		}
		c.State, c.Due, c.Attempts, c.Counted, c.Last = campaign.Done, time.Time{}, 1, 1, a.Outcome
		ts.Check(s.Finish(a, c))
	}
}
