package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
)

func (a *app) eventsCmd() *cobra.Command {
	var types []string
	var after uint64
	var count int
	cmd := &cobra.Command{
		Use:   "events [CAMPAIGN]",
		Short: "What happens, as it happens",
		Long: `Prints what happens in the daemon until it is interrupted or the daemon stops: calls
that are placed, answered, taken by an agent, and how they end; campaigns' states,
decisions of pacing, connections to Asterisk, reloads of the config. Of a campaign,
what is about it or about none.

An end is printed once it is on disk. Whoever reads too slowly is told how many
events they lost. With --json each line is an object with the event's id, type and
data; --after goes on after an id, as far back as the daemon remembers.`,
		Args: oneCampaign,
		RunE: func(cmd *cobra.Command, args []string) error {
			var f event.Filter
			if len(args) > 0 {
				f.Campaign = args[0]
			}
			for _, name := range types {
				if !slices.Contains(event.Types, event.Type(name)) {
					return unknown("--type", name, typeNames())
				}
				f.Types = append(f.Types, event.Type(name))
			}
			if count < 0 {
				return usage("such as --count 1", "--count is below zero")
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return a.printEvents(ctx, cmd.OutOrStdout(), f, after, count)
		},
	}
	cmd.Flags().StringSliceVar(&types, "type", nil, "only these, such as outcome,campaign: "+strings.Join(typeNames(), ", "))
	cmd.Flags().Uint64Var(&after, "after", 0, "go on after the event with this id")
	cmd.Flags().IntVarP(&count, "count", "n", 0, "end after so many events (0: go on)")
	a.jsonFlag(cmd)
	return cmd
}

func typeNames() (names []string) {
	for _, t := range event.Types {
		names = append(names, string(t))
	}
	return names
}

func (a *app) printEvents(ctx context.Context, out io.Writer, f event.Filter, after uint64, count int) error {
	c, _, err := a.client()
	if err != nil {
		return err
	}
	events, err := c.Events(ctx, f, after)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	show := textEvent
	if a.json {
		show = jsonEvent
	}
	n := 0
	for e, err := range events {
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("the daemon has stopped")
		case err != nil:
			return err
		}
		if err := show(w, &e); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if _, lost := e.Lost(); lost {
			continue
		}
		if n++; n == count {
			return nil
		}
	}
	return nil
}

func jsonEvent(w io.Writer, e *control.Event) error {
	return json.NewEncoder(w).Encode(struct {
		ID   uint64          `json:"id,omitempty"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}{e.ID, e.Type, e.Data})
}

// textEvent is an event in a line: time, type, campaign, and what there is to tell.
func textEvent(w io.Writer, e *control.Event) error {
	var at time.Time
	var campaign, text string
	var err error
	switch l, lost := e.Lost(); {
	case lost:
		at, text = time.Now(), lostText(l)
	case e.Type == string(event.Campaign):
		var c control.CampaignEvent
		err = json.Unmarshal(e.Data, &c)
		at, campaign, text = c.Time, c.Campaign, "it is "+c.State
	case e.Type == string(event.Link):
		var l control.LinkEvent
		err = json.Unmarshal(e.Data, &l)
		at, text = l.Time, "connected to Asterisk "+l.Asterisk
		if !l.Up {
			text = "no connection to Asterisk " + l.Asterisk
		}
	case e.Type == string(event.Reload):
		var r control.ReloadEvent
		err = json.Unmarshal(e.Data, &r)
		at, text = r.Time, "the config was read again: "+plural(len(r.Changes), "change")
	case e.Type == string(event.Pacing):
		var p struct {
			Campaign string
			pacing.Entry
		}
		err = json.Unmarshal(e.Data, &p)
		at, campaign = p.Time, p.Campaign
		text = fmt.Sprintf("%s placed; %d free = %d idle - %d waiting; %d ringing", plural(p.Placed, "call"), p.Snapshot.Free, p.Snapshot.Idle, p.Snapshot.Idle-p.Snapshot.Free, len(p.Snapshot.Ringing))
		if why := p.Held(); why != "" {
			text += ": " + why
		}
	default:
		var c report.Call
		err = json.Unmarshal(e.Data, &c)
		at, campaign, text = callTime(e.Type, &c), c.Campaign, callText(e.Type, &c)
	}
	if err != nil {
		return fmt.Errorf("event %d: %w", e.ID, err)
	}
	_, err = fmt.Fprintf(w, "%s %-9s %-12s %s\n", at.Local().Format(time.DateTime), e.Type, cmp.Or(campaign, "-"), visible(text))
	return err
}

func lostText(l control.LostEvent) string {
	text := plural(int(l.N), "event") + " came faster than they were read"
	if l.Restarted {
		text = "the daemon was started anew since then"
		if l.N > 0 {
			text += ", and " + plural(int(l.N), "event") + " of this run are not remembered"
		}
	}
	return text
}

// callTime is when what is told of a call happened.
func callTime(typ string, c *report.Call) time.Time {
	s := c.Claimed
	switch event.Type(typ) {
	case event.Answer:
		s = c.Answered
	case event.Agent:
		s = c.Connected
	case event.Outcome:
		s = c.Ended
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Now() // a call that is over has all its times
	}
	return t
}

func callText(typ string, c *report.Call) string {
	who := c.Number
	if c.Key != "" {
		who += " (" + c.Key + ")"
	}
	switch event.Type(typ) {
	case event.Attempt:
		return fmt.Sprintf("%s is called, attempt %d", who, c.Attempt)
	case event.Answer:
		return fmt.Sprintf("%s has answered after %g s", who, c.Ring)
	case event.Agent:
		if c.Agent == "" {
			return who + " has heard the message"
		}
		return fmt.Sprintf("%s talks to %s after %g s", who, c.Agent, c.Wait)
	case event.Withdrawn:
		return who + " was not called after all"
	}
	text := who + ": " + c.Outcome
	if c.Cause != 0 {
		text += fmt.Sprintf(" (%d %s)", c.Cause, c.CauseText)
	}
	if c.Talk > 0 {
		text += fmt.Sprintf(", talked %g s with %s", c.Talk, c.Agent)
	}
	if c.Note != "" {
		text += ": " + c.Note
	}
	return text
}
