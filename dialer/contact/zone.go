package contact

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones also where the system has none

	"github.com/nyaruka/phonenumbers"
)

// Zone is where a contact may be: the name of a time zone in the tz database,
// or several in ascending order with commas between, "America/Chicago,America/New_York",
// if it may be any of them. Calls are placed only while all of them allow it.
// The empty Zone is not known; the campaign's own is taken then.
//
// It is text because it is stored with the contact.
type Zone string

// ParseZone reads the value of a time zone column: a name of the tz database in
// its case, or several with commas between. What is empty is the empty Zone.
//
// Refused are abbreviations and offsets, of which nobody knows whether they
// change in summer, and Local, which is another zone on another machine. UTC is
// the one name without a slash.
func ParseZone(s string) (Zone, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	var names []string
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		if locationOf(name) == nil {
			return "", fmt.Errorf("%q is not a time zone: write a name of the tz database, such as Asia/Seoul", name)
		}
		names = append(names, name)
	}
	return joinZones(names), nil
}

func joinZones(names []string) Zone {
	names = slices.Clone(names)
	slices.Sort(names)
	return Zone(strings.Join(slices.Compact(names), ","))
}

// ZoneOf is where a number in E.164 rings, by the metadata of Google's
// libphonenumber; the empty Zone for a number without a plus, for one that may
// be in several zones and is not valid, and where the metadata does not know.
//
// The rule is that of PhoneNumberToTimeZonesMapper there: a number that belongs
// to a place has the zones of its area code, any other all zones of its country
// code. Thus every mobile number of Australia has the eight zones of +61, and a
// toll-free one of North America 42, between Guam and St. John's, which are
// never all open at once in office hours. A mobile number of North America
// cannot be told from a fixed one and has the zone of its area code, wherever
// its owner has gone.
func ZoneOf(number string) Zone {
	digits, plus := strings.CutPrefix(number, "+")
	if !plus || len(digits) > longest || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	code := countryCode(digits)
	if z, ok := zoneOfPrefix(code); ok && !strings.Contains(string(z), ",") {
		return z
	}
	switch belongingOf(code, digits[len(code):]) {
	case toNobody:
		return ""
	case toCountry:
		digits = code
	}
	z, _ := zoneOfPrefix(digits)
	return z
}

// zonesOfPrefix holds the library's lists of zones, which it never frees, as
// Zones, by their first elements. It grows no further than the library's table.
var zonesOfPrefix sync.Map // *string to Zone

func zoneOfPrefix(digits string) (Zone, bool) {
	names, err := phonenumbers.GetTimezonesForPrefix(digits)
	if err != nil || len(names) == 0 || names[0] == phonenumbers.UNKNOWN_TIMEZONE {
		return "", false
	}
	if z, ok := zonesOfPrefix.Load(&names[0]); ok {
		return z.(Zone), true
	}
	z := joinZones(names)
	zonesOfPrefix.Store(&names[0], z)
	return z, true
}

// locations are those of the tz database that were asked for by name.
var locations = struct {
	sync.RWMutex
	byName map[string]*time.Location
}{byName: map[string]*time.Location{}}

// locationOf is nil if the tz database does not have the name.
func locationOf(name string) *time.Location {
	locations.RLock()
	loc := locations.byName[name]
	locations.RUnlock()
	if loc != nil {
		return loc
	}
	if name != "UTC" && !strings.Contains(name, "/") {
		return nil
	}
	// Some systems keep the whole database twice more below these, once with
	// leap seconds.
	if strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") || path.Clean(name) != name {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	locations.Lock()
	locations.byName[name] = loc
	locations.Unlock()
	return loc
}

// locations are those of z, home for the empty Zone; false if the tz database
// has lost one of them.
func (z Zone) locations(home *time.Location) ([]*time.Location, bool) {
	if z == "" {
		return []*time.Location{home}, true
	}
	locs := make([]*time.Location, 0, 1+strings.Count(string(z), ","))
	for name := range strings.SplitSeq(string(z), ",") {
		loc := locationOf(name)
		if loc == nil {
			return nil, false
		}
		locs = append(locs, loc)
	}
	return locs, true
}

// OpenIn reports whether calls may be placed at t wherever in z the contact is;
// home is the campaign's location, for the empty Zone. A zone that the tz
// database does not have is never open.
func (w *Windows) OpenIn(t time.Time, z Zone, home *time.Location) bool {
	locs, ok := z.locations(home)
	for _, loc := range locs {
		if !w.Open(t, loc) {
			return false
		}
	}
	return ok
}

// NextIn is the first instant at or after t at which OpenIn holds, in the first
// location of z; false if there is none within MaxAhead. To find that zones half
// a day apart are never open together takes about 0.2 ms, so ask once a zone,
// not once a contact.
func (w *Windows) NextIn(t time.Time, z Zone, home *time.Location) (time.Time, bool) {
	locs, ok := z.locations(home)
	if !ok {
		return time.Time{}, false
	}
	limit := t.Add(MaxAhead)
	cur := t.In(locs[0])
	for i, agreed := 0, 0; agreed < len(locs); i = (i + 1) % len(locs) {
		next, ok := w.Next(cur, locs[i])
		switch {
		case !ok || next.After(limit):
			return time.Time{}, false
		case next.After(cur):
			cur, agreed = next.In(locs[0]), 0
		}
		agreed++
	}
	return cur, true
}

// ClosesIn is the first instant at or after t at which OpenIn does not hold;
// false if there is none within MaxAhead.
func (w *Windows) ClosesIn(t time.Time, z Zone, home *time.Location) (time.Time, bool) {
	locs, ok := z.locations(home)
	if !ok {
		return t, true
	}
	var first time.Time
	found := false
	for _, loc := range locs {
		if at, ok := w.Closes(t, loc); ok && (!found || at.Before(first)) {
			first, found = at.In(locs[0]), true
		}
	}
	return first, found
}

// Hour is that of the day at t in the first location of z; home is the campaign's
// location, for the empty Zone, and where the tz database has lost it.
func (z Zone) Hour(t time.Time, home *time.Location) int {
	if locs, ok := z.locations(home); ok {
		return t.In(locs[0]).Hour()
	}
	return t.In(home).Hour()
}
