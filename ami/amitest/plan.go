package amitest

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// Plan says what becomes of the nth call (from 0) to a number. It is called by
// one goroutine at a time.
type Plan func(number string, n int) Fate

// Fate is what the far end does with a call. The zero value rings for ever.
type Fate struct {
	Setup time.Duration // until it rings, or is refused without
	Ring  time.Duration // until it answers, or refuses after ringing

	Answer bool
	// Talk after the answer, the far end hangs up; 0: never.
	Talk time.Duration
	// Patience, if not 0, is how long the far end waits for an agent; Talk then
	// counts from the agent's answer.
	Patience time.Duration
	// AgentTalk, if not 0, is how long an agent stays, e.g. with a machine,
	// whatever its own limit.
	AgentTalk time.Duration
	Machine   bool // for the witness, and AMD unless Verdict says otherwise
	// Verdict is what AMD makes of who answered, where the destination runs it.
	// The zero value is a machine that greets at length, or a person who says hello.
	Verdict Verdict

	// Cause of the refusal if Answer is false; 0: none, it rings for ever. Over a
	// SIP trunk 20 arrives as 19, 42 as 34 and so on, as in the lab; an IAX trunk
	// passes every cause on.
	Cause ami.Cause
}

// sipCodes are the SIP replies for a cause that the PBX gives or gets, which
// events show as TechCause.
var sipCodes = map[ami.Cause]int{
	1: 404, 17: 486, 18: 408, 19: 480, 21: 403, 22: 410, 27: 502, 28: 484,
	29: 501, 31: 480, 34: 503, 38: 500, 58: 488,
}

// throughSIP is what is left of a cause, and the reply it travels as.
func throughSIP(c ami.Cause) (arrives ami.Cause, code int) {
	switch c {
	case 1, 2, 3:
		return 1, 404
	case 17, 18, 21, 22, 27, 28, 29, 34, 38, 58:
		return c, sipCodes[c]
	case 19, 20, 31:
		return 19, 480
	case 42:
		return 34, 503
	case 127:
		return 38, 500
	}
	return 21, 603
}

// LabPlan is the number plan of the lab's carrier, R seconds of ringing and T of
// talk:
//
//	1CCC…       refused at once with cause CCC
//	2RRTTT…     rings RR s, answers, talks TTT s, hangs up
//	3RRTTT…     the same in tenths of a second
//	4…          rings for ever
//	5RR…        rings RR s, then refuses with cause 21
//	6RR…        a machine: rings RR s, answers, speaks for 60 s
//	0… 7… 8… 9… a mix: 30 % answer (ring 1–8 s, talk 2–12 s), 20 % busy, 35 % no answer, 15 % unallocated
//
// A leading + is not looked at; missing digits are 0. Whoever is no machine says
// nothing, so AMD is not sure of them.
func LabPlan(seed uint64) Plan {
	rng := rand.New(rand.NewPCG(seed, 0x1ab))
	return func(number string, _ int) Fate {
		number = strings.TrimPrefix(number, "+") + "000000"
		digits := func(from, to int) time.Duration { n, _ := strconv.Atoi(number[from:to]); return time.Duration(n) }
		f := Fate{Setup: 5 * time.Millisecond, Verdict: silence}
		unit := time.Second
		switch number[0] {
		case '1':
			f.Cause = ami.Cause(digits(1, 4))
		case '3':
			unit /= 10
			fallthrough
		case '2':
			f.Answer, f.Ring = true, digits(1, 3)*unit
			f.Talk = max(digits(3, 6)*unit, 10*time.Millisecond)
		case '4':
		case '5':
			f.Ring, f.Cause = digits(1, 3)*unit, ami.CauseCallRejected
		case '6':
			f.Answer, f.Machine, f.Ring, f.Talk, f.Verdict = true, true, digits(1, 3)*unit, time.Minute, Verdict{}
		default:
			switch d := rng.IntN(100); {
			case d < 30:
				f.Answer, f.Ring, f.Talk = true, time.Duration(1+rng.IntN(8))*unit, time.Duration(2+rng.IntN(11))*unit
			case d < 50:
				f.Cause = ami.CauseUserBusy
			case d >= 85:
				f.Cause = ami.CauseUnallocated
			}
		}
		return f
	}
}

// MixConfig describes a population of contacts. The shares need not sum to 1;
// what is left of 1 does not answer.
type MixConfig struct {
	Seed                                      uint64
	Human, Machine, Busy, Invalid, Congestion float64
	Rejected                                  float64

	Setup        Spread // post-dial delay
	Ring         Spread // until a human answers
	Talk         Spread // with an agent
	Patience     Spread // of a human waiting for an agent
	MachineRing  Spread
	MachineAgent Spread // an agent hangs up on a machine after that
}

// Spread is a lognormal distribution. Sigma 0 means that every value is Median.
type Spread struct {
	Median time.Duration
	Sigma  float64
}

func (s Spread) draw(rng *rand.Rand) time.Duration {
	if s.Median == 0 {
		return 0
	}
	// Four sigmas at most: one contact of a thousand years would be no use.
	z := max(-4, min(4, rng.NormFloat64()))
	return time.Duration(float64(s.Median) * math.Exp(s.Sigma*z))
}

// DefaultMix is a plausible residential list.
func DefaultMix(seed uint64) MixConfig {
	return MixConfig{
		Seed: seed, Human: 0.28, Machine: 0.16, Busy: 0.07, Invalid: 0.05, Congestion: 0.02, Rejected: 0.04,
		Setup:        Spread{1500 * time.Millisecond, 0.4},
		Ring:         Spread{9 * time.Second, 0.5},
		Talk:         Spread{95 * time.Second, 0.8},
		Patience:     Spread{20 * time.Second, 0.7},
		MachineRing:  Spread{18 * time.Second, 0.25},
		MachineAgent: Spread{6 * time.Second, 0.4},
	}
}

// Mix is a Plan that draws each call's fate.
func Mix(c MixConfig) Plan {
	rng := rand.New(rand.NewPCG(c.Seed, 0x313))
	return func(string, int) Fate {
		f := Fate{Setup: c.Setup.draw(rng)}
		d := rng.Float64()
		share := func(p float64) bool { d -= p; return d < 0 }
		switch {
		case share(c.Human):
			f.Answer, f.Ring, f.Talk, f.Patience = true, c.Ring.draw(rng), c.Talk.draw(rng), c.Patience.draw(rng)
		case share(c.Machine):
			f.Answer, f.Machine = true, true
			f.Ring, f.Talk, f.AgentTalk = c.MachineRing.draw(rng), time.Minute, c.MachineAgent.draw(rng)
		case share(c.Busy):
			f.Cause = ami.CauseUserBusy
		case share(c.Invalid):
			f.Cause = ami.CauseUnallocated
		case share(c.Congestion):
			f.Cause = ami.CauseNormalCircuitCongestion
		case share(c.Rejected):
			f.Cause, f.Ring = ami.CauseCallRejected, c.Ring.draw(rng)/2
		}
		return f
	}
}
