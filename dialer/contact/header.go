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

// CheckColumns says whether columns maps only fields that exist, each to a
// header of its own.
func CheckColumns(columns map[string]string) error {
	seen := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(columns)) {
		if field != FieldNumber && field != FieldKey {
			return fmt.Errorf("%q is not a field: %s and %s can be mapped, every other column is an attribute under its own name", field, FieldNumber, FieldKey)
		}
		header := strings.TrimSpace(columns[field])
		if header == "" {
			return fmt.Errorf("%s: no header name", field)
		}
		fold := strings.ToLower(header)
		if other, ok := seen[fold]; ok {
			return fmt.Errorf("%s and %s both take the column %q", other, field, header)
		}
		seen[fold] = field
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
	if err := CheckColumns(opt.Columns); err != nil {
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
	find := func(field string) (int, error) {
		if want, ok := opt.Columns[field]; ok {
			i, ok := seen[strings.ToLower(strings.TrimSpace(want))]
			if !ok {
				return -1, refuse(columnHint, "no column is named %q, where the %s is said to be; the columns are %s", want, field, r.seenHeaders())
			}
			return i, nil
		}
		for _, h := range defaultColumns[field] {
			if i, ok := seen[h]; ok {
				return i, nil
			}
		}
		return -1, nil
	}
	var err error
	if r.number, err = find(FieldNumber); err != nil {
		return err
	}
	if r.number < 0 {
		return refuse(columnHint, "no column for the number (%s); the columns are %s", strings.Join(defaultColumns[FieldNumber], ", "), r.seenHeaders())
	}
	if r.key, err = find(FieldKey); err != nil {
		return err
	}
	if r.key == r.number {
		return refuse(columnHint, "the column %q cannot be both number and key", r.headers[r.key])
	}

	given := map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(opt.Attributes)) {
		header := opt.Attributes[name]
		i, ok := seen[strings.ToLower(strings.TrimSpace(header))]
		switch {
		case !ok:
			return refuse("name the columns as they stand in the list", "no column is named %q, which is said to be the attribute %s; the columns are %s", header, name, r.seenHeaders())
		case i == r.number || i == r.key:
			return refuse("remove it from attributes", "the column %q is the number or the key, and not the attribute %s as well", header, name)
		}
		given[i] = name
	}
	r.names = make([]string, len(r.headers))
	used := map[string]int{}
	for i, h := range r.headers {
		if i == r.number || i == r.key {
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
