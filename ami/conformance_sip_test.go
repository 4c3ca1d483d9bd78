package ami_test

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// testSIP is about the actions of chan_sip.
func (s *site) testSIP(t *testing.T) {
	t.Run("peers", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		peers := map[string]*ami.SIPPeer{}
		r.eventually(t, "desk2, registered and there", func() bool {
			for _, p := range must(t, r, ami.SIPPeers{}) {
				peers[p.Name] = p
			}
			return len(peers) == 2 && peers["desk2"].Status == ami.PeerReachable
		})
		if p := peers["desk1"]; p.Status != ami.PeerUnknown || p.Address != "" || !p.Dynamic {
			t.Errorf("%v", p.Raw())
		}
		if p := peers["desk2"]; p.Address != "127.0.0.1" || p.Port != 5062 || p.Description != "the second desk" || p.RoundTrip <= 0 {
			t.Errorf("%v", p.Raw())
		}
		detail := must(t, r, ami.SIPShowPeer{Peer: "desk2"})
		if detail.Name != "desk2" || detail.Address != "127.0.0.1" || detail.Port != 5062 || detail.Status != ami.PeerReachable || !detail.SecretExists ||
			detail.UserAgent != "lab-pbx" || detail.Contact != "sip:desk2@127.0.0.1:5062" || detail.QualifyFrequency != time.Minute || detail.Codecs != "ulaw" {
			t.Errorf("%v", detail.Raw())
		}
		refuses(t, r, "Peer nope not found.", ami.SIPShowPeer{Peer: "nope"})
	})
	t.Run("status", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		for peer, want := range map[string]int{"": 2, "desk2": 1, "SIP/desk1": 1} {
			all := must(t, r, ami.SIPPeerStatus{Peer: peer})
			if len(all) != want {
				t.Errorf("%q: %d peers", peer, len(all))
			}
			for _, p := range all {
				if p.ChannelType != "SIP" || p.Status != map[string]ami.PeerState{"SIP/desk1": ami.PeerUnknown, "SIP/desk2": ami.PeerReachable}[p.Peer] {
					t.Errorf("%v", p.Raw())
				}
			}
		}
		refuses(t, r, "No such peer", ami.SIPPeerStatus{Peer: "nope"})
	})
	t.Run("qualify", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		if got := must(t, r, ami.SIPQualifyPeer{Peer: "desk2"}); got.Message != "SIP peer found - will qualify" {
			t.Errorf("%+v", got)
		}
		e := ami.ParseEvent(r.await(t, "SIPQualifyPeerDone", "Peer", "desk2")).(*ami.SIPQualifyPeerDone)
		if e.ActionID == "" {
			t.Errorf("%v", e.Raw())
		}
		refuses(t, r, "Peer not found", ami.SIPQualifyPeer{Peer: "nope"})
	})
	t.Run("registry", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		var all []*ami.SIPRegistration
		r.eventually(t, "registration", func() bool {
			all = must(t, r, ami.SIPShowRegistry{})
			return len(all) == 1 && all[0].State == ami.RegistrationRegistered
		})
		if g := all[0]; g.Host != "127.0.0.1" || g.Port != 5062 || g.Username != "upstream" || g.Refresh <= 0 || time.Since(g.RegistrationTime).Abs() > time.Hour {
			t.Errorf("%v", g.Raw())
		}
	})
	t.Run("notify", func(t *testing.T) {
		r := s.connect(t, "dialcamp")
		if got := must(t, r, ami.SIPNotify{Channel: "desk2", Variables: []string{"Event=check-sync"}}); got.Message != "Notify Sent" {
			t.Errorf("%+v", got)
		}
		refuses(t, r, "Could not create address", ami.SIPNotify{Channel: "desk1", Variables: []string{"Event=check-sync"}})
		refuses(t, r, "Call-ID not found", ami.SIPNotify{Channel: "desk2", CallID: "nope"})
	})
	t.Run("registered anew", func(t *testing.T) {
		cfg := s.config("dialcamp")
		cfg.Events = "system"
		r := s.dial(t, cfg)
		must(t, r, ami.Command{Command: "sip unregister desk2"})
		e := ami.ParseEvent(r.await(t, "PeerStatus", "PeerStatus", "Unregistered")).(*ami.PeerStatus)
		if e.Peer != "SIP/desk2" || e.Status != ami.PeerUnregistered || e.ChannelType != "SIP" {
			t.Errorf("%v", e.Raw())
		}
	})
}
