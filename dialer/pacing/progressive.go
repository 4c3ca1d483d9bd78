// Package pacing decides how many calls to place now. It is pure, and every
// decision can say in a sentence what bound it.
//
// The mode is progressive: one call for each agent who is certainly free, so
// that whoever answers finds an agent waiting.
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

// Share gives out free agents to campaigns that could use want[i] of them each,
// one at a time in turn, beginning with campaign first: no one gets two more
// than another that could have used them. The result never exceeds want, nor
// its sum free.
func Share(free int, want []int, first int) []int {
	got := make([]int, len(want))
	for given := true; given && free > 0; {
		given = false
		for i := range want {
			k := (first + i) % len(want)
			if free > 0 && got[k] < want[k] {
				got[k]++
				free--
				given = true
			}
		}
	}
	return got
}

// Bucket limits a rate: a token bucket that refills at Rate a second. It holds
// one token and what comes together in a tenth of a second, so that somebody who
// looks ten times a second gets all of the rate, and yet a second that follows
// an idle one does not see twice of it: at most Rate·T + 1 + Rate/10 go in any
// time T. A Rate of 0 does not limit.
type Bucket struct {
	Rate   float64
	tokens float64
	last   int64 // ns
	begun  bool
}

func (b *Bucket) most() float64 { return 1 + b.Rate/10 }

// Take returns how many of n may go now, at the time now in nanoseconds, and
// takes them. Time that runs backwards adds nothing.
func (b *Bucket) Take(now int64, n int) int {
	if b.Rate <= 0 {
		return n
	}
	if !b.begun {
		b.begun, b.tokens = true, b.most()
	} else if now > b.last {
		b.tokens = min(b.most(), b.tokens+b.Rate*float64(now-b.last)/1e9)
	}
	b.last = now
	// A sum of many small refills may miss a whole token by a rounding error.
	got := max(0, min(n, int(b.tokens+1e-9)))
	b.tokens -= float64(got)
	return got
}

// Return gives back n tokens that were taken and not used.
func (b *Bucket) Return(n int) {
	b.tokens = min(b.most(), b.tokens+float64(max(0, n)))
}
