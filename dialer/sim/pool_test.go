package sim

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// take claims contacts of a pool and returns their ids.
func take(p *pool, at time.Duration, t campaign.Take) (ids []uint64) {
	for _, c := range p.claim(begin.Add(at), &t).Claims {
		ids = append(ids, c.Contact.ID)
	}
	return ids
}

// back gives a contact back that is due at a time.
func back(p *pool, id uint64, last campaign.Outcome, due time.Duration) {
	p.put(&campaign.Contact{ID: id, Numbers: numbers, State: campaign.Waiting, Last: last, Attempts: 1, Due: begin.Add(due)})
}

// TestPoolTakes is the order of campaign.Take: the sure ones, the long shots, the
// longest due, and these every so often whatever is asked for.
func TestPoolTakes(t *testing.T) {
	s := Default()
	s.Contacts = 1000
	p := newPool(&s)
	busy := campaign.ClassOf(&campaign.Contact{Attempts: 1, Last: campaign.Busy})
	var chances [campaign.NumClasses]float64
	chances[busy] = 2
	back(&p, 2001, campaign.Busy, time.Minute)
	back(&p, 2002, campaign.Busy, time.Hour)
	for _, step := range []struct {
		at   time.Duration
		take campaign.Take
		want []uint64
	}{
		{0, campaign.Take{Max: 2, Sure: 1, Chances: chances}, []uint64{1, 2}}, // nobody else is due yet
		{time.Minute, campaign.Take{Max: 3, Sure: 2, Long: 1, Chances: chances}, []uint64{2001, 3, 4}},
		{time.Hour, campaign.Take{Max: 1, Long: 1, Chances: chances}, []uint64{5}},
		{time.Hour, campaign.Take{Max: 1, Sure: 1, Chances: chances}, []uint64{2002}},
		{time.Hour, campaign.Take{Max: 1}, []uint64{6}},
	} {
		got := take(&p, step.at, step.take)
		if len(got) != len(step.want) {
			t.Fatalf("%+v at %v: took %v, want %v", step.take, step.at, got, step.want)
		}
		for i := range got {
			if got[i] != step.want[i] {
				t.Errorf("%+v at %v: took %v, want %v", step.take, step.at, got, step.want)
			}
		}
	}
}

// TestPoolTellsOfTheRest: what a claim tells of those that it did not take.
func TestPoolTellsOfTheRest(t *testing.T) {
	s := Default()
	s.Contacts = 2
	p := newPool(&s)
	back(&p, 2001, campaign.NoAnswer, time.Hour)
	taken := p.claim(begin, &campaign.Take{Max: 2})
	if len(taken.Claims) != 2 || !taken.Next.Equal(begin.Add(time.Hour)) || len(taken.Lanes) != 1 {
		t.Errorf("%+v", taken)
	}
	if got := take(&p, 2*time.Hour, campaign.Take{Max: 9}); len(got) != 1 || got[0] != 2001 {
		t.Errorf("took %v", got)
	}
	if taken := p.claim(begin.Add(2*time.Hour), &campaign.Take{Max: 9}); len(taken.Claims) != 0 || !taken.Next.IsZero() {
		t.Errorf("%+v", taken)
	}
}

// TestPoolNobodyWaitsForEver: whoever is due is taken within a bound, whatever the
// chance.
func TestPoolNobodyWaitsForEver(t *testing.T) {
	s := Default()
	p := newPool(&s)
	back(&p, 1<<40, campaign.Busy, 0)
	busy := campaign.ClassOf(&campaign.Contact{Attempts: 1, Last: campaign.Busy})
	for i := range (choice + 2) * campaign.LongestEach {
		ask := campaign.Take{Max: 1, Sure: 1}
		ask.Chances[busy] = 0.1
		if got := take(&p, time.Duration(i)*time.Second, ask); len(got) == 1 && got[0] == 1<<40 {
			return
		}
	}
	t.Error("somebody was never taken")
}
