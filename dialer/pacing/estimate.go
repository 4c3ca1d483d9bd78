package pacing

import "math"

// Classes is how many classes of contacts an estimate can tell apart.
const Classes = 16

const (
	// contactMemory is how many answers, expected or real, a class or an hour
	// remembers: what is older fades.
	contactMemory = 200.0
	// classPrior and hourPrior are the answers in the weight of the supposition that
	// a class, or an hour, is like the campaign as a whole. What little is known of
	// one must not tell it apart, and an hour differs less than a class.
	classPrior = 8.0
	hourPrior  = 25.0
	// A factor is never more extreme than these.
	leastFactor = 0.05
	mostFactor  = 10.0
)

// Estimate is what is known of how the contacts of a campaign differ: by class,
// which the caller numbers from 0 to Classes-1, and by the hour of the day where
// the contact is. A contact's chance to be answered by a person is
//
//	the campaign's rate × the factor of the class × the factor of the hour
//
// at most 0.99. Each factor is (answers + prior) ÷ (expected answers + prior),
// the expected ones being those without the factor: where little is known it is
// near 1, and the chance is the campaign's rate.
type Estimate struct {
	Classes [Classes]seenExpected `json:"classes"`
	Hours   [24]seenExpected      `json:"hours"`
}

// seenExpected are answers and how many were to come, decayed.
type seenExpected struct {
	Seen     float64 `json:"seen,omitempty"`
	Expected float64 `json:"expected,omitempty"`
}

func (s *seenExpected) factor(prior float64) float64 {
	return math.Min(mostFactor, math.Max(leastFactor, (s.Seen+prior)/(s.Expected+prior)))
}

func (s *seenExpected) add(human bool, expected float64) {
	if most := math.Max(s.Seen, s.Expected); most > contactMemory {
		s.Seen *= contactMemory / most
		s.Expected *= contactMemory / most
	}
	s.Expected += expected
	if human {
		s.Seen++
	}
}

// OfClass is the factor of a class.
func (e *Estimate) OfClass(class uint8) float64 {
	if int(class) >= Classes {
		return 1
	}
	return e.Classes[class].factor(classPrior)
}

// OfHour is the factor of an hour of the day, 0 to 23; 1 for any other.
func (e *Estimate) OfHour(hour int) float64 {
	if hour < 0 || hour >= len(e.Hours) {
		return 1
	}
	return e.Hours[hour].factor(hourPrior)
}

// Factor is a contact's, as in Ringing.
func (e *Estimate) Factor(class uint8, hour int) float64 { return e.OfClass(class) * e.OfHour(hour) }

// ended notes how the call to a contact went, where rate was the campaign's when it
// was placed.
func (e *Estimate) ended(human bool, class uint8, hour int, rate float64) {
	if !(rate > 0) {
		return // nothing was known of the campaign when the call was placed
	}
	ofClass, ofHour := e.OfClass(class), e.OfHour(hour)
	if int(class) < Classes {
		e.Classes[class].add(human, math.Min(0.99, rate*ofHour))
	}
	if hour >= 0 && hour < len(e.Hours) {
		e.Hours[hour].add(human, math.Min(0.99, rate*ofClass))
	}
}

// ContactEnded notes, beside CallEnded, how the call to a contact of a class went,
// at an hour of the day where the contact is, 0 to 23, negative if that is not
// known. rate was that of CampaignRate when the call was placed.
func (s *State) ContactEnded(human bool, class uint8, hour int, rate float64) {
	s.Contacts.ended(human, class, hour, rate)
}

// ContactCorrected takes back what ContactEnded noted: human, that a person
// answered after all, else that none did. The other arguments are the same. What
// has faded since cannot be taken back to the full.
func (s *State) ContactCorrected(human bool, class uint8, hour int, rate float64) {
	if !(rate > 0) {
		return
	}
	n := -1.0
	if human {
		n = 1
	}
	if e := &s.Contacts; int(class) < Classes {
		e.Classes[class].Seen = math.Max(0, e.Classes[class].Seen+n)
	}
	if e := &s.Contacts; hour >= 0 && hour < len(e.Hours) {
		e.Hours[hour].Seen = math.Max(0, e.Hours[hour].Seen+n)
	}
}

// CampaignRate is the chance that a call to an average contact is answered by a
// person.
func (s *State) CampaignRate() float64 { return s.Rate.base() }
