package dialer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// trouble makes something wrong while a campaign runs; it returns when it is
// over, or goes on for good.
type trouble func(w *world, rng *rand.Rand)

var lost = amitest.Fault{Lose: true}

// lose loses the events of a kind for good, each with that probability.
func lose(p float64, kinds ...string) trouble {
	return func(w *world, rng *rand.Rand) {
		w.srv.Interfere(amitest.When(func(m *ami.Message) bool { return slices.Contains(kinds, m.Event()) && rng.Float64() < p }, lost))
	}
}

// every does f n times, at random moments.
func every(n int, f func(w *world, rng *rand.Rand)) trouble {
	return func(w *world, rng *rand.Rand) {
		for range n {
			time.Sleep(time.Second + time.Duration(rng.IntN(9000))*time.Millisecond)
			f(w, rng)
		}
	}
}

var troubles = map[string]trouble{
	"drop connections": every(8, func(w *world, rng *rand.Rand) { w.srv.Disconnect(0) }),
	"restart keeping calls": every(4, func(w *world, rng *rand.Rand) {
		w.srv.Restart(time.Duration(rng.IntN(8000))*time.Millisecond, true)
	}),
	"restart losing calls": every(4, func(w *world, rng *rand.Rand) {
		w.srv.Restart(time.Duration(rng.IntN(8000))*time.Millisecond, false)
	}),
	"truncate events": every(8, func(w *world, rng *rand.Rand) {
		w.srv.Interfere(amitest.Once(amitest.IsEvent, amitest.Fault{Cut: 1 + rng.IntN(200), Drop: true}))
	}),
	"stall": every(4, func(w *world, rng *rand.Rand) {
		w.srv.Stall(true)
		time.Sleep(time.Duration(rng.IntN(60_000)) * time.Millisecond)
		w.srv.Stall(false)
	}),
	"refuse originates": every(4, func(w *world, rng *rand.Rand) {
		w.srv.Refuse("Originate", "Permission denied")
		time.Sleep(time.Duration(rng.IntN(10_000)) * time.Millisecond)
		w.srv.Refuse("Originate", "")
	}),
	"delay events": func(w *world, rng *rand.Rand) {
		w.srv.Interfere(func(m *ami.Message) amitest.Fault {
			if !amitest.IsEvent(m) || rng.IntN(3) > 0 {
				return amitest.Fault{}
			}
			return amitest.Fault{Delay: time.Duration(rng.IntN(2500)) * time.Millisecond}
		})
	},
	"lose a tenth of all": func(w *world, rng *rand.Rand) {
		w.srv.Interfere(amitest.When(func(m *ami.Message) bool { return amitest.IsEvent(m) && rng.IntN(10) == 0 }, lost))
	},
	"lose all":          func(w *world, rng *rand.Rand) { w.srv.Interfere(amitest.When(amitest.IsEvent, lost)) },
	"lose half hangups": lose(0.5, "Hangup"),
}

func init() {
	for _, kind := range []string{
		"OriginateResponse", "Hangup", "HangupRequest", "SoftHangupRequest", "Newchannel", "Newstate", "DialBegin", "DialState", "DialEnd",
		"QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer",
		"QueueMemberStatus", "QueueMemberPause",
	} {
		troubles["lose "+kind] = lose(1, kind)
	}
	troubles["lose Hangup and OriginateResponse"] = lose(1, "Hangup", "OriginateResponse")
	troubles["lose AgentConnect and AgentComplete"] = lose(1, "AgentConnect", "AgentComplete")
}

// TestTroubles: whatever goes wrong on the way, the campaign ends, its books
// balance, nobody is called beyond the rules, twice at once, or by an attempt
// that was used before.
func TestTroubles(t *testing.T) {
	for name, do := range troubles {
		seeds := uint64(1)
		if !strings.HasPrefix(name, "lose ") {
			seeds = 3
		}
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/seed %d", strings.ReplaceAll(name, " ", "_"), seed), func(t *testing.T) {
				inWorld(t, func(t *testing.T) { inTrouble(t, seed, do) })
			})
		}
	}
}

func inTrouble(t *testing.T, seed uint64, do trouble) {
	rng := rand.New(rand.NewPCG(seed, 42))
	fates := slices.Concat(causeFates(1, true), answerFates(16, 2, 4, 4, 4))
	for i := range 6 {
		fates = append(fates, of(0, fmt.Sprintf("9%05d", i))) // what chance will
	}
	rng.Shuffle(len(fates), func(i, j int) { fates[i], fates[j] = fates[j], fates[i] })
	rows := "phone\n"
	for _, f := range fates {
		rows += f.number + "\n"
	}
	asterisk := amitest.Lab(4)
	asterisk.Seed = seed
	w := newWorld(t, asterisk, map[string]string{"a.csv": rows}, `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}]
    originate: {ring_timeout: 2s, context: campaign, exten: "200"}
    pacing: {max_in_flight: 20}`+labRetry)
	w.opt.UntilListEnd = true
	w.start()
	over := make(chan struct{})
	go func() {
		defer close(over)
		do(w, rng)
	}()
	w.returned(6 * time.Hour)
	<-over
	time.Sleep(3 * time.Minute) // whoever talks finishes
	s := w.open()
	w.witness(s, false)
	checkCampaign(t, s, "a", len(fates))
}
