package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func (a *app) callsCmd() *cobra.Command {
	var sel selection
	var outcomes []string
	cmd := &cobra.Command{
		Use:   "calls [CAMPAIGN]",
		Short: "Every attempt, one a line",
		Long: `Prints every attempt of a campaign, or of every campaign. It asks the daemon, or
reads the store when none is running.

Times are local with their offset; seconds are of the call.`,
		Args: oneCampaign,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := sel.query(args, report.CallFormats)
			if err != nil {
				return err
			}
			for _, name := range outcomes {
				o, ok := campaign.ParseOutcome(name)
				if !ok {
					return unknown("--outcome", name, report.OutcomeNames())
				}
				q.Outcomes = append(q.Outcomes, o)
			}
			// Interrupted, it takes its unfinished file away.
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			calls, end, err := a.calls(ctx, q)
			if err != nil {
				return err
			}
			defer end()
			return sel.write(cmd.OutOrStdout(), func(w io.Writer) error {
				return report.WriteCalls(w, sel.format, until(ctx, calls))
			})
		},
	}
	sel.flags(cmd, report.CallFormats)
	cmd.Flags().StringSliceVar(&outcomes, "outcome", nil, "only calls that ended so, such as busy,no_answer, or are in_flight")
	return cmd
}

// calls come from the daemon, or from the store when none is running; end
// closes it.
func (a *app) calls(ctx context.Context, q report.Query) (calls iter.Seq2[report.Call, error], end func(), err error) {
	c, cfg, err := a.client()
	if err != nil {
		return nil, nil, err
	}
	end = func() {}
	calls, err = c.Calls(ctx, q)
	if errors.Is(err, control.ErrNotRunning) {
		var s store.Store
		if s, err = openStore(cfg); err != nil {
			return nil, nil, err
		}
		end = func() { s.Close() }
		q.Configured = dialer.Configured(cfg)
		if calls, err = report.Calls(s, q); err != nil {
			end()
		}
	}
	return calls, end, err
}

var errInterrupted = errors.New("interrupted")

// until ends calls with an error when ctx ends.
func until(ctx context.Context, calls iter.Seq2[report.Call, error]) iter.Seq2[report.Call, error] {
	return func(yield func(report.Call, error) bool) {
		for c, err := range calls {
			if ctx.Err() != nil {
				yield(report.Call{}, errInterrupted)
				return
			}
			if !yield(c, err) {
				return
			}
		}
	}
}
