package amitest

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/dialcamp/dialcamp/ami"
)

// Endpoint is a telephone or a trunk, as the actions of chan_pjsip and chan_sip
// tell of it: an endpoint of one, a peer of the other. Nothing else looks at it.
type Endpoint struct {
	Name    string
	Contact string // its address, e.g. sip:desk2@127.0.0.1:5062; "": it has none
	// Registered: the contact came by a registration, not from the configuration.
	Registered bool
	UserAgent  string // of the registration

	Description string
}

// Registration is one of this server at another, e.g. its provider.
type Registration struct {
	Name      string
	ServerURI string // sip:127.0.0.2
	Rejected  bool
}

// clientURI is who it says it is.
func (g Registration) clientURI() string {
	host, _, _ := strings.Cut(strings.TrimPrefix(g.ServerURI, "sip:"), ":")
	return "sip:" + g.Name + "@" + host
}

// qualified tells that an endpoint has answered OPTIONS.
func (s *Server) qualified(e Endpoint) {
	if e.Contact == "" || s.reachable[e.Name] {
		return
	}
	s.reachable[e.Name] = true
	if s.begin(classSystem, "PeerStatus") {
		s.put("ChannelType", "PJSIP")
		s.put("Peer", "PJSIP/"+e.Name)
		s.put("PeerStatus", "Reachable")
		s.end(classSystem)
	}
	if s.begin(classSystem, "ContactStatus") {
		s.put("URI", e.Contact)
		s.put("ContactStatus", "Reachable")
		s.put("AOR", e.Name)
		s.put("EndpointName", e.Name)
		s.putInt("RoundtripUsec", roundTrip)
		s.end(classSystem)
	}
}

// roundTrip is how long OPTIONS takes, in microseconds.
const roundTrip = 250

func (s *Server) contactState(e Endpoint) (status, usec string) {
	if s.reachable[e.Name] {
		return "Reachable", strconv.Itoa(roundTrip)
	}
	return "NonQualified", "N/A"
}

// endpoints are the configured ones, or the trunk and the agents' telephones, by
// name.
func (s *Server) endpoints() []Endpoint {
	all := slices.Clone(s.cfg.Endpoints)
	if all == nil {
		for _, a := range s.agentOrder {
			name := a.cfg.Interface[strings.IndexByte(a.cfg.Interface, '/')+1:]
			all = append(all, Endpoint{Name: name, Contact: "sip:" + name + "@127.0.0.2"})
		}
		all = append(all, Endpoint{Name: "carrier", Contact: "sip:127.0.0.2"})
	}
	slices.SortFunc(all, func(a, b Endpoint) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (s *Server) endpoint(name string) (Endpoint, bool) {
	for _, e := range s.endpoints() {
		if e.Name == name {
			return e, true
		}
	}
	return Endpoint{}, false
}

// state is the device state of an endpoint in words, and its channels.
func (s *Server) state(e Endpoint) (state string, channels int) {
	for _, ch := range s.channels {
		if strings.HasPrefix(ch.name, "PJSIP/"+e.Name+"-") {
			channels++
		}
	}
	if a := s.agents["PJSIP/"+e.Name]; a != nil {
		return deviceTexts[a.state], channels
	}
	switch {
	case e.Contact == "":
		return deviceTexts[ami.DeviceUnavailable], channels
	case channels > 0:
		return deviceTexts[ami.DeviceInUse], channels
	}
	return deviceTexts[ami.DeviceNotInUse], channels
}

// deviceTexts are Asterisk's words for device states (devicestate.c).
var deviceTexts = [...]string{"Unknown", "Not in use", "In use", "Busy", "Invalid", "Unavailable", "Ringing", "Ring+Inuse", "On Hold"}

// contactID is the contact's name: its endpoint's, with a hash.
func (e Endpoint) contactID() string {
	h := fnv.New128a()
	h.Write([]byte(e.Contact))
	if e.Registered {
		return fmt.Sprintf("%s;@%x", e.Name, h.Sum(nil))
	}
	return fmt.Sprintf("%s@@%x", e.Name, h.Sum(nil))
}

// host is the contact's address and port.
func (e Endpoint) host() (host, port string) {
	host = strings.TrimPrefix(e.Contact, "sip:")
	if _, h, ok := strings.Cut(host, "@"); ok {
		host = h
	}
	host, port, ok := strings.Cut(host, ":")
	if !ok {
		port = "5060"
	}
	return host, port
}

// details puts lines of "Key: value" with what differs filled in.
func (p *reply) details(text string, fill ...string) *reply {
	for line := range strings.SplitSeq(strings.NewReplacer(fill...).Replace(text), "\n") {
		key, value, _ := strings.Cut(line, ":")
		p.put(key, strings.TrimPrefix(value, " "))
	}
	return p
}
