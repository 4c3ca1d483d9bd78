package amitest

import (
	"fmt"
	"strconv"
)

var pjsipActions = []action{
	{name: "PJSIPNotify", classes: classSystem, synopsis: "Send a NOTIFY to either an endpoint, an arbitrary URI, or inside a SIP dialog.", do: (*Server).actPJSIPNotify, since: release13},
	{name: "PJSIPQualify", classes: classSystem | classReporting, synopsis: "Qualify a chan_pjsip endpoint.", do: (*Server).actPJSIPQualify, since: release13},
	{name: "PJSIPShowContacts", classes: classSystem, synopsis: "Lists PJSIP Contacts.", do: (*Server).actPJSIPShowContacts, since: release13},
	{name: "PJSIPShowEndpoint", classes: classSystem, synopsis: "Detail listing of an endpoint and its objects.", do: (*Server).actPJSIPShowEndpoint, since: release13},
	{name: "PJSIPShowEndpoints", classes: classSystem, synopsis: "Lists PJSIP endpoints.", do: (*Server).actPJSIPShowEndpoints, since: release13},
	{name: "PJSIPShowRegistrationsOutbound", classes: classSystem, synopsis: "Lists PJSIP outbound registrations.", do: (*Server).actPJSIPShowRegistrationsOutbound, since: release13},
}

// failLong answers with an error whose text ends with a newline, so that there is
// an empty line too many.
func (c *session) failLong(r *request, message string) {
	c.respond(r, "Error").put("Message", message).blank().end()
}

func (s *Server) actPJSIPShowEndpoints(c *session, r *request) {
	if len(s.endpoints()) == 0 {
		c.failLong(r, "No endpoints found")
		return
	}
	c.list(r, "A listing of Endpoints follows, presented as EndpointList events", "EndpointListComplete", func(item func(string) *reply) {
		for _, e := range s.endpoints() {
			state, channels := s.state(e)
			contacts := ""
			if e.Contact != "" {
				contacts = e.Name + "/" + e.Contact + ","
			}
			item("EndpointList").actionID().put("ObjectType", "endpoint").put("ObjectName", e.Name).put("Transport", "udp").
				put("Aor", e.Name).put("Auths", "").put("OutboundAuths", "").put("Contacts", contacts).
				put("DeviceState", state).putInt("ActiveChannels", channels).end()
		}
	})
}

func (s *Server) actPJSIPShowEndpoint(c *session, r *request) {
	name := r.get("Endpoint")
	e, ok := s.endpoint(name)
	switch {
	case name == "":
		c.failLong(r, "PJSIPShowEndpoint requires an endpoint name")
		return
	case !ok:
		c.failLong(r, "Unable to retrieve endpoint "+name)
		return
	}
	c.list(r, "Following are Events for each object associated with the Endpoint", "EndpointDetailComplete", func(item func(string) *reply) {
		state, channels := s.state(e)
		object := func(event, kind, name string) *reply {
			return item(event).actionID().put("ObjectType", kind).put("ObjectName", name)
		}
		object("EndpointDetail", "endpoint", e.Name).
			details(endpointDetail, "{name}", e.Name, "{state}", state, "{channels}", strconv.Itoa(channels)).end()
		object("TransportDetail", "transport", "udp").details(transportDetail, "{name}", e.Name).end()
		contact, contacts, registered := "", "0", "0"
		if e.Contact != "" {
			contact, contacts = e.Name+"/"+e.Contact, "1"
		}
		most, remove := "0", "false"
		if e.Registered {
			registered, most, remove = "1", "1", "true"
		}
		object("AorDetail", "aor", e.Name).details(aorDetail, "{name}", e.Name, "{contact}", contact, "{contacts}", contacts,
			"{registered}", registered, "{most}", most, "{remove}", remove).end()
		if e.Contact != "" {
			s.contactStatus(e, item("ContactStatusDetail"))
		}
		if e.Name == "carrier" {
			object("IdentifyDetail", "identify", e.Name).put("Match", "127.0.0.2/255.255.255.255").put("MatchRequestUri", "").
				put("SrvLookups", "true").put("Endpoint", e.Name).put("MatchHeader", "").put("EndpointName", e.Name).end()
		}
	})
}

func (s *Server) contactStatus(e Endpoint, p *reply) {
	host, port := e.host()
	p.actionID().put("AOR", e.Name).put("URI", e.Contact).put("UserAgent", e.UserAgent)
	if e.Registered {
		p.putInt("RegExpire", unix(s.clock.Now())+3600).put("ViaAddress", host+":"+port).put("CallID", e.contactID())
	} else {
		p.put("RegExpire", "0")
	}
	status, usec := s.contactState(e)
	p.put("Status", status).put("RoundtripUsec", usec).put("EndpointName", e.Name).put("ID", e.contactID()).
		put("AuthenticateQualify", "0").put("OutboundProxy", "").put("Path", "").put("QualifyFrequency", "0").
		put("QualifyTimeout", "3.000").put("Qualify2xxOnly", "0").end()
}

// actPJSIPShowContacts lists only the contacts that have registered.
func (s *Server) actPJSIPShowContacts(c *session, r *request) {
	var registered []Endpoint
	for _, e := range s.endpoints() {
		if e.Registered {
			registered = append(registered, e)
		}
	}
	if len(registered) == 0 {
		c.failLong(r, "No Contacts found")
		return
	}
	c.list(r, "A listing of Contacts follows, presented as ContactList events", "ContactListComplete", func(item func(string) *reply) {
		for _, e := range registered {
			host, port := e.host()
			status, usec := s.contactState(e)
			item("ContactList").actionID().put("ObjectType", "contact").put("ObjectName", e.contactID()).
				put("ViaAddr", host).put("QualifyTimeout", "3.000000").put("Qualify2xxOnly", "false").put("CallId", e.contactID()).
				put("RegServer", s.cfg.SystemName).put("PruneOnBoot", "no").put("Path", "").put("Endpoint", e.Name).put("ViaPort", port).
				put("AuthenticateQualify", "no").put("Uri", e.Contact).put("QualifyFrequency", "0").put("UserAgent", e.UserAgent).
				putInt("ExpirationTime", unix(s.clock.Now())+3600).put("OutboundProxy", "").
				put("Status", status).put("RoundtripUsec", usec).end()
		}
	})
}

func (s *Server) actPJSIPQualify(c *session, r *request) {
	e, ok := s.endpoint(r.get("Endpoint"))
	switch {
	case r.get("Endpoint") == "":
		c.fail(r, "Endpoint parameter missing.")
	case !ok:
		c.failLong(r, "Unable to retrieve endpoint")
	default:
		c.success(r, "Endpoint found, will qualify")
		s.qualified(e)
	}
}

// actPJSIPShowRegistrationsOutbound is the list that is not refused when empty.
func (s *Server) actPJSIPShowRegistrationsOutbound(c *session, r *request) {
	c.respond(r, "Success").put("EventList", "start").put("Message", "Following are Events for each Outbound registration").end()
	item := func(event string) *reply {
		p := &reply{c: c, id: r.get("ActionID")}
		return p.put("Event", event).actionID()
	}
	registered := 0
	for _, g := range s.cfg.Registrations {
		status := "Rejected"
		if !g.Rejected {
			registered++
			status = "Registered"
		}
		item("OutboundRegistrationDetail").put("ObjectType", "registration").put("ObjectName", g.Name).
			details(registrationDetail, "{name}", g.Name, "{server}", g.ServerURI, "{client}", g.clientURI(), "{status}", status).end()
		item("AuthDetail").put("ObjectType", "auth").put("ObjectName", g.Name).details(authDetail, "{name}", g.Name).end()
	}
	item("OutboundRegistrationDetailComplete").put("EventList", "Complete").putInt("ListItems", len(s.cfg.Registrations)).
		putInt("Registered", registered).putInt("NotRegistered", len(s.cfg.Registrations)-registered).end()
}

func (s *Server) actPJSIPNotify(c *session, r *request) {
	name, uri, channel := r.get("Endpoint"), r.get("URI"), r.get("Channel")
	_, known := s.endpoint(name)
	given := 0
	for _, v := range [...]string{name, uri, channel} {
		if v != "" {
			given++
		}
	}
	switch {
	case (r.get("Variable") == "") == (r.get("Option") == ""):
		c.fail(r, "PJSIPNotify requires either an Option or Variable(s).You must use only one of them.")
	case given == 0:
		c.fail(r, "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.")
	case given > 1:
		c.fail(r, "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.  You must use only one of them.")
	case name != "" && !known:
		c.fail(r, fmt.Sprintf("Unable to retrieve endpoint %s", name))
	case channel != "" && s.find(channel) == nil:
		c.fail(r, "No channel found")
	default:
		c.success(r, "NOTIFY sent")
	}
}
