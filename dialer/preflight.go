package dialer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

// CheckLists reads the header and the rows of every list without loading them.
// The lines tell what was found; the errors what would be refused.
func CheckLists(cfg *config.Config) (lines []string, errs config.Errors) {
	for i, c := range cfg.Campaigns {
		for j, l := range c.Lists {
			key := fmt.Sprintf("campaigns[%d].lists[%d].path", i, j)
			good, bad, err := checkList(&l)
			if err != nil {
				e := &config.Error{File: cfg.File, Key: key, Name: c.Name, Problem: fmt.Sprintf("%s: %v", l.Path, err), Err: err}
				if le, ok := errors.AsType[*contact.ListError](err); ok {
					e.Problem, e.Hint = fmt.Sprintf("%s: %s", l.Path, le.Error()), le.Hint
				}
				errs = append(errs, e)
				continue
			}
			line := fmt.Sprintf("campaign %s: list %s: %d rows", c.Name, l.Name, good+bad)
			if bad > 0 {
				line += fmt.Sprintf(", %d of them would be rejected", bad)
			}
			lines = append(lines, line)
		}
	}
	return lines, errs
}

func checkList(l *config.List) (good, bad int, err error) {
	f, err := os.Open(l.Path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	r, err := contact.NewReader(f, contact.Options{Encoding: l.Encoding, Delimiter: l.Delimiter, Columns: l.Columns})
	if err != nil {
		return 0, 0, err
	}
	for row, err := range r.All() {
		_ = row
		if _, isRow := errors.AsType[*contact.RowError](err); isRow {
			bad++
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		good++
	}
	return good, bad, nil
}

// needed are the actions that the daemon sends, with what manager.conf must
// grant for them.
var needed = []struct{ action, grant string }{
	{"Originate", "write=originate"},
	{"Hangup", "write=call"},
	{"QueueSummary", "any"},
	{"QueueStatus", "any"},
	{"CoreShowChannels", "write=reporting"},
}

// Preflight connects to every Asterisk and checks that the user may log in and
// do what the daemon does, and that every campaign's queue exists.
func Preflight(ctx context.Context, cfg *config.Config) (lines []string, errs config.Errors) {
	for i := range cfg.Asterisk {
		a := &cfg.Asterisk[i]
		more, bad := preflightServer(ctx, cfg, i)
		lines = append(lines, more...)
		for _, e := range bad {
			e.File = cfg.File
			if e.Name == "" {
				e.Name = a.Name
			}
			errs = append(errs, e)
		}
	}
	return lines, errs
}

func preflightServer(ctx context.Context, cfg *config.Config, i int) (lines []string, errs config.Errors) {
	a := &cfg.Asterisk[i]
	key := func(k string) string { return fmt.Sprintf("asterisk[%d].%s", i, k) }
	acfg, err := managerConfig(*a)
	if err != nil {
		return nil, config.Errors{{Key: key("tls.ca_file"), Problem: err.Error(), Err: err}}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := ami.Connect(ctx, acfg)
	if auth, ok := errors.AsType[*ami.AuthError](err); ok {
		return nil, config.Errors{{Key: key("secret"), Problem: fmt.Sprintf("%s refuses user %q: %s", a.Address, a.Username, auth.Message), Err: err,
			Hint: "compare username and secret with manager.conf, and permit= there with this machine's address"}}
	}
	if err != nil {
		return nil, config.Errors{{Key: key("address"), Problem: fmt.Sprintf("%s cannot be reached: %v", a.Address, err), Err: err,
			Hint: "is Asterisk running, and has manager.conf enabled=yes and this port?"}}
	}
	defer conn.Close()
	go func() {
		for range conn.Events() { // nobody else reads them
		}
	}()
	about := "Asterisk " + a.Name
	if s, err := ami.Send(ctx, conn, ami.CoreSettings{}); err == nil {
		about += ", version " + s.AsteriskVersion
	}
	lines = append(lines, about+": logged in as "+a.Username)
	if commands, err := ami.Send(ctx, conn, ami.ListCommands{}); err == nil {
		for _, n := range needed {
			if _, ok := commands[n.action]; !ok {
				errs = append(errs, &config.Error{Key: key("username"), Problem: fmt.Sprintf("%q may not use the action %s", a.Username, n.action),
					Hint: "manager.conf needs read=call,agent,system and write=originate,call,agent,reporting"})
			}
		}
	}
	queues, err := ami.Send(ctx, conn, ami.QueueSummary{})
	if err != nil {
		return lines, append(errs, &config.Error{Key: key("username"), Problem: fmt.Sprintf("QueueSummary: %v", err), Err: err})
	}
	known := map[string]ami.QueueCounts{}
	var names []string
	for _, q := range queues {
		known[q.Queue] = q
		names = append(names, q.Queue)
	}
	for j, c := range cfg.Campaigns {
		if c.Asterisk != a.Name {
			continue
		}
		q, ok := known[c.Queue]
		if !ok {
			errs = append(errs, &config.Error{Key: fmt.Sprintf("campaigns[%d].queue", j), Name: c.Name,
				Problem: fmt.Sprintf("Asterisk %s has no queue %q", a.Name, c.Queue),
				Hint:    "it has " + strings.Join(names, ", ")})
			continue
		}
		lines = append(lines, fmt.Sprintf("campaign %s: queue %s: %d agents logged in, %d of them available", c.Name, c.Queue, q.LoggedIn, q.Available))
	}
	return lines, errs
}
