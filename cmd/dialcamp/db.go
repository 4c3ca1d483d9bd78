package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

func (a *app) dbCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "The store: check, backup, compact, stats",
		Long: `The store is one file, store.path of the config.

To restore a backup, stop the daemon, put the backup in the place of the store, and
start it: calls made since then are forgotten, but no call's id is used again.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("see: dialcamp db --help", "unknown command %q for dialcamp db", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dbCheckCmd(), a.dbBackupCmd(), a.dbCompactCmd(), a.dbStatsCmd())
	return cmd
}

func (a *app) dbCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Whether a store contradicts itself",
		Long: `Reads the whole store, or a backup, and tells what in it contradicts something
else. It changes nothing. The store of a running daemon is not looked at: back it
up, which checks the copy.`,
		Args: atMostOneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.storeOr(args)
			if err != nil {
				return err
			}
			if err := store.Check(path); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is good\n", path)
			return nil
		},
	}
}

func atMostOneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("without a file it is about the config's store", "%s takes one file, got %d", cmd.CommandPath(), len(args))
	}
	return nil
}

// storeOr is the file that was given, else the config's store.
func (a *app) storeOr(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	_, cfg, err := a.client()
	if err != nil {
		return "", err
	}
	return cfg.Store.Path, nil
}

func (a *app) dbBackupCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a checked copy of the store, also while the daemon dials",
		Long: `Writes a copy of the store as it is at one moment. FILE appears when the copy is
whole, on disk and checked; until then an older one stays.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp db backup --help", "db backup needs the file to write")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, cfg, err := a.client()
			if err != nil {
				return err
			}
			err = store.WriteChecked(args[0], func(w io.Writer) error {
				err := c.Backup(cmd.Context(), w)
				if !errors.Is(err, control.ErrNotRunning) {
					return err
				}
				s, err := openStore(cfg)
				if err != nil {
					return err
				}
				return errors.Join(s.Backup(w), s.Close())
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is written and checked\n", args[0])
			return nil
		},
	}
}

func (a *app) dbCompactCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Write the store anew without the space that nothing uses",
		Long: `Needs the daemon to be stopped, and disk for a copy. The old file stays until the
new one is whole, on disk and checked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := a.storeOr(nil)
			if err != nil {
				return err
			}
			before, after, err := store.Compact(path)
			if errors.Is(err, store.ErrInUse) {
				return &hinted{err, "stop the daemon first"}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s before, %s now\n", path, size(before), size(after))
			return nil
		},
	}
}

func (a *app) dbStatsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stats", Short: "How large the store is, and what is in it", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := a.stats(cmd.Context())
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), st)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s, of which %s are free; schema %d\n\n", size(st.Bytes), size(st.FreeBytes), st.Schema)
			tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(tw, "CAMPAIGN\tCONTACTS\tATTEMPTS\tOF THESE PURGED\tBATCHES")
			for _, c := range st.Campaigns {
				fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\n", c.Name, c.Contacts, c.Attempts, c.Purged, c.Batches)
			}
			if len(st.DNC) > 0 {
				fmt.Fprintln(tw)
				writeDNC(tw, st.DNC)
			}
			return tw.Flush()
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) stats(ctx context.Context) (st store.Stats, err error) {
	c, cfg, err := a.client()
	if err != nil {
		return st, err
	}
	if st, err = c.Stats(ctx); !errors.Is(err, control.ErrNotRunning) {
		return st, err
	}
	s, err := openStore(cfg)
	if err != nil {
		return st, err
	}
	defer s.Close()
	return s.Stats()
}

// size is a number of bytes for people.
func size(n int64) string {
	v := float64(n)
	for _, unit := range []string{"bytes", "KiB", "MiB"} {
		if v < 1024 {
			return fmt.Sprintf("%.4g %s", v, unit)
		}
		v /= 1024
	}
	return fmt.Sprintf("%.4g GiB", v)
}
