package pacing

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// taught is a pacer that has seen n calls of which a share is answered by
// people, and what follows.
func taught(rnd *rand.Rand, mode Mode, n int, human float64) *Pacer {
	p := &Pacer{
		Settings: Settings{Mode: mode, Ratio: 2, Limit: 0.03, RingTimeout: 25, Patience: 2},
		State:    NewState(25),
	}
	for range n {
		if rnd.Float64() < human {
			p.CallEnded(true, 3+10*rnd.Float64(), 0)
			p.TalkEnded(150 * rnd.ExpFloat64())
			p.WrapupEnded(20 + 20*rnd.Float64())
			p.AgentReleased(rnd.IntN(20) == 0)
			if rnd.IntN(40) == 0 {
				p.Abandoned()
			}
		} else {
			p.CallEnded(false, 25*rnd.Float64(), 0)
		}
	}
	p.Day.Seconds = float64(n) * 10
	return p
}

// situation is a random snapshot of n agents at most.
func situation(rnd *rand.Rand, n int) *Snapshot {
	s := &Snapshot{Idle: rnd.IntN(n + 1), Since: rnd.Float64(), Left: 3600 * rnd.Float64(), Limits: NoLimits}
	s.Free = s.Idle - rnd.IntN(3)
	for range rnd.IntN(n + 1) {
		s.Busy = append(s.Busy, Busy{Wrapup: rnd.IntN(2) == 0, Elapsed: 200 * rnd.Float64(), Left: float64(rnd.IntN(2) * rnd.IntN(30))})
	}
	for range rnd.IntN(3*n + 1) {
		s.Ringing = append(s.Ringing, Ringing{Elapsed: 26 * rnd.Float64(), Factor: float64(rnd.IntN(2)) * 2 * rnd.Float64(), Other: rnd.IntN(5) == 0})
	}
	return s
}

// decide decides on a copy, so that it can be asked again.
func decide(p *Pacer, s *Snapshot) Decision {
	q := Pacer{Settings: p.Settings, State: p.State}
	return q.Decide(s)
}

// TestDecisionProperties: no agent, no call; no limit is ever passed; another
// free agent never means fewer calls; and predictive places no fewer than
// progressive.
func TestDecisionProperties(t *testing.T) {
	for seed := range uint64(1500) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		mode := Modes[rnd.IntN(3)]
		p := taught(rnd, mode, rnd.IntN(400), 0.05+0.6*rnd.Float64())
		s := situation(rnd, []int{1, 3, 12, 40, 200}[rnd.IntN(5)])

		d := decide(p, s)
		if d.Place < 0 {
			t.Fatalf("seed %d: %d calls", seed, d.Place)
		}
		if d.By == "" {
			t.Fatalf("seed %d: %+v does not tell what held it", seed, d)
		}
		if sure := s.Free - len(s.Ringing); mode == Predictive && s.Idle+len(s.Busy) > 0 && d.Place < sure {
			t.Fatalf("seed %d: %d calls, progressive places %d", seed, d.Place, sure)
		}

		more := *s
		more.Idle++
		more.Free++
		if e := decide(p, &more); e.Place < d.Place {
			t.Fatalf("seed %d: %s: one more free agent changes %+v to %+v", seed, mode, d, e)
		}

		none := *s
		none.Idle, none.Busy = 0, nil
		none.Free = min(0, none.Free)
		if e := decide(p, &none); e.Place != 0 {
			t.Fatalf("seed %d: %s: %d calls without agents", seed, mode, e.Place)
		}

		for i, cap := range []Cap{CapContacts, CapInFlight, CapChannels, CapRate} {
			limited := *s
			most := rnd.IntN(5)
			*[]*int{&limited.Limits.Contacts, &limited.Limits.InFlight, &limited.Limits.Channels, &limited.Limits.Rate}[i] = most
			e := decide(p, &limited)
			if e.Place != min(d.Place, most) {
				t.Fatalf("seed %d: %d calls of %d with %s of %d", seed, e.Place, d.Place, cap, most)
			}
			if d.Place > most && e.By != cap {
				t.Fatalf("seed %d: held by %s, want %s", seed, e.By, cap)
			}
		}
	}
}

func TestBroadcastIsBoundedByLimitsOnly(t *testing.T) {
	p := Pacer{Settings: Settings{Mode: Broadcast}}
	d := p.Decide(&Snapshot{Limits: Limits{Contacts: 100, InFlight: 20, Channels: 9, Rate: -1}})
	if d.Place != 9 || d.By != CapChannels {
		t.Errorf("%+v", d)
	}
}

func TestPower(t *testing.T) {
	p := Pacer{Settings: Settings{Mode: Power, Ratio: 2.5}}
	d := p.Decide(&Snapshot{Free: 3, Idle: 3, Ringing: make([]Ringing, 4), Limits: NoLimits})
	if d.Place != 3 || d.By != CapRatio {
		t.Errorf("%+v, want 2.5 x 3 - 4 = 3", d)
	}
}

// TestBeginsAsProgressive: a new campaign has to see calls end first.
func TestBeginsAsProgressive(t *testing.T) {
	p := Pacer{Settings: Settings{Mode: Predictive, Limit: 0.03, RingTimeout: 25, Patience: 2}, State: NewState(25)}
	s := Snapshot{Free: 4, Idle: 4, Ringing: make([]Ringing, 1), Left: 3600, Limits: NoLimits}
	if d := p.Decide(&s); d.Place != 3 || d.By != CapLearning {
		t.Errorf("%+v", d)
	}
}

// TestWorthMoreThanProgressive: what it has learnt lets it place more.
func TestWorthMoreThanProgressive(t *testing.T) {
	p := taught(rand.New(rand.NewPCG(1, 1)), Predictive, 2000, 0.1)
	p.Day = Day{Seconds: 3600, Count: Count{200, 3}}
	s := Snapshot{Free: 4, Idle: 4, Left: 3600, Limits: NoLimits}
	if d := decide(p, &s); d.Place <= 4 || d.By != CapHarm || d.Harm <= d.Threshold {
		t.Errorf("%+v, want more than the 4 free agents", d)
	}
}

// TestStateRoundTrip: a State that was written down decides the same from then
// on.
func TestStateRoundTrip(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		p := taught(rnd, Predictive, 300, 0.2)
		b, err := json.Marshal(p.State)
		if err != nil {
			t.Fatal(err)
		}
		q := &Pacer{Settings: p.Settings}
		if err := json.Unmarshal(b, &q.State); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			s := situation(rnd, 15)
			d, e := p.Decide(s), q.Decide(s)
			if d != e {
				t.Fatalf("seed %d: %+v and %+v", seed, d, e)
			}
			p.Placed(d.Place)
			q.Placed(d.Place)
			human, rang := rnd.IntN(5) == 0, 25*rnd.Float64()
			p.CallEnded(human, rang, 0)
			q.CallEnded(human, rang, 0)
		}
		if p.State != q.State {
			t.Fatalf("seed %d: the states differ", seed)
		}
	}
}

// TestForecasts: the exact distribution, the binomial of the same moments and
// the normal one tell nearly the same where they take over from each other.
func TestForecasts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 3))
	for range 200 {
		var exact, close forecast
		free, busy, calls := rnd.IntN(6), rnd.IntN(10), 5+rnd.IntN(30)
		exact.reset(free, exactAgents, calls)
		close.reset(free, exactAgents+1, calls)
		if !exact.exact || close.exact {
			t.Fatal("neither is what it should be")
		}
		var x [cells]float64
		for range calls {
			for g := range x {
				x[g] = 0.3 * rnd.Float64()
			}
			exact.answers(&x, 1)
			close.answers(&x, 1)
		}
		for range busy {
			for g := range x {
				x[g] = 0.6 * rnd.Float64()
			}
			exact.release(&x, 1)
			close.release(&x, 1)
		}
		for g := range cells {
			if a, b := exact.none(g, 0), close.none(g, 0); math.Abs(a-b) > 0.02 {
				t.Fatalf("%d free, %d busy, %d calls: %.4f exactly, %.4f by moments", free, busy, calls, a, b)
			}
		}
	}
	for _, tt := range []struct{ ans, ansSq, rel, relSq float64 }{
		{45, 3, 35, 15}, {6, 1, 1, 0.5}, {1, 0.1, 8, 4}, {5.5, 0.2, 0, 0},
	} {
		var f forecast
		for g := range cells {
			f.ansMean[g], f.ansSq[g] = tt.ans, tt.ansSq
			f.relMean[g], f.relSq[g] = tt.rel, tt.relSq
		}
		for f.free = -2; f.free < 20; f.free++ {
			p := 0.0
			for i, x := range binomial(f.a[:], tt.ans, tt.ansSq) {
				for j, y := range binomial(f.b[:], tt.rel, tt.relSq) {
					if i-j >= f.free {
						p += x * y
					}
				}
			}
			if normal := f.none(0, 0); math.Abs(p-normal) > 0.01 {
				t.Errorf("%+v, %d free: %.4f by moments, %.4f normal", tt, f.free, p, normal)
			}
		}
	}
}

// TestHarm by hand: one free agent, one call in the air of which half would be
// answered before any that is placed now. Whoever answers second finds nobody.
func TestHarm(t *testing.T) {
	var f forecast
	f.reset(1, 1, 1)
	var x [cells]float64
	for g := range x {
		x[g] = 0.5
		f.weight[g] = 1. / cells
	}
	f.answers(&x, 1)
	if m := f.harm(0); math.Abs(m-0.5) > 1e-12 {
		t.Errorf("%g, want 0.5", m)
	}
	f.reset(2, 2, 1)
	f.answers(&x, 1)
	if m := f.harm(0); m != 0 {
		t.Errorf("%g with an agent for each, want 0", m)
	}
}

// TestLeavingAgent: that the only free agent may leave threatens a call for as long
// as it rings, not for as long as any may.
func TestLeavingAgent(t *testing.T) {
	p := taught(rand.New(rand.NewPCG(1, 1)), Predictive, 2000, 0.1) // people answer after 3 to 13 s
	p.Day = Day{Seconds: 3600, Count: Count{200, 3}}
	p.Idle, p.IdleLeft = 40_000, 40
	s := Snapshot{Free: 1, Idle: 1, Left: 3600, Limits: NoLimits}
	p.Decide(&s)
	if got, want := p.harms[0].harm/p.correction(), 8./1000; math.Abs(got-want) > 0.002 {
		t.Errorf("the first call finds no agent with a chance of %.4f, want %.4f", got, want)
	}
}

// TestReleases: the table agrees with drawing talk and wrap-up times.
func TestReleases(t *testing.T) {
	s := NewState(25)
	s.Talk, s.Wrapup = logDuration{300, math.Log(60), 0.5}, logDuration{300, math.Log(20), 0.3}
	var r releases
	r.fill(keyOf(&s, 2))
	rnd := rand.New(rand.NewPCG(1, 4))
	const elapsed = 40
	var free [cells]float64
	n := 0.0
	for range 400_000 {
		talk := math.Exp(math.Log(60) + math.Sqrt(0.5)*rnd.NormFloat64())
		if talk < elapsed {
			continue
		}
		n++
		left := talk - elapsed + math.Exp(math.Log(20)+math.Sqrt(0.3)*rnd.NormFloat64())
		for g := range cells {
			if left <= r.key.at(g) {
				free[g]++
			}
		}
	}
	for g, x := range r.talk[ageBin(elapsed)] {
		if want := free[g] / n; math.Abs(x-want) > 0.02 {
			t.Errorf("free within %.1f s with a chance of %.3f, want %.3f", r.key.at(g), x, want)
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add([]byte(`{"free":1,"idle":2,"busy":[{"elapsed":3}],"ringing":[{"elapsed":-1,"factor":1e9}],"limits":{}}`), uint64(1))
	f.Add([]byte(`{"free":-5,"busy":[{"wrapup":true,"elapsed":1e308,"left":-1}],"limits":{"contacts":-1}}`), uint64(2))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		s := Snapshot{Limits: NoLimits}
		if json.Unmarshal(data, &s) != nil || s.Idle < 0 || s.Idle > 2000 || s.Free > s.Idle || s.Since < 0 {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 5))
		p := taught(rnd, Predictive, int(seed%300), 0.3)
		d := p.Decide(&s)
		p.Placed(d.Place)
		agents := s.Idle + len(s.Busy)
		if d.Place < 0 || d.Place > max(linesPerAgent*agents, 0) {
			t.Errorf("%d calls for %d agents", d.Place, agents)
		}
		if b, err := json.Marshal(p.State); err != nil {
			t.Errorf("%v: %s", err, b) // a number that is none
		}
	})
}

// BenchmarkDecide is the cost of a decision with 500 agents and 5000 calls in
// the air.
func BenchmarkDecide(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 6))
	p := taught(rnd, Predictive, 20_000, 0.08)
	p.Day = Day{Seconds: 3600, Count: Count{10000, 200}}
	s := &Snapshot{Free: 5, Idle: 8, Left: 3600, Since: 0.1, Limits: NoLimits}
	for i := range 492 {
		s.Busy = append(s.Busy, Busy{Wrapup: i%4 == 0, Elapsed: 100 * rnd.Float64()})
	}
	for range 5000 {
		s.Ringing = append(s.Ringing, Ringing{Elapsed: 25 * rnd.Float64(), Factor: 0.5 + rnd.Float64()})
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(s)
	}
}
