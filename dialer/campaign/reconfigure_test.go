package campaign

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestRecount: stored attempts are counted while calls go on; each answer is in
// the sum once, whether it was stored by then, in flight, or came later.
func TestRecount(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	settings := settingsOf("spring", args{"max": "20", "mode": "power", "ratio": "4"})
	settings.Regime = pacing.Regimes[0]
	c := New([]Server{{Name: "pbx"}}, []Settings{settings}, map[string]State{"spring": Running})
	step := func(ev Event) {
		now = now.Add(10 * time.Millisecond)
		c.Step(now, ev)
	}
	claim := func(ids ...string) {
		for i := range 8 {
			step(MembersSeen{Server: "pbx", Queue: "Camp200", Members: []ami.Member{{Interface: "PJSIP/agent01"}}})
			step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 8, Available: 8})
			if c.campaigns["spring"].claiming > 0 {
				break
			}
			if i == 7 {
				t.Fatalf("nothing was asked for: %+v", c.Status())
			}
			now = now.Add(time.Second)
		}
		ev := Claimed{Campaign: "spring", Taken: Taken{Next: now}}
		for i, id := range ids {
			ev.Claims = append(ev.Claims, Claim{Attempt: Attempt{ID: id, Seq: uint64(i), Campaign: "spring", Contact: uint64(i), Claimed: now}, Contact: Contact{ID: uint64(i)}})
		}
		step(ev)
	}
	flow := func(id string, steps ...string) {
		for _, line := range script(steps...) {
			step(AMI{Server: "pbx", Event: event(id, line)})
		}
	}
	step(LinkUp{Server: "pbx"})
	claim("A1", "A2", "A3", "A4")
	flow("A1", "new", "dial", "ring", "answer", "join", "response") // waits
	flow("A2", "new", "dial", "ring")

	tally, _ := c.Tally("spring")
	if !tally.Live["A1"] || !tally.Live["A2"] || len(tally.Live) != 4 {
		t.Errorf("live: %v", tally.Live)
	}
	// The claim that is under way may be stored before the count is over.
	if asked := c.campaigns["spring"].agenda.asked; c.campaigns["spring"].claiming == 0 || !tally.Before.Equal(asked) {
		t.Errorf("calls claimed before %v are counted, and contacts are asked for since %v", tally.Before, asked)
	}
	flow("A2", "answer", "join", "response")
	claim("A5")
	flow("A5", "new", "dial", "ring", "answer", "join", "response")

	predictive := settings
	predictive.Pacing.Mode = pacing.Predictive
	step(Reconfigure{Servers: []Server{{Name: "pbx"}}, Settings: []Settings{predictive}, Recounts: map[string]Recount{
		"spring": {Tally: tally, Today: pacing.Count{Answers: 100, Abandoned: 2}, Past: pacing.Count{Answers: 1000, Abandoned: 20}},
	}})
	if day := c.campaigns["spring"].pacer.Day.Count; day.Answers != 103 {
		t.Errorf("%v answers, want the 100 stored, A1, A2 and A5", day.Answers)
	}
	if past := c.campaigns["spring"].pacer.Past; past.Answers != 1000 {
		t.Errorf("%v answers before", past.Answers)
	}
	// Those who wait are abandoned two seconds later, by the regime.
	now = now.Add(3 * time.Second)
	step(Tick{})
	if day := c.campaigns["spring"].pacer.Day.Count; day.Abandoned != 5 {
		t.Errorf("%v abandoned, want the 2 stored, A1, A2 and A5", day.Abandoned)
	}
}
