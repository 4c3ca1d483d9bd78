package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/config"
)

func (a *app) tokenCmd() *cobra.Command {
	rights := []string{config.MayRead, config.MayOperate}
	return &cobra.Command{
		Use:   "token NAME read|operate",
		Short: "Make a token for the control API over TCP",
		Long: `Prints a line for control.token_file with a new token, which nobody else has. read
lets its holder see everything, operate also change things. After a reload of the
daemon it is good:

  dialcamp token wallboard read >> tokens && dialcamp reload`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return rights, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("such as: dialcamp token wallboard read", "a name and read or operate are needed, not %q", args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !config.IsName(args[0]) {
				return usage("use 1 to 64 letters, digits, _ and -", "%q is not a name", args[0])
			}
			if !slices.Contains(rights, args[1]) {
				return unknown("the right", args[1], rights)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s\n", args[0], args[1], newToken())
			return err
		},
	}
}

// newToken is one that nobody else has.
func newToken() string {
	secret := make([]byte, 32)
	rand.Read(secret)
	return base64.RawURLEncoding.EncodeToString(secret)
}
