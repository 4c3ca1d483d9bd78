package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseSchedule reads a cron expression: minute, hour, day of month, month and
// day of week, or @daily, @every 1h and so on. It refuses what can never be due, such as 30 February, and what
// makes the parser panic.
//
// Schedule.Next counts in the zone of the time it is given unless the
// expression begins with CRON_TZ=.
func ParseSchedule(expr string) (s cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			s, err = nil, errors.New("not a cron expression")
		}
	}()
	if len(expr) > MaxText {
		return nil, fmt.Errorf("longer than %d bytes", MaxText)
	}
	if hasControl(expr) {
		return nil, errors.New("it holds a control character")
	}
	for _, zone := range []string{"TZ=", "CRON_TZ="} {
		if rest, ok := strings.CutPrefix(expr, zone); ok && (rest == "" || rest[0] == ' ') {
			return nil, fmt.Errorf("no time zone after %s", zone) // the parser would take UTC
		}
	}
	s, err = cron.ParseStandard(expr)
	if err != nil {
		return nil, fmt.Errorf("not a cron expression: %w", err)
	}
	// A fixed day before a 29 February: whether an expression is valid must
	// not depend on when it is read.
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errors.New("it is never due")
	}
	return s, nil
}
