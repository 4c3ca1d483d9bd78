package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
)

const demoConfig = `# the demonstration's config, written by dialcamp demo
asterisk:
  - name: memory
    address: %q
    username: dialcamp
    secret: dialcamp-secret
store: {path: demo.db}
control: {socket: demo.sock, listen: %q, token_file: token}
campaigns:
  - name: demo
    queue: Camp200
    lists: [{path: demo.csv}]
    originate: {ring_timeout: 25s, context: campaign, exten: "200"}
    pacing: {mode: %s, max_in_flight: 200, wrapup: 10s}
    retry:
      max_attempts: 3
      by_outcome:
        busy: {after: 5m, max: 1}
        no_answer: {after: 15m, max: 1}
        congestion: {after: 1m, max: 5}
`

var demoModes = []string{"progressive", "power", "predictive"}

type demo struct {
	agents, contacts int
	speed            float64
	mode             string
	keep             bool
	verbose          bool
}

func (a *app) demoCmd() *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The daemon against an Asterisk in memory, in under a minute",
		Long: `Runs the whole daemon, over a real socket and with a real store, against an
Asterisk in memory: agents who talk and write up, contacts who answer, are busy,
do not pick up or have a dead number. Time runs faster than life. At the end it
prints the report, and compares it with what the far ends saw.

It is shown live on a web page of this machine, whose address it prints; with
--keep the page stays after the last call, until you interrupt it.

It needs no config and leaves nothing behind.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.agents < 1 || d.contacts < 1 || d.speed <= 0 {
				return usage("see: dialcamp demo --help", "--agents, --contacts and --speed must be above zero")
			}
			if !slices.Contains(demoModes, d.mode) {
				return unknown("--mode", d.mode, demoModes)
			}
			ctx, force, stop := twoSignals()
			defer stop()
			if !d.keep {
				force = ctx
			}
			return d.run(ctx, force, cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&d.agents, "agents", 20, "agents in the queue")
	cmd.Flags().IntVar(&d.contacts, "contacts", 2000, "contacts on the list")
	cmd.Flags().Float64Var(&d.speed, "speed", 240, "how much faster than life time runs")
	cmd.Flags().StringVar(&d.mode, "mode", "progressive", "how calls are paced: "+strings.Join(demoModes, ", "))
	cmd.Flags().BoolVar(&d.keep, "keep", false, "go on after the last call, until interrupted")
	cmd.Flags().BoolVarP(&d.verbose, "verbose", "v", false, "print the daemon's log")
	return cmd
}

// run ends when the list does, and when ctx ends: at force at once and with an
// error, else when the last call has ended.
func (d *demo) run(ctx, force context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "dialcamp-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	clock := amitest.Scaled(time.Now(), d.speed)
	pbx := amitest.Lab(d.agents)
	pbx.Clock, pbx.Plan = clock, d.plan()
	for i := range pbx.Queues {
		pbx.Queues[i].Wrapup = 10 * time.Second
	}
	asterisk := amitest.New(pbx)
	if err := asterisk.Start(); err != nil {
		return err
	}
	defer asterisk.Close()

	address, err := freeAddress()
	if err != nil {
		return err
	}
	token := newToken()
	cfgFile := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(cfgFile, fmt.Appendf(nil, demoConfig, asterisk.Addr(), address, d.mode), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), fmt.Appendf(nil, "demo %s %s\n", config.MayOperate, token), 0o600); err != nil {
		return err
	}
	if err := writeDemoList(filepath.Join(dir, "demo.csv"), d.contacts); err != nil {
		return err
	}
	cfg, err := config.Load(cfgFile)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if d.verbose {
		if log, err = dialer.NewLog(os.Stderr, "info", "auto"); err != nil {
			return err
		}
	}
	daemon, err := dialer.New(cfg, dialer.Options{Clock: clock, Log: log, UntilListEnd: !d.keep, DrainLimit: time.Hour})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%d agents, %d contacts, an Asterisk in memory at %s; time runs %g times as fast as life\npage: http://%s/#token=%s\n\n",
		d.agents, d.contacts, asterisk.Addr(), d.speed, address, token); err != nil {
		return err
	}

	began := time.Now()
	virtual := clock.Now()
	running, cancel := context.WithCancel(ctx)
	forced, cut := context.WithCancel(force)
	defer cut()
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- daemon.Run(running, forced) }()
	unread := watch(out, cfg, ended, func() time.Duration { return clock.Now().Sub(virtual) })
	if unread != nil {
		cut()
	}
	if err := <-ended; err != nil {
		return err
	}
	if unread != nil {
		return unread
	}
	if force.Err() != nil {
		return errInterrupted
	}

	s, err := openStore(cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := report.Build(s, report.Query{Campaign: "demo", Configured: dialer.Configured(cfg), Now: clock.Now()})
	if err != nil {
		return err
	}
	if err := report.Write(out, "table", rows, true); err != nil {
		return err
	}
	total := rows[0].Attempts.Total
	fmt.Fprintf(out, "\n%s of calling in %s\n", minutes(clock.Now().Sub(virtual)), time.Since(began).Round(100*time.Millisecond))
	if seen := int64(len(asterisk.CDR())); seen != total {
		return fmt.Errorf("the far ends saw %d calls, the report has %d attempts", seen, total)
	}
	fmt.Fprintf(out, "the far ends saw %d calls, the report has as many attempts\n", total)
	return nil
}

// freeAddress is one of this machine that nobody listens on.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// plan is a residential list on a weekday: about a quarter answers.
func (d *demo) plan() amitest.Plan {
	mix := amitest.DefaultMix(1)
	mix.Human, mix.Machine, mix.Busy, mix.Invalid, mix.Congestion, mix.Rejected = 0.25, 0.10, 0.12, 0.06, 0.02, 0.03
	mix.Talk = amitest.Spread{Median: 45 * time.Second, Sigma: 0.6}
	return amitest.Mix(mix)
}

func writeDemoList(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,phone,name,city")
	cities := []string{"Seoul", "Busan", "Incheon", "Daegu"}
	for i := range n {
		fmt.Fprintf(w, "%d,02%08d,Contact %d,%s\n", i+1, 10000000+i*37, i+1, cities[i%len(cities)])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// watch prints a live line on a terminal, and a plain one now and then
// elsewhere, until the daemon has ended, or nobody reads it.
func watch(out io.Writer, cfg *config.Config, ended chan error, elapsed func() time.Duration) error {
	f, ok := out.(*os.File)
	tty := ok && term.IsTerminal(int(f.Fd()))
	every := 5 * time.Second
	if tty {
		every = 200 * time.Millisecond
	}
	client := control.NewClient(cfg.Control.Socket)
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			if tty {
				fmt.Fprint(out, "\r\x1b[K")
			}
			return nil
		case <-t.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		st, err := client.Status(ctx)
		cancel()
		if err != nil || len(st.Reports) == 0 {
			continue
		}
		format := "%s\n"
		if tty {
			format = "\r\x1b[K%s"
		}
		if _, err := fmt.Fprintf(out, format, progress(&st, elapsed())); err != nil {
			return err
		}
	}
}

func progress(st *control.Status, elapsed time.Duration) string {
	r := st.Reports[0]
	total := r.Contacts["total"]
	left := r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"]
	const width = 24
	filled := 0
	if total > 0 {
		filled = int(width * (total - left) / total)
	}
	c := st.Campaigns[0]
	return fmt.Sprintf("%s [%s%s] %d of %d contacts over, %d attempts, %d connected, %d ringing, %d talking",
		minutes(elapsed), strings.Repeat("#", filled), strings.Repeat(".", width-filled), total-left, total,
		r.Attempts.Total, r.Attempts.ByOutcome["connected"], c.Phases["ringing"]+c.Phases["originated"], c.Phases["talking"])
}

// minutes is 1h05m, or 0h12m: as wide at the end as at the beginning.
func minutes(d time.Duration) string {
	m := int(d.Round(time.Minute).Minutes())
	return fmt.Sprintf("%dh%02dm", m/60, m%60)
}
