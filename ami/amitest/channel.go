package amitest

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// channel is a leg of a call.
type channel struct {
	name, uniqueid, linkedid string
	state                    ami.ChannelState
	callerNum, callerName    string // "": <unknown>
	lineNum                  string // connected line; "": <unknown>
	account                  string
	context, exten           string
	priority                 int
	app, appData             string
	bridge                   string
	created                  time.Time
	serial                   int
	call                     *call
	owed                     *talk // its AgentComplete comes when this leg ends
}

// newChannel makes a channel known and announces it. An empty uniqueid gets one.
func (s *Server) newChannel(c *channel) *channel {
	s.serials.unique++
	c.serial = s.serials.unique
	c.created = s.clock.Now()
	if c.uniqueid == "" {
		c.uniqueid = s.newUniqueid(c)
	}
	if c.linkedid == "" {
		c.linkedid = c.uniqueid
	}
	if c.priority == 0 {
		c.priority = 1
	}
	s.channels[c.uniqueid] = c
	s.byName[c.name] = c
	s.channelEvent("Newchannel", c)
	return c
}

func (s *Server) newUniqueid(c *channel) string {
	prefix := s.cfg.SystemName
	if prefix != "" {
		prefix += "-"
	}
	return fmt.Sprintf("%s%d.%d", prefix, c.created.Unix(), c.serial)
}

// pjsipName names the next channel of a SIP peer.
func (s *Server) pjsipName(peer string) string {
	name := fmt.Sprintf("PJSIP/%s-%08x", peer, s.serials.pjsip)
	s.serials.pjsip++
	return name
}

// find looks for a channel by name, then, as Asterisk does, by Uniqueid.
func (s *Server) find(name string) *channel {
	if c := s.byName[name]; c != nil {
		return c
	}
	return s.channels[name]
}

// lives reports whether c has not been hung up.
func (s *Server) lives(c *channel) bool { return s.channels[c.uniqueid] == c }

func (s *Server) channelEvent(event string, c *channel) {
	if s.release <= release11 {
		s.oldChannelEvent(event, c)
		return
	}
	if s.begin(classCall, event) {
		s.putChannel("", c)
		s.end(classCall)
	}
}

// setCallerID announces the number that a channel now has.
func (s *Server) setCallerID(c *channel, number string) {
	c.callerNum = number
	if s.release <= release11 {
		s.oldCallerID(c)
		return
	}
	if s.begin(classCall, "NewCallerid") {
		s.putChannel("", c)
		s.put("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
		s.end(classCall)
	}
}

// setState announces a channel's new state, if it is one.
func (s *Server) setState(c *channel, state ami.ChannelState) {
	if c.state != state {
		c.state = state
		s.channelEvent("Newstate", c)
	}
}

// hangupRequest announces that c was told to hang up: soft, by the PBX itself,
// or by the other side.
func (s *Server) hangupRequest(event string, c *channel, cause ami.Cause, tech int) {
	if s.release <= release11 {
		s.oldHangupRequest(event, c, cause)
	} else if s.begin(classCall, event) {
		s.putChannel("", c)
		s.putInt("Cause", int(cause))
		s.putTechCause(tech)
		s.end(classCall)
	}
	s.completeOwed(c)
}

// hangup ends c. tech, if not 0, is the SIP reply.
func (s *Server) hangup(c *channel, cause ami.Cause, tech int) {
	if !s.lives(c) {
		return
	}
	if c.owed != nil && c == c.owed.caller {
		s.completeOwed(c)
	}
	if c.bridge != "" {
		s.leaveBridge(c)
	}
	delete(s.channels, c.uniqueid)
	delete(s.byName, c.name)
	if s.release <= release11 {
		s.oldHangup(c, cause)
		return
	}
	if s.begin(classCall, "Hangup") {
		s.putChannel("", c)
		s.putInt("Cause", int(cause))
		s.put("Cause-txt", causeText(cause))
		s.putTechCause(tech)
		s.end(classCall)
	}
}

// putTechCause tells the SIP reply, which Asterisk does since 20.
func (s *Server) putTechCause(tech int) {
	if tech != 0 && s.release >= release20 {
		s.putInt("TechCause", tech)
	}
}

// dialEvent announces DialBegin (detail is DialString), DialState or DialEnd
// (DialStatus). from is nil for the leg that Originate dials itself.
func (s *Server) dialEvent(event string, from, dest *channel, key, value string) {
	switch {
	case s.release <= release11:
		s.oldDialEvent(event, from, dest, value)
		return
	case event == "DialState" && s.release <= release13:
		return
	}
	if s.begin(classCall, event) {
		if from != nil {
			s.putChannel("", from)
		}
		s.putChannel("Dest", dest)
		s.put(key, value)
		s.end(classCall)
	}
}

func (s *Server) putChannel(prefix string, c *channel) {
	put := func(key, value string) {
		s.frame = append(s.frame, prefix...)
		s.put(key, value)
	}
	put("Channel", c.name)
	s.frame = append(s.frame, prefix...)
	s.putInt("ChannelState", int(c.state))
	put("ChannelStateDesc", stateText(c.state))
	put("CallerIDNum", known(c.callerNum))
	put("CallerIDName", known(c.callerName))
	put("ConnectedLineNum", known(c.lineNum))
	put("ConnectedLineName", "<unknown>")
	put("Language", "en")
	put("AccountCode", c.account)
	put("Context", c.context)
	put("Exten", c.exten)
	s.frame = append(s.frame, prefix...)
	s.putInt("Priority", c.priority)
	put("Uniqueid", c.uniqueid)
	put("Linkedid", c.linkedid)
}

func known(s string) string {
	if s == "" {
		return "<unknown>"
	}
	return s
}

// enterBridge puts channels into a new bridge. BridgeEnter and its kin are most
// of what a talk costs on the wire, so they are sent as Asterisk does.
func (s *Server) enterBridge(channels ...*channel) {
	id := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", s.rng.Uint32(), s.rng.IntN(1<<16), s.rng.IntN(1<<12),
		0x8000|s.rng.IntN(1<<14), s.rng.Uint64()>>16)
	if s.release <= release11 {
		s.oldBridge("Link", channels[1], channels[0])
	}
	s.bridgeEvent("BridgeCreate", id, 0, nil)
	for i, c := range channels {
		c.bridge = id
		s.bridgeEvent("BridgeEnter", id, i+1, c)
	}
}

// leaveBridge takes c, and with it the other channel, out of their bridge: all
// bridges here have two.
func (s *Server) leaveBridge(c *channel) {
	id := c.bridge
	if c.bridge = ""; c.call == nil {
		return
	}
	s.bridgeEvent("BridgeLeave", id, 1, c)
	for _, o := range c.call.legs() {
		if o.bridge == id {
			o.bridge = ""
			s.bridgeEvent("BridgeLeave", id, 0, o)
			if s.release <= release11 {
				s.oldBridge("Unlink", c, o)
			}
		}
	}
	s.bridgeEvent("BridgeDestroy", id, 0, nil)
}

func (s *Server) bridgeEvent(event, id string, members int, c *channel) {
	if s.release <= release11 || !s.begin(classCall, event) {
		return
	}
	s.put("BridgeUniqueid", id)
	s.put("BridgeType", "basic")
	s.put("BridgeTechnology", "simple_bridge")
	s.put("BridgeCreator", "<unknown>")
	s.put("BridgeName", "<unknown>")
	s.putInt("BridgeNumChannels", members)
	s.put("BridgeVideoSourceMode", "none")
	if c != nil {
		s.putChannel("", c)
	}
	s.end(classCall)
}

func stateText(s ami.ChannelState) string {
	switch s {
	case ami.ChannelDown:
		return "Down"
	case ami.ChannelReserved:
		return "Rsrvd"
	case ami.ChannelOffHook:
		return "OffHook"
	case ami.ChannelDialing:
		return "Dialing"
	case ami.ChannelRing:
		return "Ring"
	case ami.ChannelRinging:
		return "Ringing"
	case ami.ChannelUp:
		return "Up"
	case ami.ChannelBusy:
		return "Busy"
	}
	return "Unknown"
}

// causeTexts are Asterisk's own words (channel.c), which Hangup carries.
var causeTexts = map[ami.Cause]string{
	1: "Unallocated (unassigned) number", 2: "No route to specified transit network",
	3: "No route to destination", 5: "Misdialled trunk prefix", 6: "Channel unacceptable",
	7: "Call awarded and being delivered in an established channel", 8: "Pre-empted",
	14: "QoR: ported number", 16: "Normal Clearing", 17: "User busy", 18: "No user responding",
	19: "User alerting, no answer", 20: "Subscriber absent", 21: "Call Rejected", 22: "Number changed",
	23: "Redirected to new destination", 26: "Answered elsewhere", 27: "Destination out of order",
	28: "Invalid number format", 29: "Facility rejected", 30: "Response to STATus ENQuiry",
	31: "Normal, unspecified", 34: "Circuit/channel congestion", 38: "Network out of order",
	41: "Temporary failure", 42: "Switching equipment congestion", 43: "Access information discarded",
	44: "Requested channel not available", 50: "Facility not subscribed", 52: "Outgoing call barred",
	54: "Incoming call barred", 57: "Bearer capability not authorized", 58: "Bearer capability not available",
	65: "Bearer capability not implemented", 66: "Channel not implemented", 69: "Facility not implemented",
	81: "Invalid call reference value", 88: "Incompatible destination", 95: "Invalid message unspecified",
	96: "Mandatory information element is missing", 97: "Message type nonexist.", 98: "Wrong message",
	99: "Info. element nonexist or not implemented", 100: "Invalid information element contents",
	101: "Message not compatible with call state", 102: "Recover on timer expiry",
	103: "Mandatory information element length error", 111: "Protocol error, unspecified", 127: "Interworking, unspecified",
}

func causeText(c ami.Cause) string {
	if t, ok := causeTexts[c]; ok {
		return t
	}
	return "Unknown"
}
