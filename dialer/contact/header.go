package contact

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// CheckVariable says whether a list or the config may set the channel variable
// of that name: [A-Za-z_][A-Za-z0-9_]*, at most MaxName bytes, not beginning
// with ReservedPrefix behind the underscores that make Asterisk inherit it.
func CheckVariable(name string) error {
	switch {
	case !variableName.MatchString(name):
		return errors.New("only letters, digits and _, not beginning with a digit")
	case len(name) > MaxName:
		return fmt.Errorf("longer than %d bytes", MaxName)
	case strings.HasPrefix(strings.ToUpper(strings.TrimLeft(name, "_")), ReservedPrefix):
		return fmt.Errorf("names beginning with %s are the dialer's own", ReservedPrefix)
	}
	return nil
}

// delimiters are the ones looked for; of two that are equally frequent the
// earlier one wins.
var delimiters = []rune{',', ';', '\t', '|'}

var delimiterNames = map[string]rune{
	",": ',', "comma": ',',
	";": ';', "semicolon": ';',
	"\t": '\t', "tab": '\t',
	"|": '|', "pipe": '|',
}

// ParseDelimiter reads a delimiter or its name: comma, semicolon, tab, pipe.
// Empty is 0, to be found out from the header line.
func ParseDelimiter(s string) (rune, error) {
	if s == "" {
		return 0, nil
	}
	d, ok := delimiterNames[strings.ToLower(s)]
	if !ok {
		return 0, fmt.Errorf("%q is not a delimiter: use comma, semicolon, tab or pipe", s)
	}
	return d, nil
}

// NumberColumn is a column of telephone numbers.
type NumberColumn struct {
	Column string // its header, compared without case
	Type   string // the user's word for them, such as mobile; may be empty
}

// numberColumn is one that was found.
type numberColumn struct {
	column int
	kind   string
}

// MaxNumbers is how many numbers a row can have.
const MaxNumbers = 16

var numberType = regexp.MustCompile(`^[\pL\pN_-]{1,32}$`)

// CheckColumns says whether columns maps only fields that exist, and numbers have
// types that can be, each to a header of its own.
func CheckColumns(columns map[string]string, numbers []NumberColumn) error {
	seen := map[string]string{}
	take := func(what, header string) error {
		header = strings.TrimSpace(header)
		if header == "" {
			return fmt.Errorf("%s: no header name", what)
		}
		fold := strings.ToLower(header)
		if other, ok := seen[fold]; ok {
			return fmt.Errorf("%s and %s both take the column %q", other, what, header)
		}
		seen[fold] = what
		return nil
	}
	for _, f := range slices.Sorted(maps.Keys(columns)) {
		if !slices.Contains(Fields, f) {
			return fmt.Errorf("%q is not a field: %s can be mapped, every other column is an attribute under its own name", f, strings.Join(Fields, ", "))
		}
		if f == FieldNumber && len(numbers) > 0 {
			return errors.New("the number is given, and numbers as well: name all of them in numbers")
		}
		if err := take(f, columns[f]); err != nil {
			return err
		}
	}
	if len(numbers) > MaxNumbers {
		return fmt.Errorf("a contact has at most %d numbers", MaxNumbers)
	}
	for i, n := range numbers {
		if n.Type != "" && !numberType.MatchString(n.Type) {
			return fmt.Errorf("%q cannot be a number's type: use 1 to 32 letters, digits, _ and -", n.Type)
		}
		if err := take(fmt.Sprintf("number %d", i+1), n.Column); err != nil {
			return err
		}
	}
	return nil
}

// CheckAttributes says whether attributes gives valid names to columns, to each
// column one.
func CheckAttributes(attributes map[string]string) error {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := CheckVariable(name); err != nil {
			return fmt.Errorf("%q cannot be a channel variable: %w", name, err)
		}
		header := strings.TrimSpace(attributes[name])
		if header == "" {
			return fmt.Errorf("%s: no header name", name)
		}
		fold := strings.ToLower(header)
		if other, ok := seen[fold]; ok {
			return fmt.Errorf("%s and %s both take the column %q", other, name, header)
		}
		seen[fold] = name
	}
	return nil
}

var errEmpty = &ListError{Reason: "the list is empty", Hint: "its first line must name the columns"}

func (r *Reader) readHeader(opt Options) error {
	if err := CheckColumns(opt.Columns, opt.Numbers); err != nil {
		return &ListError{Reason: "columns: " + err.Error()}
	}
	if err := CheckAttributes(opt.Attributes); err != nil {
		return &ListError{Reason: "attributes: " + err.Error()}
	}
	rec, err := r.source.header()
	if err != nil {
		return err
	}
	refuse := func(hint, format string, args ...any) error {
		return &ListError{Line: rec.line, Reason: fmt.Sprintf(format, args...), Hint: hint}
	}
	if len(rec.values) > MaxColumns {
		return refuse("remove those that nobody needs", "more than %d columns", MaxColumns)
	}
	r.headers = make([]string, len(rec.values))
	for i, h := range rec.values {
		r.headers[i] = strings.TrimSpace(strings.Clone(h))
		if j := strings.IndexFunc(r.headers[i], unicode.IsControl); j >= 0 {
			return refuse("rename the column", "the name of column %d holds the control character %s", i+1, quoteAt(r.headers[i], j))
		}
	}
	return r.assignColumns(rec.line, opt)
}

func (r *Reader) assignColumns(line int, opt Options) error {
	refuse := func(hint, format string, args ...any) error {
		return &ListError{Line: line, Reason: fmt.Sprintf(format, args...), Hint: hint}
	}
	seen := map[string]int{}
	for i, h := range r.headers {
		if h == "" {
			return refuse("name it, or remove the delimiter too many", "column %d has no name; the columns are %s", i+1, r.seenHeaders())
		}
		fold := strings.ToLower(h)
		if j, ok := seen[fold]; ok {
			return refuse("rename one of them", "columns %d and %d are both named %q", j+1, i+1, h)
		}
		seen[fold] = i
	}
	r.fields = make([]field, len(r.headers))
	if err := r.findFields(line, seen, opt); err != nil {
		return err
	}

	given := map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(opt.Attributes)) {
		header := opt.Attributes[name]
		i, ok := seen[strings.ToLower(strings.TrimSpace(header))]
		switch {
		case !ok:
			return refuse("name the columns as they stand in the list", "no column is named %q, which is said to be the attribute %s; the columns are %s", header, name, r.seenHeaders())
		case r.fields[i] != "":
			return refuse("remove it from attributes", "the column %q is the %s, and not the attribute %s as well", header, r.fields[i], name)
		}
		given[i] = name
	}
	r.names = make([]string, len(r.headers))
	used := map[string]int{}
	for i, h := range r.headers {
		if r.fields[i] != "" {
			continue
		}
		name, ok := given[i]
		if !ok {
			name = strings.NewReplacer(" ", "_", "-", "_").Replace(h)
		}
		if err := CheckVariable(name); err != nil {
			return refuse(attributeHint, "column %q cannot be a channel variable: %s", h, err)
		}
		if j, ok := used[strings.ToLower(name)]; ok {
			return refuse("rename one of them", "columns %q and %q both become the channel variable %s", r.headers[j], h, name)
		}
		used[strings.ToLower(name)] = i
		r.names[i] = name
		r.attrs++
	}
	return nil
}

// findFields finds out which columns are fields. seen are the headers in small
// letters.
func (r *Reader) findFields(line int, seen map[string]int, opt Options) error {
	refuse := func(format string, args ...any) error {
		return &ListError{Line: line, Reason: fmt.Sprintf(format, args...), Hint: columnHint}
	}
	take := func(f field, i int) error {
		if other := r.fields[i]; other != "" {
			return refuse("the column %q cannot be both %s and %s", r.headers[i], other, f)
		}
		r.fields[i] = f
		if f == FieldNumber {
			r.numbers = append(r.numbers, numberColumn{column: i})
		}
		return nil
	}
	named := func(f, header string) error {
		i, ok := seen[strings.ToLower(strings.TrimSpace(header))]
		if !ok {
			return refuse("no column is named %q, where the %s is said to be; the columns are %s", header, f, r.seenHeaders())
		}
		return take(field(f), i)
	}
	for _, n := range opt.Numbers {
		if err := named(FieldNumber, n.Column); err != nil {
			return err
		}
		r.numbers[len(r.numbers)-1].kind = n.Type
	}
	for _, f := range Fields {
		header, mapped := opt.Columns[f]
		switch i := firstOf(seen, defaultColumns[f]); {
		case mapped:
			if err := named(f, header); err != nil {
				return err
			}
		case f == FieldNumber && len(opt.Numbers) > 0, f == FieldTimezone && r.zones != ZoneOfColumn:
		case i >= 0:
			if err := take(field(f), i); err != nil {
				return err
			}
		case f == FieldNumber:
			return refuse("no column for the number (%s); the columns are %s", strings.Join(defaultColumns[f], ", "), r.seenHeaders())
		case f == FieldTimezone:
			return refuse("no column for the time zone (%s), by which contacts are called; the columns are %s", strings.Join(defaultColumns[f], ", "), r.seenHeaders())
		}
	}
	if len(opt.Numbers) > 0 {
		return nil
	}
	// phone2 beside phone is a second number, whatever else a list holds.
	attributes := map[string]bool{}
	for _, header := range opt.Attributes {
		attributes[strings.ToLower(strings.TrimSpace(header))] = true
	}
	for n := 2; n <= MaxNumbers; n++ {
		header := fmt.Sprint(strings.ToLower(r.headers[r.numbers[0].column]), n)
		if i, ok := seen[header]; ok && r.fields[i] == "" && !attributes[header] {
			if err := take(FieldNumber, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstOf finds the first of some headers, -1 if none is there.
func firstOf(seen map[string]int, headers []string) int {
	for _, h := range headers {
		if i, ok := seen[h]; ok {
			return i
		}
	}
	return -1
}

func (r *Reader) seenHeaders() string {
	const most = 20
	shown := r.headers
	more := ""
	if len(shown) > most {
		more = fmt.Sprintf(" and %d more", len(shown)-most)
		shown = shown[:most]
	}
	quoted := make([]string, len(shown))
	for i, h := range shown {
		quoted[i] = fmt.Sprintf("%q", h)
	}
	return strings.Join(quoted, ", ") + more
}
