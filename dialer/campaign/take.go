package campaign

import "time"

// Take is which due contacts a claim takes. The order is:
//
//  1. Those who are to be called before all others (Contact.Callback), the longest
//     due first.
//  2. The others by their priority: one is taken only if none is due of a higher
//     one.
//  3. Within a priority, the first Sure ones from the lane whose contacts answer
//     most probably, the Long ones after them from the one whose contacts do least,
//     and all others, the longest due first.
//
// Those whom a call found no agent for, and who did not ask to be called, are left
// out for Hold after they are due, but for a claim of Certain calls: one that takes
// such a contact takes no more than Certain in all. Every LongestEach-th one that a campaign takes is the longest due all the same.
// So whoever is due, and has n others of the priority that are due for longer, is
// called at the latest when (n+1)·LongestEach contacts were taken while none of a
// higher priority was due: nobody starves whose zone is open.
type Take struct {
	Max int // contacts at most
	// Server is the one that they are called on; it is kept with the attempts.
	Server string
	Sure   int
	Long   int
	// Certain is how many calls find an agent whatever the calls in the air do. Hold
	// is how long, after they are due, the contacts are left to these whom a call
	// found no agent for; 0: not at all.
	Certain int
	Hold    time.Duration
	// Zones are those in which contacts may be called now. Contacts of other zones
	// are not looked at. AllZones takes contacts of any.
	Zones    []Zone
	AllZones bool
	// Chances are those of the classes to be answered by a person, as multiples of
	// the campaign's; 0 counts as 1.
	Chances [NumClasses]float64
	// MaxPerNumber is as in RetryRules: a number that has reached it is not called in
	// the place of one that cannot be.
	MaxPerNumber int
	// Frequency bounds how often a number is called, by whatever campaign. Note says
	// that calls are to be counted for it, because some campaign has a bound.
	Frequency Frequency
	Note      bool
	// CallerIDs are the numbers that the calls may show: see Show. No more contacts
	// are taken than Most. Empty: the attempts keep none.
	CallerIDs []CallerIDTurn
}

// Prefers is which of the contacts that are due and of the same priority is taken
// next, after taken others: 1, who answers most probably; -1, who does least; 0,
// the longest due. turn counts what the campaign takes, over all claims. Those who
// are before all priorities are taken by 0, and do not ask.
func (t *Take) Prefers(taken int, turn uint64) int {
	switch {
	case turn%LongestEach == 0:
	case taken < t.Sure:
		return 1
	case taken < t.Sure+t.Long:
		return -1
	}
	return 0
}

// Holds is until when contacts of a class that are due at due are left to certain
// calls; due itself if they are not. callback is as in Contact.
func (t *Take) Holds(callback bool, class uint8, due time.Time) time.Time {
	if callback || !foundNoAgent(class) {
		return due
	}
	return due.Add(t.Hold)
}

// LongestEach is every how many contacts the longest due of their priority is
// taken.
const LongestEach = 8

// Zone is a time zone in which contacts may be called.
type Zone struct {
	Name   string  // as in Contact.Zone
	Factor float64 // what the chances are multiplied by there, at this hour; 0 counts as 1
}

// Frequency bounds how often a number is called, over all campaigns. 0 does not
// bound. The times are those of the claims, and pass from moment to moment, not
// from day to day: a calendar's day would be another one for each zone, and allow
// twice as many within a few hours around midnight.
type Frequency struct {
	PerDay  int // within 24 hours
	PerWeek int // within 7 times 24 hours
}

// MaxFrequency bounds both of Frequency.
const MaxFrequency = 100

// Lane is the contacts of a campaign that may be claimed and have the same
// priority, class and zone.
type Lane struct {
	Callback bool // they are before all priorities
	Priority int
	Class    uint8
	Zone     string
	Due      time.Time // of the first one; it may be called as soon as the zone is open
}

// Taken is what a claim took.
type Taken struct {
	Claims []Claim
	// Next is when the next contact is due, or Hold is over for it, that was not
	// claimed and is in one of the zones that were asked for; zero: there is none.
	Next time.Time
	// Lanes are all that the campaign has, in the order of their keys, as they are
	// afterwards.
	Lanes []Lane
	// Put off are contacts that were due and could not be called: their number, or
	// the last that they might be called at, is being called at this moment, or was
	// called too often.
	Busy, TooOften int
}
