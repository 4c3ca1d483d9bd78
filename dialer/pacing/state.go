package pacing

import "math"

// Memories, in observations: older ones fade beyond them.
const (
	ringMemory     = 400
	durationMemory = 300
	leaveMemory    = 50
	harmMemory     = 60 // abandoned calls
	recentMemory   = 10 // answers
	lostMemory     = 100

	ringPrior = 15 // weight of what is supposed before
)

// State is what a campaign has learnt. It is a plain value: written down as
// JSON and read again, it decides the same.
type State struct {
	Width float64  `json:"width"` // of a bin of ring times, in seconds
	Human ringDist `json:"human"` // ring times of calls that people answered
	Rest  ringDist `json:"rest"`  // and of all others

	Rate    Rate `json:"rate"`
	Ended   int  `json:"ended"`   // calls that stopped ringing
	Reached int  `json:"reached"` // of them, people who answered

	Talk   logDuration `json:"talk"`
	Wrapup logDuration `json:"wrapup"`
	// Of agents who finished with a call, those who left instead of being free.
	Released     float64 `json:"released"`
	ReleasedLeft float64 `json:"released_left"`
	// Seconds that agents were free, and how many of them left.
	Idle     float64 `json:"idle"`
	IdleLeft float64 `json:"idle_left"`

	// Threshold is θ, the harm up to which one more call is placed, as a multiple
	// of the budget.
	Threshold float64 `json:"threshold"`
	// Realised and Predicted are abandoned calls, decayed: their ratio corrects
	// what is predicted.
	Realised  float64 `json:"realised"`
	Predicted float64 `json:"predicted"`
	// Recent are the abandoned calls of the last few answers, decayed.
	Recent float64 `json:"recent"`
	// Lost are those of the last lostMemory answers, decayed.
	Lost float64 `json:"lost"`

	// Contacts is what is known of how contacts differ. No decision depends on it: the
	// factors that it gives are in the Snapshot.
	Contacts Estimate `json:"contacts,omitzero"`

	Day  Day   `json:"day"`
	Past Count `json:"past"` // of the regime's window, before this day
}

// Day is what happened since the campaign began to dial today. What is Predicted
// was when the calls were placed.
type Day struct {
	Seconds   float64 `json:"seconds"` // in which it dialed
	Count     Count   `json:"count"`
	Predicted struct {
		Answers   float64 `json:"answers"`
		Abandoned float64 `json:"abandoned"`
	} `json:"predicted"`
}

// NewState is the state of a campaign that has dialed nothing yet. What it
// supposes is cautious: that half of the calls are answered.
func NewState(ringTimeout float64) State {
	width := (ringTimeout + 4) / (ringBins - 2)
	return State{
		Width:     width,
		Human:     priorHuman(ringTimeout, width),
		Rest:      priorRest(ringTimeout, width),
		Rate:      newRate(),
		Talk:      priorDuration(120),
		Wrapup:    priorDuration(15),
		Released:  10,
		Idle:      3600,
		Threshold: 1.8,
		Realised:  5, Predicted: 5,
	}
}

// NewDay begins a day: past is what its regime's window holds of those before,
// counted from stored attempts.
func (s *State) NewDay(past Count) { s.Day, s.Past = Day{}, past }

// ringBin is the bin of a ring time.
func (s *State) ringBin(seconds float64) int {
	if !(seconds > 0) {
		return 0
	}
	return int(min(seconds/s.Width, ringBins-1))
}

// CallEnded notes that a call stopped ringing after rang seconds: human, that a
// person answered it. factor is as in Ringing. What ended for a reason that is
// not the contact's, such as a trunk without lines, must not be noted: it tells
// nothing about how many people answer.
func (s *State) CallEnded(human bool, rang, factor float64) {
	s.Rate.ended(human, factor)
	s.Ended++
	if human {
		s.Reached++
		s.Recent *= 1 - 1./recentMemory
		s.Lost *= 1 - 1./lostMemory
		s.Human.add(s.ringBin(rang))
		s.Day.Count.Answers++
	} else {
		s.Rest.add(s.ringBin(rang))
	}
}

// Abandoned notes that a person who answered found no agent in time.
func (s *State) Abandoned() {
	s.Day.Count.Abandoned++
	s.Realised++
	s.Recent++
	s.Lost++
	if s.Realised > harmMemory {
		s.Predicted *= harmMemory / s.Realised
		s.Realised = harmMemory
	}
}

// TalkEnded notes how long an agent talked, in seconds.
func (s *State) TalkEnded(seconds float64) { s.Talk.add(seconds) }

// WrapupEnded notes how long an agent's wrap-up lasted, in seconds.
func (s *State) WrapupEnded(seconds float64) { s.Wrapup.add(seconds) }

// AgentReleased notes that an agent finished with a call: left, that it was for
// a break or for good.
func (s *State) AgentReleased(left bool) {
	if s.Released > durationMemory {
		s.ReleasedLeft *= durationMemory / s.Released
		s.Released = durationMemory
	}
	s.Released++
	if left {
		s.ReleasedLeft++
	}
}

// IdleAgentLeft notes that an agent left who was free.
func (s *State) IdleAgentLeft() {
	s.IdleLeft++
	if s.IdleLeft > leaveMemory {
		s.Idle *= leaveMemory / s.IdleLeft
		s.IdleLeft = leaveMemory
	}
}

// passed notes that dt seconds passed with idle agents free, in which expected
// people were to answer.
func (s *State) passed(dt float64, idle int, expected float64) {
	s.Day.Seconds += dt
	s.Idle += float64(idle) * dt
	s.Rate.passed(dt, expected)
}

// correction is the ratio of abandoned calls to those that were predicted.
func (s *State) correction() float64 { return math.Max(0.5, math.Min(3, s.Realised/s.Predicted)) }

// caution is what the threshold is multiplied by just after an abandoned call,
// while people answer faster than expected: that is how a step of the answer
// rate begins, before it can be told from chance. Five agents and more
// see a step soon enough without.
func (s *State) caution(limit float64, agents int) float64 {
	over := s.Recent - recentMemory*limit - 0.2
	hint := s.Rate.Seen/s.Rate.Expected - 1.1
	if over <= 0 || hint <= 0 || agents >= 5 {
		return 1
	}
	return math.Exp(-20 / float64(agents) * over * math.Min(hint, 0.3))
}
