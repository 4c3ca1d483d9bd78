package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// tree is the YAML of a config file as written. It is looked at before viper
// sees it, because only here numbers still have their leading zeros and pluses,
// keys their lines and duplicates their second copy.
type tree struct {
	file  string
	at    map[string]place  // where each key stands
	names map[string]string // of asterisk[i] and campaigns[i]
	bad   map[string]bool   // keys already complained of
	errs  Errors
	nodes int
}

type place struct{ line, column int }

var (
	durationType = reflect.TypeFor[time.Duration]()
	percentType  = reflect.TypeFor[percent]()
	delaysType   = reflect.TypeFor[delays]()
	namesType    = reflect.TypeFor[names]()
	yamlLine     = regexp.MustCompile(`line ([0-9]+): `)
	fraction     = regexp.MustCompile(`^[+-]?[0-9]{1,15}([.][0-9]{1,15})?$`)
	decimal      = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)$`)
)

// parseTree checks the shape of a config file against rawConfig and returns
// what is sound of it. Keys that are not are left out and noted.
func parseTree(file string, data []byte) (*tree, map[string]any) {
	t := &tree{file: file, at: map[string]place{}, names: map[string]string{}, bad: map[string]bool{}}
	root, err := parseYAML(data)
	if err != nil {
		t.errs = append(t.errs, yamlError(file, err))
		return t, nil
	}
	if root == nil {
		t.fail("", "config.example.yaml is a complete one", "the file is empty")
		return t, nil
	}
	value, ok := t.value(root, reflect.TypeFor[rawConfig](), "")
	if !ok {
		return t, nil
	}
	return t, value.(map[string]any)
}

func parseYAML(data []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("not YAML: %v", r)
		}
	}()
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, fmt.Errorf("line %d: a NUL byte; is it a text file in UTF-8?", 1+bytes.Count(data[:i], []byte("\n")))
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, fmt.Errorf("line %d: a second document begins; one file is one config", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, nil
	}
	return doc.Content[0], nil
}

func yamlError(file string, err error) *Error {
	e := &Error{File: file, Hint: "check indentation, colons and quotes there and in the line before", Err: err}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatchIndex(text); m != nil {
		e.Line, _ = strconv.Atoi(text[m[2]:m[3]]) // digits by the pattern; on overflow no line is shown
		text = text[:m[0]] + text[m[1]:]
	}
	if strings.HasPrefix(text, "unknown anchor") {
		// The name may be what was meant as a secret: secret: *abc
		text = "a value begins with * but names no anchor"
		e.Hint = "quote values that begin with *"
		e.Err = nil
	}
	e.Problem = text
	return e
}

// fail notes one error unless the key, or what it is in, has one already.
func (t *tree) fail(key, hint, format string, args ...any) {
	t.failBecause(nil, key, hint, format, args...)
}

func (t *tree) failBecause(cause error, key, hint, format string, args ...any) {
	if t.isBad(key) {
		return
	}
	p := t.locate(key)
	t.errs = append(t.errs, &Error{File: t.file, Line: p.line, column: p.column, Key: key,
		Problem: fmt.Sprintf(format, args...), Hint: hint, Err: cause})
}

// spoil notes an error at a node and keeps quiet about the key from then on.
func (t *tree) spoil(key, hint, format string, args ...any) (any, bool) {
	t.fail(key, hint, format, args...)
	t.bad[key] = true
	return nil, false
}

func (t *tree) isBad(key string) bool {
	for ; ; key = parent(key) {
		if t.bad[key] {
			return true
		}
		if key == "" {
			return false
		}
	}
}

// anyBad is true if key or anything in it was complained of by spoil.
func (t *tree) anyBad(key string) bool {
	for bad := range t.bad {
		if rest, ok := strings.CutPrefix(bad, key); ok && (rest == "" || rest[0] == '[' || rest[0] == '.') {
			return true
		}
	}
	return false
}

func (t *tree) has(key string) bool {
	_, ok := t.at[key]
	return ok
}

// locate is where key stands or, if it does not, what it would stand in.
func (t *tree) locate(key string) place {
	for ; key != ""; key = parent(key) {
		if p, ok := t.at[key]; ok {
			return p
		}
	}
	return place{}
}

func parent(key string) string {
	if i := strings.LastIndexAny(key, ".["); i >= 0 {
		return key[:i]
	}
	return ""
}

func join(key, sub string) string {
	if key == "" {
		return sub
	}
	return key + "." + sub
}

// finish gives the errors in order and with the names of what they are in.
func (t *tree) finish() Errors {
	for _, e := range t.errs {
		for key := e.Key; key != ""; key = parent(key) {
			if name := t.names[key]; name != "" && e.Key != key+".name" {
				e.Name = name
				break
			}
		}
	}
	errs := t.errs.sorted()
	if n := len(errs); n > MaxErrors {
		errs = append(errs[:MaxErrors:MaxErrors], &Error{File: t.file, Line: errs[n-1].Line, Problem: fmt.Sprintf("%d more errors", n-MaxErrors)})
	}
	return errs
}

// value turns a node into what viper is given: maps, slices, strings, ints and
// bools. Durations stay text. It is false for what was refused.
func (t *tree) value(n *yaml.Node, typ reflect.Type, key string) (any, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	t.nodes++
	if t.nodes > maxNodes {
		if t.nodes == maxNodes+1 {
			t.fail(key, "", "more than %d values", maxNodes)
		}
		t.bad[key] = true
		return nil, false
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		if key == "" {
			return t.spoil(key, "config.example.yaml is a complete one", "the file is empty")
		}
		return t.spoil(key, "give it a value or remove the key", "no value")
	}
	switch {
	case typ == durationType:
		return t.durationValue(n, key)
	case typ == percentType:
		return t.percentValue(n, key)
	case typ == delaysType && n.Kind == yaml.ScalarNode:
		one, ok := t.durationValue(n, key)
		return []any{one}, ok
	case typ == namesType && n.Kind == yaml.ScalarNode:
		one, ok := t.textValue(n, key)
		return []any{one}, ok
	case typ.Kind() == reflect.Struct:
		return t.objectValue(n, typ, key)
	case typ.Kind() == reflect.Map:
		return t.tableValue(n, typ, key)
	case typ.Kind() == reflect.Slice:
		return t.listValue(n, typ, key)
	case typ.Kind() == reflect.String:
		return t.textValue(n, key)
	case typ.Kind() == reflect.Int:
		return t.intValue(n, key)
	case typ.Kind() == reflect.Float64:
		return t.numberValue(n, key)
	case typ.Kind() == reflect.Bool:
		return t.boolValue(n, key)
	}
	panic("config: no reader for " + typ.String()) // the schema is ours
}

// pairs goes over a mapping and gives each key once, in lower case.
func (t *tree) pairs(n *yaml.Node, key string, each func(name string, k, v *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		t.spoil(key, "write its keys on lines of their own below it, indented, each with a colon and a space", "a mapping is wanted here, not %s", kindOf(n))
		return false
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		sub := join(key, "?")
		t.at[sub] = place{k.Line, k.Column}
		switch {
		case k.Kind != yaml.ScalarNode:
			t.fail(sub, "", "a key must be a word, not %s", kindOf(k))
			continue
		case k.ShortTag() == "!!merge":
			t.fail(sub, "write the keys out", "merge keys (<<) are not supported")
			continue
		}
		name := strings.ToLower(k.Value)
		sub = join(key, name)
		if line, ok := seen[name]; ok {
			first := t.at[sub]
			t.at[sub] = place{k.Line, k.Column}
			t.fail(sub, "remove one of the two", "given twice, first in line %d", line)
			t.at[sub] = first
			continue
		}
		seen[name] = k.Line
		t.at[sub] = place{k.Line, k.Column}
		each(name, k, v)
	}
	delete(t.at, join(key, "?"))
	return true
}

func (t *tree) objectValue(n *yaml.Node, typ reflect.Type, key string) (any, bool) {
	fields := fieldsOf(typ)
	out := map[string]any{}
	ok := t.pairs(n, key, func(name string, k, v *yaml.Node) {
		sub := join(key, name)
		field, known := fields[name]
		if !known {
			t.unknown(key, name, v, fields)
			return
		}
		if value, ok := t.value(v, field, sub); ok {
			out[name] = value
		}
	})
	if !ok {
		return nil, false
	}
	// A list in a campaign has a name too, but errors go by the campaign's.
	if name, isText := out["name"].(string); isText && !strings.Contains(key, ".") {
		t.names[key] = name
	}
	return out, true
}

func (t *tree) tableValue(n *yaml.Node, typ reflect.Type, key string) (any, bool) {
	out := map[string]any{}
	ok := t.pairs(n, key, func(name string, k, v *yaml.Node) {
		if value, ok := t.value(v, typ.Elem(), join(key, name)); ok {
			out[name] = value
		}
	})
	return out, ok
}

func (t *tree) listValue(n *yaml.Node, typ reflect.Type, key string) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		return t.spoil(key, "write each entry on a line of its own, beginning with a dash", "a list is wanted here, not %s", kindOf(n))
	}
	out := make([]any, 0, len(n.Content))
	for i, item := range n.Content {
		sub := fmt.Sprintf("%s[%d]", key, i)
		t.at[sub] = place{item.Line, item.Column}
		value, ok := t.value(item, typ.Elem(), sub)
		if !ok {
			// Something has to stand there, or the entries after it would be
			// complained of under wrong numbers.
			switch value = any(map[string]any{}); {
			case typ.Elem().Kind() == reflect.String:
				value = ""
			case typ.Elem() == durationType:
				value = "1s"
			}
		}
		out = append(out, value)
	}
	return out, true
}

func (t *tree) textValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		return t.spoil(key, "", "text is wanted here, not %s", kindOf(n))
	}
	tag := n.ShortTag()
	// To YAML an unquoted 2026-12-25 is a date, but here it stands as written.
	if tag == "!!str" || tag == "!!timestamp" {
		return n.Value, true
	}
	shown, hint := quote(n.Value), `quote it: "`+n.Value+`"`
	if secretKey(key) || strings.ContainsAny(n.Value, "\"\\") || hasControl(n.Value) {
		shown, hint = "it", "quote it"
	}
	return t.spoil(key, hint, "text is wanted here, but unquoted %s is %s", shown, kindOf(n))
}

func (t *tree) intValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		return t.spoil(key, "", "a whole number is wanted here, not %s", kindOf(n))
	}
	if n.ShortTag() == "!!str" && decimal.MatchString(n.Value) {
		return t.spoil(key, "remove the quotes", "a whole number is wanted here, not text")
	}
	v, err := strconv.Atoi(n.Value)
	if n.ShortTag() != "!!int" || !decimal.MatchString(n.Value) || err != nil {
		return t.spoil(key, "write it in decimal digits, without leading zeros", "%s is not a whole number", quote(n.Value))
	}
	return v, true
}

func (t *tree) numberValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		return t.spoil(key, "", "a number is wanted here, not %s", kindOf(n))
	}
	if n.ShortTag() == "!!str" && fraction.MatchString(n.Value) {
		return t.spoil(key, "remove the quotes", "a number is wanted here, not text")
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if !fraction.MatchString(n.Value) || err != nil {
		return t.spoil(key, "write it in decimal digits, such as 2 or 1.5", "%s is not a number", quote(n.Value))
	}
	return v, true
}

func (t *tree) percentValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		return t.spoil(key, "", "a percentage is wanted here, not %s", kindOf(n))
	}
	if _, err := parsePercent(n.Value); err != nil {
		return t.spoil(key, "write it with its sign, such as 3% or 0.5%", "%v", err)
	}
	return n.Value, true
}

// parsePercent reads 3% as 0.03.
func parsePercent(s string) (float64, error) {
	number, ok := strings.CutSuffix(s, "%")
	if ok = ok && fraction.MatchString(number); !ok {
		return 0, fmt.Errorf("%s is not a percentage", quote(s))
	}
	v, err := strconv.ParseFloat(number, 64)
	return v / 100, err
}

func (t *tree) boolValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		return t.spoil(key, "write true or false", "true or false is wanted here, not %s", kindOf(n))
	}
	return strings.EqualFold(n.Value, "true"), true
}

func (t *tree) durationValue(n *yaml.Node, key string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		return t.spoil(key, "", "a duration is wanted here, not %s", kindOf(n))
	}
	if _, err := parseDuration(n.Value); err != nil {
		hint := "write a number and a unit, such as 30s, 5m or 24h"
		if decimal.MatchString(n.Value) && len(n.Value) < 10 {
			hint = fmt.Sprintf("write %ss for seconds, %sm for minutes", n.Value, n.Value)
		}
		return t.spoil(key, hint, "%v", err)
	}
	return n.Value, true
}

// parseDuration refuses a number without a unit; zero needs none.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err == nil:
		return d, nil
	case strings.Contains(err.Error(), "missing unit"):
		return 0, fmt.Errorf("%s has no unit", quote(s))
	}
	return 0, fmt.Errorf("%s is not a duration", quote(s))
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!null":
		return "nothing"
	case "!!str":
		return "text"
	}
	return "something else"
}

func secretKey(key string) bool { return key == "secret" || strings.HasSuffix(key, ".secret") }
