package report_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// evenings has answered calls of four days, the evening of the 24th being in
// Seoul the morning of the 25th: on the 24th 40 of which one waited, two
// gave up and two were kept by a dialplan that listened for machines, and before
// midnight in London 30 more of which one gave up.
func evenings(t *testing.T) *store.Bolt {
	t.Helper()
	s := openStore(t)
	load(t, s, "spring", "a", numbers(1, 300)...)
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	answered := func(from time.Time, connected, listened, late, abandoned, dropped, machines int) {
		n := 0
		some := func(count int, e ending) {
			e.cause, e.state, e.ring = 16, campaign.Done, 5*time.Second
			for range count {
				call(t, s, "spring", from.Add(time.Duration(n)*time.Second), e)
				n++
			}
		}
		some(connected-listened, ending{outcome: campaign.Connected, wait: 2 * time.Second, talk: time.Minute})
		some(listened, ending{outcome: campaign.Connected, wait: 5 * time.Second, listened: 3 * time.Second, talk: time.Minute})
		some(late, ending{outcome: campaign.Connected, wait: 2001 * time.Millisecond, talk: time.Minute})
		some(abandoned, ending{outcome: campaign.Abandoned, wait: time.Second})
		some(dropped, ending{outcome: campaign.Dropped, wait: time.Second})
		some(machines, ending{outcome: campaign.Machine, wait: time.Second})
		some(2, ending{outcome: campaign.Busy})
	}
	answered(at(23, 12), 60, 0, 0, 0, 0, 0)
	answered(at(24, 12), 37, 2, 1, 1, 1, 3)
	answered(at(24, 20), 29, 0, 0, 0, 1, 0) // in Seoul it is 5 in the morning of the 25th
	return s
}

func standing(r report.Row) (all []string) {
	for _, l := range r.Limits {
		all = append(all, fmt.Sprintf("%s %g/%g since %s, more %d", l.Regime, l.Num, l.Den, l.Since[:10], l.More))
	}
	return all
}

func TestLimits(t *testing.T) {
	s := evenings(t)
	seoul, london := time.FixedZone("KST", 9*3600), time.UTC
	night := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		zone *time.Location
		q    report.Query
		want []string
	}{
		{"the day of London", london, report.Query{Now: night}, []string{
			"ftc 4/130 since 2026-10-26, more -1", "ofcom 6/70 since 2026-11-24, more -4", "it 3/70 since 2026-11-24, more -1",
			"crtc 6/130 since 2026-11-01, more 0", "queue 3/70 since 2026-11-24, more -1"}},
		{"the day of Seoul", seoul, report.Query{Now: night}, []string{
			"ftc 4/130 since 2026-10-27, more -1", "ofcom 1/30 since 2026-11-25, more -1", "it 1/30 since 2026-11-25, more -1",
			"crtc 6/130 since 2026-11-01, more 0", "queue 1/30 since 2026-11-25, more -1"}},
		{"the next morning", london, report.Query{Now: night.Add(12 * time.Hour)}, []string{
			"ftc 4/130 since 2026-10-27, more -1", "ofcom 0/0 since 2026-11-25, more 0", "it 0/0 since 2026-11-25, more 0",
			"crtc 6/130 since 2026-11-01, more 0", "queue 0/0 since 2026-11-25, more 0"}},
		{"to midnight", london, report.Query{Now: night.Add(48 * time.Hour), From: night.Add(-time.Hour), To: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}, []string{
			"ftc 0/60 since 2026-10-25, more 1", "ofcom 0/60 since 2026-11-23, more 1", "it 0/60 since 2026-11-23, more 1",
			"crtc 0/60 since 2026-11-01, more 3", "queue 0/60 since 2026-11-23, more 1"}},
		{"to noon and ten seconds", london, report.Query{Now: night, To: time.Date(2026, 11, 24, 12, 0, 10, 0, time.UTC)}, []string{
			"ftc 0/70 since 2026-10-26, more 2", "ofcom 0/10 since 2026-11-24, more 0", "it 0/10 since 2026-11-24, more 0",
			"crtc 0/70 since 2026-11-01, more 3", "queue 0/10 since 2026-11-24, more 0"}},
	} {
		c.q.Campaign, c.q.Configured = "spring", map[string]report.Campaign{"spring": {Zone: c.zone}}
		if got := standing(build(t, s, c.q)[0]); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, q := range []report.Query{{Campaign: "spring"}, {Campaign: "spring", By: "hour", Now: night}} {
		if got := build(t, s, q)[0].Limits; got != nil {
			t.Errorf("%+v: %+v", q, got)
		}
	}
}

// A regime with a patience of its own is counted call by call, with the same
// result as ever for the others.
func TestLimitsOfAnotherPatience(t *testing.T) {
	known := pacing.Regimes
	defer func() { pacing.Regimes = known }()
	slow := pacing.Regime{Name: "slow", Limit: 0.05, Window: 30, Patience: 3 * time.Second, Late: true}
	pacing.Regimes = append([]pacing.Regime{slow}, known...)
	q := report.Query{Campaign: "spring", Now: time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC), Configured: map[string]report.Campaign{"spring": {Zone: time.UTC}}}
	got := standing(build(t, evenings(t), q)[0])
	// The one who waited for 2001 ms is none of its.
	if want := []string{"slow 5/130 since 2026-10-26, more 1", "ftc 4/130 since 2026-10-26, more -1"}; !slices.Equal(got[:2], want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The sums count as each rule would have it, call by call.
func TestSumsCountAsCallsDo(t *testing.T) {
	known := pacing.Regimes
	defer func() { pacing.Regimes = known }()
	pacing.Regimes = nil
	for n := range 16 {
		r := pacing.Regime{Name: fmt.Sprint(n), Limit: 0.03, Window: 30, Patience: 2 * time.Second}
		r.Late, r.FromGreeting, r.Machines = n&1 > 0, n&2 > 0, n&4 > 0
		if n&8 > 0 {
			r.FalseMachines = 0.25
		}
		pacing.Regimes = append(pacing.Regimes, r)
	}
	s, night := evenings(t), time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	sums := standing(build(t, s, report.Query{Campaign: "spring", Now: night})[0])
	calls := standing(build(t, s, report.Query{Campaign: "spring", Now: night, To: night})[0])
	if !slices.Equal(sums, calls) {
		t.Errorf("sums:  %q\ncalls: %q", sums, calls)
	}
}

// Who adds a rule to regimes looks whether the sums serve it: see summed and
// countOf.
func TestRulesOfRegimesAreKnown(t *testing.T) {
	var rules []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[pacing.Regime]()) {
		rules = append(rules, f.Name)
	}
	if known := []string{"Name", "Limit", "Window", "Patience", "FromGreeting", "Late", "Machines", "FalseMachines", "MinRing", "LockOut", "CertainAfter", "Guaranteed"}; !slices.Equal(rules, known) {
		t.Errorf("a regime has the rules %v, reports know %v", rules, known)
	}
}
