package ami

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const marker = "S3CR3T-marker"

// TestSecret fails in every way there is and looks for the secret in whatever
// can be printed.
func TestSecret(t *testing.T) {
	const banner = "Asterisk Call Manager/11.0.0\n"
	challenge := func(p *peer) {
		p.send(banner)
		p.reply(p.receive(), "Response: Success\nActionID: %s\nChallenge: 1\n\n")
	}
	refuse := func(p *peer) {
		p.reply(p.receive(), "Response: Error\nActionID: %s\nMessage: Authentication failed\n\n")
	}
	for _, tt := range []struct {
		name  string
		cfg   Config
		serve func(p *peer)
	}{
		{"connected", Config{PlainLogin: true}, func(p *peer) { p.login(); p.answer() }},
		{"connected by digest", Config{}, func(p *peer) { challenge(p); p.reply(p.receive(), ok); p.answer() }},
		{"lost", Config{PlainLogin: true}, func(p *peer) { p.login(); p.nc.Close() }},
		{"refused", Config{PlainLogin: true}, func(p *peer) { p.send(banner); refuse(p) }},
		{"digest refused", Config{}, func(p *peer) { challenge(p); refuse(p) }},
		{"no banner", Config{}, func(p *peer) { p.nc.Close() }},
		{"other banner", Config{}, func(p *peer) { p.send("SSH-2.0\n") }},
		{"silent", Config{}, func(p *peer) {}},
		{"does not read", Config{PlainLogin: true}, func(p *peer) { p.send(banner) }},
		{"closed at the login", Config{PlainLogin: true}, func(p *peer) { p.send(banner); p.receive(); p.nc.Close() }},
		{"unsendable secret", Config{PlainLogin: true, Secret: marker + "\r\nX: " + marker}, func(p *peer) { p.send(banner) }},
		{"long secret", Config{PlainLogin: true, Secret: strings.Repeat(marker, 100)}, func(p *peer) { p.send(banner) }},
		{"unsendable name", Config{PlainLogin: true, Username: "x\n"}, func(p *peer) { p.send(banner) }},
		{"no TLS there", Config{TLS: &tls.Config{InsecureSkipVerify: true}}, func(p *peer) { go io.Copy(io.Discard, p.nc); p.send(banner) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				if tt.cfg.Secret == "" {
					tt.cfg.Secret = marker
				}
				tt.cfg.PingInterval = time.Hour
				cfg := piped(tt.cfg, t, tt.serve)
				c, err := Connect(t.Context(), cfg)
				printed(t, cfg, &cfg, struct{ AMI Config }{cfg}, err)
				if c != nil {
					if c.cfg.Secret != "" {
						t.Error("the connection keeps the secret")
					}
					m, err := c.Do(t.Context(), Action{Name: "Ping"})
					printed(t, c, m, err, c.Err())
					c.Close()
					synctest.Wait()
					_, err = c.Do(t.Context(), Action{Name: "Ping"})
					printed(t, c, err, c.Err())
				}
				j := &journal{}
				stop := run(t, tt.cfg, j, tt.serve)
				if j.client.cfg.Secret != "" {
					t.Error("the client keeps the secret in the open")
				}
				time.Sleep(time.Minute)
				printed(t, j.client, j.client.Conn())
				stop()
				for _, err := range j.errs {
					printed(t, err)
				}
			})
		})
	}
	for _, l := range []Login{{Username: "u", Secret: marker}, {Username: "u", Key: marker, Events: "call"}} {
		a := l.Action()
		printed(t, l, &l, []Login{l}, struct{ L Login }{l}, a, &a, []Action{a}, struct{ A Action }{a}, a.Headers, a.Headers[1], a.Headers[len(a.Headers)-1])
	}
	a := Action{Name: "UpdateConfig", Headers: []Header{{"secret", marker}, {"PASSWORD", marker}}}
	printed(t, a, a.Headers)
	a.Add("SECRET", marker+"\r\n")
	_, err := a.Append(nil)
	printed(t, err)
	_, err = Connect(t.Context(), Config{Secret: marker, Dial: func(context.Context, string) (net.Conn, error) { return nil, errors.New("refused") }})
	printed(t, err)
}

func TestActionString(t *testing.T) {
	a := Action{Name: "Login", ID: "1", Headers: []Header{{"Username", "u\n"}, {"Secret", "s"}, {"Events", "call, agent"}}}
	const want = `Action: Login, ActionID: 1, Username: "u\n", Secret: •••, Events: call, agent`
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", a)
	if got := fmt.Sprintf("%v|%+v|%#v", a, &a, a); got != want+"|"+want+"|"+strconv.Quote(want) || !strings.Contains(b.String(), "v="+strconv.Quote(want)) {
		t.Errorf("%s, %s", got, b.String())
	}
	if got := fmt.Sprint(Login{Username: "u", Secret: "s", Events: "call"}); got != "Login u, events call" {
		t.Errorf("%s", got)
	}
}

func TestConfigString(t *testing.T) {
	cfg := Config{Address: "pbx:5038", Username: "u", Secret: marker, Events: "call"}
	const want = "ami: u@pbx:5038, events call"
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", cfg)
	if got := fmt.Sprintf("%v|%#v", cfg, cfg); got != want+"|"+want || !strings.Contains(b.String(), `"v":"`+want+`"`) {
		t.Errorf("%s, %s", got, b.String())
	}
}

func printed(t *testing.T, values ...any) {
	t.Helper()
	var b bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		for err, _ := v.(error); err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&b, "%+v %#v\n", err, err)
		}
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
	}
	for _, s := range []string{marker, fmt.Sprintf("%x", marker)} {
		if i := strings.Index(b.String(), s); i >= 0 {
			t.Errorf("the secret is in …%s", b.String()[max(0, i-200):i+len(s)])
		}
	}
}
