package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
)

func (a *app) whyCmd() *cobra.Command {
	contact := false
	cmd := &cobra.Command{
		Use:   "why CAMPAIGN | NUMBER | KEY",
		Short: "Why a campaign places no more calls at this moment, or what a contact waits for",
		Long: `Of a campaign: what holds it at this moment. Of a contact, named by a number or by
its key: what became of it in every campaign that has it, and what it waits for.

What is the name of a campaign is taken for that; --contact asks for a contact.`,
		Example: `  dialcamp why spring
  dialcamp why 010-1234-5678`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp campaign list", "%s needs one campaign's name, or a contact's number or key", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, cfg, err := a.client()
			if err != nil {
				return err
			}
			if !contact && knownCampaign(cfg, args[0]) == nil {
				st, err := c.Status(cmd.Context())
				if err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), st)
				}
				return why(cmd.OutOrStdout(), &st, args[0])
			}
			return a.whyContact(cmd, cfg, args[0])
		},
	}
	cmd.Flags().BoolVar(&contact, "contact", false, "it is a contact's number or key, though a campaign may have that name")
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) whyContact(cmd *cobra.Command, cfg *config.Config, who string) error {
	var stories []report.Story
	err := a.withContacts(cmd.Context(), "", func(b contactBackend) (err error) {
		stories, err = b.Stories(cmd.Context(), who)
		return err
	})
	if err != nil {
		return err
	}
	if len(stories) == 0 {
		var names []string
		for _, c := range cfg.Campaigns {
			names = append(names, c.Name)
		}
		return usage("the campaigns are "+strings.Join(names, ", "), "%q is no campaign, and no contact has that number or key", who)
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), stories)
	}
	return printStories(cmd.OutOrStdout(), stories)
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
