package pacing

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCertain: as many calls are certain of an agent as progressive pacing would
// place, no more than are placed at all; and once they are in the air, even if
// all of them are answered, none is left for another.
func TestCertain(t *testing.T) {
	some := 0
	for seed := range uint64(1000) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		p := taught(rnd, Modes[rnd.IntN(3)], rnd.IntN(400), 0.05+0.6*rnd.Float64())
		s := situation(rnd, 1+rnd.IntN(30))
		if rnd.IntN(3) == 0 {
			s.Limits.Channels = rnd.IntN(3)
		}
		if rnd.IntN(2) == 0 {
			s.Ringing = s.Ringing[:min(len(s.Ringing), 2)]
		}
		d := decide(p, s)
		progressive := Pacer{Settings: Settings{Mode: Progressive}}
		if want := min(d.Place, progressive.Decide(s).Place); d.Certain != want {
			t.Fatalf("seed %d: %s: %d of %d certain, want %d", seed, p.Mode, d.Certain, d.Place, want)
		}
		some += d.Certain
		if s.Limits != NoLimits {
			continue
		}
		after := *s
		after.Ringing = append(slices.Clone(s.Ringing), make([]Ringing, d.Certain)...)
		if again := decide(p, &after); again.Certain != 0 {
			t.Fatalf("seed %d: %s: after %d certain calls %d more are", seed, p.Mode, d.Certain, again.Certain)
		}
	}
	if some == 0 {
		t.Error("nothing was ever certain")
	}
	p := Pacer{Settings: Settings{Mode: Broadcast}}
	if d := p.Decide(&Snapshot{Free: 9, Limits: NoLimits}); d.Certain != 0 {
		t.Errorf("a broadcast is certain of %d agents", d.Certain)
	}
}
