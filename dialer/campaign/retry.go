package campaign

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// Never is a RetryRules.Hold without end.
const Never = 100 * 365 * 24 * time.Hour

// MaxRetryDelay bounds what a rule that multiplies comes to.
const MaxRetryDelay = 60 * 24 * time.Hour

// RetryRule is what follows one outcome.
type RetryRule struct {
	// After is how long until the contact is due again: the nth time that it is
	// dialed again after this outcome takes the nth, and the last is for all that
	// follow. Empty: at once.
	After []time.Duration
	// Multiply makes each of those that follow so many times as long as the one
	// before, up to AtMost. Less than 1 counts as 1, an AtMost of 0 as
	// MaxRetryDelay.
	Multiply float64
	AtMost   time.Duration
	// Jitter is the share by which all of these are made longer at most, by
	// chance, so that who was called together is not called together again.
	Jitter float64
	Max    int // it is dialed again after this outcome at most Max times
	// Choice is which number then. SwitchAfter, unless 0, is how long until it is
	// dialed, instead of the above, if it was never called before.
	Choice      NumberChoice
	SwitchAfter time.Duration
	// First puts the contact before all others that are due.
	First bool
}

// RetryRules decide whether and when a contact is dialed again, and at which
// number. An outcome without a rule is never retried.
type RetryRules struct {
	MaxAttempts  int // attempts of a contact that count, over all outcomes
	MaxPerNumber int // of these, at one number; 0: no such bound
	MaxPerDay    int // and placed on one day of Zone; 0: no such bound
	Zone         *time.Location
	// CertainAfter, unless 0, is when those may be called again whom a call found no
	// agent for, abandoned or dropped, by a call for which an agent is certain; Hold
	// is how long after that others may. Without it Hold counts from the time of
	// their rule.
	CertainAfter time.Duration
	Hold         time.Duration
	ByOutcome    [NumOutcomes]RetryRule
}

// Settle books the end of an attempt on c: the counters, those of the number that
// was called too, and the state that follows.
//
//   - connected, or an outcome that is never retried: Done
//   - the last number that was not dead is dead: BadNumber
//   - the outcome came more often than its rule allows, max_attempts is reached,
//     or max_per_number at every number: Exhausted
//   - it would be due when it has expired: Expired
//   - otherwise Waiting until the rule allows, and not before the next day if
//     max_per_day is reached.
//
// A number that is dead ends nothing as long as there is another: that is called
// at once. It counts towards no maximum, nor does congestion, which is the
// trunk's fault and leaves the number as it is; its own Max bounds it. What is
// drawn by chance is drawn from the attempt's id: the same again for the same.
func (r *RetryRules) Settle(c *Contact, a *Attempt, now time.Time) {
	rule := &r.ByOutcome[a.Outcome]
	if c.Tries[a.Outcome] < math.MaxUint16 {
		c.Tries[a.Outcome]++
	}
	called := c.bookNumber(a, int(c.Tries[a.Outcome]) > rule.Max)
	if a.Outcome.CountsAsAttempt() {
		c.Counted++
		if day := r.day(a.Claimed); day != c.Day {
			c.Day, c.DayCounted = day, 0
		}
		c.DayCounted++
	}
	asked := c.Callback
	c.Last, c.Due, c.Callback = a.Outcome, time.Time{}, false
	if c.State = r.over(c); c.State != Waiting {
		return
	}
	if a.Outcome == Congestion {
		c.Callback = asked // it was not called yet
	} else {
		c.Next = r.choose(c, called, rule.Choice)
	}
	c.Due = r.due(c, called, a, now)
	switch {
	case !c.Expires.IsZero() && !c.Due.Before(c.Expires):
		c.State, c.Due, c.Callback = Expired, time.Time{}, false
	case rule.First:
		c.Callback = true
	}
}

// over is the state in which the last outcome leaves a contact; Waiting if it may
// be dialed again.
func (r *RetryRules) over(c *Contact) ContactState {
	rule := &r.ByOutcome[c.Last]
	switch {
	case c.Last == Connected:
		return Done
	case c.Last == Invalid && c.dead():
		return BadNumber
	case c.Last == Invalid && c.Numbers[c.Next].Dead:
	case rule.Max == 0:
		return Done
	case int(c.Tries[c.Last]) > rule.Max:
		return Exhausted
	}
	if c.Last != Congestion && (c.Counted >= r.MaxAttempts || !r.anyUsable(c)) {
		return Exhausted
	}
	return Waiting
}

// due is when a contact that waits may be dialed again, at its next number.
func (r *RetryRules) due(c *Contact, called int, a *Attempt, now time.Time) time.Time {
	rule := &r.ByOutcome[a.Outcome]
	n := int(c.Tries[a.Outcome])
	if next := &c.Numbers[c.Next]; c.Next != called && next.Last == InFlight {
		if rule.SwitchAfter > 0 || c.Numbers[called].Dead {
			rule, n = &RetryRule{After: []time.Duration{rule.SwitchAfter}, Jitter: rule.Jitter}, 1
		}
	} else if c.Numbers[called].Dead {
		// It was called before, and waits for what its own last call came to.
		rule, n = &r.ByOutcome[next.Last], int(c.Tries[next.Last])
	}
	after := jittered(rule.delay(n), rule.Jitter, a.ID)
	if (a.Outcome == Abandoned || a.Outcome == Dropped) && r.CertainAfter > 0 {
		after = min(after, r.CertainAfter)
	}
	due := now.Add(after)
	if due.Before(c.NotBefore) {
		due = c.NotBefore
	}
	if r.MaxPerDay > 0 && c.DayCounted >= r.MaxPerDay && r.day(due) == c.Day {
		due = r.dayAfter(due)
	}
	return due
}

// delay is the nth.
func (r *RetryRule) delay(n int) time.Duration {
	if len(r.After) == 0 {
		return 0
	}
	n = max(n, 1)
	d := r.After[min(n, len(r.After))-1]
	if more := n - len(r.After); more > 0 && r.Multiply > 1 {
		most := MaxRetryDelay
		if r.AtMost > 0 {
			most = r.AtMost
		}
		d = time.Duration(min(float64(d)*math.Pow(r.Multiply, float64(more)), float64(most)))
	}
	return d
}

// Longest is the longest that the rule lets a contact wait.
func (r RetryRule) Longest() (longest time.Duration) {
	for n := range r.Max {
		longest = max(longest, r.delay(n+1))
	}
	return longest + time.Duration(r.Jitter*float64(longest))
}

// jittered is d and up to a share more, as a seed has it.
func jittered(d time.Duration, share float64, seed string) time.Duration {
	if share == 0 {
		return d
	}
	h := fnv.New64a()
	h.Write([]byte(seed))
	x := h.Sum64()
	x ^= x >> 31 // ids differ in their last letters only, which FNV mixes least
	x *= 0x9e3779b97f4a7c15
	return d + time.Duration(share*float64(d)*float64(x>>11)/(1<<53))
}

// day is the days from 1970 to the day of t in the campaign's zone.
func (r *RetryRules) day(t time.Time) int {
	y, m, d := t.In(r.zone()).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// dayAfter is when the day behind that of t begins. Where a clock is put forward
// at midnight, that is not at 0:00.
func (r *RetryRules) dayAfter(t time.Time) time.Time {
	y, m, d := t.In(r.zone()).Date()
	next := time.Date(y, m, d+1, 0, 0, 0, 0, r.zone())
	for day := r.day(t); r.day(next) == day; {
		next = next.Add(15 * time.Minute) // no zone's clock was ever put forward by less
	}
	return next
}

func (r *RetryRules) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// Exhaustion tells why a contact that is Exhausted is not dialed again.
func (r *RetryRules) Exhaustion(c *Contact) string {
	rule := &r.ByOutcome[c.Last]
	switch {
	case c.Counted >= r.MaxAttempts:
		return fmt.Sprintf("max_attempts of %d is reached", r.MaxAttempts)
	case int(c.Tries[c.Last]) > rule.Max && c.Last != Invalid:
		return fmt.Sprintf("it was %s for the %s time, and is dialed again at most %d times after that", c.Last, ordinal(int(c.Tries[c.Last])), rule.Max)
	case !r.anyUsable(c):
		return fmt.Sprintf("every number that is not dead had max_per_number of %d attempts", r.MaxPerNumber)
	}
	return "the retry rules were others then"
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// Allow reports whether a contact that waits to be dialed again still may be:
// the rules may be others than when it was settled.
func (r *RetryRules) Allow(c *Contact) bool {
	if c.State != Waiting || c.Callback {
		return true
	}
	// That a number is dead says nothing of the one that is called instead.
	if c.Last != Invalid || c.Numbers[c.Next].Last == Invalid {
		if int(c.Tries[c.Last]) > r.ByOutcome[c.Last].Max {
			return false
		}
	}
	return c.Last == Congestion || c.Counted < r.MaxAttempts && r.anyUsable(c)
}
