package contact

import (
	"fmt"
	"strings"
	"time"
)

var dayNames = map[string]time.Weekday{
	"sun": time.Sunday, "sunday": time.Sunday,
	"mon": time.Monday, "monday": time.Monday,
	"tue": time.Tuesday, "tuesday": time.Tuesday,
	"wed": time.Wednesday, "wednesday": time.Wednesday,
	"thu": time.Thursday, "thursday": time.Thursday,
	"fri": time.Friday, "friday": time.Friday,
	"sat": time.Saturday, "saturday": time.Saturday,
}

// ParseDays reads days of the week, singly and in ranges: "mon-fri,sun". Case
// does not matter, names may be written out and a range may pass the week's
// end ("fri-mon"). The result is indexed by time.Weekday.
func ParseDays(s string) ([7]bool, error) {
	var set [7]bool
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := parseDay(first)
		if err != nil {
			return [7]bool{}, err
		}
		to := from
		if isRange {
			if to, err = parseDay(last); err != nil {
				return [7]bool{}, err
			}
		}
		for d := from; ; d = (d + 1) % 7 {
			set[d] = true
			if d == to {
				break
			}
		}
	}
	return set, nil
}

func parseDay(s string) (time.Weekday, error) {
	d, ok := dayNames[strings.ToLower(strings.TrimSpace(s))]
	if !ok {
		return 0, fmt.Errorf("%q is not a day: write sun, mon, tue, wed, thu, fri, sat or a range such as mon-fri", s)
	}
	return d, nil
}

// ParseClock reads a time of day, "00:00" to "24:00", as minutes since
// midnight. 24:00 is meant for the end of a window.
func ParseClock(s string) (minutes int, err error) {
	bad := fmt.Errorf("%q is not a time of day: write it like 09:00, from 00:00 to 24:00", s)
	if len(s) != 5 || s[2] != ':' {
		return 0, bad
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, bad
		}
	}
	h := int(s[0]-'0')*10 + int(s[1]-'0')
	m := int(s[3]-'0')*10 + int(s[4]-'0')
	if h > 24 || m > 59 || h == 24 && m > 0 {
		return 0, bad
	}
	return h*60 + m, nil
}
