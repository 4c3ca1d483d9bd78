package ami

import (
	"context"
	"iter"
	"strings"
	"time"
)

// The actions of chan_sip, which Asterisk 21 and later no longer have: there the
// reply is an Error, "Invalid/unknown command".

// SIPPeers lists the SIP peers. Privilege system or reporting; Asterisk 1.2 to
// 20; completion event PeerlistComplete.
type SIPPeers struct{}

// SIPPeer is a PeerEntry.
type SIPPeer struct {
	EventBase
	Name           string
	Dynamic        bool   // registers; otherwise its address is configured
	Address        string // empty: not known, as nobody registered
	Port           int
	Status         PeerState     // by its qualify
	RoundTrip      time.Duration // of the last qualify
	ACL            bool
	VideoSupport   bool
	TextSupport    bool
	RealtimeDevice bool
	Description    string // from Asterisk 11 on
	AccountCode    string // late in Asterisk 13 and later
}

func (SIPPeers) Action() Action { return Action{Name: "SIPpeers"} }

func (r SIPPeers) stream(ctx context.Context, d Doer) iter.Seq2[*SIPPeer, error] {
	return items(ctx, d, r.Action(), itemOf[*SIPPeer])
}

func (r SIPPeers) reply(ctx context.Context, d Doer) ([]*SIPPeer, error) {
	return collect(r.stream(ctx, d))
}

func sipPeerOf(m *Message) *SIPPeer {
	p := &SIPPeer{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), Dynamic: m.truth("Dynamic"),
		Address: m.Get("IPaddress"), Port: m.Int("IPport"), ACL: m.truth("ACL"),
		VideoSupport: m.truth("VideoSupport"), TextSupport: m.truth("TextSupport"),
		RealtimeDevice: m.truth("RealtimeDevice"), Description: m.Get("Description"), AccountCode: m.Get("Accountcode"),
	}
	if p.Address == "-none-" {
		p.Address = ""
	}
	p.Status, p.RoundTrip = qualified(m.Get("Status"))
	return p
}

// qualified reads "OK (12 ms)", "LAGGED (2100 ms)", "UNREACHABLE", "UNKNOWN" or
// "Unmonitored".
func qualified(s string) (PeerState, time.Duration) {
	word, rest, _ := strings.Cut(s, " (")
	ms, _ := number(strings.TrimSuffix(rest, " ms)"))
	if word == "OK" {
		return PeerReachable, milliseconds(ms)
	}
	state, _ := ParsePeerState(word)
	return state, milliseconds(ms)
}

// SIPPeerStatus tells the state of the SIP peers, or of one, as the PeerStatus
// events do. Privilege system; Asterisk 11 to 20; completion event
// SIPpeerstatusComplete. An unknown peer is an error.
type SIPPeerStatus struct{ Peer string } // empty: all

func (r SIPPeerStatus) Action() Action {
	a := Action{Name: "SIPpeerstatus"}
	a.AddOpt("Peer", r.Peer)
	return a
}

func (r SIPPeerStatus) stream(ctx context.Context, d Doer) iter.Seq2[*PeerStatus, error] {
	return items(ctx, d, r.Action(), itemOf[*PeerStatus])
}

func (r SIPPeerStatus) reply(ctx context.Context, d Doer) ([]*PeerStatus, error) {
	return collect(r.stream(ctx, d))
}

// SIPQualifyPeer asks a peer whether it is there. If its state changes a
// PeerStatus follows; a SIPQualifyPeerDone with the ActionID (class call; Asterisk
// 12 and later) comes in any case. Privilege system or reporting; Asterisk 1.6 to 20.
type SIPQualifyPeer struct{ Peer string }

func (r SIPQualifyPeer) Action() Action {
	return Action{Name: "SIPqualifypeer", Headers: []Header{{"Peer", r.Peer}}}
}

func (r SIPQualifyPeer) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, r.Action())
}

// SIPShowPeer tells all about one SIP peer. Privilege system or reporting;
// Asterisk 1.2 to 20.
type SIPShowPeer struct{ Peer string }

// SIPPeerDetail is the reply to SIPShowPeer. Raw has what has no field here.
type SIPPeerDetail struct {
	EventBase
	Name                 string
	SecretExists         bool
	Context              string
	Dynamic              bool
	Address              string // empty: not known
	Port                 int
	Status               PeerState
	RoundTrip            time.Duration
	CallLimit, BusyLevel int // 0: none
	CallerID             string
	Codecs               string
	DTMFMode             string
	TransferMode         string
	Language             string
	AMAFlags             string
	AccountCode          string
	Callgroup            string
	Pickupgroup          string
	VoiceMailbox         string
	DefaultUsername      string
	UserAgent            string
	Contact              string        // that it registered
	RegExpire            time.Duration // until its registration ends
	QualifyFrequency     time.Duration
	Description          string // from Asterisk 11 on
	Variables            []string
}

func (r SIPShowPeer) Action() Action {
	return Action{Name: "SIPshowpeer", Headers: []Header{{"Peer", r.Peer}}}
}

func (r SIPShowPeer) reply(ctx context.Context, d Doer) (SIPPeerDetail, error) {
	m, err := d.Do(ctx, r.Action())
	if err != nil {
		return SIPPeerDetail{}, err
	}
	p := SIPPeerDetail{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), SecretExists: m.truth("SecretExist"), Context: m.Get("Context"),
		Dynamic: m.truth("Dynamic"), Address: m.Get("Address-IP"), Port: m.Int("Address-Port"),
		CallLimit: m.Int("Call-limit"), BusyLevel: m.Int("Busy-level"), CallerID: m.Get("Callerid"),
		Codecs: strings.Trim(m.Get("Codecs"), "()"), DTMFMode: m.Get("SIP-DTMFmode"), TransferMode: m.Get("TransferMode"),
		Language: m.Get("Language"), AMAFlags: m.Get("AMAflags"), AccountCode: m.Get("Accountcode"),
		Callgroup: m.Get("Callgroup"), Pickupgroup: m.Get("Pickupgroup"), VoiceMailbox: m.Get("VoiceMailbox"),
		DefaultUsername: m.Get("Default-Username"), UserAgent: m.Get("SIP-Useragent"), Contact: m.Get("Reg-Contact"),
		RegExpire: leadingSeconds(m.Get("RegExpire")), QualifyFrequency: leadingSeconds(m.Get("QualifyFreq")) / 1000,
		Description: m.Get("Description"),
	}
	if p.Address == "(null)" {
		p.Address = ""
	}
	p.Status, p.RoundTrip = qualified(m.Get("Status"))
	for v := range m.All("ChanVariable") {
		p.Variables = append(p.Variables, v)
	}
	return p, nil
}

// SIPShowRegistry lists the registrations of this Asterisk at others. Privilege
// system or reporting; Asterisk 1.6 to 20; completion event
// RegistrationsComplete.
type SIPShowRegistry struct{}

// SIPRegistration is a RegistryEntry.
type SIPRegistration struct {
	EventBase
	Host             string
	Port             int
	Username         string
	Domain           string
	DomainPort       int
	Refresh          time.Duration // how long a registration lasts
	State            RegistrationState
	RegistrationTime time.Time // of the last success; zero: none yet
}

func (SIPShowRegistry) Action() Action { return Action{Name: "SIPshowregistry"} }

func (r SIPShowRegistry) stream(ctx context.Context, d Doer) iter.Seq2[*SIPRegistration, error] {
	return items(ctx, d, r.Action(), itemOf[*SIPRegistration])
}

func (r SIPShowRegistry) reply(ctx context.Context, d Doer) ([]*SIPRegistration, error) {
	return collect(r.stream(ctx, d))
}

func sipRegistrationOf(m *Message) *SIPRegistration {
	state, _ := ParseRegistrationState(m.Get("State"))
	return &SIPRegistration{
		EventBase: EventBase{m}, Host: m.Get("Host"), Port: m.Int("Port"), Username: m.Get("Username"),
		Domain: m.Get("Domain"), DomainPort: m.Int("DomainPort"), Refresh: m.seconds("Refresh"),
		State: state, RegistrationTime: m.unix("RegistrationTime"),
	}
}

// SIPNotify sends a NOTIFY to a peer. Privilege system; Asterisk 1.6 to 20. The
// reply says that it was sent, not that it was liked.
type SIPNotify struct {
	Channel string // the peer's name
	// Variables are the NOTIFY's headers, NAME=value; Content is its body, and
	// Event at least is needed: "Event=check-sync".
	Variables []string
	CallID    string // of an existing dialog to send it in; late in Asterisk 13 and later
}

func (r SIPNotify) Action() Action {
	a := Action{Name: "SIPnotify"}
	a.Add("Channel", r.Channel)
	a.AddOpt("Call-ID", r.CallID)
	for _, v := range r.Variables {
		a.Add("Variable", v)
	}
	return a
}

func (r SIPNotify) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, r.Action()) }
