package pacing

import "math"

// Settings are what the operator chose.
type Settings struct {
	Mode        Mode
	Ratio       float64 // of power: calls to free agents
	Limit       float64 // of abandoned calls to answers
	RingTimeout float64 // seconds
	Patience    float64 // seconds after which a call without an agent is abandoned
}

// Mode is how calls are paced.
type Mode string

// Modes.
const (
	Progressive Mode = "progressive"
	Power       Mode = "power"
	Predictive  Mode = "predictive"
	Broadcast   Mode = "broadcast"
)

// Tune holds experiment knobs.
var Tune = struct {
	Target, Credit, Rest, Gain, BMax, BMin, CapK, CapS, CapM, Half float64
	MinCalls, MinAns, Lepski, Out, Low, Guard, GuardS, Recent, Pi  float64
}{0.97, 1e9, 0.95, 0.02, 2.5, 0.1, 1.04, 0.4, 1.15, 200, 20, 3, 3, 1, 1.5, 1, 1, 25, .005}

// Pacer decides for one campaign.
type Pacer struct {
	Settings
	State

	f    forecast
	tabs [2]releases
	used int

	fh, fr  [ringBins + 1]float64
	harms   []float64
	cellsIn []cellsOf
}

type cellsOf struct {
	n float64
	p [cells]float64
}

// Decision is how many calls to place, and why.
type Decision struct {
	Place     int
	Bound     string
	Rate      float64
	Harm      float64 // of the last call that is placed
	Next      float64 // of the first one that is not
	Threshold float64
	Budget    float64
	Gate      bool
}

// Why tells in a sentence what keeps more calls from being placed.
func (d *Decision) Why() string {
	return "no agent is free"
}

// Decide tells how many calls to place now.
func (p *Pacer) Decide(s *Snapshot) Decision {
	n := 0
	var d Decision
	switch p.Mode {
	case Progressive:
		n = s.Free - len(s.Ringing)
	case Power:
		n = int(math.Floor(p.Ratio*float64(s.Free))) - len(s.Ringing)
	case Predictive:
		d = p.predict(s)
		n = d.Place
	}
	if s.Idle+len(s.Busy) == 0 {
		n = 0
	}
	d.Place = max(0, n)
	for _, l := range []int{s.Limits.Contacts, s.Limits.InFlight, s.Limits.Channels, s.Limits.Rate} {
		if l >= 0 {
			d.Place = min(d.Place, l)
		}
	}
	return d
}

func (p *Pacer) predict(s *Snapshot) Decision {
	rate := p.Rate()
	p.Human.cumulate(&p.fh)
	p.Rest.cumulate(&p.fr)
	p.Day.Seconds += s.Since
	p.learn(s, rate)
	prog := max(0, s.Free-len(s.Ringing))
	b := p.budget(s)
	d := Decision{Place: prog, Rate: rate, Threshold: p.Threshold, Budget: b}
	corr := p.corr()
	p.harms = p.harms[:0]
	theta := p.Threshold
	if over := p.Recent - Tune.Recent*p.Limit - Tune.GuardS; over > 0 {
		theta *= math.Exp(-Tune.Guard * over)
	}
	if b <= 0 {
		theta = 0
	}
	if p.Rates[0].Calls < Tune.MinCalls || p.Day.Answers < Tune.MinAns {
		for range prog {
			p.harms = append(p.harms, 0)
		}
		return d
	}
	p.load(s, rate)
	// The harm grows with each call, so the last one that is allowed can be
	// found by halving.
	most := p.most(s)
	if p.f.exact {
		n := 0
		for n < most {
			m := p.f.harm(0) * corr
			if m > theta && n >= prog {
				d.Next = m
				break
			}
			p.harms = append(p.harms, m)
			d.Harm = m
			p.f.answers(&p.f.fresh, 1)
			n++
		}
		d.Place = n
		return d
	}
	h0 := p.f.harm(0) * corr
	if h0 > theta && prog == 0 {
		d.Next = h0
		return d
	}
	lo, hi := prog, prog+1
	for hi < most && p.f.harm(float64(hi))*corr <= theta {
		lo, hi = hi, hi+2*(hi-prog)
	}
	hi = min(hi, most)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if p.f.harm(float64(mid))*corr <= theta {
			lo = mid
		} else {
			hi = mid
		}
	}
	n := lo
	if h0 <= theta {
		n = max(n, 1)
		if lo >= 1 && p.f.harm(float64(lo))*corr <= theta && lo < most {
			n = lo + 1
		}
	}
	for i := range n {
		if i > 8 && i < n-1 {
			p.harms = append(p.harms, p.harms[i-1])
			continue
		}
		p.harms = append(p.harms, p.f.harm(float64(i))*corr)
	}
	d.Place = n
	return d
}

func (p *Pacer) corr() float64 { return math.Max(0.5, math.Min(3, p.Realised/p.Predicted)) }

func (p *Pacer) most(s *Snapshot) int {
	return 20*(s.Idle+len(s.Busy)) - len(s.Ringing)
}

// learn updates what only time tells.
func (p *Pacer) learn(s *Snapshot, rate float64) {
	if s.Since <= 0 {
		return
	}
	for i, m := range rateMemory {
		if r := &p.Rates[i]; m > 0 && r.Answers > rateLeast {
			r.fade(math.Exp(-s.Since / m))
		}
	}
	p.idled(float64(s.Idle) * s.Since)
	n := 0.0
	for _, r := range s.Ringing {
		q := rate
		if r.Factor > 0 {
			q = math.Min(0.95, rate*r.Factor)
		}
		i := p.ringBin(r.Elapsed)
		h := q * (p.fh[i+1] - p.fh[i])
		if alive := q*(1-p.fh[i]) + (1-q)*(1-p.fr[i]); alive > 1e-9 {
			n += math.Min(h/alive, 0.5) * s.Since / p.Width
		}
	}
	p.expect(n)
}

// load puts the snapshot into the forecast.
func (p *Pacer) load(s *Snapshot, rate float64) {
	p.f.reset(s.Free, s.Idle+len(s.Busy), len(s.Ringing))
	f := &p.f
	for g := range cells {
		i := g * cellBins
		f.fresh[g] = rate * p.fh[i+cellBins/2]
		f.weight[g] = p.fh[i+cellBins] - p.fh[i]
	}
	var x [cells]float64
	for _, r := range s.Ringing {
		q := rate
		if r.Factor > 0 {
			q = math.Min(0.95, rate*r.Factor)
		}
		i := p.ringBin(r.Elapsed)
		sh, sr := 1-p.fh[i], 1-p.fr[i]
		alive := q*sh + (1-q)*sr
		if alive < 1e-9 {
			continue
		}
		for g := range cells {
			x[g] = q * (p.fh[min(i+g*cellBins+cellBins/2, ringBins)] - p.fh[i]) / alive
		}
		f.answers(&x, 1)
	}
	t := p.table()
	stay := 1 - p.Leaves/p.Releases
	for _, a := range s.Busy {
		if a.Left > 0 {
			for g := range cells {
				x[g] = 0
				if t.key.at(g) >= a.Left {
					x[g] = stay
				}
			}
		} else {
			row := &t.talk[ageBin(a.Elapsed)]
			if a.Wrapup {
				row = &t.wrap[ageBin(a.Elapsed)]
			}
			for g := range cells {
				x[g] = stay * row[g]
			}
		}
		f.release(&x, 1)
	}
	if q := p.IdleLeave / p.IdleSecs; q > 1e-5 && s.Free > 0 {
		for g := range cells {
			x[g] = 1 - math.Exp(-q*t.key.at(g))
		}
		f.answers(&x, float64(s.Free))
	}
}

func (p *Pacer) table() *releases {
	k := releaseKey{roundKey(p.Talk.Mean), roundKey(math.Sqrt(p.Talk.Var)), roundKey(p.Wrapup.Mean), roundKey(math.Sqrt(p.Wrapup.Var)), cellBins * p.Width, p.Patience}
	for i := range p.tabs {
		if p.tabs[i].key == k {
			p.used = i
			return &p.tabs[i]
		}
	}
	p.used = 1 - p.used
	p.tabs[p.used].fill(k)
	return &p.tabs[p.used]
}

// budget is the share of the answers to come that may be abandoned; not above 0:
// none now.
func (p *Pacer) budget(s *Snapshot) float64 {
	d := &p.Day
	rest := 30.0
	if d.Seconds > 0 && s.Left > 0 {
		rest = math.Min(Tune.Credit, Tune.Rest*d.Answers/d.Seconds*s.Left)
	}
	e := d.Answers + rest
	allowed := math.Min(Tune.CapK*p.Limit*e+Tune.CapS, Tune.CapM*p.Limit*e)
	if d.Abandoned+1 > allowed {
		return 0
	}
	w := d.Answers / (d.Answers + math.Min(Tune.Half, rest))
	spent := w*d.Abandoned + (1-w)*d.PredictedAbandoned*d.Answers/math.Max(1, d.PredictedAnswers)
	t := Tune.Target * p.Limit
	b := (t*e - spent) / math.Max(rest, 3)
	return math.Max(Tune.BMin*t, math.Min(Tune.BMax*t, b))
}

// Placed notes that n calls of the last decision were placed.
func (p *Pacer) Placed(d Decision, n int) {
	for i := range n {
		m := 0.0
		if i < len(p.harms) {
			m = p.harms[i]
		}
		p.Predicted += d.Rate * m / p.corr()
		p.Day.PredictedAnswers += d.Rate
		p.Day.PredictedAbandoned += d.Rate * m
		if d.Budget > 0 {
			p.Threshold *= math.Exp(Tune.Gain * d.Rate * (d.Budget - m) / d.Budget)
		}
	}
	p.Threshold = math.Max(0.002, math.Min(0.6, p.Threshold))
}
