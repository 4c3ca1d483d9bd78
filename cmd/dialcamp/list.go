package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

func (a *app) listCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Import contact lists, and see what became of them",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("see: dialcamp list --help", "unknown command %q for dialcamp list", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use:   "show CAMPAIGN [LIST]",
		Short: "A campaign's lists and their last loads, or a list's batches",
		Long: `Prints the lists of a campaign, those of the config and those imported, each with
its last load; with a LIST, each load of it that is remembered, which are its
batches. It asks the daemon, or reads the store when none is running.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly(1, "list show needs one campaign's name, and perhaps a list's")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.showBatches(cmd.Context(), cmd.OutOrStdout(), args[0], args[1])
			}
			lists, err := a.lists(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), lists)
			}
			return writeLists(cmd.OutOrStdout(), lists)
		},
	}
	a.jsonFlag(show)
	rejects := &cobra.Command{
		Use:   "rejects CAMPAIGN LIST",
		Short: "The rows of a list that were not taken, and why",
		Long: `Prints the rejects file of a list that the config names, as CSV: the line, the
reason and the row. It stands beside the list, and holds the last load's.`,
		Args: exactly(2, "list rejects needs a campaign's name and a list's"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rejects(cmd.Context(), cmd.OutOrStdout(), args[0], args[1])
		},
	}
	cmd.AddCommand(a.listImportCmd(), show, rejects, a.listUndoCmd())
	return cmd
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("see: "+cmd.CommandPath()+" --help", "%s", what)
		}
		return nil
	}
}

// campaignOf is the campaign of that name in the config.
func campaignOf(cfg *config.Config, name string) (*config.Campaign, error) {
	var names []string
	for i := range cfg.Campaigns {
		if cfg.Campaigns[i].Name == name {
			return &cfg.Campaigns[i], nil
		}
		names = append(names, cfg.Campaigns[i].Name)
	}
	return nil, usage("the config has "+strings.Join(names, ", "), "no campaign %q", name)
}

// listed is a list and its last load.
type listed struct {
	List   string       `json:"list"`
	Path   string       `json:"path,omitempty"` // of a list that the config names
	Loaded *store.Batch `json:"loaded"`         // null: never to its end
}

func (a *app) lists(ctx context.Context, name string) ([]listed, error) {
	c, cfg, err := a.client()
	if err != nil {
		return nil, err
	}
	camp, err := campaignOf(cfg, name)
	if err != nil {
		return nil, err
	}
	batches, err := c.Lists(ctx, name)
	if errors.Is(err, control.ErrNotRunning) {
		var s store.Store
		if s, err = openStore(cfg); err != nil {
			return nil, err
		}
		defer s.Close()
		batches, err = s.Lists(name)
	}
	if err != nil {
		return nil, err
	}
	all := []listed{}
	for _, l := range camp.Find().Lists {
		all = append(all, listed{List: l.Name, Path: l.Path})
	}
	for i := range batches {
		b := &batches[i]
		at := slices.IndexFunc(all, func(l listed) bool { return l.List == b.List })
		if at < 0 {
			at = len(all)
			all = append(all, listed{List: b.List})
		}
		all[at].Loaded = b
	}
	return all, nil
}

func writeLists(out io.Writer, lists []listed) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "list\tloaded\trows\tadded\ton dnc\tunchanged\trejected\tfile")
	for _, l := range lists {
		path := l.Path
		if path == "" {
			path = "(imported)"
		}
		if b := l.Loaded; b != nil {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", l.List, b.Time.Local().Format(time.DateTime), b.Rows, b.Added, b.Barred, b.Unchanged, b.Rejected, printable(path))
		} else {
			fmt.Fprintf(tw, "%s\tnever\t\t\t\t\t\t%s\n", l.List, printable(path))
		}
	}
	return tw.Flush()
}

func (a *app) rejects(ctx context.Context, out io.Writer, name, list string) error {
	lists, err := a.lists(ctx, name)
	if err != nil {
		return err
	}
	var names []string
	for _, l := range lists {
		if l.List != list {
			names = append(names, l.List)
			continue
		}
		if l.Path == "" {
			return usage("its rejects stand beside the file that was imported, in FILE.rejects.csv", "list %s is not in the config", list)
		}
		return writeRejects(out, l)
	}
	return usage("it has "+strings.Join(names, ", "), "campaign %s has no list %q", name, list)
}

func writeRejects(out io.Writer, l listed) error {
	path := contact.RejectsPath(l.Path)
	f, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && l.Loaded == nil:
		return fmt.Errorf("list %s was never loaded to its end", l.List)
	case errors.Is(err, os.ErrNotExist) && l.Loaded.Rejected == 0:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s was rejected at the last load, but %s is gone", plural(l.Loaded.Rejected, "row"), path)
	case err != nil:
		return err
	}
	defer f.Close()
	if isTerminal(out) {
		out = safe{out}
	}
	_, err = io.Copy(out, f)
	return err
}

// safe writes to a terminal what nobody knows: nothing in it is obeyed.
type safe struct{ io.Writer }

func (s safe) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	if _, err := io.WriteString(s.Writer, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// printable replaces what would steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}
