package ami

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// peer is the other end of a connection, driven line by line by a test. It uses
// none of the package's own reading and writing.
type peer struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
}

func newPeer(t testing.TB, nc net.Conn) *peer { return &peer{t, nc, bufio.NewReader(nc)} }

// send writes frames given with bare newlines.
func (p *peer) send(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p.nc, strings.ReplaceAll(s, "\n", "\r\n")); err != nil {
		p.t.Errorf("peer: %v", err)
	}
}

// request is an action as it arrives.
type request struct{ lines []string }

// receive reads the next action; its zero value says that the stream ended.
func (p *peer) receive() (r request) {
	p.t.Helper()
	for {
		line, err := p.br.ReadString('\n')
		if err != nil {
			return request{}
		}
		if !strings.HasSuffix(line, "\r\n") {
			p.t.Errorf("peer: the line %q has no CR LF", line)
		}
		if line = strings.TrimSuffix(line, "\r\n"); line == "" {
			return r
		}
		r.lines = append(r.lines, line)
	}
}

func (r request) get(key string) string {
	for _, l := range r.lines {
		if v, ok := strings.CutPrefix(l, key+": "); ok {
			return v
		}
	}
	return ""
}

func (r request) name() string { return r.get("Action") }
func (r request) id() string   { return r.get("ActionID") }

const ok = "Response: Success\nActionID: %s\nMessage: done\n\n"

// reply answers r with a format whose one verb is the ActionID.
func (p *peer) reply(r request, format string) { p.t.Helper(); p.send(fmt.Sprintf(format, r.id())) }

// login plays the server's part of a plain login.
func (p *peer) login() {
	p.t.Helper()
	p.send("Asterisk Call Manager/11.0.0\n")
	p.reply(p.receive(), ok)
}

// answer replies to every action with Success until the connection ends.
func (p *peer) answer() {
	for {
		r := p.receive()
		if r.name() == "" {
			return
		}
		fmt.Fprintf(p.nc, "Response: Success\r\nActionID: %s\r\n\r\n", r.id())
	}
}

// piped returns cfg with a Dial that hands the other end of each connection to
// serve, in a goroutine.
func piped(cfg Config, t testing.TB, serve func(p *peer)) Config {
	cfg.Dial = func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(newPeer(t, server))
		return client, nil
	}
	return cfg
}

// connected returns a logged-in connection and its peer, which does nothing
// more by itself. Both are closed at the end of the test's bubble.
func connected(t testing.TB, cfg Config) (*Conn, *peer) {
	t.Helper()
	cfg.PlainLogin = true
	if cfg.PingInterval == 0 {
		cfg.PingInterval = time.Hour // the tests of the keep-alive set it
	}
	ready := make(chan *peer, 1)
	c, err := Connect(t.Context(), piped(cfg, t, func(p *peer) { p.login(); ready <- p }))
	if err != nil {
		t.Fatal(err)
	}
	p := <-ready
	t.Cleanup(func() {
		c.Close()
		p.nc.Close()
	})
	return c, p
}

// outcome is what Do returned.
type outcome struct {
	m   *Message
	err error
}

func goDo(ctx context.Context, d Doer, a Action) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		m, err := d.Do(ctx, a)
		ch <- outcome{m, err}
	}()
	return ch
}

// listed is what List yielded.
type listed struct {
	items []*Message
	err   error
}

func (l listed) values(key string) string {
	var s []string
	for _, m := range l.items {
		s = append(s, m.Get(key))
	}
	return strings.Join(s, " ")
}

func goList(ctx context.Context, d Doer, a Action) <-chan listed {
	ch := make(chan listed, 1)
	go func() {
		var l listed
		for m, err := range d.List(ctx, a) {
			if err != nil {
				l.err = err
				break
			}
			l.items = append(l.items, m)
		}
		ch <- l
	}()
	return ch
}

// bubble runs f with virtual time. It fails if f leaves a goroutine behind.
func bubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }
