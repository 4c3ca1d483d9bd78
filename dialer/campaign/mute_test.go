package campaign

import (
	"math/rand"
	"testing"
	"time"
)

// TestMute: who is called when does not depend on whether anybody reads why.
func TestMute(t *testing.T) {
	type course struct {
		end    time.Time
		placed int
		day    float64 // of abandoned calls
	}
	run := func(mute bool) (course, int) {
		opt := worlds["predictive all"]
		opt.agents = 5
		w := newWorld(t, rand.New(rand.NewSource(1)), opt)
		if mute {
			w.core.Mute()
		}
		w.run(2*time.Hour, w.finished)
		return course{w.now, w.placed, w.core.Status().Campaigns[0].Abandoned}, w.toRead
	}
	loud, n := run(false)
	muted, m := run(true)
	if muted != loud {
		t.Errorf("%+v, muted %+v", loud, muted)
	}
	if n == 0 || m != 0 {
		t.Errorf("%d effects to read, and %d of a muted Core", n, m)
	}
	if loud.placed == 0 {
		t.Error("no call was placed")
	}
}
