package ami

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	listStart = "Response: Success\nActionID: %[1]s\nEventList: start\nMessage: will follow\n\n"
	listEnd   = "Event: QueueStatusComplete\nActionID: %[1]s\nEventList: Complete\nListItems: 2\n\n"
	listItems = "Event: QueueMember\nActionID: %[1]s\nName: a\n\nEvent: QueueMember\nActionID: %[1]s\nName: b\n\n"
)

func TestList(t *testing.T) {
	for _, tt := range []struct{ name, action, reply, items, problem string }{
		{name: "EventList", action: "QueueStatus", reply: listStart + listItems + listEnd, items: "a b"},
		{name: "a completion event of any name", action: "PJSIPShowEndpoints",
			reply: listStart + listItems + "Event: EndpointListComplete\nActionID: %[1]s\nEventList: Complete\n\n", items: "a b"},
		{name: "cancelled", action: "DBGetTree", reply: listStart + listItems + "Event: Whatever\nActionID: %[1]s\nEventList: cancelled\n\n", items: "a b"},
		{name: "empty", action: "QueueStatus", reply: listStart + listEnd},
		{name: "a no-list reply", action: "QueueStatus", reply: "Response: Goodbye\nActionID: %s\n\n"},
		{name: "without EventList", action: "QueueStatus",
			reply: ok + listItems + "Event: QueueStatusComplete\nActionID: %[1]s\n\n", items: "a b"},
		{name: "without EventList, another completion", action: "SIPpeers",
			reply: "Response: Success\nActionID: %[1]s\n\n" + listItems + "Event: PeerlistComplete\nActionID: %[1]s\nListItems: 2\n\n", items: "a b"},
		{name: "case of the action's name", action: "sippeers",
			reply: "Response: Success\nActionID: %[1]s\n\n" + listItems + "Event: PeerlistComplete\nActionID: %[1]s\n\n", items: "a b"},
		{name: "case of the action's name, usual completion", action: "queuestatus",
			reply: "Response: Success\nActionID: %[1]s\n\n" + listItems + "Event: QueueStatusComplete\nActionID: %[1]s\n\n", items: "a b"},
		{name: "refused", action: "PJSIPShowContacts", reply: "Response: Error\nActionID: %s\nMessage: No Contacts found\n\n", problem: "ami: PJSIPShowContacts refused: No Contacts found"},
		{name: "refused half-way", action: "QueueStatus", reply: listStart + listItems + "Response: Error\nActionID: %[1]s\nMessage: out of memory\n\n", items: "a b", problem: "ami: QueueStatus refused: out of memory"},
		{name: "never completed", action: "QueueStatus", reply: listStart + listItems, items: "a b", problem: "ami: no reply in time, after QueueStatus was sent"},
		{name: "half a frame among the items", action: "QueueStatus", reply: listStart + "Name: x\nActionID: %[1]s\n\n" + listItems + listEnd, items: "a b"},
		{name: "the reply twice", action: "QueueStatus", reply: listStart + listStart + listItems + listEnd, items: "a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, p := connected(t, Config{})
				ch := goList(t.Context(), c, Action{Name: tt.action})
				r := p.receive()
				p.send(strings.ReplaceAll(strings.ReplaceAll(tt.reply, "%[1]s", r.id()), "%s", r.id()))
				l := <-ch
				if got := l.values("Name"); got != tt.items {
					t.Errorf("items %q, want %q", got, tt.items)
				}
				if l.err == nil && tt.problem != "" || l.err != nil && l.err.Error() != tt.problem {
					t.Errorf("error %v, want %q", l.err, tt.problem)
				}
				if len(c.pending) != 0 || len(c.Events()) != 0 {
					t.Errorf("%d requests wait, %d events", len(c.pending), len(c.Events()))
				}
			})
		})
	}
}

// TestListsInterleaved: two lists and events among each other.
func TestListsInterleaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		a := goList(t.Context(), c, Action{Name: "QueueStatus", ID: "a"})
		p.receive()
		b := goList(t.Context(), c, Action{Name: "QueueSummary", ID: "b"})
		p.receive()
		frames := "Response: Success\nActionID: b\n\n" +
			"Response: Success\nActionID: a\n\n"
		for i := range 5 {
			frames += fmt.Sprintf("Event: QueueMember\nActionID: a\nName: a%[1]d\n\nEvent: QueueMemberStatus\nN: %[1]d\n\nEvent: QueueSummary\nName: b%[1]d\nActionID: b\n\n", i)
		}
		p.send(frames + "Event: QueueSummaryComplete\nActionID: b\n\nEvent: QueueStatusComplete\nActionID: a\n\n")
		if l := <-a; l.values("Name") != "a0 a1 a2 a3 a4" || l.err != nil {
			t.Errorf("a: %q, %v", l.values("Name"), l.err)
		}
		if l := <-b; l.values("Name") != "b0 b1 b2 b3 b4" || l.err != nil {
			t.Errorf("b: %q, %v", l.values("Name"), l.err)
		}
		for i := range 5 {
			if m := <-c.Events(); m.Int("N") != i {
				t.Errorf("event %d is %q", i, m)
			}
		}
	})
}

// TestListIsStreamed: items are yielded as they come.
func TestListIsStreamed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		go func() {
			r := p.receive()
			p.reply(r, listStart+listItems)
			time.Sleep(time.Second)
			p.reply(r, listEnd)
		}()
		began := time.Now()
		var at []time.Duration
		for _, err := range c.List(t.Context(), Action{Name: "QueueStatus"}) {
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(began))
		}
		if fmt.Sprint(at) != "[0s 0s]" {
			t.Errorf("items came after %v", at)
		}
	})
}

// TestListBreak: a consumer that breaks off early sees no error, and what is
// still to come does not reach the events.
func TestListBreak(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{EventQueue: 4})
		go func() {
			r := p.receive()
			p.reply(r, listStart+listItems)
			time.Sleep(time.Second)
			for range 100 {
				p.reply(r, listItems)
			}
			p.reply(r, listEnd)
			p.send("Event: After\n\n")
			p.answer()
		}()
		for m, err := range c.List(t.Context(), Action{Name: "QueueStatus"}) {
			if err != nil || m.Get("Name") != "a" {
				t.Errorf("%v, %v", m, err)
			}
			break
		}
		if m := <-c.Events(); m == nil || m.Event() != "After" {
			t.Errorf("the next event is %v, %v", m, c.Err())
		}
		if _, err := c.Do(t.Context(), Action{Name: "Ping"}); err != nil {
			t.Error(err)
		}
		if len(c.pending) != 0 || len(c.cut) != 0 {
			t.Errorf("%d requests wait, %d lists are remembered", len(c.pending), len(c.cut))
		}
		if c.Orphans() != 201 {
			t.Errorf("%d orphans", c.Orphans())
		}
	})
}

// TestListIDReused: a list that has ended, or was cut, does not get in the way
// of a later request with its id.
func TestListIDReused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		originate := func() {
			ch := goDo(t.Context(), c, Action{Name: "Originate", ID: "x"})
			p.reply(p.receive(), ok+"Event: OriginateResponse\nActionID: x\nResponse: Success\n\n")
			if o := <-ch; o.err != nil {
				t.Error(o.err)
			}
			synctest.Wait()
			if n := len(c.Events()); n != 1 {
				t.Fatalf("%d events", n)
			}
			<-c.Events()
		}
		for _, end := range []string{"", listEnd} {
			go func() { p.reply(p.receive(), listStart+listItems+end) }()
			for range c.List(t.Context(), Action{Name: "QueueStatus", ID: "x"}) {
				break
			}
			synctest.Wait()
			originate()
		}
		// The list is complete but its consumer is not.
		go func() { p.reply(p.receive(), listStart+listItems+listEnd) }()
		var ch <-chan outcome
		for range c.List(t.Context(), Action{Name: "QueueStatus", ID: "x"}) {
			synctest.Wait()
			ch = goDo(t.Context(), c, Action{Name: "Ping", ID: "x"})
			synctest.Wait()
			break
		}
		p.reply(p.receive(), ok)
		if o := <-ch; o.err != nil {
			t.Error(o.err)
		}
	})
}

// TestListLate: a list that begins after its deadline does not reach the events.
func TestListLate(t *testing.T) {
	for _, reply := range []string{listStart + listItems + listEnd, "Response: Error\nActionID: %s\nMessage: no\n\n"} {
		bubble(t, func(t *testing.T) {
			c, p := connected(t, Config{RequestTimeout: time.Second})
			ch := goList(t.Context(), c, Action{Name: "QueueStatus"})
			r := p.receive()
			if l := <-ch; !errors.Is(l.err, ErrNoReply) || NeverSent(l.err) {
				t.Errorf("error %v", l.err)
			}
			p.reply(r, strings.ReplaceAll(reply, "%s", "%[1]s"))
			synctest.Wait()
			if len(c.Events()) != 0 || len(c.cut) != 0 || c.Orphans() == 0 {
				t.Errorf("%d events, %d lists are remembered, %d orphans", len(c.Events()), len(c.cut), c.Orphans())
			}
		})
	}
}

// TestListsCutAreBounded: a server that completes no list does not fill memory.
func TestListsCutAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{RequestTimeout: time.Millisecond})
		go func() {
			for p.receive().name() != "" {
			}
		}()
		for range 3 * maxCut {
			for _, err := range c.List(t.Context(), Action{Name: "QueueStatus"}) {
				if !errors.Is(err, ErrNoReply) {
					t.Fatal(err)
				}
			}
		}
		if n := len(c.cut); n == 0 || n > maxCut {
			t.Errorf("%d lists are remembered", n)
		}
	})
}

func TestListCutByDisconnect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ch := goList(t.Context(), c, Action{Name: "QueueStatus"})
		p.reply(p.receive(), listStart+listItems)
		p.nc.Close()
		l := <-ch
		if l.err == nil || NeverSent(l.err) || l.values("Name") != "a b" {
			t.Errorf("items %q, error %v", l.values("Name"), l.err)
		}
	})
}

// TestListCompleteThenClosed: a list is complete even if the server closes right behind it.
func TestListCompleteThenClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		p2 := make(chan listed, 1)
		go func() {
			var l listed
			for m, err := range c.List(t.Context(), Action{Name: "QueueStatus"}) {
				if l.err = err; err == nil {
					l.items = append(l.items, m)
					<-c.Done() // a slow consumer
				}
			}
			p2 <- l
		}()
		p.reply(p.receive(), listStart+listItems+listEnd)
		p.nc.Close()
		if l := <-p2; l.err != nil || l.values("Name") != "a b" {
			t.Errorf("items %q, error %v", l.values("Name"), l.err)
		}
	})
}

func TestListCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		ch := goList(ctx, c, Action{Name: "QueueStatus"})
		p.reply(p.receive(), listStart+listItems)
		synctest.Wait()
		cancel()
		if l := <-ch; !errors.Is(l.err, context.Canceled) || l.values("Name") != "a b" {
			t.Errorf("items %q, error %v", l.values("Name"), l.err)
		}
	})
}
