package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/config"
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
				why, err := c.Why(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), why)
				}
				printWhy(cmd.OutOrStdout(), &why)
				return nil
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

func printWhy(w io.Writer, c *report.Why) {
	hold := c.Hold
	if hold == "" {
		hold = "nothing holds it: the next call is being placed"
	}
	fmt.Fprintf(w, "campaign %s is %s, %s pacing, %s in flight\n%s\n", c.Name, c.State, c.Mode, plural(c.InFlight, "call"), hold)
	if c.Queue != "" {
		fmt.Fprintf(w, "agents of queue %s: %s\n", c.Queue, c.Supply)
	}
	if c.Answers > 0 {
		fmt.Fprintf(w, "abandoned today: %.0f of %.0f live answers, %.1f %%\n", c.Abandoned, c.Answers, 100*c.Abandoned/c.Answers)
	}
	fmt.Fprintf(w, "contacts: %d pending, %d waiting, %d being called", c.Contacts["pending"], c.Contacts["waiting"], c.Contacts["dialing"])
	for _, state := range []string{"done", "exhausted", "invalid", "dnc", "expired", "removed"} {
		if n := c.Contacts[state]; n > 0 {
			fmt.Fprintf(w, ", %d %s", n, state)
		}
	}
	fmt.Fprintln(w)
	least := ""
	if !c.Exact {
		least = "at least "
	}
	for i := range c.Waits {
		fmt.Fprintf(w, "  %s%s\n", least, waitText(&c.Waits[i]))
	}
	if n := c.PutOffBusy; n > 0 {
		fmt.Fprintf(w, "  put off since the daemon started because every number was being called: %s\n", plural(n, "time"))
	}
	if n := c.PutOffTooOften; n > 0 {
		fmt.Fprintf(w, "  put off since the daemon started because every number was called too often: %s\n", plural(n, "time"))
	}
}

func waitText(w *report.Wait) string {
	next := w.Next.Local().Format(storyTime)
	switch w.For {
	case report.WaitsTurn:
		return fmt.Sprintf("%d due now", w.Contacts)
	case report.WaitsRetry:
		return fmt.Sprintf("%d wait for a retry, the first at %s", w.Contacts, next)
	case report.WaitsCallback:
		return fmt.Sprintf("%d are called before others, the first at %s", w.Contacts, next)
	case report.WaitsFirst:
		return fmt.Sprintf("%d are not to be called yet, the first at %s", w.Contacts, next)
	}
	zone := ""
	if w.Zone != "" {
		zone = " in " + w.Zone
	}
	if w.Next.IsZero() {
		return fmt.Sprintf("%d asleep: their calling window%s never opens", w.Contacts, zone)
	}
	return fmt.Sprintf("%d asleep until their calling window%s opens at %s", w.Contacts, zone, next)
}
