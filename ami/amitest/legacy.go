package amitest

import (
	"strconv"

	"github.com/dialcamp/dialcamp/ami"
)

// The events of Asterisk 1.8 and 11, from before its message bus: each has its
// own keys, and none a Linkedid. Dial tells only of Dial(), not of queues nor of
// Originate itself.

func (s *Server) oldChannelEvent(event string, c *channel) {
	if !s.begin(classCall, event) {
		return
	}
	s.put("Channel", c.name)
	s.putInt("ChannelState", int(c.state))
	s.put("ChannelStateDesc", stateText(c.state))
	s.put("CallerIDNum", c.callerNum)
	s.put("CallerIDName", c.callerName)
	if event == "Newchannel" {
		s.put("AccountCode", c.account)
		s.put("Exten", c.exten)
		s.put("Context", c.context)
	} else {
		s.put("ConnectedLineNum", c.lineNum)
		s.put("ConnectedLineName", "")
	}
	s.put("Uniqueid", c.uniqueid)
	s.end(classCall)
}

func (s *Server) oldCallerID(c *channel) {
	if s.begin(classCall, "NewCallerid") {
		s.put("Channel", c.name)
		s.put("CallerIDNum", c.callerNum)
		s.put("CallerIDName", c.callerName)
		s.put("Uniqueid", c.uniqueid)
		s.put("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
		s.end(classCall)
	}
}

func (s *Server) oldHangupRequest(event string, c *channel, cause ami.Cause) {
	if s.release == release11 && s.begin(classCall, event) {
		s.put("Channel", c.name)
		s.put("Uniqueid", c.uniqueid)
		s.putInt("Cause", int(cause))
		s.end(classCall)
	}
}

func (s *Server) oldHangup(c *channel, cause ami.Cause) {
	if !s.begin(classCall, "Hangup") {
		return
	}
	s.put("Channel", c.name)
	s.put("Uniqueid", c.uniqueid)
	s.put("CallerIDNum", known(c.callerNum))
	s.put("CallerIDName", known(c.callerName))
	s.put("ConnectedLineNum", known(c.lineNum))
	s.put("ConnectedLineName", "<unknown>")
	if s.release == release11 {
		s.put("AccountCode", c.account)
	}
	s.putInt("Cause", int(cause))
	s.put("Cause-txt", causeText(cause))
	s.end(classCall)
}

func (s *Server) oldDialEvent(event string, from, dest *channel, value string) {
	if from == nil || event == "DialState" || dest.app == "AppQueue" || !s.begin(classCall, "Dial") {
		return
	}
	if event == "DialEnd" {
		s.put("SubEvent", "End")
		s.put("Channel", from.name)
		s.put("UniqueID", from.uniqueid)
		s.put("DialStatus", value)
	} else {
		s.put("SubEvent", "Begin")
		s.put("Channel", from.name)
		s.put("Destination", dest.name)
		s.put("CallerIDNum", known(from.callerNum))
		s.put("CallerIDName", known(from.callerName))
		s.put("ConnectedLineNum", known(from.lineNum))
		s.put("ConnectedLineName", "<unknown>")
		s.put("UniqueID", from.uniqueid)
		s.put("DestUniqueID", dest.uniqueid)
		s.put("Dialstring", value)
	}
	s.end(classCall)
}

// oldBridge announces that two channels hear each other, or no longer do.
func (s *Server) oldBridge(state string, a, b *channel) {
	if !s.begin(classCall, "Bridge") {
		return
	}
	s.put("Bridgestate", state)
	s.put("Bridgetype", "core")
	for i, key := range [...]string{"Channel", "Uniqueid", "CallerID"} {
		for j, c := range [...]*channel{a, b} {
			s.put(key+strconv.Itoa(j+1), [...]string{c.name, c.uniqueid, c.callerNum}[i])
		}
	}
	s.end(classCall)
}

func (s *Server) oldLocalBridge(c *call, optimization string) {
	if s.release == release11 && s.begin(classCall, "LocalBridge") {
		s.put("Channel1", c.first.name)
		s.put("Channel2", c.second.name)
		s.put("Uniqueid1", c.first.uniqueid)
		s.put("Uniqueid2", c.second.uniqueid)
		s.put("Context", c.request.localCtx)
		s.put("Exten", c.request.number)
		s.put("LocalOptimization", optimization)
		s.end(classCall)
	}
}

// putOldCaller is who calls, as Join and AgentCalled tell it.
func (s *Server) putOldCaller(c *channel) {
	s.put("CallerIDNum", unknown(c.callerNum))
	s.put("CallerIDName", unknown(c.callerName))
	s.put("ConnectedLineNum", unknown(c.lineNum))
	s.put("ConnectedLineName", "unknown")
}

func (s *Server) oldQueueEvent(event string, e *entry, place int) {
	ch, q := e.call.first, e.queue
	switch event {
	case "QueueCallerJoin":
		if s.begin(classCall, "Join") {
			s.put("Channel", ch.name)
			s.putOldCaller(ch)
			s.put("Queue", q.cfg.Name)
			s.putInt("Position", place)
			s.putInt("Count", len(q.callers))
			s.put("Uniqueid", ch.uniqueid)
			s.end(classCall)
		}
	case "QueueCallerLeave":
		if s.begin(classCall, "Leave") {
			s.put("Channel", ch.name)
			s.put("Queue", q.cfg.Name)
			s.putInt("Count", len(q.callers))
			s.putInt("Position", place)
			s.put("Uniqueid", ch.uniqueid)
			s.end(classCall)
		}
	default:
		if s.begin(classAgent, event) {
			s.put("Queue", q.cfg.Name)
			s.put("Uniqueid", ch.uniqueid)
			s.putInt("Position", place)
			s.putInt("OriginalPosition", e.position)
			s.putInt("HoldTime", s.secondsSince(e.joined))
			s.end(classAgent)
		}
	}
}

func (s *Server) oldMemberEvent(event string, m *member) {
	if event == "QueueMemberPause" {
		event = "QueueMemberPaused"
	}
	if !s.begin(classAgent, event) {
		return
	}
	s.put("Queue", m.queue.cfg.Name)
	s.put("Location", m.agent.cfg.Interface)
	switch event {
	case "QueueMemberPenalty":
		s.putInt("Penalty", m.penalty)
	case "QueueMemberRinginuse":
		s.put("Ringinuse", flag(m.ringInUse))
	default:
		s.put("MemberName", m.name)
	}
	switch event {
	case "QueueMemberPaused":
		s.put("Paused", flag(m.paused))
		if m.pausedReason != "" {
			s.put("Reason", m.pausedReason)
		}
	case "QueueMemberStatus", "QueueMemberAdded":
		if s.release == release11 {
			s.put("StateInterface", m.device.cfg.Interface)
		}
		s.put("Membership", m.membership)
		s.putInt("Penalty", m.penalty)
		s.putInt("CallsTaken", m.calls)
		s.putInt("LastCall", int(m.lastCall))
		if s.release == release11 && event == "QueueMemberStatus" {
			s.put("InCall", flag(m.inCall))
		}
		s.putInt("Status", int(m.device.state))
		s.put("Paused", flag(m.paused))
	}
	s.end(classAgent)
}

// oldAgentEvent is as with eventwhencalled=yes: without that there were none.
func (s *Server) oldAgentEvent(event string, m *member, caller, ch *channel, more func()) {
	if !s.begin(classAgent, event) {
		return
	}
	s.put("Queue", m.queue.cfg.Name)
	switch event {
	case "AgentCalled":
		s.put("AgentCalled", m.agent.cfg.Interface)
		s.put("AgentName", m.name)
		s.put("ChannelCalling", caller.name)
		s.put("DestinationChannel", ch.name)
		s.putOldCaller(caller)
		s.put("Context", caller.context)
		s.put("Extension", caller.exten)
		s.putInt("Priority", caller.priority)
		s.put("Uniqueid", caller.uniqueid)
	default:
		if event == "AgentRingNoAnswer" {
			ch = caller
		}
		s.put("Uniqueid", caller.uniqueid)
		s.put("Channel", ch.name)
		s.put("Member", m.agent.cfg.Interface)
		s.put("MemberName", m.name)
		more()
	}
	s.end(classAgent)
}

// timeKey is "HoldTime" or "RingTime", which 1.8 spells otherwise in some events.
func (s *Server) timeKey(what string) string {
	if s.release == release8 {
		return what + "time"
	}
	return what + "Time"
}

func (s *Server) oldShowChannel(ch *channel, p *reply) {
	p.actionID().put("Channel", ch.name).put("UniqueID", ch.uniqueid).put("Context", ch.context).put("Extension", ch.exten).
		putInt("Priority", ch.priority).putInt("ChannelState", int(ch.state)).put("ChannelStateDesc", stateText(ch.state)).
		put("Application", ch.app).put("ApplicationData", ch.appData).
		put("CallerIDnum", ch.callerNum).put("CallerIDname", ch.callerName).
		put("ConnectedLineNum", ch.lineNum).put("ConnectedLineName", "").
		put("Duration", s.duration(ch)).put("AccountCode", ch.account)
	var other channel
	for _, o := range ch.call.legs() {
		if o != ch && ch.bridge != "" && o.bridge == ch.bridge {
			other = *o
		}
	}
	p.put("BridgedChannel", other.name).put("BridgedUniqueID", other.uniqueid).end()
}
