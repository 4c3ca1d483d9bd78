package campaign

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// A comparison with Asterisk's channels, which know the device alone, leaves an
// agent the name that an event told.
func TestComparisonKeepsTheAgentsName(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	c := New([]Server{{Name: "pbx"}}, []Settings{{Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9}}, map[string]State{"spring": Running})
	var finished []Attempt
	step := func(ev Event) {
		now = now.Add(time.Second)
		for _, e := range c.Step(now, ev) {
			if f, ok := e.(Finish); ok {
				finished = append(finished, f.Attempt)
			}
		}
	}
	step(Recovered{Claims: []Claim{{Attempt: Attempt{ID: "A1", Campaign: "spring", Claimed: now}, Contact: Contact{ID: 1}}}})
	step(LinkUp{Server: "pbx"})
	leg1 := ami.ChannelRef{Channel: "Local/1@DialCamp-1;1", Uniqueid: "A1", Linkedid: "A1", State: ami.ChannelUp}
	step(AMI{"pbx", &ami.AgentConnect{ChannelRef: leg1, Queue: "Camp200", Interface: "PJSIP/agent1", MemberName: "Kim"}})
	step(ChannelsSeen{Server: "pbx", Asked: now, Channels: []ami.Channel{
		{Name: leg1.Channel, Uniqueid: "A1", Linkedid: "A1", State: ami.ChannelUp, Application: "Queue", BridgeID: "b"},
		{Name: "PJSIP/agent1-1", Uniqueid: "x", Linkedid: "A1", State: ami.ChannelUp, Application: "AppQueue", BridgeID: "b"},
	}})
	step(ChannelsSeen{Server: "pbx", Asked: now})
	step(ChannelsSeen{Server: "pbx", Asked: now.Add(10 * time.Second)})
	if len(finished) != 1 || finished[0].Agent != "Kim" || finished[0].Outcome != Connected {
		t.Errorf("%+v", finished)
	}
}
