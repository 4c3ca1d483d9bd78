package campaign

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestRecoveredCallIsLearnt: a call that was taken over in its talk counts as one
// that a person answered, like any other.
func TestRecoveredCallIsLearnt(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	c := New([]Server{{Name: "pbx"}}, []Settings{{
		Name: "spring", Server: "pbx", Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0],
		Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 30, Patience: 2},
	}}, map[string]State{"spring": Running})
	step := func(ev Event) {
		now = now.Add(time.Second)
		c.Step(now, ev)
	}
	step(Recovered{Claims: []Claim{{Attempt: Attempt{ID: "A1", Campaign: "spring", Claimed: now}, Contact: Contact{ID: 1}}}})
	step(LinkUp{Server: "pbx"})
	talk := []ami.Channel{
		{Name: "Local/1@DialCamp-1;1", Uniqueid: "A1", Linkedid: "A1", State: ami.ChannelUp, Application: "Queue", BridgeID: "b"},
		{Name: "PJSIP/agent1-1", Uniqueid: "x", Linkedid: "A1", State: ami.ChannelUp, Application: "AppQueue", BridgeID: "b"},
	}
	step(ChannelsSeen{Server: "pbx", Asked: now, Channels: talk})
	step(ChannelsSeen{Server: "pbx", Asked: now})
	step(ChannelsSeen{Server: "pbx", Asked: now.Add(10 * time.Second)})
	if n := c.InFlight(); n != 0 {
		t.Fatalf("%d calls in flight", n)
	}
	if s := c.Status().Campaigns[0]; s.Answers != 1 || s.Abandoned != 0 {
		t.Errorf("%v answers, %v abandoned", s.Answers, s.Abandoned)
	}
}
