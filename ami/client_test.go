package ami

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// journal is a Handler that writes down what it is told.
type journal struct {
	lines   []string
	errs    []error
	retries []time.Duration
	client  *Client
	onEvent func(m *Message)
}

func (j *journal) Connected(c *Conn) {
	j.lines = append(j.lines, "connected "+c.Version())
	if j.client != nil && j.client.Conn() != c {
		j.lines = append(j.lines, "but Conn is another")
	}
}

func (j *journal) Event(m *Message) {
	j.lines = append(j.lines, m.Event()+m.Get("N"))
	if j.onEvent != nil {
		j.onEvent(m)
	}
}

func (j *journal) Disconnected(err error, retry time.Duration) {
	j.lines = append(j.lines, "disconnected")
	j.errs, j.retries = append(j.errs, err), append(j.retries, retry)
	if j.client != nil && j.client.Conn() != nil {
		j.lines = append(j.lines, "but Conn is still there")
	}
}

// run runs a Client until the bubble's test returns; each connection is served
// in turn by one of serve, the last again and again.
func run(t *testing.T, cfg Config, j *journal, serve ...func(p *peer)) (stop func()) {
	cfg.PlainLogin = cfg.PlainLogin || cfg.Secret == ""
	cfg.PingInterval = time.Hour
	var n atomic.Int32
	cfg = piped(cfg, t, func(p *peer) {
		serve[min(int(n.Add(1)), len(serve))-1](p)
	})
	c := NewClient(cfg, j)
	j.client = c
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	return func() { cancel(); <-ended }
}

func TestClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		j := &journal{}
		stop := run(t, Config{}, j, func(p *peer) {
			p.login()
			p.send("Event: A\nN: 1\n\nEvent: A\nN: 2\n\n")
			p.nc.Close()
		}, func(p *peer) {
			p.login()
			p.send("Event: B\n\n")
			p.receive()
		})
		time.Sleep(time.Minute)
		if _, err := j.client.Do(t.Context(), Action{Name: "K", Headers: []Header{{"", ""}}}); !NeverSent(err) || errors.Is(err, ErrNotConnected) {
			t.Errorf("while up: %v", err)
		}
		stop()
		want := []string{"connected 11.0.0", "A1", "A2", "disconnected", "connected 11.0.0", "B", "disconnected"}
		if !slices.Equal(j.lines, want) {
			t.Errorf("got %q", j.lines)
		}
		if len(j.errs) != 2 || j.errs[0] == nil || !errors.Is(j.errs[1], context.Canceled) || j.retries[1] != 0 {
			t.Errorf("errors %v, retries %v", j.errs, j.retries)
		}
		if j.retries[0] < BackoffMin/2 || j.retries[0] > BackoffMin {
			t.Errorf("the first wait is %v", j.retries[0])
		}
	})
}

func TestClientWhileDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		j := &journal{}
		c := NewClient(Config{}, j)
		down := func(when string) {
			t.Helper()
			_, err := c.Do(t.Context(), Action{Name: "Ping"})
			if !errors.Is(err, ErrNotConnected) || !NeverSent(err) {
				t.Errorf("%s: Do: %v", when, err)
			}
			n := 0
			for m, err := range c.List(t.Context(), Action{Name: "QueueStatus"}) {
				if n++; m != nil || !errors.Is(err, ErrNotConnected) || !NeverSent(err) {
					t.Errorf("%s: List: %v, %v", when, m, err)
				}
			}
			if n != 1 {
				t.Errorf("%s: List yields %d pairs", when, n)
			}
		}
		down("before Run")
		stop := run(t, Config{}, j, func(p *peer) { p.nc.Close() })
		c = j.client
		time.Sleep(time.Minute)
		down("while it cannot connect")
		stop()
		down("after Run")
	})
}

// TestClientInHandler: a Handler may send requests.
func TestClientInHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		j := &journal{}
		j.onEvent = func(m *Message) {
			if m.Event() != "A" {
				return
			}
			_, err := j.client.Do(t.Context(), Action{Name: "Ping"})
			n := 0
			for range j.client.List(t.Context(), Action{Name: "QueueStatus"}) {
				n++
			}
			j.lines = append(j.lines, fmt.Sprint("ping ", err, " items ", n))
		}
		stop := run(t, Config{}, j, func(p *peer) {
			p.login()
			p.send("Event: A\n\nEvent: B\n\n")
			p.reply(p.receive(), ok)
			p.reply(p.receive(), listStart+listItems+listEnd)
			p.receive()
		})
		time.Sleep(time.Second)
		stop()
		if want := []string{"connected 11.0.0", "A", "ping <nil> items 2", "B", "disconnected"}; !slices.Equal(j.lines, want) {
			t.Errorf("got %q", j.lines)
		}
	})
}

// TestClientStops at whatever it is doing, at once.
func TestClientStops(t *testing.T) {
	for name, serve := range map[string]func(p *peer){
		"during the login": func(p *peer) { p.receive() },
		"while connected":  func(p *peer) { p.login(); p.answer() },
		"while it waits":   func(p *peer) { p.nc.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				j := &journal{}
				stop := run(t, Config{DialTimeout: time.Hour}, j, serve)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				began := time.Now()
				stop()
				if time.Since(began) != 0 {
					t.Errorf("it took %v", time.Since(began))
				}
				if n := len(j.lines); j.lines[n-1] != "disconnected" {
					t.Errorf("the last call is %q", j.lines[n-1])
				}
				if err := j.errs[len(j.errs)-1]; name != "while it waits" && !errors.Is(err, context.Canceled) {
					t.Errorf("the last error is %v", err)
				}
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := &journal{}
	NewClient(Config{}, j).Run(ctx)
	if len(j.lines) != 0 {
		t.Errorf("with a context that has ended: %q", j.lines)
	}
}

// TestBackoff checks each wait against its bounds, and that it is waited for.
func TestBackoff(t *testing.T) {
	var all []time.Duration
	for range 20 {
		bubble(t, func(t *testing.T) {
			var dialled []time.Time
			cfg := Config{Dial: func(context.Context, string) (net.Conn, error) {
				dialled = append(dialled, time.Now())
				return nil, errors.New("refused")
			}}
			j := &journal{}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			NewClient(cfg, j).Run(ctx)
			limit := BackoffMin
			for i, d := range j.retries {
				if d < limit/2 || d > limit {
					t.Errorf("wait %d is %v, not within [%v, %v]", i, d, limit/2, limit)
				}
				if i+1 < len(dialled) && dialled[i+1].Sub(dialled[i]) != d {
					t.Errorf("wait %d took %v, not %v", i, dialled[i+1].Sub(dialled[i]), d)
				}
				limit = min(2*limit, BackoffMax)
			}
			if len(j.retries) < 40 || limit != BackoffMax {
				t.Errorf("%d attempts in ten minutes", len(j.retries))
			}
			all = append(all, j.retries[len(j.retries)-30:]...)
		})
	}
	slices.Sort(all)
	if lo, hi := all[0], all[len(all)-1]; lo > BackoffMax*6/10 || hi < BackoffMax*9/10 {
		t.Errorf("waits lie between %v and %v: no jitter", lo, hi)
	}
}

// TestBackoffStartsOver after a connection that lived, not after one that only
// took long to fail.
func TestBackoffStartsOver(t *testing.T) {
	lived := func(d time.Duration) func(p *peer) {
		return func(p *peer) { p.login(); time.Sleep(d); p.nc.Close() }
	}
	fails := func(p *peer) { p.nc.Close() }
	silent := func(p *peer) { p.receive() }
	for _, tt := range []struct {
		name  string
		serve func(p *peer)
		limit time.Duration // of the wait after it
	}{
		{"long life", lived(BackoffMax), BackoffMin},
		{"short life", lived(BackoffMax - time.Millisecond), 4 * BackoffMin},
		{"slow to fail", silent, 4 * BackoffMin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				j := &journal{}
				stop := run(t, Config{DialTimeout: 2 * BackoffMax}, j, fails, fails, tt.serve, fails)
				time.Sleep(3 * time.Minute)
				stop()
				for i, limit := range []time.Duration{BackoffMin, 2 * BackoffMin, tt.limit, 2 * tt.limit} {
					if d := j.retries[i]; d < limit/2 || d > limit {
						t.Errorf("wait %d is %v, not within [%v, %v]", i, d, limit/2, limit)
					}
				}
			})
		})
	}
}

func TestBackoffAfterRefusedLogin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		j := &journal{}
		stop := run(t, Config{}, j, func(p *peer) {
			p.send("Asterisk Call Manager/11.0.0\n")
			p.reply(p.receive(), "Response: Error\nActionID: %s\nMessage: Authentication failed\n\n")
		})
		time.Sleep(time.Minute)
		stop()
		for i, d := range j.retries[:len(j.retries)-1] {
			if _, is := errors.AsType[*AuthError](j.errs[i]); !is || d < BackoffMax/2 || d > BackoffMax {
				t.Errorf("wait %d is %v after %v", i, d, j.errs[i])
			}
		}
		if len(j.errs) > 9 {
			t.Errorf("%d attempts in a minute", len(j.errs))
		}
	})
}
