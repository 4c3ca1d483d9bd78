package campaign

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Each agent is in one count, and what they do counts more than that they are paused.
func TestAgents(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	ftc, _ := pacing.FindRegime("ftc")
	c := New([]Server{{Name: "pbx"}}, []Settings{{Name: "spring", Server: "pbx", Queue: "Camp200", Wrapup: time.Minute, Regime: ftc,
		Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.02}}}, nil)
	c.Step(now, LinkUp{Server: "pbx"})
	if q := c.Status().Queues[0]; q.Agents != nil {
		t.Errorf("%+v before any was seen", q.Agents)
	}
	var members []ami.Member
	for i, m := range []ami.Member{
		{Status: ami.DeviceNotInUse}, {Status: ami.DeviceUnknown},
		{Status: ami.DeviceRinging}, {Status: ami.DeviceRingInUse, Paused: true},
		{Status: ami.DeviceInUse}, {Status: ami.DeviceOnHold}, {Status: ami.DeviceBusy}, {Status: ami.DeviceInUse, Paused: true},
		{Status: ami.DeviceNotInUse, LastCall: now.Add(-time.Second)},
		{Status: ami.DeviceNotInUse, Paused: true}, {Status: ami.DeviceNotInUse, Paused: true, LastCall: now},
		{Status: ami.DeviceUnavailable}, {Status: ami.DeviceInvalid, Paused: true},
	} {
		m.Interface = string(rune('a' + i))
		members = append(members, m)
	}
	c.Step(now, MembersSeen{Server: "pbx", Queue: "Camp200", Members: members})
	st := c.Status()
	if got, want := *st.Queues[0].Agents, (Agents{Idle: 2, Ringing: 2, Busy: 4, Wrapup: 1, Paused: 2, Away: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if s := st.Campaigns[0]; s.Regime != "ftc" || s.Target != 0.02 {
		t.Errorf("regime %q, target %v", s.Regime, s.Target)
	}
}
