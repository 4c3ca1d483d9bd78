package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

var verbHelp = map[campaign.Verb]string{
	campaign.Start:  "Let it dial",
	campaign.Pause:  "Place no new calls until resume; live ones go on",
	campaign.Resume: "Dial again after pause",
	campaign.Drain:  "Place no new calls, and stop when the live ones have ended",
	campaign.Stop:   "Like drain, and hang up the calls that nobody has answered",
}

func (a *app) campaignCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "List, start, pause, resume, drain or stop campaigns",
		Long: `What is said here lasts over a restart of the daemon, until the campaign's own
schedule (start, stop) speaks the next time.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("see: dialcamp campaign --help", "unknown command %q for dialcamp campaign", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "The campaigns and their states", Args: noArgs,
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
				return printJSON(cmd.OutOrStdout(), st.Campaigns)
			}
			tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			writeCampaigns(tw, &st)
			return tw.Flush()
		},
	}
	a.jsonFlag(list)
	cmd.AddCommand(list)
	for _, verb := range campaign.Verbs {
		cmd.AddCommand(&cobra.Command{
			Use: string(verb) + " NAME", Short: verbHelp[verb],
			Args: func(cmd *cobra.Command, args []string) error {
				if len(args) != 1 {
					return usage("see: dialcamp campaign list", "campaign %s needs one campaign's name", verb)
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				c, cfg, err := a.client()
				if err != nil {
					return err
				}
				var names []string
				for _, cp := range cfg.Campaigns {
					names = append(names, cp.Name)
				}
				if !slices.Contains(names, args[0]) {
					return usage("the config has "+strings.Join(names, ", "), "no campaign %q", args[0])
				}
				state, err := c.Operate(cmd.Context(), args[0], verb)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s is %s\n", args[0], state)
				return nil
			},
		})
	}
	return cmd
}
