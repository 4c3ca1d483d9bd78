package ami

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoginPlain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got request
		c, err := Connect(t.Context(), piped(Config{Username: "u", Secret: "s: 3", PlainLogin: true, Events: "call,agent"}, t, func(p *peer) {
			p.send("Asterisk Call Manager/5.0.4\n")
			got = p.receive()
			p.send("Event: Early\n\nMessage: half a frame\n\nResponse: Success\nActionID: somebody-else\n\n") // none is the reply
			p.reply(got, ok+"Event: FullyBooted\n\n")
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want := []string{"Action: Login", "ActionID: " + got.id(), "Username: u", "Secret: s: 3", "Events: call,agent"}
		if !slices.Equal(got.lines, want) {
			t.Errorf("sent %q, want %q", got.lines, want)
		}
		if c.Version() != "5.0.4" {
			t.Errorf("version %q", c.Version())
		}
		if m := <-c.Events(); m.Event() != "FullyBooted" {
			t.Errorf("the event after the login is %q", m)
		}
		if c.Orphans() != 0 {
			t.Error("another session's reply was taken for the login's")
		}
	})
}

func TestLoginMD5(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var challenge, login request
		c, err := Connect(t.Context(), piped(Config{Username: "u", Secret: "geheim"}, t, func(p *peer) {
			p.send("Asterisk Call Manager/11.0.0\n")
			challenge = p.receive()
			p.reply(challenge, "Response: Success\nActionID: %s\nChallenge: 840415273\n\n")
			login = p.receive()
			p.reply(login, ok)
		}))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if challenge.name() != "Challenge" || challenge.get("AuthType") != "MD5" {
			t.Errorf("first sent %q", challenge.lines)
		}
		const key = "ab6ef1a4129ccdd89d3b61212e7c7c48" // md5sum of 840415273geheim
		want := []string{"Action: Login", "ActionID: " + login.id(), "Username: u", "AuthType: MD5", "Key: " + key, "Events: on"}
		if !slices.Equal(login.lines, want) {
			t.Errorf("sent %q, want %q", login.lines, want)
		}
		if login.id() == challenge.id() {
			t.Error("both actions have the same id")
		}
	})
}

func TestLoginFails(t *testing.T) {
	const banner = "Asterisk Call Manager/11.0.0\n"
	refuse := "Response: Error\nActionID: %s\nMessage: Authentication failed\n\n"
	for _, tt := range []struct {
		name    string
		cfg     Config
		serve   func(p *peer)
		problem string
		auth    bool
	}{
		{"refused", Config{PlainLogin: true}, func(p *peer) { p.send(banner); p.reply(p.receive(), refuse); p.nc.Close() }, "refused: Authentication failed", true},
		{"refused without an id", Config{PlainLogin: true}, func(p *peer) { p.send(banner); p.receive(); p.send("Response: Error\nMessage: no\n\n") }, "refused: no", true},
		{"digest refused", Config{}, func(p *peer) {
			p.send(banner)
			p.reply(p.receive(), "Response: Success\nActionID: %s\nChallenge: 1\n\n")
			p.reply(p.receive(), refuse)
		}, "refused: Authentication failed", true},
		{"challenge refused", Config{}, func(p *peer) { p.send(banner); p.reply(p.receive(), refuse) }, "refused: Authentication failed", true},
		{"empty challenge", Config{}, func(p *peer) { p.send(banner); p.reply(p.receive(), ok) }, "no challenge", false},
		{"closed without a banner", Config{}, func(p *peer) { p.nc.Close() }, "closed without a greeting", false},
		{"another protocol", Config{}, func(p *peer) { p.send("SSH-2.0-OpenSSH_9.2p1\n") }, "not an Asterisk manager", false},
		{"closed before the challenge", Config{}, func(p *peer) { p.send(banner); p.receive(); p.nc.Close() }, "login: EOF", false},
		{"closed within the reply", Config{PlainLogin: true}, func(p *peer) { p.send(banner); p.receive(); p.send("Response: Succ"); p.nc.Close() }, "login: unexpected EOF", false},
		{"silent", Config{}, func(p *peer) {}, "login not finished: context deadline exceeded", false},
		{"slow", Config{PlainLogin: true}, func(p *peer) { p.send(banner); p.receive(); p.send("Response: Success\n") }, "login not finished: context deadline exceeded", false},
		{"does not read", Config{PlainLogin: true}, func(p *peer) { p.send(banner) }, "login not finished: context deadline exceeded", false},
		{"talks for ever", Config{PlainLogin: true}, func(p *peer) {
			p.send(banner)
			p.receive()
			for {
				if _, err := p.nc.Write([]byte("Event: X\r\n\r\n")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}, "login not finished: context deadline exceeded", false},
		{"bad name", Config{PlainLogin: true, Username: "u\r\nAction: Command"}, func(p *peer) { p.send(banner) }, "CR, LF and NUL cannot be sent", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var end *peer
				served := make(chan struct{})
				tt.cfg.DialTimeout = 7 * time.Second
				began := time.Now()
				c, err := Connect(t.Context(), piped(tt.cfg, t, func(p *peer) { defer close(served); end = p; tt.serve(p) }))
				if err == nil || c != nil {
					t.Fatalf("connected: %v", err)
				}
				d := time.Since(began)
				<-served
				if d > tt.cfg.DialTimeout {
					t.Errorf("it took %v", d)
				}
				if !strings.Contains(err.Error(), tt.problem) || !strings.HasPrefix(err.Error(), "ami: ") {
					t.Errorf("error %q, want %q", err, tt.problem)
				}
				if isAuth(err) != tt.auth {
					t.Errorf("%T is an AuthError: %v", err, isAuth(err))
				}
				if _, err := end.nc.Read(make([]byte, 1000)); err == nil {
					_, err = end.nc.Read(make([]byte, 1))
					if err == nil {
						t.Error("the connection was left open")
					}
				}
				end.nc.Close()
			})
		})
	}
}

func TestConnectContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := Connect(ctx, piped(Config{}, t, func(p *peer) { p.receive() }))
		if !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestDialFails(t *testing.T) {
	refused := errors.New("connection refused")
	_, err := Connect(t.Context(), Config{Dial: func(context.Context, string) (net.Conn, error) { return nil, refused }})
	if !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
}

// TestConnectionOutlivesItsContext: the context bounds the login only.
func TestConnectionOutlivesItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		c, err := Connect(ctx, piped(Config{PlainLogin: true}, t, func(p *peer) { p.login(); p.answer() }))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(time.Minute)
		if _, err := c.Do(t.Context(), Action{Name: "Ping"}); err != nil {
			t.Error(err)
		}
		c.Close()
	})
}
