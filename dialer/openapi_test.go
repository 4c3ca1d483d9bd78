package dialer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// operator asks a world's API as whoever can open its socket, and holds each
// answer against the document that the API serves.
type operator struct {
	*world
	doc      *openapi3.T
	answered map[string]bool // operation and status
}

func (w *world) operator() *operator {
	o := &operator{world: w, answered: map[string]bool{}}
	_, body := o.request("GET", "/v1/openapi.json", "")
	doc, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil {
		w.t.Fatal(err)
	}
	o.doc = doc
	return o
}

func (o *operator) request(method, target, send string) (*httptest.ResponseRecorder, []byte) {
	r, w := httptest.NewRequest(method, target, strings.NewReader(send)), httptest.NewRecorder()
	control.Handler(o.d).ServeHTTP(w, r)
	return w, w.Body.Bytes()
}

// ask sends a request, which is to be answered with a status, and returns the
// answer.
func (o *operator) ask(status int, method, target, send string) string {
	o.t.Helper()
	w, body := o.request(method, target, send)
	what := method + " " + target
	if w.Code != status {
		o.t.Errorf("%s: %d %s, want %d", what, w.Code, body, status)
		return string(body)
	}
	path, op := o.operation(method, target)
	if op == nil {
		o.t.Fatalf("%s is not in openapi.yaml", what)
	}
	o.answered[fmt.Sprintf("%s %s %d", method, path, status)] = true
	response := op.Responses.Status(status)
	if response == nil {
		o.t.Errorf("openapi.yaml: %s %s has no response %d, which %s got", method, path, status, target)
		return string(body)
	}
	kind, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	content := response.Value.Content[kind]
	if err != nil || content == nil {
		o.t.Errorf("openapi.yaml: the response %d of %s %s has no content %s", status, method, path, w.Header().Get("Content-Type"))
		return string(body)
	}
	switch kind {
	case "application/json":
		o.holds(what, content.Schema.Value, body)
	case "application/jsonl": // all at once: making a validator takes its time
		all := openapi3.NewArraySchema()
		all.Items = content.Schema
		o.holds(what, all, slices.Concat([]byte("["), bytes.ReplaceAll(bytes.TrimSpace(body), []byte("\n"), []byte(",")), []byte("]")))
	}
	return string(body)
}

func (o *operator) holds(what string, schema *openapi3.Schema, body []byte) {
	o.t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		o.t.Errorf("%s: %v in %s", what, err, body)
		return
	}
	if err := schema.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
		o.t.Errorf("%s does not answer as openapi.yaml says: %v\nin %s", what, err, body)
	}
}

// operation is the one of a target: of several, that with the fewest parameters
// in its path.
func (o *operator) operation(method, target string) (path string, op *openapi3.Operation) {
	o.t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		o.t.Fatal(err)
	}
	got := strings.Split(u.EscapedPath(), "/")
	for p, item := range o.doc.Paths.Map() {
		want := strings.Split(p, "/")
		fits := len(want) == len(got)
		for i := 0; fits && i < len(want); i++ {
			fits = want[i] == got[i] || strings.HasPrefix(want[i], "{")
		}
		if this := item.GetOperation(method); fits && this != nil && (op == nil || strings.Count(p, "{") < strings.Count(path, "{")) {
			path, op = p, this
		}
	}
	return path, op
}

// TestAnswersAreAsDescribed: whatever is asked of a daemon that dials, refusals
// among it, the answer is as the document says, field by field.
func TestAnswersAreAsDescribed(t *testing.T) {
	const campaigns = `
  - name: a
    queue: Camp200
    lists: [{path: a.csv}, {path: b.csv, columns: {number: Mobile, key: Id, priority: Prio}}]
    originate: {ring_timeout: 20s, context: campaign, exten: "200"}
    pacing: {mode: predictive, max_in_flight: 10}
    retry: {max_attempts: 2, by_outcome: {busy: {after: 5m, max: 1}}}
  - name: night
    queue: Camp201
    lists: [{path: c.csv, region: KR}]
    originate: {context: campaign, exten: "201"}
    calling: {contact_timezone: number, windows: [{days: mon-sun, from: "03:00", to: "04:00"}]}
`
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{
			"a.csv":   numbers(slices.Concat(answering(12), []string{"101755001", "1001550001", "1034550001", "no number"})...),
			"b.csv":   "Id,Mobile,Prio,City\n1,2010128001,5,Ulm\n1,2010128002,1,Ulm\n2,2010128001,1,Köln\n",
			"c.csv":   numbers("+821012340001"),
			"dnc.csv": "2020051*\n101755002\n",
		}, "dnc: {files: [dnc.csv]}\ncampaigns:"+campaigns)
		w.start()
		o := w.operator()
		o.ask(200, "GET", "/v1/status", "") // before anything is known
		w.await(time.Minute, "talking", func() bool { return w.status().Campaigns[0].Phases["talking"] > 0 })

		for _, get := range []string{
			"/v1/access", "/v1/openapi.json", "/v1/status", "/v1/campaigns/a/why", "/v1/campaigns/night/why", "/v1/campaigns/a/lists",
			"/v1/campaigns/a/lists/a/batches", "/v1/campaigns/night/lists/none/batches", "/v1/report", "/v1/calls", "/v1/pacing/a", "/v1/pacing/night",
			"/v1/dnc", "/v1/db/stats", "/v1/db/backup", "/metrics", "/livez", "/readyz",
		} {
			o.ask(200, "GET", get, "")
		}
		w.await(5*time.Minute, "busy", func() bool { return w.called("101755001") > 0 && w.called("1034550001") > 0 })
		o.ask(200, "GET", "/v1/contacts?who=nobody", "")
		o.ask(200, "GET", "/v1/contacts?who=101755001", "")
		o.ask(200, "POST", "/v1/campaigns/a/callback?who=101755001&at=2000-01-02+14:30&note=asked", "")
		o.ask(200, "GET", "/v1/contacts?who=101755001", "")
		o.ask(200, "GET", "/v1/contacts?who=1", "") // a key
		o.ask(400, "GET", "/v1/contacts", "")
		o.ask(404, "POST", "/v1/campaigns/a/callback?who=nobody&at=2000-01-02+14:30", "")
		o.ask(400, "POST", "/v1/campaigns/a/callback?who=101755001&at=soon", "")
		o.ask(404, "POST", "/v1/campaigns/none/callback?who=1&at=soon", "")

		for _, by := range report.Groupings {
			o.ask(200, "GET", "/v1/report?campaign=a&by="+by, "")
		}
		o.ask(200, "GET", "/v1/report?by=interval&interval=15m&from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z", "")
		o.ask(200, "GET", "/v1/calls?campaign=a&outcome=busy,connected", "")
		o.ask(404, "GET", "/v1/report?campaign=none", "")
		o.ask(404, "GET", "/v1/calls?campaign=none", "")
		o.ask(400, "GET", "/v1/report?campain=a", "")
		o.ask(400, "GET", "/v1/calls?from=yesterday", "")
		o.ask(200, "GET", "/v1/pacing/a?seq=2", "")
		o.ask(404, "GET", "/v1/pacing/none", "")
		o.ask(400, "GET", "/v1/pacing/a?seq=two", "")
		o.ask(404, "GET", "/v1/campaigns/none/why", "")

		const list = "phone,timezone\n2010108001,\n2010108001,\nx,\n2010108002,Mars/Base\n2010108003,Asia/Seoul\n"
		o.ask(200, "POST", "/v1/campaigns/a/lists?list=more&dry_run=true", list)
		o.ask(200, "POST", "/v1/campaigns/a/lists?list=more", list)
		o.ask(200, "POST", "/v1/campaigns/a/lists?list=more", "phone\n\xff\n")
		o.ask(400, "POST", "/v1/campaigns/a/lists", list)
		o.ask(404, "POST", "/v1/campaigns/none/lists?list=a", list)
		o.ask(404, "GET", "/v1/campaigns/none/lists", "")
		var batches []struct{ ID uint64 }
		if err := json.Unmarshal([]byte(o.ask(200, "GET", "/v1/campaigns/a/lists/more/batches", "")), &batches); err != nil || len(batches) == 0 {
			t.Fatalf("%+v, %v", batches, err)
		}
		o.ask(200, "POST", fmt.Sprintf("/v1/batches/%d/undo", batches[0].ID), "")
		o.ask(200, "GET", "/v1/campaigns/a/lists/more/batches", "")
		o.ask(404, "POST", "/v1/batches/999/undo", "")
		o.ask(400, "POST", "/v1/batches/first/undo", "")
		o.ask(404, "GET", "/v1/campaigns/none/lists/a/batches", "")

		o.ask(200, "POST", "/v1/dnc/add?list=own", "2010128001\n0900*\n")
		o.ask(200, "POST", "/v1/dnc/add?list=own&campaign=a", "2010128001\n")
		o.ask(200, "GET", "/v1/dnc", "")
		o.ask(200, "GET", "/v1/dnc/check?number=2010128001&campaign=a", "")
		o.ask(200, "GET", "/v1/contacts?who=2010128001", "")
		o.ask(200, "POST", "/v1/dnc/remove?list=own", "0900*\n")
		o.ask(409, "POST", "/v1/dnc/remove?list=dnc", "1\n")
		o.ask(400, "POST", "/v1/dnc/add?list=own", "Kim\n")
		o.ask(400, "POST", "/v1/dnc/add", "1\n")
		o.ask(404, "POST", "/v1/dnc/add?list=own&campaign=none", "1\n")
		o.ask(404, "GET", "/v1/dnc/check?number=1&campaign=none", "")
		o.ask(400, "GET", "/v1/dnc/check", "")

		for _, verb := range []string{"pause", "resume", "drain", "start", "stop"} {
			o.ask(200, "POST", "/v1/campaigns/a/"+verb, "")
		}
		o.ask(409, "POST", "/v1/campaigns/a/pause", "")
		o.ask(404, "POST", "/v1/campaigns/none/start", "")
		o.ask(404, "POST", "/v1/campaigns/a/explode", "")
		w.rewrite("log: {level: debug}\ncampaigns:" + strings.Replace(campaigns, "predictive", "power", 1))
		o.ask(200, "POST", "/v1/reload?dry_run=true", "")
		w.rewrite("log: {level: loud}\ncampaigns:" + strings.Replace(campaigns, "predictive", "warp", 1))
		if body := o.ask(400, "POST", "/v1/reload", ""); !strings.Contains(body, `"more"`) {
			t.Errorf("%s", body)
		}

		w.stop()
		w.returned(10 * time.Minute)
		o.ask(503, "GET", "/v1/status", "")
		o.ask(503, "POST", "/v1/reload", "")
		o.ask(503, "POST", "/v1/campaigns/a/start", "")
		o.ask(503, "GET", "/livez", "")
		for path, item := range o.doc.Paths.Map() {
			for method := range item.Operations() {
				if op := fmt.Sprintf("%s %s 200", method, path); !o.answered[op] {
					t.Errorf("openapi.yaml describes %s; add a request to this test that gets it", op)
				}
			}
		}
	})
}
