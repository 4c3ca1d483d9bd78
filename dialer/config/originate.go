package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// Placeholders are what a channel's template may hold for the number: as it is
// stored, which with a region is E.164 (+821012345678), E.164 again, for lists
// of which that must be known, and as it is dialed within its country
// (01012345678).
var Placeholders = []string{"{number}", "{e164}", "{national}"}

var (
	channelTech  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*/`)
	application  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	contextName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,79}$`)
	extenPattern = regexp.MustCompile(`^[A-Za-z0-9_.+*#-]{1,79}$`)
	placeholder  = regexp.MustCompile(`\{[^{}]*\}?|\}`)
)

// ChannelTo is the channel to originate for a number, which must come from
// contact.Plan.Normalise.
func (o Originate) ChannelTo(number string) string {
	if strings.Contains(o.Channel, "{national}") {
		return strings.Replace(o.Channel, "{national}", contact.National(number), 1)
	}
	return strings.ReplaceAll(strings.ReplaceAll(o.Channel, "{number}", number), "{e164}", number)
}

// needsRegion is the placeholder of the channel that only numbers of a known
// country can be written for, "" if it has none.
func (o Originate) needsRegion() string {
	for _, p := range Placeholders[1:] {
		if strings.Contains(o.Channel, p) {
			return p
		}
	}
	return ""
}

// Accepts says whether a list that the config does not name may be loaded into
// the campaign: it needs a name, a region if the channel does, and no column of
// time zones unless contacts are called by it.
func (c *Campaign) Accepts(l *List) error {
	if !identifier.MatchString(l.Name) {
		return fmt.Errorf("%s is not a list's name: use 1 to 64 letters, digits, _ and -", quote(l.Name))
	}
	if why := c.ignoresZones(l); why != "" {
		return fmt.Errorf("list %s: %s", l.Name, why)
	}
	if p := c.Originate.needsRegion(); p != "" && l.Plan.Region == "" {
		return fmt.Errorf("list %s has no region; %s in the campaign's originate.channel needs it", l.Name, p)
	}
	return nil
}

func (r *resolver) originate(key, queue string, broadcast bool, raw rawOriginate) Originate {
	o := Originate{Channel: DefaultChannel, RingTimeout: DefaultRingTimeout, CallerID: raw.CallerID, Variables: raw.Variables}
	if raw.Channel != nil {
		o.Channel = *raw.Channel
		r.channel(key+".channel", o.Channel)
	}
	if raw.RingTimeout != nil {
		o.RingTimeout = *raw.RingTimeout
		r.duration(key+".ring_timeout", o.RingTimeout, MinRingTimeout, MaxRingTimeout)
	}
	r.text(key+".caller_id", raw.CallerID)
	r.callerIDs(key+".caller_ids", &o, raw.CallerIDs)
	r.variables(key+".variables", raw.Variables)
	r.destination(key, queue, broadcast, raw, &o)
	return o
}

func (r *resolver) channel(key, channel string) {
	const hint = "such as " + DefaultChannel
	if !r.required(key, channel, hint) || !r.text(key, channel) {
		return
	}
	numbers := 0
	for _, p := range placeholder.FindAllString(channel, -1) {
		if !slices.Contains(Placeholders, p) {
			r.fail(key, "the placeholders are "+strings.Join(Placeholders, ", "), "%s: placeholder %s is not known", quote(channel), quote(p))
			return
		}
		numbers++
	}
	switch {
	case numbers != 1:
		r.fail(key, hint, "%s holds %d placeholders for the number, not one", quote(channel), numbers)
	case !channelTech.MatchString(channel):
		r.fail(key, hint, "%s does not begin with a technology and a slash", quote(channel))
	}
}

func (r *resolver) variables(key string, variables []string) {
	if len(variables) > MaxVariables {
		r.fail(key, "", "more than %d", MaxVariables)
	}
	seen := map[string]bool{}
	for i, v := range variables {
		k := fmt.Sprintf("%s[%d]", key, i)
		name, _, ok := strings.Cut(v, "=")
		if !ok {
			r.fail(k, "such as LANG=ko", "%s is not NAME=value", quote(v))
			continue
		}
		switch err := contact.CheckVariable(name); {
		case err != nil:
			r.failBecause(err, k, "such as LANG=ko", "%s cannot be a channel variable: %v", quote(name), err)
		case seen[name]:
			r.fail(k, "remove one of the two", "%s is set already", name)
		case len(v) > MaxVariable:
			r.fail(k, "", "longer than %d bytes", MaxVariable)
		case hasControl(v):
			r.fail(k, "remove it", "%s holds a line break or another control character", quote(v))
		}
		seen[name] = true
	}
}

// destination is where an answered call goes. Without a word about it that is
// the campaign's queue, so that a queue is all a config must name.
func (r *resolver) destination(key, queue string, broadcast bool, raw rawOriginate, o *Originate) {
	app := r.has(key+".application") || r.has(key+".data")
	dialplan := r.has(key+".context") || r.has(key+".exten") || r.has(key+".priority")
	if app && dialplan {
		second := key + ".application"
		if !r.has(second) {
			second = key + ".data"
		}
		r.fail(second, "keep application and data, or context, exten and priority", "a context is given as well")
		return
	}
	switch {
	case app:
		o.Application, o.Data = text(raw.Application), text(raw.Data)
		if r.required(key+".application", o.Application, "such as Queue") && !application.MatchString(o.Application) {
			r.fail(key+".application", "such as Queue", "%s is not an application", quote(o.Application))
		}
		r.text(key+".data", o.Data)
	case dialplan:
		o.Context, o.Exten, o.Priority = text(raw.Context), text(raw.Exten), DefaultPriority
		if r.required(key+".context", o.Context, "the dialplan's context for answered calls") && !contextName.MatchString(o.Context) {
			r.fail(key+".context", "use letters, digits and _ . -", "%s is not a context", quote(o.Context))
		}
		if r.required(key+".exten", o.Exten, "the extension in that context, quoted") && !extenPattern.MatchString(o.Exten) {
			r.fail(key+".exten", "use letters, digits and _ . + * # -", "%s is not an extension", quote(o.Exten))
		}
		if raw.Priority != nil {
			o.Priority = *raw.Priority
			r.within(key+".priority", o.Priority, 1, MaxPriority)
		}
	case broadcast:
		r.fail(key, "give it context, exten and priority, or application and data", "a broadcast has no queue, so it must say where an answered call goes")
	default:
		o.Application, o.Data = "Queue", queue+",,,,"
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
