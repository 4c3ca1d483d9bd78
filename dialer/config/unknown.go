package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fieldsOf are the keys of a raw type.
func fieldsOf(typ reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range typ.Fields() {
		fields[f.Tag.Get("mapstructure")] = f.Type
	}
	return fields
}

// unknown complains of the key name in key and says what may have been meant.
func (t *tree) unknown(key, name string, v *yaml.Node, fields map[string]reflect.Type) {
	sub := join(key, name)
	if word, rest, ok := strings.Cut(name, ":"); ok && rest != "" {
		// {secret:abc} is one word to YAML; what follows the colon is not shown.
		shown := join(key, word)
		t.at[shown] = t.at[sub]
		t.spoil(shown, "put a space after the colon", "no value")
		return
	}
	if near := nearest(name, slices.Sorted(maps.Keys(fields))); near != "" {
		t.spoil(sub, fmt.Sprintf("did you mean %q?", near), "unknown key")
		if !t.has(join(key, near)) {
			t.bad[join(key, near)] = true // that it is missing is said already
		}
		return
	}
	if home := homeOf(name); home != "" {
		t.spoil(sub, "it belongs in "+home+": check its indentation", "unknown key here")
		return
	}
	t.spoil(sub, "the keys here are "+strings.Join(slices.Sorted(maps.Keys(fields)), ", "), "unknown key")
}

// homeOf is where in the schema a key of that name is known, if in one place.
func homeOf(name string) string {
	var homes []string
	var walk func(typ reflect.Type, key string)
	walk = func(typ reflect.Type, key string) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			if typ.Kind() == reflect.Slice {
				key += "[]"
			}
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for _, f := range slices.Sorted(maps.Keys(fieldsOf(typ))) {
			if f == name {
				homes = append(homes, key)
			}
			walk(fieldsOf(typ)[f], join(key, f))
		}
	}
	walk(reflect.TypeFor[rawConfig](), "")
	if len(homes) != 1 || homes[0] == "" {
		return ""
	}
	return homes[0]
}

// nearest is the word most like name, or none if all are quite different.
func nearest(name string, words []string) string {
	best, distance := "", 1+max(1, len(name)/3)
	if len(name) > 64 {
		return ""
	}
	for _, w := range words {
		if d := edits(name, w); d < distance {
			best, distance = w, d
		}
	}
	return best
}

// edits counts the letters to insert, delete, replace or swap with their
// neighbour to get from a to b.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
