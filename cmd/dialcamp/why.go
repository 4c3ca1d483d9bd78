package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/control"
)

func (a *app) whyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why CAMPAIGN",
		Short: "Why a campaign places no more calls at this moment",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp campaign list", "%s needs one campaign's name", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := a.client()
			if err != nil {
				return err
			}
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			return why(cmd.OutOrStdout(), &st, args[0])
		},
	}
	return cmd
}

func why(w io.Writer, st *control.Status, name string) error {
	var names []string
	for _, c := range st.Campaigns {
		names = append(names, c.Name)
		if c.Name != name {
			continue
		}
		hold := c.Hold
		if hold == "" {
			hold = "nothing holds it: the next call is being placed"
		}
		fmt.Fprintf(w, "campaign %s is %s, %s pacing, %s in flight\n%s\n", c.Name, c.State, c.Mode, plural(c.InFlight, "call"), hold)
		for _, q := range st.Queues {
			if q.Name == c.Queue && q.Server == c.Server {
				fmt.Fprintf(w, "agents of queue %s: %s\n", q.Name, q.Supply)
			}
		}
		if c.Answers > 0 {
			fmt.Fprintf(w, "abandoned today: %.0f of %.0f live answers, %.1f %%\n", c.Abandoned, c.Answers, 100*c.Abandoned/c.Answers)
		}
		for _, r := range st.Reports {
			if r.Campaign == name {
				fmt.Fprintf(w, "contacts: %d pending, %d waiting for a retry, %d being dialed\n", r.Contacts["pending"], r.Contacts["waiting"], r.Contacts["dialing"])
			}
		}
		return nil
	}
	return unknown("campaign", name, names)
}
