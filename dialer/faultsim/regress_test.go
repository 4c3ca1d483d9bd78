package faultsim_test

import (
	"testing"
	"time"
)

// scripted is a run whose faults are those of a script.
func scripted(t *testing.T, change func(*scenario), script func(*run)) {
	t.Helper()
	t.Parallel()
	r := newRun(1, tempDir(t), nil)
	sc := &scenario{agents: 3, zone: "UTC", user: "dialcamp", begins: 12 * time.Hour}
	sc.campaigns = []*plannedCampaign{{name: "a", queue: "Camp200", mode: "progressive", maxInFlight: 5, ring: 20 * time.Second, attempts: 2,
		rows: [][]string{{"k1", "700001"}, {"k2", "700002"}, {"k3", "700003"}, {"k4", "700004"}, {"k5", "700005"}, {"k6", "700006"}}}}
	change(sc)
	r.sc = sc
	r.make = func(r *run) {
		script(r)
		r.calm.Store(true)
		close(r.calmed)
	}
	r.inBubble(t)
}

// TestClockSetBackInAClaim: the clock is set back, to before the window, while a
// claim is being written. What it claimed is not called. (Seed 48 of the first
// draws: the hours that were known were compared by the clock that nobody sets.)
func TestClockSetBackInAClaim(t *testing.T) {
	scripted(t, func(sc *scenario) { sc.windows = []window{{12 * 60, 24 * 60}} }, func(r *run) {
		r.slow.Store(int64(2 * time.Second))
		for range 5 {
			time.Sleep(3100 * time.Millisecond)
			r.clock.put(-1800)
			time.Sleep(30 * time.Second)
			r.clock.put(0)
		}
		r.slow.Store(0)
	})
}
