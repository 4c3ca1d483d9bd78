package amitest

import (
	"strings"
	"time"
)

var chanSIPActions = []action{
	{name: "SIPnotify", classes: classSystem, synopsis: "Send a SIP notify.", do: (*Server).actSIPNotify, until: release20},
	{name: "SIPpeers", classes: classSystem | classReporting, synopsis: "List SIP peers (text format).", do: (*Server).actSIPPeers, until: release20},
	{name: "SIPpeerstatus", classes: classSystem, synopsis: "Show the status of one or all of the sip peers.", do: (*Server).actSIPPeerStatus, since: release11, until: release20},
	{name: "SIPqualifypeer", classes: classSystem | classReporting, synopsis: "Qualify SIP peers.", do: (*Server).actSIPQualifyPeer, until: release20},
	{name: "SIPshowpeer", classes: classSystem | classReporting, synopsis: "show SIP peer (text format).", do: (*Server).actSIPShowPeer, until: release20},
	{name: "SIPshowregistry", classes: classSystem | classReporting, synopsis: "Show SIP registrations (text format).", do: (*Server).actSIPShowRegistry, until: release20},
}

// peerStatus is what qualify found out.
func (e Endpoint) peerStatus() string {
	if e.Contact == "" {
		return "UNKNOWN"
	}
	return "OK (1 ms)"
}

func (s *Server) actSIPPeers(c *session, r *request) {
	c.list(r, "Peer status list will follow", "PeerlistComplete", func(item func(string) *reply) {
		for _, e := range s.endpoints() {
			ip, port := "-none-", "0"
			if e.Contact != "" {
				ip, port = e.host()
			}
			p := item("PeerEntry").actionID().put("Channeltype", "SIP").put("ObjectName", e.Name).put("ChanObjectType", "peer").
				put("IPaddress", ip).put("IPport", port).put("Dynamic", yesNo(e.Registered || e.Contact == ""))
			if s.release == release8 {
				p.put("Forcerport", "no").put("VideoSupport", "no").put("TextSupport", "no").put("ACL", "no").
					put("Status", e.peerStatus()).put("RealtimeDevice", "no").end()
				continue
			}
			p.put("AutoForcerport", "yes").put("Forcerport", "no").put("AutoComedia", "no").put("Comedia", "no").
				put("VideoSupport", "no").put("TextSupport", "no").put("ACL", "no").
				put("Status", e.peerStatus()).put("RealtimeDevice", "no").put("Description", e.Description)
			if s.release > release11 {
				p.put("Accountcode", "")
			}
			p.end()
		}
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (s *Server) actSIPShowPeer(c *session, r *request) {
	name := r.get("Peer")
	e, ok := s.endpoint(name)
	switch {
	case name == "":
		c.failLong(r, "Peer: <name> missing.")
		return
	case !ok:
		c.failLong(r, "Peer "+name+" not found.")
		return
	}
	ip, port, expire := "(null)", "0", "-1 seconds"
	if e.Contact != "" {
		ip, port = e.host()
	}
	if e.Registered {
		expire = "3600 seconds"
	}
	c.respond(r, "Success").details(peerDetail, "{name}", e.Name, "{status}", e.peerStatus(), "{ip}", ip, "{port}", port,
		"{user}", e.Name, "{agent}", e.UserAgent, "{contact}", e.Contact, "{expire}", expire, "{description}", e.Description).end()
}

// actSIPQualifyPeer tells when the peer has answered, since 13.
func (s *Server) actSIPQualifyPeer(c *session, r *request) {
	name := r.get("Peer")
	e, ok := s.endpoint(name)
	switch {
	case name == "":
		c.fail(r, "Peer: <name> missing.")
	case s.release <= release11:
		// It answers with nothing but empty lines, found or not.
		(&reply{c: c}).blank().end()
	case !ok:
		c.fail(r, "Peer not found")
	default:
		c.success(r, "SIP peer found - will qualify")
		if s.begin(classCall, "SIPQualifyPeerDone") {
			s.put("Peer", e.Name)
			if id := r.get("ActionID"); id != "" {
				s.put("ActionID", id)
			}
			s.end(classCall)
		}
	}
}

func (s *Server) actSIPPeerStatus(c *session, r *request) {
	name := strings.TrimPrefix(r.get("Peer"), "SIP/")
	peers := s.endpoints()
	if name != "" {
		e, ok := s.endpoint(name)
		if !ok {
			c.fail(r, "No such peer")
			return
		}
		peers = []Endpoint{e}
	}
	s.oldList(c, r, "Peer status will follow", "SIPpeerstatusComplete", func(item func(string) *reply) {
		for _, e := range peers {
			p := item("PeerStatus").put("Privilege", "System").put("ChannelType", "SIP").put("Peer", "SIP/"+e.Name)
			if e.Contact == "" {
				p.put("PeerStatus", "Unknown")
			} else {
				p.put("PeerStatus", "Reachable").put("Time", "1")
			}
			p.actionID().end()
		}
	})
}

func (s *Server) actSIPShowRegistry(c *session, r *request) {
	c.list(r, "Registrations will follow", "RegistrationsComplete", func(item func(string) *reply) {
		for _, g := range s.cfg.Registrations {
			host, port := Endpoint{Contact: g.ServerURI}.host()
			state := "Registered"
			if g.Rejected {
				state = "Rejected"
			}
			p := item("RegistryEntry").actionID().put("Host", host).put("Port", port).put("Username", g.Name).put("Domain", host)
			if s.release > release8 {
				p.put("DomainPort", port)
			}
			p.put("Refresh", "105").put("State", state).putInt("RegistrationTime", unix(s.started)).end()
		}
	})
}

func (s *Server) actSIPNotify(c *session, r *request) {
	name := r.get("Channel")
	if len(name) >= 4 && strings.EqualFold(name[:4], "SIP/") {
		name = name[4:]
	}
	e, ok := s.endpoint(name)
	switch {
	case name == "":
		c.fail(r, "SIPNotify requires a channel name")
	case r.get("Call-ID") != "" && s.release > release11: // there are no dialogs to know
		c.fail(r, "Call-ID not found")
	case !ok || e.Contact == "":
		c.fail(r, "Could not create address")
	default:
		c.success(r, "Notify Sent")
	}
}

// unregister is the command "sip unregister"; the peer is soon back.
func (s *Server) unregister(name string) string {
	e, ok := s.endpoint(name)
	if !ok || !e.Registered {
		return "Peer not registered"
	}
	s.sipPeerStatus(e, "Unregistered", "Cause", "Expired")
	host, port := e.host()
	s.after(2*time.Second, func() { s.sipPeerStatus(e, "Registered", "Address", host+":"+port) })
	return "Unregistered peer " + name
}

func (s *Server) sipPeerStatus(e Endpoint, status, key, value string) {
	if s.begin(classSystem, "PeerStatus") {
		s.put("ChannelType", "SIP")
		s.put("Peer", "SIP/"+e.Name)
		s.put("PeerStatus", status)
		s.put(key, value)
		s.end(classSystem)
	}
}
