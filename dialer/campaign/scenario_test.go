package campaign

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

var update = flag.Bool("update", false, "rewrite the golden lines of testdata")

// TestScenarios plays testdata/*.txt. A file is commands, each followed by the
// effects it had, in lines that begin with "  ->"; testdata/README.md lists the
// commands. -update rewrites these lines.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(b))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(b) {
				t.Error(firstDifference(file, string(b), got))
			}
		})
	}
}

// firstDifference shows where got leaves want.
func firstDifference(file, want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(end)", "(end)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("%s:%d:\nwant %s\ngot  %s\n(-update rewrites the file)", file, i+1, a, b)
		}
	}
	return ""
}

// scene is a scenario being played.
type scene struct {
	out      strings.Builder
	servers  []Server
	settings []Settings
	states   map[string]State
	core     *Core
	start    time.Time
	now      time.Time
	stamp    bool            // effects are printed with their time
	shown    map[string]bool // asks, agent-time: printed too; members: muted
	pictures map[queueOf]*QueueSeen
	silent   map[queueOf]bool
	taking   map[string]string // server, by campaign
	members  map[string]map[string]ami.Member
	seq      uint64
	claims   map[string]Claim
	contacts map[string]Contact // by the attempt that ended last, without the letter behind it
}

// queueOf is a queue on a server.
type queueOf struct{ server, queue string }

func play(t *testing.T, text string) string {
	s := &scene{
		states: map[string]State{}, pictures: map[queueOf]*QueueSeen{}, silent: map[queueOf]bool{}, taking: map[string]string{},
		members: map[string]map[string]ami.Member{}, claims: map[string]Claim{}, contacts: map[string]Contact{}, shown: map[string]bool{},
		start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), // a Monday
	}
	s.now = s.start
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "  ->") {
			continue
		}
		if i > 0 {
			s.out.WriteByte('\n')
		}
		s.out.WriteString(line)
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		func() {
			defer func() {
				if e := recover(); e != nil {
					t.Fatalf("line %d: %s: %v", i+1, line, e)
				}
			}()
			s.command(strings.Fields(line))
		}()
	}
	return s.out.String()
}

func (s *scene) command(w []string) {
	s.stamp = false
	switch w[0] {
	case "server":
		a := parseArgs(w[2:])
		s.without(w[1])
		h := Server{Name: w[1], MaxChannels: a.int("channels"), CallsPerSecond: a.int("cps")}
		if v, ok := a["breaker"]; ok { // 50/20/5m/30s/10m
			p := strings.Split(v, "/")
			b := args{"share": p[0], "of": p[1], "within": p[2], "pause": p[3], "most": p[4]}
			h.Breaker = Breaker{b.float("share") / 100, b.int("of"), b.duration("within"), b.duration("pause"), b.duration("most")}
		}
		s.servers = append(s.servers, h)
		return
	case "campaign":
		st := settingsOf(w[1], parseArgs(w[2:]))
		if i := slices.IndexFunc(s.settings, func(o Settings) bool { return o.Name == st.Name }); i >= 0 {
			s.settings[i] = st
		} else {
			s.settings = append(s.settings, st)
		}
		return
	case "without":
		s.without(w[1])
		return
	case "state":
		s.states[w[1]] = State(w[2])
		return
	}
	if w[0] == "show" || w[0] == "mute" {
		s.shown[w[1]] = true
		return
	}
	if s.core == nil {
		if len(s.servers) == 0 {
			s.servers = []Server{{Name: "pbx"}}
		}
		s.core = New(s.servers, s.settings, s.states)
	}
	switch a := parseArgs(w[1:]); w[0] {
	case "at":
		s.stamp = true
		until, err := time.ParseDuration(w[1])
		if err != nil {
			panic(err)
		}
		for s.now.Before(s.start.Add(until)) {
			s.now = s.now.Add(min(100*time.Millisecond, s.start.Add(until).Sub(s.now)))
			s.step(Tick{})
		}
	case "link":
		if w[1] == "up" {
			s.step(LinkUp{Server: w[2], Offset: a.duration("offset")})
		} else {
			s.step(LinkDown{Server: w[2]})
		}
	case "queue":
		s.queue(w[1], a)
	case "member":
		s.member(w[1], w[2], a)
	case "claimed":
		ev := Claimed{Campaign: w[1]}
		if a.has("next") {
			ev.Next = s.now.Add(a.duration("next"))
		}
		if a.has("lanes") {
			ev.Lanes = s.lanes(a["lanes"])
		}
		ev.Claims = s.claim(w[1], w[2:])
		s.step(ev)
	case "claimfailed":
		s.step(ClaimFailed{Campaign: w[1], Err: errors.New("disk full")})
	case "recovered":
		s.step(Recovered{Claims: s.claim(w[1], w[2:])})
	case "operate":
		s.step(Operate{Campaign: w[1], Verb: Verb(w[2])})
	case "shutdown":
		s.step(Shutdown{})
	case "reconfigure":
		s.step(Reconfigure{Servers: s.servers, Settings: s.settings, States: s.states})
	case "loading":
		s.step(Loading{Campaign: w[1]})
	case "loaded":
		s.step(Loaded{Campaign: w[1]})
	case "callback":
		s.step(CallbackAsked{Campaign: w[1], Contact: s.claims[w[2]].Contact.ID, Due: s.now.Add(a.duration("in"))})
	case "originatefailed":
		s.step(OriginateFailed{ID: w[1], Err: originateErrors[w[2]]})
	case "ami":
		s.step(AMI{Server: a.get("server", s.servers[0].Name), Event: event(w[2], strings.Join(append([]string{w[1]}, w[3:]...), " "))})
	case "flow":
		for _, line := range script(w[2:]...) {
			s.step(AMI{Server: s.servers[0].Name, Event: event(w[1], line)})
		}
	case "channels":
		s.channels(w[1], w[2:])
	case "askfailed":
		q := s.settings[0].Queue
		s.step(AskFailed{Server: w[2], Effect: map[string]Effect{
			"channels": AskChannels{w[2]}, "queue": AskQueue{w[2], q}, "members": AskMembers{w[2], q},
		}[w[1]]})
	case "status":
		s.status()
	default:
		panic("no such command")
	}
}

// without takes a server or a campaign out of the configuration.
func (s *scene) without(name string) {
	s.servers = slices.DeleteFunc(slices.Clone(s.servers), func(o Server) bool { return o.Name == name })
	s.settings = slices.DeleteFunc(slices.Clone(s.settings), func(o Settings) bool { return o.Name == name })
}

var originateErrors = map[string]error{
	"refused":   &ami.ReplyError{Action: "Originate", Message: "Permission denied"},
	"neversent": &ami.RequestError{Action: "Originate", Err: ami.ErrNotConnected},
	"lost":      &ami.RequestError{Action: "Originate", Sent: true, Err: ami.ErrNoReply},
	"invalid":   &ami.InvalidError{Action: "Originate", Key: "Variable", Problem: "line feed"},
}

// span is a daily calling window, for tests. Its zones are how far their clocks
// are ahead of UTC, such as 2h30m.
type span struct{ from, to time.Duration }

// midnight is that before t, by the clock of a zone.
func midnight(t time.Time, zone string) time.Time {
	ahead := ahead(zone)
	return t.Add(ahead).Truncate(24 * time.Hour).Add(-ahead)
}

func ahead(zone string) time.Duration {
	d, _ := time.ParseDuration(zone)
	return d
}

func (h span) Open(t time.Time, zone string) bool {
	d := t.Sub(midnight(t, zone))
	return d >= h.from && d < h.to
}

func (h span) Closes(t time.Time, zone string) (time.Time, bool) {
	if !h.Open(t, zone) {
		return t, true
	}
	return midnight(t, zone).Add(h.to), true
}

func (h span) Next(t time.Time, zone string) (time.Time, bool) {
	if h.Open(t, zone) {
		return t, true
	}
	next := midnight(t, zone).Add(h.from)
	if next.Before(t) {
		next = next.Add(24 * time.Hour)
	}
	return next, true
}

func (h span) Hour(t time.Time, zone string) int { return t.Add(ahead(zone)).UTC().Hour() }

func settingsOf(name string, a args) Settings {
	st := Settings{
		Name: name, Servers: strings.Split(a.get("server", "pbx"), "+"), Trunk: a.get("trunk", "Local/{number}@DialCamp/n"), Queue: a.get("queue", "Camp200"), MaxInFlight: 10,
		Wrapup: a.duration("wrapup"), RingTimeout: 30 * time.Second, Retry: RetryRules{MaxAttempts: 3},
	}
	st.Pacing = pacing.Settings{Mode: pacing.Mode(a.get("mode", "progressive")), Limit: 0.03, RingTimeout: 30, Patience: 2}
	if a.has("max") {
		st.MaxInFlight = a.int("max")
	}
	if a.has("ratio") {
		st.Pacing.Ratio = a.float("ratio")
	}
	if a.has("weight") {
		st.Weight = a.int("weight")
	}
	if a.has("priority") {
		st.Priority = a.int("priority")
	}
	if a.has("cps") {
		st.CallsPerSecond = a.int("cps")
	}
	st.HangUpAfter = a.duration("hangup")
	if v, ok := a["drop"]; ok { // 2s-sorry
		after, place, _ := strings.Cut(v, "-")
		h := args{"after": after}
		st.Drop = Drop{After: h.duration("after"), Context: place, Exten: "s", Priority: 1}
	}
	if a.has("attempts") {
		st.Retry.MaxAttempts = a.int("attempts")
	}
	st.Retry.MaxPerNumber, st.Retry.MaxPerDay = a.int("pernumber"), a.int("perday")
	if v, ok := a["open"]; ok { // 9h-18h
		from, to, _ := strings.Cut(v, "-")
		h := args{"from": from, "to": to}
		st.Hours = span{h.duration("from"), h.duration("to")}
	}
	st.Zones = a.has("zones")
	for _, o := range Outcomes() {
		if v, ok := a[o.String()]; ok {
			st.Retry.ByOutcome[o] = ruleOf(v)
		}
	}
	return st
}

// ruleOf reads 5m,1h/3, with /next and /1m behind it for the number's choice and
// how soon another one is called.
func ruleOf(s string) (r RetryRule) {
	p := strings.Split(s+"//", "/")
	for _, after := range strings.Split(p[0], ",") {
		r.After = append(r.After, args{"after": after}.duration("after"))
	}
	r.Max = args{"max": p[1]}.int("max")
	if p[2] != "" {
		r.Choice, _ = ParseNumberChoice(p[2])
	}
	if p[3] != "" {
		r.SwitchAfter = args{"switch": p[3]}.duration("switch")
	}
	return r
}

// lanes reads 2h/30m,/0s/3: a zone, how soon its first contact is due, and a class.
func (s *scene) lanes(text string) (all []Lane) {
	for _, w := range strings.Split(text, ",") {
		p := strings.Split(w+"/0", "/")
		if len(p) < 3 {
			continue
		}
		a := args{"due": p[1], "class": p[2]}
		all = append(all, Lane{Zone: p[0], Due: s.now.Add(a.duration("due")), Class: uint8(a.int("class"))})
	}
	return all
}

// claim makes the claims of words like A1 or A1:number=100+200:pass=2:busy=1. A
// name that was claimed before, with a letter behind it, is that contact's next
// attempt: A1b after A1.
func (s *scene) claim(campaign string, words []string) (all []Claim) {
	for _, w := range words {
		p := strings.Split(w, ":")
		if p[0][0] < 'A' || p[0][0] > 'Z' {
			continue
		}
		a := parseArgs(p[1:])
		s.seq++
		n := s.seq
		pass := max(1, a.int("pass"))
		state := Pending
		if pass > 1 {
			state = Waiting
		}
		ct := Contact{ID: n, State: state, List: "l", Attempts: pass - 1, Counted: pass - 1, Zone: a.get("zone", "")}
		for _, number := range strings.Split(a.get("number", fmt.Sprint(100*n)), "+") {
			ct.Numbers = append(ct.Numbers, Number{Number: number})
		}
		if a.has("counted") {
			ct.Counted = a.int("counted")
		}
		for _, o := range Outcomes() {
			ct.Tries[o] = uint16(a.int(o.String()))
		}
		if before, ok := s.contacts[strings.TrimRight(p[0], "abcdefgh")]; ok {
			ct, pass = before, before.Attempts+1
		}
		cm := Claim{Attempt: Attempt{ID: p[0], Seq: n, Campaign: campaign, Server: a.get("server", s.taking[campaign]), Contact: ct.ID, Number: ct.Number(), Pass: pass, Claimed: s.now}, Contact: ct}
		s.claims[p[0]] = cm
		all = append(all, cm)
	}
	return all
}

func (s *scene) queue(name string, a args) {
	of := queueOf{a.get("server", s.servers[0].Name), name}
	s.silent[of] = a.has("silent")
	if s.silent[of] && !a.has("available") {
		return
	}
	q := &QueueSeen{Server: of.server, Queue: name, Known: !a.has("unknown"), Available: a.int("available"), Callers: a.int("callers")}
	q.LoggedIn = q.Available
	if a.has("loggedin") {
		q.LoggedIn = a.int("loggedin")
	}
	s.pictures[of] = q
	seen := *q
	seen.Asked = s.now.Add(-a.duration("late"))
	s.step(seen)
}

func (s *scene) member(queue, name string, a args) {
	iface := "PJSIP/" + name
	m := ami.Member{Queue: queue, Name: name, Interface: iface, Status: deviceStates[a["status"]], Paused: a.has("paused"), Wrapup: a.duration("wrapup")}
	if a.has("lastcall") {
		m.LastCall = s.now.Add(-a.duration("lastcall"))
	}
	if s.members[queue] == nil {
		s.members[queue] = map[string]ami.Member{}
	}
	s.members[queue][iface] = m
	kind := "Status"
	if a.has("removed") {
		kind = "Removed"
		delete(s.members[queue], iface)
	}
	s.step(AMI{Server: s.servers[0].Name, Event: &ami.QueueMemberChange{Kind: kind, Member: m}})
}

// channels answers AskChannels with words like A1/1=up,Queue,b1.
func (s *scene) channels(server string, words []string) {
	ev := ChannelsSeen{Server: server, Asked: s.now}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		if k == "late" {
			ev.Asked = s.now.Add(-args{k: v}.duration(k))
			continue
		}
		id, name, ok := strings.Cut(k, "/")
		p := strings.Split(v+",,", ",")
		if !ok {
			panic("want ATTEMPT/LEG=STATE,APPLICATION,BRIDGE")
		}
		ref := leg(id, name, p[0])
		ev.Channels = append(ev.Channels, ami.Channel{Name: ref.Channel, Uniqueid: ref.Uniqueid, Linkedid: ref.Linkedid, State: ref.State, Application: p[1], BridgeID: p[2]})
	}
	s.step(ev)
}

func (s *scene) status() {
	st := s.core.Status()
	for _, h := range st.Servers {
		for _, t := range h.Trunks {
			s.print("trunk %s on %s refused %s since %s, until %s", t.Name, h.Name, t.Refused, t.Since.Format(time.TimeOnly), t.Until.Format(time.TimeOnly))
		}
	}
	for _, q := range st.Queues {
		s.print("queue %s known=%v %s", q.Name, q.Known, q.Supply)
	}
	for _, cp := range st.Campaigns {
		var phases []string
		for _, p := range slices.Sorted(maps.Keys(cp.Phases)) {
			phases = append(phases, fmt.Sprintf("%s=%d", p, cp.Phases[p]))
		}
		s.print("campaign %s %s in_flight=%d [%s] hold: %s", cp.Name, cp.State, cp.InFlight, strings.Join(phases, " "), cp.Hold)
	}
	s.print("lost=%d late=%d ended=%v", st.Lost, st.Late, s.core.Ended())
}

// step takes an event, prints its effects, and answers questions about queues.
func (s *scene) step(ev Event) {
	for _, e := range s.core.Step(s.now, ev) {
		s.effect(e)
	}
}

func (s *scene) effect(e Effect) {
	if f, ok := e.(Finish); ok {
		s.contacts[strings.TrimRight(f.Attempt.ID, "abcdefgh")] = f.Contact
	}
	text := describe(e, s.now)
	if t, ok := e.(TakeContacts); ok {
		s.taking[t.Campaign] = t.Server
		if i := slices.IndexFunc(s.settings, func(o Settings) bool { return o.Name == t.Campaign && len(o.Servers) > 1 }); i >= 0 {
			text += " on " + t.Server
		}
	}
	if text != "" {
		kind := ""
		switch e.(type) {
		case AskQueue, AskMembers:
			kind = "asks"
		case AddAgentTime:
			kind = "agent-time"
		case SaveLearnt:
			kind = "learnt"
		case Decided:
			kind = "ledger"
		case Answered, AgentTook:
			kind = "progress"
		}
		if kind == "" || s.shown[kind] {
			s.print("%s", text)
		}
	}
	switch e := e.(type) {
	case AskQueue:
		if of := (queueOf{e.Server, e.Queue}); s.pictures[of] != nil && !s.silent[of] {
			seen := *s.pictures[of]
			seen.Asked = s.now
			s.step(seen)
		}
	case AskMembers:
		if s.shown["members"] {
			return
		}
		all := slices.SortedFunc(maps.Values(s.members[e.Queue]), func(a, b ami.Member) int { return strings.Compare(a.Interface, b.Interface) })
		s.step(MembersSeen{Server: e.Server, Queue: e.Queue, Members: all})
	}
}

func (s *scene) print(format string, a ...any) {
	stamp := ""
	if s.stamp {
		stamp = s.now.Sub(s.start).String() + " "
	}
	fmt.Fprintf(&s.out, "\n  -> %s%s", stamp, fmt.Sprintf(format, a...))
}

// describe is an effect in a line; "" for what is not worth one.
func describe(e Effect, now time.Time) string {
	switch e := e.(type) {
	case TakeContacts:
		text := fmt.Sprintf("TakeContacts %s %d", e.Campaign, e.Max)
		if e.Sure+e.Long > 0 {
			text += fmt.Sprintf(" sure=%d long=%d", e.Sure, e.Long)
		}
		if !e.AllZones {
			text += " zones="
			for i, z := range e.Zones {
				text += strings.Repeat(",", min(i, 1)) + z.Name
			}
		}
		return text
	case Originate:
		return fmt.Sprintf("Originate %s on %s: %s to %s", e.Attempt.ID, e.Server, e.Attempt.Campaign, e.Attempt.Number)
	case HangUp:
		return fmt.Sprintf("HangUp %s on %s cause=%d", e.Call.Channel, e.Server, e.Cause)
	case Redirect:
		return fmt.Sprintf("Redirect %s on %s to %s,%s,%d", e.Call.Channel, e.Server, e.Context, e.Exten, e.Priority)
	case SaveLearnt:
		return fmt.Sprintf("SaveLearnt %s", e.Campaign)
	case Decided:
		if again := e.Entry.Again(); again != e.Entry.Decision {
			return fmt.Sprintf("Decided %s: %v, made again %v", e.Campaign, e.Entry.Decision, again)
		}
		return fmt.Sprintf("Decided %s: %v; placed %d", e.Campaign, e.Entry.Decision, e.Entry.Placed)
	case Withdraw:
		if st := e.Contact.State; st != Pending && st != Waiting {
			return fmt.Sprintf("Withdraw %s; the contact is %s", e.Attempt.ID, st)
		}
		if e.Contact.Due.After(now) {
			return fmt.Sprintf("Withdraw %s; the contact is due in %v", e.Attempt.ID, e.Contact.Due.Sub(now))
		}
		return "Withdraw " + e.Attempt.ID
	case Answered:
		return fmt.Sprintf("Answered %s after %s", e.Attempt.ID, e.Attempt.Ring())
	case AgentTook:
		return fmt.Sprintf("AgentTook %s after %s agent=%s", e.Attempt.ID, e.Attempt.Wait(), e.Attempt.Agent)
	case Finish:
		return describeFinish(e, now)
	case AskQueue:
		return fmt.Sprintf("AskQueue %s on %s", e.Queue, e.Server)
	case AskMembers:
		return fmt.Sprintf("AskMembers %s on %s", e.Queue, e.Server)
	case AskChannels:
		return "AskChannels on " + e.Server
	case Disconnect:
		return "Disconnect " + e.Server
	case SaveState:
		return fmt.Sprintf("SaveState %s %s", e.Campaign, e.State)
	case AddAgentTime:
		return fmt.Sprintf("AddAgentTime %s %s", e.Campaign, e.Time)
	case Notice:
		if e.Level < slog.LevelInfo {
			return ""
		}
		text := fmt.Sprintf("%s: %s", strings.ToLower(e.Level.String()), e.Text)
		for _, at := range e.Attrs {
			text += fmt.Sprintf(" %s=%v", at.Key, at.Value)
		}
		return text
	}
	return fmt.Sprintf("%T", e)
}

func describeFinish(e Finish, now time.Time) string {
	a, ct := e.Attempt, e.Contact
	text := fmt.Sprintf("Finish %s %s cause=%d", a.ID, a.Outcome, a.Cause)
	if a.DialStatus != "" {
		text += " status=" + a.DialStatus
	}
	text += fmt.Sprintf(" ring=%s wait=%s talk=%s", a.Ring(), a.Wait(), a.Talk())
	if a.Agent != "" {
		text += " agent=" + a.Agent
	}
	text += fmt.Sprintf("; contact %s attempts=%d counted=%d", ct.State, ct.Attempts, ct.Counted)
	if !ct.Due.IsZero() {
		text += " due in " + ct.Due.Sub(now).String()
		if len(ct.Numbers) > 1 {
			text += " at " + ct.Number()
		}
	}
	if a.Note != "" {
		text += " (" + a.Note + ")"
	}
	return text
}
