package pacing

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// TestReplay: a record that went through JSON replays to the same decision; one
// whose inputs were altered does not.
func TestReplay(t *testing.T) {
	differs := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		p := taught(rnd, Modes[rnd.IntN(3)], 500, 0.2)
		s := situation(rnd, 30)
		r := Record{At: time.Unix(int64(seed), 0).UTC(), Campaign: "spring", Settings: p.Settings, State: p.State, Snapshot: *s}
		r.Decision = p.Decide(s)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Record
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if d := again.Replay(); d != r.Decision {
			t.Fatalf("seed %d: %+v, was %+v", seed, d, r.Decision)
		}
		again.Snapshot.Free += 40
		again.Snapshot.Idle += 40
		if again.Replay() != r.Decision {
			differs++
		}
	}
	if differs < 200 {
		t.Errorf("only %d of 300 altered records replay to something else", differs)
	}
}
