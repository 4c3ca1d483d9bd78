package ami

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Connect dials and logs in. ctx bounds that, not the connection's life. The
// caller must consume Events, or the connection ends with ErrSlowConsumer.
func Connect(ctx context.Context, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()
	raw, err := cfg.Dial(ctx, cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("ami: %w", err)
	}
	nc := raw
	if cfg.TLS != nil {
		tc := cfg.TLS
		if tc.ServerName == "" && !tc.InsecureSkipVerify {
			host, _, _ := net.SplitHostPort(cfg.Address)
			tc = tc.Clone()
			tc.ServerName = host
		}
		nc = tls.Client(raw, tc)
	}
	// The login is synchronous; a context that ends unblocks it.
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	c := &Conn{
		cfg:     cfg,
		nc:      nc,
		raw:     raw,
		out:     make(chan *pending, cfg.MaxPending),
		pending: make(map[string]*pending),
		cut:     make(map[string]string),
		events:  make(chan *Message, cfg.EventQueue),
		done:    make(chan struct{}),
		ids:     newIDPrefix(),
	}
	c.cfg.Secret = ""
	r := NewReader(nc)
	err = c.login(r, cfg.Secret)
	if !stop() && !isAuth(err) {
		err = fmt.Errorf("ami: login not finished: %w", ctx.Err())
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	go c.read(r)
	go c.write()
	go c.keepAlive()
	return c, nil
}

func isAuth(err error) bool {
	_, ok := errors.AsType[*AuthError](err)
	return ok
}

// newIDPrefix makes ActionIDs globally unique, because OriginateResponse goes
// to every session of a server.
func newIDPrefix() string {
	var b [5]byte
	rand.Read(b[:])
	return "dc" + hex.EncodeToString(b[:]) + "-"
}

func (c *Conn) newID() string {
	return fmt.Sprintf("%s%d", c.ids, c.nextID.Add(1))
}

func (c *Conn) login(r *Reader, secret string) error {
	v, err := r.ReadBanner()
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("ami: closed without a greeting; the server may have too many unauthenticated sessions, or forbids this address")
		}
		return fmt.Errorf("ami: greeting: %w", err)
	}
	c.version = v
	login := Login{Username: c.cfg.Username, Events: c.cfg.Events}
	if c.cfg.PlainLogin {
		login.Secret = secret
	} else {
		m, err := c.exchange(r, Challenge{}.Action())
		if err != nil {
			return err
		}
		if m.Response() != "Success" {
			return &AuthError{c.cfg.Username, m.Get("Message")}
		}
		challenge := m.Get("Challenge")
		if challenge == "" {
			return errors.New("ami: login: the server sent no challenge")
		}
		login.Key = LoginKey(challenge, secret)
	}
	m, err := c.exchange(r, login.Action())
	if err != nil {
		return err
	}
	if m.Response() != "Success" {
		return &AuthError{c.cfg.Username, m.Get("Message")}
	}
	return nil
}

// exchange sends a and returns its reply, before the reading loop runs.
func (c *Conn) exchange(r *Reader, a Action) (*Message, error) {
	a.ID = c.newID()
	b, err := a.Append(nil)
	if err != nil {
		return nil, err
	}
	if _, err := c.nc.Write(b); err != nil {
		return nil, fmt.Errorf("ami: %w", err)
	}
	for {
		m, err := r.ReadMessage()
		if err != nil {
			return nil, fmt.Errorf("ami: login: %w", err)
		}
		if id := m.ActionID(); m.Response() != "" && (id == a.ID || id == "") {
			return m, nil
		}
	}
}
