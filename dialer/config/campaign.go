package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// A queue's name becomes an argument of Queue() and is compared with what the
// manager reports; a comma would end the argument.
var queueName = regexp.MustCompile(`^[A-Za-z0-9_.@+-]{1,128}$`)

func (r *resolver) campaigns() {
	if len(r.raw.Campaigns) == 0 {
		r.fail("campaigns", "name at least one campaign: name, queue and lists", "no campaign")
	}
	for i, raw := range r.raw.Campaigns {
		r.campaign(fmt.Sprintf("campaigns[%d]", i), raw)
	}
}

func (r *resolver) campaign(key string, raw rawCampaign) {
	c := Campaign{Name: raw.Name, Queue: raw.Queue}
	if r.required(key+".name", raw.Name, "give the campaign a name") {
		r.name(key+".name", "campaign", raw.Name)
	}
	c.Asterisk = r.server(key+".asterisk", raw.Asterisk)
	if r.required(key+".queue", raw.Queue, "the queue its agents are in, as queues.conf names it") && !queueName.MatchString(raw.Queue) {
		r.fail(key+".queue", "use letters, digits and _ . @ + -", "%s is not a queue's name", quote(raw.Queue))
	}
	if len(raw.Lists) == 0 {
		r.fail(key+".lists", "name at least one list: lists: [{path: lists/spring.csv}]", "no list")
	}
	for i, l := range raw.Lists {
		c.Lists = append(c.Lists, r.list(key, fmt.Sprintf("%s.lists[%d]", key, i), l))
	}
	c.Originate = r.originate(key+".originate", raw.Queue, raw.Originate)
	c.Pacing = r.pacing(key+".pacing", raw.Pacing)
	c.Calling = r.calling(key+".calling", raw.Calling)
	c.Retry = r.retry(key+".retry", raw.Retry)
	c.DNC = r.dnc(key+".dnc", key+" dnc", raw.DNC)
	c.Start = r.schedule(key+".start", raw.Start)
	c.Stop = r.schedule(key+".stop", raw.Stop)
	if c.Start != "" && c.Start == c.Stop {
		r.fail(key+".stop", "stop later than start", "%s is when it starts as well", quote(c.Stop))
	}
	if !r.has(key+".calling.timezone") && (len(raw.Calling.Windows) > 0 || len(raw.Calling.Holidays) > 0 || c.Start != "" || c.Stop != "") {
		r.warn(key+".calling.timezone", raw.Name, "missing; the hours are those of this machine's zone")
	}
	r.cfg.Campaigns = append(r.cfg.Campaigns, c)
}

func (r *resolver) server(key, name string) string {
	var known []string
	for _, a := range r.raw.Asterisk {
		if a.Name == "" {
			continue
		}
		if a.Name == name {
			return name
		}
		known = append(known, a.Name)
	}
	switch {
	case len(known) == 0 || r.anyBad("asterisk"): // which are there is not known
	case r.has(key):
		r.fail(key, "the servers are "+strings.Join(known, ", "), "no server is named %s", quote(name))
	default:
		return known[0]
	}
	return ""
}

func (r *resolver) list(campaign, key string, raw rawList) List {
	l := List{Encoding: "utf-8"}
	if path, ok := r.path(key+".path", raw.Path, "a CSV file whose first line names its columns"); ok {
		l.Path = path
		switch ext := strings.ToLower(filepath.Ext(path)); ext {
		case ".xlsx", ".xls", ".ods":
			r.fail(key+".path", "save it as CSV", "%s: %s files are not in this version", quote(path), ext)
		default:
			r.reads(key+".path", path)
			r.files[len(r.files)-1].list = true
		}
		r.once(key+".path", campaign+" list path", path)
		l.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	switch {
	case raw.Name != nil:
		l.Name = *raw.Name
		r.name(key+".name", campaign+" list", l.Name)
	case l.Name == "":
	case !identifier.MatchString(l.Name):
		r.fail(key+".path", "give the list a name: with letters, digits, _ and -", "%s cannot be the list's name", quote(l.Name))
	default:
		if other, ok := r.unique[campaign+" list\x00"+strings.ToLower(l.Name)]; ok {
			r.fail(key+".path", "give one of the lists a name:", "a list named %s is %s already", quote(l.Name), other)
		} else {
			r.unique[campaign+" list\x00"+strings.ToLower(l.Name)] = key + ".path"
		}
	}
	l.Reload = r.schedule(key+".reload", raw.Reload)
	if r.has(key + ".encoding") {
		l.Encoding = raw.Encoding
		if r.required(key+".encoding", raw.Encoding, "remove it for utf-8") {
			if err := contact.CheckEncoding(raw.Encoding); err != nil {
				r.failBecause(err, key+".encoding", "use a name from the WHATWG Encoding Standard, such as utf-8, euc-kr, shift_jis or windows-1252", "%v", err)
			}
		}
	}
	if r.has(key+".delimiter") && r.required(key+".delimiter", raw.Delimiter, "remove it to have it found out") {
		d, err := contact.ParseDelimiter(raw.Delimiter)
		if err != nil {
			r.failBecause(err, key+".delimiter", "remove it to have it found out", "%v", err)
		}
		l.Delimiter = d
	}
	if err := contact.CheckColumns(raw.Columns); err != nil {
		r.failBecause(err, key+".columns", "such as columns: {number: Phone, key: Id}", "%v", err)
	}
	l.Columns = raw.Columns
	return l
}

func (r *resolver) pacing(key string, raw rawPacing) Pacing {
	p := Pacing{Mode: DefaultMode, MaxInFlight: DefaultMaxInFlight}
	if raw.Mode != nil {
		switch *raw.Mode {
		case DefaultMode:
		case "power", "predictive":
			r.fail(key+".mode", "use progressive", "%s is not in this version", quote(*raw.Mode))
		default:
			r.fail(key+".mode", "use progressive", "%s is not known", quote(*raw.Mode))
		}
	}
	if raw.MaxInFlight != nil {
		p.MaxInFlight = *raw.MaxInFlight
		r.within(key+".max_in_flight", p.MaxInFlight, 1, MaxInFlight)
	}
	if raw.Wrapup != nil {
		p.Wrapup = *raw.Wrapup
		r.duration(key+".wrapup", p.Wrapup, 0, MaxWrapup)
	}
	return p
}

func (r *resolver) duration(key string, d, least, most time.Duration) {
	if d < least || d > most {
		r.fail(key, "", "%s is not within %s and %s", short(d), short(least), short(most))
	}
}

// short is 1h rather than 1h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (r *resolver) calling(key string, raw rawCalling) Calling {
	c := Calling{Location: time.Local}
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
		k := fmt.Sprintf("%s.holidays[%d]", key, i)
		if err := c.Windows.AddHoliday(h); err != nil {
			r.failBecause(err, k, "write dates like 2026-12-25", "%s is not a date", quote(h))
		}
	}
	switch {
	case raw.ContactTimezone == nil, *raw.ContactTimezone == "campaign":
	case *raw.ContactTimezone == "number", *raw.ContactTimezone == "column":
		r.fail(key+".contact_timezone", "use campaign", "%s is not in this version", quote(*raw.ContactTimezone))
	default:
		r.fail(key+".contact_timezone", "use campaign", "%s is not known", quote(*raw.ContactTimezone))
	}
	return c
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
