package contact

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The fields a column can be mapped to with Options.Columns.
const (
	FieldNumber    = "number"     // the number to dial; every list has one, unless Options.Numbers are given
	FieldKey       = "key"        // the user's own id of the contact
	FieldPriority  = "priority"   // who has a higher one is called first
	FieldTimezone  = "timezone"   // where the contact is, as ParseZone reads it; for ZoneOfColumn
	FieldNotBefore = "not_before" // when calls may begin, as ParseTime reads it
	FieldExpires   = "expires"    // when they must not any more; a date alone is the last day
)

// Fields are all of them.
var Fields = []string{FieldNumber, FieldKey, FieldPriority, FieldTimezone, FieldNotBefore, FieldExpires}

// field is what a column is; "" an attribute.
type field string

// The priorities of contacts; a row that gives none has 0.
const (
	MinPriority = -100
	MaxPriority = 100
)

// defaultColumns are the headers tried, in this order, for fields that
// Options.Columns does not name. Others are only taken from where they are said
// to be: their names may mean something else.
var defaultColumns = map[string][]string{
	FieldNumber:   {"number", "phone", "tel", "telephone", "mobile"},
	FieldKey:      {"key"},
	FieldTimezone: {"timezone", "time_zone", "time zone"},
}

// ZoneSource says where the time zones of contacts come from.
type ZoneSource uint8

// Sources of zones.
const (
	NoZones       ZoneSource = iota // they are not asked for
	ZoneOfNumbers                   // ZoneOf, of all numbers of the contact together
	ZoneOfColumn                    // the column FieldTimezone, which the list must have
)

// field reads the value of a column that is a field and no number.
func (r *Reader) field(row *Row, rec *record, i int) (kind Kind, err error) {
	v := strings.TrimSpace(row.Record[i])
	switch r.fields[i] {
	case FieldKey:
		if rec.lost != nil && rec.lost[i] != "" {
			return BadRow, errors.New(rec.lost[i])
		}
		row.Key = v
	case FieldPriority:
		row.Priority, err = parsePriority(v)
	case FieldTimezone:
		if r.zones != ZoneOfColumn {
			return BadRow, nil
		}
		if row.Zone, err = ParseZone(v); err != nil {
			return NoZone, fmt.Errorf("no time zone: %w", err)
		}
	case FieldNotBefore:
		row.NotBefore, _, err = ParseTime(v, r.home)
	case FieldExpires:
		var day bool
		if row.Expires, day, err = ParseTime(v, r.home); day {
			row.Expires = row.Expires.AddDate(0, 0, 1)
		}
	}
	return BadRow, err
}

func parsePriority(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < MinPriority || n > MaxPriority {
		return 0, fmt.Errorf("%q is not a whole number within %d and %d", s, MinPriority, MaxPriority)
	}
	return n, nil
}

// timeLayouts are those of ParseTime, and whether they are of a day. All of them
// begin with the year: 03/04/2026 is another day on each side of an ocean.
var timeLayouts = []struct {
	layout string
	day    bool
}{
	{"2006-1-2", true}, {"2006-1-2 15:04", false}, {"2006-1-2 15:04:05", false}, {"2006-1-2T15:04", false}, {"2006-1-2T15:04:05", false},
	{time.RFC3339, false}, {"2006-01-02 15:04:05Z07:00", false},
}

// ParseTime reads a date, or a date and a time of day, in home unless it gives
// its own offset: 2026-12-31, 2026/12/31 18:00, 2026.12.31, 2026-12-31T18:00:00+09:00.
// day says that it is a date alone, whose start is returned. What is empty is the
// zero time.
func ParseTime(s string, home *time.Location) (t time.Time, day bool, err error) {
	if s = strings.TrimSpace(s); s == "" {
		return t, false, nil
	}
	date, clock, _ := strings.Cut(s, " ")
	if !strings.Contains(date, "T") {
		date = strings.NewReplacer("/", "-", ".", "-").Replace(strings.TrimSuffix(date, "."))
	}
	written := strings.TrimSpace(date + " " + strings.TrimSpace(clock))
	for _, l := range timeLayouts {
		if t, err := time.ParseInLocation(l.layout, written, home); err == nil {
			return t, l.day, nil
		}
	}
	return t, false, fmt.Errorf("%q is no time: write the year first, such as 2026-12-31 or 2026-12-31 18:00", s)
}

// zoneOfAll is where calls to all of the numbers may ring.
func zoneOfAll(all []Number) Zone {
	if len(all) == 1 { // mostly
		return ZoneOf(all[0].Number)
	}
	var names []string
	for _, n := range all {
		if z := ZoneOf(n.Number); z != "" {
			names = append(names, strings.Split(string(z), ",")...)
		}
	}
	return joinZones(names)
}
