package ami_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// gated handles nothing before its gate is opened.
type gated struct {
	up, gate chan struct{}
	handled  int
}

func (g *gated) Connected(*ami.Conn)               { close(g.up) }
func (g *gated) Event(*ami.Message)                { <-g.gate; g.handled++ }
func (g *gated) Disconnected(error, time.Duration) {}

// A reply overtakes the events before it; Barrier lets them catch up.
func TestBarrierWaitsForTheEventsBeforeAReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.New(amitest.Lab(2))
		defer s.Close()
		g := &gated{up: make(chan struct{}), gate: make(chan struct{})}
		c := ami.NewClient(ami.Config{Username: "dialcamp", Secret: "dialcamp-secret", Events: "agent", Dial: s.DialFunc}, g)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan struct{})
		go func() { c.Run(ctx); close(ran) }()
		<-g.up
		for _, paused := range []bool{true, false} {
			if _, err := ami.Send(ctx, c, ami.QueuePause{Interface: "PJSIP/agent1", Queue: "Camp200", Paused: paused}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ami.Send(ctx, c, ami.QueueSummary{Queue: "Camp200"}); err != nil {
			t.Fatal(err)
		}
		passed := make(chan error, 1)
		go func() { passed <- c.Barrier(ctx) }()
		synctest.Wait()
		select {
		case err := <-passed:
			t.Fatalf("the barrier fell before the events were handled: %v", err)
		default:
		}
		close(g.gate)
		if err := <-passed; err != nil || g.handled < 2 {
			t.Errorf("%d events handled, %v; want both pauses", g.handled, err)
		}
		cancel()
		<-ran
		if err := c.Barrier(t.Context()); err != ami.ErrNotConnected {
			t.Errorf("without a connection: %v", err)
		}
	})
}

// What the end of the connection leaves unhandled is not waited for.
func TestBarrierEndsWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.New(amitest.Lab(2))
		defer s.Close()
		g := &gated{up: make(chan struct{}), gate: make(chan struct{})}
		c := ami.NewClient(ami.Config{Username: "dialcamp", Secret: "dialcamp-secret", Events: "agent", Dial: s.DialFunc}, g)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan struct{})
		go func() { c.Run(ctx); close(ran) }()
		<-g.up
		if _, err := ami.Send(ctx, c, ami.QueuePause{Interface: "PJSIP/agent1", Queue: "Camp200", Paused: true}); err != nil {
			t.Fatal(err)
		}
		short, end := context.WithTimeout(ctx, time.Second)
		defer end()
		if err := c.Barrier(short); err != context.DeadlineExceeded {
			t.Errorf("with a deadline: %v", err)
		}
		close(g.gate)
		cancel()
		<-ran
	})
}
