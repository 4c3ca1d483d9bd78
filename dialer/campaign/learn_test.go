package campaign

import (
	"fmt"
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
		Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0],
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

// TestPatienceOfTheQueue: an agent who becomes free while somebody waits is
// noticed a second late and then takes a while to pick up; what is left of the
// regime's two seconds is what pacing may count on.
func TestPatienceOfTheQueue(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	c := New([]Server{{Name: "pbx"}}, []Settings{{
		Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0],
		Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 30, Patience: 2},
	}}, map[string]State{"spring": Running})
	var patience float64
	step := func(ev Event) {
		for _, e := range c.Step(now, ev) {
			if d, ok := e.(Decided); ok {
				patience = d.Entry.Settings.Patience
				if again := d.Entry.Again(); again != d.Entry.Decision {
					t.Errorf("%+v, made again %+v", d.Entry.Decision, again)
				}
			}
		}
	}
	play := func(id string, steps ...string) {
		for _, line := range script(steps...) {
			step(AMI{Server: "pbx", Event: event(id, line)})
		}
	}
	seen := func(available int) {
		step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 9, Available: available})
	}
	step(LinkUp{Server: "pbx"})
	step(MembersSeen{Server: "pbx", Queue: "Camp200"})
	seen(1)
	if patience != 1 {
		t.Errorf("%v s of patience before anybody picked up, want 1", patience)
	}
	for i, rang := range []time.Duration{500, 700, 5000} {
		id := fmt.Sprintf("A%d", i)
		step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{{Attempt: Attempt{ID: id, Campaign: "spring", Claimed: now}, Contact: Contact{ID: uint64(i)}}}, Next: now}})
		play(id, "new", "dial", "ring", "answer", "response", "join", "offer")
		now = now.Add(rang * time.Millisecond)
		play(id, "connect", "contact-ends")
		now = now.Add(10 * time.Second)
		seen(1)
		want := []float64{0.5, 0.4, 0}[i]
		if diff := patience - want; diff < -0.001 || diff > 0.001 {
			t.Errorf("%v s of patience after agents rang for up to %v ms, want %v", patience, int(rang), want)
		}
	}
}
