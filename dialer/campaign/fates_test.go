package campaign

import (
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

var seed = flag.Int64("seed", 0, "seed of the random tests; 0: the usual ones")

// seeds runs f with n seeds, or with the one of -seed, and says which failed.
func seeds(t *testing.T, n int, f func(t *testing.T, rnd *rand.Rand)) {
	t.Helper()
	if testing.Short() {
		n = max(1, n/10)
	}
	first := int64(1)
	if *seed != 0 {
		first, n = *seed, 1
	}
	for s := first; s < first+int64(n); s++ {
		f(t, rand.New(rand.NewSource(s)))
		if t.Failed() {
			t.Fatalf("failed with -seed %d", s)
		}
	}
}

// fates are calls from beginning to end as Asterisk 22 tells them, and what
// must become of them.
var fates = []struct {
	name    string
	script  []string
	outcome Outcome
}{
	{"busy", script("new", "dial", "refuse:17:BUSY"), Busy},
	{"busy after ringing", script("new", "dial", "ring", "refuse:17:BUSY"), Busy},
	{"no answer", script("new", "dial", "ring", "refuse:19:NOANSWER"), NoAnswer},
	{"ring timeout", script("new", "dial", "ring", "ring-timeout"), NoAnswer},
	{"rejected", script("new", "dial", "ring", "refuse:21:BUSY"), Rejected},
	{"invalid", script("new", "dial", "refuse:1:CONGESTION"), Invalid},
	{"unreachable", script("new", "dial", "refuse:20:CHANUNAVAIL"), Unreachable},
	{"congestion", script("new", "dial", "refuse:34:CONGESTION"), Congestion},
	{"failed", script("new", "dial", "refuse:127:CONGESTION"), Failed},
	{"no extension", script("no-extension"), Failed},
	{"no trunk", script("no-trunk"), Failed},
	{"no channel", script("no-channel"), Failed},
	{"abandoned", script("new", "dial", "ring", "answer", "response", "join", "abandon"), Abandoned},
	{"abandoned while offered", append(script("new", "dial", "ring", "answer", "response", "join", "offer"), append([]string{"Hangup leg=agent cause=0"}, script("abandon")...)...), Abandoned},
	{"abandoned after a rejecting agent", script("new", "dial", "ring", "answer", "response", "join", "offer", "reject", "abandon"), Abandoned},
	{"dropped", script("new", "dial", "ring", "answer", "response", "join", "timeout"), Dropped},
	{"dropped after a rejecting agent", script("new", "dial", "ring", "answer", "response", "join", "offer", "reject", "timeout"), Dropped},
	{"connected, contact ends", script("new", "dial", "ring", "answer", "response", "join", "offer", "connect", "contact-ends"), Connected},
	{"connected, agent ends", script("new", "dial", "ring", "answer", "response", "join", "offer", "connect", "agent-ends"), Connected},
	{"connected at once", script("new", "dial", "answer", "response", "join", "offer", "connect", "agent-ends"), Connected},
}

// tags are the channels that an event is about. Asterisk keeps the order of the
// events of a channel; those of different channels overtake each other.
func tags(line string) (all []string) {
	a := parseArgs(splitWords(line))
	if _, ok := event("A1", line).(*ami.OriginateResponse); ok {
		return []string{"originate"}
	}
	if l := a.get("leg", "1"); strings.HasPrefix(line, "Newchannel") && (l == "1" || l == "2") {
		return []string{"1", "2"} // made together, by one thread
	}
	for _, l := range []string{a.get("leg", "1"), a.get("dest", "-")} {
		if l != "-" {
			all = append(all, l)
		}
	}
	return all
}

// splitWords are the words of a line after its name.
func splitWords(line string) []string { return strings.Fields(line)[1:] }

// overtake returns lines in a random order that keeps that of every channel.
func overtake(rnd *rand.Rand, lines []string) []string {
	queues := map[string][]int{} // tag → lines that are left, in order
	for i, l := range lines {
		for _, tag := range tags(l) {
			queues[tag] = append(queues[tag], i)
		}
	}
	var out []string
	left := len(lines)
	for left > 0 {
		var ready []int
		for i, l := range lines {
			first := true
			for _, tag := range tags(l) {
				first = first && len(queues[tag]) > 0 && queues[tag][0] == i
			}
			if first {
				ready = append(ready, i)
			}
		}
		i := ready[rnd.Intn(len(ready))]
		for _, tag := range tags(lines[i]) {
			queues[tag] = queues[tag][1:]
		}
		out = append(out, lines[i])
		left--
	}
	return out
}

// oneCall is a Core with the call A1 on its way.
type oneCall struct {
	t        *testing.T
	core     *Core
	now      time.Time
	finished []Finish
}

func newOneCall(t *testing.T) *oneCall {
	o := &oneCall{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	o.core = New([]Server{{Name: "pbx"}}, []Settings{{Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 1, Retry: RetryRules{MaxAttempts: 1}}},
		map[string]State{"spring": Running})
	o.step(LinkUp{Server: "pbx"})
	o.step(ChannelsSeen{Server: "pbx", Asked: o.now})
	o.step(MembersSeen{Server: "pbx", Queue: "Camp200"})
	o.step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: o.now, Known: true, LoggedIn: 1, Available: 1})
	o.step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{{Attempt: Attempt{ID: "A1", Seq: 1, Campaign: "spring", Pass: 1, Claimed: o.now}, Contact: Contact{ID: 1}}}}})
	return o
}

func (o *oneCall) step(ev Event) {
	for _, e := range o.core.Step(o.now, ev) {
		if f, ok := e.(Finish); ok {
			o.finished = append(o.finished, f)
			a := f.Attempt
			if a.Ring() < 0 || a.Wait() < 0 || a.Talk() < 0 || a.Ended.IsZero() || a.Outcome == InFlight {
				o.t.Errorf("finished with %+v", a)
			}
			if a.Outcome.Answered() == a.Answered.IsZero() && a.Outcome != Unknown {
				o.t.Errorf("%s, answered at %v", a.Outcome, a.Answered)
			}
		}
	}
}

func (o *oneCall) play(lines []string) {
	for _, l := range lines {
		o.now = o.now.Add(10 * time.Millisecond)
		o.step(AMI{Server: "pbx", Event: event("A1", l)})
	}
}

// reconcile lets time pass and answers every comparison: Asterisk has no channel
// of the call any more.
func (o *oneCall) reconcile() {
	for range 700 {
		o.now = o.now.Add(100 * time.Millisecond)
		for _, e := range o.core.Step(o.now, Tick{}) {
			switch e := e.(type) {
			case Finish:
				o.finished = append(o.finished, e)
			case AskChannels:
				o.step(ChannelsSeen{Server: "pbx", Asked: o.now})
			}
		}
	}
}

func (o *oneCall) check(what string) {
	o.t.Helper()
	if len(o.finished) != 1 {
		o.t.Errorf("%s: finished %d times: %+v", what, len(o.finished), o.finished)
	}
	if c := o.core; len(c.calls) != 0 || c.servers["pbx"].inFlight != c.campaigns["spring"].claiming || c.campaigns["spring"].inFlight != 0 {
		o.t.Errorf("%s: still in flight: %d calls, %d of the server, %d of the campaign", what, len(c.calls), c.servers["pbx"].inFlight, c.campaigns["spring"].inFlight)
	}
}

// TestFatesInOrder: each fate as it was captured has its outcome at its last
// event, without waiting for any time-out.
func TestFatesInOrder(t *testing.T) {
	for _, f := range fates {
		o := newOneCall(t)
		o.play(f.script)
		if f.name == "no channel" {
			o.reconcile()
		}
		o.check(f.name)
		if len(o.finished) == 1 && o.finished[0].Attempt.Outcome != f.outcome {
			t.Errorf("%s: %s", f.name, o.finished[0].Attempt.Outcome)
		}
	}
}

// TestFatesInAnyOrder: as long as the events of each channel keep their order,
// the outcome is the same.
func TestFatesInAnyOrder(t *testing.T) {
	seeds(t, 150, func(t *testing.T, rnd *rand.Rand) {
		for _, f := range fates {
			lines := overtake(rnd, f.script)
			o := newOneCall(t)
			o.play(lines)
			if f.name == "no channel" {
				o.reconcile()
			}
			o.check(f.name)
			if len(o.finished) == 1 && o.finished[0].Attempt.Outcome != f.outcome {
				t.Errorf("%s: %s, by\n%s", f.name, o.finished[0].Attempt.Outcome, join(lines))
			}
		}
	})
}

// TestFatesWithLosses: in whatever order events come, and however many are lost
// or doubled, a call ends exactly once, by reconciliation at the latest.
func TestFatesWithLosses(t *testing.T) {
	seeds(t, 60, func(t *testing.T, rnd *rand.Rand) {
		for _, f := range fates {
			lines := slices.Clone(f.script)
			rnd.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			if rnd.Intn(2) == 0 {
				lines = overtake(rnd, f.script)
			}
			for range rnd.Intn(len(lines) + 1) {
				i := rnd.Intn(len(lines))
				lines = slices.Delete(lines, i, i+1)
			}
			if len(lines) > 0 && rnd.Intn(3) == 0 {
				lines = append(lines, lines[rnd.Intn(len(lines))])
			}
			o := newOneCall(t)
			o.play(lines)
			o.reconcile()
			o.check(f.name)
			if t.Failed() {
				t.Logf("by\n%s", join(lines))
				return
			}
		}
	})
}

// TestFatesWithALinkFlap: the connection is gone for a part of the call; the
// events of that time are lost, and what Asterisk has afterwards is adopted.
func TestFatesWithALinkFlap(t *testing.T) {
	seeds(t, 60, func(t *testing.T, rnd *rand.Rand) {
		for _, f := range fates {
			from := rnd.Intn(len(f.script) + 1)
			to := from + rnd.Intn(len(f.script)+1-from)
			o := newOneCall(t)
			o.play(f.script[:from])
			o.step(LinkDown{Server: "pbx"})
			o.now = o.now.Add(time.Duration(rnd.Intn(20)) * time.Second)
			o.step(LinkUp{Server: "pbx"})
			o.step(ChannelsSeen{Server: "pbx", Asked: o.now, Channels: channelsAfter(f.script[:to])})
			o.play(f.script[to:])
			o.reconcile()
			o.check(fmt.Sprintf("%s, without %d to %d", f.name, from, to))
			if len(o.finished) == 1 {
				if got := o.finished[0].Attempt.Outcome; got == Connected && f.outcome != Connected {
					t.Errorf("%s, without %d to %d: %s", f.name, from, to, got)
				}
			}
		}
	})
}

// channelsAfter is what CoreShowChannels tells after the events.
func channelsAfter(lines []string) (all []ami.Channel) {
	live := map[string]*ami.Channel{}
	var order []string
	apps := map[string]string{"1": "AppDial2", "2": "Dial", "trunk": "AppDial", "agent": "AppQueue"}
	for _, l := range lines {
		name := strings.Fields(l)[0]
		a := parseArgs(splitWords(l))
		which := a.get("leg", "1")
		switch name {
		case "Newchannel":
			ref := leg("A1", which, "")
			live[which] = &ami.Channel{Name: ref.Channel, Uniqueid: ref.Uniqueid, Linkedid: "A1", Application: apps[which]}
			order = append(order, which)
		case "Newstate":
			if ch := live[which]; ch != nil {
				ch.State = channelStates[a["state"]]
			}
		case "QueueCallerJoin":
			live["1"].Application = "Queue"
		case "AgentConnect":
			live["1"].BridgeID, live["agent"].BridgeID = "b1", "b1"
		case "Hangup":
			delete(live, which)
		}
	}
	for _, which := range order {
		if ch := live[which]; ch != nil {
			all = append(all, *ch)
		}
	}
	return all
}
