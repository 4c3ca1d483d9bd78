package pacing

import (
	"math"
	"testing"
	"time"
)

func TestWindows(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day int, loc *time.Location) time.Time {
		return time.Date(2026, month, day, 0, 0, 0, 0, loc)
	}
	now := time.Date(2026, 3, 31, 23, 59, 0, 0, seoul)
	for _, c := range []struct {
		window Window
		now    time.Time
		want   time.Time
	}{
		{1, now, at(3, 31, seoul)},
		{2, now, at(3, 30, seoul)},
		{31, now, at(3, 1, seoul)},
		{CalendarMonth, now, at(3, 1, seoul)},
		{CalendarMonth, now.Add(time.Minute), at(4, 1, seoul)},
		{CalendarMonth, now.UTC(), at(3, 1, time.UTC)},
		{30, at(3, 1, time.UTC), at(1, 31, time.UTC)},
	} {
		if got := (Regime{Window: c.window}).Since(c.now); !got.Equal(c.want) {
			t.Errorf("window %d at %v begins at %v, want %v", c.window, c.now, got, c.want)
		}
	}
	if crtc, _ := FindRegime("crtc"); crtc.Window != CalendarMonth {
		t.Errorf("crtc counts %d days", crtc.Window)
	}
}

// TestFalseMachines: of a hundred machines two were people, who were hung up on.
func TestFalseMachines(t *testing.T) {
	for _, machines := range []bool{false, true} {
		r := Regime{FalseMachines: 0.02, Machines: machines}
		var c Count
		for range 100 {
			r.Add(&c, Answer{Machine: true})
		}
		want := Count{Answers: 2, Abandoned: 2}
		if machines {
			want.Answers = 100
		}
		if math.Abs(c.Answers-want.Answers) > 1e-9 || math.Abs(c.Abandoned-want.Abandoned) > 1e-9 {
			t.Errorf("machines count %v: %+v, want %+v", machines, c, want)
		}
	}
}

// TestMistakes: who was taken for the other is counted as if it had never been.
func TestMistakes(t *testing.T) {
	for _, r := range append([]Regime{{FalseMachines: 0.1, Machines: true}}, Regimes...) {
		right, wrong := NewState(30), NewState(30)
		for range 5 {
			right.CallEnded(false, 10, 0)
			right.MachineAnswered(r)
			wrong.CallEnded(true, 10, 0)
			wrong.Abandoned()
			wrong.TakenForPerson(r, true)
		}
		for range 5 {
			right.CallEnded(true, 10, 0)
			wrong.CallEnded(false, 10, 0)
			wrong.MachineAnswered(r)
			wrong.TakenForMachine(r)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if a, b := right.Day.Count, wrong.Day.Count; !near(a.Answers, b.Answers) || !near(a.Abandoned, b.Abandoned) {
			t.Errorf("%s: %+v is counted, want %+v", r.Name, b, a)
		}
		if right.Reached != wrong.Reached || right.Ended != wrong.Ended || !near(right.Realised, wrong.Realised) || !near(right.Rate.base(), wrong.Rate.base()) {
			t.Errorf("%s: %d of %d reached and a rate of %v, want %d of %d and %v", r.Name,
				wrong.Reached, wrong.Ended, wrong.Rate.base(), right.Reached, right.Ended, right.Rate.base())
		}
	}
	// What has faded cannot be taken back to the full, but no chance gets absurd.
	faded := NewState(30)
	for range 50 {
		faded.CallEnded(true, 10, 0)
	}
	faded.passed(36_000, 0, 0)
	for range 50 {
		faded.TakenForPerson(Regime{}, false)
	}
	if p := faded.Rate.Value(); p <= 0 || p > 0.99 || math.IsNaN(p) {
		t.Errorf("a rate of %v", p)
	}
}
