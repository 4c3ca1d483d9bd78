package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func (a *app) contactCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contact",
		Short: "One contact: callback",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("see: dialcamp contact --help", "unknown command %q for dialcamp contact", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.callbackCmd())
	return cmd
}

func (a *app) callbackCmd() *cobra.Command {
	var ask control.Callback
	cmd := &cobra.Command{
		Use:   "callback CAMPAIGN NUMBER|KEY --at TIME",
		Short: "Call a contact when they asked for it",
		Long: `Makes a contact due at a time, before all others, whatever became of it before. It
is called then, or when its calling window opens next. The call counts as an
attempt, but no maximum of the retry rules refuses it; asked for while they are
being called, it is made after that call.

Refused are contacts whose number is dead or on a do-not-call list, unless another
of their numbers is given, and those that have expired or were taken off their list.

It goes to the daemon, or to the store when none is running.`,
		Example: `  dialcamp contact callback spring 0212345678 --at "2026-12-01 14:30"
  dialcamp contact callback spring A1017 --at 2026-12-01T14:30:00+09:00 --note "asked for Ms. Kim"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("see: dialcamp contact callback --help", "contact callback needs a campaign and a number or key")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ask.Campaign, ask.Who = args[0], args[1]
			if ask.At == "" {
				return usage(`such as --at "2026-12-01 14:30", by the contact's clock`, "contact callback needs --at")
			}
			var done control.CalledBack
			err := a.withContacts(cmd.Context(), ask.Campaign, func(b contactBackend) (err error) {
				done, err = b.CallBack(cmd.Context(), ask)
				return err
			})
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), done)
			}
			return printCalledBack(cmd.OutOrStdout(), &done)
		},
	}
	cmd.Flags().StringVar(&ask.At, "at", "", "`TIME` as 2026-12-01 14:30 by the contact's clock, or in RFC 3339")
	cmd.Flags().StringVar(&ask.Number, "number", "", "which of its numbers to call")
	cmd.Flags().StringVar(&ask.List, "list", "", "the list, where contacts of several have the key")
	cmd.Flags().StringVar(&ask.Note, "note", "", "kept with it; dialcamp why NUMBER shows it")
	a.jsonFlag(cmd)
	return cmd
}

// contactBackend is the daemon, or its store when none is running.
type contactBackend interface {
	CallBack(ctx context.Context, ask control.Callback) (control.CalledBack, error)
	Stories(ctx context.Context, who string) ([]report.Story, error)
}

// offlineContacts are those of a daemon that is not running.
type offlineContacts struct {
	*app
	store store.Store
}

func (o offlineContacts) CallBack(_ context.Context, ask control.Callback) (done control.CalledBack, err error) {
	cfg, err := o.load()
	if err != nil {
		return done, err
	}
	return dialer.CallBack(cfg, o.store, time.Now(), ask)
}

func (o offlineContacts) Stories(_ context.Context, who string) ([]report.Story, error) {
	cfg, err := o.load()
	if err != nil {
		return nil, err
	}
	return dialer.Stories(cfg, o.store, time.Now(), who)
}

// withContacts runs do with the daemon, or with the store when none is running.
func (a *app) withContacts(ctx context.Context, campaign string, do func(contactBackend) error) error {
	c, cfg, err := a.client()
	if err != nil {
		return err
	}
	if err := knownCampaign(cfg, campaign); err != nil {
		return err
	}
	if err := do(c); !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	s, err := openStore(cfg)
	if err != nil {
		return err
	}
	return errors.Join(do(offlineContacts{a, s}), s.Close())
}

const storyTime = "Mon 2006-01-02 15:04 MST"

func printCalledBack(w io.Writer, done *control.CalledBack) error {
	who := done.Number
	if done.Key != "" {
		who += " (" + done.Key + ")"
	}
	fmt.Fprintf(w, "%s of campaign %s is called back at %s\n", who, done.Campaign, done.At.Format(storyTime))
	switch {
	case done.Never:
		fmt.Fprintln(w, "but its calling window does not open any more")
	case !done.Opens.IsZero():
		fmt.Fprintf(w, "but its calling window is shut then: it is called when that opens, at %s\n", done.Opens.Format(storyTime))
	}
	if done.Talking {
		fmt.Fprintln(w, "it is being called at this moment; the callback counts once that call has ended")
	}
	return nil
}
