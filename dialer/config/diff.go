package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Change is one difference between two configs.
type Change struct {
	Subject  string // what it is about: "campaign spring", "list x of spring"; empty for the file's own keys
	Key      string // below the subject, as the file has it; empty if all of it is new or gone
	Old, New string // what stands there; empty where that is not shown
	Gone     bool   // the subject is
}

// String tells it in plain words.
func (c Change) String() string {
	what := c.Key
	if c.Subject != "" && c.Key != "" {
		what = c.Subject + ": " + c.Key
	}
	switch {
	case c.Key == "" && c.Gone:
		return c.Subject + " is gone"
	case c.Key == "":
		return c.Subject + " is new"
	case c.Old == c.New:
		return what + " is another"
	}
	return what + " " + c.Old + " -> " + c.New
}

// Diff tells what another config changes, in the order of the keys. A secret is
// said to be another and not shown. Campaigns, servers, lists and webhooks are
// compared by name, reports by path: their order means nothing.
func Diff(old, new *Config) []Change {
	var d differ
	for _, key := range []string{"Store", "Control", "Log"} {
		d.value("", keyOf(key), reflect.ValueOf(*old).FieldByName(key), reflect.ValueOf(*new).FieldByName(key))
	}
	each(&d, old.Asterisk, new.Asterisk, func(a *Asterisk) string { return "asterisk " + a.Name }, nil)
	d.dnc("", old.DNC, new.DNC)
	each(&d, old.Campaigns, new.Campaigns, func(c *Campaign) string { return "campaign " + c.Name }, func(a, b *Campaign) {
		each(&d, a.Lists, b.Lists, func(l *List) string { return l.Subject(a.Name) }, nil)
		d.dnc(" of "+a.Name, a.DNC, b.DNC)
	})
	each(&d, old.Reports, new.Reports, func(r *Report) string { return "report " + printable(r.Path) }, nil)
	each(&d, old.Webhooks, new.Webhooks, func(w *Webhook) string { return "webhook " + w.Name }, nil)
	return d.changes
}

// Subject is how changes speak of a campaign's list.
func (l *List) Subject(campaign string) string {
	return "list " + printable(l.ID()) + " of " + campaign
}

type differ struct{ changes []Change }

func (d *differ) add(c Change) { d.changes = append(d.changes, c) }

func (d *differ) dnc(of string, old, new DNC) {
	each(d, old.Files, new.Files, func(f *DNCFile) string { return "do-not-call file " + f.Name + of }, nil)
}

// each compares what has a subject of its own; inner what in it has, too.
func each[T any](d *differ, old, new []T, subject func(*T) string, inner func(a, b *T)) {
	was := map[string]*T{}
	for i := range old {
		was[subject(&old[i])] = &old[i]
	}
	for i := range new {
		b, s := &new[i], subject(&new[i])
		a := was[s]
		delete(was, s)
		if a == nil {
			d.add(Change{Subject: s})
			continue
		}
		d.value(s, "", reflect.ValueOf(*a), reflect.ValueOf(*b))
		if inner != nil {
			inner(a, b)
		}
	}
	for i := range old {
		if s := subject(&old[i]); was[s] != nil {
			d.add(Change{Subject: s, Gone: true})
		}
	}
}

// own are fields with subjects of their own, and of no meaning.
var own = map[string]bool{"Campaign.Lists": true, "Campaign.DNC": true}

// hidden are fields that are secret, or may hold a secret.
var hidden = map[string]bool{"Asterisk.Secret": true, "Webhook.Secret": true, "Webhook.URL": true}

// shares are fields that are written with a percent sign.
var shares = map[string]bool{"Pacing.AbandonTarget": true, "RetryRule.Jitter": true, "Breaker.Share": true}

func (d *differ) value(subject, key string, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	switch x := a.Interface().(type) {
	case Calling:
		d.calling(subject, key, x, b.Interface().(Calling))
		return
	case pacing.Regime:
		d.regime(subject, key, x, b.Interface().(pacing.Regime))
		return
	}
	switch a.Kind() {
	case reflect.Struct:
		any := false
		for i := range a.NumField() {
			f := a.Type().Field(i)
			name := a.Type().Name() + "." + f.Name
			if !f.IsExported() || own[name] {
				continue
			}
			any = true
			sub := join(key, cmp.Or(f.Tag.Get("mapstructure"), fieldKey(name)))
			switch x, y := a.Field(i), b.Field(i); {
			case hidden[name]:
				if !reflect.DeepEqual(x.Interface(), y.Interface()) {
					d.add(Change{Subject: subject, Key: sub})
				}
			case name == "Control.Tokens":
				if !slices.Equal(x.Interface().([]Token), y.Interface().([]Token)) {
					d.add(Change{Subject: subject, Key: join(key, "token_file")})
				}
			case name == "Campaign.Asterisk" && !reflect.DeepEqual(x.Interface(), y.Interface()):
				d.add(Change{Subject: subject, Key: sub, Old: namesText(x), New: namesText(y)})
			case name == "List.Plan":
				d.value(subject, key, x, y)
			case name == "List.Remove" && x.Bool() != y.Bool():
				words := map[bool]string{false: "keep", true: "remove"}
				d.add(Change{Subject: subject, Key: sub, Old: words[x.Bool()], New: words[y.Bool()]})
			case shares[name] && x.Float() != y.Float():
				d.add(Change{Subject: subject, Key: sub, Old: percentText(x.Float()), New: percentText(y.Float())})
			default:
				d.value(subject, sub, x, y)
			}
		}
		if !any {
			d.add(Change{Subject: subject, Key: key})
		}
	case reflect.Map:
		d.table(subject, key, a, b)
	default:
		d.add(Change{Subject: subject, Key: key, Old: shown(a), New: shown(b)})
	}
}

// regime tells another regime by its name, and its rules, which a campaign may
// have of its own, where pacing.abandoned has them.
func (d *differ) regime(subject, key string, a, b pacing.Regime) {
	if a.Name != b.Name {
		d.add(Change{Subject: subject, Key: key, Old: a.Name, New: b.Name})
	}
	key = strings.TrimSuffix(key, "regime") + "abandoned."
	for _, r := range []struct{ key, old, new string }{
		{"window", windowText(a.Window), windowText(b.Window)},
		{"after", short(a.Patience), short(b.Patience)},
		{"from", fromText(a.FromGreeting), fromText(b.FromGreeting)},
		{"late", strconv.FormatBool(a.Late), strconv.FormatBool(b.Late)},
		{"machines", strconv.FormatBool(a.Machines), strconv.FormatBool(b.Machines)},
		{"false_machines", percentText(a.FalseMachines), percentText(b.FalseMachines)},
		{"min_ring", short(a.MinRing), short(b.MinRing)},
		{"lockout", short(a.LockOut), short(b.LockOut)},
		{"certain_after", short(a.CertainAfter), short(b.CertainAfter)},
		{"guaranteed", strconv.FormatBool(a.Guaranteed), strconv.FormatBool(b.Guaranteed)},
	} {
		if r.old != r.new {
			d.add(Change{Subject: subject, Key: key + r.key, Old: r.old, New: r.new})
		}
	}
}

// namesText are names as they are written, mostly: one alone, several in a list.
func namesText(v reflect.Value) string {
	if v.Len() == 1 {
		return shown(v.Index(0))
	}
	return shown(v)
}

func windowText(w pacing.Window) string {
	switch w {
	case 1:
		return "day"
	case pacing.CalendarMonth:
		return "month"
	}
	return strconv.Itoa(int(w)) + "d"
}

func fromText(greeting bool) string {
	if greeting {
		return "greeting"
	}
	return "answer"
}

// calling tells what was written: what has become of it are edges of a clock.
func (d *differ) calling(subject, key string, a, b Calling) {
	was, is := a.written, b.written
	same := a.Location.String() == b.Location.String()
	a.written, b.written, a.Location, b.Location = is, is, nil, nil
	if same && reflect.DeepEqual(a, b) {
		return
	}
	n := len(d.changes)
	d.value(subject, key, reflect.ValueOf(was), reflect.ValueOf(is))
	if len(d.changes) == n {
		d.add(Change{Subject: subject, Key: key})
	}
}

func (d *differ) table(subject, key string, a, b reflect.Value) {
	keys := map[string]reflect.Value{}
	for _, m := range []reflect.Value{a, b} {
		for _, k := range m.MapKeys() {
			keys[fmt.Sprint(k)] = k
		}
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		x, y := a.MapIndex(keys[name]), b.MapIndex(keys[name])
		if x.IsValid() && y.IsValid() {
			d.value(subject, join(key, name), x, y)
			continue
		}
		d.add(Change{Subject: subject, Key: join(key, name), Old: shown(x), New: shown(y)})
	}
}

const unset = "unset"

// shown shows a value as the file has it.
func shown(v reflect.Value) string {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) && v.IsNil() {
		return unset
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return short(x)
	case []time.Duration:
		if len(x) == 1 {
			return short(x[0])
		}
	case rune:
		if x == 0 {
			return unset
		}
		return strconv.QuoteRune(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return shown(v.Elem())
	case reflect.String:
		if v.Len() == 0 {
			return unset
		}
		return printable(v.String())
	case reflect.Slice:
		if v.Len() == 1 && v.Type().Elem() == reflect.TypeFor[time.Duration]() {
			return shown(v.Index(0)) // as it is written, mostly
		}
		var all []string
		for i := range v.Len() {
			all = append(all, shown(v.Index(i)))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case reflect.Struct:
		var all []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				all = append(all, cmp.Or(f.Tag.Get("mapstructure"), keyOf(f.Name))+": "+shown(v.Field(i)))
			}
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

func percentText(share float64) string {
	if share == 0 {
		return unset
	}
	return strconv.FormatFloat(100*share, 'g', 6, 64) + "%"
}

// fieldKey is the key of a field that is called otherwise than its key.
func fieldKey(name string) string {
	switch name {
	case "Originate.CallerIDs":
		return "caller_ids"
	case "List.Remove":
		return "removed"
	}
	_, field, _ := strings.Cut(name, ".")
	return keyOf(field)
}

// keyOf is the key of a field: max_in_flight of MaxInFlight, ca_file of CAFile.
func keyOf(field string) string {
	var b strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
