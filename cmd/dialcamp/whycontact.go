package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dialcamp/dialcamp/dialer/report"
)

// printStories tells of everybody who has a number or key.
func printStories(w io.Writer, stories []report.Story) error {
	for i := range stories {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := printStory(w, &stories[i]); err != nil {
			return err
		}
	}
	return nil
}

func printStory(w io.Writer, s *report.Story) error {
	fmt.Fprintf(w, "campaign %s, list %s, contact %d", s.Campaign, s.List, s.Contact)
	if s.Key != "" {
		fmt.Fprintf(w, ", key %s", s.Key)
	}
	fmt.Fprintf(w, ": %s\n%s\n", s.State, s.Why)
	if cb := s.Callback; cb != nil {
		fmt.Fprintf(w, "a callback at %s was asked for at %s", cb.At.Local().Format(storyTime), cb.Asked.Local().Format(storyTime))
		if cb.Note != "" {
			fmt.Fprintf(w, ": %s", cb.Note)
		}
		fmt.Fprintln(w)
	}
	var about []string
	if s.Priority != 0 {
		about = append(about, fmt.Sprintf("priority %d", s.Priority))
	}
	if s.Zone != "" {
		about = append(about, "time zone "+s.Zone)
	}
	for _, t := range []struct {
		what string
		at   time.Time
	}{{"not called before ", s.NotBefore}, {"expires at ", s.Expires}} {
		if !t.at.IsZero() {
			about = append(about, t.what+t.at.Local().Format(storyTime))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Attributes)) {
		about = append(about, name+"="+s.Attributes[name])
	}
	if len(about) > 0 {
		fmt.Fprintln(w, strings.Join(about, ", "))
	}

	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nNUMBER\tTYPE\tATTEMPTS\tLAST\t")
	for _, n := range s.Numbers {
		var marks []string
		if n.Dead {
			marks = append(marks, "dead")
		}
		if n.Barred != nil {
			marks = append(marks, "do not call")
		}
		if n.Next && len(s.Numbers) > 1 && s.Due.After(time.Time{}) {
			marks = append(marks, "next")
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", n.Number, n.Type, n.Counted, n.Last, strings.Join(marks, ", "))
	}
	if s.Purged > 0 {
		fmt.Fprintf(tw, "\n%s before these are not kept any more", plural(s.Purged, "attempt"))
	}
	if len(s.Attempts) > 0 {
		fmt.Fprintln(tw, "\nATTEMPT\tAT\tNUMBER\tOUTCOME\tCAUSE\tRING\tTALK\tAGENT\tCALLER ID\tASTERISK\tNOTE")
	}
	for _, c := range s.Attempts {
		at := c.Claimed
		if t, err := time.Parse(time.RFC3339, c.Claimed); err == nil {
			at = t.Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%.0fs\t%.0fs\t%s\t%s\t%s\t%s\n", c.Attempt, at, c.Number, c.Outcome, c.CauseText, c.Ring, c.Talk, c.Agent, c.CallerID, c.Asterisk, c.Note)
	}
	return tw.Flush()
}
