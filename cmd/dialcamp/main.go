// Command dialcamp is an automated outbound campaign dialer for Asterisk.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1 // it was tried and failed
	statusUsage  = 2 // the command line or the configuration is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the exit.
func run(args []string, stdout, stderr io.Writer) int {
	// Who reads the output may leave: that is an error of the write, and must not
	// end a daemon with calls in flight because its log's reader has died.
	signal.Ignore(syscall.SIGPIPE)
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return statusDone
	}
	if readerLeft(err) {
		return statusFailed
	}
	printError(stderr, err)
	return statusOf(err)
}

func statusOf(err error) int {
	if _, ok := errors.AsType[config.Errors](err); ok {
		return statusUsage
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return statusUsage
	}
	if _, ok := errors.AsType[*report.UnknownCampaign](err); ok {
		return statusUsage
	}
	// What the daemon found wrong with the request came from the command line.
	if e, ok := errors.AsType[*control.Error](err); ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound) {
		return statusUsage
	}
	return statusFailed
}

// readerLeft tells that whoever read standard output wants no more of it, as
// head does: nothing to complain about.
func readerLeft(err error) bool {
	pe, ok := errors.AsType[*os.PathError](err)
	return ok && pe.Path == os.Stdout.Name() && errors.Is(pe.Err, syscall.EPIPE)
}

// usageError is a mistake on the command line.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// printError writes "error: …" and, where something can be done, "hint: …".
func printError(w io.Writer, err error) {
	if errs, ok := errors.AsType[config.Errors](err); ok {
		fmt.Fprint(w, errs.Text())
		return
	}
	fmt.Fprintf(w, "error: %v\n", err)
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
	if e, ok := errors.AsType[*control.Error](err); ok {
		for _, more := range e.More {
			printError(w, more)
		}
	}
}

// hinted is an error that the command knows better what to do about.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

func hintFor(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	if u, ok := errors.AsType[*usageError](err); ok {
		return u.hint
	}
	if u, ok := errors.AsType[*report.UnknownCampaign](err); ok {
		return u.Hint()
	}
	if e, ok := errors.AsType[*connectError](err); ok {
		return dialer.ConnectHint(e.err)
	}
	if e, ok := errors.AsType[*ami.ReplyError](err); ok {
		return refusalHint(e)
	}
	if e, ok := errors.AsType[*contact.ListError](err); ok {
		return e.Hint
	}
	if e, ok := errors.AsType[*control.Error](err); ok && e.Hint != "" {
		return e.Hint
	}
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return "start it with: dialcamp run, or systemctl start dialcamp"
	case errors.Is(err, store.ErrInUse):
		return "a daemon is running; its commands go through the control socket of the same config"
	case errors.Is(err, store.ErrDNCFile):
		return control.DNCFileHint
	case errors.Is(err, store.ErrNewer):
		return "install that version, or use another store.path"
	case errors.Is(err, os.ErrPermission):
		return "run it as the daemon's user, or as a member of its group"
	}
	return ""
}

// app is what the verbs share.
type app struct {
	configFile string
	json       bool
}

func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "dialcamp",
		Short: "An automated outbound campaign dialer for Asterisk",
		Long: `dialcamp loads contact lists named in its config, asks each campaign's queue how
many agents are free, and originates that many calls into the queue.

Exit status: 0 done, 1 it failed, 2 the command line or the config is wrong.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVarP(&a.configFile, "config", "c", "/etc/dialcamp/config.yaml", "the config `FILE`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("see: "+cmd.CommandPath()+" --help", "%v", err)
	})
	root.AddCommand(a.runCmd(), a.demoCmd(), a.checkCmd(), a.statusCmd(), a.topCmd(), a.campaignCmd(), a.reloadCmd(), a.reportCmd(), a.callsCmd(), a.listCmd(), a.contactCmd(), a.dncCmd(), a.dbCmd(), a.amiCmd(), a.eventsCmd(), a.pacingCmd(), a.whyCmd(), a.simulateCmd(), a.tokenCmd(), a.manCmd(), a.versionCmd())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCmd(root))
	return root
}

// helpCmd is cobra's, but for a word that is no command, which is a mistake and
// not a question.
func helpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage("see: dialcamp --help", "unknown command %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// unknown refuses what is not among known.
func unknown(what, got string, known []string) error {
	return usage("it is one of "+strings.Join(known, ", "), "%s %q is unknown", what, got)
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if !cmd.HasParent() {
			return usage("see: dialcamp --help", "unknown command %q", args[0])
		}
		return usage("see: "+cmd.CommandPath()+" --help", "%s takes no arguments, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func (a *app) load() (*config.Config, error) { return config.Load(a.configFile) }

// client is a client of the daemon that the config describes.
func (a *app) client() (*control.Client, *config.Config, error) {
	cfg, err := config.LoadForClient(a.configFile)
	if err != nil {
		return nil, nil, err
	}
	return control.NewClient(cfg.Control.Socket), cfg, nil
}

func (a *app) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
}
