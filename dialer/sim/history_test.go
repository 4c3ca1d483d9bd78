package sim

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// past is a history of two hours: a quarter of the first's calls are answered by
// people after about 8 s, half of the second's.
func past(calls int) *History {
	rnd := newRand(1)
	var h History
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range calls {
		c := Call{At: day.AddDate(0, 0, i%5).Add(time.Duration(i%120) * time.Minute), Outcome: campaign.NoAnswer, Ring: 30 * time.Second}
		human := 0.25
		if c.At.Hour() == 10 {
			human = 0.5
		}
		switch u := rnd.Float64(); {
		case u < human:
			c.Outcome, c.Agent = campaign.Connected, fmt.Sprint("SIP/", rnd.IntN(3))
			c.Ring = time.Duration((1 + 2*rnd.Float64() + 6*math.Exp(0.3*rnd.NormFloat64())) * 1e9)
			c.Talk = time.Duration(100 * rnd.ExpFloat64() * 1e9)
		case u < human+0.1:
			c.Outcome, c.Ring = campaign.Busy, 2*time.Second
		case u < human+0.2:
			c.Outcome = campaign.Congestion // tells nothing
		}
		h.Add(c)
	}
	return &h
}

func TestHistory(t *testing.T) {
	h := past(20_000)
	s, err := h.Scenario()
	if err != nil {
		t.Fatal(err)
	}
	if h.Days() != 5 || s.Agents != 3 || s.Hours != 2 || s.RingTimeout != 30 {
		t.Errorf("%d days, %+v", h.Days(), s)
	}
	about := func(what string, got, want, off float64) {
		if math.Abs(got-want) > off {
			t.Errorf("%s: %.3f, want %.3f", what, got, want)
		}
	}
	about("people in the first hour", s.Answer.Human.at(0), 0.25/0.9, 0.02)
	about("and in the second", s.Answer.Human.at(1), 0.5/0.9, 0.02)
	about("busy", s.Answer.Busy.at(0), 0.1/0.9, 0.02)
	about("mean ring time after the set-up", float64(s.Ring.Human.Mean), 6*math.Exp(0.3*0.3/2), 0.1)
	about("its variation", s.Ring.Human.CV, 0.3, 0.03)
	about("talk", float64(s.Talk.Mean), 100, 5)
	about("its variation", s.Talk.CV, 1, 0.05)
	s.Seeds = 1
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := RunAll(context.Background(), s)
	if err != nil || r.Abandon.Den == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestHistoryTooShort(t *testing.T) {
	if _, err := past(100).Scenario(); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Error(err)
	}
	var h History
	if _, err := h.Scenario(); err == nil {
		t.Error("nothing tells how to simulate")
	}
}
