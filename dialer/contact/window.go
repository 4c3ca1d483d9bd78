package contact

import (
	"fmt"
	"slices"
	"time"
)

// MaxAhead is how far Next and Closes look before they answer "never". It is
// more than a year, so that a window on one weekday is found behind any run of
// holidays people really configure.
const MaxAhead = 400 * 24 * time.Hour

// Windows says when calls may be placed: weekly windows, less the holidays.
// The zero value is always open. With holidays but no windows it is open on
// every other day.
//
// Windows are read off the wall clock of the zone asked for. An hour the clock
// skips in spring is not there to call in, an hour it repeats in autumn is
// called in twice. A window that passes midnight belongs, with all its hours,
// to the day it starts on: the one that starts on Christmas Eve ends on
// Christmas morning even if the 25th is a holiday, and none starts on the 25th.
//
// Add, AddHoliday and AddCalendar must be done before Windows is shared; the other methods
// only read.
type Windows struct {
	days     [7][]span
	weekly   bool  // at least one window was added
	edges    []int // ascending seconds of a day at which a window can open or close; 0 is always one
	holidays map[int64]struct{}
}

// span is seconds since midnight, [from, to). It passes midnight if to <= from.
type span struct{ from, to int }

const daySeconds = 24 * 60 * 60

// Add adds the window from..to on each of days, in the notation of ParseDays
// and ParseClock: Add("mon-fri", "09:00", "18:00"). The end is exclusive and
// may be "24:00"; an end before the start is on the next day.
func (w *Windows) Add(days, from, to string) error {
	set, err := ParseDays(days)
	if err != nil {
		return fmt.Errorf("days: %w", err)
	}
	f, err := ParseClock(from)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	t, err := ParseClock(to)
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if f == 24*60 {
		return fmt.Errorf("from: a window cannot start at 24:00, the next day's 00:00 is meant")
	}
	if f == t {
		return fmt.Errorf("from and to are both %s: the whole day is 00:00 to 24:00", from)
	}
	sp := span{f * 60, t * 60}
	for d, in := range set {
		if in {
			w.days[d] = append(w.days[d], sp)
		}
	}
	w.weekly = true
	for _, e := range []int{0, sp.from, sp.to % daySeconds} {
		if i, found := slices.BinarySearch(w.edges, e); !found {
			w.edges = slices.Insert(w.edges, i, e)
		}
	}
	return nil
}

// Open reports whether calls may be placed at t in loc.
func (w *Windows) Open(t time.Time, loc *time.Location) bool {
	_, offset := t.In(loc).Zone()
	return w.openAt(wall(t.Unix(), offset))
}

// Next is the first instant at or after t at which calls may be placed; false
// if there is none within MaxAhead.
func (w *Windows) Next(t time.Time, loc *time.Location) (time.Time, bool) {
	return w.change(t, loc, true)
}

// Closes is the first instant at or after t at which calls may not be placed;
// false if there is none within MaxAhead.
func (w *Windows) Closes(t time.Time, loc *time.Location) (time.Time, bool) {
	return w.change(t, loc, false)
}

// wall is the day (since 1970-01-01, by the calendar of the place) and the
// second of that day which clocks show at a Unix time.
func wall(unix int64, offset int) (day int64, sec int) {
	s := unix + int64(offset)
	day = s / daySeconds
	if s%daySeconds < 0 {
		day--
	}
	return day, int(s - day*daySeconds)
}

func (w *Windows) openAt(day int64, sec int) bool {
	if !w.weekly {
		return !w.holiday(day)
	}
	if !w.holiday(day) {
		for _, s := range w.days[weekday(day)] {
			if sec >= s.from && (sec < s.to || s.to <= s.from) {
				return true
			}
		}
	}
	if !w.holiday(day - 1) {
		for _, s := range w.days[weekday(day-1)] {
			if s.to <= s.from && sec < s.to {
				return true
			}
		}
	}
	return false
}

func (w *Windows) holiday(day int64) bool {
	_, ok := w.holidays[day]
	return ok
}

func weekday(day int64) time.Weekday {
	const thursday = 4 // 1970-01-01
	return time.Weekday(((day+thursday)%7 + 7) % 7)
}

// change walks from t over every instant at which the answer can change.
// While the zone's offset stands these are the edges of each day; where it
// changes, the clock jumps, so that instant is one too and the walk resumes
// with the new offset. No wall-clock time is ever turned into an instant, which
// is what goes wrong on the days clocks change.
func (w *Windows) change(t time.Time, loc *time.Location, want bool) (time.Time, bool) {
	if w.Open(t, loc) == want {
		return t.In(loc), true
	}
	limit := t.Add(MaxAhead).Unix()
	cur := t.Unix()
	for {
		at := time.Unix(cur, 0).In(loc)
		_, offset := at.Zone()
		_, until := at.ZoneBounds()

		_, sec := wall(cur, offset)
		next := cur - int64(sec) + daySeconds
		for _, e := range w.edges {
			if e > sec {
				next = cur + int64(e-sec)
				break
			}
		}
		if !until.IsZero() && until.Unix() <= next {
			next = until.Unix()
			_, offset = until.In(loc).Zone()
		}
		if next > limit {
			return time.Time{}, false
		}
		cur = next
		day, sec := wall(cur, offset)
		if w.openAt(day, sec) == want {
			return time.Unix(cur, 0).In(loc), true
		}
	}
}
