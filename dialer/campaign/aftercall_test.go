package campaign

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestPauseAfterCall: an agent who pauses as a talk ends is busy with it for as
// long as usual, and will be free again; one who pauses later is on a break.
func TestPauseAfterCall(t *testing.T) {
	for _, tt := range []struct {
		name   string
		paused time.Duration // after the talk ended
		works  bool
		lasts  time.Duration
		left   float64
	}{
		{"in the talk", -2 * time.Second, true, 25 * time.Second, 0},
		{"with its end", 0, true, 25 * time.Second, 0},
		{"a second after it", time.Second, true, 25 * time.Second, 0},
		{"ten seconds after it", 10 * time.Second, false, 25 * time.Second, 0},
		{"for an hour", 0, true, time.Hour, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
			now := start
			c := New([]Server{{Name: "pbx"}}, []Settings{{
				Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0],
				Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 30, Patience: 2},
			}}, map[string]State{"spring": Running})
			var decided pacing.Entry
			var learnt pacing.State
			step := func(ev Event) {
				for _, e := range c.Step(now, ev) {
					switch e := e.(type) {
					case Decided:
						decided = e.Entry
					case SaveLearnt:
						learnt = e.State
					}
				}
			}
			member := func(status ami.DeviceState, paused bool) ami.Member {
				return ami.Member{Queue: "Camp200", Name: "agent01", Interface: "PJSIP/agent01", Status: status, Paused: paused}
			}
			changes := func(kind string, status ami.DeviceState, paused bool) {
				step(AMI{Server: "pbx", Event: &ami.QueueMemberChange{Kind: kind, Member: member(status, paused)}})
			}
			step(LinkUp{Server: "pbx"})
			step(MembersSeen{Server: "pbx", Queue: "Camp200", Members: []ami.Member{member(ami.DeviceNotInUse, false)}})
			changes("Status", ami.DeviceInUse, false)
			step(Tick{})
			const talk = 100 * time.Second
			type change struct {
				at     time.Duration
				paused bool
				status ami.DeviceState
			}
			all := []change{{talk, false, ami.DeviceNotInUse}, {talk + tt.paused, true, ami.DeviceNotInUse}}
			switch {
			case tt.paused < 0:
				all = []change{{talk + tt.paused, true, ami.DeviceInUse}, {talk, true, ami.DeviceNotInUse}}
			case tt.paused == 0:
				all = []change{{talk, true, ami.DeviceNotInUse}}
			}
			for _, x := range all {
				now = start.Add(x.at)
				kind := "Status"
				if x.status == ami.DeviceNotInUse && x.at > talk {
					kind = "Pause"
				}
				changes(kind, x.status, x.paused)
			}
			now = start.Add(talk + 20*time.Second)
			step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 2, Available: 1})
			works := slices.Contains(decided.Snapshot.Busy, pacing.Busy{Wrapup: true, Elapsed: 20})
			if works != tt.works || len(decided.Snapshot.Busy) > 1 {
				t.Errorf("20 s after the talk: busy %+v", decided.Snapshot.Busy)
			}
			now = start.Add(talk + tt.lasts)
			changes("Pause", ami.DeviceNotInUse, false)
			now = now.Add(time.Hour)
			step(Tick{})
			fresh := pacing.NewState(30)
			if learnt.Talk.N != fresh.Talk.N+1 || learnt.Released != fresh.Released+1 || learnt.ReleasedLeft != tt.left {
				t.Errorf("learnt %+v of talks; %v agents released, %v of them left", learnt.Talk, learnt.Released, learnt.ReleasedLeft)
			}
			if tt.works && tt.left == 0 {
				// Of four observations, one is a quarter.
				want := fresh.Wrapup.Mean + (math.Log(25)-fresh.Wrapup.Mean)/4
				if math.Abs(learnt.Wrapup.Mean-want) > 1e-9 {
					t.Errorf("learnt %+v of wrap-up, want a mean of %v", learnt.Wrapup, want)
				}
			}
		})
	}
}
