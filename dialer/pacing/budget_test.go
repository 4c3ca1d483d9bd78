package pacing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	const limit = 0.03
	for _, tt := range []struct {
		name string
		s    State
		left float64
		open bool
	}{
		{"nothing answered", State{}, 0, false},
		{"20 answers do not pay for one of 3 %", State{Day: Day{Seconds: 3600, Count: Count{14, 0}}}, 0, false},
		{"60 do", State{Day: Day{Seconds: 3600, Count: Count{40, 0}}}, 0, true},
		{"and once that is spent they do not pay for another", State{Day: Day{Seconds: 3600, Count: Count{40, 2}}}, 0, false},
		{"the answers of the rest of the day count", State{Day: Day{Seconds: 3600, Count: Count{20, 1}}}, 6 * 3600, true},
		{"of a day that ends they do not", State{Day: Day{Seconds: 3600, Count: Count{20, 1}}}, 60, false},
		{"what days before overspent is taken off", State{Day: Day{Seconds: 3600, Count: Count{100, 1}}, Past: Count{1000, 33}}, 0, false},
		{"what they saved is not to spend", State{Day: Day{Seconds: 3600, Count: Count{100, 4}}, Past: Count{1000, 0}}, 0, false},
	} {
		b := tt.s.budget(limit, tt.left)
		if (b > 0) != tt.open {
			t.Errorf("%s: budget %g", tt.name, b)
		}
		if b > 1.5*limit {
			t.Errorf("%s: budget %g is more than one and a half times the limit", tt.name, b)
		}
	}
}

// TestBudgetBindsTheDecision: while it is closed, predictive pacing places no more
// than progressive would where that could cost an abandoned call, and says why. But
// a call that has rung for longer than people take to answer does not hold up the
// next.
func TestBudgetBindsTheDecision(t *testing.T) {
	p := taught(rand.New(rand.NewPCG(1, 1)), Predictive, 2000, 0.1)
	p.Day = Day{Seconds: 3600, Count: Count{200, 15}}
	s := Snapshot{Free: 3, Idle: 3, Left: 3600, Limits: NoLimits}
	if d := decide(p, &s); d.Place != 3 || d.By != CapBudget {
		t.Errorf("%+v", d)
	}
	s = Snapshot{Free: 1, Idle: 1, Left: 3600, Limits: NoLimits}
	for _, tt := range []struct {
		elapsed float64
		place   int
	}{{5, 0}, {23, 1}} { // people answer within 13 s
		s.Ringing = []Ringing{{Elapsed: tt.elapsed}}
		if d := decide(p, &s); d.Place != tt.place || d.By != CapBudget {
			t.Errorf("with a call that has rung for %g s: %+v, want %d", tt.elapsed, d, tt.place)
		}
	}
}

// TestWrongForecasts: when far more calls are abandoned than was forecast, whatever
// the reason, no more are placed than there are free agents, until that is over.
func TestWrongForecasts(t *testing.T) {
	for _, tt := range []struct {
		name      string
		limit     float64
		before    Count // of the day
		abandoned int   // of the answers then
		wrong     bool
	}{
		{"chance", 0.03, Count{1000, 30}, 8, false},
		{"a team begins", 0.03, Count{1000, 30}, 30, false},
		{"a wave", 0.03, Count{1000, 0}, 50, true},
		{"a wave, by a strict limit", 0.01, Count{1000, 0}, 14, true},
	} {
		p := taught(rand.New(rand.NewPCG(1, 1)), Predictive, 2000, 0.1)
		p.Limit, p.Day = tt.limit, Day{Seconds: 3600, Count: tt.before}
		for range tt.abandoned {
			p.CallEnded(true, 7, 1)
			p.Abandoned()
		}
		p.Realised, p.Predicted, p.Recent = 5, 5, 0 // of these the forecasts learn nothing
		s := Snapshot{Free: 3, Idle: 3, Left: 3600, Limits: NoLimits, Ringing: []Ringing{{Elapsed: 1}}}
		for range 97 {
			s.Busy = append(s.Busy, Busy{Elapsed: 200})
		}
		d := decide(p, &s)
		if wrong := d.By == CapWrong; wrong != tt.wrong || wrong && d.Place != 2 {
			t.Errorf("%s: %+v", tt.name, d)
		}
		for range 200 {
			p.CallEnded(true, 7, 1)
		}
		if d := decide(p, &s); d.By == CapWrong {
			t.Errorf("%s: 200 answers later: %+v", tt.name, d)
		}
	}
}

// TestRateFollows a step of the answer rate within few answers, and is not led
// astray by chance.
func TestRateFollows(t *testing.T) {
	off, slow := 0, 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := newRate()
		// One call a second that is answered, or not, ten seconds later.
		run := func(p float64, calls int) {
			for range calls {
				r.passed(1, r.base())
				r.ended(rnd.Float64() < p, 1)
			}
		}
		run(0.1, 3000)
		if v := r.base(); math.Abs(v-0.1) > 0.04 {
			off++
		}
		run(0.4, 80) // 32 answers
		if v := r.Value(); v < 0.25 {
			slow++
		}
	}
	if off > 10 || slow > 40 {
		t.Errorf("of 200 runs the rate was off in %d, and slow to follow in %d", off, slow)
	}
}

func TestRegimes(t *testing.T) {
	answers := []Answer{
		{Connected: true, Wait: time.Second},
		{Connected: true, Wait: 3 * time.Second},
		{Wait: time.Second},
		{Machine: true, Wait: 5 * time.Second},
	}
	for name, want := range map[string]Count{"ftc": {3, 2}, "ofcom": {3, 2}, "queue": {3, 1}} {
		r, ok := FindRegime(name)
		var c Count
		for _, a := range answers {
			r.Add(&c, a)
		}
		if !ok || c != want {
			t.Errorf("%s counts %+v, want %+v", name, c, want)
		}
	}
	if _, ok := FindRegime("nobody's"); ok {
		t.Error("found a regime that is none")
	}
	ftc, _ := FindRegime("ftc")
	now := time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)
	if got := ftc.Since(now); got != time.Date(2026, 2, 9, 0, 0, 0, 0, time.UTC) {
		t.Errorf("30 days until %s begin at %s", now, got)
	}
	r := Regime{Machines: true}
	var c Count
	r.Add(&c, Answer{Machine: true})
	if c != (Count{1, 0}) {
		t.Errorf("a machine counts as %+v", c)
	}
}

// TestStepOfALargeTeam: a large team has seen hundreds of answers when a step shows.
// They are not thrown away for a handful, after which every wave of calls that nobody
// answers would look like another step.
func TestStepOfALargeTeam(t *testing.T) {
	r := newRate()
	r.Shares = [len(rateMemory)]share{{800, 10_000}, {400, 5000}, {80, 1000}}
	r.Seen, r.Expected = 300, 200
	r.passed(0.1, 0)
	after := r.base()
	if after < 0.1 {
		t.Fatalf("a rate of %.3f after the step, want nearly 0.12", after)
	}
	for range 200 {
		r.ended(false, 1)
	}
	if v := r.base(); v < after/2 {
		t.Errorf("%.3f after 200 calls that nobody answered, want nearly %.3f", v, after)
	}
}

// TestWavesAreNoStep: where many answer each second, and come some seconds later
// than the ring times say, in waves, the rate is still what it was.
func TestWavesAreNoStep(t *testing.T) {
	const rate, late = 0.05, 5.0
	r := newRate()
	for i := range r.Shares {
		r.Shares[i] = share{1000, 1000 / rate}
	}
	r.Seen, r.Expected = 400, 400
	wave := func(t float64) float64 { return 20 * (1 + 0.9*math.Sin(2*math.Pi*t/30)) } // answers a second
	answers, calls := 0.0, 0.0
	for at := 0.0; at < 600; at += 0.2 {
		for answers += wave(at-late) * 0.2; answers >= 1; answers-- {
			r.ended(true, 1)
			for calls += 1/rate - 1; calls >= 1; calls-- {
				r.ended(false, 1)
			}
		}
		r.passed(0.2, wave(at)*0.2)
		if v := r.base(); v < 0.6*rate || v > 1.6*rate {
			t.Fatalf("after %.0f s the rate is %.3f, and not %.3f", at, v, rate)
		}
	}
}
