package dialer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
)

// maxShown is how many of a list's bad rows CheckLists shows.
const maxShown = 3

// CheckLists reads the header and the rows of every list without loading them.
// The lines tell what was found; the errors what would be refused.
func CheckLists(cfg *config.Config) (lines []string, errs config.Errors) {
	for i := range cfg.Campaigns {
		c := &cfg.Campaigns[i]
		lists := c.Find()
		for _, r := range lists.Refused {
			errs = append(errs, &config.Error{
				File: cfg.File, Key: fmt.Sprintf("campaigns[%d].lists[%d].path", i, r.Entry), Name: c.Name,
				Problem: r.Error(), Hint: r.Hint, Err: r,
			})
		}
		for _, entry := range lists.Lists {
			l := &entry.List
			found, err := checkList(c, l)
			if err != nil {
				e := &config.Error{
					File: cfg.File, Key: fmt.Sprintf("campaigns[%d].lists[%d].path", i, entry.Entry), Name: c.Name,
					Problem: fmt.Sprintf("%q: %v", l.Path, err), Err: err,
				}
				if le, ok := errors.AsType[*contact.ListError](err); ok {
					e.Hint = le.Hint
				}
				errs = append(errs, e)
				continue
			}
			line := fmt.Sprintf("campaign %s: list %s: %s", c.Name, l.Name, plural(found.rows, "row"))
			if found.bad > 0 {
				line += fmt.Sprintf(", %d of them would be rejected", found.bad)
			}
			lines = append(lines, line)
			for _, why := range found.why {
				lines = append(lines, "  "+printable(why))
			}
			if more := found.bad - len(found.why); more > 0 {
				lines = append(lines, fmt.Sprintf("  and %d more; once the list is loaded, see %s", more, contact.RejectsPath(l.Path)))
			}
		}
	}
	return lines, errs
}

// findings are what checkList found in a list.
type findings struct {
	rows, bad int
	why       []string // of the first bad ones
}

func (f *findings) reject(line int, reason string) {
	f.bad++
	if len(f.why) < maxShown {
		f.why = append(f.why, fmt.Sprintf("line %d: %s", line, reason))
	}
}

// checkList reads a list as load does, but for what only the store can tell:
// contacts that are there already.
func checkList(c *config.Campaign, l *config.List) (found findings, err error) {
	f, err := openRegular(l.Path)
	if err != nil {
		return found, reasonOf(err)
	}
	defer f.Close()
	r, err := contact.NewReader(f, optionsOf(c, l))
	if err != nil {
		return found, err
	}
	im := importing{campaign: c, list: l, event: func(control.ImportEvent) {}}
	for row, err := range im.storeRows(r) {
		if err != nil {
			return found, err
		}
		found.rows++
		if row.Refused != "" {
			found.reject(row.Line, row.Refused)
		}
	}
	return found, nil
}

// reasonOf drops the operation and the path, which the message names anyway.
func reasonOf(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// needed are the actions that the daemon sends, with what Asterisk must have
// for them: ListCommands leaves out what the user may not do.
var needed = []struct{ action, hint string }{
	{"Originate", "its section in manager.conf needs originate among write="},
	{"Hangup", "its section in manager.conf needs call among write="},
	{"CoreShowChannels", "its section in manager.conf needs reporting among write="},
	{"QueueSummary", "load app_queue"},
	{"QueueStatus", "load app_queue"},
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
	acfg, err := ManagerConfig(*a)
	if err != nil {
		return nil, config.Errors{{Key: key("tls.ca_file"), Problem: err.Error(), Err: err}}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := ami.Connect(ctx, acfg)
	if auth, ok := errors.AsType[*ami.AuthError](err); ok {
		return nil, config.Errors{{Key: key("secret"), Problem: fmt.Sprintf("%s refuses user %q: %s", a.Address, a.Username, printable(auth.Message)), Err: err,
			Hint: ConnectHint(err)}}
	}
	if err != nil {
		return nil, config.Errors{{Key: key("address"), Problem: fmt.Sprintf("%s cannot be reached: %v", a.Address, err), Err: err,
			Hint: ConnectHint(err)}}
	}
	defer conn.Close()
	go func() {
		for range conn.Events() { // nobody else reads them
		}
	}()
	about := "Asterisk " + a.Name
	if s, err := ami.Send(ctx, conn, ami.CoreSettings{}); err == nil {
		about += ", version " + printable(s.AsteriskVersion)
	}
	lines = append(lines, about+": logged in as "+a.Username)
	commands, err := ami.Send(ctx, conn, ami.ListCommands{})
	if err != nil {
		return lines, config.Errors{{Key: key("address"), Problem: fmt.Sprintf("%s: %v", a.Address, err), Err: err}}
	}
	for _, n := range needed {
		if _, ok := commands[n.action]; !ok {
			errs = append(errs, &config.Error{Key: key("username"), Problem: fmt.Sprintf("%q may not use the action %s", a.Username, n.action), Hint: n.hint})
		}
	}
	queues, err := ami.Send(ctx, conn, ami.QueueSummary{})
	if err != nil {
		return lines, append(errs, &config.Error{Key: key("username"), Problem: fmt.Sprintf("%q: %v", a.Username, err), Err: err})
	}
	more, bad := checkQueues(cfg, a.Name, queues)
	return append(lines, more...), append(errs, bad...)
}

// maxNames is how many queues a hint names.
const maxNames = 20

func checkQueues(cfg *config.Config, server string, queues []ami.QueueCounts) (lines []string, errs config.Errors) {
	known := map[string]ami.QueueCounts{}
	var names []string
	for _, q := range queues {
		known[q.Queue] = q
		names = append(names, printable(q.Queue))
	}
	hint := "add it to queues.conf and reload"
	switch {
	case len(names) > maxNames:
		hint += fmt.Sprintf("; it has %s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
	case len(names) > 0:
		hint += "; it has " + strings.Join(names, ", ")
	}
	for i, c := range cfg.Campaigns {
		if !slices.Contains(c.Asterisk, server) || c.Queue == "" {
			continue
		}
		q, ok := known[c.Queue]
		if !ok {
			errs = append(errs, &config.Error{
				Key: fmt.Sprintf("campaigns[%d].queue", i), Name: c.Name, Problem: fmt.Sprintf("Asterisk %s has no queue %q", server, c.Queue), Hint: hint,
			})
			continue
		}
		lines = append(lines, fmt.Sprintf("campaign %s: queue %s: %s logged in, %d available", c.Name, c.Queue, plural(q.LoggedIn, "agent"), q.Available))
	}
	return lines, errs
}
