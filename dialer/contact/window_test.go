package contact

import (
	"fmt"
	"strings"
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
// Sunday first. Of others it reads names with commas between.
var daysRead = map[string][7]bool{
	"mon-fri": {false, true, true, true, true, true, false},
	"sun-sat": {true, true, true, true, true, true, true},
	"fri-mon": {0: true, 1: true, 5: true, 6: true},
}

// oracle is Windows.Open over again in the plainest terms: the minute the clock
// shows and the date the calendar does.
type oracle struct {
	rules    []ruleRead
	holidays map[string]bool
}

type ruleRead struct {
	days     [7]bool
	from, to int
}

func (p plan) oracle() oracle {
	o := oracle{holidays: map[string]bool{}}
	minutes := func(clock string) int {
		var h, m int
		if _, err := fmt.Sscanf(clock, "%d:%d", &h, &m); err != nil {
			panic(err)
		}
		return 60*h + m
	}
	for _, r := range p.rules {
		days, ok := daysRead[r.days]
		if !ok {
			for d := range days {
				name := strings.ToLower(time.Weekday(d).String()[:3])
				days[d] = strings.Contains(r.days, name)
				ok = ok || days[d]
			}
		}
		if !ok || strings.Contains(r.days, "-") && daysRead[r.days] != days {
			panic("days not among those read: " + r.days)
		}
		o.rules = append(o.rules, ruleRead{days, minutes(r.from), minutes(r.to)})
	}
	for _, h := range p.holidays {
		o.holidays[h] = true
	}
	return o
}

func (o oracle) holiday(t time.Time) bool {
	return len(o.holidays) > 0 && o.holidays[t.Format(time.DateOnly)]
}

func (o oracle) open(t time.Time) bool {
	if len(o.rules) == 0 {
		return !o.holiday(t)
	}
	h, m, _ := t.Clock()
	clock := 60*h + m
	for _, r := range o.rules {
		overnight := r.to < r.from
		if clock >= r.from && (clock < r.to || overnight) && r.days[t.Weekday()] && !o.holiday(t) {
			return true
		}
		if overnight && clock < r.to {
			y, m, d := t.Date()
			eve := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
			if r.days[eve.Weekday()] && !o.holiday(eve) {
				return true
			}
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
