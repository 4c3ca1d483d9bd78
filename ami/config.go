package ami

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"
)

// Config says how to reach a manager. Zero values mean the defaults.
type Config struct {
	Address  string // host:port
	Username string
	Secret   string
	// PlainLogin sends the secret as it is, rather than as an MD5 response to
	// Asterisk's challenge. Sensible only over TLS.
	PlainLogin bool
	// TLS, if set, encrypts; the peer's certificate is verified as it says.
	TLS *tls.Config
	// Events is the mask sent at login, e.g. "call,agent"; default "on". "off"
	// suppresses OriginateResponse too.
	Events string

	DialTimeout    time.Duration // TCP, TLS and login together; default 10 s
	RequestTimeout time.Duration // a request whose context has no deadline; default 10 s
	PingInterval   time.Duration // default 15 s; also flushes events that Asterisk holds back
	WriteTimeout   time.Duration // one frame; default 5 s
	EventQueue     int           // frames waiting for the Handler; default 16384
	MaxPending     int           // requests waiting for a reply; default 1024

	// Dial replaces the network, for tests.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Jitter draws what a Client adds to half of its wait, at most so much; default
	// by chance.
	Jitter func(most time.Duration) time.Duration
}

// String leaves the secret out, and so do GoString and LogValue.
func (c Config) String() string {
	return fmt.Sprintf("ami: %s@%s, events %s", printable(c.Username), printable(c.Address), printable(c.Events))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.DialTimeout, 10*time.Second)
	set(&c.RequestTimeout, 10*time.Second)
	set(&c.PingInterval, 15*time.Second)
	set(&c.WriteTimeout, 5*time.Second)
	if c.EventQueue == 0 {
		c.EventQueue = 1 << 14
	}
	if c.MaxPending == 0 {
		c.MaxPending = 1 << 10
	}
	if c.Events == "" {
		c.Events = "on"
	}
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
	}
	if c.Jitter == nil {
		c.Jitter = func(most time.Duration) time.Duration { return rand.N(most + 1) }
	}
	return c
}
