package campaign

import (
	"math"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestFactors: predictive pacing is told how the due contacts differ, the store whom
// to take first, and a call that rings has its contact's own chance. What the calls
// give is learnt by class.
func TestFactors(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	settings := Settings{
		Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0], Hours: span{8 * time.Hour, 20 * time.Hour},
		Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 30, Patience: 2},
	}
	settings.Retry.MaxPerNumber = 2
	settings.Frequency = Frequency{PerDay: 3}
	settings.Note = true
	c := New([]Server{{Name: "pbx"}}, []Settings{settings}, map[string]State{"spring": Running})
	var takes []TakeContacts
	var decided []pacing.Entry
	step := func(ev Event) {
		now = now.Add(time.Second)
		for _, e := range c.Step(now, ev) {
			switch e := e.(type) {
			case TakeContacts:
				takes = append(takes, e)
			case Decided:
				decided = append(decided, e.Entry)
			}
		}
	}
	busy := ClassOf(&Contact{Attempts: 1, Last: Busy})
	state := pacing.NewState(30)
	for i := range 200 {
		state.ContactEnded(i%2 == 0, 0, 9, 0.25)
		state.ContactEnded(i%20 == 0, busy, 9, 0.25)
	}
	fresh, later := state.Contacts.Factor(0, 9), state.Contacts.Factor(busy, 9)
	if fresh < 1.3 || later > 0.6 {
		t.Fatalf("factors %v, %v", fresh, later)
	}
	c.campaigns["spring"].pacer.State = state
	step(LinkUp{Server: "pbx"})
	step(MembersSeen{Server: "pbx", Queue: "Camp200", Members: []ami.Member{{Interface: "a", Status: ami.DeviceNotInUse}, {Interface: "b", Status: ami.DeviceNotInUse}}})
	step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 2, Available: 2})
	if len(takes) != 1 || !takes[0].AllZones || takes[0].MaxPerNumber != 2 || takes[0].Frequency.PerDay != 3 || !takes[0].Note {
		t.Fatalf("%+v", takes)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.02 {
			t.Errorf("%s is %v, not %v", what, got, want)
		}
	}
	near("the chance of a new contact", takes[0].Chances[0]*state.Contacts.OfHour(9), fresh)
	near("that of one who was busy", takes[0].Chances[busy]*state.Contacts.OfHour(9), later)

	lanes := []Lane{
		{Priority: 1, Class: 0, Due: now.Add(time.Hour)}, // not due
		{Class: 0, Due: now}, {Class: busy, Due: now},
		{Priority: -1, Class: 11, Due: now}, // of a lower priority
	}
	claim := Claim{Attempt: Attempt{ID: "A1", Seq: 1, Campaign: "spring", Number: "1", Pass: 1, Claimed: now}, Contact: Contact{ID: 1, Numbers: []Number{{Number: "1"}}}}
	step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{claim}, Next: now, Lanes: lanes}})
	step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: now, Known: true, LoggedIn: 2, Available: 2})
	last := decided[len(decided)-1].Snapshot
	near("the surest", last.Surest, fresh)
	near("the longest shot", last.Longest, later)
	if len(last.Ringing) != 1 {
		t.Fatalf("%+v", last.Ringing)
	}
	near("the call's own", last.Ringing[0].Factor, fresh)
	if s := decided[len(decided)-1].State; s == nil || s.Contacts != (pacing.Estimate{}) {
		t.Error("the ledger's entries hold the estimate, by which nothing is decided")
	}

	before := c.campaigns["spring"].pacer.Contacts.Classes[0].Expected
	step(OriginateFailed{ID: "A1", Err: &ami.InvalidError{Action: "Originate"}}) // it tells nothing of people
	if got := c.campaigns["spring"].pacer.Contacts.Classes[0].Expected; got != before {
		t.Errorf("learnt from a call that was never placed: %v, not %v", got, before)
	}
}
