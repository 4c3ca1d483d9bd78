package campaign

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// benchCore is a Core with n calls in flight in two queues, ringing, waiting and
// talking, and agents with members.
func benchCore(b *testing.B, n int) (*Core, time.Time) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var settings []Settings
	states := map[string]State{}
	for i := range 4 {
		name := fmt.Sprintf("c%d", i)
		settings = append(settings, Settings{Name: name, Servers: []string{"pbx"}, Queue: fmt.Sprintf("Camp%d", i/2), MaxInFlight: n, Wrapup: 10 * time.Second, Hours: span{0, 24 * time.Hour}})
		states[name] = Running
	}
	c := New([]Server{{Name: "pbx"}}, settings, states)
	c.Step(now, LinkUp{Server: "pbx"})
	for q := range 2 {
		ev := MembersSeen{Server: "pbx", Queue: fmt.Sprintf("Camp%d", q)}
		for i := range n / 2 {
			ev.Members = append(ev.Members, ami.Member{Interface: fmt.Sprintf("PJSIP/agent%d", i), Status: ami.DeviceNotInUse})
		}
		c.Step(now, ev)
		c.Step(now, QueueSeen{Server: "pbx", Queue: ev.Queue, Asked: now, Known: true, Available: n, LoggedIn: n})
	}
	for i := range n {
		id := fmt.Sprintf("A%d", i)
		camp := settings[i%4].Name
		c.Step(now, Claimed{Campaign: camp, Taken: Taken{Next: now.Add(time.Hour), Claims: []Claim{{Attempt: Attempt{ID: id, Seq: uint64(i), Campaign: camp, Pass: 1, Claimed: now}}}}})
		steps := script("new", "dial", "ring")
		if i%2 == 0 {
			steps = script("new", "dial", "ring", "answer", "response", "join", "offer", "connect")
		}
		for _, l := range steps {
			c.Step(now, AMI{Server: "pbx", Event: event(id, l)})
		}
	}
	if len(c.calls) != n {
		b.Fatal(len(c.calls), "calls")
	}
	return c, now
}

// BenchmarkStep is one event with 1,000 calls in flight.
func BenchmarkStep(b *testing.B) {
	for _, bm := range []struct {
		name string
		ev   func(i int, now time.Time) Event
	}{
		{"Newstate", func(i int, _ time.Time) Event {
			return AMI{Server: "pbx", Event: event(fmt.Sprintf("A%d", i%1000), "Newstate leg=trunk state=up")}
		}},
		{"QueueMemberStatus", func(i int, _ time.Time) Event {
			return AMI{Server: "pbx", Event: event("A1", fmt.Sprintf("QueueMember queue=Camp0 status=inuse agent=agent%d", i%500))}
		}},
		{"stranger", func(int, time.Time) Event {
			return AMI{Server: "pbx", Event: event("X1", "Newstate leg=trunk state=up")}
		}},
		{"Tick", func(int, time.Time) Event { return Tick{} }},
		{"QueueSeen", func(_ int, now time.Time) Event {
			return QueueSeen{Server: "pbx", Queue: "Camp0", Asked: now, Known: true, Available: 100, LoggedIn: 500}
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			c, now := benchCore(b, 1000)
			evs := make([]Event, 1000)
			for i := range evs {
				evs[i] = bm.ev(i, now)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Step(now, evs[i%len(evs)])
			}
		})
	}
}

// BenchmarkCall is a whole call, from the claim to its end, with 1,000 others in
// flight: the cost of a call is that of about 30 events.
func BenchmarkCall(b *testing.B) {
	c, now := benchCore(b, 1000)
	lines := script("new", "dial", "ring", "answer", "response", "join", "offer", "connect", "agent-ends")
	b.ReportAllocs()
	b.ReportMetric(float64(len(lines)), "events/op")
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		id := fmt.Sprintf("B%d", i)
		evs := make([]Event, len(lines))
		for k, l := range lines {
			evs[k] = AMI{Server: "pbx", Event: event(id, l)}
		}
		b.StartTimer()
		c.Step(now, Claimed{Campaign: "c0", Taken: Taken{Next: now.Add(time.Hour), Claims: []Claim{{Attempt: Attempt{ID: id, Seq: uint64(1000 + i), Campaign: "c0", Pass: 1, Claimed: now}}}}})
		for _, ev := range evs {
			c.Step(now, ev)
		}
	}
}
