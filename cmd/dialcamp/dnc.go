package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// ownDNC is the do-not-call list of those who name none.
const ownDNC = "own"

func (a *app) dncCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dnc",
		Short: "Numbers that must not be called: add, remove, import, check, list",
		Long: `Changes take effect on the next call. They go to the daemon, or to the store when
none is running.

An entry is a number, or a prefix with * behind it: '0900*'. It is kept as it is
given and as a number of every region that a list has.
A contact whose number is taken off all lists is called again.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("see: dialcamp dnc --help", "unknown command %q for dialcamp dnc", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dncChangeCmd("add", "Put numbers on a do-not-call list", "added", dncBackend.AddDNC),
		a.dncChangeCmd("remove", "Take numbers off a do-not-call list", "removed", dncBackend.RemoveDNC),
		a.dncImportCmd(), a.dncCheckCmd(), a.dncListCmd())
	return cmd
}

// dncBackend is the daemon, or its store when none is running.
type dncBackend interface {
	AddDNC(ctx context.Context, list store.DNCName, entries ...string) (int, error)
	RemoveDNC(ctx context.Context, list store.DNCName, entries ...string) (int, error)
	CheckDNC(ctx context.Context, campaign, number string) ([]store.DNCHit, error)
	DNCLists(ctx context.Context) ([]store.DNCList, error)
}

// offline is the store of a daemon that is not running.
type offline struct{ store.Store }

func (o offline) AddDNC(_ context.Context, list store.DNCName, entries ...string) (int, error) {
	return o.Store.AddDNC(list, time.Now(), entries...)
}

func (o offline) RemoveDNC(_ context.Context, list store.DNCName, entries ...string) (int, error) {
	return o.Store.RemoveDNC(list, time.Now(), entries...)
}

func (o offline) CheckDNC(_ context.Context, campaign, number string) ([]store.DNCHit, error) {
	return o.Store.CheckDNC(campaign, number)
}

func (o offline) DNCLists(context.Context) ([]store.DNCList, error) { return o.Store.DNCLists() }

// withDNC runs do with the daemon, or with the store when none is running.
func (a *app) withDNC(ctx context.Context, campaign string, do func(dncBackend, []contact.Plan) error) error {
	c, cfg, err := a.client()
	if err != nil {
		return err
	}
	if err := knownCampaign(cfg, campaign); err != nil {
		return err
	}
	if _, err := c.Status(ctx); !errors.Is(err, control.ErrNotRunning) {
		if err != nil {
			return err
		}
		return do(c, dialer.Plans(cfg))
	}
	s, err := openStore(cfg)
	if err != nil {
		return err
	}
	return errors.Join(do(offline{s}, dialer.Plans(cfg)), s.Close())
}

func knownCampaign(cfg *config.Config, name string) error {
	var names []string
	for _, c := range cfg.Campaigns {
		names = append(names, c.Name)
	}
	if name != "" && !slices.Contains(names, name) {
		return usage("the config has "+strings.Join(names, ", "), "no campaign %q", name)
	}
	return nil
}

func dncFlags(cmd *cobra.Command, list *store.DNCName, name string) {
	cmd.Flags().StringVar(&list.List, "list", name, "the do-not-call list, made if needed")
	cmd.Flags().StringVar(&list.Campaign, "campaign", "", "a list of this campaign, which bars from no other")
}

func (a *app) dncChangeCmd(verb, short, done string, do func(dncBackend, context.Context, store.DNCName, ...string) (int, error)) *cobra.Command {
	var list store.DNCName
	cmd := &cobra.Command{
		Use: verb + " NUMBER…", Short: short,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("see: dialcamp dnc --help", "dnc %s needs a number", verb)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDNC(cmd.Context(), list.Campaign, func(b dncBackend, plans []contact.Plan) error {
				var entries []string
				for _, arg := range args {
					spellings, err := contact.ParseDNC(arg, plans)
					if err != nil {
						return usage("a number, or a prefix with * behind it", "%q is not a number: %v", arg, err)
					}
					entries = append(entries, spellings...)
				}
				n, err := inParts(entries, func(part []string) (int, error) { return do(b, cmd.Context(), list, part...) })
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d %s, %s\n", n, done, list)
				return nil
			})
		},
	}
	dncFlags(cmd, &list, ownDNC)
	return cmd
}

// inParts does as much at a time as one request takes.
func inParts(entries []string, do func([]string) (int, error)) (sum int, err error) {
	for part := range slices.Chunk(entries, control.MaxDNCEntries) {
		n, err := do(part)
		if sum += n; err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func (a *app) dncImportCmd() *cobra.Command {
	var list store.DNCName
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Put the numbers of a file on a do-not-call list",
		Long: `Adds the numbers of a file, one a line, to a do-not-call list; what is behind a
comma, semicolon or tab is left out. Afterwards the file may go. A file that changes
is better named in the config, as dnc.files: then what it does not hold any more is
taken off.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp dnc import --help", "dnc import needs one file")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list.List == "" {
				list.List = strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0]))
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			return a.withDNC(cmd.Context(), list.Campaign, func(b dncBackend, plans []contact.Plan) error {
				read, added, bad, first := 0, 0, 0, 0
				var part []string
				add := func() error {
					n, err := b.AddDNC(cmd.Context(), list, part...)
					added += n
					part = part[:0]
					return err
				}
				for e, err := range contact.DNCEntries(f, plans, func(line int, _ string) {
					if bad++; first == 0 {
						first = line
					}
				}) {
					if err != nil {
						return fmt.Errorf("%s: %w", args[0], err)
					}
					read++
					if part = append(part, e); len(part) == control.MaxDNCEntries {
						if err := add(); err != nil {
							return err
						}
					}
				}
				if err := add(); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d read, %d added, %s\n", read, added, list)
				if bad > 0 {
					return fmt.Errorf("%s: %d lines are not numbers and bar nobody, the first is line %d", args[0], bad, first)
				}
				return nil
			})
		},
	}
	dncFlags(cmd, &list, "")
	cmd.Flags().Lookup("list").Usage = "the do-not-call list, made if needed; the file's name without its extension unless given"
	return cmd
}

func (a *app) dncCheckCmd() *cobra.Command {
	var campaign string
	cmd := &cobra.Command{
		Use: "check NUMBER", Short: "Which do-not-call lists a number is on, and since when",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp dnc --help", "dnc check needs one number")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDNC(cmd.Context(), campaign, func(b dncBackend, plans []contact.Plan) error {
				number := args[0]
				if strings.HasSuffix(number, "*") {
					return usage("check one number", "%q is a prefix", number)
				}
				numbers, err := contact.ParseDNC(number, plans)
				if err != nil {
					return usage("a number", "%q is not a number: %v", number, err)
				}
				var hits []store.DNCHit
				for _, n := range numbers {
					more, err := b.CheckDNC(cmd.Context(), campaign, n)
					if err != nil {
						return err
					}
					for _, h := range more {
						if !slices.Contains(hits, h) {
							hits = append(hits, h)
						}
					}
				}
				number = numbers[0]
				if a.json {
					return printJSON(cmd.OutOrStdout(), append([]store.DNCHit{}, hits...))
				}
				if len(hits) == 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s is on no do-not-call list\n", number)
				}
				for _, h := range hits {
					fmt.Fprintf(cmd.OutOrStdout(), "%s is on %s as %s, since %s\n", number, h.DNCName, h.Entry, when(h.Since))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&campaign, "campaign", "", "only lists that bar from this campaign")
	a.jsonFlag(cmd)
	return cmd
}

// when is a time for people.
func when(t time.Time) string {
	if t.IsZero() {
		return "it is not known when"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func (a *app) dncListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "The do-not-call lists", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDNC(cmd.Context(), "", func(b dncBackend, _ []contact.Plan) error {
				lists, err := b.DNCLists(cmd.Context())
				if err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), append([]store.DNCList{}, lists...))
				}
				tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				writeDNC(tw, lists)
				return tw.Flush()
			})
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

func writeDNC(tw *tabwriter.Writer, lists []store.DNCList) {
	fmt.Fprintln(tw, "DO NOT CALL\tBARS FROM\tNUMBERS\tPREFIXES\tCHANGED\tKEPT BY")
	for _, l := range lists {
		from, by := "every campaign", "commands"
		if l.Campaign != "" {
			from = l.Campaign
		}
		if l.FromFile() {
			by = "a file"
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%s\t%s\n", l.List, from, l.Numbers, l.Prefixes, when(l.Changed), by)
	}
}
