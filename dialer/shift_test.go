package dialer_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/sim"
)

// shift is three hours of a call centre in the world that `dialcamp simulate`
// calls typical, with an answer rate that stays: the same shares, ring times and
// talks. Machines are told by the dialplan at once. Wrap-up is the queue's, and
// so the same each time, and an agent takes half a second to pick up.
type shift struct {
	mode   string
	agents int
}

const (
	shiftHours  = 3
	shiftWrapup = 30 * time.Second
	shiftRing   = 25.0 // seconds
)

// outcome is what came of a shift: occupancy by Asterisk's clock, the others by
// the regime's count.
type shiftOutcome struct{ occupancy, answers, abandoned float64 }

func (o shiftOutcome) String() string {
	return fmt.Sprintf("%.1f %% occupancy, %v of %v abandoned (%.2f %%)", 100*o.occupancy, o.abandoned, o.answers, 100*o.abandoned/o.answers)
}

func (sh shift) scenario() sim.Scenario {
	s, _ := sim.World("typical")
	s.Agents, s.Hours, s.Mode, s.Seeds = sh.agents, shiftHours, sh.mode, 16
	s.Answer.Human = s.Answer.Human[:1]
	s.RingTimeout = shiftRing
	s.Wrapup, s.AgentSigma, s.TrunksPerAgent = sim.Spread{Mean: sim.Duration(shiftWrapup.Seconds())}, 0, 1000
	return s
}

// plan is the scenario's population.
func (sh shift) plan() amitest.Plan {
	s := sh.scenario()
	rng := rand.New(rand.NewPCG(uint64(sh.agents), 0x5317))
	seconds := func(x float64) time.Duration { return time.Duration(x * float64(time.Second)) }
	lognormal := func(x sim.Spread) float64 {
		v := math.Log(1 + x.CV*x.CV)
		return float64(x.Mean) * math.Exp(math.Sqrt(v)*rng.NormFloat64()-v/2)
	}
	human, rest := s.Answer.Human[0], s.Answer.Machine[0]+s.Answer.Busy[0]+s.Answer.NoAnswer[0]+s.Answer.Invalid[0]
	return func(string, int) amitest.Fate {
		f := amitest.Fate{Setup: seconds(1 + 2*rng.Float64()), Verdict: amitest.Verdict{Status: "HUMAN"}}
		u := rng.Float64()
		share := func(p float64) bool { u -= p; return u < 0 }
		other := func(h sim.Hourly) bool { return share((1 - human) * h[0] / rest) }
		switch {
		case share(human):
			f.Answer, f.Talk, f.Patience = true, seconds(lognormal(s.Talk)), 30*time.Second
			for f.Ring = seconds(shiftRing); (f.Setup + f.Ring).Seconds() >= shiftRing; {
				f.Ring = seconds(lognormal(s.Ring.Human))
			}
		case other(s.Answer.Machine):
			f.Answer, f.Machine, f.Verdict.Status = true, true, "MACHINE"
			f.Ring = seconds(3 * rng.Float64())
			if rng.Float64() < 0.7 {
				f.Ring = seconds(math.Max(0, 18+2.5*rng.NormFloat64()))
			}
		case other(s.Answer.Busy):
			f.Cause, f.Ring = 17, seconds(rng.Float64())
		case other(s.Answer.Invalid):
			f.Cause = 1
		}
		return f
	}
}

func (sh shift) run(t *testing.T) shiftOutcome {
	asterisk := amitest.Lab(sh.agents)
	asterisk.Plan, asterisk.DialTimeout, asterisk.KeepCalls = sh.plan(), time.Minute, 1000
	for i := range asterisk.Queues {
		asterisk.Queues[i].Wrapup = shiftWrapup
	}
	w := newWorld(t, asterisk, map[string]string{"spring.csv": numbers(series("9", 100*shiftHours*sh.agents)...)}, fmt.Sprintf(`campaigns:
  - name: spring
    queue: Camp200
    lists: [{path: spring.csv}]
    originate: {ring_timeout: %vs, context: amd, exten: "200"}
    pacing: {mode: %s, max_in_flight: 1000, wrapup: %v, drop: {after: 2s, context: waiting, exten: a}}
    calling: {timezone: UTC, windows: [{days: mon-sun, from: "00:00", to: "0%d:00"}]}
    retry: {max_attempts: 1}`, shiftRing, sh.mode, shiftWrapup, shiftHours))
	w.opt.Log = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.start()
	time.Sleep(shiftHours * time.Hour)
	var busy, there time.Duration
	for _, a := range w.srv.AgentStats() {
		if !strings.Contains(a.Interface, "slow") { // who are in another queue
			busy += a.Talk + a.Wrapup
			there += a.LoggedIn
		}
	}
	st := w.status().Campaigns[0]
	if st.Hold == "list end: no contact is left to dial" {
		t.Error("the list was too short")
	}
	w.kill()
	<-w.done
	return shiftOutcome{busy.Seconds() / there.Seconds(), st.Answers, st.Abandoned}
}

// TestShift: over a shift predictive pacing is worth ten points of occupancy to
// a real daemon too, at no more abandoned calls than its regime allows; and what
// the simulation says is what the daemon does. Hours pass in seconds, without a
// lag of the machine in them.
func TestShift(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute of two processors")
	}
	for _, agents := range []int{10, 20} {
		t.Run(fmt.Sprint(agents, " agents"), func(t *testing.T) {
			var got [2]shiftOutcome
			t.Run("modes", func(t *testing.T) {
				for i, mode := range []string{"progressive", "predictive"} {
					sh := shift{mode, agents}
					simulated, err := sim.RunAll(context.Background(), sh.scenario())
					if err != nil {
						t.Fatal(err)
					}
					t.Run(mode, func(t *testing.T) {
						inWorld(t, func(t *testing.T) {
							got[i] = sh.run(t)
							want := simulated.Occupancy.Mean
							t.Logf("%v; simulated %.1f %%, %.2f %% abandoned", got[i], 100*want, 100*simulated.Abandon.Mean)
							if math.Abs(got[i].occupancy-want) > 0.04 {
								t.Errorf("%.1f %% occupancy, the simulation says %.1f %%", 100*got[i].occupancy, 100*want)
							}
							// No more than is allowed, and one: calls are whole.
							if most := 0.03*got[i].answers + 1; got[i].abandoned > most {
								t.Errorf("%v abandoned, %.1f are allowed", got[i].abandoned, most)
							}
						})
					})
				}
			})
			if gain := got[1].occupancy - got[0].occupancy; gain < 0.1 {
				t.Errorf("predictive gains %.1f points: %v, progressive %v", 100*gain, got[1], got[0])
			}
		})
	}
}
