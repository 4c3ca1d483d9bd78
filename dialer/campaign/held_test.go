package campaign

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// certainCalls is a campaign that places three calls for each free agent, and the
// contacts it asks for.
type certainCalls struct {
	c     *Core
	now   time.Time
	asked []Take
	ids   uint64
}

func newCertainCalls() *certainCalls {
	s := &certainCalls{now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	rules := RetryRules{MaxAttempts: 9, CertainAfter: time.Hour, Hold: 23 * time.Hour}
	rules.ByOutcome[Dropped] = RetryRule{After: []time.Duration{24 * time.Hour}, Max: 2}
	s.c = New([]Server{{Name: "pbx"}}, []Settings{{
		Name: "spring", Servers: []string{"pbx"}, Queue: "Camp200", MaxInFlight: 20,
		Pacing: pacing.Settings{Mode: pacing.Power, Ratio: 3, RingTimeout: 30, Patience: 2},
		Retry:  rules,
	}}, map[string]State{"spring": Running})
	s.step(LinkUp{Server: "pbx"})
	s.step(MembersSeen{Server: "pbx", Queue: "Camp200"})
	return s
}

func (s *certainCalls) step(ev Event) {
	for _, e := range s.c.Step(s.now, ev) {
		if e, ok := e.(TakeContacts); ok {
			s.asked = append(s.asked, e.Take)
		}
	}
}

func (s *certainCalls) free(n int) { s.seen(n, 0) }

func (s *certainCalls) seen(available, callers int) {
	s.now = s.now.Add(time.Second)
	s.step(QueueSeen{Server: "pbx", Queue: "Camp200", Asked: s.now, Known: true, LoggedIn: 9, Available: available, Callers: callers})
}

// claimed answers the last question with contacts by their last outcomes.
func (s *certainCalls) claimed(next time.Time, lanes []Lane, lasts ...Outcome) {
	ev := Claimed{Campaign: "spring", Taken: Taken{Next: next, Lanes: lanes}}
	for _, last := range lasts {
		s.ids++
		ct := Contact{ID: s.ids, State: Pending, Last: last, Attempts: 1, Due: s.now, Numbers: []Number{{Number: "1"}}}
		ev.Claims = append(ev.Claims, Claim{Contact: ct, Attempt: Attempt{
			ID: fmt.Sprintf("A%d", s.ids), Seq: s.ids, Campaign: "spring", Contact: ct.ID, Number: "1", Pass: 2, Claimed: s.now}})
	}
	s.step(ev)
}

func (s *certainCalls) play(id string, steps ...string) {
	for _, line := range script(steps...) {
		s.step(AMI{Server: "pbx", Event: event(id, line)})
	}
}

// last is what was asked for since the last look.
func (s *certainCalls) last() (all [][2]int) {
	for _, t := range s.asked {
		all = append(all, [2]int{t.Max, t.Certain})
	}
	s.asked = nil
	return all
}

func (s *certainCalls) dropped(due time.Duration) []Lane {
	return []Lane{{Class: ClassOf(&Contact{Attempts: 1, Last: Dropped}), Due: s.now.Add(due)}}
}

// TestAgentIsKept: a call to somebody who was dropped is placed when an agent is
// certain, and as long as it rings no other may take that agent.
func TestAgentIsKept(t *testing.T) {
	s := newCertainCalls()
	want := func(what string, want ...[2]int) {
		t.Helper()
		if got := s.last(); !slices.Equal(got, want) {
			t.Errorf("%s: asked for %v calls, certain ones; want %v", what, got, want)
		}
	}
	s.free(2)
	want("nothing is known yet", [2]int{6, 0})
	s.claimed(s.now, s.dropped(-time.Minute))
	want("somebody is due who was dropped", [2]int{6, 2})
	s.claimed(s.now, nil, Dropped)
	want("while the call rings", [2]int{1, 0})
	s.claimed(s.now, nil, Busy)
	want("both agents are spoken for")
	s.free(2)
	want("as before")
	s.play("A1", "new", "dial", "ring", "answer", "response", "join")
	s.seen(2, 1)
	want("it was answered", [2]int{2, 0}) // three for the other agent, of which one rings
}

// TestOnlyCertainCalls: where nobody else is due, calls wait until an agent is
// certain, and a list is not over.
func TestOnlyCertainCalls(t *testing.T) {
	s := newCertainCalls()
	s.free(1)
	s.last()
	s.claimed(s.now.Add(23*time.Hour), s.dropped(0), Busy)
	for range 3 {
		s.free(1)
	}
	if got := s.last(); got != nil {
		t.Errorf("asked for %v while another call rings", got)
	}
	if hold := s.c.Status().Campaigns[0].Hold; hold != "who is due found no agent before, and waits until one is certain" {
		t.Errorf("hold: %s", hold)
	}
	for _, line := range refusal(17, "BUSY") {
		s.step(AMI{Server: "pbx", Event: event("A1", line)})
	}
	if got := s.last(); !slices.Equal(got, [][2]int{{1, 1}}) {
		t.Errorf("asked for %v", got)
	}
}

// TestHeldContactIsDue: who was dropped is due early for certain calls, and after
// the hold for any.
func TestHeldContactIsDue(t *testing.T) {
	s := newCertainCalls()
	s.free(1)
	s.claimed(time.Time{}, nil, NoAnswer)
	s.play("A1", "new", "dial", "ring", "answer", "response", "join", "timeout")
	s.last()
	ended := s.now
	for _, x := range []struct {
		after time.Duration
		asks  [][2]int
	}{{59 * time.Minute, nil}, {61 * time.Minute, [][2]int{{1, 1}}}} {
		s.now = ended.Add(x.after)
		s.step(MembersSeen{Server: "pbx", Queue: "Camp200"})
		s.free(1)
		if got := s.last(); !slices.Equal(got, x.asks) {
			t.Errorf("after %v: asked for %v, want %v", x.after, got, x.asks)
		}
	}
}
