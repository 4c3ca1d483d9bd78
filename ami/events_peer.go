package ami

import "time"

// The events of peers, devices and extensions. A field that a version does not
// send is zero.
type (
	// PeerStatus: a peer's state changed. Class system; an item of SIPPeerStatus
	// too.
	PeerStatus struct {
		EventBase
		ChannelType string // SIP, IAX2, PJSIP
		Peer        string // SIP/desk1, PJSIP/desk1
		Status      PeerState
		Cause       string        // why it was rejected
		Address     string        // of who registered, with its port where the technology writes it so
		RoundTrip   time.Duration // of the qualify
	}
	// Registry: a registration of this server at another changed. Class system.
	Registry struct {
		EventBase
		ChannelType string
		Username    string // PJSIP: the client URI
		Domain      string // PJSIP: the server URI
		Status      RegistrationState
		Cause       string // why it was refused
	}
	// ContactStatus: the state of a PJSIP contact changed. Class system; Asterisk
	// 13.5 and later.
	ContactStatus struct {
		EventBase
		URI, AOR, Endpoint string
		Status             ContactState
		RoundTrip          time.Duration // of the qualify; 0: none
	}
	// DeviceStateChange: the state of a device changed. Class call; Asterisk 13
	// and later.
	DeviceStateChange struct {
		EventBase
		Device string // PJSIP/desk1, Queue:sales_avail …
		State  DeviceState
	}
	// ExtensionStatus: the state of an extension with a hint changed. Class call.
	ExtensionStatus struct {
		EventBase
		Exten, Context string
		Hint           string // the devices; Asterisk 11 and later
		Status         ExtensionState
	}
	// SIPQualifyPeerDone: what a SIPQualifyPeer asked for is done, whatever came of
	// it. Class call; Asterisk 12 to 20.
	SIPQualifyPeerDone struct {
		EventBase
		ActionID string
		Peer     string
	}
)

func peerStatusOf(m *Message) *PeerStatus {
	status, _ := ParsePeerState(m.Get("PeerStatus"))
	return &PeerStatus{EventBase{m}, m.Get("ChannelType"), m.Get("Peer"), status, m.Get("Cause"), m.Get("Address"), milliseconds(m.Int("Time"))}
}

func registryOf(m *Message) *Registry {
	status, _ := ParseRegistrationState(m.Get("Status"))
	return &Registry{EventBase{m}, m.Get("ChannelType"), m.Get("Username"), m.Get("Domain"), status, m.Get("Cause")}
}

func contactStatusOf(m *Message) *ContactStatus {
	status, _ := ParseContactState(m.Get("ContactStatus"))
	return &ContactStatus{EventBase{m}, m.Get("URI"), m.Get("AOR"), m.Get("EndpointName"), status, m.microseconds("RoundtripUsec")}
}

func deviceStateChangeOf(m *Message) *DeviceStateChange {
	state, _ := ParseDeviceState(m.Get("State"))
	return &DeviceStateChange{EventBase{m}, m.Get("Device"), state}
}
