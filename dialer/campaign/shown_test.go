package campaign

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// TestAgentShownBusy: once a member's own status shows that it talks, the counts
// asked for later have it too, and the call is not subtracted again.
func TestAgentShownBusy(t *testing.T) {
	for _, tt := range []struct {
		name string
		told bool
		want int
	}{
		{"its status told", true, 3},
		{"not yet", false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
			c := New([]Server{{Name: "pbx"}}, []Settings{{Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 1}}, map[string]State{"spring": Running})
			step := func(ev Event) { c.Step(now, ev) }
			var members []ami.Member
			for i := range 4 {
				name := fmt.Sprintf("agent%02d", i+1)
				members = append(members, ami.Member{Queue: "Camp200", Name: name, Interface: "PJSIP/" + name, Status: ami.DeviceNotInUse})
			}
			seen := func(available int) {
				step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 4, Available: available})
			}
			step(LinkUp{Server: "pbx"})
			step(MembersSeen{Server: "pbx", Queue: "Camp200", Members: members})
			seen(4)
			now = now.Add(time.Second)
			step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{{Attempt: Attempt{ID: "A1", Campaign: "spring", Claimed: now}, Contact: Contact{ID: 1}}}, Next: now}})
			now = now.Add(5 * time.Second)
			for _, line := range script("new", "dial", "ring", "answer", "response", "join", "offer", "connect") {
				step(AMI{Server: "pbx", Event: event("A1", line)})
			}
			if tt.told {
				busy := members[0]
				busy.Status = ami.DeviceInUse
				step(AMI{Server: "pbx", Event: &ami.QueueMemberChange{Kind: "Status", Member: busy}})
			}
			now = now.Add(250 * time.Millisecond)
			seen(3)
			if got := c.Status().Queues[0]; got.Free != tt.want {
				t.Errorf("%s; want %d free", got.Supply, tt.want)
			}
		})
	}
}
