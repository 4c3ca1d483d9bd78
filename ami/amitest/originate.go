package amitest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// originate is what an Originate action asks for.
type originate struct {
	actionID                string
	channel                 string // as it was asked for
	context, exten          string
	app, data               string
	destination             Destination
	callerNum, callerName   string
	account                 string
	channelID, otherID      string
	timeout                 time.Duration
	variables               []string
	peer, number, localCtx  string // where the channel leads; localCtx is "" without a Local channel
	iax                     bool   // over an IAX trunk
	technology, unreachable bool   // the technology exists; the Local channel's extension does not
}

const maxUniqueid = 149

// actOriginate answers an Originate. A synchronous one is answered when the
// call is, and holds up the session meanwhile.
func (s *Server) actOriginate(c *session, r *request) {
	o, problem := s.parseOriginate(r)
	if problem != "" {
		c.fail(r, problem)
		return
	}
	call := &call{request: o, Call: &Call{
		ActionID: o.actionID, ChannelID: o.channelID, Channel: o.channel, Number: o.number,
		Variables: o.variables, Start: s.clock.Now(),
	}}
	if truth(r.get("Async")) {
		c.success(r, "Originate successfully queued")
		s.startCall(call)
		return
	}
	call.finished = make(chan bool, 1)
	c.held = true
	s.startCall(call)
	s.mu.Unlock()
	ok := <-call.finished
	s.mu.Lock()
	if ok {
		c.success(r, "Originate successfully queued")
	} else {
		c.fail(r, "Originate failed")
	}
	c.held = false
	c.send(c.heldOut)
	c.heldOut = nil
}

func truth(s string) bool {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "t", "1", "on":
		return true
	}
	return false
}

// parseOriginate reads the headers, or says what is wrong in Asterisk's words.
func (s *Server) parseOriginate(r *request) (o originate, problem string) {
	o = originate{
		actionID: r.get("ActionID"), channel: r.get("Channel"), context: r.get("Context"), exten: r.get("Exten"),
		app: r.get("Application"), data: r.get("Data"), account: r.get("Account"),
		channelID: r.get("ChannelId"), otherID: r.get("OtherChannelId"), timeout: 30 * time.Second,
	}
	if o.channel == "" {
		return o, "Channel not specified"
	}
	if p := r.get("Priority"); p != "" {
		if _, err := strconv.Atoi(p); err != nil {
			return o, "Invalid priority"
		}
	}
	if t := r.get("Timeout"); t != "" {
		ms, err := strconv.Atoi(t)
		if err != nil {
			return o, "Invalid timeout"
		}
		o.timeout = time.Duration(ms) * time.Millisecond
	}
	tech, rest, ok := strings.Cut(o.channel, "/")
	if !ok {
		return o, "Invalid channel"
	}
	if len(o.channelID) > maxUniqueid || len(o.otherID) > maxUniqueid {
		return o, fmt.Sprintf("Uniqueid length exceeds maximum of %d", maxUniqueid)
	}
	if o.app == "" && o.context != "" && o.exten != "" {
		if o.destination, ok = s.cfg.Destination(o.context, o.exten); !ok {
			return o, "Extension does not exist."
		}
	}
	if s.release <= release11 {
		o.channelID, o.otherID = "", "" // headers it does not know
	}
	o.destination = o.applicationOr(o.destination)
	o.callerName, o.callerNum = splitCallerID(r.get("CallerID"))
	for _, v := range r.all("Variable") {
		o.variables = append(o.variables, splitVariables(v)...)
	}
	switch strings.ToLower(tech) {
	case "local":
		o.technology = true
		number, context, _ := strings.Cut(rest, "@")
		context, _, _ = strings.Cut(context, "/")
		o.number, o.localCtx, o.peer = number, context, "carrier"
		i := slices.IndexFunc(s.cfg.Trunks, func(t Trunk) bool { return t.Context == context })
		o.unreachable = i < 0 || !dialable(number)
		o.iax = !o.unreachable && s.cfg.Trunks[i].IAX
	case "pjsip", "sip":
		o.technology = true
		o.number, o.peer, _ = strings.Cut(rest, "@")
	}
	return o, ""
}

// applicationOr is where an Application leads: Queue and Wait are known here,
// others end at once.
func (o *originate) applicationOr(d Destination) Destination {
	switch strings.ToLower(o.app) {
	case "":
		return d
	case "queue":
		args := append(strings.Split(o.data, ","), make([]string, 8)...)
		sec, _ := strconv.Atoi(args[4])
		return Destination{Queue: args[0], Timeout: time.Duration(sec) * time.Second, Rule: args[7]}
	case "wait":
		sec, _ := strconv.ParseFloat(o.data, 64)
		return Destination{Wait: time.Duration(sec * float64(time.Second))}
	}
	return Destination{}
}

// splitCallerID reads "Name" <number>.
func splitCallerID(s string) (name, number string) {
	name, number, ok := strings.Cut(s, "<")
	if !ok {
		return "", strings.TrimSpace(s)
	}
	return strings.Trim(strings.TrimSpace(name), `"`), strings.TrimSuffix(strings.TrimSpace(number), ">")
}

// splitVariables reads a Variable header: names and values separated by commas,
// where a backslash or quotes keep the next characters as they are.
func splitVariables(s string) []string {
	var all []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case ch == '"':
			quoted = !quoted
		case ch == ',' && !quoted:
			all = append(all, b.String())
			b.Reset()
		default:
			b.WriteByte(ch)
		}
	}
	return append(all, b.String())
}

// takes reports whether a channel's Uniqueid is, or from 22 on begins with, id:
// that is how the later ones look for a channel.
func (s *Server) takes(id string) bool {
	if s.channels[id] != nil || s.release <= release21 {
		return s.channels[id] != nil
	}
	for live := range s.channels {
		if len(live) > len(id) && live[:len(id)] == id {
			return true
		}
	}
	return false
}

// startCall makes the channels and dials, or fails as Asterisk does.
func (s *Server) startCall(c *call) {
	o := &c.request
	s.remember(c)
	s.live[c] = struct{}{}
	other := o.otherID
	if other == "" && o.channelID != "" {
		other = o.channelID + ";2"
	}
	taken := o.channelID != "" && s.takes(o.channelID) ||
		o.localCtx != "" && other != "" && s.channels[other] != nil
	if taken || !o.technology {
		s.finish(c, ami.CauseNotDefined)
		s.originateResponse(c, false, ami.ReasonFailure)
		return
	}
	c.deadline = c.Start.Add(o.timeout)
	s.processed++
	if !o.unreachable {
		s.drawFate(c)
	}
	if o.localCtx == "" {
		c.first = s.newChannel(&channel{
			name: s.pjsipName(o.peer), uniqueid: o.channelID, callerNum: o.callerNum, callerName: o.callerName, account: o.account,
			context: "from-outside", exten: "s", call: c, app: "AppDial2", appData: "(Outgoing Line)",
		})
		c.trunk = c.first
		s.dialEvent("DialBegin", nil, c.trunk, "DialString", o.number+"@"+o.peer)
	} else {
		if !s.startLocal(c, other) {
			return
		}
		name := s.pjsipName(o.peer)
		if o.iax {
			name = fmt.Sprintf("IAX2/%s-%d", o.peer, s.serials.unique+1)
		}
		c.trunk = s.newChannel(&channel{
			name: name, linkedid: c.first.linkedid, account: o.account,
			context: "from-outside", exten: "s", call: c, app: "AppDial", appData: "(Outgoing Line)",
		})
		c.trunk.exten = o.number
		s.setCallerID(c.trunk, o.number)
		c.second.priority = 2
		if o.iax {
			s.setState(c.trunk, ami.ChannelRinging)
		}
		s.dialEvent("DialBegin", c.second, c.trunk, "DialString", o.number+"@"+o.peer)
	}
	if c.ChannelID == "" {
		c.ChannelID = c.first.uniqueid
	}
	s.reach(c)
}

// startLocal makes the two halves of a Local channel and reports whether the
// dialplan has anything for the second.
func (s *Server) startLocal(c *call, otherID string) bool {
	o := &c.request
	dialString := strings.SplitN(o.channel, "/", 2)[1]
	s.respondEarly(c)
	base := fmt.Sprintf("Local/%s@%s-%08x", o.number, o.localCtx, s.serials.local)
	s.serials.local++
	c.first = s.newChannel(&channel{
		name: base + ";1", uniqueid: o.channelID, callerNum: o.callerNum, callerName: o.callerName, account: o.account,
		context: o.localCtx, exten: o.number, call: c, app: o.app, appData: o.data,
	})
	c.second = s.newChannel(&channel{
		name: base + ";2", uniqueid: otherID, linkedid: c.first.linkedid, account: o.account, state: ami.ChannelRing,
		context: o.localCtx, exten: o.number, call: c, app: "Dial",
		appData: fmt.Sprintf("%s,%d", o.dialString(), int(s.dialTime(c).Seconds())),
	})
	optimization := "Yes"
	if strings.HasSuffix(o.channel, "/n") {
		optimization = "No"
	}
	if s.release <= release11 {
		s.oldLocalBridge(c, optimization)
	} else if s.begin(classCall, "LocalBridge") {
		s.putChannel("LocalOne", c.first)
		s.putChannel("LocalTwo", c.second)
		s.put("Context", o.localCtx)
		s.put("Exten", o.number)
		s.put("LocalOptimization", optimization)
		s.end(classCall)
	}
	if o.unreachable {
		s.finish(c, ami.CauseNotDefined)
		s.hangup(c.second, ami.CauseNotDefined, 0)
		s.interleave(
			[]func(){func() { s.originateResponse(c, false, ami.ReasonFailure) }},
			[]func(){func() { s.hangup(c.first, ami.CauseNotDefined, 0) }})
		return false
	}
	s.respondEarly(c)
	s.dialEvent("DialBegin", nil, c.first, "DialString", dialString)
	return true
}

// respondEarly lets the OriginateResponse of a call that is refused at once
// overtake the events of its making, as it now and then does.
func (s *Server) respondEarly(c *call) {
	if c.atOnce() && c.finished == nil && s.chance(0.05) {
		s.originateResponse(c, false, ami.ReasonFailure)
	}
}

// originateResponse goes to every session of class call. On failure Channel is
// what was asked for, and Uniqueid the ChannelId, even if another channel has it.
func (s *Server) originateResponse(c *call, ok bool, reason ami.OriginateReason) {
	if c.Responded {
		return
	}
	c.Responded = true
	if c.finished != nil {
		// A synchronous Originate has its response instead.
		c.finished <- ok
		return
	}
	if !s.begin(classCall, "OriginateResponse") {
		return
	}
	o := &c.request
	if o.actionID != "" {
		s.put("ActionID", o.actionID)
	}
	response, channel, uniqueid := "Failure", o.channel, o.channelID
	if ok {
		response, channel, uniqueid = "Success", c.first.name, c.first.uniqueid
	}
	s.put("Response", response)
	s.put("Channel", channel)
	if o.app != "" && s.release > release8 {
		s.put("Application", o.app)
		s.put("Data", o.data)
	} else {
		s.put("Context", o.context)
		s.put("Exten", o.exten)
	}
	s.putInt("Reason", int(reason))
	if uniqueid == "" {
		uniqueid = s.noUniqueid()
	}
	s.put("Uniqueid", uniqueid)
	s.put("CallerIDNum", known(o.callerNum))
	s.put("CallerIDName", known(o.callerName))
	s.end(classCall)
}

// noUniqueid is what OriginateResponse says of a call without a channel.
func (s *Server) noUniqueid() string {
	if s.release <= release11 {
		return "<null>"
	}
	return "<unknown>"
}

// releaseSynchronous fails the synchronous Originates that wait for calls which
// will not end any more.
func (s *Server) releaseSynchronous() {
	for c := range s.live {
		if c.finished != nil && !c.Responded {
			c.Responded = true
			c.finished <- false
		}
	}
}

// dialString is what Dial() is given.
func (o *originate) dialString() string {
	if o.iax {
		return "IAX2/" + o.peer + "/" + o.number
	}
	return "PJSIP/" + o.number + "@" + o.peer
}

// dialTime is Dial()'s timeout.
func (s *Server) dialTime(c *call) time.Duration {
	if sec, err := strconv.Atoi(c.variable("RING")); err == nil {
		return time.Duration(sec) * time.Second
	}
	return s.cfg.DialTimeout
}
