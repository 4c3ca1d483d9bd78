package amitest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config describes a Server. The zero value is a server with one user, no
// queues, and far ends that answer as LabPlan says.
type Config struct {
	Seed  uint64 // of every random choice
	Clock Clock  // default RealClock

	// Version is the manager's own, as greeted with: "1.1" makes it an Asterisk
	// 1.8, "1.3" 11, "2.10" 13, "5.0" 16, "7.0" 18, "9.0" 20, "11.0" 22. What
	// differs between these is told in the package comment. Default 11.0.0.
	Version         string
	AsteriskVersion string // default: one of that release
	SystemName      string // default pbx; "-": events carry none
	Users           []User // default dialcamp, who may everything, least, as much as dialcamp needs, and observer, who may only look

	Queues []QueueConfig
	Rules  []PenaltyRule
	// SharedLastCall makes a call that a member has taken count in all of the
	// member's queues, wrap-up included, as shared_lastcall=yes.
	SharedLastCall bool

	// Endpoints are what the actions about telephones show; default: the agents',
	// and the trunk carrier.
	Endpoints     []Endpoint
	Registrations []Registration

	// Missing are actions of modules that this server has not loaded.
	Missing []string

	// Plan is the far end; default LabPlan(Seed).
	Plan Plan
	// Trunks are the contexts that Local/ may dial through; default DialCamp, over
	// SIP, and DialCampIAX. As there, only what matches _[+0-9]. is dialed.
	Trunks []Trunk
	// Destination is the dialplan for answered calls; default LabDestination.
	Destination func(context, exten string) (Destination, bool)
	// DialTimeout is that of Dial() in the trunk's context, unless the channel
	// variable RING gives other seconds; default 30 s.
	DialTimeout time.Duration
	// TrunkChannels, if not 0, is how many calls the trunks carry together; the
	// next is refused with cause 34.
	TrunkChannels int

	// AuthDelay is waited before a login is refused; Asterisk takes 1 s.
	AuthDelay time.Duration
	// Backlog is how many bytes may wait for a session before it is dropped as
	// too slow; default 8 MiB.
	Backlog int
	// KeepCalls is how many calls CDR and Calls remember, default 1,000,000; the
	// oldest are forgotten.
	KeepCalls int
}

// User may log in. Read and Write are classes as in manager.conf, "call,agent"
// or "all".
type User struct{ Name, Secret, Read, Write string }

// Destination says what an answered call is given to: a queue, or, if that is
// empty, nothing for Wait.
type Destination struct {
	// AMD tells machines from people first, and UserEvent(DialCampAMD) what it
	// found. A machine then hears something for Message and is hung up.
	AMD     bool
	Message time.Duration

	Queue   string
	Timeout time.Duration // of Queue(); 0: none
	Rule    string        // of Config.Rules, instead of the queue's DefaultRule
	Wait    time.Duration
}

// Trunk is a dialplan context that dials what it is given through a trunk.
type Trunk struct {
	Context string
	// IAX tells an IAX2 trunk, which passes every cause on, from a SIP trunk, over
	// which several causes share one reply and arrive as one.
	IAX bool
}

// application is what CoreShowChannels shows of a destination.
func (d Destination) application() (app, data string) {
	if d.Queue == "" {
		return "Wait", strconv.FormatFloat(d.Wait.Seconds(), 'f', -1, 64)
	}
	return "Queue", fmt.Sprintf("%s,t,,,%d", d.Queue, int(d.Timeout.Seconds()))
}

// LabDestination are three contexts of the lab's dialplan. In campaign, extension
// 200 is queue Camp200 for up to 60 s, and so on; 201 drops a caller after 2 s.
// In waiting, a and b let a channel stay for 60 s. The context amd is campaign's
// queues behind AMD.
func LabDestination(context, exten string) (Destination, bool) {
	switch {
	case context == "waiting" && (exten == "a" || exten == "b"):
		return Destination{Wait: time.Minute}, true
	case context == "amd" && isCampaign(exten):
		return Destination{AMD: true, Queue: "Camp" + exten, Timeout: time.Minute}, true
	case context != "campaign":
	case exten == "201":
		return Destination{Queue: "Camp201", Timeout: 2 * time.Second}, true
	case exten == "empty":
		return Destination{Queue: "Empty", Timeout: time.Minute}, true
	case isCampaign(exten):
		return Destination{Queue: "Camp" + exten, Timeout: time.Minute}, true
	}
	return Destination{}, false
}

// isCampaign is the dialplan pattern _2XX.
func isCampaign(exten string) bool {
	return len(exten) == 3 && exten[0] == '2' && isDigit(exten[1]) && isDigit(exten[2])
}

// dialable is the dialplan pattern _[+0-9]. of the trunks' contexts.
func dialable(exten string) bool {
	return len(exten) >= 2 && (exten[0] == '+' || isDigit(exten[0]))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// QueueConfig is a queue of app_queue: its section of queues.conf. What is left
// out has Asterisk's default. Asterisk counts in whole seconds; shorter times are
// for tests in a hurry.
type QueueConfig struct {
	Name string
	// Strategy says whom to ring: ringall (the default), leastrecent, fewestcalls,
	// random, wrandom, rrmemory, rrordered or linear. An unknown one is ringall.
	Strategy     string
	Timeout      time.Duration // a member's phone rings that long; default 15 s
	Retry        time.Duration // pause before members are tried again; default 5 s
	Wrapup       time.Duration // of members who have none of their own
	RingInUse    Option        // ring members who are in a call; default Yes
	Autofill     Option        // serve callers side by side, not the first only; default No
	Weight       int           // a member of two queues is left to the heavier one's callers
	MaxLen       int           // callers at most; 0: no limit
	ServiceLevel time.Duration
	// JoinEmpty and LeaveWhenEmpty are yes, no, strict, loose, or a list of the
	// reasons not to count a member: paused, penalty, inuse, ringing, invalid,
	// unavailable, unknown, wrapup. Default: anybody joins, nobody leaves.
	JoinEmpty, LeaveWhenEmpty string
	DefaultRule               string // of Config.Rules
	PenaltyMembersLimit       int    // with so few members penalties are not looked at
	Members                   []MemberConfig
}

// Option is a yes or no which may be left out.
type Option int

// What an Option may be.
const (
	Unset Option = iota
	Yes
	No
)

func (o Option) or(otherwise bool) bool {
	if o == Unset {
		return otherwise
	}
	return o == Yes
}

// PenaltyRule is a section of queuerules.conf: changes of the penalties that a
// caller accepts, as it waits.
type PenaltyRule struct {
	Name    string
	Changes []PenaltyChange // in the order of After
}

// PenaltyChange sets the limits of the penalty, in the words of queuerules.conf:
// a number, or one with a sign to be added. They only change what the caller
// has: the channel variables QUEUE_MAX_PENALTY, QUEUE_MIN_PENALTY and
// QUEUE_RAISE_PENALTY give it.
type PenaltyChange struct {
	After           time.Duration
	Max, Min, Raise string // "": as it was
}

// MemberConfig is a static member of a queue.
type MemberConfig struct {
	AgentConfig
	Penalty   int
	Wrapup    time.Duration // the member's own; 0: the queue's
	RingInUse Option        // default: the queue's
}

// AgentConfig is a person with a telephone. An Interface that is a member of
// several queues is one agent; what its first mention says holds.
type AgentConfig struct {
	Interface string        // PJSIP/agent01
	Name      string        // default: Interface
	Ring      time.Duration // before answering
	NoAnswer  float64       // share of calls that are not answered
	Refuse    float64       // share of calls that the phone refuses at once, as busy
	TalkLimit time.Duration // hangs up after that; 0: waits for the contact to
}

// Agents makes n members PJSIP/agent1 … that answer after ring; the numbers have
// as many digits as n.
func Agents(n int, ring time.Duration) []MemberConfig {
	width := len(fmt.Sprint(n))
	var all []MemberConfig
	for i := 1; i <= n; i++ {
		id := fmt.Sprintf("%0*d", width, i)
		all = append(all, MemberConfig{AgentConfig: AgentConfig{
			Interface: "PJSIP/agent" + id, Name: "Agent " + id, Ring: ring,
		}})
	}
	return all
}

// Lab is the lab's PBX: Camp200, with so many agents, Camp202, with the same,
// Camp201, whose three never answer, and Empty.
func Lab(agents int) Config {
	members := Agents(agents, 500*time.Millisecond)
	var slow []MemberConfig
	for i := 1; i <= 3; i++ {
		slow = append(slow, MemberConfig{AgentConfig: AgentConfig{
			Interface: fmt.Sprintf("PJSIP/slow%d", i), Name: fmt.Sprintf("Slow %d", i), NoAnswer: 1,
		}})
	}
	queue := func(name string, members []MemberConfig) QueueConfig {
		return QueueConfig{
			Name: name, Strategy: "leastrecent", Timeout: 15 * time.Second, Retry: time.Second,
			RingInUse: No, Autofill: Yes, JoinEmpty: "yes", LeaveWhenEmpty: "no",
			ServiceLevel: 2 * time.Second, Members: members,
		}
	}
	var endpoints []Endpoint
	for _, m := range append(slow, members...) {
		name := strings.TrimPrefix(m.Interface, "PJSIP/")
		endpoints = append(endpoints, Endpoint{Name: name, Contact: "sip:" + name + "@127.0.0.2"})
	}
	return Config{
		Queues: []QueueConfig{queue("Camp200", members), queue("Camp201", slow), queue("Camp202", members), queue("Empty", nil)},
		Rules: []PenaltyRule{
			{"Widen", []PenaltyChange{{After: 30 * time.Second, Max: "5"}, {After: time.Minute, Max: "+5", Min: "1"}}},
			{"Narrow", []PenaltyChange{{After: 10 * time.Second, Min: "-1"}}},
		},
		Endpoints: append(endpoints,
			Endpoint{Name: "carrier", Contact: "sip:127.0.0.2"}, Endpoint{Name: "desk3", Contact: "sip:desk3@127.0.0.2"},
			Endpoint{Name: "upstream", Contact: "sip:s@127.0.0.2:5060", Registered: true, UserAgent: "Asterisk PBX 16.28.0"}),
		Registrations: []Registration{{Name: "desk2", ServerURI: "sip:127.0.0.2"}},
	}
}

func (c Config) withDefaults() Config {
	def := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	if c.Clock == nil {
		c.Clock = RealClock()
	}
	def(&c.Version, "11.0.0")
	def(&c.AsteriskVersion, releaseOf(c.Version).String())
	def(&c.SystemName, "pbx")
	c.SystemName = strings.TrimPrefix(c.SystemName, "-")
	if c.Users == nil {
		c.Users = []User{
			{"dialcamp", "dialcamp-secret", "all", "all"},
			{"least", "least-secret", "call,agent,system,user", "originate,call,agent,reporting"},
			{"observer", "observer-secret", "call,agent,reporting", "reporting"},
		}
	}
	if c.Plan == nil {
		c.Plan = LabPlan(c.Seed)
	}
	if c.Trunks == nil {
		c.Trunks = []Trunk{{Context: "DialCamp"}, {Context: "DialCampIAX", IAX: true}}
	}
	if c.Destination == nil {
		c.Destination = LabDestination
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = 30 * time.Second
	}
	if c.Backlog == 0 {
		c.Backlog = 8 << 20
	}
	if c.KeepCalls == 0 {
		c.KeepCalls = 1_000_000
	}
	return c
}
