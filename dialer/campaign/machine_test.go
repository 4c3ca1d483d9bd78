package campaign

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// TestDetectionsAreCountedAsStored: whatever is told of who answered, and
// whenever, the pacer's count of the day is in the end that of the stored
// attempts, which a restart would begin with.
func TestDetectionsAreCountedAsStored(t *testing.T) {
	scripts := [][]string{
		{"answer", "detect-machine", "dialplan-ends", "response"},
		{"detect-machine", "answer", "dialplan-ends", "response"},
		{"answer", "join", "response", "detect-machine", "timeout"},
		{"answer", "join", "response", "+5s", "detect-machine", "timeout"},
		{"answer", "join", "response", "+5s", "detect-machine", "detect-machine", "detect-human", "timeout"},
		{"answer", "response", "detect-machine", "join", "+5s", "offer", "connect", "contact-ends"},
		{"answer", "response", "detect-machine", "join", "offer", "connect", "contact-ends"},
		{"answer", "response", "join", "+5s", "offer", "connect", "detect-machine", "contact-ends"},
		{"answer", "response", "detect-machine", "detect-human", "join", "+5s", "abandon"},
		{"answer", "response", "detect-human", "detect-machine", "dialplan-ends"},
		{"answer", "response", "detect-uncertain", "join", "abandon"},
		{"answer", "response", "+5s", "detect-human", "join", "offer", "connect", "contact-ends"},
		{"answer", "response", "+5s", "detect-uncertain", "join", "+5s", "offer", "connect", "contact-ends"},
		{"answer", "response", "+5s", "detect-human", "detect-machine", "detect-human", "join", "abandon"},
		{"answer", "response", "abandon"},
		{"refuse:17:BUSY"},
	}
	guess := pacing.Regime{Limit: 0.03, Window: 1, Patience: 2 * time.Second, FalseMachines: 0.5}
	machines := pacing.Regime{Limit: 0.03, Window: 1, Patience: 2 * time.Second, Late: true, Machines: true}
	for _, regime := range append([]pacing.Regime{guess, machines}, pacing.Regimes...) {
		for _, steps := range scripts {
			name := fmt.Sprint(regime.Name, steps)
			now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
			c := New([]Server{{Name: "pbx"}}, []Settings{{
				Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: regime,
				Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: regime.Limit, RingTimeout: 30, Patience: 2},
			}}, map[string]State{"spring": Running})
			var stored pacing.Count
			ended := 0
			step := func(ev Event) {
				for _, e := range c.Step(now, ev) {
					if f, ok := e.(Finish); ok {
						n := f.Attempt.Count(regime)
						stored.Answers += n.Answers
						stored.Abandoned += n.Abandoned
						ended++
					}
				}
			}
			step(LinkUp{Server: "pbx"})
			step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{{Attempt: Attempt{ID: "A1", Campaign: "spring", Claimed: now}, Contact: Contact{ID: 1}}}}})
			for _, s := range append([]string{"new", "dial", "ring"}, steps...) {
				if s[0] == '+' {
					for range 50 {
						now = now.Add(100 * time.Millisecond)
						step(Tick{})
					}
					continue
				}
				for _, line := range flow(s) {
					step(AMI{Server: "pbx", Event: event("A1", line)})
				}
			}
			for range 50 {
				now = now.Add(100 * time.Millisecond)
				step(Tick{})
			}
			if st := c.Status().Campaigns[0]; ended != 1 || st.Answers != stored.Answers || st.Abandoned != stored.Abandoned {
				t.Errorf("%s: %d ended; %v of %v answers abandoned, stored %v of %v", name, ended, st.Abandoned, st.Answers, stored.Abandoned, stored.Answers)
			}
		}
	}
}

// TestCorrectionOfTheClass: what was taken for a person, or for a machine, leaves
// no trace in what is known of the contact's class and hour.
func TestCorrectionOfTheClass(t *testing.T) {
	learnt := func(steps ...string) (state pacing.Estimate) {
		now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
		c := New([]Server{{Name: "pbx"}}, []Settings{{
			Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 9, Regime: pacing.Regimes[0],
			Hours:  span{0, 24 * time.Hour},
			Pacing: pacing.Settings{Mode: pacing.Predictive, Limit: 0.03, RingTimeout: 30, Patience: 2},
		}}, map[string]State{"spring": Running})
		step := func(ev Event) {
			for _, e := range c.Step(now, ev) {
				if e, ok := e.(SaveLearnt); ok {
					state = e.State.Contacts
				}
			}
		}
		step(LinkUp{Server: "pbx"})
		step(Claimed{Campaign: "spring", Taken: Taken{Claims: []Claim{{
			Attempt: Attempt{ID: "A1", Campaign: "spring", Claimed: now}, Contact: Contact{ID: 1, Attempts: 1, Last: Busy}}}}})
		for _, s := range append([]string{"new", "dial", "ring"}, steps...) {
			for _, line := range flow(s) {
				step(AMI{Server: "pbx", Event: event("A1", line)})
			}
		}
		now = now.Add(time.Minute)
		step(Tick{})
		return state
	}
	machine := learnt("answer", "response", "detect-machine", "dialplan-ends")
	person := learnt("answer", "response", "join", "abandon")
	if machine == person {
		t.Fatal("a machine's call teaches what a person's does")
	}
	if got := learnt("answer", "response", "join", "detect-machine", "timeout"); got != machine {
		t.Errorf("taken for a person first: %+v, want %+v", got, machine)
	}
	if got := learnt("answer", "response", "detect-machine", "detect-human", "join", "abandon"); got != person {
		t.Errorf("taken for a machine first: %+v, want %+v", got, person)
	}
}
