package ami

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

// TestFrames: the reply tells whether a list follows.
func TestFrames(t *testing.T) {
	for _, tt := range []struct{ name, version, action, reply, frames, problem string }{
		{name: "no list", action: "Ping", reply: ok, frames: "Success"},
		{name: "list", action: "QueueStatus", reply: listStart + listItems + listEnd, frames: "Success a b"},
		{name: "empty list", action: "QueueStatus", reply: listStart + listEnd, frames: "Success"},
		{name: "a list of any name", action: "PJSIPShowEndpoints",
			reply: listStart + listItems + "Event: EndpointListComplete\nActionID: %[1]s\nEventList: Complete\n\n", frames: "Success a b"},
		{name: "refused", action: "PJSIPShowContacts", reply: "Response: Error\nActionID: %s\nMessage: No Contacts found\n\n", frames: "Error",
			problem: "ami: PJSIPShowContacts refused: No Contacts found"},
		{name: "an event of its own is none of the list", action: "Originate",
			reply: ok + "Event: OriginateResponse\nActionID: %[1]s\nName: x\n\n", frames: "Success"},
		{name: "protocol 1, unmarked list", version: "1.3", action: "queuesummary",
			reply: ok + listItems + "Event: QueueSummaryComplete\nActionID: %[1]s\n\n", frames: "Success a b"},
		{name: "protocol 1, no list", version: "1.3", action: "Ping", reply: ok, frames: "Success"},
		{name: "unmarked, but not of protocol 1", version: "2.10", action: "QueueSummary", reply: ok, frames: "Success"},
		{name: "never completed", action: "QueueStatus", reply: listStart + listItems, frames: "Success a b", problem: "ami: no reply in time, after QueueStatus was sent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, p := connected(t, Config{})
				if tt.version != "" {
					c.version = tt.version
				}
				go func() {
					r := p.receive()
					p.send(strings.ReplaceAll(strings.ReplaceAll(tt.reply, "%[1]s", r.id()), "%s", r.id()))
				}()
				var got []string
				problem := ""
				for m, err := range c.Frames(t.Context(), Action{Name: tt.action}) {
					if m != nil {
						got = append(got, m.Response()+m.Get("Name"))
					}
					if err != nil {
						problem = err.Error()
					}
				}
				if strings.Join(got, " ") != tt.frames || problem != tt.problem {
					t.Errorf("got %q and %q, want %q and %q", got, problem, tt.frames, tt.problem)
				}
				synctest.Wait()
				if len(c.pending) != 0 {
					t.Errorf("%d requests wait", len(c.pending))
				}
			})
		})
	}
}

// TestFramesLate: what comes after the deadline does not reach the events.
func TestFramesLate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, p := connected(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		requests := make(chan request, 1)
		go func() { requests <- p.receive(); cancel() }()
		for _, err := range c.Frames(ctx, Action{Name: "QueueStatus"}) {
			if !errors.Is(err, context.Canceled) || NeverSent(err) {
				t.Errorf("error %v", err)
			}
		}
		p.reply(<-requests, listStart+listItems+listEnd)
		synctest.Wait()
		if len(c.Events()) != 0 || c.Orphans() == 0 {
			t.Errorf("%d events, %d orphans", len(c.Events()), c.Orphans())
		}
	})
}
