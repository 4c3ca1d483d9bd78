package amitest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// action is one manager action: any one of the classes suffices.
type action struct {
	name     string
	classes  class
	synopsis string
	do       func(s *Server, c *session, r *request)
	// since and until are the first and the last release that have it; 0: all.
	since, until release
}

// actions by lower-case name; filled in by init because ListCommands reads it.
var actions map[string]*action

func init() {
	actions = make(map[string]*action)
	for _, a := range slices.Concat(managerActions, queueActions, chanSIPActions, pjsipActions) {
		actions[strings.ToLower(a.name)] = &a
	}
}

var managerActions = []action{
	{name: "Challenge", synopsis: "Generate Challenge for MD5 Auth.", do: (*Server).actChallenge},
	{name: "Command", classes: classCommand, synopsis: "Execute Asterisk CLI Command.", do: (*Server).actCommand},
	{name: "CoreSettings", classes: classSystem | classReporting, synopsis: "Show PBX core settings (version etc).", do: (*Server).actCoreSettings},
	{name: "CoreShowChannels", classes: classSystem | classReporting, synopsis: "List currently active channels.", do: (*Server).actCoreShowChannels},
	{name: "CoreStatus", classes: classSystem | classReporting, synopsis: "Show PBX core status variables.", do: (*Server).actCoreStatus},
	{name: "Events", synopsis: "Control Event Flow.", do: (*Server).actEvents},
	{name: "Filter", classes: classSystem, synopsis: "Dynamically add filters for the current manager session.", do: (*Server).actFilter, since: release11},
	{name: "Hangup", classes: classSystem | classCall, synopsis: "Hangup channel.", do: (*Server).actHangup},
	{name: "ListCommands", synopsis: "List available manager commands.", do: (*Server).actListCommands},
	{name: "Login", synopsis: "Login Manager.", do: (*Server).actLogin},
	{name: "Logoff", synopsis: "Logoff Manager.", do: (*Server).actLogoff},
	{name: "Originate", classes: classOriginate, synopsis: "Originate a call.", do: (*Server).actOriginate},
	{name: "Ping", synopsis: "Keepalive command.", do: (*Server).actPing},
	{name: "Redirect", classes: classCall, synopsis: "Redirect (transfer) a call.", do: (*Server).actRedirect},
}

var queueActions = []action{
	{name: "QueueAdd", classes: classAgent, synopsis: "Add interface to queue.", do: (*Server).actQueueAdd},
	{name: "QueueChangePriorityCaller", synopsis: "Change priority of a caller on queue.", do: (*Server).actQueueChangePriorityCaller, since: release16},
	{name: "QueueMemberRingInUse", classes: classAgent, synopsis: "Set the ringinuse value for a queue member.", do: (*Server).actQueueMemberRingInUse, since: release11},
	{name: "QueuePause", classes: classAgent, synopsis: "Makes a queue member temporarily unavailable.", do: (*Server).actQueuePause},
	{name: "QueuePenalty", classes: classAgent, synopsis: "Set the penalty for a queue member.", do: (*Server).actQueuePenalty},
	{name: "QueueReload", synopsis: "Reload a queue, queues, or any sub-section of a queue or queues.", do: (*Server).actQueueReload},
	{name: "QueueRemove", classes: classAgent, synopsis: "Remove interface from queue.", do: (*Server).actQueueRemove},
	{name: "QueueReset", synopsis: "Reset queue statistics.", do: (*Server).actQueueReset},
	{name: "QueueRule", synopsis: "Queue Rules.", do: (*Server).actQueueRule},
	{name: "QueueStatus", synopsis: "Show queue status.", do: (*Server).actQueueStatus},
	{name: "QueueSummary", synopsis: "Show queue summary.", do: (*Server).actQueueSummary},
	{name: "QueueWithdrawCaller", synopsis: "Request to withdraw a caller from the queue back to the dialplan.", do: (*Server).actQueueWithdrawCaller, since: release16},
}

// action is the one of that name, if this release has it.
func (s *Server) action(name string) *action {
	a := actions[strings.ToLower(name)]
	if a == nil || slices.Contains(s.cfg.Missing, a.name) || s.release < a.since || a.until != 0 && s.release > a.until {
		return nil
	}
	return a
}

// handle carries out one action.
func (s *Server) handle(c *session, r *request) {
	name := r.get("Action")
	a := s.action(name)
	switch {
	case r.fault != "":
		c.fail(r, r.fault)
	case name == "":
		c.fail(r, "Missing action in request")
	case c.user == nil && (a == nil || a.name != "Login" && a.name != "Logoff" && a.name != "Challenge"):
		c.fail(r, "Permission denied")
	case a == nil:
		c.fail(r, "Invalid/unknown command: "+name+". Use Action: ListCommands to show available commands.")
	case a.classes != 0 && c.write&a.classes == 0:
		c.fail(r, "Permission denied")
	case s.faults.refuse[a.name] != "":
		c.fail(r, s.faults.refuse[a.name])
	default:
		a.do(s, c, r)
	}
}

func (s *Server) actChallenge(c *session, r *request) {
	if !strings.EqualFold(r.get("AuthType"), "MD5") {
		c.fail(r, "Must specify AuthType")
		return
	}
	c.challenge = strconv.Itoa(100_000_000 + s.rng.IntN(900_000_000))
	c.respond(r, "Success").put("Challenge", c.challenge).end()
}

func (s *Server) actLogin(c *session, r *request) {
	if c.user != nil {
		c.success(r, "Already authenticated")
		return
	}
	var user *User
	for i, u := range s.cfg.Users {
		if u.Name == r.get("Username") && c.authentic(u, r) {
			user = &s.cfg.Users[i]
		}
	}
	if user == nil {
		s.after(s.cfg.AuthDelay, func() {
			c.fail(r, "Authentication failed")
			c.end()
		})
		return
	}
	c.user, c.read, c.write, c.mask = user, parseClasses(user.Read), parseClasses(user.Write), classAll
	if e := r.get("Events"); e != "" {
		c.mask = parseClasses(e)
	}
	s.updateAudience()
	c.success(r, "Authentication accepted")
	if c.read&c.mask&classSystem != 0 {
		p := &reply{c: c}
		p.put("Event", "FullyBooted").put("Privilege", classSystem.String())
		if up := s.secondsSince(s.started); s.release >= release16 {
			p.putInt("Uptime", up).putInt("LastReload", up)
		}
		p.put("Status", "Fully Booted").end()
	}
}

func (c *session) authentic(u User, r *request) bool {
	if strings.EqualFold(r.get("AuthType"), "MD5") {
		sum := md5.Sum([]byte(c.challenge + u.Secret))
		return c.challenge != "" && r.get("Key") == hex.EncodeToString(sum[:])
	}
	return u.Secret == r.get("Secret")
}

func (s *Server) actLogoff(c *session, r *request) {
	c.respond(r, "Goodbye").put("Message", "Thanks for all the fish.").end()
	c.mask = 0
	s.updateAudience()
	c.end()
}

func (s *Server) actPing(c *session, r *request) {
	now := s.clock.Now()
	c.respond(r, "Success").put("Ping", "Pong").
		put("Timestamp", fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)).end()
}

func (s *Server) actEvents(c *session, r *request) {
	mask := r.get("EventMask")
	if mask == "" {
		c.fail(r, "Invalid event mask")
		return
	}
	c.mask = parseClasses(mask)
	s.updateAudience()
	c.respond(r, "Success").put("Events", map[bool]string{true: "On", false: "Off"}[c.mask != 0]).end()
}

func (s *Server) actListCommands(c *session, r *request) {
	p := c.respond(r, "Success")
	names := make([]string, 0, len(actions))
	for n := range actions {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if a := s.action(n); a != nil && (a.classes == 0 || c.write&a.classes != 0) {
			p.put(a.name, a.synopsis+"  (Priv: "+a.classes.String()+")")
		}
	}
	p.end()
}

// actCommand knows a command or two: this is no Asterisk to configure.
func (s *Server) actCommand(c *session, r *request) {
	command := r.get("Command")
	var lines []string
	response := "Success"
	switch {
	case command == "":
		c.fail(r, "No command provided")
		return
	case command == "core show uptime":
		up := time.Duration(s.secondsSince(s.started)) * time.Second
		lines = []string{"System uptime: " + up.String(), "Last reload: " + up.String()}
	case strings.HasPrefix(command, "sip unregister ") && s.release <= release20:
		lines = []string{s.unregister(strings.TrimPrefix(command, "sip unregister "))}
	default:
		response = "Error"
		lines = []string{fmt.Sprintf("No such command '%[1]s' (type 'core show help %[1]s' for other possible commands)", command)}
	}
	if s.release <= release13 {
		// The lines as they are, whether it was a command or not.
		p := &reply{c: c, id: r.get("ActionID")}
		p.put("Response", "Follows").put("Privilege", "Command").actionID()
		p.b = append(p.b, strings.Join(lines, "\n")+"\n--END COMMAND--\r\n"...)
		p.end()
		return
	}
	p := c.respond(r, response).put("Message", "Command output follows")
	for _, l := range lines {
		p.put("Output", l)
	}
	p.end()
}

func (s *Server) actCoreSettings(c *session, r *request) {
	p := c.respond(r, "Success").put("AMIversion", s.cfg.Version).put("AsteriskVersion", s.cfg.AsteriskVersion).
		put("SystemName", s.cfg.SystemName).put("CoreMaxCalls", "0").put("CoreMaxLoadAvg", "0.000000").
		put("CoreRunUser", "").put("CoreRunGroup", "").put("CoreMaxFilehandles", "0").put("CoreRealTimeEnabled", "No").
		put("CoreCDRenabled", "Yes").put("CoreHTTPenabled", "No")
	if s.release >= release18 {
		p.put("SoundsSearchCustomDir", "No")
	}
	p.end()
}

func (s *Server) actCoreStatus(c *session, r *request) {
	day, clock := s.started.UTC().Format("2006-01-02"), s.started.UTC().Format("15:04:05")
	p := c.respond(r, "Success").put("CoreStartupDate", day).put("CoreStartupTime", clock).
		put("CoreReloadDate", day).put("CoreReloadTime", clock).
		putInt("CoreCurrentCalls", len(s.channels))
	if s.release >= release20 {
		p.putInt("CoreProcessedCalls", s.processed)
	}
	p.end()
}

func (s *Server) actCoreShowChannels(c *session, r *request) {
	c.list(r, "Channels will follow", "CoreShowChannelsComplete", func(item func(string) *reply) {
		for _, ch := range s.sortedChannels() {
			if s.release <= release11 {
				s.oldShowChannel(ch, item("CoreShowChannel"))
				continue
			}
			item("CoreShowChannel").actionID().
				put("Channel", ch.name).putInt("ChannelState", int(ch.state)).put("ChannelStateDesc", stateText(ch.state)).
				put("CallerIDNum", known(ch.callerNum)).put("CallerIDName", known(ch.callerName)).
				put("ConnectedLineNum", known(ch.lineNum)).put("ConnectedLineName", "<unknown>").
				put("Language", "en").put("AccountCode", ch.account).
				put("Context", ch.context).put("Exten", ch.exten).putInt("Priority", ch.priority).
				put("Uniqueid", ch.uniqueid).put("Linkedid", ch.linkedid).
				put("Application", ch.app).put("ApplicationData", ch.appData).
				put("Duration", s.duration(ch)).
				put("BridgeId", ch.bridge).end()
		}
	})
}

func (s *Server) duration(ch *channel) string {
	sec := s.secondsSince(ch.created)
	return fmt.Sprintf("%02d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}

func (s *Server) sortedChannels() []*channel {
	all := make([]*channel, 0, len(s.channels))
	for _, ch := range s.channels {
		all = append(all, ch)
	}
	slices.SortFunc(all, func(a, b *channel) int { return a.serial - b.serial })
	return all
}

func (s *Server) actHangup(c *session, r *request) {
	name := r.get("Channel")
	n, _ := strconv.Atoi(r.get("Cause"))
	cause := ami.Cause(n)
	switch {
	case name == "":
		c.fail(r, "No channel specified")
	case !strings.HasPrefix(name, "/") || s.release == release8: // which knows names only
		ch := s.find(name)
		if ch == nil {
			c.fail(r, "No such channel")
			return
		}
		c.success(r, "Channel Hungup")
		s.hangUp(ch, cause)
	default:
		re, err := regexp.Compile(strings.TrimSuffix(name[1:], "/"))
		if err != nil {
			c.fail(r, "Regex compile failed on: "+name)
			return
		}
		var matching []*channel
		for _, ch := range s.sortedChannels() {
			if re.MatchString(ch.name) {
				matching = append(matching, ch)
			}
		}
		c.list(r, "Channels hung up will follow", "ChannelsHungupListComplete", func(item func(string) *reply) {
			for _, ch := range matching {
				item("ChannelHungup").put("Channel", ch.name).actionID().end()
			}
		})
		for _, ch := range matching {
			s.hangUp(ch, cause)
		}
	}
}
