package campaign

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// The tests write Asterisk's events as lines, such as
//
//	Hangup leg=trunk cause=17
//	DialEnd leg=2 dest=trunk status=BUSY
//
// leg and dest are 1 and 2 of the Local channel, trunk, trunk2, agent, agent2,
// or - for no channel at all.

// flows are what real Asterisk 22 sends at each step of a call, in the order
// that was captured from it.
var flows = map[string][]string{
	"new": {"Newchannel leg=1", "Newchannel leg=2", "DialBegin leg=- dest=1"},
	"dial": {
		"Newchannel leg=trunk", "DialBegin leg=2 dest=trunk",
	},
	"ring": {
		"Newstate leg=trunk state=ringing", "Newstate leg=1 state=ringing",
		"DialState leg=- dest=1 status=RINGING", "DialState leg=2 dest=trunk status=RINGING",
	},
	"answer": {
		"Newstate leg=trunk state=up", "DialEnd leg=2 dest=trunk status=ANSWER",
		"Newstate leg=2 state=up", "Newstate leg=1 state=up", "DialEnd leg=- dest=1 status=ANSWER",
	},
	"join":     {"QueueCallerJoin leg=1"},
	"response": {"OriginateResponse success reason=4"},
	"offer": {
		"Newchannel leg=agent", "AgentCalled leg=1", "DialBegin leg=1 dest=agent",
		"Newstate leg=agent state=ringing", "DialState leg=1 dest=agent status=RINGING",
	},
	"reject": { // the agent's phone does
		"HangupRequest leg=agent cause=21", "DialEnd leg=1 dest=agent status=BUSY",
		"AgentRingNoAnswer leg=1", "Hangup leg=agent cause=21",
	},
	"connect": {
		"Newstate leg=agent state=up", "DialEnd leg=1 dest=agent status=ANSWER",
		"QueueCallerLeave leg=1", "AgentConnect leg=1 dest=agent",
	},
	"contact-ends": {
		"HangupRequest leg=trunk cause=16", "Hangup leg=trunk cause=16", "HangupRequest leg=1 cause=16",
		"Hangup leg=2 cause=16", "AgentComplete leg=1 dest=agent talk=2s", "Hangup leg=1 cause=16", "Hangup leg=agent cause=16",
	},
	"agent-ends": {
		"HangupRequest leg=2 cause=16", "Hangup leg=1 cause=16", "AgentComplete leg=- dest=agent talk=1s",
		"Hangup leg=2 cause=16", "Hangup leg=agent cause=16", "Hangup leg=trunk cause=16",
	},
	"abandon": {
		"HangupRequest leg=trunk cause=16", "HangupRequest leg=1 cause=16", "Hangup leg=2 cause=16", "Hangup leg=trunk cause=16",
		"QueueCallerAbandon leg=1", "QueueCallerLeave leg=1", "Hangup leg=1 cause=16",
	},
	"timeout": { // of Queue()
		"QueueCallerAbandon leg=1", "QueueCallerLeave leg=1", "HangupRequest leg=2 cause=0",
		"Hangup leg=1 cause=0", "Hangup leg=2 cause=16", "Hangup leg=trunk cause=16",
	},
	"detect-machine":   {"UserEvent leg=1 status=MACHINE why=LONGGREETING-1500-1500"},
	"detect-human":     {"UserEvent leg=1 status=HUMAN why=HUMAN-800-800"},
	"detect-uncertain": {"UserEvent leg=1 status=NOTSURE why=TOOLONG-4904"},
	"dialplan-ends": { // with Hangup(), where ;1 is
		"HangupRequest leg=2 cause=16", "Hangup leg=1 cause=16", "Hangup leg=2 cause=16", "Hangup leg=trunk cause=16",
	},
	"ring-timeout": { // of Originate
		"HangupRequest leg=2 cause=19", "DialEnd leg=2 dest=trunk status=CANCEL", "Hangup leg=2 cause=19",
		"Hangup leg=1 cause=19", "Hangup leg=trunk cause=19", "OriginateResponse failure reason=3",
	},
	"hung-up": { // by an action of ours
		"DialEnd leg=- dest=1 status=NOANSWER", "HangupRequest leg=2 cause=0", "DialEnd leg=2 dest=trunk status=CANCEL",
		"Hangup leg=2 cause=0", "OriginateResponse failure reason=0", "Hangup leg=1 cause=0", "Hangup leg=trunk cause=16",
	},
	"no-extension": {
		"Newchannel leg=1", "Newchannel leg=2", "Hangup leg=2 cause=0", "OriginateResponse failure reason=0", "Hangup leg=1 cause=0",
	},
	"no-trunk": {
		"Newchannel leg=1", "Newchannel leg=2", "DialBegin leg=- dest=1", "HangupRequest leg=1 cause=0", "Hangup leg=2 cause=0",
		"DialEnd leg=- dest=1 status=NOANSWER", "Hangup leg=1 cause=0", "OriginateResponse failure reason=0",
	},
	"no-channel": {"OriginateResponse failure reason=0"},
	"swap": { // without /n, the trunk takes the place of ;1 when an agent is connected
		"Hangup leg=2 cause=16", "Hangup leg=1 cause=16",
	},
}

// refusal is a far end that refuses before it answers.
func refusal(cause int, status string) []string {
	c := " cause=" + strconv.Itoa(cause)
	return []string{
		"HangupRequest leg=trunk" + c, "DialEnd leg=2 dest=trunk status=" + status, "HangupRequest leg=1" + c, "Hangup leg=2" + c,
		"DialEnd leg=- dest=1 status=" + status, "Hangup leg=1" + c, "OriginateResponse failure reason=0", "Hangup leg=trunk" + c,
	}
}

// flow expands a step: a name of flows, or refuse:CAUSE:STATUS.
func flow(step string) []string {
	if p := strings.Split(step, ":"); p[0] == "refuse" && len(p) == 3 {
		cause, err := strconv.Atoi(p[1])
		if err != nil {
			panic(err)
		}
		return refusal(cause, p[2])
	}
	f, ok := flows[step]
	if !ok {
		panic("no flow " + step)
	}
	return f
}

// script joins steps.
func script(steps ...string) (all []string) {
	for _, s := range steps {
		all = append(all, flow(s)...)
	}
	return all
}

// args are the words of a line: name=value, or a bare name.
type args map[string]string

func parseArgs(words []string) args {
	a := args{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		a[k] = v
	}
	return a
}

func (a args) has(k string) bool { _, ok := a[k]; return ok }

func (a args) get(k, other string) string {
	if v, ok := a[k]; ok {
		return v
	}
	return other
}

func (a args) int(k string) int {
	n, err := strconv.Atoi(a.get(k, "0"))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", k, err))
	}
	return n
}

func (a args) float(k string) float64 {
	f, err := strconv.ParseFloat(a.get(k, "0"), 64)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", k, err))
	}
	return f
}

func (a args) duration(k string) time.Duration {
	d, err := time.ParseDuration(a.get(k, "0s"))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", k, err))
	}
	return d
}

var channelStates = map[string]ami.ChannelState{
	"": ami.ChannelDown, "down": ami.ChannelDown, "ring": ami.ChannelRing, "ringing": ami.ChannelRinging, "up": ami.ChannelUp,
}

var deviceStates = map[string]ami.DeviceState{
	"unknown": ami.DeviceUnknown, "idle": ami.DeviceNotInUse, "": ami.DeviceNotInUse, "inuse": ami.DeviceInUse,
	"ringing": ami.DeviceRinging, "unavailable": ami.DeviceUnavailable,
}

// leg names a channel of the attempt id.
func leg(id, name, state string) ami.ChannelRef {
	st, ok := channelStates[state]
	if !ok {
		panic("no channel state " + state)
	}
	switch name {
	case "-":
		return ami.ChannelRef{}
	case "1":
		return ami.ChannelRef{Channel: "Local/" + id + ";1", Uniqueid: id, Linkedid: id, State: st}
	case "2":
		return ami.ChannelRef{Channel: "Local/" + id + ";2", Uniqueid: id + ";2", Linkedid: id, State: st}
	}
	return ami.ChannelRef{Channel: "PJSIP/" + name + "-" + id, Uniqueid: "pbx-" + id + "-" + name, Linkedid: id, State: st}
}

// event makes the event of a line for the attempt id.
func event(id, line string) ami.Event {
	words := strings.Fields(line)
	a := parseArgs(words[1:])
	ref := leg(id, a.get("leg", "1"), a["state"])
	queue := a.get("queue", "Camp200")
	member := a.get("agent", "agent01")
	iface := "PJSIP/" + member
	switch words[0] {
	case "Newchannel":
		return &ami.Newchannel{ChannelRef: ref}
	case "Newstate":
		return &ami.Newstate{ChannelRef: ref}
	case "Hangup":
		return &ami.HangupEvent{ChannelRef: ref, Cause: ami.Cause(a.int("cause"))}
	case "UserEvent":
		m, err := ami.ParseMessage(fmt.Sprintf("Event: UserEvent\nUniqueid: %s\nLinkedid: %s\nUserEvent: %s\nStatus: %s\nCause: %s\n",
			ref.Uniqueid, ref.Linkedid, a.get("name", Detection), a["status"], a["why"]))
		if err != nil {
			panic(err)
		}
		return ami.ParseEvent(m)
	case "HangupRequest":
		return &ami.HangupRequest{ChannelRef: ref, Cause: ami.Cause(a.int("cause"))}
	case "DialBegin":
		return &ami.DialBegin{ChannelRef: ref, Dest: leg(id, a["dest"], "")}
	case "DialState":
		return &ami.DialState{ChannelRef: ref, Dest: leg(id, a["dest"], ""), Status: a["status"]}
	case "DialEnd":
		return &ami.DialEnd{ChannelRef: ref, Dest: leg(id, a["dest"], ""), Status: a["status"]}
	case "OriginateResponse":
		e := &ami.OriginateResponse{ActionID: a.get("action", id), Success: a.has("success"), Uniqueid: id, Reason: ami.OriginateReason(a.int("reason"))}
		if e.Success {
			e.Channel = "Local/" + id + ";1"
		}
		return e
	case "QueueCallerJoin":
		return &ami.QueueCallerJoin{ChannelRef: ref, Queue: queue}
	case "QueueCallerLeave":
		return &ami.QueueCallerLeave{ChannelRef: ref, Queue: queue}
	case "QueueCallerAbandon":
		return &ami.QueueCallerAbandon{ChannelRef: ref, Queue: queue}
	case "AgentCalled":
		return &ami.AgentCalled{ChannelRef: ref, Queue: queue, Interface: iface, MemberName: member}
	case "AgentRingNoAnswer":
		return &ami.AgentRingNoAnswer{ChannelRef: ref, Queue: queue, Interface: iface, MemberName: member}
	case "AgentConnect":
		return &ami.AgentConnect{ChannelRef: ref, Queue: queue, Interface: iface, MemberName: member}
	case "AgentComplete":
		if ref.Linkedid == "" {
			ref.Linkedid = id // as ParseEvent takes it from the agent's channel
		}
		return &ami.AgentComplete{ChannelRef: ref, Queue: queue, Interface: iface, MemberName: member, TalkTime: a.duration("talk"), Reason: "caller"}
	case "QueueMember":
		m := ami.Member{Queue: queue, Name: member, Interface: iface, Status: deviceStates[a["status"]], Paused: a.has("paused"), Wrapup: a.duration("wrapup")}
		return &ami.QueueMemberChange{Kind: a.get("kind", "Status"), Member: m}
	}
	panic("no event " + words[0])
}

func join(lines []string) string { return "  " + strings.Join(lines, "\n  ") }
