package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// followEvery is how often --follow looks for new entries.
const followEvery = time.Second

func (a *app) pacingCmd() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "pacing CAMPAIGN",
		Short: "The pacing ledger: how many calls were placed, and why not more",
		Long: `Prints a campaign's pacing ledger: each decision that placed calls or was held by
something else than the one before, with what it was made from. It asks the
daemon, or reads the store when none is running. The ledger holds the last ` + fmt.Sprint(store.LedgerEntries) + `
entries.

Columns: calls placed; agents free and, of all, idle and busy; calls ringing;
the chance that a call is answered by a person; the chance that one more answer
would find no agent and the one that is allowed; what held the decision.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("see: dialcamp campaign list", "%s needs one campaign's name", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return a.printLedger(ctx, cmd.OutOrStdout(), args[0], follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is decided from now on")
	a.jsonFlag(cmd)
	cmd.AddCommand(replayCmd())
	return cmd
}

func (a *app) printLedger(ctx context.Context, out io.Writer, name string, follow bool) error {
	w := bufio.NewWriter(out)
	show := textEntry
	if a.json {
		show = jsonEntry
	} else {
		fmt.Fprintf(w, "%-19s %6s %5s %9s %8s %7s %7s %8s  %s\n", "TIME", "PLACED", "FREE", "IDLE+BUSY", "RINGING", "ANSWER", "HARM", "ALLOWED", "HELD BY")
	}
	for seq := uint64(0); ; {
		entries, end, err := a.ledger(ctx, name, seq)
		if err != nil {
			return err
		}
		for e, err := range entries {
			if err == nil {
				err = show(w, &e)
			}
			if err != nil {
				end()
				return err
			}
			seq = e.Seq + 1
		}
		end()
		if err := w.Flush(); err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

// ledger comes from the daemon, or from the store when none is running; end
// closes it.
func (a *app) ledger(ctx context.Context, name string, seq uint64) (entries iter.Seq2[pacing.Entry, error], end func(), err error) {
	c, cfg, err := a.client()
	if err != nil {
		return nil, nil, err
	}
	entries, err = c.Pacing(ctx, name, seq)
	if !errors.Is(err, control.ErrNotRunning) {
		return entries, func() {}, err
	}
	var names []string
	for _, c := range cfg.Campaigns {
		names = append(names, c.Name)
	}
	if !slices.Contains(names, name) {
		return nil, nil, unknown("campaign", name, names)
	}
	s, err := openStore(cfg)
	if err != nil {
		return nil, nil, err
	}
	return report.Ledger(s, name, seq), func() { s.Close() }, nil
}

func jsonEntry(w io.Writer, e *pacing.Entry) error { return json.NewEncoder(w).Encode(e) }

func textEntry(w io.Writer, e *pacing.Entry) error {
	s, d := &e.Snapshot, &e.Decision
	rate, harm, allowed := "", "", ""
	if e.Settings.Mode == pacing.Predictive {
		rate, harm, allowed = fmt.Sprintf("%.1f %%", 100*d.Rate), fmt.Sprintf("%.1f %%", 100*d.Harm), fmt.Sprintf("%.1f %%", 100*d.Threshold)
	}
	_, err := fmt.Fprintf(w, "%s %6d %5d %9s %8d %7s %7s %8s  %s\n", e.Time.Local().Format(time.DateTime), e.Placed,
		s.Free, fmt.Sprintf("%d+%d", s.Idle, len(s.Busy)), len(s.Ringing), rate, harm, allowed, visible(e.Held()))
	return err
}

func replayCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "replay FILE",
		Short: "Make the decisions of a ledger again, and compare",
		Long: `Reads a ledger that was printed with --json, - for standard input, makes each of
its decisions again from what it was made from, and compares.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("print one with: dialcamp pacing CAMPAIGN --json", "%s needs one file", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			return replay(cmd.OutOrStdout(), bufio.NewReader(in))
		},
	}
}

// maxDiffer is how many decisions that differ are shown.
const maxDiffer = 10

func replay(out io.Writer, in io.Reader) error {
	n, differ := 0, 0
	for e, err := range pacing.ReadLedger(in) {
		if err != nil {
			return err
		}
		n++
		if again := e.Again(); again != e.Decision {
			if differ++; differ <= maxDiffer {
				fmt.Fprintf(out, "entry %d, %s: it was %v; it is %v\n", e.Seq, e.Time.Local().Format(time.DateTime), e.Decision, again)
			}
		}
	}
	if differ > 0 {
		return fmt.Errorf("%d of %d decisions are others now", differ, n)
	}
	_, err := fmt.Fprintf(out, "%s, each the same again\n", plural(n, "decision"))
	return err
}
