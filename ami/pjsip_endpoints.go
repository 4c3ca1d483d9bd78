package ami

import (
	"context"
	"iter"
	"strings"
	"time"
)

// PJSIPShowEndpoints lists the endpoints; none is an empty list. Privilege
// system; Asterisk 12 and later; completion event EndpointListComplete.
type PJSIPShowEndpoints struct{}

// PJSIPEndpoint is an EndpointList item.
type PJSIPEndpoint struct {
	EventBase
	Name           string
	Transport      string
	AORs           []string
	Auths          []string // of who comes in; their names
	OutboundAuths  []string
	Contacts       []string // AOR/URI
	DeviceState    DeviceState
	ActiveChannels int
}

func (PJSIPShowEndpoints) Action() Action { return Action{Name: "PJSIPShowEndpoints"} }

func (r PJSIPShowEndpoints) stream(ctx context.Context, d Doer) iter.Seq2[*PJSIPEndpoint, error] {
	return pjsipItems[*PJSIPEndpoint](ctx, d, r.Action(), "No endpoints found")
}

func (r PJSIPShowEndpoints) reply(ctx context.Context, d Doer) ([]*PJSIPEndpoint, error) {
	return collect(r.stream(ctx, d))
}

func pjsipEndpointOf(m *Message) *PJSIPEndpoint {
	state, _ := ParseDeviceState(m.Get("DeviceState"))
	return &PJSIPEndpoint{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), Transport: m.Get("Transport"),
		AORs: commas(m.Get("Aor")), Auths: commas(m.Get("Auths")), OutboundAuths: commas(m.Get("OutboundAuths")),
		Contacts: commas(m.Get("Contacts")), DeviceState: state, ActiveChannels: channelCount(m.Get("ActiveChannels")),
	}
}

// channelCount reads a number, or the names of the channels.
func channelCount(s string) int {
	if n, ok := number(s); ok {
		return max(n, 0)
	}
	return len(commas(s))
}

// PJSIPShowEndpoint tells all about one endpoint: it and whatever belongs to it,
// its transport, AORs, contacts, auths and identifications, in an order that
// varies. Privilege system; Asterisk 12 and later; completion event
// EndpointDetailComplete. An unknown endpoint is an error.
type PJSIPShowEndpoint struct{ Endpoint string }

// PJSIPItem is an item of a PJSIPShowEndpoint or a PJSIPShowRegistrationsOutbound.
type PJSIPItem interface {
	Event
	pjsipItem()
}

// The items. Raw has every setting of the object.
type (
	// PJSIPEndpointDetail is the endpoint itself.
	PJSIPEndpointDetail struct {
		EventBase
		Name           string
		Context        string
		Transport      string
		AORs           []string
		Auths          []string // of who comes in; their names
		OutboundAuths  []string
		CallerID       string
		Allow          string // codecs
		DTMFMode       string
		AccountCode    string
		DirectMedia    bool
		DeviceState    DeviceState
		ActiveChannels int
	}
	// PJSIPAOR is an address of record, and where it was registered from.
	PJSIPAOR struct {
		EventBase
		Name               string
		Contacts           []string // AOR/URI
		MaxContacts        int
		QualifyFrequency   time.Duration // 0: never asked
		TotalContacts      int
		ContactsRegistered int
	}
	// PJSIPContactDetail is a contact and its state.
	PJSIPContactDetail struct {
		EventBase
		AOR, URI, ID     string
		Endpoint         string
		UserAgent        string
		Expires          time.Time // zero: configured, not registered
		ViaAddress       string
		CallID           string
		Status           ContactState
		RoundTrip        time.Duration // of the last qualify; 0: none
		QualifyFrequency time.Duration
		Path             string
	}
	// PJSIPAuth is how somebody proves who they are; Raw has the secret, this has
	// not.
	PJSIPAuth struct {
		EventBase
		Name, Username, AuthType, Realm string
	}
	// PJSIPTransport is what an endpoint is reached over.
	PJSIPTransport struct {
		EventBase
		Name, Protocol, Bind string
	}
	// PJSIPIdentify is how an endpoint is told by where requests come from.
	PJSIPIdentify struct {
		EventBase
		Name     string
		Endpoint string
		Match    []string // networks
	}
)

func (*PJSIPEndpointDetail) pjsipItem() {}
func (*PJSIPAOR) pjsipItem()            {}
func (*PJSIPContactDetail) pjsipItem()  {}
func (*PJSIPAuth) pjsipItem()           {}
func (*PJSIPTransport) pjsipItem()      {}
func (*PJSIPIdentify) pjsipItem()       {}

func (r PJSIPShowEndpoint) Action() Action {
	return Action{Name: "PJSIPShowEndpoint", Headers: []Header{{"Endpoint", r.Endpoint}}}
}

func (r PJSIPShowEndpoint) stream(ctx context.Context, d Doer) iter.Seq2[PJSIPItem, error] {
	return pjsipItems[PJSIPItem](ctx, d, r.Action(), "")
}

func (r PJSIPShowEndpoint) reply(ctx context.Context, d Doer) ([]PJSIPItem, error) {
	return collect(r.stream(ctx, d))
}

func pjsipEndpointDetailOf(m *Message) *PJSIPEndpointDetail {
	state, _ := ParseDeviceState(m.Get("DeviceState"))
	return &PJSIPEndpointDetail{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), Context: m.Get("Context"), Transport: m.Get("Transport"),
		AORs: commas(m.Get("Aors")), Auths: commas(m.Get("Auth")), OutboundAuths: commas(m.Get("OutboundAuth")),
		CallerID: m.Get("Callerid"), Allow: strings.Trim(m.Get("Allow"), "()"), DTMFMode: m.Get("DtmfMode"),
		AccountCode: m.Get("Accountcode"), DirectMedia: m.truth("DirectMedia"),
		DeviceState: state, ActiveChannels: channelCount(m.Get("ActiveChannels")),
	}
}

func pjsipAOROf(m *Message) *PJSIPAOR {
	return &PJSIPAOR{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), Contacts: commas(m.Get("Contacts")), MaxContacts: m.Int("MaxContacts"),
		QualifyFrequency: m.seconds("QualifyFrequency"), TotalContacts: m.Int("TotalContacts"), ContactsRegistered: m.Int("ContactsRegistered"),
	}
}

func pjsipContactDetailOf(m *Message) *PJSIPContactDetail {
	status, _ := ParseContactState(m.Get("Status"))
	return &PJSIPContactDetail{
		EventBase: EventBase{m}, AOR: m.Get("AOR"), URI: m.Get("URI"), ID: m.Get("ID"), Endpoint: m.Get("EndpointName"),
		UserAgent: m.Get("UserAgent"), Expires: m.unix("RegExpire"), ViaAddress: m.Get("ViaAddress"), CallID: m.Get("CallID"),
		Status: status, RoundTrip: m.microseconds("RoundtripUsec"), QualifyFrequency: m.seconds("QualifyFrequency"), Path: m.Get("Path"),
	}
}

func pjsipAuthOf(m *Message) *PJSIPAuth {
	return &PJSIPAuth{EventBase{m}, m.Get("ObjectName"), m.Get("Username"), m.Get("AuthType"), m.Get("Realm")}
}

func pjsipTransportOf(m *Message) *PJSIPTransport {
	return &PJSIPTransport{EventBase{m}, m.Get("ObjectName"), m.Get("Protocol"), m.Get("Bind")}
}

func pjsipIdentifyOf(m *Message) *PJSIPIdentify {
	return &PJSIPIdentify{EventBase{m}, m.Get("ObjectName"), m.Get("Endpoint"), commas(m.Get("Match"))}
}

// PJSIPShowContacts lists the contacts that registered; none is an empty list.
// Privilege system; Asterisk 16 and later; completion event ContactListComplete.
type PJSIPShowContacts struct{}

// PJSIPContact is a ContactList item.
type PJSIPContact struct {
	EventBase
	ID               string
	URI              string
	Endpoint         string
	UserAgent        string
	Expires          time.Time
	ViaAddress       string
	ViaPort          int
	CallID           string
	Status           ContactState
	RoundTrip        time.Duration // of the last qualify; 0: none
	QualifyFrequency time.Duration // 0: never asked
	Path             string
}

func (PJSIPShowContacts) Action() Action { return Action{Name: "PJSIPShowContacts"} }

func (r PJSIPShowContacts) stream(ctx context.Context, d Doer) iter.Seq2[*PJSIPContact, error] {
	return pjsipItems[*PJSIPContact](ctx, d, r.Action(), "No Contacts found")
}

func (r PJSIPShowContacts) reply(ctx context.Context, d Doer) ([]*PJSIPContact, error) {
	return collect(r.stream(ctx, d))
}

func pjsipContactOf(m *Message) *PJSIPContact {
	status, _ := ParseContactState(m.Get("Status"))
	return &PJSIPContact{
		EventBase: EventBase{m}, ID: m.Get("ObjectName"), URI: m.Get("Uri"), Endpoint: m.Get("Endpoint"), UserAgent: m.Get("UserAgent"),
		Expires: m.unix("ExpirationTime"), ViaAddress: m.Get("ViaAddr"), ViaPort: m.Int("ViaPort"), CallID: m.Get("CallId"),
		Status: status, RoundTrip: m.microseconds("RoundtripUsec"), QualifyFrequency: m.seconds("QualifyFrequency"), Path: m.Get("Path"),
	}
}
