package contact

import (
	"fmt"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// rule is one window, kept beside Windows for the oracle.
type rule struct{ days, from, to string }

type plan struct {
	rules    []rule
	holidays []string
}

func (p plan) windows(t testing.TB) *Windows {
	t.Helper()
	w := &Windows{}
	for _, r := range p.rules {
		if err := w.Add(r.days, r.from, r.to); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range p.holidays {
		if err := w.AddHoliday(h); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// daysRead is what the oracle takes the days of the rules below to mean,
// Sunday first.
var daysRead = map[string][7]bool{
	"mon-fri": {false, true, true, true, true, true, false},
	"sun-sat": {true, true, true, true, true, true, true},
	"sat,sun": {0: true, 6: true},
	"sun":     {0: true},
	"fri-mon": {0: true, 1: true, 5: true, 6: true},
}

// open is Windows.Open over again in the plainest terms: strings off the wall
// clock and the calendar.
func (p plan) open(t time.Time) bool {
	clock := t.Format("15:04")
	today := t.Format(time.DateOnly)
	y, m, d := t.Date()
	eve := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
	holiday := func(date string) bool {
		for _, h := range p.holidays {
			if h == date {
				return true
			}
		}
		return false
	}
	if len(p.rules) == 0 {
		return !holiday(today)
	}
	for _, r := range p.rules {
		days, ok := daysRead[r.days]
		if !ok {
			panic("days not among those read: " + r.days)
		}
		overnight := r.to < r.from
		if days[t.Weekday()] && !holiday(today) && clock >= r.from && (clock < r.to || overnight) {
			return true
		}
		if overnight && days[eve.Weekday()] && !holiday(eve.Format(time.DateOnly)) && clock < r.to {
			return true
		}
	}
	return false
}

func at(t testing.TB, loc *time.Location, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOpen(t *testing.T) {
	office := plan{rules: []rule{{"mon-fri", "09:00", "18:00"}, {"sat", "10:00", "12:00"}}, holidays: []string{"2026-12-25"}}
	night := plan{rules: []rule{{"thu,fri", "22:00", "02:00"}}, holidays: []string{"2026-12-25"}}
	for _, c := range []struct {
		name string
		plan plan
		at   string
		want bool
	}{
		{"before", office, "2026-12-24 08:59:59", false},
		{"start", office, "2026-12-24 09:00:00", true},
		{"last second", office, "2026-12-24 17:59:59", true},
		{"end is exclusive", office, "2026-12-24 18:00:00", false},
		{"holiday", office, "2026-12-25 10:00:00", false},
		{"saturday", office, "2026-12-26 10:00:00", true},
		{"sunday", office, "2026-12-27 10:00:00", false},
		{"night start", night, "2026-12-24 22:00:00", true},
		{"night after midnight, into the holiday", night, "2026-12-25 01:59:59", true},
		{"night end", night, "2026-12-25 02:00:00", false},
		{"no night starts on the holiday", night, "2026-12-25 22:00:00", false},
		{"nor goes on after it", night, "2026-12-26 01:00:00", false},
		{"next week's does", night, "2027-01-02 01:00:00", true},
		{"zero value", plan{}, "2026-12-25 03:00:00", true},
		{"holidays only, holiday", plan{holidays: []string{"2026-12-25"}}, "2026-12-25 23:59:59", false},
		{"holidays only, day after", plan{holidays: []string{"2026-12-25"}}, "2026-12-26 00:00:00", true},
		{"whole day", plan{rules: []rule{{"fri", "00:00", "24:00"}}}, "2026-12-25 23:59:59", true},
		{"whole day is over", plan{rules: []rule{{"fri", "00:00", "24:00"}}}, "2026-12-26 00:00:00", false},
	} {
		loc := zone(t, "Asia/Seoul")
		if got := c.plan.windows(t).Open(at(t, loc, c.at), loc); got != c.want {
			t.Errorf("%s: open at %s is %v", c.name, c.at, got)
		}
	}
}

func TestOpenInAnotherZone(t *testing.T) {
	w := plan{rules: []rule{{"mon-fri", "09:00", "18:00"}}}.windows(t)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]bool{"UTC": true, "Asia/Seoul": false, "America/New_York": false, "Europe/Berlin": true} {
		if got := w.Open(noon, zone(t, name)); got != want {
			t.Errorf("noon UTC in %s: open %v", name, got)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	for _, r := range []rule{{"mon", "09:00", "09:00"}, {"mon", "24:00", "09:00"}, {"mon", "9", "10:00"}, {"mon", "09:00", "x"}, {"x", "09:00", "10:00"}} {
		var w Windows
		if err := w.Add(r.days, r.from, r.to); err == nil {
			t.Errorf("Add(%v) is accepted", r)
		}
		if !w.Open(time.Unix(0, 0), time.UTC) {
			t.Errorf("Add(%v) failed and left something behind", r)
		}
	}
	for _, d := range []string{"", "2026-02-30", "25.12.2026", "2026-12-25T00:00:00Z"} {
		var w Windows
		if err := w.AddHoliday(d); err == nil {
			t.Errorf("AddHoliday(%q) is accepted", d)
		}
	}
}

func TestNextAndCloses(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	office := plan{rules: []rule{{"mon-fri", "09:00", "18:00"}}, holidays: []string{"2026-12-25"}}
	for _, c := range []struct {
		name, from, next, closes string
		plan                     plan
	}{
		{"open now", "2026-12-24 12:00:00", "2026-12-24 12:00:00", "2026-12-24 18:00:00", office},
		{"over holiday and weekend", "2026-12-24 18:00:00", "2026-12-28 09:00:00", "2026-12-24 18:00:00", office},
		{"skipped hour", "2026-03-29 00:00:00", "2026-03-29 03:00:00", "2026-03-29 00:00:00", plan{rules: []rule{{"sun", "02:30", "04:00"}}}},
		{"touching windows do not close", "2026-12-24 10:00:00", "2026-12-24 10:00:00", "2026-12-24 12:00:00", plan{rules: []rule{{"thu", "09:00", "11:00"}, {"thu", "11:00", "12:00"}}}},
		{"over midnight", "2026-12-24 23:00:00", "2026-12-24 23:00:00", "2026-12-25 02:00:00", plan{rules: []rule{{"thu", "22:00", "02:00"}}}},
		{"days in a row", "2026-12-24 23:00:00", "2026-12-24 23:00:00", "2026-12-26 00:00:00", plan{rules: []rule{{"thu-fri", "00:00", "24:00"}}}},
	} {
		w := c.plan.windows(t)
		from := at(t, loc, c.from)
		if got, ok := w.Next(from, loc); !ok || !got.Equal(at(t, loc, c.next)) {
			t.Errorf("%s: next open at %v, %v; want %s", c.name, got, ok, c.next)
		}
		if got, ok := w.Closes(from, loc); !ok || !got.Equal(at(t, loc, c.closes)) {
			t.Errorf("%s: closes at %v, %v; want %s", c.name, got, ok, c.closes)
		}
	}
}

func TestNever(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var always Windows
	if got, ok := always.Closes(from, time.UTC); ok {
		t.Errorf("always open closes at %v", got)
	}
	week := plan{rules: []rule{{"sun-sat", "00:00", "24:00"}}}.windows(t)
	if got, ok := week.Closes(from, time.UTC); ok {
		t.Errorf("a week of whole days closes at %v", got)
	}

	var last, beyond Windows
	for d := range 400 {
		beyond.mustHoliday(t, from.AddDate(0, 0, d))
		if d < 399 {
			last.mustHoliday(t, from.AddDate(0, 0, d))
		}
	}
	beyond.mustHoliday(t, from.AddDate(0, 0, 400))
	if got, ok := last.Next(from, time.UTC); !ok || !got.Equal(from.AddDate(0, 0, 399)) {
		t.Errorf("399 holidays: next is %v, %v", got, ok)
	}
	if got, ok := beyond.Next(from, time.UTC); ok {
		t.Errorf("401 holidays: next is %v", got)
	}
}

func (w *Windows) mustHoliday(t *testing.T, d time.Time) {
	t.Helper()
	if err := w.AddHoliday(d.Format(time.DateOnly)); err != nil {
		t.Fatal(err)
	}
}

// TestWindowsOverTransitions compares Open, Next and Closes, minute by minute
// around every clock change of ten years (two with -short), with the oracle. Among the zones are
// changes at midnight (a day that starts at 01:00, a date that comes twice), of
// half an hour, and a calendar day that never was.
func TestWindowsOverTransitions(t *testing.T) {
	plans := []plan{
		{rules: []rule{{"mon-fri", "09:00", "18:00"}}},
		{rules: []rule{{"sun-sat", "01:30", "02:30"}}},
		{rules: []rule{{"sat,sun", "22:00", "02:15"}, {"sun", "23:30", "24:00"}}},
		{rules: []rule{{"sun", "00:00", "00:30"}, {"fri-mon", "23:00", "00:10"}}, holidays: []string{"2022-03-27"}},
		{holidays: []string{"2018-10-28", "2020-04-05", "2011-12-29", "2024-04-26"}},
	}
	zones := []struct {
		name string
		from int
	}{
		{"Europe/Berlin", 2017}, {"America/New_York", 2017}, {"Australia/Lord_Howe", 2017}, {"America/Santiago", 2017},
		{"Africa/Cairo", 2017}, {"Asia/Beirut", 2017}, {"Africa/Casablanca", 2017}, {"America/Havana", 2017},
		{"America/Sao_Paulo", 2010}, {"Pacific/Apia", 2008}, {"Asia/Seoul", 2017},
	}
	const before, after = 30 * 60, 54 * 60 // minutes around a transition
	years := 10
	if testing.Short() {
		years = 2
	}
	for _, z := range zones {
		loc := zone(t, z.name)
		t.Run(z.name, func(t *testing.T) {
			t.Parallel()
			end := time.Date(z.from+years, 1, 1, 0, 0, 0, 0, time.UTC)
			changes := 0
			for cur := time.Date(z.from, 1, 1, 0, 0, 0, 0, time.UTC); ; {
				_, bound := cur.In(loc).ZoneBounds()
				if bound.IsZero() || bound.After(end) {
					break
				}
				cur = bound
				changes++
				for i, p := range plans {
					compare(t, fmt.Sprintf("plan %d at %v", i, bound), p, p.windows(t), loc, bound.Add(-before*time.Minute), before+after)
				}
			}
			if changes == 0 { // Seoul, and with -short others: an ordinary stretch
				for i, p := range plans {
					compare(t, fmt.Sprintf("plan %d", i), p, p.windows(t), loc, end, 9*24*60)
				}
			}
		})
	}
}

// compare checks w against the oracle at every minute of the stretch, and Next
// and Closes from every 37th, half of these off the whole minute.
func compare(t *testing.T, name string, p plan, w *Windows, loc *time.Location, start time.Time, minutes int) {
	t.Helper()
	open := make([]bool, minutes)
	for i := range open {
		m := start.Add(time.Duration(i) * time.Minute).In(loc)
		open[i] = p.open(m)
		if got := w.Open(m, loc); got != open[i] {
			t.Fatalf("%s: open at %v is %v", name, m, got)
		}
	}
	check := func(from time.Time, i int, want bool, change func(time.Time, *time.Location) (time.Time, bool)) {
		j := i
		for j < minutes && open[j] != want {
			j++
		}
		got, ok := change(from, loc)
		switch {
		case j == i && (!ok || !got.Equal(from)):
			t.Fatalf("%s: from %v, already %v: %v, %v", name, from, want, got, ok)
		case j > i && j < minutes && (!ok || !got.Equal(start.Add(time.Duration(j)*time.Minute))):
			t.Fatalf("%s: from %v: %v, %v; want %v", name, from.In(loc), got, ok, start.Add(time.Duration(j)*time.Minute).In(loc))
		case j == minutes && ok && got.Before(start.Add(time.Duration(minutes)*time.Minute)):
			t.Fatalf("%s: from %v: %v is within the stretch", name, from, got)
		case ok && w.Open(got, loc) != want:
			t.Fatalf("%s: from %v: %v is not %v", name, from, got, want)
		}
	}
	var lastNext time.Time
	for i := 0; i < minutes; i += 37 {
		from := start.Add(time.Duration(i) * time.Minute)
		if i%2 == 1 {
			from = from.Add(17*time.Second + 123)
		}
		check(from, i, true, w.Next)
		check(from, i, false, w.Closes)
		if next, ok := w.Next(from, loc); ok {
			if next.Before(lastNext) {
				t.Fatalf("%s: Next goes back from %v to %v", name, lastNext, next)
			}
			lastNext = next
		}
	}
}

func BenchmarkNextOverAYear(b *testing.B) {
	var w Windows
	if err := w.Add("mon-fri", "09:00", "18:00"); err != nil {
		b.Fatal(err)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := range 399 {
		if err := w.AddHoliday(from.AddDate(0, 0, d).Format(time.DateOnly)); err != nil {
			b.Fatal(err)
		}
	}
	loc := zone(b, "Europe/Berlin")
	for b.Loop() {
		w.Next(from, loc)
	}
}
