package pacing

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// TestAgain: an entry that went through JSON decides the same again; one whose
// inputs were altered does not.
func TestAgain(t *testing.T) {
	differs := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		p := taught(rnd, Modes[rnd.IntN(3)], 500, 0.2)
		s := situation(rnd, 30)
		before := p.State
		r := Entry{Time: time.Unix(int64(seed), 0).UTC(), Settings: p.Settings, State: &before, Snapshot: *s}
		r.Decision = p.Decide(s)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Entry
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if d := again.Again(); d != r.Decision {
			t.Fatalf("seed %d: %+v, was %+v", seed, d, r.Decision)
		}
		again.Snapshot.Free += 40
		again.Snapshot.Idle += 40
		if again.Again() != r.Decision {
			differs++
		}
	}
	if differs < 200 {
		t.Errorf("only %d of 300 altered entries decide something else", differs)
	}
}
