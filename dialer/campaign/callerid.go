package campaign

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// CallerID is a number that calls may show.
type CallerID struct {
	Number string // as it is kept with the attempts
	// Areas are beginnings of the numbers that are in its area, as contacts have
	// them: +822. Empty: those of its area are not looked for.
	Areas []string
}

// CallerIDs are those that a campaign's calls show, and how often.
//
// Of the ones that are local to the number called, or of all if none is, it is the
// one that the campaign has shown least. So all are shown equally often, where
// nothing is local and no bound is reached. One that is added later begins with as
// many as the others have: it is not shown at every call until it has caught up.
type CallerIDs struct {
	All []CallerID
	// How often one number is shown at most, by all campaigns together, in any 60
	// minutes and any 24 hours, counted in whole minutes and so at most a minute
	// longer; 0 does not bound.
	PerHour, PerDay int
}

// CallerIDTurn is a number that the calls of a claim may show.
type CallerIDTurn struct {
	CallerID
	Shown int // as often as the campaign has shown it; only the order counts
	Room  int // as often as it may still be shown
}

// Most is how many contacts a claim takes at most: as many as there are numbers to
// show.
func (t *Take) Most() int {
	if len(t.CallerIDs) == 0 {
		return t.Max
	}
	room := 0
	for i := range t.CallerIDs {
		room += min(t.CallerIDs[i].Room, t.Max)
	}
	return min(t.Max, room)
}

// Show is the number that a call to a number shows, "" if there is none. It is
// counted in CallerIDs.
func (t *Take) Show(number string) string {
	best, local := -1, 0
	for i := range t.CallerIDs {
		id := &t.CallerIDs[i]
		if id.Room <= 0 {
			continue
		}
		near := id.near(number)
		if best < 0 || near > local || near == local && id.Shown < t.CallerIDs[best].Shown {
			best, local = i, near
		}
	}
	if best < 0 {
		return ""
	}
	id := &t.CallerIDs[best]
	id.Shown++
	id.Room--
	return id.Number
}

// near is how long the area's beginning is that a number has in common with it, 0
// if it is in none.
func (id *CallerID) near(number string) (n int) {
	for _, area := range id.Areas {
		if len(area) > n && strings.HasPrefix(number, area) {
			n = len(area)
		}
	}
	return n
}

const (
	hourMinutes = 60
	dayMinutes  = 24 * 60
)

// Shown counts how often numbers were shown in the last 24 hours.
type Shown map[string]*shown

// Add counts one attempt. Attempts may come in any order, but not from before that
// time.
func (all Shown) Add(a *Attempt, now time.Time) {
	if a.CallerID == "" || now.Sub(a.Claimed) > 24*time.Hour || a.Claimed.After(now) {
		return
	}
	all.of(a.CallerID, now).add(a.Claimed, 1)
}

// of is the count of a number, as of now.
func (all Shown) of(number string, now time.Time) *shown {
	s := all[number]
	if s == nil {
		s = &shown{}
		all[number] = s
	}
	s.pass(now)
	return s
}

// shown is how often a number was shown.
type shown struct {
	counts   [dayMinutes + 1]uint32 // by minute, modulo their number
	at       int64                  // the minute that it is
	day      int                    // sum
	reserved int                    // by claims under way
}

func (s *shown) slot(minute int64) *uint32 { return &s.counts[minute%int64(len(s.counts))] }

func minuteOf(t time.Time) int64 { return max(0, t.Unix()/60) }

// pass forgets what is too old to count.
func (s *shown) pass(now time.Time) {
	m := minuteOf(now)
	if m-s.at > dayMinutes {
		s.counts, s.day, s.at = [dayMinutes + 1]uint32{}, 0, m
	}
	for s.at < m {
		s.at++
		s.day -= int(*s.slot(s.at))
		*s.slot(s.at) = 0
	}
}

// add counts n calls of a time; negative ones are taken back.
func (s *shown) add(t time.Time, n int) {
	m := minuteOf(t)
	if m > s.at || s.at-m > dayMinutes {
		return
	}
	n = max(n, -int(*s.slot(m)))
	*s.slot(m) += uint32(n)
	s.day += n
}

func (s *shown) merge(other *shown) {
	for m := max(0, s.at-dayMinutes); m <= other.at; m++ {
		if n := *other.slot(m); other.at-m <= dayMinutes {
			s.add(time.Unix(m*60, 0), int(n))
		}
	}
}

// hour is how often it was shown in the last 60 minutes.
func (s *shown) hour() (n int) {
	for m := max(0, s.at-hourMinutes); m <= s.at; m++ {
		n += int(*s.slot(m))
	}
	return n
}

// room is how often it may still be shown.
func (s *shown) room(ids *CallerIDs) int {
	room := math.MaxInt32
	if ids.PerHour > 0 {
		room = min(room, ids.PerHour-s.hour()-s.reserved)
	}
	if ids.PerDay > 0 {
		room = min(room, ids.PerDay-s.day-s.reserved)
	}
	return max(0, room)
}

// free is when it may be shown again that has been shown too often.
func (s *shown) free(ids *CallerIDs) (at time.Time) {
	for _, bound := range []struct{ most, minutes int }{{ids.PerHour, hourMinutes}, {ids.PerDay, dayMinutes}} {
		if bound.most == 0 {
			continue
		}
		left := 0
		for m := s.at; m >= max(0, s.at-int64(bound.minutes)); m-- {
			if left += int(*s.slot(m)); left >= bound.most {
				if t := time.Unix((m+int64(bound.minutes)+1)*60, 0); t.After(at) {
					at = t
				}
				break
			}
		}
	}
	return at
}

// turns are the numbers that n calls of a campaign may show.
func (c *Core) turns(cp *campaign, n int) []CallerIDTurn {
	all := make([]CallerIDTurn, 0, len(cp.CallerIDs.All))
	for _, id := range cp.CallerIDs.All {
		all = append(all, CallerIDTurn{id, cp.shown[id.Number], min(n, c.shown.of(id.Number, c.now).room(&cp.CallerIDs))})
	}
	return all
}

// reserve keeps room for the numbers that a claim may show.
func (c *Core) reserve(cp *campaign, turns []CallerIDTurn) {
	cp.reserved = turns
	for i := range turns {
		c.shown.of(turns[i].Number, c.now).reserved += turns[i].Room
	}
}

// release gives the room back when the claim is answered.
func (c *Core) release(cp *campaign) {
	for i := range cp.reserved {
		c.shown.of(cp.reserved[i].Number, c.now).reserved -= cp.reserved[i].Room
	}
	cp.reserved = nil
}

// shows counts the number that a call shows, or with -1 does not show after all.
func (c *Core) shows(cp *campaign, a *Attempt, n int) {
	if a.CallerID == "" {
		return
	}
	c.shown.of(a.CallerID, c.now).add(a.Claimed, n)
	if _, ok := cp.shown[a.CallerID]; ok {
		cp.shown[a.CallerID] += n
	}
}

// setCallerIDs puts the numbers of a campaign's settings in force.
func (cp *campaign) setCallerIDs() {
	old, least := cp.shown, math.MaxInt
	for _, id := range cp.CallerIDs.All {
		if n, ok := old[id.Number]; ok {
			least = min(least, n)
		}
	}
	if least == math.MaxInt {
		least = 0
	}
	cp.shown = map[string]int{}
	for _, id := range cp.CallerIDs.All {
		n, ok := old[id.Number]
		if !ok {
			n = least
		}
		cp.shown[id.Number] = n
	}
}

// callerRoom is how many calls of a campaign may be placed by how often its numbers
// may be shown, and why none if it is none.
func (c *Core) callerRoom(cp *campaign) (room int, why string) {
	ids := &cp.CallerIDs
	if ids.PerHour == 0 && ids.PerDay == 0 {
		return math.MaxInt32, ""
	}
	var next time.Time
	for _, id := range ids.All {
		s := c.shown.of(id.Number, c.now)
		room = min(math.MaxInt32, room+s.room(ids))
		if at := s.free(ids); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if room > 0 {
		return room, ""
	}
	if !next.After(c.now) {
		return 0, "every caller ID is about to be shown as often as it may be"
	}
	return 0, fmt.Sprintf("every caller ID has been shown as often as %s; waiting until %s", ids.bounds(), c.clockText(next))
}

// bounds names them as the configuration does.
func (ids *CallerIDs) bounds() string {
	var all []string
	if ids.PerHour > 0 {
		all = append(all, fmt.Sprintf("max_per_hour of %d", ids.PerHour))
	}
	if ids.PerDay > 0 {
		all = append(all, fmt.Sprintf("max_per_day of %d", ids.PerDay))
	}
	return strings.Join(all, " or ") + " allows"
}

// CallerIDStatus is a number that a campaign's calls show.
type CallerIDStatus struct {
	Number string `json:"number"`
	// How often it was shown, by all campaigns: in the last 60 minutes and 24 hours,
	// as far as the bounds count it.
	Hour int `json:"last_hour"`
	Day  int `json:"last_day"`
	Room int `json:"room"` // how often it may still be shown now; -1: there is no bound
}

// callerIDs are those of a campaign, in the order of the configuration.
func (c *Core) callerIDs(cp *campaign) (all []CallerIDStatus) {
	for _, id := range cp.CallerIDs.All {
		s := CallerIDStatus{Number: id.Number, Room: -1}
		n := c.shown.of(id.Number, c.now)
		s.Hour, s.Day = n.hour(), n.day
		if cp.CallerIDs.PerHour+cp.CallerIDs.PerDay > 0 {
			s.Room = n.room(&cp.CallerIDs)
		}
		all = append(all, s)
	}
	return all
}

// setShown takes in what was counted of the time before the daemon started.
func (c *Core) setShown(before Shown) {
	for number, s := range before {
		s.pass(c.now)
		c.shown.of(number, c.now).merge(s)
	}
}
