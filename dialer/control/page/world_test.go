package page_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/control/page/pagetest"
	"github.com/dialcamp/dialcamp/dialer/report"
)

func TestMain(m *testing.M) {
	status := m.Run()
	pagetest.Close()
	os.Exit(status)
}

// settings are of two campaigns, of which autumn has nobody to call.
const settings = `
asterisk: [{name: memory, address: %q, username: dialcamp, secret: dialcamp-secret}]
store: {path: dialcamp.db}
control: {socket: control.sock, listen: %q, token_file: tokens}
campaigns:
  - name: spring
    queue: Camp200
    lists: [{path: spring.csv}]
    originate: {ring_timeout: 25s, context: campaign, exten: "200"}
    pacing: {mode: predictive, max_in_flight: 200, wrapup: 10s}
    retry: {by_outcome: {busy: {after: 5m, max: 1}, no_answer: {after: 15m, max: 1}}}
  - name: autumn
    queue: Camp201
    lists: [{path: autumn.csv}]
    originate: {ring_timeout: 25s, context: campaign, exten: "201"}
`

// tokens are of somebody who may only look, and of somebody who may operate.
const (
	reads    = "reads-0123456789abcdefghijklmnopqrstuvwxyz"
	operates = "operates-0123456789abcdefghijklmnopqrstuvwxyz"
)

// hostile is a name that would be a script if anybody let it.
const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"';--`

// world is a daemon that dials an Asterisk in memory, at many times the speed of
// life. What is behind the page is all as it will be.
type world struct {
	t      *testing.T
	cfg    *config.Config
	opt    dialer.Options
	daemon *control.Client
	pbx    *amitest.Server
	url    string
	stop   func() // ends the daemon at once
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := amitest.Scaled(time.Date(2026, 11, 25, 9, 7, 0, 0, time.Local), 120)
	mix := amitest.DefaultMix(1)
	mix.Human, mix.Machine, mix.Busy, mix.Invalid, mix.Congestion, mix.Rejected = 0.25, 0.10, 0.12, 0.06, 0.02, 0.03
	mix.Talk = amitest.Spread{Median: 45 * time.Second, Sigma: 0.6}
	lab := amitest.Lab(20)
	lab.Clock, lab.Plan = clock, amitest.Mix(mix)
	for i := range lab.Queues {
		lab.Queues[i].Wrapup = 10 * time.Second
		for k := range lab.Queues[i].Members {
			lab.Queues[i].Members[k].Name = fmt.Sprint(hostile, k)
		}
	}
	pbx := amitest.New(lab)
	if err := pbx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pbx.Close() })
	dir := t.TempDir()
	var list strings.Builder
	list.WriteString("key\tphone\n")
	for i := range 2000 {
		fmt.Fprintf(&list, "C%d\t02%08d\n", i, 10000000+i*37)
	}
	fmt.Fprintf(&list, "\"%s\"\t0299999999\n", strings.ReplaceAll(hostile, `"`, `""`))
	address := free(t)
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf(settings, pbx.Addr(), address),
		"spring.csv":  list.String(),
		"autumn.csv":  "phone\n",
		"tokens":      "wall read " + reads + "\ndesk operate " + operates + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, cfg: cfg, pbx: pbx, url: "http://" + address, daemon: control.NewClient(cfg.Control.Socket),
		opt: dialer.Options{Clock: clock, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))},
	}
	w.start()
	return w
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// start runs a daemon until stop, and waits until it listens.
func (w *world) start() {
	w.t.Helper()
	d, err := dialer.New(w.cfg, w.opt)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, ctx) }()
	w.stop = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(w.stop)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(w.url + "/livez")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(end) {
			w.t.Fatal(err)
		}
	}
}

// page is the page's address for whoever has a token.
func (w *world) page(token string) string { return w.url + "/#token=" + token }

// row is spring's report.
func (w *world) row() report.Row {
	w.t.Helper()
	rows, err := w.daemon.Report(w.t.Context(), report.Query{Campaign: "spring"})
	if err != nil {
		w.t.Fatal(err)
	}
	return rows[0]
}

func (w *world) state(name string) campaign.State {
	w.t.Helper()
	st, err := w.daemon.Status(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range st.Campaigns {
		if c.Name == name {
			return c.State
		}
	}
	return ""
}
