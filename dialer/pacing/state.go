package pacing

import "math"

// Memories, in observations: older ones fade beyond them.
const (
	ringMemory     = 400
	durationMemory = 300
	harmMemory     = 60 // abandoned calls

	// jumpMemory is the memory, in expected answers, of the estimator that
	// notices a step of the answer rate, and jumpSigma how unlikely what it sees
	// must be.
	jumpMemory = 10
	jumpSigma  = 4.5
)

// rateMemory are the memories of the answer rate, in seconds; but none forgets
// more than all but rateLeast people who answered.
var rateMemory = [...]float64{1200, 300, 0}

const rateLeast = 40

// State is what a campaign has learnt. It is a plain value: written down as
// JSON and read again, it decides the same.
type State struct {
	Width float64  `json:"width"` // seconds of a bin of ring times
	Human ringDist `json:"human"`
	Rest  ringDist `json:"rest"`

	// Rates are the chance that a call is answered by a person, by memories from
	// the longest to the shortest.
	Rates [3]rate `json:"rates"`
	// What the jump estimator saw and had expected, decayed.
	Seen     float64 `json:"seen"`
	Expected float64 `json:"expected"`

	Talk   logDuration `json:"talk"`
	Wrapup logDuration `json:"wrapup"`
	// Of agents who finish their wrap-up, those who leave instead of being free;
	// and of idle agents, leaves and seconds.
	Leaves    float64 `json:"leaves"`
	Releases  float64 `json:"releases"`
	IdleLeave float64 `json:"idle_leaves"`
	IdleSecs  float64 `json:"idle_seconds"`

	// Threshold is θ: the harm up to which one more call is placed.
	Threshold float64 `json:"threshold"`
	// Realised and predicted abandoned calls, decayed: their ratio corrects what
	// is predicted.
	Realised  float64 `json:"realised"`
	Predicted float64 `json:"predicted"`

	Recent float64 `json:"recent"`
	Step   float64

	Day Day `json:"day"`
}

// Day is what happened since the campaign began to dial today.
type Day struct {
	Seconds   float64 `json:"seconds"`
	Answers   float64 `json:"answers"`   // by people
	Abandoned float64 `json:"abandoned"` // of them
	// What was predicted when the calls were placed.
	PredictedAnswers   float64 `json:"predicted_answers"`
	PredictedAbandoned float64 `json:"predicted_abandoned"`
}

// NewState is the state of a campaign that has dialed nothing yet. It supposes
// that most calls are answered, so that it begins with as few as progressive
// pacing.
func NewState(ringTimeout float64) State {
	width := (ringTimeout + 4) / (ringBins - 2)
	return State{
		Width: width,
		Human: priorHuman(ringTimeout, width, 15),
		Rest:  priorRest(ringTimeout, width, 15),
		Rates: [3]rate{{3, 5}, {3, 5}, {3, 5}},
		Seen:  jumpMemory, Expected: jumpMemory,
		Talk: priorDuration(120, 1, 3), Wrapup: priorDuration(15, 1, 3),
		Leaves: 0.1, Releases: 10,
		IdleLeave: 0.1, IdleSecs: 3600,
		Threshold: 0.06,
		Realised:  5, Predicted: 5,
	}
}

// rate is a decayed share of calls that people answer.
type rate struct {
	Answers float64 `json:"answers"`
	Calls   float64 `json:"calls"` // weighed by the contacts' factors
}

func (r *rate) fade(f float64) {
	r.Answers *= f
	r.Calls *= f
}

// Rate is the chance that a call is answered by a person: by the longest memory
// that the shorter ones do not contradict.
func (s *State) Rate() float64 {
	if Oracle > 0 {
		return Oracle
	}
	r := &s.Rates
	i := 0
	for j := 1; j < len(r); j++ {
		p := r[j].Answers / r[j].Calls
		if r[j].Answers < r[i].Answers-1 && math.Abs(p-r[i].Answers/r[i].Calls) > Tune.Lepski*p*math.Sqrt(math.Max(0.1, 1-p)/r[j].Answers) {
			i = j
		}
	}
	p := r[i].Answers / r[i].Calls
	if Tune.Low > 0 {
		// As much more as the last few answers make certain.
		if low := (s.Seen - Tune.Low*math.Sqrt(s.Seen/2)) / s.Expected; low > 1 {
			p *= low
		}
	} else {
		odds := s.Step * Tune.Pi
		p *= 1 + 3*odds/(1+odds)
	}
	return math.Min(0.99, p)
}

// ringBin is the bin of a ring time.
func (s *State) ringBin(seconds float64) int {
	return min(int(math.Max(0, seconds)/s.Width), ringBins-1)
}

// CallEnded notes that a call stopped ringing: human that a person answered it,
// factor its contact's chance as in Ringing.
func (s *State) CallEnded(human bool, rang, factor float64) {
	if factor == 0 {
		factor = 1
	}
	for i := range s.Rates {
		r := &s.Rates[i]
		r.Calls += factor
		if human {
			r.Answers++
			if rateMemory[i] == 0 && r.Answers > rateLeast {
				r.fade(rateLeast / r.Answers)
			}
		}
	}
	if human {
		s.Recent *= 1 - 1./Tune.Recent
		s.Seen++
		s.Step = (1 + s.Step) * 4
		s.Human.add(s.ringBin(rang), ringMemory)
		s.Day.Answers++
	} else {
		s.Rest.add(s.ringBin(rang), ringMemory)
	}
	s.jump()
}

// expect notes that the calls in the air were expected to be answered by n
// people since the last time.
func (s *State) expect(n float64) {
	f := math.Exp(-n / jumpMemory)
	s.Seen *= f
	s.Expected = s.Expected*f + n
	s.Step *= math.Exp(-3 * n)
	s.jump()
}

// jump lets the recent answers take over when they are too many or too few for
// the rate so far.
func (s *State) jump() {
	z := (s.Seen - s.Expected) / math.Sqrt(s.Expected/2)
	if math.Abs(z) < jumpSigma {
		return
	}
	rate := math.Min(0.95, s.Rate()*(s.Seen+0.5)/(s.Expected+0.5))
	for i := range s.Rates {
		r := &s.Rates[i]
		r.Answers = math.Min(r.Answers, jumpMemory)
		r.Calls = r.Answers / rate
	}
	s.Seen, s.Expected = jumpMemory, jumpMemory
	s.Step = 0
}

// Abandoned notes that a person who answered found no agent.
func (s *State) Abandoned() {
	s.Day.Abandoned++
	s.Recent++
	s.Realised++
	if s.Realised > harmMemory {
		f := harmMemory / s.Realised
		s.Realised *= f
		s.Predicted *= f
	}
}

// TalkEnded and WrapupEnded note how long they were, in seconds.
func (s *State) TalkEnded(seconds float64)   { s.Talk.add(seconds, durationMemory) }
func (s *State) WrapupEnded(seconds float64) { s.Wrapup.add(seconds, durationMemory) }

// AgentReleased notes that an agent finished with a call: leaves, that it was
// for a break or for good.
func (s *State) AgentReleased(leaves bool) {
	if s.Releases > durationMemory {
		s.Releases *= 1 - 1./durationMemory
		s.Leaves *= 1 - 1./durationMemory
	}
	s.Releases++
	if leaves {
		s.Leaves++
	}
}

// IdleAgentLeft notes that an agent left who was free.
func (s *State) IdleAgentLeft() { s.IdleLeave++ }

// idled notes how long agents were free, in seconds.
func (s *State) idled(seconds float64) {
	s.IdleSecs += seconds
	if s.IdleLeave > 50 {
		f := 50 / s.IdleLeave
		s.IdleLeave *= f
		s.IdleSecs *= f
	}
}

var Oracle float64
