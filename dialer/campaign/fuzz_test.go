package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// fuzzLines are the events of Asterisk that the fuzz target chooses from.
var fuzzLines = func() (all []string) {
	seen := map[string]bool{}
	for _, f := range fates {
		for _, l := range f.script {
			if !seen[l] {
				seen[l] = true
				all = append(all, l)
			}
		}
	}
	return append(all, "Hangup leg=agent cause=0", "QueueMember status=ringing", "QueueMember status=idle", "QueueMember kind=Removed", "AgentComplete leg=1 talk=100h",
		"UserEvent leg=1 status=MACHINE", "UserEvent leg=1 status=HUMAN", "UserEvent leg=1 status=MACHINE name=Other")
}()

// fuzzer turns bytes into events, and checks what must hold after any.
type fuzzer struct {
	t     *testing.T
	data  []byte
	core  *Core
	now   time.Time
	state map[string]string // of attempts: flying, over
	there map[string]bool   // servers and campaigns: configured, or a server that has not been disconnected
}

// setup is a configuration. Which servers and campaigns are in it is up to the
// bits of which.
func (f *fuzzer) setup(which int) (ev Reconfigure) {
	rules := RetryRules{MaxAttempts: 3}
	for o := range rules.ByOutcome {
		rules.ByOutcome[o] = RetryRule{After: []time.Duration{time.Minute}, Max: o % 3}
	}
	ev.States = map[string]State{"spring": Running, "summer": Running}
	ev.Servers = []Server{{Name: "pbx", MaxChannels: 9, CallsPerSecond: 20}}
	other := "pbx"
	if which&1 > 0 {
		other = "pbx2"
		ev.Servers = append(ev.Servers, Server{Name: other})
	}
	if which&2 > 0 {
		ev.Settings = append(ev.Settings, Settings{Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 5, Wrapup: time.Second, Retry: rules})
	}
	if which&4 > 0 {
		ev.Settings = append(ev.Settings, Settings{Name: "summer", Servers: []string{other}, Queue: "Camp200", MaxInFlight: 5, Hours: span{9 * time.Hour, 9*time.Hour + time.Minute}, Retry: rules})
	}
	if which&8 > 0 {
		ev.Settings = append(ev.Settings, Settings{Name: "autumn", Servers: slices.Compact([]string{"pbx", other}), Queue: "Camp300", MaxInFlight: 5, Retry: rules})
	}
	for i := range ev.Settings {
		if s := &ev.Settings[i]; which&16 > 0 {
			s.Pacing.Mode = []pacing.Mode{pacing.Predictive, pacing.Broadcast, pacing.Power}[i]
			s.Pacing.Ratio, s.Pacing.Limit, s.Pacing.Patience = 2, 0.03, 2
		}
	}
	for _, s := range ev.Servers {
		f.there[s.Name] = true
	}
	return ev
}

// aside checks that an effect goes to a server that is there.
func (f *fuzzer) aside(ev Event, e Effect) {
	server := ""
	switch e := e.(type) {
	case Disconnect:
		f.there[e.Server] = false
	case Originate:
		server = e.Server
		if f.core.State(e.Attempt.Campaign) == "" {
			f.t.Fatalf("%T: originated for %s, which is not configured", ev, e.Attempt.Campaign)
		}
	case HangUp:
		server = e.Server
	case AskQueue:
		server = e.Server
	case AskMembers:
		server = e.Server
	case AskChannels:
		server = e.Server
	}
	if server != "" && !f.there[server] {
		f.t.Fatalf("%T: %T to %s, which is disconnected", ev, e, server)
	}
}

func (f *fuzzer) byte() int {
	if len(f.data) == 0 {
		return 0
	}
	b := f.data[0]
	f.data = f.data[1:]
	return int(b)
}

func (f *fuzzer) one(of ...string) string { return of[f.byte()%len(of)] }

func (f *fuzzer) claims() (all []Claim) {
	for range f.byte() % 4 {
		n := f.byte() % 16
		camp := f.one("spring", "summer", "winter")
		all = append(all, Claim{Attempt: Attempt{ID: fmt.Sprintf("A%d", n), Seq: uint64(n % 3), Campaign: camp, Pass: 1, Claimed: f.now}, Contact: Contact{ID: uint64(n), Numbers: []Number{{Number: "100"}, {Number: "200"}}[:1+n%2]}})
	}
	return all
}

func (f *fuzzer) id() string     { return fmt.Sprintf("A%d", f.byte()%16) }
func (f *fuzzer) server() string { return f.one("pbx", "pbx", "pbx2", "nowhere") }

func (f *fuzzer) next() Event {
	asked := f.now.Add(-time.Duration(f.byte()) * 20 * time.Millisecond)
	switch f.byte() % 20 {
	case 0:
		return Tick{}
	case 1:
		return Operate{f.one("spring", "summer", "winter"), Verb(f.one("start", "pause", "resume", "drain", "stop", "?"))}
	case 2:
		if f.byte() == 255 {
			return Shutdown{}
		}
		return Tick{}
	case 3:
		return LinkUp{Server: f.server(), Offset: time.Duration(f.byte()-128) * time.Minute}
	case 4:
		return LinkDown{Server: f.server()}
	case 5, 6:
		return QueueSeen{Server: f.server(), Queue: f.one("Camp200", "Camp300"), Asked: asked, Known: f.byte()%8 > 0, LoggedIn: f.byte(), Available: f.byte() % 32, Callers: f.byte() % 8}
	case 7:
		return MembersSeen{Server: f.server(), Queue: f.one("Camp200", "Camp300"), Members: []ami.Member{{Interface: "PJSIP/agent01", Status: ami.DeviceState(f.byte() % 9), LastCall: f.now, Wrapup: time.Duration(f.byte()) * time.Second}}}
	case 8:
		ev := ChannelsSeen{Server: f.server(), Asked: asked}
		for range f.byte() % 4 {
			ref := leg(f.id(), f.one("1", "2", "trunk", "agent"), f.one("down", "ringing", "up"))
			ev.Channels = append(ev.Channels, ami.Channel{Name: ref.Channel, Uniqueid: ref.Uniqueid, Linkedid: ref.Linkedid, State: ref.State, Application: f.one("", "Queue", "AppQueue", "AppDial"), BridgeID: f.one("", "b")})
		}
		return ev
	case 9:
		return AskFailed{Server: f.server(), Effect: []Effect{AskQueue{f.server(), "Camp200"}, AskMembers{f.server(), "Camp200"}, AskChannels{f.server()}}[f.byte()%3]}
	case 10, 11:
		ev := Claimed{Campaign: f.one("spring", "summer", "winter"), Taken: Taken{Claims: f.claims(), Next: []time.Time{{}, f.now, f.now.Add(time.Minute)}[f.byte()%3]}}
		for i := range ev.Claims {
			ev.Claims[i].Attempt.Campaign = ev.Campaign
		}
		return ev
	case 12:
		return ClaimFailed{Campaign: f.one("spring", "summer", "winter"), Err: errors.New("full")}
	case 13:
		return Recovered{Claims: f.claims()}
	case 14:
		switch f.byte() % 3 {
		case 1:
			return CallbackAsked{Campaign: f.one("spring", "summer", "winter"), Contact: uint64(f.byte() % 16), Due: f.now.Add(time.Duration(f.byte()) * time.Second)}
		case 0:
			return Loading{Campaign: f.one("spring", "summer", "winter")}
		}
		return Loaded{Campaign: f.one("spring", "summer", "winter")}
	case 16:
		return f.setup(f.byte())
	case 15:
		return OriginateFailed{ID: f.id(), Err: originateErrors[f.one("refused", "neversent", "lost", "invalid")]}
	}
	return AMI{Server: f.server(), Event: event(f.id(), fuzzLines[f.byte()%len(fuzzLines)])}
}

func (f *fuzzer) step(ev Event) {
	claimed := map[string]bool{}
	if ev, ok := ev.(Claimed); ok {
		for _, cm := range ev.Claims {
			claimed[cm.Attempt.ID] = true
		}
	}
	effects := f.core.Step(f.now, ev)
	for _, e := range effects {
		f.aside(ev, e)
		switch e := e.(type) {
		case Originate:
			if !claimed[e.Attempt.ID] || f.state[e.Attempt.ID] != "" {
				f.t.Fatalf("%T %+v: originated %s, which is %q", ev, ev, e.Attempt.ID, f.state[e.Attempt.ID])
			}
			f.state[e.Attempt.ID] = "flying"
		case Finish:
			f.end(ev, e.Attempt.ID)
			if a := e.Attempt; a.Outcome == InFlight || a.Ended.IsZero() || a.Ring() < 0 || a.Wait() < 0 || a.Talk() < 0 {
				f.t.Fatalf("%T: finished with %+v", ev, a)
			}
			if st := e.Contact.State; st <= Pending || st == Dialing || st == Waiting && !e.Contact.Due.After(e.Attempt.Claimed) {
				f.t.Fatalf("%T: contact left %s, due %v", ev, st, e.Contact.Due)
			}
		case Withdraw:
			_, failed := ev.(OriginateFailed)
			if st := f.state[e.Attempt.ID]; !(failed && st == "flying" || claimed[e.Attempt.ID] && st == "") {
				f.t.Fatalf("%T: withdrew %s, which is %q", ev, e.Attempt.ID, st)
			}
			f.state[e.Attempt.ID] = "over"
		case TakeContacts:
			if e.Max < 1 {
				f.t.Fatalf("asked for %d contacts", e.Max)
			}
		}
	}
	if _, ok := ev.(Recovered); ok {
		for id := range f.core.calls {
			f.state[id] = "flying"
		}
	}
	for id := range f.core.calls {
		if f.state[id] != "flying" {
			f.t.Fatalf("%T: %s in flight is %q", ev, id, f.state[id])
		}
	}
	if err := countersWrong(f.core); err != "" {
		f.t.Fatalf("%T: %s", ev, err)
	}
	for _, q := range f.core.queues {
		if n := q.supply.Free(); n < 0 || q.supply.Offered > q.supply.Callers {
			f.t.Fatalf("%T: %s", ev, q.supply)
		}
	}
	f.core.Status()
}

func (f *fuzzer) end(ev Event, id string) {
	if f.state[id] != "flying" {
		f.t.Fatalf("%T %+v: finished %s, which is %q", ev, ev, id, f.state[id])
	}
	f.state[id] = "over"
}

// FuzzStep: no sequence of events panics, ends an attempt twice, originates one
// that was not claimed, or makes a count wrong; and in the end everything can
// be brought to its end by comparing with an Asterisk that has no channels.
func FuzzStep(f *testing.F) {
	for i := range byte(20) {
		f.Add([]byte(strings.Repeat(string([]byte{0, i, 0, 1, 2, 3}), 8)))
	}
	f.Add([]byte("\x00\x01\x00\x00\x00\x03\x00\x80\x00\x07\x00\x00\x01\x09\x00\x05\x00\x00\x01\x05\x05\x00\x00\x0a\x00\x03\x01\x00\x02\x00\x03\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		fz := &fuzzer{t: t, data: data, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), state: map[string]string{}, there: map[string]bool{}}
		first := fz.setup(1 + 2 + 4 + 8)
		fz.core = New(first.Servers, first.Settings, first.States)
		for len(fz.data) > 0 {
			fz.now = fz.now.Add(time.Duration(fz.byte()-16) * 50 * time.Millisecond) // backwards, too
			fz.step(fz.next())
		}
		fz.now = fz.now.Add(time.Hour)
		fz.step(Shutdown{})
		for _, name := range []string{"spring", "summer", "autumn"} {
			fz.step(ClaimFailed{Campaign: name, Err: errors.New("closed")})
		}
		for range 3 {
			for _, s := range []string{"pbx", "pbx2"} {
				fz.step(LinkUp{Server: s})
				fz.step(ChannelsSeen{Server: s, Asked: fz.now})
			}
			fz.now = fz.now.Add(10 * time.Second)
			fz.step(Tick{})
		}
		if n := fz.core.InFlight(); n != 0 {
			t.Fatalf("%d calls are stuck: %+v", n, fz.core.Status())
		}
	})
}
