package campaign

import (
	"math"
	"time"
)

// RetryRule is what follows one outcome.
type RetryRule struct {
	After time.Duration // until the contact is due again
	Max   int           // it is dialed again after this outcome at most Max times
}

// RetryRules decide whether and when a contact is dialed again. An outcome
// without a rule is never retried.
type RetryRules struct {
	MaxAttempts int // attempts of a contact that count, over all outcomes
	ByOutcome   [NumOutcomes]RetryRule
}

// Settle books outcome on c: the counters, and the state that follows.
//
//   - the number is dead: BadNumber
//   - the outcome is never retried: Done
//   - it came more often than its rule allows, or max_attempts is reached:
//     Exhausted
//   - otherwise Waiting until now + After.
//
// Congestion does not count towards max_attempts; its own Max bounds it.
func (r *RetryRules) Settle(c *Contact, outcome Outcome, now time.Time) {
	rule := r.ByOutcome[outcome]
	c.Last = outcome
	if c.Tries[outcome] < math.MaxUint16 {
		c.Tries[outcome]++
	}
	if outcome.CountsAsAttempt() {
		c.Counted++
	}
	c.Due = time.Time{}
	switch {
	case outcome == Connected:
		c.State = Done
	case outcome == Invalid && rule.Max == 0:
		c.State = BadNumber
	case rule.Max == 0:
		c.State = Done
	case int(c.Tries[outcome]) > rule.Max, c.Counted >= r.MaxAttempts:
		c.State = Exhausted
	default:
		c.State = Waiting
		c.Due = now.Add(rule.After)
	}
}

// Allow reports whether a contact that waits to be dialed again still may be:
// the rules may be others than when it was settled.
func (r *RetryRules) Allow(c *Contact) bool {
	return c.State != Waiting || c.Counted < r.MaxAttempts && int(c.Tries[c.Last]) <= r.ByOutcome[c.Last].Max
}
