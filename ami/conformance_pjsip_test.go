package ami_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

const unknownCommand = ". Use Action: ListCommands to show available commands."

// testPJSIP is about the actions of chan_pjsip. An Asterisk without it knows none.
func (s *site) testPJSIP(t *testing.T) {
	if s.old {
		t.Run("no PJSIP", func(t *testing.T) {
			r := s.connect(t, "dialcamp")
			const no = "Invalid/unknown command: "
			refuses(t, r, no+"PJSIPShowEndpoints"+unknownCommand, ami.PJSIPShowEndpoints{})
			refuses(t, r, no+"PJSIPShowEndpoint"+unknownCommand, ami.PJSIPShowEndpoint{Endpoint: "agent1"})
			refuses(t, r, no+"PJSIPShowContacts"+unknownCommand, ami.PJSIPShowContacts{})
			refuses(t, r, no+"PJSIPQualify"+unknownCommand, ami.PJSIPQualify{Endpoint: "agent1"})
			refuses(t, r, no+"PJSIPShowRegistrationsOutbound"+unknownCommand, ami.PJSIPShowRegistrationsOutbound{})
			refuses(t, r, no+"PJSIPNotify"+unknownCommand, ami.PJSIPNotify{Endpoint: "agent1"})
		})
		return
	}
	t.Run("endpoints", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		r.list(t, action("PJSIPShowEndpoints"))
		all := must(t, r, ami.PJSIPShowEndpoints{})
		i := slices.IndexFunc(all, func(e *ami.PJSIPEndpoint) bool { return e.Name == "agent1" })
		if i < 0 {
			t.Fatalf("no agent1 among %d", len(all))
		}
		got := *all[i]
		got.EventBase = ami.EventBase{}
		want := ami.PJSIPEndpoint{Name: "agent1", Transport: "udp", AORs: []string{"agent1"}, Contacts: []string{"agent1/sip:agent1@127.0.0.2"}, DeviceState: ami.DeviceNotInUse}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
	t.Run("endpoint", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		r.list(t, action("PJSIPShowEndpoint", "Endpoint", "agent1"))
		kinds := map[string]int{}
		for item, err := range ami.Stream(t.Context(), r, ami.PJSIPShowEndpoint{Endpoint: "agent1"}) {
			if err != nil {
				t.Fatal(err)
			}
			kinds[reflect.TypeOf(item).Elem().Name()]++
			switch item := item.(type) {
			case *ami.PJSIPEndpointDetail:
				if item.Name != "agent1" || item.Context != "from-outside" || item.Allow != "ulaw" || item.DeviceState != ami.DeviceNotInUse || item.DirectMedia {
					t.Errorf("%v", item.Raw())
				}
			case *ami.PJSIPAOR:
				if item.Name != "agent1" || item.TotalContacts != 1 || item.ContactsRegistered != 0 {
					t.Errorf("%v", item.Raw())
				}
			case *ami.PJSIPContactDetail:
				if item.AOR != "agent1" || item.URI != "sip:agent1@127.0.0.2" || item.Status != ami.ContactNonQualified || item.RoundTrip != 0 {
					t.Errorf("%v", item.Raw())
				}
			case *ami.PJSIPTransport:
				if item.Name != "udp" || item.Protocol != "udp" || item.Bind != "127.0.0.1:5060" {
					t.Errorf("%v", item.Raw())
				}
			}
		}
		if want := map[string]int{"PJSIPEndpointDetail": 1, "PJSIPAOR": 1, "PJSIPContactDetail": 1, "PJSIPTransport": 1}; !reflect.DeepEqual(kinds, want) {
			t.Errorf("%v", kinds)
		}
		refuses(t, r, "Unable to retrieve endpoint nope", ami.PJSIPShowEndpoint{Endpoint: "nope"})
	})
	t.Run("contacts", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		var all []*ami.PJSIPContact
		r.eventually(t, "registered contact", func() bool {
			all = must(t, r, ami.PJSIPShowContacts{}) // empty until the carrier has registered
			return len(all) > 0
		})
		r.list(t, action("PJSIPShowContacts"))
		c := all[0]
		if len(all) != 1 || c.Endpoint != "upstream" || c.URI != "sip:s@127.0.0.2:5060" || c.ViaAddress != "127.0.0.2" || c.ViaPort != 5060 ||
			c.Status != ami.ContactNonQualified || time.Until(c.Expires) > time.Hour || time.Until(c.Expires) < 0 {
			t.Errorf("%d contacts, %+v", len(all), c)
		}
	})
	t.Run("registrations", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		r.list(t, action("PJSIPShowRegistrationsOutbound"))
		var all []ami.PJSIPItem
		r.eventually(t, "registration", func() bool {
			all = must(t, r, ami.PJSIPShowRegistrationsOutbound{})
			reg, ok := all[0].(*ami.PJSIPRegistration)
			return ok && reg.Status == ami.RegistrationRegistered
		})
		reg := all[0].(*ami.PJSIPRegistration)
		if reg.Name != "desk2" || reg.ServerURI != "sip:127.0.0.2" || reg.ClientURI != "sip:desk2@127.0.0.2" || reg.Expiration != time.Hour || reg.RetryInterval != 2*time.Second || reg.MaxRetries != 10 {
			t.Errorf("%v", reg.Raw())
		}
		if auth, ok := all[1].(*ami.PJSIPAuth); len(all) != 2 || !ok || auth.Name != "desk2" || auth.Username != "desk2" || auth.AuthType != "userpass" {
			t.Errorf("%+v", all)
		}
	})
	t.Run("qualify", func(t *testing.T) {
		cfg := s.config("dialcamp")
		cfg.Events = "system"
		r := s.dial(t, cfg)
		contact := func() (status ami.ContactState) {
			for _, item := range must(t, r, ami.PJSIPShowEndpoint{Endpoint: "desk3"}) {
				if c, ok := item.(*ami.PJSIPContactDetail); ok {
					status = c.Status
				}
			}
			return status
		}
		if got := contact(); got != ami.ContactNonQualified {
			t.Errorf("at first %v", got)
		}
		if got := must(t, r, ami.PJSIPQualify{Endpoint: "desk3"}); got.Message != "Endpoint found, will qualify" {
			t.Errorf("%+v", got)
		}
		e := ami.ParseEvent(r.await(t, "ContactStatus", "EndpointName", "desk3")).(*ami.ContactStatus)
		if e.Status != ami.ContactReachable || e.URI != "sip:desk3@127.0.0.2" || e.AOR != "desk3" || e.RoundTrip <= 0 {
			t.Errorf("%v", e.Raw())
		}
		peer := ami.ParseEvent(r.await(t, "PeerStatus", "Peer", "PJSIP/desk3")).(*ami.PeerStatus)
		if peer.Status != ami.PeerReachable || peer.ChannelType != "PJSIP" {
			t.Errorf("%v", peer.Raw())
		}
		if got := contact(); got != ami.ContactReachable {
			t.Errorf("then %v", got)
		}
		refuses(t, r, "Unable to retrieve endpoint", ami.PJSIPQualify{Endpoint: "nope"})
	})
	t.Run("notify", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		for _, n := range []ami.PJSIPNotify{
			{Endpoint: "desk3", Variables: []string{"Event=check-sync"}},
			{Endpoint: "desk3", Option: "check-sync"},
			{URI: "sip:desk3@127.0.0.2", Variables: []string{"Event=check-sync", "Content=x"}},
		} {
			if got := must(t, r, n); got.Message != "NOTIFY sent" {
				t.Errorf("%+v", got)
			}
		}
		refuses(t, r, "Unable to retrieve endpoint nope", ami.PJSIPNotify{Endpoint: "nope", Option: "check-sync"})
		refuses(t, r, "PJSIPNotify requires either an Option or Variable(s).You must use only one of them.", ami.PJSIPNotify{Endpoint: "desk3"})
	})
	t.Run("no chan_sip", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		const no = "Invalid/unknown command: "
		refuses(t, r, no+"SIPpeers"+unknownCommand, ami.SIPPeers{})
		refuses(t, r, no+"SIPpeerstatus"+unknownCommand, ami.SIPPeerStatus{})
		refuses(t, r, no+"SIPshowpeer"+unknownCommand, ami.SIPShowPeer{Peer: "desk2"})
		refuses(t, r, no+"SIPqualifypeer"+unknownCommand, ami.SIPQualifyPeer{Peer: "desk2"})
		refuses(t, r, no+"SIPshowregistry"+unknownCommand, ami.SIPShowRegistry{})
		refuses(t, r, no+"SIPnotify"+unknownCommand, ami.SIPNotify{Channel: "desk2"})
	})
}
