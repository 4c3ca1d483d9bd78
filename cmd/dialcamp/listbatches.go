package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// batchBackend is the daemon, or its store when none is running.
type batchBackend interface {
	Batches(ctx context.Context, campaign, list string) ([]store.Batch, error)
	Undo(ctx context.Context, batch uint64) (int, error)
}

func (o offline) Batches(_ context.Context, campaign, list string) ([]store.Batch, error) {
	return control.BatchesOf(o.Store, campaign, list)
}

func (o offline) Undo(_ context.Context, batch uint64) (int, error) {
	return o.Store.Undo(batch, time.Now())
}

// withBatches runs do with the daemon, or with the store when none is running.
func (a *app) withBatches(ctx context.Context, do func(*config.Config, batchBackend) error) error {
	c, cfg, err := a.client()
	if err != nil {
		return err
	}
	if _, err := c.Status(ctx); !errors.Is(err, control.ErrNotRunning) {
		if err != nil {
			return err
		}
		return do(cfg, c)
	}
	s, err := openStore(cfg)
	if err != nil {
		return err
	}
	return errors.Join(do(cfg, offline{s}), s.Close())
}

func (a *app) showBatches(ctx context.Context, out io.Writer, name, list string) error {
	return a.withBatches(ctx, func(cfg *config.Config, b batchBackend) error {
		if _, err := campaignOf(cfg, name); err != nil {
			return err
		}
		all, err := b.Batches(ctx, name, list)
		if err != nil {
			return err
		}
		if a.json {
			return printJSON(out, all)
		}
		if len(all) == 0 {
			return fmt.Errorf("list %s of campaign %s has no batch: it was never loaded to its end, or too long ago", printable(list), name)
		}
		return writeBatches(out, all)
	})
}

func writeBatches(out io.Writer, all []store.Batch) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "batch\tloaded\trows\tadded\ton dnc\tupdated\tunchanged\trejected\tremoved\tundone")
	for _, b := range all {
		undone := ""
		if !b.Undone.IsZero() {
			undone = fmt.Sprintf("%s, %d taken back", b.Undone.Local().Format(time.DateTime), b.TakenBack)
		}
		fmt.Fprintf(tw, "%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n",
			b.ID, b.Time.Local().Format(time.DateTime), b.Rows, b.Added, b.Barred, b.Updated, b.Unchanged, b.Rejected, b.Removed, undone)
	}
	return tw.Flush()
}

func (a *app) listUndoCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "undo BATCH",
		Short: "Take back what a load added and nobody has dialed",
		Long: `Takes the contacts that a load added off the campaign, unless they were dialed
before: those stay. What the load changed or removed of other contacts stays too.
BATCH is its number, which list show CAMPAIGN LIST prints. It asks the daemon, or
writes to the store when none is running.

A list that the config names is not loaded again before its file changes.`,
		Args: exactly(1, "list undo needs one batch's number"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return usage("dialcamp list show CAMPAIGN LIST prints them", "%q is not a batch's number", args[0])
			}
			return a.withBatches(cmd.Context(), func(_ *config.Config, b batchBackend) error {
				n, err := b.Undo(cmd.Context(), id)
				if e, ok := errors.AsType[*control.Error](err); errors.Is(err, store.ErrNoBatch) || ok && e.Status == http.StatusNotFound {
					return usage("dialcamp list show CAMPAIGN LIST prints them", "%v", control.NoBatch(id))
				}
				if err != nil {
					return err
				}
				if a.json {
					return printJSON(cmd.OutOrStdout(), control.Undone{TakenBack: n})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "batch %d: %s taken back\n", id, plural(n, "contact"))
				return err
			})
		},
	}
	a.jsonFlag(cmd)
	return cmd
}
