package amitest_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/testdata/lab"
)

// rule is one of app_queue's, as a queue that shows it. Members are interfaces
// without PJSIP/, with what follows them in queues.conf.
type rule struct {
	queue   string
	conf    string // key=value …
	members string
	play    func(q *queueRig)
	events  string // whose story is told, as the members' or
	callers bool   // the callers'
	want    string
}

// rules are played side by side, each in its queue with its members.
var rules = []rule{
	{queue: "s1", conf: "strategy=rrmemory", members: "agent1 agent2 agent3", play: fiveCalls, events: "AgentConnect", want: "agent1 agent2 agent3 agent1 agent2"},
	{queue: "s2", conf: "strategy=rrordered", members: "agent4 agent5 agent6", play: fiveCalls, events: "AgentConnect", want: "agent4 agent5 agent6 agent4 agent5"},
	{queue: "s3", conf: "strategy=leastrecent", members: "agent7 agent8 agent9", play: fiveCalls, events: "AgentConnect", want: "agent9 agent8 agent7 agent9 agent8"},
	{queue: "s4", conf: "strategy=fewestcalls", members: "agent10 agent11 agent12", play: fiveCalls, events: "AgentConnect", want: "agent12 agent11 agent10 agent12 agent11"},
	{queue: "s5", conf: "strategy=linear", members: "agent13 agent14,2 agent15,1", play: fiveCalls, events: "AgentConnect", want: "agent13 agent13 agent13 agent13 agent13"},
	{queue: "s6", conf: "strategy=ringall", members: "agent16 agent17 agent18,1", play: oneCall, events: "AgentCalled", want: "agent16 agent17"},
	{queue: "inuse", members: "agent19", play: secondDuringTalk, events: "AgentCalled", want: "agent19 agent19"},
	{queue: "notinuse", conf: "ringinuse=no", members: "agent20", play: secondDuringTalk, events: "AgentCalled", want: "agent20"},
	{queue: "onebyone", conf: "ringinuse=no strategy=rrmemory autofill=no", members: "slow1 slow2", play: twoCallers, events: "AgentCalled", want: "slow1"},
	{queue: "nextone", conf: "ringinuse=no strategy=rrmemory timeout=1 retry=1", members: "slow3 agent21", play: oneCall, events: "AgentCalled AgentRingNoAnswer AgentConnect", want: "slow3 slow3 agent21 agent21"},
	{queue: "full", conf: "maxlen=1", play: twoCallers, events: "QueueCallerJoin", want: "a"},
	{queue: "nojoin", conf: "joinempty=strict", members: "agent22", play: func(q *queueRig) {
		q.do("QueuePause", "Interface", "PJSIP/agent22", "Paused", "yes")
		twoCallers(q)
	}, events: "QueueCallerJoin"},
	{queue: "leave", conf: "leavewhenempty=strict", members: "agent23", play: func(q *queueRig) {
		q.do("QueuePause", "Interface", "PJSIP/agent23", "Paused", "yes")
		twoCallers(q)
	}, events: "QueueCallerJoin QueueCallerAbandon", want: "a a b b"},
	{queue: "stay", conf: "leavewhenempty=loose", members: "agent24", play: func(q *queueRig) {
		q.do("QueuePause", "Interface", "PJSIP/agent24", "Paused", "yes")
		twoCallers(q)
	}, events: "QueueCallerJoin QueueCallerAbandon", want: "a b"},
	{queue: "prio", conf: "ringinuse=no", members: "agent25", play: func(q *queueRig) {
		q.do("QueuePause", "Interface", "PJSIP/agent25", "Paused", "yes")
		q.call("a", 100, "")
		q.call("b", 30, "QUEUE_PRIO=5")
		time.Sleep(300 * time.Millisecond)
		q.call("c", 60, "QUEUE_PRIO=5")
		time.Sleep(300 * time.Millisecond)
		q.do("QueuePause", "Interface", "PJSIP/agent25", "Paused", "no")
		time.Sleep(9 * time.Second)
	}, events: "AgentConnect", callers: true, want: "b c a"},
	{queue: "rule", conf: "ringinuse=no defaultrule=Soon", members: "agent26,5", play: func(q *queueRig) {
		q.call("a", 60, "QUEUE_MAX_PENALTY=0")
		time.Sleep(1200 * time.Millisecond)
		q.note("waits")
		time.Sleep(4 * time.Second)
	}, events: "AgentCalled", want: "waits agent26"},
	{queue: "wrapup", conf: "ringinuse=no wrapuptime=4", members: "agent27", play: func(q *queueRig) {
		q.call("a", 12, "")
		time.Sleep(2 * time.Second)
		q.call("b", 90, "")
		time.Sleep(1500 * time.Millisecond)
		q.note("waits")
		time.Sleep(5 * time.Second)
	}, events: "AgentConnect", want: "agent27 waits agent27"},
	{queue: "light", conf: "ringinuse=no", members: "agent28", play: func(q *queueRig) {
		time.Sleep(3500 * time.Millisecond)
		q.note("heavy first")
		time.Sleep(4500 * time.Millisecond)
	}, events: "AgentConnect", want: "heavy first agent28"},
	{queue: "heavy", conf: "ringinuse=no weight=5", members: "agent28", play: func(q *queueRig) {
		q.do("QueuePause", "Interface", "PJSIP/agent28", "Paused", "yes")
		light := *q
		light.rule.queue = "light"
		light.call("a", 90, "")
		time.Sleep(300 * time.Millisecond)
		q.call("b", 40, "")
		time.Sleep(500 * time.Millisecond)
		q.do("QueuePause", "Interface", "PJSIP/agent28", "Paused", "no")
		time.Sleep(2500 * time.Millisecond)
	}, events: "AgentConnect", want: "agent28"},
}

func oneCall(q *queueRig) {
	q.call("a", 40, "")
	time.Sleep(4500 * time.Millisecond)
}

func fiveCalls(q *queueRig) {
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		q.call(id, 12, "")
		time.Sleep(2500 * time.Millisecond)
	}
}

func secondDuringTalk(q *queueRig) {
	q.call("a", 60, "")
	time.Sleep(1500 * time.Millisecond)
	q.call("b", 60, "")
	time.Sleep(2500 * time.Millisecond)
}

func twoCallers(q *queueRig) {
	q.call("a", 40, "")
	time.Sleep(time.Second)
	q.call("b", 40, "")
	time.Sleep(2500 * time.Millisecond)
}

// queueRig plays a rule on a server.
type queueRig struct {
	t    *testing.T
	conn *ami.Conn
	rule rule

	mu    *sync.Mutex
	story *[]string
}

func (q *queueRig) note(s string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	*q.story = append(*q.story, s)
}

func (q *queueRig) do(name string, fields ...string) {
	a := ami.Action{Name: name}
	for pair := range slices.Chunk(fields, 2) {
		a.Add(pair[0], pair[1])
	}
	if _, err := q.conn.Do(q.t.Context(), a); err != nil {
		q.t.Error(err)
	}
}

// call has a contact, who answers at once and talks for so many tenths of a
// second, put into the queue.
func (q *queueRig) call(id string, tenths int, variable string) {
	o := ami.Originate{
		Channel: fmt.Sprintf("Local/300%03d555@DialCamp/n", tenths), ChannelID: fmt.Sprintf("%s.%d.%s", q.rule.queue, time.Now().UnixNano(), id),
		Application: "Queue", Data: q.rule.queue + ",,,,60",
	}
	if variable != "" {
		o.Variables = []string{variable}
	}
	if _, err := ami.Send(q.t.Context(), q.conn, o); err != nil {
		q.t.Error(err)
	}
}

// playRules tells each rule's story.
func playRules(t *testing.T, address string) {
	var wg sync.WaitGroup // not t.Parallel, which may take turns
	for _, r := range rules {
		conn, err := ami.Connect(t.Context(), ami.Config{Address: address, Username: "dialcamp", Secret: "dialcamp-secret", Events: "agent", EventQueue: 1 << 16})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		q := &queueRig{t: t, conn: conn, rule: r, mu: new(sync.Mutex), story: new([]string)}
		go q.listen()
		wg.Go(func() {
			r.play(q)
			q.mu.Lock()
			defer q.mu.Unlock()
			if r.queue == "s6" { // together, in any order
				slices.Sort(*q.story)
			}
			if got := strings.Join(*q.story, " "); got != r.want {
				t.Errorf("%s: %s, want %s", r.queue, got, r.want)
			}
		})
	}
	wg.Wait()
}

func (q *queueRig) listen() {
	for m := range q.conn.Events() {
		if m.Get("Queue") != q.rule.queue || !slices.Contains(strings.Fields(q.rule.events), m.Event()) {
			continue
		}
		if iface := m.Get("Interface"); iface != "" && !q.rule.callers {
			q.note(strings.TrimPrefix(iface, "PJSIP/"))
		} else {
			id := m.Get("Uniqueid")
			q.note(id[strings.LastIndexByte(id, '.')+1:])
		}
	}
}

// config is the rule's queue as a QueueConfig.
func (r rule) config(t *testing.T) amitest.QueueConfig {
	q := amitest.QueueConfig{Name: r.queue}
	seconds := func(s string) time.Duration {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(n) * time.Second
	}
	option := map[string]amitest.Option{"yes": amitest.Yes, "no": amitest.No}
	q.Autofill = amitest.Yes // in the lab's [general]
	for field := range strings.FieldsSeq(r.conf) {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "strategy":
			q.Strategy = value
		case "timeout":
			q.Timeout = seconds(value)
		case "retry":
			q.Retry = seconds(value)
		case "wrapuptime":
			q.Wrapup = seconds(value)
		case "weight":
			q.Weight = int(seconds(value) / time.Second)
		case "maxlen":
			q.MaxLen = int(seconds(value) / time.Second)
		case "ringinuse":
			q.RingInUse = option[value]
		case "autofill":
			q.Autofill = option[value]
		case "joinempty":
			q.JoinEmpty = value
		case "leavewhenempty":
			q.LeaveWhenEmpty = value
		case "defaultrule":
			q.DefaultRule = value
		default:
			t.Fatalf("what is %s?", key)
		}
	}
	for m := range strings.FieldsSeq(r.members) {
		name, penalty, _ := strings.Cut(m, ",")
		n, _ := strconv.Atoi(penalty)
		agent := amitest.AgentConfig{Interface: "PJSIP/" + name, Ring: 500 * time.Millisecond}
		if strings.HasPrefix(name, "slow") {
			agent.NoAnswer = 1
		}
		q.Members = append(q.Members, amitest.MemberConfig{AgentConfig: agent, Penalty: n})
	}
	return q
}

// section is the same in queues.conf.
func (r rule) section() string {
	lines := []string{"[" + r.queue + "]"}
	lines = append(lines, strings.Fields(r.conf)...)
	for m := range strings.FieldsSeq(r.members) {
		lines = append(lines, "member => PJSIP/"+m)
	}
	return strings.Join(lines, "\n") + "\n\n"
}

// TestRulesMemory and TestRulesLab play the same rules, in memory and on the
// lab's PBX, and want the same of them.
func TestRulesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as a real one")
	}
	cfg := amitest.Lab(0)
	cfg.Rules = append(cfg.Rules, amitest.PenaltyRule{Name: "Soon", Changes: []amitest.PenaltyChange{{After: 2 * time.Second, Max: "5"}}})
	for _, r := range rules {
		cfg.Queues = append(cfg.Queues, r.config(t))
	}
	playRules(t, amitest.StartTest(t, cfg).Addr())
}

func TestRulesLab(t *testing.T) {
	l := lab.Up(t, 28)
	var sections strings.Builder
	for _, r := range rules {
		sections.WriteString(r.section())
	}
	l.Edit(lab.PBX, "queues.conf", "[Empty](campaign)", sections.String()+"[Empty](campaign)")
	l.Edit(lab.PBX, "queuerules.conf", "[Narrow]", "[Soon]\npenaltychange => 2,5\n\n[Narrow]")
	l.CLI(lab.PBX, "queue reload all")
	l.CLI(lab.PBX, "queue reload rules")
	playRules(t, l.PBX().Address)
}
