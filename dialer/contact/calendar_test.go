package contact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// calendarOf puts events, given by their properties, into a calendar as
// Outlook, Google and others write them.
func calendarOf(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\r\n" + strings.ReplaceAll(strings.TrimSpace(e), "\n", "\r\n") + "\r\nEND:VEVENT\r\n")
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.String()
}

// daysOf are the dates closed, ascending, up to the end of 2029.
func daysOf(w *Windows) string {
	var dates []string
	for _, d := range slices.Sorted(maps.Keys(w.holidays)) {
		if date := time.Unix(d*daySeconds, 0).UTC(); date.Year() < 2030 {
			dates = append(dates, date.Format(time.DateOnly))
		}
	}
	return strings.Join(dates, " ")
}

func TestAddCalendar(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a date", calendarOf("DTSTART;VALUE=DATE:20261225"), "2026-12-25"},
		{"a date without saying so", calendarOf("DTSTART:20261225"), "2026-12-25"},
		{"line feeds alone", strings.ReplaceAll(calendarOf("DTSTART:20261225"), "\r", ""), "2026-12-25"},
		{"small letters", strings.ToLower(calendarOf("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;UNTIL=20271231")), "2026-12-25 2027-12-25"},
		{"a byte order mark", "\uFEFF" + calendarOf("DTSTART:20261225"), "2026-12-25"},
		{"no line break at the end", strings.TrimSpace(calendarOf("DTSTART:20261225")), "2026-12-25"},
		{"blank lines", strings.ReplaceAll(calendarOf("DTSTART:20261225"), "\r\n", "\r\n\r\n"), "2026-12-25"},
		{"the end is exclusive", calendarOf("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227"), "2026-12-24 2026-12-25 2026-12-26"},
		{"an end that is the start", calendarOf("DTSTART:20261224\nDTEND:20261224"), "2026-12-24"},
		{"over new year", calendarOf("DTSTART:20261231\nDTEND:20270102"), "2026-12-31 2027-01-01"},
		{"days", calendarOf("DTSTART:20261224\nDURATION:P2D"), "2026-12-24 2026-12-25"},
		{"a week", calendarOf("DTSTART:20261224\nDURATION:P1W"), "2026-12-24 2026-12-25 2026-12-26 2026-12-27 2026-12-28 2026-12-29 2026-12-30"},
		{"hours", calendarOf("DTSTART:20261224T220000\nDURATION:PT2H"), "2026-12-24"},
		{"hours past midnight", calendarOf("DTSTART:20261224T220000\nDURATION:PT2H1S"), "2026-12-24 2026-12-25"},
		{"an instant", calendarOf("DTSTART:20261224T120000"), "2026-12-24"},
		{"a time of a zone", calendarOf("DTSTART;TZID=America/New_York:20261225T000000\nDTEND;TZID=America/New_York:20261226T000000"), "2026-12-25"},
		{"a time of a zone nobody knows", calendarOf(`DTSTART;TZID="Customized: Seoul":20261225T000000` + "\nDTEND;TZID=x:20261226T000000"), "2026-12-25"},
		{"UTC, which is home's next day", calendarOf("DTSTART:20261224T150000Z\nDTEND:20261225T150000Z"), "2026-12-25"},
		{"folded", calendarOf("SUMMARY:Chri\n stmas; and\n \tmore\nDTSTART;VALUE=\n DATE:2026122\n\t5"), "2026-12-25"},
		{"every year", calendarOf("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY"), "2026-12-25 2027-12-25 2028-12-25 2029-12-25"},
		{"since long", calendarOf("DTSTART;VALUE=DATE:20241225\nRRULE:FREQ=YEARLY"), "2024-12-25 2025-12-25 2026-12-25 2027-12-25 2028-12-25 2029-12-25"},
		{"every second year", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;INTERVAL=2"), "2026-12-25 2028-12-25"},
		{"so many times", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;COUNT=2"), "2026-12-25 2027-12-25"},
		{"until a date, inclusive", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;UNTIL=20281225"), "2026-12-25 2027-12-25 2028-12-25"},
		{"until a time in UTC, which is home's date", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;UNTIL=20281224T150000Z"), "2026-12-25 2027-12-25 2028-12-25"},
		{"until a time in UTC, of a zone's", calendarOf("DTSTART;TZID=America/New_York:20261225T200000\nRRULE:FREQ=YEARLY;UNTIL=20281226T005959Z"), "2026-12-25 2027-12-25"},
		{"until before", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;UNTIL=20261224"), "2026-12-25"},
		{"the fourth Thursday of November", calendarOf("DTSTART:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), "2026-11-26 2027-11-25 2028-11-23 2029-11-22"},
		{"the last Monday of May", calendarOf("DTSTART:20260525\nRRULE:FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5"), "2026-05-25 2027-05-31 2028-05-29 2029-05-28"},
		{"a leap day", calendarOf("DTSTART:20240229\nRRULE:FREQ=YEARLY"), "2024-02-29 2028-02-29"},
		{"a run every year", calendarOf("DTSTART:20271224\nDTEND:20271226\nRRULE:FREQ=YEARLY;UNTIL=20281231"), "2027-12-24 2027-12-25 2028-12-24 2028-12-25"},
		{"the start is one, rule or not", calendarOf("DTSTART:20291224\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=26"), "2029-12-24 2029-12-26"},
		{"monthly", calendarOf("DTSTART:20291031\nRRULE:FREQ=MONTHLY"), "2029-10-31 2029-12-31"},
		{"weekly", calendarOf("DTSTART:20291214\nRRULE:FREQ=WEEKLY;BYDAY=FR"), "2029-12-14 2029-12-21 2029-12-28"},
		{"daily", calendarOf("DTSTART:20291230\nRRULE:FREQ=DAILY"), "2029-12-30 2029-12-31"},
		{"but not on", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY\nEXDATE:20271225\nEXDATE;VALUE=DATE:20281225,20291225"), "2026-12-25"},
		{"nor at all", calendarOf("DTSTART:20261225\nEXDATE:20261225"), ""},
		{"and on", calendarOf("DTSTART:20261225\nRDATE:20270101,20270102\nRDATE;VALUE=PERIOD:20270103T000000/PT1H"), "2026-12-25 2027-01-01 2027-01-02 2027-01-03"},
		{"moved", calendarOf("UID:a\nDTSTART:20271225\nRRULE:FREQ=YEARLY", "UID:a\nRECURRENCE-ID:20281225\nDTSTART:20281227", "UID:b\nDTSTART:20281225\nSTATUS:CANCELLED"), "2027-12-25 2028-12-27 2029-12-25"},
		{"moved to another hour", calendarOf("UID:a\nDTSTART:20281225T000000\nRRULE:FREQ=YEARLY", "UID:a\nRECURRENCE-ID:20281225T000000\nDTSTART:20281225T100000"), "2028-12-25 2029-12-25"},
		{"one cancelled", calendarOf("UID:a\nDTSTART:20271225\nRRULE:FREQ=YEARLY", "UID:a\nRECURRENCE-ID:20281225\nDTSTART:20281225\nSTATUS:CANCELLED"), "2027-12-25 2029-12-25"},
		{"cancelled", calendarOf("DTSTART:20271225\nSTATUS:CANCELLED"), ""},
		{"several", calendarOf("DTSTART:20261225", "DTSTART:20270101"), "2026-12-25 2027-01-01"},
		{"several calendars", calendarOf("DTSTART:20261225") + calendarOf("DTSTART:20270101"), "2026-12-25 2027-01-01"},
		{"none", calendarOf(), ""},
		{"what is no event", strings.Replace(calendarOf("DTSTART:20261225\nBEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT5D\nDTSTART:rubbish\nEND:VALARM"), "BEGIN:VEVENT",
			"BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nRRULE:FREQ=YEARLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VTODO\r\nDTSTART:20260101\r\nEND:VTODO\r\nBEGIN:VEVENT", 1), "2026-12-25"},
	} {
		var w Windows
		if err := w.AddCalendar(strings.NewReader(c.text), zone(t, "Asia/Seoul")); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := daysOf(&w); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}

func TestAddCalendarRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"spaces", " \r\n", "line 1: not a property"},
		{"another file", "<html>\n<body>", "line 1: not a property"},
		{"a list", "2026-12-25,Christmas: a day\n", "line 1: not an iCalendar file, it would begin with BEGIN:VCALENDAR"},
		{"binary", "\x00\x01:\xff", "line 1: not an iCalendar file"},
		{"behind the end", calendarOf() + "DTSTART:20261225\n", "line 5: not an iCalendar file"},
		{"cut off", strings.TrimSuffix(calendarOf("DTSTART:20261225"), "END:VCALENDAR\r\n"), `line 6: the file ends within "VCALENDAR"`},
		{"cut off in an event", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n", `line 3: the file ends within "VEVENT"`},
		{"crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", `line 3: END:"VCALENDAR" within "VEVENT"`},
		{"no start", calendarOf("UID:a"), "line 4: an event without DTSTART"},
		{"a start twice", calendarOf("DTSTART:20261225\nDTSTART:20261226"), "line 6: DTSTART: it comes twice"},
		{"no date", calendarOf("DTSTART:2026-12-25"), `line 5: DTSTART: "2026-12-25" is not a date such as 20261225`},
		{"no such date", calendarOf("DTSTART:20260230"), `line 5: DTSTART: "20260230" is not a date`},
		{"no such time", calendarOf("DTSTART:20261225T250000"), "line 5: DTSTART: "},
		{"too early", calendarOf("DTSTART:18991231"), `line 5: DTSTART: "18991231" is not within 1900 and 2099`},
		{"too late", calendarOf("DTSTART:21000101"), "line 5: DTSTART: "},
		{"folded lines are counted", calendarOf("SUMMARY:a\n b\n c\nDTSTART:x"), "line 8: DTSTART: "},
		{"ends before", calendarOf("DTSTART:20261225\nDTEND:20261224"), "line 4: an event that ends before it begins"},
		{"no duration", calendarOf("DTSTART:20261225\nDURATION:1D"), `line 6: DURATION: "1D" is not a duration such as P1D`},
		{"backwards", calendarOf("DTSTART:20261225\nDURATION:-P1D"), "line 6: DURATION: "},
		{"no rule", calendarOf("DTSTART:20261225\nRRULE:YEARLY"), "line 6: RRULE: "},
		{"no frequency", calendarOf("DTSTART:20261225\nRRULE:COUNT=2"), "line 6: RRULE: "},
		{"no month", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=13"), "line 6: RRULE: bymonth must be between 1 and 12"},
		{"hourly", calendarOf("DTSTART:20261225\nRRULE:FREQ=HOURLY"), "line 6: RRULE: \"FREQ=HOURLY\": holidays cannot repeat within a day"},
		{"by hour", calendarOf("DTSTART:20261225\nRRULE:FREQ=DAILY;BYHOUR=1"), "line 6: RRULE: "},
		{"never", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "line 6: RRULE: never falls on a day"},
		{"a rule twice", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY\nRRULE:FREQ=YEARLY"), "line 7: RRULE: it comes twice"},
		{"an interval", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;INTERVAL=1001"), "line 6: RRULE: "},
		{"an exception", calendarOf("DTSTART:20261225\nEXDATE:tomorrow"), `line 6: EXDATE: "tomorrow" is not a date`},
		{"an exception rule", calendarOf("DTSTART:20261225\nEXRULE:FREQ=YEARLY"), "line 6: EXRULE: cannot be read"},
		{"a colon in quotes alone", calendarOf(`DTSTART;X="a:20261225"`), "line 5: not a property"},
	} {
		var w Windows
		err := w.AddCalendar(strings.NewReader(c.text), time.UTC)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		}
		if w.holidays != nil {
			t.Errorf("%s: refused, and some days are closed", c.name)
		}
	}
}

func TestCalendarLimits(t *testing.T) {
	events := func(n int, e string) string { return calendarOf(slices.Repeat([]string{e}, n)...) }
	pad := func(n int) string {
		empty := calendarOf("DTSTART:20261225\nX:")
		return calendarOf("DTSTART:20261225\nX:" + strings.Repeat("x", n-len(empty)))
	}
	for _, c := range []struct{ name, least, most, want string }{
		{"bytes", pad(MaxCalendar), pad(MaxCalendar + 1), "longer than 4194304 bytes"},
		{"events", events(MaxEvents, "DTSTART:20261225"), events(MaxEvents+1, "DTSTART:20261225"), "line 30004: more than 10000 events"},
		{"repeated", events(MaxRepeated, "DTSTART:20991225\nRRULE:FREQ=YEARLY"), events(MaxRepeated+1, "DTSTART:20991225\nRRULE:FREQ=YEARLY"), "line 4004: more than 1000 events that repeat"},
		{"days", events(MaxHolidays/1000, "DTSTART:20260101\nDURATION:P1000D"), events(MaxHolidays/1000, "DTSTART:20260101\nDURATION:P1000D") + calendarOf("DTSTART:20260101"), "more than 100000 days"},
		{"rule", calendarOf("DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=12" + strings.Repeat(",12", (maxRule-len("FREQ=YEARLY;BYMONTH=12"))/3)), calendarOf("DTSTART:20261225\nRRULE:" + strings.Repeat("x", maxRule+1)), "line 6: RRULE: longer than 1024 bytes"},
	} {
		var w Windows
		if err := w.AddCalendar(strings.NewReader(c.least), time.UTC); err != nil || len(w.holidays) == 0 {
			t.Errorf("%s: %v", c.name, err)
		}
		var over Windows
		if err := over.AddCalendar(strings.NewReader(c.most), time.UTC); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, one too many: %v; want %s", c.name, err, c.want)
		}
	}
}

// TestNthWeekdays compares rules such as BYDAY=-1MO with the calendar looked
// through day by day.
func TestNthWeekdays(t *testing.T) {
	for _, month := range []time.Month{time.January, time.February, time.May, time.November} {
		for weekday, name := range []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} {
			for _, n := range []int{1, 2, 3, 4, -1, -2} {
				var want []string
				for year := 2000; year < 2030; year++ {
					var all []string
					for d := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC); d.Month() == month; d = d.AddDate(0, 0, 1) {
						if d.Weekday() == time.Weekday(weekday) {
							all = append(all, d.Format(time.DateOnly))
						}
					}
					want = append(want, all[(n+len(all)-min(1, max(0, n)))%len(all)])
				}
				var w Windows
				text := calendarOf(fmt.Sprintf("DTSTART:%s\nRRULE:FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", strings.ReplaceAll(want[0], "-", ""), month, n, name))
				if err := w.AddCalendar(strings.NewReader(text), time.UTC); err != nil {
					t.Fatal(err)
				}
				if got := daysOf(&w); got != strings.Join(want, " ") {
					t.Errorf("%d%s of %s: %s; want %s", n, name, month, got, want)
				}
			}
		}
	}
}

func TestAddHoliday(t *testing.T) {
	for in, want := range map[string]string{
		"2026-12-25":             "2026-12-25",
		"2026-12-24..2026-12-26": "2026-12-24 2026-12-25 2026-12-26",
		"2026-12-24..2026-12-24": "2026-12-24",
		"2026-12-31..2027-01-01": "2026-12-31 2027-01-01",
		"1969-12-31..1970-01-01": "1969-12-31 1970-01-01",
	} {
		var w Windows
		if err := w.AddHoliday(in); err != nil || daysOf(&w) != want {
			t.Errorf("AddHoliday(%q) closes %s, %v; want %s", in, daysOf(&w), err, want)
		}
	}
	for in, want := range map[string]string{
		"": `"" is not a date`, "2026-02-30": `"2026-02-30" is not a date`, "25.12.2026": `"25.12.2026" is not a date`, "2026-12-25T00:00:00Z": "is not a date",
		"2026-12-24..": `"2026-12-24.." is not a date`, "..2026-12-24": `"..2026-12-24" is not a date`, "2026-12-24..26": "is not a date", "../a.csv": `"../a.csv" is not a date`, "2026-12-24 .. 2026-12-26": "is not a date",
		"2026-12-26..2026-12-24": "the last day is before the first", "2026-01-01..2027-01-02": "more than 366 days",
	} {
		var w Windows
		if err := w.AddHoliday(in); err == nil || !strings.Contains(err.Error(), want) || w.holidays != nil {
			t.Errorf("AddHoliday(%q): %v; want %s", in, err, want)
		}
	}
}

// FuzzAddCalendar: whatever comes is read or refused, and in bounded time.
func FuzzAddCalendar(f *testing.F) {
	for _, e := range []string{
		"DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
		"DTSTART;TZID=\"America/New_York\":20261225T000000\nDURATION:PT36H\nEXDATE:20261225\nRDATE:20270101",
		"DTSTART:20261225T000000Z\nDTEND:20261226T000000Z\nRRULE:FREQ=DAILY;COUNT=3;BYSETPOS=-1",
		"UID:a\nDTSTART:20261225\nRECURRENCE-ID:20261225\nSTATUS:CANCELLED",
		"DTSTART:19000101\nRRULE:FREQ=MONTHLY;BYWEEKNO=53;BYYEARDAY=-366;WKST=SU",
	} {
		f.Add(calendarOf(e))
	}
	f.Add("BEGIN:VCALENDAR\nEND:VCALENDAR")
	f.Fuzz(func(t *testing.T, s string) {
		var w Windows
		begin := time.Now()
		err := w.AddCalendar(strings.NewReader(s), time.UTC)
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("it took %v", took)
		}
		if err != nil && (w.holidays != nil || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("refused with %v: %v", w.holidays, err)
		}
		if len(w.holidays) > MaxHolidays {
			t.Fatalf("%d days", len(w.holidays))
		}
	})
}
