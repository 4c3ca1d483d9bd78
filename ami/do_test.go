package ami

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goDo(t.Context(), c, Action{Name: "Originate", Headers: []Header{{"Channel", "x"}}})
		r := p.receive()
		if want := []string{"Action: Originate", "ActionID: " + r.id(), "Channel: x"}; !slices.Equal(r.lines, want) || r.id() == "" {
			t.Errorf("sent %q", r.lines)
		}
		p.reply(r, ok)
		if o := <-ch; o.err != nil || o.m.Get("Message") != "done" {
			t.Errorf("got %v, %v", o.m, o.err)
		}
	})
}

func TestDoRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goDo(t.Context(), c, Action{Name: "Originate"})
		p.reply(p.receive(), "Response: Error\nActionID: %s\nMessage: Permission denied\n\n\n")
		o := <-ch
		re, is := errors.AsType[*ReplyError](o.err)
		if !is || re.Action != "Originate" || re.Message != "Permission denied" || !Refused(o.err) || NeverSent(o.err) {
			t.Errorf("error %#v", o.err)
		}
		if o.m.Get("Message") != "Permission denied" {
			t.Errorf("the reply is %v", o.m)
		}
		if o.err.Error() != "ami: Originate refused: Permission denied" {
			t.Errorf("text %q", o.err)
		}
	})
}

// TestDoIDs: requests carry ids that no other session has.
func TestDoIDs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := map[string]bool{}
		for range 3 {
			c, p := connected(t, Config{})
			go p.answer()
			for range 100 {
				m, err := c.Do(t.Context(), Action{Name: "Ping"})
				if err != nil {
					t.Fatal(err)
				}
				if id := m.ActionID(); seen[id] || len(id) > MaxActionID {
					t.Errorf("id %q", id)
				}
				seen[m.ActionID()] = true
			}
		}
	})
}

func TestDoNoReply(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{RequestTimeout: 3 * time.Second})
		began := time.Now()
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		r := p.receive()
		o := <-ch
		if !errors.Is(o.err, ErrNoReply) || NeverSent(o.err) || Refused(o.err) || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v, NeverSent %v", time.Since(began), o.err, NeverSent(o.err))
		}
		// Its reply comes late, disturbs nobody and is counted.
		p.reply(r, ok)
		ch = goDo(t.Context(), c, Action{Name: "Ping"})
		p.reply(p.receive(), "Response: Success\nActionID: %s\nMessage: second\n\n")
		if o := <-ch; o.err != nil || o.m.Get("Message") != "second" {
			t.Errorf("then %v, %v", o.m, o.err)
		}
		if c.Orphans() != 1 || len(c.Events()) != 0 {
			t.Errorf("%d orphans, %d events", c.Orphans(), len(c.Events()))
		}
	})
}

// TestDoDeadline: the context's deadline counts, be it earlier or later than
// RequestTimeout.
func TestDoDeadline(t *testing.T) {
	for _, d := range []time.Duration{time.Second, time.Minute} {
		bubble(t, func(t *testing.T) {
			c, p := connected(t, Config{RequestTimeout: 3 * time.Second})
			go p.receive()
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			began := time.Now()
			_, err := c.Do(ctx, Action{Name: "Ping"})
			if !errors.Is(err, ErrNoReply) || time.Since(began) != d {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		})
	}
}

func TestDoCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		ch := goDo(ctx, c, Action{Name: "Ping"})
		p.receive()
		cancel()
		if o := <-ch; !errors.Is(o.err, context.Canceled) || NeverSent(o.err) {
			t.Errorf("cancelled after it was sent: %v", o.err)
		}
		_, err := c.Do(ctx, Action{Name: "Ping"})
		if !errors.Is(err, context.Canceled) || !NeverSent(err) {
			t.Errorf("cancelled before: %v", err)
		}
		if n := len(c.pending); n != 0 {
			t.Errorf("%d requests still wait", n)
		}
	})
}

// TestDoDoesNotWaitForAStuckPeer: while one write blocks, other requests keep
// their deadlines and say that they were never sent.
func TestDoDoesNotWaitForAStuckPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{WriteTimeout: time.Hour})
		first := goDo(t.Context(), c, Action{Name: "Ping"})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := c.Do(ctx, Action{Name: "Originate"})
		if !errors.Is(err, ErrNoReply) || !NeverSent(err) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v, NeverSent %v", time.Since(began), err, NeverSent(err))
		}
		if o := <-first; !errors.Is(o.err, ErrNoReply) || NeverSent(o.err) {
			t.Errorf("the one that blocks: %v", o.err)
		}
	})
}

// TestAbandonedIsNotWritten: a request whose caller has left before its turn
// came is not carried out behind the caller's back.
func TestAbandonedIsNotWritten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		first := goDo(t.Context(), c, Action{Name: "First"})
		synctest.Wait() // it is being written: nobody reads
		ctx, cancel := context.WithCancel(t.Context())
		second := goDo(ctx, c, Action{Name: "Second", ID: "same"})
		synctest.Wait()
		cancel()
		if o := <-second; !NeverSent(o.err) {
			t.Errorf("second: %v", o.err)
		}
		third := goDo(t.Context(), c, Action{Name: "Third", ID: "same"})
		synctest.Wait()
		p.reply(p.receive(), ok)
		r := p.receive()
		if r.name() != "Third" {
			t.Errorf("%s was written", r.name())
		}
		p.reply(r, ok)
		if o := <-first; o.err != nil {
			t.Error(o.err)
		}
		if o := <-third; o.err != nil {
			t.Error(o.err)
		}
	})
}

func TestDoInvalid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		_, err := c.Do(t.Context(), Action{Name: "Ping", Headers: []Header{{"K", "a\r\nb"}}})
		if _, is := errors.AsType[*InvalidError](err); !is || !NeverSent(err) {
			t.Errorf("error %v", err)
		}
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		if r := p.receive(); len(r.lines) != 2 {
			t.Errorf("bytes of it were sent: %q", r.lines)
		} else {
			p.reply(r, ok)
		}
		<-ch
	})
}

func TestIDInUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goDo(t.Context(), c, Action{Name: "Originate", ID: "call-1"})
		r := p.receive()
		if r.id() != "call-1" {
			t.Errorf("sent %q", r.lines)
		}
		_, err := c.Do(t.Context(), Action{Name: "Originate", ID: "call-1"})
		if err == nil || !NeverSent(err) || !strings.Contains(err.Error(), "in use") {
			t.Errorf("error %v", err)
		}
		p.reply(r, ok)
		if o := <-ch; o.err != nil {
			t.Errorf("the first: %v", o.err)
		}
		ch = goDo(t.Context(), c, Action{Name: "Originate", ID: "call-1"})
		p.reply(p.receive(), ok)
		if o := <-ch; o.err != nil {
			t.Errorf("the id is not free again: %v", o.err)
		}
	})
}

func TestDoOutOfOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		var chs []<-chan outcome
		for i := range 10 {
			chs = append(chs, goDo(t.Context(), c, Action{Name: "Ping", ID: fmt.Sprint("n", i)}))
		}
		var rs []request
		for range 10 {
			rs = append(rs, p.receive())
		}
		for _, r := range slices.Backward(rs) {
			p.reply(r, ok)
		}
		for i, ch := range chs {
			if o := <-ch; o.err != nil || o.m.ActionID() != fmt.Sprint("n", i) {
				t.Errorf("request %d got %v, %v", i, o.m, o.err)
			}
		}
	})
}

// TestConnectionLost fails everything that waits, at once.
func TestConnectionLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		began := time.Now()
		var dos []<-chan outcome
		for range 5 {
			dos = append(dos, goDo(t.Context(), c, Action{Name: "Ping"}))
			p.receive()
		}
		list := goList(t.Context(), c, Action{Name: "QueueStatus"})
		p.receive()
		unsent := goDo(t.Context(), c, Action{Name: "Ping"})
		synctest.Wait() // being written: part of it may be out
		unsent2 := goDo(t.Context(), c, Action{Name: "Originate"})
		synctest.Wait() // its turn has not come
		p.nc.Close()
		for _, ch := range append(dos, unsent) {
			o := <-ch
			if re, is := errors.AsType[*RequestError](o.err); !is || !re.Sent || NeverSent(o.err) {
				t.Errorf("error %v", o.err)
			}
		}
		if l := <-list; NeverSent(l.err) || l.err == nil {
			t.Errorf("list: %v", l.err)
		}
		if o := <-unsent2; !NeverSent(o.err) {
			t.Errorf("not yet written: %v", o.err)
		}
		if time.Since(began) != 0 {
			t.Errorf("it took %v", time.Since(began))
		}
		<-c.Done()
		if !strings.Contains(c.Err().Error(), "connection lost") {
			t.Errorf("Err %v", c.Err())
		}
		if _, err := c.Do(t.Context(), Action{Name: "Ping"}); !NeverSent(err) || !errors.Is(err, c.Err()) {
			t.Errorf("afterwards: %v", err)
		}
		if _, open := <-c.Events(); open {
			t.Error("Events is open")
		}
	})
}

// TestNothingIsWrittenAfterTheEnd: a request that the writer takes up as the
// connection ends was never sent.
func TestNothingIsWrittenAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{})
		p := &pending{id: "x"}
		c.pending["x"] = p
		if !c.take(p) {
			t.Error("not taken while the connection lives")
		}
		c.Close()
		if c.take(p) || p.sent {
			t.Error("taken after the end")
		}
	})
}

func TestClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		if c.Err() != nil {
			t.Errorf("Err %v while it lives", c.Err())
		}
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		p.receive()
		c.Close()
		c.Close()
		if o := <-ch; !errors.Is(o.err, ErrClosed) || NeverSent(o.err) {
			t.Errorf("error %v", o.err)
		}
		if _, err := p.nc.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer sees %v", err)
		}
		if !errors.Is(c.Err(), ErrClosed) {
			t.Errorf("Err %v", c.Err())
		}
	})
}

func TestMaxPending(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{MaxPending: 2})
		a := goDo(t.Context(), c, Action{Name: "Ping"})
		ra := p.receive()
		b := goList(t.Context(), c, Action{Name: "QueueStatus"})
		p.receive()
		_, err := c.Do(t.Context(), Action{Name: "Ping"})
		if !errors.Is(err, ErrBusy) || !NeverSent(err) {
			t.Errorf("error %v", err)
		}
		p.reply(ra, ok)
		<-a
		a = goDo(t.Context(), c, Action{Name: "Ping"})
		p.reply(p.receive(), ok)
		if o := <-a; o.err != nil {
			t.Errorf("with room again: %v", o.err)
		}
		c.Close()
		<-b
	})
}

// TestMaxPendingUnwritten: requests that wait to be written are bounded too,
// even when their callers have left.
func TestMaxPendingUnwritten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{MaxPending: 4, WriteTimeout: time.Hour, RequestTimeout: time.Second})
		for range 20 {
			c.Do(t.Context(), Action{Name: "Ping"})
		}
		if _, err := c.Do(t.Context(), Action{Name: "Ping"}); !errors.Is(err, ErrBusy) || !NeverSent(err) {
			t.Errorf("error %v", err)
		}
		if len(c.out) > 4 || len(c.pending) != 0 {
			t.Errorf("%d to write, %d wait", len(c.out), len(c.pending))
		}
	})
}

// TestMalformedReply: the rest of a frame that Asterisk has cut in two is not a
// reply, even with an ActionID.
func TestMalformedReply(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		r := p.receive()
		p.reply(r, "Message: half\nActionID: %s\n\n")
		p.reply(r, ok)
		if o := <-ch; o.err != nil || o.m.Get("Message") != "done" {
			t.Errorf("got %v, %v", o.m, o.err)
		}
		if c.Orphans() != 1 {
			t.Errorf("%d orphans", c.Orphans())
		}
	})
}

func TestTooLargeReplyIsSkipped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		p.send(sized(MaxFrameBytes + 1))
		ch := goDo(t.Context(), c, Action{Name: "Ping"})
		p.reply(p.receive(), ok)
		if o := <-ch; o.err != nil || c.Orphans() != 1 {
			t.Errorf("%v, %d orphans", o.err, c.Orphans())
		}
	})
}

func TestWriteTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, _ := connected(t, Config{WriteTimeout: 2 * time.Second})
		began := time.Now()
		_, err := c.Do(t.Context(), Action{Name: "Ping"}) // the peer does not read
		if err == nil || NeverSent(err) || time.Since(began) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		<-c.Done()
		if !strings.Contains(c.Err().Error(), "connection lost") {
			t.Errorf("Err %v", c.Err())
		}
	})
}
