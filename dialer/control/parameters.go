package control

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// takes refuses parameters that a request does not have, that are given twice or
// are empty: what is misspelt and ignored does something else, or the same to
// everything. One that is named with * behind it may be given more than once.
func takes(h http.HandlerFunc, names ...string) http.HandlerFunc {
	repeated := map[string]bool{}
	known := slices.Clone(names)
	for i, name := range known {
		known[i] = strings.TrimSuffix(name, "*")
		repeated[known[i]] = known[i] != name
	}
	hint := "this takes none"
	if len(known) > 0 {
		hint = "there are: " + strings.Join(known, ", ")
	}
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			fail(w, http.StatusBadRequest, &Error{Message: fmt.Sprintf("the query cannot be read: %v", err), Hint: "write what is no letter, digit, - . _ or ~ as %XX, as in ?who=%2B8210"})
			return
		}
		for name, values := range v {
			e := &Error{Hint: hint}
			switch {
			case !slices.Contains(known, name):
				e.Message = fmt.Sprintf("parameter %q is unknown", name)
			case len(values) > 1 && !repeated[name]:
				e.Message = fmt.Sprintf("parameter %q is given twice", name)
			case slices.Contains(values, ""):
				e.Message, e.Hint = fmt.Sprintf("parameter %q is empty", name), "give it a value, or leave it out"
			default:
				continue
			}
			fail(w, http.StatusBadRequest, e)
			return
		}
		h(w, r)
	}
}

// needs complains of parameters that are missing.
func needs(p url.Values, names ...string) error {
	for _, name := range names {
		if !p.Has(name) {
			return &Error{Message: fmt.Sprintf("parameter %q is missing", name), Hint: "GET /v1/openapi.json describes it"}
		}
	}
	return nil
}

func isTrue(name, value string) (bool, error) {
	if value != "true" && value != "false" {
		return false, fmt.Errorf("%s=%q is neither true nor false", name, value)
	}
	return value == "true", nil
}
