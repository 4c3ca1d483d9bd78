package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/control"
)

func (a *app) reloadCmd() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the daemon read its config again",
		Long: `The daemon reads the config again, checks all of it, shows what it changes, and
puts it in force: whole, or, if anything is wrong with it, nothing of it. Calls
that are going on are not touched. Lists and do-not-call files are looked at as
well; unchanged ones are not read.

SIGHUP, and so systemctl reload dialcamp, does the same, with what comes of it in
the log. store.path, control.socket, control.listen and the paths of control.tls
take a restart.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := a.client()
			if err != nil {
				return err
			}
			r, err := c.Reload(cmd.Context(), dryRun)
			if errors.Is(err, control.ErrNotRunning) {
				return &hinted{err, "start it with: dialcamp run, or systemctl start dialcamp; if it runs, store.path or control.socket was changed since, which takes a restart"}
			}
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), r)
			}
			return writeReload(cmd.OutOrStdout(), r)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what would change")
	a.jsonFlag(cmd)
	return cmd
}

func writeReload(out io.Writer, r control.Reload) error {
	for _, w := range r.Warnings {
		if _, err := fmt.Fprintf(out, "warning: %s\n", printable(w)); err != nil {
			return err
		}
	}
	for _, c := range r.Changes {
		line := printable(c.Text)
		if c.Effect != "" {
			line += " (" + printable(c.Effect) + ")"
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	last := "in force; lists and do-not-call files are being looked at: dialcamp list show CAMPAIGN"
	switch {
	case r.DryRun && len(r.Changes) == 0:
		last = "no change"
	case r.DryRun:
		last = "a dry run, nothing is changed"
	case len(r.Changes) == 0:
		last = "no change; lists and do-not-call files are being looked at: dialcamp list show CAMPAIGN"
	}
	_, err := fmt.Fprintln(out, last)
	return err
}
