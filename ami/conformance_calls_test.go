package ami_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// scenario is one call: what it causes, and what must come before what.
type scenario struct {
	name     string
	number   string
	context  string // of the trunk; default DialCamp
	timeout  time.Duration
	variable string
	queue    string // context of the destination; default campaign
	exten    string // there; default 200
	data     string // of application Queue, instead of exten
	during   func(t *testing.T, r *recorder, id string)
	want     []string
}

// What the legs of a call that is answered have in common.
var (
	begin    = []string{"Newchannel 1", "Newchannel 2", "DialBegin >1", "Newchannel trunk", "DialBegin 2>trunk"}
	rings    = append(slices.Clone(begin), "Newstate trunk 5", "Newstate 1 5", "DialState >1 RINGING", "DialState 2>trunk RINGING")
	answers  = append(slices.Clone(rings), "Newstate trunk 6", "DialEnd 2>trunk ANSWER", "Newstate 2 6", "Newstate 1 6", "DialEnd >1 ANSWER", "OriginateResponse Success 4")
	connects = []string{"QueueCallerJoin 1 Camp200", "Newchannel agent", "AgentCalled 1>agent", "DialBegin 1>agent", "Newstate agent 5",
		"DialState 1>agent RINGING", "Newstate agent 6", "DialEnd 1>agent ANSWER", "QueueCallerLeave 1 Camp200", "AgentConnect 1>agent"}
	ringsOnly = []string{"Newchannel agent", "AgentCalled 1>agent", "DialBegin 1>agent", "Newstate agent 5", "DialState 1>agent RINGING"}
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

func ends(trunk, second, first int) []string {
	return []string{fmt.Sprint("Hangup trunk ", trunk), fmt.Sprint("Hangup 2 ", second), fmt.Sprint("Hangup 1 ", first)}
}

func refused(cause int, status string) []string {
	return join(begin, []string{"DialEnd 2>trunk " + status, "DialEnd >1 " + status, "OriginateResponse Failure 0"}, ends(cause, cause, cause))
}

// order is what holds in every call that has both; the rest comes as it likes.
var order = [][2]string{
	{"Newchannel 1", "Newchannel 2"}, {"Newchannel 2", "DialBegin >1"}, {"Newchannel 2", "Newchannel trunk"},
	{"Newchannel trunk", "DialBegin 2>trunk"}, {"DialBegin 2>trunk", "DialEnd 2>trunk *"}, {"DialEnd 2>trunk *", "Hangup 2 *"},
	{"DialEnd 2>trunk *", "Hangup trunk *"}, {"DialBegin >1", "DialEnd >1 *"}, {"DialEnd >1 *", "Hangup 1 *"}, {"DialEnd >1 ANSWER", "QueueCallerJoin *"},
	{"Newstate trunk 6", "DialEnd 2>trunk ANSWER"}, {"Newstate 1 6", "DialEnd >1 ANSWER"},
	{"DialEnd >1 ANSWER", "UserEvent *"}, {"UserEvent *", "QueueCallerJoin *"}, {"UserEvent *", "Hangup *"},
	{"QueueCallerJoin *", "AgentCalled *"}, {"Newchannel agent", "AgentCalled *"}, {"AgentCalled *", "DialBegin 1>agent"},
	{"DialBegin 1>agent", "DialEnd 1>agent *"}, {"DialEnd 1>agent ANSWER", "QueueCallerLeave *"}, {"QueueCallerLeave *", "AgentConnect *"},
	{"AgentConnect *", "AgentComplete *"}, {"QueueCallerJoin *", "QueueCallerAbandon *"}, {"QueueCallerAbandon *", "QueueCallerLeave *"},
	{"QueueCallerAbandon *", "Hangup 1 *"}, {"AgentRingNoAnswer *", "QueueCallerAbandon *"},
}

func (s *site) testCalls(t *testing.T) {
	all := []scenario{
		{name: "originate timeout", number: "4555", timeout: time.Second,
			want: join(rings, []string{"DialEnd 2>trunk CANCEL", "OriginateResponse Failure 3"}, ends(19, 19, 19))},
		{name: "dial timeout", number: "4555", variable: "RING=1",
			want: join(rings, []string{"DialEnd 2>trunk NOANSWER", "DialEnd >1 NOANSWER", "OriginateResponse Failure 0"}, ends(0, 16, 16))},
		{name: "refused after ringing", number: "501555",
			want: join(rings, []string{"DialEnd 2>trunk NOANSWER", "DialEnd >1 NOANSWER", "OriginateResponse Failure 0"}, ends(21, 21, 21))},
		{name: "abandoned", number: "302005555", exten: "empty",
			want: join(answers, []string{"QueueCallerJoin 1 Empty", "QueueCallerAbandon 1 Empty", "QueueCallerLeave 1 Empty"}, ends(16, 16, 16))},
		{name: "queue timeout, application", number: "302900555", data: "Empty,t,,,1",
			want: join(answers, []string{"QueueCallerJoin 1 Empty", "QueueCallerAbandon 1 Empty", "QueueCallerLeave 1 Empty"}, ends(16, 16, 0))},
		{name: "unknown queue", number: "302900555", data: "Nonesuch,t,,,1",
			want: join(answers, ends(16, 16, 0))},
		{name: "plus", number: "+1017555", want: refused(17, "BUSY")},
		{name: "hangup of 1 while ringing", number: "4555", during: hangupWhen("DialState >1 RINGING", "DialState 2>trunk RINGING", ""),
			want: join(rings, []string{"DialEnd 2>trunk CANCEL", "DialEnd >1 NOANSWER", "OriginateResponse Failure 0"}, ends(16, 0, 0))},
		{name: "hangup of 2 while ringing", number: "4555", during: hangupWhen("DialState >1 RINGING", "DialState 2>trunk RINGING", ";2"),
			want: join(rings, []string{"DialEnd 2>trunk CANCEL", "DialEnd >1 NOANSWER", "OriginateResponse Failure 0"}, ends(16, 0, 0))},
		{name: "machine detected", number: "601555", queue: "amd",
			want: join(answers, []string{"UserEvent 1 DialCampAMD MACHINE LONGGREETING-1500-1500"}, ends(16, 16, 16))},
		{name: "hung up while detecting", number: "302005555", queue: "amd", want: join(answers, ends(16, 16, 16))},
		{name: "hangup while waiting", number: "302900555", exten: "empty", during: hangupWhen("QueueCallerJoin 1 Empty", "OriginateResponse Success 4", ""),
			want: join(answers, []string{"QueueCallerJoin 1 Empty", "QueueCallerAbandon 1 Empty", "QueueCallerLeave 1 Empty"}, ends(16, 16, 0))},
	}
	for _, c := range []struct {
		dialed, sip       int
		status, iaxStatus string
	}{
		{1, 1, "NOANSWER", ""}, {17, 17, "BUSY", ""}, {18, 18, "NOANSWER", ""}, {19, 19, "NOANSWER", ""},
		{20, 19, "NOANSWER", "CHANUNAVAIL"}, {21, 21, "NOANSWER", ""}, {22, 22, "NOANSWER", ""}, {27, 27, "NOANSWER", ""},
		{28, 28, "NOANSWER", ""}, {34, 34, "CONGESTION", ""}, {38, 38, "NOANSWER", ""}, {41, 21, "NOANSWER", ""},
		{42, 34, "CONGESTION", "NOANSWER"}, {44, 21, "NOANSWER", ""},
	} {
		if c.iaxStatus == "" {
			c.iaxStatus = c.status
		}
		number := fmt.Sprintf("1%03d555", c.dialed)
		all = append(all,
			scenario{name: "cause " + number[1:4], number: number, want: refused(c.sip, c.status)},
			scenario{name: "cause " + number[1:4] + " IAX", number: number, context: "DialCampIAX",
				// An IAX2 channel rings before anybody was asked.
				want: append(refused(c.dialed, c.iaxStatus), "Newstate trunk 5")})
	}
	// Agents are few, and which of two callers gets one first is nobody's business.
	queued := []scenario{
		{name: "connected", number: "302015555",
			want: join(answers, connects, []string{"AgentComplete caller"}, ends(16, 16, 16), []string{"Hangup agent 16"})},
		{name: "not sure, connected", number: "302070555", queue: "amd",
			want: join(answers, []string{"UserEvent 1 DialCampAMD NOTSURE TOOLONG-49*"}, connects, []string{"AgentComplete caller"}, ends(16, 16, 16), []string{"Hangup agent 16"})},
		{name: "agent hung up", number: "302900555", during: func(t *testing.T, r *recorder, id string) {
			m := r.await(t, "AgentConnect", "Linkedid", id)
			hung, err := ami.Send(t.Context(), r, ami.Hangup{Channel: "/^" + strings.ReplaceAll(m.Get("DestChannel"), "/", `\/`) + "$/", Cause: 16})
			if err != nil || len(hung) != 1 || hung[0] != m.Get("DestChannel") {
				t.Errorf("Hangup: %v, %v", hung, err)
			}
		}, want: join(answers, connects, []string{"AgentComplete *"}, ends(16, 16, 16), []string{"Hangup agent 16"})},
		{name: "hung up before the talk", number: "302900555", during: hangupWhen("AgentConnect 1>agent", "", ""),
			want: join(answers, connects, []string{"AgentComplete caller"}, ends(16, 16, 16), []string{"Hangup agent 16"})},
		{name: "hung up in talk", number: "302900555", during: func(t *testing.T, r *recorder, id string) {
			r.await(t, "BridgeEnter", "Uniqueid", id)
			if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: id}); err != nil {
				t.Error(err)
			}
		}, want: join(answers, connects, []string{"AgentComplete caller"}, ends(16, 16, 16), []string{"Hangup agent 16"})},
		{name: "abandoned while ringing", number: "302010555", exten: "201",
			want: join(answers, ringsOnly, []string{"QueueCallerJoin 1 Camp201", "DialEnd 1>agent CANCEL", "DialEnd 1>agent CANCEL", "QueueCallerAbandon 1 Camp201", "QueueCallerLeave 1 Camp201"},
				ends(16, 16, 16), []string{"Hangup agent 0"})},
		{name: "queue timeout, dialplan", number: "302900555", exten: "201",
			want: join(answers, ringsOnly, []string{"QueueCallerJoin 1 Camp201", "AgentRingNoAnswer 1>agent", "DialEnd 1>agent NOANSWER", "DialEnd 1>agent CANCEL", "QueueCallerAbandon 1 Camp201", "QueueCallerLeave 1 Camp201"},
				ends(16, 16, 16), []string{"Hangup agent 0"})},
	}
	t.Run("calls", func(t *testing.T) {
		for _, c := range all {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.play(t, c)
			})
		}
	})
	t.Run("queued", func(t *testing.T) {
		for _, c := range queued {
			t.Run(c.name, func(t *testing.T) { s.play(t, c) })
		}
	})
}

// play carries out a scenario and compares what came of it.
func (s *site) play(t *testing.T, c scenario) {
	r := s.connect(t, "dialcamp")
	witness := s.connect(t, "observer")
	id := unique(t)
	o := ami.Originate{ID: id + "-o", Channel: "Local/" + c.number + "@" + or(c.context, "DialCamp") + "/n", ChannelID: id, Timeout: 20 * time.Second}
	if c.timeout > 0 {
		o.Timeout = c.timeout
	}
	if c.data != "" {
		o.Application, o.Data = "Queue", c.data
	} else {
		o.Context, o.Exten = or(c.queue, "campaign"), or(c.exten, "200")
	}
	if c.variable != "" {
		o.Variables = []string{c.variable}
	}
	done, err := ami.Send(t.Context(), r, o)
	if err != nil || done.Message != "Originate successfully queued" {
		t.Fatalf("Originate: %+v, %v", done, err)
	}
	if c.during != nil {
		c.during(t, r, id)
	}
	defer func() {
		if t.Failed() {
			events, _ := r.seen()
			t.Logf("came:\n\t%s", strings.Join(tokens(events, id), "\n\t"))
		}
	}()
	r.until(t, "end of the call", func(events []*ami.Message) bool {
		got := tokens(events, id)
		n := count(got, "Newchannel ")
		return n > 0 && n == count(got, "Hangup ") && count(got, "OriginateResponse ") > 0
	})
	// AgentComplete may come last. Whatever else the server has to say precedes
	// its reply to a Ping.
	r.within(2*time.Second, func(events []*ami.Message) bool { return len(tokens(events, id)) >= len(c.want) })
	r.do(t, action("Ping"))
	events, _ := r.seen()
	compare(t, tokens(events, id), c.want)
	for _, m := range events {
		if of(m, id) {
			checkFields(t, m, id)
		}
	}
	// OriginateResponse goes to every session.
	witness.await(t, "OriginateResponse", "ActionID", o.ID, "Uniqueid", id)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func count(list []string, prefix string) int {
	n := 0
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

// hangupWhen hangs up a leg by its Uniqueid, which Asterisk takes for a name,
// when the events have come.
func hangupWhen(first, second, leg string) func(*testing.T, *recorder, string) {
	return func(t *testing.T, r *recorder, id string) {
		r.until(t, first+" and "+second, func(events []*ami.Message) bool {
			got := tokens(events, id)
			return slices.Contains(got, first) && (second == "" || slices.Contains(got, second))
		})
		if _, err := ami.Send(t.Context(), r, ami.Hangup{Channel: id + leg}); err != nil {
			t.Error(err)
		}
	}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	rest := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(rest, func(g string) bool { return matches(w, g) })
		if i < 0 {
			t.Errorf("missing: %s", w)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	for _, g := range rest {
		t.Errorf("not expected: %s", g)
	}
	for _, o := range order {
		a := slices.IndexFunc(got, func(g string) bool { return matches(o[0], g) })
		b := slices.IndexFunc(got, func(g string) bool { return matches(o[1], g) })
		if a >= 0 && b >= 0 && a > b {
			t.Errorf("%s came after %s", got[a], got[b])
		}
	}
}

func matches(pattern, s string) bool {
	prefix, suffix, ok := strings.Cut(pattern, "*")
	if !ok {
		return pattern == s
	}
	return strings.HasPrefix(s, prefix) && strings.HasSuffix(s[len(prefix):], suffix)
}

// of tells whether m is about the call with that ChannelId. An AgentComplete
// that comes after both channels have gone names none: calls that reach an agent
// are made one at a time, so it is this one's.
func of(m *ami.Message, id string) bool {
	if m.Event() == "AgentComplete" && m.Get("Linkedid") == "" && m.Get("DestLinkedid") == "" {
		return true
	}
	return m.Get("Linkedid") == id || m.Get("DestLinkedid") == id || m.Event() == "OriginateResponse" && m.Get("Uniqueid") == id
}

// tokens are the events of a call, each as its name, its legs and what matters.
func tokens(events []*ami.Message, id string) []string {
	var all []string
	for _, m := range events {
		if !of(m, id) {
			continue
		}
		legs := leg(m.Get("Channel"))
		if d := m.Get("DestChannel"); d != "" {
			legs += ">" + leg(d)
		}
		token := m.Event() + " " + legs
		switch m.Event() {
		case "Newchannel", "DialBegin", "AgentCalled", "AgentConnect", "AgentRingNoAnswer":
		case "UserEvent":
			token += " " + m.Get("UserEvent") + " " + m.Get("Status") + " " + m.Get("Cause")
		case "Newstate":
			token += " " + m.Get("ChannelState")
		case "DialState", "DialEnd":
			token += " " + m.Get("DialStatus")
		case "Hangup":
			token += " " + m.Get("Cause")
		case "OriginateResponse":
			token = "OriginateResponse " + m.Get("Response") + " " + m.Get("Reason")
		case "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon":
			token += " " + m.Get("Queue")
		case "AgentComplete":
			// With its channels or without, as they have gone before or not.
			token = "AgentComplete " + m.Get("Reason")
		default:
			continue
		}
		all = append(all, token)
	}
	return all
}

func leg(channel string) string {
	switch {
	case channel == "":
		return ""
	case strings.HasSuffix(channel, ";1"):
		return "1"
	case strings.HasSuffix(channel, ";2"):
		return "2"
	case strings.Contains(channel, "/carrier-"):
		return "trunk"
	}
	return "agent"
}

// checkFields looks at the values that dialcamp relies on.
func checkFields(t *testing.T, m *ami.Message, id string) {
	t.Helper()
	need := func(keys ...string) {
		for _, k := range keys {
			if m.Get(k) == "" {
				t.Errorf("no %s in:\n%v", k, m)
			}
		}
	}
	switch e := ami.ParseEvent(m).(type) {
	case *ami.Newchannel:
		need("Uniqueid", "Linkedid", "ChannelState")
		if l := leg(e.Channel); l == "1" && e.Uniqueid != id || l == "2" && e.Uniqueid != id+";2" {
			t.Errorf("Uniqueid of %s: %s", e.Channel, e.Uniqueid)
		}
	case *ami.HangupEvent:
		need("Uniqueid", "Linkedid", "Cause", "Cause-txt")
	case *ami.OriginateResponse:
		if e.ActionID != id+"-o" || e.Uniqueid != id || e.Success != (leg(e.Channel) == "1") {
			t.Errorf("%v", m)
		}
	case *ami.QueueCallerJoin:
		need("Uniqueid", "Position", "Count")
	case *ami.QueueCallerAbandon:
		need("Uniqueid", "Position", "OriginalPosition", "HoldTime")
	case *ami.AgentConnect:
		need("Uniqueid", "DestUniqueid", "Interface", "MemberName", "HoldTime", "RingTime")
	case *ami.AgentComplete:
		if c, d := e.Channel, m.Get("DestChannel"); c != "" && leg(c) != "1" || d != "" && leg(d) != "agent" {
			t.Errorf("between %s and %s", c, d)
		}
		need("Interface", "MemberName", "HoldTime", "TalkTime")
	}
}
