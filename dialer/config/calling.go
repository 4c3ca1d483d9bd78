package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

func (r *resolver) calling(key string, raw rawCalling) Calling {
	c := Calling{Location: time.Local, ContactTimezone: CampaignZone, written: raw}
	if raw.Timezone != nil && r.required(key+".timezone", *raw.Timezone, "a name such as Asia/Seoul") {
		loc, err := time.LoadLocation(*raw.Timezone)
		if err != nil {
			r.failBecause(err, key+".timezone", "use a name of the tz database, such as Asia/Seoul or UTC", "%s is not a time zone", quote(*raw.Timezone))
		} else {
			c.Location = loc
		}
	}
	if r.has(key+".windows") && len(raw.Windows) == 0 {
		r.fail(key+".windows", "remove the key to call at any hour", "empty")
	}
	for i, w := range raw.Windows {
		r.window(fmt.Sprintf("%s.windows[%d]", key, i), w, &c.Windows)
	}
	for i, h := range raw.Holidays {
		r.holiday(fmt.Sprintf("%s.holidays[%d]", key, i), h, &c)
	}
	if raw.ContactTimezone != nil {
		c.ContactTimezone = *raw.ContactTimezone
		r.oneOf(key+".contact_timezone", c.ContactTimezone, CampaignZone, NumberZone, ColumnZone)
	}
	return c
}

// holiday is a date, several in a row, or a calendar's file.
func (r *resolver) holiday(key, value string, c *Calling) {
	if !strings.EqualFold(filepath.Ext(value), ".ics") {
		if err := c.Windows.AddHoliday(value); err != nil {
			r.failBecause(err, key, "write dates like 2026-12-25 or 2026-12-24..2026-12-26, or name an iCalendar file: holidays.ics", "%v", err)
		}
		return
	}
	path, ok := r.path(key, value, "")
	if !ok || !r.reads(key, path) || r.look < everything {
		return
	}
	f, err := openRegular(path)
	if err != nil {
		r.failBecause(err, key, "", "%s: %s", quote(path), reason(err))
		return
	}
	defer f.Close()
	if err := c.Windows.AddCalendar(f, c.Location); err != nil {
		r.failBecause(err, key, "", "%s: %s", quote(path), reason(err))
	}
}

// numbersHaveZones complains of a list whose numbers would all be called by the
// campaign's clock, because only E.164 tells where they are.
func (r *resolver) numbersHaveZones(key string, c *Campaign) {
	if c.Calling.ContactTimezone != NumberZone {
		return
	}
	for i, l := range c.Lists {
		if k := fmt.Sprintf("%s.lists[%d]", key, i); l.Plan.Region == "" && !r.has(k+".region") {
			r.fail(k+".region", "add it, such as region: KR, or use contact_timezone: column", "missing; contact_timezone: number needs it")
		}
	}
}

// columnHasZones complains of a column of time zones that nobody would look at.
func (r *resolver) columnHasZones(key string, c *Campaign) {
	for i := range c.Lists {
		if why := c.ignoresZones(&c.Lists[i]); why != "" {
			r.fail(fmt.Sprintf("%s.lists[%d].columns", key, i), "add calling: {contact_timezone: column}, or remove it", "%s", why)
		}
	}
}

func (c *Campaign) ignoresZones(l *List) string {
	if l.Columns[contact.FieldTimezone] == "" || c.Calling.ContactTimezone == ColumnZone {
		return ""
	}
	return "timezone: nobody is called by it without calling.contact_timezone: column"
}

func (r *resolver) window(key string, raw rawWindow, windows *contact.Windows) {
	ok := r.required(key+".days", raw.Days, "such as mon-fri")
	ok = r.required(key+".from", raw.From, `such as "09:00"`) && ok
	ok = r.required(key+".to", raw.To, `such as "18:00"`) && ok
	if !ok {
		return
	}
	if _, err := contact.ParseDays(raw.Days); err != nil {
		r.failBecause(err, key+".days", "", "%v", err)
		return
	}
	if _, err := contact.ParseClock(raw.From); err != nil {
		r.failBecause(err, key+".from", "", "%v", err)
		return
	}
	if _, err := contact.ParseClock(raw.To); err != nil {
		r.failBecause(err, key+".to", "", "%v", err)
		return
	}
	if err := windows.Add(raw.Days, raw.From, raw.To); err != nil {
		r.failBecause(err, key, "", "%v", err)
	}
}
