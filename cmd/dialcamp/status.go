package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
)

func (a *app) statusCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "What the daemon is doing at this moment",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := a.client()
			if err != nil {
				return err
			}
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), st)
			}
			return printStatus(cmd.OutOrStdout(), &st)
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func printStatus(w io.Writer, st *control.Status) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ASTERISK\tLINK\tCALLS")
	for _, s := range st.Servers {
		link := "down"
		if s.Up {
			link = "up"
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\n", s.Name, link, s.InFlight)
	}
	writeTrunks(tw, st)
	writeWebhooks(tw, st)
	fmt.Fprintln(tw, "\nQUEUE\tAGENTS\tFREE\tWHY")
	for _, q := range st.Queues {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", q.Name, q.LoggedIn, q.Free, queueWhy(&q))
	}
	fmt.Fprintln(tw)
	writeCampaigns(tw, st)
	return tw.Flush()
}

// queueWhy tells how many agents are free, and why.
func queueWhy(q *campaign.QueueStatus) string {
	switch {
	case q.Supply == "":
		return "not seen yet"
	case !q.Known:
		return "Asterisk does not know this queue"
	}
	return q.Supply
}

// sums are what the store has counted of a campaign.
type sums struct {
	left, attempts, connected int64
	abandoned, live           float64 // by the regulators' formula
}

func sumsOf(st *control.Status, name string) (n sums) {
	for _, r := range st.Reports {
		if r.Campaign == name {
			n = sums{
				r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"], r.Attempts.Total, r.Attempts.ByOutcome["connected"],
				r.Rates.Abandon.Num, r.Rates.Abandon.Den,
			}
		}
	}
	return n
}

// writeTrunks names the trunks that are left alone.
func writeTrunks(w io.Writer, st *control.Status) {
	for _, s := range st.Servers {
		for _, t := range s.Trunks {
			what := "one call at a time is tried"
			if st.Time.Before(t.Until) {
				what = "no call until " + t.Until.Local().Format(time.TimeOnly)
			}
			fmt.Fprintf(w, "trunk %s on %s refused %s: %s\n", t.Name, s.Name, t.Refused, what)
		}
	}
}

// writeWebhooks names the webhooks that fail.
func writeWebhooks(w io.Writer, st *control.Status) {
	for _, h := range st.Webhooks {
		if h.Error != "" {
			fmt.Fprintf(w, "webhook %s fails since %s: %s; %d wait, %d given up, %d dropped\n",
				h.Name, h.Since.Local().Format(time.DateTime), visible(h.Error), h.Waiting, h.Failed, h.Dropped)
		}
	}
}

func writeCampaigns(w io.Writer, st *control.Status) {
	fmt.Fprintln(w, "CAMPAIGN\tSTATE\tCALLS\tCONTACTS LEFT\tATTEMPTS\tCONNECTED\tHOLD-OFF")
	for _, c := range st.Campaigns {
		n := sumsOf(st, c.Name)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", c.Name, c.State, phases(c.InFlight, c.Phases), n.left, n.attempts, n.connected, c.Hold)
	}
}

func phases(n int, phases map[string]int) string {
	var parts []string
	for _, p := range []string{"originated", "ringing", "answered", "queued", "offered", "talking"} {
		if phases[p] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", phases[p], p))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%s)", n, strings.Join(parts, ", "))
}
