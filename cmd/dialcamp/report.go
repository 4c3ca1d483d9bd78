package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// selection is what report and calls have in common.
type selection struct {
	from, to, format, out string
}

func (s *selection) flags(cmd *cobra.Command, formats []string) {
	cmd.Flags().StringVar(&s.from, "from", "", "only attempts from then on: 2026-11-23, \"2026-11-23 09:00\" or RFC 3339")
	cmd.Flags().StringVar(&s.to, "to", "", "only attempts before then")
	cmd.Flags().StringVar(&s.format, "format", "", strings.Join(formats, ", ")+"; default: what the file's name ends with, else "+formats[0])
	cmd.Flags().StringVarP(&s.out, "output", "o", "", "write to this file, whole or not at all")
}

func (s *selection) query(args []string, formats []string) (q report.Query, err error) {
	if len(args) > 0 {
		q.Campaign = args[0]
	}
	if s.format == "" {
		s.format = formats[0]
		if ext := strings.TrimPrefix(filepath.Ext(s.out), "."); slices.Contains(formats, ext) {
			s.format = ext
		}
	}
	if !slices.Contains(formats, s.format) {
		return q, unknown("--format", s.format, formats)
	}
	if q.From, err = parseTime("--from", s.from); err != nil {
		return q, err
	}
	if q.To, err = parseTime("--to", s.to); err != nil {
		return q, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, usage("--from is included, --to is not", "--from %s is not before --to %s", s.from, s.to)
	}
	return q, nil
}

func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage(`write 2026-11-23, "2026-11-23 09:00" or 2026-11-23T09:00:00+09:00`, "%s %q is not a time", flag, s)
}

// write runs do on standard output, or on a file that appears when it is whole.
// What is no regular file, /dev/stdout or a pipe, is written as it comes.
func (s *selection) write(stdout io.Writer, do func(io.Writer) error) error {
	if s.out == "" || s.out == "-" {
		return do(stdout)
	}
	info, err := os.Stat(s.out)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return report.ToFile(s.out, do)
	}
	f, err := os.OpenFile(s.out, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = do(f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func oneCampaign(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("without a name it is about every campaign", "%s takes one campaign, got %d", cmd.CommandPath(), len(args))
	}
	return nil
}

func (a *app) reportCmd() *cobra.Command {
	var sel selection
	var by string
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "report [CAMPAIGN]",
		Short: "What became of the calls",
		Long: `Prints a campaign's report, or every campaign's. It asks the daemon, or reads the
store when none is running.

Seconds are sums. Every rate is printed with its numerator and denominator, and for
a whole campaign how many more calls the rules on abandoned ones allow at present,
or allowed on the day of --to.

By interval it has a line for each part of an hour, by yield for each attempt at
each hour of the day.`,
		Args: oneCampaign,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := sel.query(args, report.Formats)
			if err != nil {
				return err
			}
			if !slices.Contains(report.Groupings, by) {
				return unknown("--by", by, report.Groupings)
			}
			if sel.format == "xlsx" && (sel.out == "" || sel.out == "-") && isTerminal(cmd.OutOrStdout()) {
				return usage("add -o report.xlsx", "a workbook is not for a terminal")
			}
			q.By = by
			if cmd.Flags().Changed("interval") {
				if q.Interval = interval; by != "interval" {
					return usage("add --by interval", "--interval is of reports by interval, not by %s", by)
				}
				if !slices.Contains(report.Intervals, interval) {
					return usage("it is one of 15m, 30m, 60m", "--interval %s is not a part of an hour", interval)
				}
			}
			rows, err := a.rows(cmd.Context(), q)
			if err != nil {
				return err
			}
			return sel.write(cmd.OutOrStdout(), func(w io.Writer) error {
				return report.Write(w, sel.format, rows, q.Campaign != "" && by == "campaign")
			})
		},
	}
	sel.flags(cmd, report.Formats)
	cmd.Flags().StringVar(&by, "by", "campaign", strings.Join(report.Groupings, ", "))
	cmd.Flags().DurationVar(&interval, "interval", report.DefaultInterval, "15m, 30m or 60m; of --by interval")
	return cmd
}

func (a *app) rows(ctx context.Context, q report.Query) ([]report.Row, error) {
	c, cfg, err := a.client()
	if err != nil {
		return nil, err
	}
	rows, err := c.Report(ctx, q)
	if !errors.Is(err, control.ErrNotRunning) {
		return rows, err
	}
	s, err := openStore(cfg)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	q.Configured, q.Now = dialer.Configured(cfg), time.Now()
	return report.Build(s, q)
}

// openStore opens the store of a daemon that is not running, if there is one.
func openStore(cfg *config.Config) (store.Store, error) {
	if _, err := os.Stat(cfg.Store.Path); err != nil {
		return nil, fmt.Errorf("%w, and there is no store at %s", control.ErrNotRunning, cfg.Store.Path)
	}
	return store.Open(cfg.Store.Path)
}
