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
// until it ends, and its API for those whose token the last reload left.
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
	text := fmt.Sprintf(preamble, "") + "control: {listen: \"" + address + "\", token_file: tokens}\n" + oneCampaign("")
	const first, second = "first-first-first-first", "second-second-second-second"
	tokens := filepath.Join(dir, "tokens")
	for name, text := range map[string]string{file: text, filepath.Join(dir, "a.csv"): numbers("1017555"), tokens: "wall read " + first} {
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
	get := func(path, token string) (status int, body string) {
		req, err := http.NewRequest("GET", "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			resp, err := http.DefaultClient.Do(req)
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
	if _, metrics := get("/metrics", ""); !strings.Contains(metrics, "dialcamp_campaign_state{campaign=\"a\",state=\"running\"} 1\n") {
		t.Errorf("%s", metrics)
	}
	if status, body := get("/readyz", ""); status != http.StatusServiceUnavailable || body != "no connection to Asterisk pbx\n" {
		t.Errorf("%d %q", status, body)
	}
	may := func(token string, want int) {
		t.Helper()
		if status, body := get("/v1/access", token); status != want {
			t.Errorf("%s: %d %s", token, status, body)
		}
	}
	may(first, http.StatusOK)
	if err := os.WriteFile(tokens, []byte("wall read "+second), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := d.Reload(t.Context(), false)
	if err != nil || len(r.Changes) != 1 || r.Changes[0].Text != "control.token_file is another" {
		t.Errorf("%+v, %v", r, err)
	}
	may(first, http.StatusUnauthorized)
	may(second, http.StatusOK)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it listens after its end")
	}
}
