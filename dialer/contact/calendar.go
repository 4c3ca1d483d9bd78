package contact

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// The limits of an iCalendar file.
const (
	MaxCalendar = 4 << 20 // bytes
	MaxEvents   = 10_000  // repeated ones count once
	MaxRepeated = 1000    // of them
	MaxHolidays = 100_000 // days that they fall on, one by one
)

// The years that the days of a calendar are within; what repeats for ever ends
// with the last.
const firstYear, lastYear = 1900, 2099

// maxRule is in bytes; maxInterval in whatever the rule counts.
const maxRule, maxInterval = 1024, 1000

// AddCalendar closes every day that an event of an iCalendar file (RFC 5545)
// touches, be it for an hour: DTSTART with DTEND, exclusive, or DURATION, RRULE
// by years, months, weeks or days, RDATE, EXDATE, and events that were moved or
// cancelled. A time in UTC is that of home, any other what the calendar's own
// clock shows.
//
// The error names the line, counted from 1, and leaves w as it was.
func (w *Windows) AddCalendar(r io.Reader, home *time.Location) error {
	data, err := io.ReadAll(io.LimitReader(r, MaxCalendar+1))
	if err != nil {
		return err
	}
	if len(data) > MaxCalendar {
		return fmt.Errorf("longer than %d bytes", MaxCalendar)
	}
	events, err := readEvents(string(data), home)
	if err != nil {
		return err
	}
	moved := map[string]map[int64]struct{}{}
	for _, e := range events {
		for _, d := range e.replaces {
			if moved[e.uid] == nil {
				moved[e.uid] = map[int64]struct{}{}
			}
			moved[e.uid][d] = struct{}{}
		}
	}
	days := map[int64]struct{}{}
	touched, repeated := 0, 0
	for _, e := range events {
		if len(e.replaces) == 0 {
			maps.Copy(e.except, moved[e.uid])
		}
		if e.rule != nil {
			if repeated++; repeated > MaxRepeated {
				return fmt.Errorf("line %d: more than %d events that repeat", e.line, MaxRepeated)
			}
		}
		for d, err := range e.days() {
			if err != nil {
				return err
			}
			if touched++; touched > MaxHolidays {
				return fmt.Errorf("line %d: more than %d days with those of this event", e.line, MaxHolidays)
			}
			days[d] = struct{}{}
		}
	}
	if w.holidays == nil {
		w.holidays = map[int64]struct{}{}
	}
	maps.Copy(w.holidays, days)
	return nil
}

// event is a VEVENT. Its times are what the clock shows, written as if in UTC,
// its days those since 1970-01-01.
type event struct {
	line       int // where it begins
	uid        string
	home       *time.Location
	start, end time.Time // end is exclusive
	lasts      time.Duration
	rule       *rrule.ROption
	ruleLine   int
	extra      []time.Time
	except     map[int64]struct{}
	replaces   []int64 // the one day of an event of the same uid that this one stands for
	cancelled  bool
}

func readEvents(text string, home *time.Location) ([]*event, error) {
	var events []*event
	var within []string // components, outermost first
	var e *event
	line := 0
	for n, content := range contentLines(text) {
		line = n
		name, params, value, ok := cutProperty(content)
		if !ok {
			return nil, fmt.Errorf("line %d: not a property, such as DTSTART:20261225", n)
		}
		if len(within) == 0 && (name != "BEGIN" || !strings.EqualFold(value, "VCALENDAR")) {
			return nil, fmt.Errorf("line %d: not an iCalendar file, it would begin with BEGIN:VCALENDAR", n)
		}
		switch name {
		case "BEGIN":
			if within = append(within, strings.ToUpper(value)); within[len(within)-1] == "VEVENT" {
				e = &event{line: n, home: home, except: map[int64]struct{}{}}
			}
			continue
		case "END":
			last := within[len(within)-1]
			if !strings.EqualFold(value, last) {
				return nil, fmt.Errorf("line %d: END:%.20q within %.20q", n, value, last)
			}
			if within = within[:len(within)-1]; last != "VEVENT" {
				continue
			}
			if e.start.IsZero() {
				return nil, fmt.Errorf("line %d: an event without DTSTART", e.line)
			}
			if len(events) == MaxEvents {
				return nil, fmt.Errorf("line %d: more than %d events", e.line, MaxEvents)
			}
			events = append(events, e)
			continue
		}
		if within[len(within)-1] == "VEVENT" {
			if err := e.set(n, name, params, value); err != nil {
				return nil, fmt.Errorf("line %d: %s: %w", n, name, err)
			}
		}
	}
	switch {
	case line == 0:
		return nil, errors.New("empty")
	case len(within) > 0:
		return nil, fmt.Errorf("line %d: the file ends within %.20q", line, within[len(within)-1])
	}
	return events, nil
}

// contentLines yields the lines as they were before they were folded, with the
// number of the first.
func contentLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		var whole strings.Builder
		first, n := 0, 0
		for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if first > 0 && line != "" && (line[0] == ' ' || line[0] == '\t') {
				whole.WriteString(line[1:])
				continue
			}
			if whole.Len() > 0 && !yield(first, whole.String()) {
				return
			}
			whole.Reset()
			whole.WriteString(line)
			first = n
		}
		if whole.Len() > 0 {
			yield(first, whole.String())
		}
	}
}

// cutProperty takes NAME;PARAM=VALUE;PARAM="VALUE":VALUE apart.
func cutProperty(line string) (name string, params map[string]string, value string, ok bool) {
	quoted, from := false, 0
	for i := range len(line) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted || c != ';' && c != ':':
		default:
			if part := line[from:i]; from == 0 {
				name = strings.ToUpper(part)
			} else {
				k, v, _ := strings.Cut(part, "=")
				if params == nil {
					params = map[string]string{}
				}
				params[strings.ToUpper(k)] = strings.Trim(v, `"`)
			}
			if from = i + 1; c == ':' {
				return name, params, line[from:], name != ""
			}
		}
	}
	return "", nil, "", false
}

func (e *event) set(line int, name string, params map[string]string, value string) error {
	switch name {
	case "UID":
		e.uid = value
	case "STATUS":
		e.cancelled = strings.EqualFold(value, "CANCELLED")
	case "DTSTART":
		if !e.start.IsZero() {
			return errors.New("it comes twice")
		}
		if loc := locationOf(params["TZID"]); loc != nil {
			e.home = loc
		}
		t, err := e.when(value)
		e.start = t
		return err
	case "DTEND":
		t, err := e.when(value)
		e.end = t
		return err
	case "DURATION":
		d, err := lengthOf(value)
		e.lasts = d
		return err
	case "RDATE", "EXDATE", "RECURRENCE-ID":
		for v := range strings.SplitSeq(value, ",") {
			v, _, _ = strings.Cut(v, "/") // a period's end
			t, err := e.when(v)
			if err != nil {
				return err
			}
			switch name {
			case "RDATE":
				e.extra = append(e.extra, t)
			case "EXDATE":
				e.except[dayOf(t)] = struct{}{}
			default:
				e.replaces = append(e.replaces, dayOf(t))
			}
		}
	case "RRULE":
		if e.rule != nil {
			return errors.New("it comes twice")
		}
		e.ruleLine = line
		return e.setRule(strings.ToUpper(value))
	case "EXRULE":
		return errors.New("cannot be read: give the days as EXDATE")
	}
	return nil
}

// asWritten marks times of a rule that are not in UTC.
var asWritten = time.FixedZone("as written", 0)

func (e *event) setRule(value string) error {
	if len(value) > maxRule {
		return fmt.Errorf("longer than %d bytes", maxRule)
	}
	o, err := rrule.StrToROptionInLocation(value, asWritten)
	switch {
	case err != nil:
		return fmt.Errorf("%q: %w", value, err)
	case o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0:
		return fmt.Errorf("%q: holidays cannot repeat within a day", value)
	case o.Interval > maxInterval:
		return fmt.Errorf("%q: an interval of more than %d", value, maxInterval)
	}
	if !o.Until.IsZero() && o.Until.Location() == time.UTC {
		o.Until = onClock(o.Until.In(e.home))
	}
	e.rule = o
	return nil
}

// when reads a date or a time.
func (e *event) when(value string) (time.Time, error) {
	for _, layout := range []string{"20060102", "20060102T150405", "20060102T150405Z"} {
		if len(value) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, strings.ToUpper(value))
		if err != nil {
			break
		}
		if strings.HasSuffix(layout, "Z") {
			t = onClock(t.In(e.home))
		}
		if t.Year() < firstYear || t.Year() > lastYear {
			return time.Time{}, fmt.Errorf("%q is not within %d and %d", value, firstYear, lastYear)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%.40q is not a date such as 20261225, nor a time such as 20261225T090000", value)
}

// onClock is what the clock shows at t, as if in UTC.
func onClock(t time.Time) time.Time {
	y, m, d := t.Date()
	h, min, s := t.Clock()
	return time.Date(y, m, d, h, min, s, 0, time.UTC)
}

func dayOf(t time.Time) int64 {
	day, _ := wall(t.Unix(), 0)
	return day
}

var duration = regexp.MustCompile(`^\+?P(?:([0-9]{1,5})W|(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})S)?)?)$`)

// lengthOf reads a duration such as P1D, P2W or PT36H.
func lengthOf(value string) (d time.Duration, err error) {
	m := duration.FindStringSubmatch(value)
	if m == nil {
		return 0, fmt.Errorf("%.40q is not a duration such as P1D", value)
	}
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] != "" {
			n, _ := strconv.Atoi(m[i+1]) // five digits at most
			d += time.Duration(n) * unit
		}
	}
	return d, nil
}

// days yields those that the event touches, some more than once.
func (e *event) days() iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if e.cancelled {
			return
		}
		lasts := e.lasts
		switch {
		case !e.end.IsZero() && e.end.Before(e.start):
			yield(0, fmt.Errorf("line %d: an event that ends before it begins", e.line))
			return
		case !e.end.IsZero():
			lasts = e.end.Sub(e.start)
		}
		for t, err := range e.starts() {
			if err != nil {
				yield(0, err)
				return
			}
			first := dayOf(t)
			last := max(first, dayOf(t.Add(lasts-time.Second)))
			if _, not := e.except[first]; not {
				last = first - 1
			}
			for d := first; d <= last; d++ {
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}

// starts yields when the event begins, again and again.
func (e *event) starts() iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		for _, t := range append([]time.Time{e.start}, e.extra...) {
			if !yield(t, nil) {
				return
			}
		}
		if e.rule == nil {
			return
		}
		o := *e.rule
		o.Dtstart = e.start
		r, err := rrule.NewRRule(o)
		if err != nil {
			yield(time.Time{}, fmt.Errorf("line %d: RRULE: %w", e.ruleLine, err))
			return
		}
		next, some := r.Iterator(), false
		for t, ok := next(); ok && t.Year() <= lastYear; t, ok = next() {
			some = true
			if !yield(t, nil) {
				return
			}
		}
		// The library looks for one up to the year 9999, which takes long; not twice.
		if !some && (o.Until.IsZero() || !o.Until.Before(e.start)) {
			yield(time.Time{}, fmt.Errorf("line %d: RRULE: never falls on a day", e.ruleLine))
		}
	}
}
