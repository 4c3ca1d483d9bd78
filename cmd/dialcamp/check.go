package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
)

func (a *app) checkCmd() *cobra.Command {
	var connect bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the config and the lists, and with --connect also Asterisk",
		Long: `Reads the config and every list as the daemon would, and changes nothing. With
--connect it also logs in to every Asterisk and checks privileges and queues.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: %s, %s\n", a.configFile, plural(len(cfg.Campaigns), "campaign"), plural(len(cfg.Asterisk), "Asterisk server"))
			for _, w := range cfg.Warnings {
				fmt.Fprintf(out, "warning: %s\n", w)
			}
			lines, errs := dialer.CheckLists(cfg)
			if connect {
				more, bad := dialer.Preflight(cmd.Context(), cfg)
				lines, errs = append(lines, more...), append(errs, bad...)
			}
			for _, l := range lines {
				fmt.Fprintln(out, l)
			}
			if len(errs) > 0 {
				return config.Errors(errs)
			}
			fmt.Fprintln(out, "ok")
			return nil
		},
	}
	cmd.Flags().BoolVar(&connect, "connect", false, "also connect to Asterisk")
	return cmd
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
