package campaign

import (
	"cmp"
	"fmt"
	"slices"
)

// NumberChoice is how the number is chosen at which a contact is dialed again.
type NumberChoice uint8

// Choices.
const (
	// SameNumber stays with the number until that is dead or has reached
	// max_per_number, and then goes on to the next.
	SameNumber NumberChoice = iota
	// NextNumber takes the numbers in turn, in the order of the row.
	NextNumber
	// BestNumber takes the one with the best record: where a person answered last,
	// then the one that was called the fewest times, in the order of the row.
	BestNumber
)

var choiceNames = []string{"same", "next", "best"}

func (n NumberChoice) String() string {
	if int(n) < len(choiceNames) {
		return choiceNames[n]
	}
	return fmt.Sprintf("choice %d", uint8(n))
}

// NumberChoices are the names of the choices.
func NumberChoices() []string { return slices.Clone(choiceNames) }

// ParseNumberChoice finds a choice by its name.
func ParseNumberChoice(s string) (NumberChoice, bool) {
	i := slices.Index(choiceNames, s)
	return NumberChoice(max(i, 0)), i >= 0
}

// bookNumber books the end of an attempt on the number that was called, and
// returns which one that is. An invalid one is dead if it is not called again.
func (c *Contact) bookNumber(a *Attempt, never bool) int {
	called := slices.IndexFunc(c.Numbers, func(n Number) bool { return n.Number == a.Number })
	c.Numbers = slices.Clone(c.Numbers) // they are the claim's as well
	if called < 0 {
		called = len(c.Numbers)
		c.Numbers = append(c.Numbers, Number{Number: a.Number})
	}
	n := &c.Numbers[called]
	n.Last = a.Outcome
	if a.Outcome.CountsAsAttempt() {
		n.Attempts++
	}
	n.Dead = n.Dead || a.Outcome == Invalid && never
	c.Next = called
	return called
}

// dead reports whether all numbers of a contact are.
func (c *Contact) dead() bool {
	return !slices.ContainsFunc(c.Numbers, func(n Number) bool { return !n.Dead })
}

// usable reports whether a number may be called again.
func (r *RetryRules) usable(n *Number) bool {
	return !n.Dead && (r.MaxPerNumber == 0 || n.Attempts < r.MaxPerNumber)
}

func (r *RetryRules) anyUsable(c *Contact) bool {
	return slices.ContainsFunc(c.Numbers, func(n Number) bool { return r.usable(&n) })
}

// choose finds the number to call after called. One at least is usable.
func (r *RetryRules) choose(c *Contact, called int, by NumberChoice) int {
	switch {
	case by == SameNumber && r.usable(&c.Numbers[called]):
		return called
	case by == BestNumber:
		best := -1
		for i := range c.Numbers {
			if r.usable(&c.Numbers[i]) && (best < 0 || c.Numbers[i].better(&c.Numbers[best])) {
				best = i
			}
		}
		return best
	}
	for i := range c.Numbers {
		if next := (called + 1 + i) % len(c.Numbers); r.usable(&c.Numbers[next]) {
			return next
		}
	}
	return called
}

// better reports whether a number has a better record than one before it.
func (n *Number) better(other *Number) bool {
	person := func(n *Number) int {
		if n.Last == Abandoned || n.Last == Dropped {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(person(n), person(other)), cmp.Compare(n.Attempts, other.Attempts)) < 0
}
