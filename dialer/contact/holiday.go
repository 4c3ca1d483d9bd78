package contact

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// maxRun is how many days in a row one holiday closes at most.
const maxRun = 366

// AddHoliday closes one date, written 2026-12-25, or several in a row, the last
// one included, written 2026-12-24..2026-12-26.
func (w *Windows) AddHoliday(s string) error {
	from, to, isRun := strings.Cut(s, "..")
	first, err := parseDate(from)
	last := first
	if err == nil && isRun {
		last, err = parseDate(to)
	}
	if err != nil {
		return fmt.Errorf("%.40q is not a date such as 2026-12-25", s)
	}
	switch {
	case last < first:
		return errors.New("the last day is before the first")
	case last-first >= maxRun:
		return fmt.Errorf("more than %d days", maxRun)
	}
	if w.holidays == nil {
		w.holidays = map[int64]struct{}{}
	}
	for day := first; day <= last; day++ {
		w.holidays[day] = struct{}{}
	}
	return nil
}

func parseDate(s string) (day int64, err error) {
	t, err := time.Parse(time.DateOnly, s)
	return dayOf(t), err
}
