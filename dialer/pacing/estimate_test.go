package pacing

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// people are contacts whose chances differ by class and by hour.
type people struct {
	rnd   *rand.Rand
	class [Classes]float64
	rate  func(call int) float64
	hour  func(hour int) float64
}

func (p *people) call(i int) (class uint8, hour int, chance float64) {
	// The classes that answer best are the most frequent, as in a list of which little
	// was called.
	class = uint8(min(Classes-1, int(p.rnd.ExpFloat64()*4)))
	hour = 9 + (i/400)%9
	return class, hour, math.Min(0.95, p.rate(i)*p.class[class]*p.hour(hour))
}

func newPeople(seed uint64) *people {
	p := &people{
		rnd:  rand.New(rand.NewPCG(seed, 0)),
		rate: func(int) float64 { return 0.25 }, hour: func(int) float64 { return 1 },
	}
	for i := range p.class {
		p.class[i] = 0.3 + 1.4*p.rnd.Float64()
	}
	return p
}

type guess struct {
	predicted float64
	human     bool
}

// predict lets a State learn from n calls and returns what it predicted of those
// after the first skip.
func (p *people) predict(n, skip int) (all []guess) {
	s := NewState(25)
	for i := range n {
		class, hour, chanceOf := p.call(i)
		factor, rate := s.Contacts.Factor(class, hour), s.CampaignRate()
		human := p.rnd.Float64() < chanceOf
		if i >= skip {
			all = append(all, guess{chance(s.Rate.Value(), factor), human})
		}
		s.passed(1, 0, chance(rate, factor))
		s.CallEnded(human, 10, factor)
		s.ContactEnded(human, class, hour, rate)
	}
	return all
}

// TestEstimateCalibrated: of those who are said to answer with some chance, so many
// do, from the least probable tenth to the most.
func TestEstimateCalibrated(t *testing.T) {
	for name, change := range map[string]func(*people){
		"classes":    func(*people) {},
		"alike":      func(p *people) { p.class = [Classes]float64{}; fill(p.class[:], 1) },
		"hours":      func(p *people) { p.hour = func(h int) float64 { return 0.6 + 0.1*float64(h-9) } },
		"drift":      func(p *people) { p.rate = func(i int) float64 { return 0.05 + 0.2*float64(i)/40_000 } },
		"rare":       func(p *people) { p.rate = func(int) float64 { return 0.05 } },
		"mostly yes": func(p *people) { p.rate = func(int) float64 { return 0.5 } },
	} {
		for seed := range uint64(3) {
			p := newPeople(seed)
			change(p)
			all := p.predict(40_000, 4000)
			slices.SortStableFunc(all, func(a, b guess) int {
				switch {
				case a.predicted < b.predicted:
					return -1
				case a.predicted > b.predicted:
					return 1
				}
				return 0
			})
			for d := range 10 {
				part := all[d*len(all)/10 : (d+1)*len(all)/10]
				predicted, realised := 0.0, 0.0
				for _, g := range part {
					predicted += g.predicted
					if g.human {
						realised++
					}
				}
				n := float64(len(part))
				predicted, realised = predicted/n, realised/n
				if off := math.Abs(predicted - realised); off > 0.015+0.12*realised {
					t.Errorf("%s, seed %d: tenth %d is predicted %.3f, but %.3f answer", name, seed, d+1, predicted, realised)
				}
			}
		}
	}
}

func fill(all []float64, x float64) {
	for i := range all {
		all[i] = x
	}
}

// TestEstimateTellsApart: it orders the classes as they are.
func TestEstimateTellsApart(t *testing.T) {
	p := newPeople(1)
	fill(p.class[:], 1)
	p.class[0], p.class[1], p.class[2] = 1.5, 1, 0.4
	s := NewState(25)
	for i := range 5000 {
		class, hour, chanceOf := p.call(i)
		rate := s.CampaignRate()
		human := p.rnd.Float64() < chanceOf
		s.CallEnded(human, 10, s.Contacts.Factor(class, hour))
		s.ContactEnded(human, class, hour, rate)
	}
	a, b, c := s.Contacts.OfClass(0), s.Contacts.OfClass(1), s.Contacts.OfClass(2)
	if a < 1.25*b || b < 1.7*c {
		t.Errorf("%.2f, %.2f, %.2f", a, b, c)
	}
}

// TestEstimateUnknown: what nobody knows counts as the campaign's, and what is
// out of range too.
func TestEstimateUnknown(t *testing.T) {
	s := NewState(25)
	for _, class := range []uint8{0, Classes - 1, Classes, 255} {
		for _, hour := range []int{-1, 0, 23, 24} {
			if f := s.Contacts.Factor(class, hour); f != 1 {
				t.Errorf("class %d, hour %d: %v", class, hour, f)
			}
		}
	}
	s.ContactEnded(true, Classes, 24, 0.3)
	s.ContactEnded(true, 3, -1, 0.3)
	if f := s.Contacts.OfClass(3); f <= 1 || f > 1.2 {
		t.Errorf("after one answer it is %v", f)
	}
	for range 10_000 {
		s.ContactEnded(false, 4, 12, 0.5)
	}
	if f := s.Contacts.OfClass(4); f < leastFactor || f > 0.1 {
		t.Errorf("who never answers has %v", f)
	}
}

// TestEstimateJSON: what was learnt is read again, and a state without it reads as
// one that knows nothing.
func TestEstimateJSON(t *testing.T) {
	s := NewState(25)
	old, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	var read State
	if err := json.Unmarshal(old, &read); err != nil || read != s {
		t.Fatal(err)
	}
	for i := range 300 {
		s.ContactEnded(i%3 == 0, uint8(i%5), i%24, 0.2)
	}
	b, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &read); err != nil || read != s {
		t.Fatal(err)
	}
}
