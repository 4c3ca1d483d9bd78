package pacing

import "fmt"

// Supply is what is known of a queue's agents at one instant.
type Supply struct {
	// Available members by QueueSummary: logged in, idle, not paused.
	Available int
	// Callers wait in the queue by QueueSummary, ours and inbound ones. Each
	// will take an agent.
	Callers int
	// Offered are those of Callers for whom a member's phone certainly rings
	// already, so that the member is no longer among Available.
	Offered int
	// Wrapup counts members that are Available to Asterisk but have not
	// finished their wrap-up time, which QueueSummary does not look at.
	Wrapup int
	// OnTheWay are our own calls that may need an agent and that Callers does
	// not hold: claimed, ringing, answered but not yet queued, and those
	// connected too recently for Available to tell.
	OnTheWay int
}

// Free is how many more calls there are agents for; never negative.
func (s Supply) Free() int {
	return max(0, s.Available-max(0, s.Callers-s.Offered)-s.Wrapup-s.OnTheWay)
}

// String explains Free, for people.
func (s Supply) String() string {
	text := fmt.Sprintf("%d free = %d available", s.Free(), s.Available)
	less := func(n int, what string) {
		if n > 0 {
			text += fmt.Sprintf(" - %d %s", n, what)
		}
	}
	less(max(0, s.Callers-s.Offered), "waiting")
	less(s.Wrapup, "in wrap-up")
	less(s.OnTheWay, "calls on their way")
	return text
}
