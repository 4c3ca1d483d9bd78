package pacing

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
