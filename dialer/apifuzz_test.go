package dialer_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
)

// offline runs a daemon, in the world's own time, that reaches no Asterisk.
func offline(f *testing.F) http.Handler {
	f.Helper()
	dir := f.TempDir()
	file := filepath.Join(dir, "config.yaml")
	for name, text := range map[string]string{file: fmt.Sprintf(preamble, "") + oneCampaign(""), filepath.Join(dir, "a.csv"): numbers(answering(5)...)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	load := func() (*config.Config, error) {
		cfg, err := config.Load(file)
		if err == nil {
			cfg.Control.Socket = ""
		}
		return cfg, err
	}
	cfg, err := load()
	if err != nil {
		f.Fatal(err)
	}
	d, err := dialer.New(cfg, dialer.Options{
		Log: slog.New(slog.DiscardHandler), Config: load,
		Dial: func(context.Context, string) (net.Conn, error) { return nil, net.ErrClosed },
	})
	if err != nil {
		f.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx, ctx) }()
	f.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	})
	return control.Handler(d)
}

// hostile are values that somebody may try, or that come of a mistake.
var hostile = []string{
	"", "1", "-1", "18446744073709551616", "../../etc/passwd", "..", "%2e%2e%2f", "a\x00b", "a\r\nAction: Originate", "\xff\xfe", "김·Ünïcödé \u202e",
	"=cmd|' /C calc'!A0", "${SHELL(id)}", strings.Repeat("9", 5000), "2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "*", "a=b=c", "=", "NaN", "true",
}

// FuzzAPI: whatever is asked of the API of a daemon, nothing panics or fails
// within, and what is refused says why and what to do.
func FuzzAPI(f *testing.F) {
	h := offline(f)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		f.Fatal(err)
	}
	sound := map[string]string{"who": "2010050000", "at": "2036-01-01 10:00", "list": "own", "number": "1"} // of those that are required
	type route struct {
		method, path string
		parameters   []string
		required     url.Values
		body         bool
	}
	var routes []route
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		if !strings.HasPrefix(path, "/v1/") || path == "/v1/events" { // which has no end
			continue
		}
		for method, op := range doc.Paths.Value(path).Operations() {
			r := route{method: method, path: path, required: url.Values{}, body: op.RequestBody != nil}
			for _, p := range op.Parameters {
				if p.Value.In != openapi3.ParameterInQuery {
					continue
				}
				if r.parameters = append(r.parameters, p.Value.Name); p.Value.Required {
					r.required.Set(p.Value.Name, sound[p.Value.Name])
				}
			}
			routes = append(routes, r)
		}
	}
	slices.SortFunc(routes, func(a, b route) int { return cmp.Compare(a.path+a.method, b.path+b.method) })
	for i, r := range routes {
		for _, value := range hostile {
			for p := range r.parameters {
				f.Add(uint(i), "a", "start", uint(p), value, "phone\n1\n")
			}
			if strings.Contains(r.path, "{") {
				f.Add(uint(i), value, "start", uint(len(r.parameters)), "", "")
				f.Add(uint(i), "a", value, uint(len(r.parameters)), "", "")
			}
			if r.body {
				f.Add(uint(i), "a", "start", uint(len(r.parameters)), "", value)
				f.Add(uint(i), "a", "start", uint(len(r.parameters)), "", "phone,"+value+"\n1,"+value+"\n")
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint, first, second string, parameter uint, value, body string) {
		r := routes[which%uint(len(routes))]
		path := strings.NewReplacer("{name}", url.PathEscape(first), "{id}", url.PathEscape(first), "{verb}", url.PathEscape(second), "{list}", url.PathEscape(second)).Replace(r.path)
		query := maps.Clone(r.required)
		if parameter < uint(len(r.parameters)) {
			query.Set(r.parameters[parameter], value)
		}
		target := path + "?" + query.Encode()
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{
			Method: r.method, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "dialcamp",
			Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		})
		what := r.method + " " + target
		switch {
		case w.Code >= http.StatusMultipleChoices && w.Code < http.StatusBadRequest: // the mux cleans a path
		case w.Code >= http.StatusInternalServerError:
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		case w.Code >= http.StatusBadRequest:
			explained(t, what, w.Body.Bytes())
		case w.Header().Get("Content-Type") == "application/jsonl":
			for line := range bytes.Lines(w.Body.Bytes()) {
				if bytes.HasPrefix(line, []byte(`{"error"`)) {
					explained(t, what, line)
				} else if !json.Valid(line) {
					t.Errorf("%s: %q", what, line)
				}
			}
		case w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()):
			t.Errorf("%s: %q", what, w.Body)
		}
	})
}

// explained fails unless a refusal says what is wrong and what to do.
func explained(t *testing.T, what string, body []byte) {
	t.Helper()
	var f struct{ Error, Hint string }
	if err := json.Unmarshal(body, &f); err != nil || f.Error == "" || f.Hint == "" {
		t.Errorf("%s: %v in %q", what, err, body)
	}
}
