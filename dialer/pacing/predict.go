package pacing

import "math"

const (
	// Before so many calls have ended and a person has answered,
	// predictive pacing is progressive; and each day for as many ring timeouts,
	// because what ends first is not what most calls end with.
	learnCalls   = 20
	learnReached = 1
	learnRings   = 2

	// linesPerAgent bounds the calls in the air, whatever the estimates say.
	linesPerAgent = 25

	// Where contacts are told apart, a call that does less than this share of the
	// harm that is allowed goes to the one who will answer most probably, so that
	// the agent who is free soon talks; another goes to a long shot, which adds
	// little to the harm of those after it.
	sureHarm = 0.6

	// rareWeight is a share of the answers that may be left out.
	rareWeight = 1e-4

	// steer is how fast the threshold follows, for each answer to come.
	steer = 0.1
)

// airborne are the calls whose ring time is in the same bin.
type airborne struct {
	n      int
	common int // of them, those whose contacts have the campaign's chance
	// Sums over the calls, and over their squares, of the chance that a person is
	// called, over that of ringing for so long.
	sum, sq float64
}

// predict places one more call as long as the harm it is expected to do is not
// more than the threshold, and never less than progressive pacing.
func (p *Pacer) predict(s *Snapshot) Decision {
	rate := p.Rate.Value()
	p.Human.cumulate(&p.human)
	p.State.Rest.cumulate(&p.rest)
	own := p.lookUp(s, rate)
	p.passed(s.Since, s.Idle, own*s.Since/p.Width)

	sure := max(0, s.Free-len(s.Ringing))
	agents := s.Idle + len(s.Busy)
	budget := p.budget(p.Limit, s.Left)
	d := Decision{Place: sure, Rate: rate, Budget: budget, Threshold: p.State.Threshold * budget * p.caution(p.Limit, agents)}
	most := linesPerAgent*agents - len(s.Ringing)
	switch {
	case p.wrong(p.Limit):
		d.By, most = CapWrong, sure
	case p.Ended < learnCalls || p.Reached < learnReached || p.Day.Seconds < learnRings*p.RingTimeout:
		d.By, most = CapLearning, sure
	case p.Ended < most+len(s.Ringing):
		// What few calls tell is not sure enough for many: a large team earns its
		// speed step by step.
		d.By, most = CapLearning, max(sure, p.Ended-len(s.Ringing))
	default:
		d.By = CapLines
	}
	if most <= 0 {
		return d
	}
	if budget <= 0 {
		d.Threshold = spareHarm * p.Limit / float64(max(1, agents))
	}
	p.load(s, rate)
	if p.forecast.exact {
		p.oneByOne(s, &d, sure, most)
	} else {
		p.byHalving(&d, sure, most)
	}
	if budget <= 0 && d.By == CapHarm {
		d.By = CapBudget
	}
	return d
}

// oneByOne adds calls to an exact forecast until the next would do too much
// harm.
func (p *Pacer) oneByOne(s *Snapshot, d *Decision, sure, most int) {
	c := p.correction()
	for d.Place = 0; d.Place < most; d.Place++ {
		m := p.forecast.harm(0) * c
		if m > d.Threshold && d.Place >= sure {
			d.Harm = m
			if most > sure {
				d.By = CapHarm
			}
			return
		}
		q := d.Rate
		if s.Surest > 0 {
			if m <= sureHarm*d.Threshold {
				q = chance(d.Rate, s.Surest)
				d.Sure++
			} else {
				q = chance(d.Rate, s.Longest)
				d.Long++
			}
		}
		p.harms = append(p.harms, harm{q, m})
		var x [cells]float64
		for g := range x {
			x[g] = p.forecast.fresh[g] * q / d.Rate
		}
		p.forecast.answers(&x, 1)
	}
}

// byHalving finds the last call that is allowed: the harm grows with each.
func (p *Pacer) byHalving(d *Decision, sure, most int) {
	c := p.correction()
	allowed := func(n int) bool { // as the n+1st
		m := p.forecast.harm(float64(n)) * c
		if m > d.Threshold {
			d.Harm, d.By = m, CapHarm
		}
		return m <= d.Threshold
	}
	lo, hi := sure, most // lo calls may be placed, more than hi may not
	for step := 1; lo < hi; step *= 2 {
		n := min(lo+step, hi) - 1
		if !allowed(n) {
			hi = n
			break
		}
		lo = n + 1
	}
	for lo < hi {
		n := (lo + hi) / 2
		if allowed(n) {
			lo = n + 1
		} else {
			hi = n
		}
	}
	d.Place = lo
	// Of many at once, a few tell the harm of those between.
	step := 1 + lo/8
	m := 0.0
	for i := range lo {
		if i%step == 0 {
			m = p.forecast.harm(float64(min(i+step/2, lo-1))) * c
		}
		p.harms = append(p.harms, harm{d.Rate, m})
	}
}

// lookUp sorts the calls in the air by their ring time, and returns how many of
// the campaign's own are to be answered within a bin's time.
func (p *Pacer) lookUp(s *Snapshot, rate float64) float64 {
	p.air = [ringBins]airborne{}
	own := 0.0
	for i := range s.Ringing {
		r := &s.Ringing[i]
		bin := p.ringBin(r.Elapsed)
		a := &p.air[bin]
		if r.Factor <= 0 && !r.Other {
			a.common++
			continue
		}
		x := p.odds(bin, chance(rate, r.Factor))
		if x == 0 {
			continue
		}
		a.n++
		a.sum += x
		a.sq += x * x
		if !r.Other {
			own += min(0.5, x*(p.human[bin+1]-p.human[bin]))
		}
	}
	for bin := range p.air {
		a := &p.air[bin]
		if a.common == 0 {
			continue
		}
		if x := p.odds(bin, rate); x > 0 {
			n := float64(a.common)
			a.n += a.common
			a.sum += n * x
			a.sq += n * x * x
			own += n * min(0.5, x*(p.human[bin+1]-p.human[bin]))
		}
	}
	// Without the hint of a step, which would hide it.
	return own * p.Rate.base() / rate
}

// odds is the chance that a person is called, for a call with chance q before it
// rang, over that of still ringing in a bin; 0 if nothing rings for so long.
func (p *Pacer) odds(bin int, q float64) float64 {
	alive := q*(1-p.human[bin]) + (1-q)*(1-p.rest[bin])
	if alive <= 1e-9 {
		return 0
	}
	return q / alive
}

// load puts what is known into the forecast.
func (p *Pacer) load(s *Snapshot, rate float64) {
	f := &p.forecast
	f.reset(s.Free, s.Idle+len(s.Busy), len(s.Ringing))
	for g := range cells {
		i := g * cellBins
		f.fresh[g] = rate * p.human[i+cellBins/2]
		f.weight[g] = p.human[i+cellBins] - p.human[i]
	}
	for f.first = 0; f.first < cells-1 && f.weight[f.first] < rareWeight; f.first++ {
	}
	if f.exact {
		p.loadExact(s, rate)
	} else {
		p.loadAir()
	}
	p.loadAgents(s)
}

// within is the share of people, of all who answer, who do so from bin i on and
// before the middle of cell g.
func (p *Pacer) within(i, g int) float64 {
	return p.human[min(i+g*cellBins+cellBins/2, ringBins)] - p.human[i]
}

func (p *Pacer) loadExact(s *Snapshot, rate float64) {
	var x [cells]float64
	for i := range s.Ringing {
		r := &s.Ringing[i]
		bin := p.ringBin(r.Elapsed)
		odds := p.odds(bin, chance(rate, r.Factor))
		if odds == 0 {
			continue
		}
		for g := range cells {
			x[g] = odds * p.within(bin, g)
		}
		p.forecast.answers(&x, 1)
	}
}

func (p *Pacer) loadAir() {
	for i := range p.air {
		a := &p.air[i]
		if a.n == 0 {
			continue
		}
		for g := range cells {
			w := p.within(i, g)
			p.forecast.ansMean[g] += a.sum * w
			p.forecast.ansSq[g] += a.sq * w * w
		}
	}
}

func (p *Pacer) loadAgents(s *Snapshot) {
	t := p.table()
	stay := 1 - p.ReleasedLeft/p.Released
	var x [cells]float64
	var ages [2][ageBins]int // of talks and wrap-ups
	for i := range s.Busy {
		a := &s.Busy[i]
		switch {
		case a.Left > 0:
			for g := range cells {
				x[g] = 0
				if a.Left <= t.key.at(g) {
					x[g] = stay
				}
			}
			p.forecast.release(&x, 1)
		case a.Wrapup:
			ages[1][ageBin(a.Elapsed)]++
		default:
			ages[0][ageBin(a.Elapsed)]++
		}
	}
	for i, table := range [2]*[ageBins][cells]float64{&t.talk, &t.wrap} {
		for age, n := range ages[i] {
			if n == 0 {
				continue
			}
			for g, free := range table[age] {
				x[g] = stay * free
			}
			p.forecast.release(&x, n)
		}
	}
	// Who leaves while a call rings is one agent less for it. Of that an average
	// call is threatened, and none is by what happens after its answer: the worst of
	// the instants to come, which harm looks for, is no measure of it.
	if p.IdleLeft > 0 && s.Free > 0 {
		hazard, average := p.IdleLeft/p.Idle, p.Human.mean()*p.Width
		for g := range cells {
			if g > 0 && t.key.at(g-1) >= average {
				x[g] = x[g-1]
			} else {
				x[g] = 1 - math.Exp(-hazard*math.Min(t.key.at(g), average))
			}
		}
		p.forecast.answers(&x, s.Free)
	}
}

func (p *Pacer) table() *releases {
	k := keyOf(&p.State, p.Patience)
	for i := range p.tables {
		if p.tables[i].key == k {
			return &p.tables[i]
		}
	}
	p.last = (p.last + 1) % len(p.tables)
	p.tables[p.last].fill(k)
	return &p.tables[p.last]
}
