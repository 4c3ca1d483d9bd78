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

// connectGated connects a client with a closed gate; stop returns when its Run
// has.
func connectGated(t *testing.T) (g *gated, c *ami.Client, ctx context.Context, stop func()) {
	s := amitest.New(amitest.Lab(2))
	t.Cleanup(func() { s.Close() })
	g = &gated{up: make(chan struct{}), gate: make(chan struct{})}
	c = ami.NewClient(ami.Config{Username: "dialcamp", Secret: "dialcamp-secret", Events: "agent", Dial: s.DialFunc}, g)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { c.Run(ctx); close(ran) }()
	<-g.up
	return g, c, ctx, func() { cancel(); <-ran }
}

// A reply overtakes the events before it; Barrier lets them catch up.
func TestBarrierWaitsForTheEventsBeforeAReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c, ctx, stop := connectGated(t)
		for _, paused := range []bool{true, false} {
			if _, err := ami.Send(ctx, c, ami.QueuePause{Interface: "PJSIP/agent1", Queue: "Camp200", Paused: paused}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ami.Send(ctx, c, ami.QueueSummary{Queue: "Camp200"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // both events have been received
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
		stop()
		if err := c.Barrier(t.Context()); err != ami.ErrNotConnected {
			t.Errorf("without a connection: %v", err)
		}
	})
}

// What the end of the connection leaves unhandled is not waited for.
func TestBarrierEndsWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c, ctx, stop := connectGated(t)
		if _, err := ami.Send(ctx, c, ami.QueuePause{Interface: "PJSIP/agent1", Queue: "Camp200", Paused: true}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the event has been received, if not handled
		short, end := context.WithTimeout(ctx, time.Second)
		defer end()
		if err := c.Barrier(short); err != context.DeadlineExceeded {
			t.Errorf("with a deadline: %v", err)
		}
		close(g.gate)
		stop()
	})
}
