package ami

import (
	"context"
	"iter"
	"time"
)

// PJSIPShowRegistrationsOutbound lists the registrations of this Asterisk at
// others: PJSIPRegistrations, each followed by its PJSIPAuths. Privilege system or
// reporting; Asterisk 12 and later; completion event
// OutboundRegistrationDetailComplete, which does not count the auths.
type PJSIPShowRegistrationsOutbound struct{}

// PJSIPRegistration is an OutboundRegistrationDetail item.
type PJSIPRegistration struct {
	EventBase
	Name          string
	ServerURI     string
	ClientURI     string
	ContactUser   string
	OutboundAuths []string // their names
	Transport     string
	Expiration    time.Duration
	RetryInterval time.Duration
	MaxRetries    int
	Status        RegistrationState
	NextReg       time.Duration // until it registers again
}

func (*PJSIPRegistration) pjsipItem() {}

func (PJSIPShowRegistrationsOutbound) Action() Action {
	return Action{Name: "PJSIPShowRegistrationsOutbound"}
}

func (r PJSIPShowRegistrationsOutbound) stream(ctx context.Context, d Doer) iter.Seq2[PJSIPItem, error] {
	return pjsipItems[PJSIPItem](ctx, d, r.Action(), "")
}

func (r PJSIPShowRegistrationsOutbound) reply(ctx context.Context, d Doer) ([]PJSIPItem, error) {
	return collect(r.stream(ctx, d))
}

func pjsipRegistrationOf(m *Message) *PJSIPRegistration {
	status, _ := ParseRegistrationState(m.Get("Status"))
	return &PJSIPRegistration{
		EventBase: EventBase{m}, Name: m.Get("ObjectName"), ServerURI: m.Get("ServerUri"), ClientURI: m.Get("ClientUri"),
		ContactUser: m.Get("ContactUser"), OutboundAuths: commas(m.Get("OutboundAuth")), Transport: m.Get("Transport"),
		Expiration: m.seconds("Expiration"), RetryInterval: m.seconds("RetryInterval"), MaxRetries: m.Int("MaxRetries"),
		Status: status, NextReg: m.seconds("NextReg"),
	}
}
