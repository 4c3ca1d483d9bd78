package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/control/page"
)

const settings = `
asterisk: [{name: memory, address: %q, username: dialcamp, secret: dialcamp-secret}]
store: {path: dialcamp.db}
control: {socket: control.sock}
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
    pacing: {mode: progressive}
    start: "0 3 1 1 *"
`

// hostile is the name of an agent and the key of a contact.
const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>`

// world is a daemon that dials an Asterisk in memory, with the page beside its API.
type world struct {
	t      *testing.T
	d      *dialer.Daemon
	socket string
	url    string
}

func newWorld(t *testing.T, contacts int) *world {
	t.Helper()
	clock := amitest.Scaled(time.Date(2026, 11, 25, 9, 7, 0, 0, time.Local), 120)
	mix := amitest.DefaultMix(1)
	mix.Human, mix.Machine, mix.Busy, mix.Invalid, mix.Congestion, mix.Rejected = 0.25, 0.10, 0.12, 0.06, 0.02, 0.03
	mix.Talk = amitest.Spread{Median: 45 * time.Second, Sigma: 0.6}
	pbx := amitest.Lab(20)
	pbx.Clock, pbx.Plan = clock, amitest.Mix(mix)
	for i := range pbx.Queues {
		pbx.Queues[i].Wrapup = 10 * time.Second
		if len(pbx.Queues[i].Members) > 0 {
			pbx.Queues[i].Members[0].Name = hostile
		}
	}
	asterisk := amitest.New(pbx)
	if err := asterisk.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { asterisk.Close() })
	dir := t.TempDir()
	var list strings.Builder
	list.WriteString("key,phone\n")
	for i := range contacts {
		fmt.Fprintf(&list, "C%d%s,02%08d\n", i, map[bool]string{true: hostile}[i%3 == 0], 10000000+i*37)
	}
	for name, text := range map[string]string{"config.yaml": fmt.Sprintf(settings, asterisk.Addr()), "spring.csv": list.String(), "autumn.csv": "phone\n0211111111\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := dialer.New(cfg, dialer.Options{Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(guarded(control.Handler(d)))
	t.Cleanup(srv.Close)
	return &world{t: t, d: d, socket: cfg.Control.Socket, url: srv.URL}
}

// guarded is the API for those who have a token, and the page.
func guarded(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		who, ok := map[string][]string{"Bearer reads": {"read"}, "Bearer operates": {"read", "operate"}}[r.Header.Get("Authorization")]
		switch {
		case !ok:
			w.WriteHeader(401)
			json.NewEncoder(w).Encode(map[string]string{"error": "no such token"})
		case r.URL.Path == "/v1/access":
			json.NewEncoder(w).Encode(map[string]any{"name": "desk", "may": who})
		default:
			api.ServeHTTP(w, r)
		}
	})
	return mux
}
