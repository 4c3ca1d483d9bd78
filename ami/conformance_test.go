package ami_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
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

// TestConformance holds the Asterisk in memory and the real ones to the same
// expectations. Whatever the one in memory sends must also have been seen, with
// the same keys in the same order, from the real one.
func TestConformance(t *testing.T) {
	const agents = 4
	memory, real22 := newSite(), newSite()
	memory16, real16 := newSite(), newSite()
	t.Run("amitest", func(t *testing.T) {
		cfg := amitest.Lab(agents)
		srv := amitest.StartTest(t, cfg)
		memory.address = srv.Addr()
		memory.edit = edit(srv, cfg)
		memory.testManager(t)
		memory.testSession(t)
		memory.testQueues(t, agents)
		memory.testMembers(t)
		memory.testCallers(t)
		memory.testChannels(t)
		memory.testPJSIP(t)
		memory.testCalls(t)
		memory.testDetection(t)
		memory.testFailures(t)
	})
	t.Run("amitest 16", func(t *testing.T) {
		cfg := amitest.Lab(agents)
		cfg.Version, cfg.SystemName = "5.0.4", "carrier"
		cfg.Missing = []string{"PJSIPNotify", "PJSIPQualify", "PJSIPShowContacts", "PJSIPShowEndpoint", "PJSIPShowEndpoints", "PJSIPShowRegistrationsOutbound"}
		cfg.Endpoints = []amitest.Endpoint{{Name: "desk1"}, {
			Name: "desk2", Contact: "sip:desk2@127.0.0.1:5062", Registered: true, UserAgent: "lab-pbx", Description: "the second desk",
		}}
		cfg.Registrations = []amitest.Registration{{Name: "upstream", ServerURI: "sip:127.0.0.1:5062"}}
		srv := amitest.StartTest(t, cfg)
		s := memory16
		s.address, s.old, s.edit = srv.Addr(), true, edit(srv, cfg)
		s.testManager(t)
		s.testSession(t)
		s.testQueues(t, agents)
		s.testMembers(t)
		s.testCallers(t)
		s.testChannels(t)
		s.testDetection(t)
		s.testPJSIP(t)
		s.testSIP(t)
	})
	t.Run("lab", func(t *testing.T) {
		l := lab.Up(t, agents)
		t.Run("pbx", func(t *testing.T) {
			real22.address = l.PBX().Address
			real22.edit = func(file, from, to string) { l.Edit(lab.PBX, file, from, to) }
			real22.testManager(t)
			real22.testSession(t)
			real22.testQueues(t, agents)
			real22.testMembers(t)
			real22.testCallers(t)
			real22.testChannels(t)
			real22.testPJSIP(t)
			real22.testCalls(t)
			real22.testDetection(t)
			real22.testFailures(t)
		})
		t.Run("carrier", func(t *testing.T) {
			s := real16
			s.address = l.Carrier().Address
			s.edit = func(file, from, to string) { l.Edit(lab.Carrier, file, from, to) }
			s.old = true
			s.queues = 3
			s.members = "Local/agent%d@network/n"
			s.testManager(t)
			s.testSession(t)
			s.testQueues(t, agents)
			s.testMembers(t)
			s.testCallers(t)
			s.testChannels(t)
			s.testDetection(t)
			s.testPJSIP(t)
			s.testSIP(t)
		})
		t.Run("shapes", func(t *testing.T) { compareShapes(t, memory, real22) })
		t.Run("shapes of 16", func(t *testing.T) { compareShapes(t, memory16, real16) })
	})
}

// edit changes the configuration in memory as its files would be.
func edit(srv *amitest.Server, cfg amitest.Config) func(file, from, to string) {
	return func(_, _, to string) {
		key, value, _ := strings.Cut(to, " = ")
		switch seconds, err := strconv.Atoi(value); {
		case key == "servicelevel" && err == nil:
			for i := range cfg.Queues {
				cfg.Queues[i].ServiceLevel = time.Duration(seconds) * time.Second
			}
		default:
			seconds, _ := strconv.Atoi(strings.TrimPrefix(to, "penaltychange => "))
			cfg.Rules = slices.Clone(cfg.Rules)
			cfg.Rules[1].Changes = slices.Clone(cfg.Rules[1].Changes)
			cfg.Rules[1].Changes[0].After = time.Duration(seconds) * time.Second
		}
		srv.ConfigureQueues(cfg.Queues, cfg.Rules)
	}
}

// site is a manager under test, and what its frames look like.
type site struct {
	address string
	old     bool                        // Asterisk 16, whose words differ here and there
	queues  int                         // how many there are
	members string                      // format of their interfaces
	edit    func(file, from, to string) // changes a configuration file; nil: there is none

	mu     sync.Mutex
	shapes map[string]map[string]bool // event or "Response" → its keys, joined
}

func newSite() *site {
	return &site{queues: 4, members: "PJSIP/agent%d", shapes: make(map[string]map[string]bool)}
}

// member is the interface of an agent who is in Camp200 and in Camp202.
func (s *site) member(i int) string { return fmt.Sprintf(s.members, i) }

func (s *site) config(user string) ami.Config {
	return ami.Config{Address: s.address, Username: user, Secret: user + "-secret", Events: "call,agent,user"}
}

func (s *site) note(m *ami.Message) {
	var keys []string
	for k := range m.Fields() {
		keys = append(keys, k)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shapes[m.Event()] == nil {
		s.shapes[m.Event()] = make(map[string]bool)
	}
	s.shapes[m.Event()][strings.Join(keys, " ")] = true
}

func compareShapes(t *testing.T, memory, real22 *site) {
	for _, event := range slices.Sorted(maps.Keys(memory.shapes)) {
		if real22.shapes[event] == nil {
			t.Errorf("%q is sent in memory only", event)
			continue
		}
		for shape := range memory.shapes[event] {
			if event == "AgentComplete" && !(strings.Contains(shape, " Channel ") && strings.Contains(shape, " DestChannel ")) {
				continue // without one of its channels, or both: seen, but not in every run
			}
			if !real22.shapes[event][shape] {
				t.Errorf("%q in memory:\n\t%s\nreal:\n\t%s", event, shape,
					strings.Join(slices.Sorted(maps.Keys(real22.shapes[event])), "\n\t"))
			}
		}
	}
}

// recorder is a connection whose events are kept.
type recorder struct {
	*ami.Conn
	site *site

	mu     sync.Mutex
	events []*ami.Message
	more   chan struct{} // closed and renewed with each event
}

func (s *site) connect(t *testing.T, user string) *recorder {
	t.Helper()
	return s.dial(t, s.config(user))
}

func (s *site) dial(t *testing.T, cfg ami.Config) *recorder {
	t.Helper()
	c, err := ami.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{Conn: c, site: s, more: make(chan struct{})}
	go func() {
		for m := range c.Events() {
			s.note(m)
			r.mu.Lock()
			r.events = append(r.events, m)
			close(r.more)
			r.more = make(chan struct{})
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() { c.Close() })
	return r
}

func (r *recorder) seen() ([]*ami.Message, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events), r.more
}

// until waits for done to be true of the events so far.
func (r *recorder) until(t *testing.T, what string, done func([]*ami.Message) bool) {
	t.Helper()
	if !r.within(20*time.Second, done) {
		t.Fatalf("no %s within 20 s", what)
	}
}

func (r *recorder) within(d time.Duration, done func([]*ami.Message) bool) bool {
	deadline := time.After(d)
	for {
		events, more := r.seen()
		if done(events) {
			return true
		}
		select {
		case <-more:
		case <-deadline:
			return false
		}
	}
}

// await waits for an event of that name which has the given fields.
func (r *recorder) await(t *testing.T, event string, fields ...string) *ami.Message {
	t.Helper()
	var found *ami.Message
	r.until(t, fmt.Sprint(event, fields), func(events []*ami.Message) bool {
		for _, m := range events {
			if m.Event() == event && has(m, fields) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// has tells whether m has all of key, value, key, value …
func has(m *ami.Message, fields []string) bool {
	for pair := range slices.Chunk(fields, 2) {
		if m.Get(pair[0]) != pair[1] {
			return false
		}
	}
	return true
}

// list carries out an action and returns its items, noting their shapes.
func (r *recorder) list(t *testing.T, a ami.Action) []*ami.Message {
	t.Helper()
	var items []*ami.Message
	for m, err := range r.List(t.Context(), a) {
		if err != nil {
			t.Fatal(err)
		}
		r.site.note(m)
		items = append(items, m)
	}
	return items
}

// do carries out an action and returns "Success: its message", or what went wrong.
func (r *recorder) do(t *testing.T, a ami.Action) string {
	t.Helper()
	m, err := r.Do(t.Context(), a)
	if m == nil {
		t.Fatal(err)
	}
	r.site.note(m)
	return m.Response() + ": " + m.Get("Message")
}

// eventually waits for done where no event tells that it is.
func (r *recorder) eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within 10 s", what)
		}
	}
}

// must carries out a typed request.
func must[R any](t *testing.T, r *recorder, request ami.Request[R]) R {
	t.Helper()
	reply, err := ami.Send(t.Context(), r, request)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// refuses carries out a typed request that is refused with these words.
func refuses[R any](t *testing.T, r *recorder, words string, request ami.Request[R]) {
	t.Helper()
	_, err := ami.Send(t.Context(), r, request)
	if refusal, ok := errors.AsType[*ami.ReplyError](err); !ok || refusal.Message != words {
		t.Errorf("%#v: %v, want %q", request, err, words)
	}
}

// unique is an id for one call of a test.
func unique(t *testing.T) string {
	return strings.ReplaceAll(fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano()), "/", "_")
}

func action(name string, fields ...string) ami.Action {
	a := ami.Action{Name: name}
	for pair := range slices.Chunk(fields, 2) {
		a.Add(pair[0], pair[1])
	}
	return a
}

func (s *site) testManager(t *testing.T) {
	t.Run("login", func(t *testing.T) {
		for _, plain := range []bool{true, false} {
			cfg := s.config("dialcamp")
			cfg.PlainLogin = plain
			c, err := ami.Connect(t.Context(), cfg)
			if err != nil {
				t.Fatalf("plain %v: %v", plain, err)
			}
			c.Close()
			cfg.Secret = "wrong"
			_, err = ami.Connect(t.Context(), cfg)
			refused, ok := errors.AsType[*ami.AuthError](err)
			if !ok || refused.Message != "Authentication failed" {
				t.Errorf("plain %v, wrong secret: %v", plain, err)
			}
		}
	})
	t.Run("actions", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		pong, err := ami.Send(t.Context(), r, ami.Ping{})
		if off := time.Since(pong.Time).Abs(); err != nil || off > time.Minute {
			t.Errorf("Ping: %v, %v off", err, off)
		}
		set, err := ami.Send(t.Context(), r, ami.CoreSettings{})
		if err != nil || set.AMIVersion != r.Version() || set.AsteriskVersion == "" {
			t.Errorf("CoreSettings: %+v, %v", set, err)
		}
		commands, err := ami.Send(t.Context(), r, ami.ListCommands{})
		if err != nil || !strings.HasSuffix(commands["Originate"], "(Priv: originate,all)") ||
			!strings.HasSuffix(commands["QueuePause"], "(Priv: agent,all)") {
			t.Errorf("ListCommands: %v, %v", commands["Originate"], err)
		}
		lines, err := ami.Send(t.Context(), r, ami.Command{Command: "core show uptime"})
		if err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], "System uptime: ") {
			t.Errorf("Command: %q, %v", lines, err)
		}
		const unknown = "Error: Invalid/unknown command: Frobnicate. Use Action: ListCommands to show available commands."
		check(t, r, []reply{
			{unknown, action("Frobnicate")},
			{"Error: No such channel", action("Hangup", "Channel", "nobody")},
			{"Error: No channel specified", action("Hangup")},
			{"Success: Channels hung up will follow", action("Hangup", "Channel", "/nobody/")},
			{"Error: Regex compile failed on: /[/", action("Hangup", "Channel", "/[/")},
			{"Error: Command output follows", action("Command", "Command", "no such thing")},
			{"Error: Must specify AuthType", action("Challenge", "AuthType", "SHA")},
			{"Success: ", action("coresettings")},
			{"Error: Invalid event mask", action("Events")},
			{"Goodbye: Thanks for all the fish.", action("Logoff")},
		})
	})
	t.Run("denied", func(t *testing.T) {
		r := s.connect(t, "observer")
		check(t, r, []reply{
			{"Error: Permission denied", action("Originate", "Channel", "Local/4555@DialCamp/n", "Context", "campaign", "Exten", "200", "Priority", "1")},
			{"Error: Permission denied", action("Hangup", "Channel", "x")},
			{"Error: Permission denied", action("QueuePause", "Interface", "x", "Paused", "true")},
			{"Error: Permission denied", action("Command", "Command", "core show uptime")},
			{"Success: ", action("Ping")},
		})
		if got := r.list(t, action("CoreShowChannels")); len(got) != 0 {
			t.Errorf("CoreShowChannels: %v", got)
		}
	})
	t.Run("limits", s.testLimits)
}

type reply struct {
	want   string
	action ami.Action
}

func check(t *testing.T, r *recorder, replies []reply) {
	t.Helper()
	for _, c := range replies {
		if got := r.do(t, c.action); got != c.want {
			t.Errorf("%v: %q, want %q", c.action, got, c.want)
		}
	}
}

// testLimits sends what an ami.Action refuses to.
func (s *site) testLimits(t *testing.T) {
	nc, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	r := ami.NewReader(nc)
	if _, err := r.ReadBanner(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		send string
		want []string // response, its ActionID, its message
	}{
		{"Action: Ping\nActionID: early\n\n", []string{"Error early Permission denied"}},
		{"Action: Nonsense\r\nActionID: early2\r\n\r\n", []string{"Error early2 Permission denied"}},
		{"Action: Login\r\nUsername: dialcamp\r\nSecret: dialcamp-secret\r\nEvents: off\r\n\r\n", []string{"Success  Authentication accepted"}},
		{"ActionID: none\r\n\r\n", []string{"Error none Missing action in request"}},
		{"\r\n", []string{"Error  Missing action in request"}},
		{"action: ping\nactionid: case\n\n", []string{"Success case "}},
		{"Action: Ping\r\nActionID: a\r\nActionID: b\r\n\r\n", []string{"Success a "}},
		{"Action: Ping\r\nActionID: 1024\r\nX: " + strings.Repeat("y", 1019) + "\r\n\r\n", []string{"Success 1024 "}},
		{"Action: Ping\r\nActionID: 1025\r\nX: " + strings.Repeat("y", 1020) + "\r\n\r\n", []string{"Error 1025 Failed to parse message: line too long", "Error  Missing action in request"}},
		{"Action: Ping\r\nActionID: 1026\r\nX: " + strings.Repeat("y", 1021) + "\r\n\r\n", []string{"Error 1026 Failed to parse message: line too long"}},
		{"Action: Ping\r\nActionID: 3000\r\nX: " + strings.Repeat("y", 2995) + "\r\n\r\n", []string{"Error 3000 Failed to parse message: line too long"}},
		{"Action: Ping\r\nActionID: h128\r\n" + strings.Repeat("X: y\r\n", 126) + "\r\n", []string{"Success h128 "}},
		{"Action: Ping\r\nActionID: h129\r\n" + strings.Repeat("X: y\r\n", 127) + "\r\n", []string{"Error h129 Too many lines in message or allocation failure"}},
		{"Action: Ping\r\nActionID: after\r\n\r\n", []string{"Success after "}},
	} {
		if s.old && strings.Contains(c.send, "ActionID: h129") {
			continue // 16 carries out what it could read
		}
		if _, err := nc.Write([]byte(c.send)); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			m, err := r.ReadMessage()
			if err != nil {
				t.Fatalf("%.40q: %v", c.send, err)
			}
			if got := m.Response() + " " + m.ActionID() + " " + m.Get("Message"); got != want {
				t.Errorf("%.40q: %q, want %q", c.send, got, want)
			}
		}
	}
}
