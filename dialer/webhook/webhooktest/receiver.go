// Package webhooktest has a receiver of webhooks: a real HTTP server at the other end
// of pipes, so that it can be in a testing/synctest bubble.
package webhooktest

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Receiver answers deliveries. A signature that the Standard Webhooks library
// refuses is an error of the test.
type Receiver struct {
	t      testing.TB
	conns  chan net.Conn
	closed chan struct{}

	mu     sync.Mutex
	secret []byte
	answer Answer
	got    []Delivery
	busy   int
	most   int
}

// Delivery is one that came, or the same again.
type Delivery struct {
	Time time.Time
	Host string
	ID   string
	Body string
}

// Answer answers the n-th delivery since it is in place, from 0.
type Answer func(w http.ResponseWriter, r *http.Request, n int)

// Status answers with these in turn, and then with the last.
func Status(codes ...int) Answer {
	return func(w http.ResponseWriter, _ *http.Request, n int) { w.WriteHeader(codes[min(n, len(codes)-1)]) }
}

// Hang never answers.
func Hang(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }

// New returns a receiver that serves until the test ends.
func New(t testing.TB, secret []byte, answer Answer) *Receiver {
	r := &Receiver{t: t, secret: secret, conns: make(chan net.Conn), closed: make(chan struct{}), answer: answer}
	srv := &http.Server{Handler: http.HandlerFunc(r.serve)}
	served := make(chan struct{})
	go func() {
		srv.Serve(listener{r})
		close(served)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return r
}

// Dial connects to it, whatever the address.
func (r *Receiver) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case r.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct{ r *Receiver }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.r.conns:
		return c, nil
	case <-l.r.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error   { close(l.r.closed); return nil }
func (l listener) Addr() net.Addr { return &net.UnixAddr{} }

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // it was cut off
	}
	r.mu.Lock()
	wh, err := standardwebhooks.NewWebhookRaw(r.secret)
	if err == nil {
		err = wh.Verify(body, req.Header)
	}
	if err != nil || req.Method != "POST" || req.Header.Get("Content-Type") != "application/json" {
		r.t.Errorf("%s of %q: %v", req.Method, req.Header.Get("Content-Type"), err)
	}
	n := len(r.got)
	r.got = append(r.got, Delivery{time.Now(), req.Host, req.Header.Get("webhook-id"), string(body)})
	r.busy++
	r.most = max(r.most, r.busy)
	answer := r.answer
	r.mu.Unlock()
	answer(w, req, n)
	r.mu.Lock()
	r.busy--
	r.mu.Unlock()
}

// Deliveries are those that came since the answer is in place.
func (r *Receiver) Deliveries() []Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// AtOnce is how many were being answered at the same time, at most.
func (r *Receiver) AtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}

// Answer answers so from now on, with what came before forgotten.
func (r *Receiver) Answer(answer Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.got = answer, nil
}

// Secret changes the secret.
func (r *Receiver) Secret(secret []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}
