package main

import (
	"context"
	"errors"
	stdlog "log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
)

func (a *app) runCmd() *cobra.Command {
	var drain time.Duration
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The daemon: dial the campaigns",
		Long: `Runs the daemon in the foreground. It starts whether or not Asterisk is there and
waits for it.

HUP has it read its config again, as dialcamp reload does.

TERM or INT stops it gently: no new calls, live ones go on until they end or
--drain has passed. A second one stops it at once; calls in flight then are
compared with Asterisk at the next start.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			log, err := dialer.NewLog(os.Stderr, cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				log.Warn(w)
			}
			d, err := dialer.New(cfg, dialer.Options{Log: log, DrainLimit: drain})
			if err != nil {
				return err
			}
			stdlog.SetFlags(0)
			stdlog.SetOutput(d.Stray())
			ctx, force, stop := twoSignals()
			defer stop()
			defer onHangup(func() { d.Hangup() })()
			return d.Run(ctx, force)
		},
	}
	cmd.Flags().DurationVar(&drain, "drain", 5*time.Minute, "how long live calls may go on after TERM")
	return cmd
}

var errSignal = errors.New("signal")

// twoSignals returns a context that the first TERM or INT ends, and one that
// the second does.
func twoSignals() (first, second context.Context, stop func()) {
	first, endFirst := context.WithCancelCause(context.Background())
	second, endSecond := context.WithCancelCause(context.Background())
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
	done := make(chan struct{})
	go func() {
		for _, end := range []context.CancelCauseFunc{endFirst, endSecond} {
			select {
			case <-c:
				end(errSignal)
			case <-done:
				return
			}
		}
	}()
	return first, second, func() {
		signal.Stop(c)
		close(done)
		endFirst(nil)
		endSecond(nil)
	}
}

// onHangup calls f at each SIGHUP, which would otherwise end the process, until
// stop.
func onHangup(f func()) (stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	go func() {
		for range c {
			f()
		}
	}()
	return func() {
		signal.Stop(c)
		close(c)
	}
}
