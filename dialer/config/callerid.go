package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// The values of CallerIDs.Choose.
const (
	ChooseRotate = "rotate" // unless given
	ChooseLocal  = "local"  // of those in the area of the number called, if there are any
)

// CallerIDs are several numbers that a campaign's calls show in turn, as
// campaign.CallerIDs has it.
type CallerIDs struct {
	Numbers    []string // as they are sent; none: Originate.CallerID is
	Choose     string
	MaxPerHour int // of one number, over all campaigns; 0: no such bound
	MaxPerDay  int
}

// callers are all that calls may show, one at least if there is any.
func (o *Originate) callers() []string {
	if o.CallerID != "" {
		return []string{o.CallerID}
	}
	return o.CallerIDs.Numbers
}

// CallerNumbers are the numbers in what calls may show, as attempts keep them: ""
// for what holds none.
func (o *Originate) CallerNumbers() (all []string) {
	for _, text := range o.callers() {
		all = append(all, callerNumber(text))
	}
	return all
}

// CallerText is what is sent for a number of CallerNumbers.
func (o *Originate) CallerText(number string) string {
	for _, text := range o.callers() {
		if callerNumber(text) == number {
			return text
		}
	}
	return ""
}

// callerNumber is the number in what Asterisk reads as a name and a number: that in
// the last angle brackets, or else all of it, without spaces, dots, brackets and
// dashes. "" if that is none.
func callerNumber(text string) string {
	number := strings.TrimSpace(text)
	if i := strings.LastIndexByte(number, '<'); i >= 0 && strings.HasSuffix(number, ">") {
		number = number[i+1 : len(number)-1]
	}
	number = strings.NewReplacer(" ", "", "(", "", ")", "", "-", "", ".", "").Replace(number)
	if strings.Trim(number, "0123456789+*#") != "" {
		return ""
	}
	return number
}

// Areas are the beginnings of numbers that are in the area of one of the
// campaign's CallerNumbers: none unless a local one is to be chosen, and for one
// that belongs to no place.
func (c *Campaign) Areas(number string) (all []string) {
	if c.Originate.CallerIDs.Choose != ChooseLocal {
		return nil
	}
	for _, l := range c.Lists {
		if n, err := l.Plan.Normalise(number); err == nil && contact.Area(n) != "" {
			all = append(all, contact.Area(n))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (r *resolver) callerIDs(key string, o *Originate, raw rawCallerIDs) {
	if !r.has(key) {
		return
	}
	ids := &o.CallerIDs
	ids.Numbers, ids.Choose = raw.Numbers, cmp.Or(text(raw.Choose), ChooseRotate)
	if o.CallerID != "" {
		r.fail(key, "keep caller_id for one, caller_ids for several", "caller_id is given as well")
	}
	switch {
	case r.anyBad(key + ".numbers"):
	case len(ids.Numbers) == 0:
		r.fail(key+".numbers", `such as ['"Spring" <0212345670>', "0312345678"]`, "no number")
	case len(ids.Numbers) > MaxCallerIDs:
		r.fail(key+".numbers", "", "%d, more than %d", len(ids.Numbers), MaxCallerIDs)
	}
	seen := map[string]int{}
	for i, written := range ids.Numbers {
		k := fmt.Sprintf("%s.numbers[%d]", key, i)
		number := callerNumber(written)
		first, twice := seen[number]
		switch {
		case !r.text(k, written) || r.anyBad(k):
		case number == "":
			r.fail(k, `write the number, or "Name" <number>`, "%s holds no number", quote(written))
		case twice:
			r.fail(k, "remove one of the two", "%s is numbers[%d] already", quote(number), first)
		default:
			seen[number] = i
		}
	}
	r.oneOf(key+".choose", ids.Choose, ChooseRotate, ChooseLocal)
	for _, bound := range []struct {
		key string
		raw *int
		to  *int
	}{{key + ".max_per_hour", raw.MaxPerHour, &ids.MaxPerHour}, {key + ".max_per_day", raw.MaxPerDay, &ids.MaxPerDay}} {
		if bound.raw != nil {
			*bound.to = *bound.raw
			r.within(bound.key, *bound.raw, 1, MaxShown)
		}
	}
	if ids.MaxPerDay > 0 && ids.MaxPerHour > ids.MaxPerDay {
		r.fail(key+".max_per_hour", "", "%d an hour are more than %d a day", ids.MaxPerHour, ids.MaxPerDay)
	}
}

// callersHaveAreas complains of numbers to choose a local one from where it cannot be
// told which is.
func (r *resolver) callersHaveAreas(key string, c *Campaign) {
	if c.Originate.CallerIDs.Choose != ChooseLocal || len(c.Lists) == 0 {
		return
	}
	at := key + ".originate.caller_ids"
	for i, l := range c.Lists {
		if k := fmt.Sprintf("%s.lists[%d]", key, i); l.Plan.Region == "" {
			if !r.has(k + ".region") {
				r.fail(k+".region", "add it, such as region: KR, or use choose: rotate", "missing; originate.caller_ids.choose: local needs it")
			}
			return
		}
	}
	for _, number := range c.Originate.CallerNumbers() {
		if len(c.Areas(number)) > 0 {
			return
		}
	}
	if !r.anyBad(at) {
		r.fail(at+".choose", "choose rotate, or give numbers with an area code", "none of the numbers belongs to an area, by the regions of the lists")
	}
}
