package ami

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestOriginateResponseIsAnEvent also while its request still waits, whoever's
// ActionID it carries.
func TestOriginateResponseIsAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goDo(t.Context(), c, Action{Name: "Originate", ID: "o1"})
		r := p.receive()
		p.send("Event: OriginateResponse\nActionID: other\nResponse: Failure\n\n")
		p.reply(r, "Event: OriginateResponse\nActionID: %s\nResponse: Failure\nReason: 5\n\n")
		p.reply(r, ok)
		p.reply(r, "Event: OriginateResponse\nActionID: %s\nResponse: Success\nReason: 4\n\n")
		if o := <-ch; o.err != nil || o.m.Get("Message") != "done" {
			t.Errorf("got %v, %v", o.m, o.err)
		}
		for _, want := range []OriginateResponse{{ActionID: "other"}, {ActionID: "o1", Reason: 5}, {ActionID: "o1", Success: true, Reason: 4}} {
			e, is := ParseEvent(<-c.Events()).(*OriginateResponse)
			if !is {
				t.Fatalf("event %v", e)
			}
			if want.EventBase = e.EventBase; *e != want {
				t.Errorf("event %+v, want %+v", e, want)
			}
		}
		if c.Orphans() != 0 {
			t.Errorf("%d orphans", c.Orphans())
		}
	})
}

func TestEventsInOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{EventQueue: 3})
		p.send("Event: A\nN: 1\n\nEvent: A\nN: 2\n\nMessage: no event\n\nResponse: Success\nActionID: nobody's\n\nResponse: Success\n\nEvent: A\nN: 3\n\n")
		p.nc.Close()
		synctest.Wait()
		for n := 1; n <= 3; n++ {
			if m := <-c.Events(); m == nil || m.Int("N") != n {
				t.Errorf("event %d is %v", n, m)
			}
		}
		if _, open := <-c.Events(); open {
			t.Error("Events is still open")
		}
		if c.Orphans() != 3 {
			t.Errorf("%d orphans", c.Orphans())
		}
	})
}

func TestSlowConsumer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{EventQueue: 3})
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		p.receive()
		for range 3 {
			p.send("Event: A\n\n")
		}
		synctest.Wait()
		if c.Err() != nil {
			t.Fatalf("ended with a queue that just holds: %v", c.Err())
		}
		p.send("Event: A\n\n")
		<-c.Done()
		if !errors.Is(c.Err(), ErrSlowConsumer) {
			t.Errorf("Err %v", c.Err())
		}
		if o := <-ch; !errors.Is(o.err, ErrSlowConsumer) || NeverSent(o.err) {
			t.Errorf("the waiting request: %v", o.err)
		}
		n := 0
		for range c.Events() {
			n++
		}
		if n != 3 {
			t.Errorf("%d events were delivered before the end", n)
		}
	})
}

// TestRepliesDoNotWaitForEvents: a consumer that is busy does not hold up
// replies.
func TestRepliesDoNotWaitForEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{EventQueue: 3})
		p.send("Event: A\n\nEvent: A\n\nEvent: A\n\n")
		go p.answer()
		if _, err := c.Do(t.Context(), Action{Name: "Ping"}); err != nil {
			t.Error(err)
		}
	})
}

func TestKeepAlive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{PingInterval: 15 * time.Second})
		began := time.Now()
		for i := 1; i <= 100; i++ {
			r := p.receive()
			if r.name() != "Ping" || time.Since(began) != time.Duration(i)*15*time.Second {
				t.Fatalf("%q after %v", r.lines, time.Since(began))
			}
			p.reply(r, "Response: Success\nActionID: %s\nPing: Pong\n\n")
		}
		synctest.Wait()
		if c.Err() != nil {
			t.Error(c.Err())
		}
	})
}

// TestKeepAliveRefused: any answer is a sign of life.
func TestKeepAliveRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{PingInterval: time.Second})
		for range 3 {
			p.reply(p.receive(), "Response: Error\nActionID: %s\nMessage: Permission denied\n\n")
		}
		synctest.Wait()
		if c.Err() != nil {
			t.Error(c.Err())
		}
	})
}

// TestHalfOpenPeer takes everything in and says nothing.
func TestHalfOpenPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{PingInterval: 15 * time.Second, RequestTimeout: 10 * time.Second})
		go func() {
			for p.receive().name() != "" {
			}
		}()
		began := time.Now()
		<-c.Done()
		if time.Since(began) != 25*time.Second || !errors.Is(c.Err(), ErrNoReply) {
			t.Errorf("ended after %v: %v", time.Since(began), c.Err())
		}
	})
}

// TestSilentPeerWhileBusy: silence ends the connection even when no ping can be
// sent.
func TestSilentPeerWhileBusy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{PingInterval: 15 * time.Second, RequestTimeout: 10 * time.Second, MaxPending: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		ch := goDo(ctx, c, Action{Name: "Originate"}) // takes the only place
		p.receive()
		began := time.Now()
		<-c.Done()
		if d := time.Since(began); d != 35*time.Second {
			t.Errorf("ended after %v: %v", d, c.Err())
		}
		<-ch
	})
}

// TestTricklingPeer sends bytes, but no frame is ever whole.
func TestTricklingPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{PingInterval: 15 * time.Second, RequestTimeout: 10 * time.Second, MaxPending: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		ch := goDo(ctx, c, Action{Name: "Originate"}) // takes the only place
		p.receive()
		began := time.Now()
		for c.Err() == nil {
			p.nc.Write([]byte("Event: A\r\n"))
			select {
			case <-c.Done():
			case <-time.After(time.Second):
			}
		}
		if d := time.Since(began); d != 35*time.Second {
			t.Errorf("ended after %v: %v", d, c.Err())
		}
		<-ch
	})
}
