package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/pacing"
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
	c.Asterisk = r.servers(key+".asterisk", raw.Asterisk)
	c.Pacing = r.pacing(key+".pacing", raw.Pacing)
	r.queue(key, &c)
	if len(raw.Lists) == 0 {
		r.fail(key+".lists", "name at least one list: lists: [{path: lists/spring.csv}]", "no list")
	}
	c.Duplicates = r.duplicates(key, DuplicatesCampaign, raw.Duplicates)
	for i, l := range raw.Lists {
		c.Lists = append(c.Lists, r.list(key, fmt.Sprintf("%s.lists[%d]", key, i), c.Duplicates, l))
	}
	c.Originate = r.originate(key+".originate", raw.Queue, c.Pacing.Mode == string(pacing.Broadcast), raw.Originate)
	r.regions(key, &c)
	r.callersHaveAreas(key, &c)
	c.Calling = r.calling(key+".calling", raw.Calling)
	r.numbersHaveZones(key, &c)
	r.columnHasZones(key, &c)
	c.Retry = r.retry(key+".retry", raw.Retry)
	r.regime(key, &c)
	r.certain(key, &c)
	c.DNC = r.dnc(key+".dnc", key+" dnc", raw.DNC)
	c.Frequency = r.frequency(key+".frequency", raw.Frequency, r.often)
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

// servers are those that a campaign calls on: the first one unless it names others.
func (r *resolver) servers(key string, written names) []string {
	var known []string
	for _, a := range r.raw.Asterisk {
		if a.Name != "" {
			known = append(known, a.Name)
		}
	}
	switch {
	case r.anyBad(key):
		return nil
	case !r.has(key) && len(known) > 0:
		return known[:1]
	case len(written) == 0:
		if r.has(key) {
			r.fail(key, "name one at least, or remove the key", "no server")
		}
		return nil
	case len(written) > MaxServers:
		r.fail(key, "", "%d servers, more than %d", len(written), MaxServers)
		return nil
	}
	for i, name := range written {
		switch {
		case slices.Contains(written[:i], name):
			r.fail(key, "name each once", "%s is there twice", quote(name))
		case slices.Contains(known, name), len(known) == 0, r.anyBad("asterisk"): // which are there is not known
		default:
			r.fail(key, "the servers are "+strings.Join(known, ", "), "no server is named %s", quote(name))
		}
	}
	return slices.Clone(written)
}

func (r *resolver) list(campaign, key, duplicates string, raw rawList) List {
	var l List
	if path, ok := r.path(key+".path", raw.Path, "a CSV file or workbook whose first line names its columns"); ok {
		l.Path, l.Many = path, manyFiles(path)
		switch ext := strings.ToLower(filepath.Ext(path)); {
		case l.Many:
			r.looksIn(key+".path", &l)
		case ext == ".xls", ext == ".ods", ext == ".xlsb":
			r.fail(key+".path", "save it as CSV or .xlsx", "%s: %s files cannot be read", quote(path), ext)
		default:
			r.reads(key+".path", path)
			r.files[len(r.files)-1].list = true
		}
		r.once(key+".path", campaign+" list path", path)
		l.Name = contact.ListName(path)
	}
	switch {
	case l.Many:
		if l.Name = ""; raw.Name != nil {
			r.fail(key+".name", "remove it", "each file of %s is a list of its own, named after the file", quote(l.Path))
		}
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
	if raw.Removed != nil {
		r.oneOf(key+".removed", *raw.Removed, "keep", "remove")
		l.Remove = *raw.Removed == "remove"
	}
	if r.has(key + ".encoding") {
		l.Encoding = raw.Encoding
		if r.required(key+".encoding", raw.Encoding, "remove it if the list is utf-8") {
			if err := contact.CheckEncoding(raw.Encoding); err != nil {
				r.failBecause(err, key+".encoding", contact.EncodingHint, "%v", err)
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
	l.Columns = raw.Columns
	numbers, ok := r.numbers(key+".numbers", raw.Numbers)
	if l.Numbers = numbers; ok {
		at, hint := key+".columns", "such as columns: {number: Phone, key: Id}"
		if len(numbers) > 0 {
			at, hint = key+".numbers", "such as numbers: [{column: Mobile, type: mobile}, {column: Home}] and columns: {key: Id}"
		}
		if err := contact.CheckColumns(l.Columns, l.Numbers); err != nil {
			r.failBecause(err, at, hint, "%v", err)
		}
	}
	l.Duplicates = r.duplicates(key, duplicates, raw.Duplicates)
	if err := contact.CheckAttributes(raw.Attributes); err != nil {
		r.failBecause(err, key+".attributes", `such as attributes: {city: "Wohn-Ort"}`, "%v", err)
	}
	l.Attributes = raw.Attributes
	if raw.Sheet != nil && r.required(key+".sheet", *raw.Sheet, "remove it for the first one") && r.text(key+".sheet", *raw.Sheet) {
		l.Sheet = *raw.Sheet
	}
	l.Plan = r.plan(key, raw)
	return l
}

func (r *resolver) numbers(key string, raw []rawNumber) (all []contact.NumberColumn, ok bool) {
	ok = true
	if r.has(key) && len(raw) == 0 {
		r.fail(key, "remove it, or name the columns: [{column: Mobile, type: mobile}]", "empty")
	}
	for i, n := range raw {
		k := fmt.Sprintf("%s[%d]", key, i)
		ok = r.required(k+".column", n.Column, "the column's name in the list's first line") && ok
		if n.Type != nil && *n.Type == "" {
			r.fail(k+".type", "remove it", "empty")
		}
		all = append(all, contact.NumberColumn{Column: n.Column, Type: text(n.Type)})
	}
	return all, ok
}

func (r *resolver) duplicates(key, otherwise string, raw *string) string {
	if raw == nil {
		return otherwise
	}
	r.oneOf(key+".duplicates", *raw, DuplicatesWords...)
	return *raw
}

// looksIn complains of a glob or directory that cannot be looked at. What it
// holds is not looked at here: a file that somebody put there must not keep the
// daemon from starting.
func (r *resolver) looksIn(key string, l *List) {
	if r.look < everything {
		return
	}
	if _, err := l.files(); err != nil {
		r.failBecause(err, key, "relative paths are relative to the config file's directory", "%s: %s", quote(l.Path), reason(err))
	}
}

func (r *resolver) plan(key string, raw rawList) (p contact.Plan) {
	if raw.Region != nil && r.required(key+".region", *raw.Region, "remove it to have numbers dialed as the list gives them") {
		p.Region = *raw.Region
		if err := contact.CheckRegion(p.Region); err != nil {
			r.failBecause(err, key+".region", "a country of ISO 3166-1; Great Britain is GB", "%v", err)
		}
	}
	if len(raw.Allow) > 0 && raw.Region == nil {
		r.fail(key+".allow", "add the list's region", "which numbers these are is not known without a region")
	}
	for i, what := range raw.Allow {
		switch what {
		case "emergency":
			p.AllowEmergency = true
		case "premium":
			p.AllowPremium = true
		default:
			r.fail(fmt.Sprintf("%s.allow[%d]", key, i), "use emergency, premium", "%s is not known", quote(what))
		}
	}
	return p
}

// regions complains of a list whose numbers cannot be written as the channel
// wants them.
func (r *resolver) regions(key string, c *Campaign) {
	p := c.Originate.needsRegion()
	if p == "" {
		return
	}
	for i, l := range c.Lists {
		if k := fmt.Sprintf("%s.lists[%d]", key, i); l.Plan.Region == "" && !r.has(k+".region") {
			r.fail(k+".region", "add it, such as region: KR, or use {number} in originate.channel", "missing; %s in originate.channel needs it", p)
		}
	}
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
