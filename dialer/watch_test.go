package dialer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
)

// TestWatched: a daemon that is told to has its metrics and its health on TCP,
// until it ends.
func TestWatched(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(preamble, "") + "control: {listen: \"" + address + "\"}\n" + oneCampaign("")
	for name, text := range map[string]string{file: text, filepath.Join(dir, "a.csv"): numbers("1017555")} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dialer.New(cfg, dialer.Options{
		Log:  slog.New(slog.DiscardHandler),
		Dial: func(context.Context, string) (net.Conn, error) { return nil, net.ErrClosed },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx, t.Context()) }()
	get := func(path string) (status int, body string) {
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			resp, err := http.Get("http://" + address + path)
			if err != nil && time.Now().Before(deadline) {
				continue // it does not listen yet
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(b)
		}
	}
	if _, metrics := get("/metrics"); !strings.Contains(metrics, "dialcamp_campaign_state{campaign=\"a\",state=\"running\"} 1\n") {
		t.Errorf("%s", metrics)
	}
	if status, body := get("/readyz"); status != http.StatusServiceUnavailable || body != "no connection to Asterisk pbx\n" {
		t.Errorf("%d %q", status, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it listens after its end")
	}
}
