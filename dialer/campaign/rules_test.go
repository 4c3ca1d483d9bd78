package campaign

import (
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
)

// TestOutcomeByCause: the outcome of an unanswered call by its cause, for every
// cause there is and a few that are not, as testdata/causes.golden has it. Once
// for the trunk's cause, which also must win over those of the other legs.
func TestOutcomeByCause(t *testing.T) {
	var b strings.Builder
	for cause := ami.Cause(0); cause <= 130; cause++ {
		o := newOneCall(t)
		o.play(script("new", "dial", "ring"))
		o.play(refusal(int(cause), "CONGESTION"))
		o.reconcile()
		o.check(fmt.Sprint(int(cause)))
		plain := o.finished[0].Attempt

		o = newOneCall(t)
		o.play(script("new", "dial"))
		o.play([]string{fmt.Sprintf("Hangup leg=trunk cause=%d", cause), "Hangup leg=2 cause=41", "Hangup leg=1 cause=41", "OriginateResponse failure"})
		o.check(fmt.Sprint(int(cause)))
		mixed := o.finished[0].Attempt

		if !cause.Known() {
			if plain.Outcome != Congestion {
				t.Errorf("cause %d: %s; DialStatus is all that is known", cause, plain.Outcome)
			}
			continue
		}
		fmt.Fprintf(&b, "%3d %-32s %-12s with 41 on the other legs: %s\n", cause, cause, plain.Outcome, mixed.Outcome)
	}
	golden(t, "testdata/causes.golden", b.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := firstDifference(file, string(want), got); d != "" {
		t.Error(d)
	}
}

// TestEveryCauseIsClassified: each cause of Q.850 is either in the table or
// says nothing by itself.
func TestEveryCauseIsClassified(t *testing.T) {
	silent := map[ami.Cause]bool{0: true, 16: true, 31: true}
	for c := ami.Cause(-1); c <= 200; c++ {
		o, listed := outcomeByCause[c]
		if listed == silent[c] && c.Known() || listed && !c.Known() {
			t.Errorf("cause %d: known %v, listed %v", c, c.Known(), listed)
		}
		if listed && (o == InFlight || o.Answered() || o == Cancelled || o == Unknown) {
			t.Errorf("cause %d: %s", c, o)
		}
	}
}

func TestStateCheck(t *testing.T) {
	ok := map[State]map[Verb]bool{
		Running:  {Start: true, Pause: true, Resume: true, Drain: true, Stop: true},
		Paused:   {Start: true, Pause: true, Resume: true, Drain: true, Stop: true},
		Draining: {Start: true, Drain: true, Stop: true},
		Stopped:  {Start: true, Drain: true, Stop: true},
	}
	for s, verbs := range ok {
		for _, v := range append([]Verb{"", "restart"}, Verbs...) {
			if err := s.Check(v); (err == nil) != verbs[v] {
				t.Errorf("%s a campaign that is %s: %v", v, s, err)
			}
		}
	}
}

func TestAttemptTimesAscend(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	seeds(t, 2000, func(t *testing.T, rnd *rand.Rand) {
		a := Attempt{Claimed: at(10), Ended: at(rnd.Intn(20))}
		for _, p := range []*time.Time{&a.Rang, &a.Answered, &a.Connected} {
			if rnd.Intn(3) > 0 {
				*p = at(rnd.Intn(20))
			}
		}
		before := a
		a.order()
		last := a.Claimed
		for i, p := range [][2]time.Time{{before.Rang, a.Rang}, {before.Answered, a.Answered}, {before.Connected, a.Connected}, {before.Ended, a.Ended}} {
			if p[0].IsZero() != p[1].IsZero() || !p[1].IsZero() && p[1].Before(last) {
				t.Fatalf("time %d of %+v became %+v", i, before, a)
			}
			if !p[1].IsZero() {
				last = p[1]
			}
		}
		if a.Ring() < 0 || a.Wait() < 0 || a.Talk() < 0 {
			t.Fatalf("%+v", a)
		}
	})
}

// TestLate: exactly two seconds is in time.
func TestLate(t *testing.T) {
	t0 := time.Unix(1000, 0)
	for _, tt := range []struct {
		outcome Outcome
		wait    time.Duration
		want    bool
	}{
		{Connected, LateAfter, false}, {Connected, LateAfter + 1, true}, {Connected, 0, false},
		{Abandoned, 0, true}, {Dropped, 0, true}, {Machine, time.Hour, false}, {Busy, 0, false},
	} {
		a := Attempt{Outcome: tt.outcome, Claimed: t0, Answered: t0, Connected: t0.Add(tt.wait), Ended: t0.Add(time.Hour)}
		if a.Late() != tt.want {
			t.Errorf("%s after %s: late %v", tt.outcome, tt.wait, a.Late())
		}
	}
}

func TestOutcomeNames(t *testing.T) {
	for o := InFlight; o < NumOutcomes; o++ {
		var back Outcome
		b, _ := o.MarshalText()
		if err := back.UnmarshalText(b); err != nil || back != o {
			t.Errorf("%d: %s, %v", o, b, err)
		}
	}
	if _, ok := ParseOutcome("engaged"); ok {
		t.Error("engaged is an outcome")
	}
	if s := Outcome(200).String() + ContactState(200).String(); s != "outcome 200state 200" {
		t.Error(s)
	}
	if n := len(Outcomes()); n != NumOutcomes-1 {
		t.Error(n, "outcomes")
	}
}

// TestTimeBackwards: a clock that was set back neither panics nor makes a
// duration negative, and the core goes on when it has caught up.
func TestTimeBackwards(t *testing.T) {
	o := newOneCall(t)
	o.play(script("new", "dial", "ring", "answer", "response", "join", "offer", "connect"))
	o.now = o.now.Add(-time.Hour)
	before := o.core.Status().Time
	o.play(script("contact-ends"))
	o.check("backwards")
	if now := o.core.Status().Time; !now.Equal(before) {
		t.Errorf("the core's time went from %v to %v", before, now)
	}
	if a := o.finished[0].Attempt; a.Outcome != Connected || a.Ended.Before(a.Connected) {
		t.Errorf("%+v", a)
	}
}

// TestRecent: the last ids are remembered, those before them are not, and
// memory is bounded.
func TestRecent(t *testing.T) {
	var r recent
	n := len(r.ids)
	for i := range 3 * n {
		r.add(fmt.Sprint(i))
	}
	if r.has(fmt.Sprint(2*n-1)) || !r.has(fmt.Sprint(2*n)) || !r.has(fmt.Sprint(3*n-1)) || len(r.set) != n {
		t.Errorf("%d remembered", len(r.set))
	}
}

// TestBackoffIsBounded: 1, 2, 4 … 60 s, and failures of the same moment are one.
func TestBackoffIsBounded(t *testing.T) {
	var b backoff
	now := time.Unix(1000, 0)
	for _, want := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		b.fail(now)
		b.fail(now)
		if got := b.until.Sub(now); got != time.Duration(want)*time.Second {
			t.Fatalf("%s, want %d s", got, want)
		}
		now = b.until
	}
	for range 200 {
		b.fail(now)
		now = b.until
	}
}
