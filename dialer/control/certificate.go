package control

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
)

// certificate is what a server shows. Its files are read again when they have
// changed; until both are right, the ones before are used.
type certificate struct {
	files config.ServerTLS
	log   *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	read   stamps // of pair
	failed stamps // of what could not be read
}

type stamps [2]struct {
	time time.Time
	size int64
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.stamps()
	if c.pair != nil && now == c.read {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	switch {
	case err == nil:
		c.pair, c.read = &pair, now
	case c.pair == nil:
		return nil, err
	case now != c.failed:
		c.failed = now
		c.log.Error("the changed certificate cannot be used; the one before is", "cert_file", c.files.CertFile, "error", err)
	}
	return c.pair, nil
}

func (c *certificate) stamps() (s stamps) {
	for i, path := range []string{c.files.CertFile, c.files.KeyFile} {
		if info, err := os.Stat(path); err == nil {
			s[i].time, s[i].size = info.ModTime(), info.Size()
		}
	}
	return s
}

// handshakes is a log whose lines on failed handshakes, which any scanner of
// ports causes, are for debugging.
type handshakes struct{ slog.Handler }

func (h handshakes) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "http: TLS handshake error") {
		r.Level = slog.LevelDebug
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}
