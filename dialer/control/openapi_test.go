package control_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dialcamp/dialcamp/dialer/control"
)

// document is the OpenAPI document as it is served.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	w := httptest.NewRecorder()
	control.Handler(newOperator(t)).ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// operations are those of the document as a mux has them: GET /v1/status.
func operations(doc *openapi3.T) map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[method+" "+path] = op
		}
	}
	return all
}

// Pages and profiles are no part of the API.
var notTheAPI = regexp.MustCompile(`^(GET )?/(\{\$\}|assets/.*|debug/.*)?$`)

func TestDocumentHasEveryRoute(t *testing.T) {
	described := operations(document(t))
	for _, pattern := range control.Patterns() {
		if notTheAPI.MatchString(pattern) {
			continue
		}
		if described[pattern] == nil {
			method, path, _ := strings.Cut(pattern, " ")
			t.Errorf("%s is not in openapi.yaml: add to its paths %s with %s: operationId, tags, summary, parameters and responses, and schemas to its components; then their Go types to Answers in export_test.go",
				pattern, path, strings.ToLower(method))
		}
		delete(described, pattern)
	}
	for pattern := range described {
		t.Errorf("openapi.yaml describes %s, which is not served", pattern)
	}
}

// What a request may be asked with is what the document says, no more and no
// less.
func TestDocumentHasEveryParameter(t *testing.T) {
	h := control.Handler(newOperator(t))
	for pattern, op := range operations(document(t)) {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		var want []string
		for _, p := range op.Parameters {
			if p.Value.In == openapi3.ParameterInQuery {
				want = append(want, p.Value.Name)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, strings.NewReplacer("{", "", "}", "").Replace(path)+"?nonsense=1", nil).WithContext(ctx))
		cancel()
		var f struct{ Error, Hint string }
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != http.StatusBadRequest || f.Error != `parameter "nonsense" is unknown` {
			t.Errorf("%s does not refuse a parameter that it has not, as takes does: %d %s", pattern, w.Code, w.Body)
			continue
		}
		var got []string
		if list, ok := strings.CutPrefix(f.Hint, "there are: "); ok {
			got = strings.Split(list, ", ")
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s takes %q, and openapi.yaml describes %q", pattern, got, want)
		}
	}
}

// Every field of an answer is described, whether it occurs in a test or not.
func TestDocumentHasEveryField(t *testing.T) {
	doc := document(t)
	for name, answer := range control.Answers {
		schema := doc.Components.Schemas[name]
		if schema == nil {
			t.Errorf("openapi.yaml has no schema %s", name)
			continue
		}
		comparison{t, map[*openapi3.Schema]bool{}}.alike(name, schema.Value, reflect.TypeOf(answer))
	}
}

// kinds are the types of JSON by those of Go.
var kinds = map[reflect.Kind]string{
	reflect.Bool: "boolean", reflect.String: "string", reflect.Float64: "number",
	reflect.Int: "integer", reflect.Int64: "integer", reflect.Uint64: "integer", reflect.Uint8: "string", // which has a text
	reflect.Slice: "array", reflect.Array: "array", reflect.Map: "object", reflect.Struct: "object",
}

// comparison holds schemas against types.
type comparison struct {
	*testing.T
	seen map[*openapi3.Schema]bool // of structs
}

func (c comparison) alike(at string, s *openapi3.Schema, typ reflect.Type) {
	c.Helper()
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	kind := kinds[typ.Kind()]
	if typ == reflect.TypeFor[time.Time]() {
		kind = "string"
	}
	switch {
	case s.Type == nil && len(s.Enum) > 0 && kind == "string":
	case s.Type == nil || !s.Type.Is(kind):
		c.Errorf("openapi.yaml: %s is to be a %s, as %v is", at, kind, typ)
		return
	}
	switch {
	case kind == "array":
		c.alike(at+"[]", s.Items.Value, typ.Elem())
	case kind == "object" && typ.Kind() == reflect.Map:
		c.alike(at+"{}", s.AdditionalProperties.Schema.Value, typ.Elem())
	case kind == "object" && len(s.Properties) > 0 && !c.seen[s]:
		c.seen[s] = true
		c.fields(at, s, typ)
	}
}

func (c comparison) fields(at string, s *openapi3.Schema, typ reflect.Type) {
	c.Helper()
	if has := s.AdditionalProperties.Has; has == nil || *has {
		c.Errorf("openapi.yaml: %s needs additionalProperties: false", at)
	}
	left := maps.Clone(s.Properties)
	for _, f := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" {
			continue
		}
		p := left[name]
		delete(left, name)
		if p == nil {
			c.Errorf("openapi.yaml: %s lacks the property %s (%v, in Go %v.%s)", at, name, f.Type, typ, f.Name)
			continue
		}
		if always := options == ""; always != slices.Contains(s.Required, name) {
			c.Errorf("openapi.yaml: %s of %s is always there: %v; its required says otherwise", name, at, always)
		}
		c.alike(at+"."+name, p.Value, f.Type)
	}
	for name := range left {
		c.Errorf("openapi.yaml: %s has the property %s, and %v has no such field", at, name, typ)
	}
}
