package pacing

import "math"

// MachineAnswered counts an answer by a machine as the regime does. That nobody
// else answered is noted with CallEnded.
func (s *State) MachineAnswered(r Regime) { r.Add(&s.Day.Count, Answer{Machine: true}) }

// TakenForPerson takes back that a person answered: a machine did. abandoned
// says that Abandoned was noted too. Ring times stay as they were noted; the
// two sorts that a machine can be taken for have them alike.
func (s *State) TakenForPerson(r Regime, abandoned bool) {
	s.reached(-1)
	s.Day.Count.Answers--
	if abandoned {
		s.Day.Count.Abandoned--
		s.Realised = math.Max(0, s.Realised-1)
		s.Recent = math.Max(0, s.Recent-1)
	}
	s.MachineAnswered(r)
}

// TakenForMachine takes back that a machine answered: a person did.
func (s *State) TakenForMachine(r Regime) {
	var machine Count
	r.Add(&machine, Answer{Machine: true})
	s.Day.Count.Answers += 1 - machine.Answers
	s.Day.Count.Abandoned -= machine.Abandoned
	s.reached(1)
}

// reached corrects how many of the calls that were noted people answered. What
// has faded since cannot be taken back to the full, so a little is left.
func (s *State) reached(n int) {
	s.Reached += n
	for i := range s.Rate.Shares {
		a := &s.Rate.Shares[i].Answers
		*a = math.Max(math.Min(*a, 0.5), *a+float64(n))
	}
	s.Rate.Seen = math.Max(0, s.Rate.Seen+float64(n))
}
