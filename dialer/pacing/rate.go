package pacing

import "math"

// rateMemory are the memories of an answer rate in seconds; but none forgets so
// much that less than rateLeast people who answered are left.
var rateMemory = [...]float64{1200, 300, 60}

const (
	rateLeast = 40

	// contradicts is by how many standard errors of the shorter memory two of
	// them must differ for the longer one to be given up.
	contradicts = 3

	// jumpMemory is the memory, in expected answers, of what notices a step of
	// the rate, and jumpSigma how unlikely what it sees must be. It is no shorter
	// than jumpSeconds: within less, the waves in which a large team's calls are
	// placed and answered look like steps.
	jumpMemory  = 10
	jumpSeconds = 20
	jumpSigma   = 4.5
	// jumpLeast is the least step, as a share of what was expected. The ring times
	// that tell when answers are expected are estimates, which a large team's waves
	// show; and a large team's short memory is precise soon.
	jumpLeast = 0.5
	// jumpWeight is that of the new rate, if half of what noticed the step is not more:
	// it is a first guess, and low, for what was seen before the step is in it.
	jumpWeight = 5
	// hintSigma is how unlikely more answers than expected must be to count at
	// once, before they are enough to be called a step.
	hintSigma = 1
)

// Rate is the chance that a call is answered by a person, learnt with several
// memories at once: a long one is precise, a short one quick.
type Rate struct {
	Shares [len(rateMemory)]share `json:"shares"` // from the longest memory to the shortest
	// Seen are the people who answered and Expected how many were to, decayed by
	// jumpMemory. What calls in the air were expected to give by now is in it, so
	// a step shows as soon as people answer too soon or too late.
	Seen     float64 `json:"seen"`
	Expected float64 `json:"expected"`
}

// share is a decayed number of answers and of calls, these weighed by the
// contacts' factors.
type share struct {
	Answers float64 `json:"answers"`
	Calls   float64 `json:"calls"`
}

func (s *share) value() float64 { return s.Answers / s.Calls }

func (s *share) fade(f float64) {
	s.Answers *= f
	s.Calls *= f
}

func newRate() Rate {
	r := Rate{Seen: jumpMemory, Expected: jumpMemory}
	for i := range r.Shares {
		r.Shares[i] = share{1.5, 3}
	}
	return r
}

// Value is the rate, more of it if the last answers came too fast.
func (r *Rate) Value() float64 {
	p := r.base()
	if hint := (r.Seen - hintSigma*math.Sqrt(r.Seen/2)) / r.Expected; hint > 1 {
		p *= hint
	}
	return math.Min(0.99, p)
}

// base is the rate by the longest memory that no shorter one contradicts
// (Lepski's rule).
func (r *Rate) base() float64 {
	best := &r.Shares[0]
	for i := range r.Shares[1:] {
		s := &r.Shares[i+1]
		p := s.value()
		if se := p * math.Sqrt(math.Max(0.1, 1-p)/s.Answers); s.Answers < best.Answers-1 && math.Abs(p-best.value()) > contradicts*se {
			best = s
		}
	}
	return best.value()
}

// chance is the contact's own, with its factor as in Ringing.
func chance(rate, factor float64) float64 {
	if factor <= 0 {
		return rate
	}
	return math.Min(0.99, rate*factor)
}

func (r *Rate) ended(human bool, factor float64) {
	if factor <= 0 {
		factor = 1
	}
	for i := range r.Shares {
		s := &r.Shares[i]
		s.Calls += factor
		if human {
			s.Answers++
		}
	}
	if human {
		r.Seen++
	}
	r.jump()
}

// passed notes that dt seconds passed in which expected people were to answer.
func (r *Rate) passed(dt, expected float64) {
	for i, m := range rateMemory {
		if s := &r.Shares[i]; s.Answers > rateLeast {
			s.fade(math.Exp(-dt / m))
		}
	}
	f := math.Exp(-math.Min(expected/jumpMemory, dt/jumpSeconds))
	r.Seen *= f
	r.Expected = r.Expected*f + expected
	r.jump()
}

// jump lets the last answers take over when they are too many or too few for
// the rate so far to be still true.
func (r *Rate) jump() {
	if math.Abs(r.Seen-r.Expected) < math.Max(jumpSigma*math.Sqrt(r.Expected/2), jumpLeast*r.Expected) {
		return
	}
	now := math.Min(0.95, r.base()*(r.Seen+0.5)/(r.Expected+0.5))
	weight := math.Max(jumpWeight, r.Expected/2)
	for i := range r.Shares {
		s := &r.Shares[i]
		s.Answers = math.Min(s.Answers, weight)
		s.Calls = s.Answers / now
	}
	r.Seen, r.Expected = jumpMemory, jumpMemory
}
