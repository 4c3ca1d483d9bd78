package ami

import (
	"context"
	"errors"
	"iter"
)

// The actions of chan_pjsip: Asterisk 12 and later.

// pjsipItems is items for the lists of PJSIP, where an empty one is an Error with
// just these words.
func pjsipItems[T Event](ctx context.Context, d Doer, a Action, none string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for t, err := range items(ctx, d, a, itemOf[T]) {
			if refusal, ok := errors.AsType[*ReplyError](err); ok && none != "" && refusal.Message == none {
				return
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

// itemOf reads a list's item as ParseEvent does.
func itemOf[T Event](m *Message) (T, bool) {
	t, ok := ParseEvent(m).(T)
	return t, ok
}

// PJSIPQualify asks the contacts of an endpoint whether they are there. A
// ContactStatus follows if the state of one changes, and that only where its AOR
// has a qualify_frequency. Privilege system or reporting; Asterisk 12 and later.
type PJSIPQualify struct{ Endpoint string }

func (r PJSIPQualify) Action() Action {
	return Action{Name: "PJSIPQualify", Headers: []Header{{"Endpoint", r.Endpoint}}}
}

func (r PJSIPQualify) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, r.Action())
}

// PJSIPNotify sends a NOTIFY to one of Endpoint, URI or Channel. Privilege
// system; Asterisk 12 and later. The reply says that it was sent, not that it was
// liked.
type PJSIPNotify struct {
	Endpoint string // all its contacts
	URI      string // needs a default_outbound_endpoint in pjsip.conf
	Channel  string // within its dialog; Asterisk 13.21, 15.4 and later
	// Option is a section of pjsip_notify.conf; Asterisk 18.16, 19.8, 20.1 and
	// later. Otherwise Variables are the NOTIFY's headers, NAME=value; Content is
	// its body, and Event at least is needed: "Event=check-sync".
	Option    string
	Variables []string
}

func (r PJSIPNotify) Action() Action {
	a := Action{Name: "PJSIPNotify"}
	a.AddOpt("Endpoint", r.Endpoint)
	a.AddOpt("URI", r.URI)
	a.AddOpt("Channel", r.Channel)
	a.AddOpt("Option", r.Option)
	for _, v := range r.Variables {
		a.Add("Variable", v)
	}
	return a
}

func (r PJSIPNotify) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, r.Action())
}
