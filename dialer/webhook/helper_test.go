package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/webhook"
	"github.com/dialcamp/dialcamp/dialer/webhook/webhooktest"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

const where = "http://crm.example.com/hooks/SECRET-PATH"

func settings(name string) webhook.Settings {
	return webhook.Settings{Name: name, URL: where, Secret: secret, Timeout: 10 * time.Second, RetryFor: time.Hour, Queue: 100}
}

// sender sends to r. It is closed when the test ends; its log must never show what
// may be a secret.
func sender(t *testing.T, r *webhooktest.Receiver, all ...webhook.Settings) (*webhook.Sender, *logBook) {
	log := &logBook{}
	s := webhook.New(webhook.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Dial: r.Dial})
	s.Configure(all)
	t.Cleanup(func() {
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		s.Close(stopped)
		if text := log.String(); strings.Contains(text, "SECRET") || strings.Contains(text, base64.StdEncoding.EncodeToString(secret)) {
			t.Errorf("the log shows a secret:\n%s", text)
		}
	})
	return s, log
}

type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logBook) has(t *testing.T, n int, text string) {
	t.Helper()
	if got := strings.Count(l.String(), text); got != n {
		t.Errorf("%q was logged %d times, want %d:\n%s", text, got, n, l)
	}
}

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// attempt is the i-th of spring, which was busy.
func attempt(i int) *campaign.Attempt {
	return &campaign.Attempt{
		ID: fmt.Sprintf("ab12cd_%dx", i), Campaign: "spring", List: "one", Contact: uint64(i), Number: fmt.Sprint("+8210", 1000+i), Pass: 1,
		Claimed: start, Ended: start.Add(2 * time.Second), Outcome: campaign.Busy, Cause: 17,
	}
}

func expect(t *testing.T, s *webhook.Sender, waiting int, delivered, failed, dropped uint64) {
	t.Helper()
	got := s.Status()[0]
	if got.Waiting != waiting || got.Delivered != delivered || got.Failed != failed || got.Dropped != dropped {
		t.Errorf("%+v, want %d waiting, %d delivered, %d failed, %d dropped", got, waiting, delivered, failed, dropped)
	}
}
