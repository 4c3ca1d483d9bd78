package control_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// Whatever is wrong with a request, the answer is JSON that says it.
func TestRefusalsAreJSON(t *testing.T) {
	socket := serve(t, newOperator(t))
	for _, c := range []struct {
		method, target string
		status         int
		text           string
	}{
		{"POST", "/v1/campaigns/winter/start", 404, `the daemon has no campaign "winter"`},
		{"POST", "/v1/campaigns/spring/explode", 404, `no command "explode"`},
		{"POST", "/v1/campaigns/autumn/pause", 409, "campaign is stopped, only a running one can be paused"},
		{"POST", "/v1/campaigns/autumn/resume", 409, "use start"},
		{"POST", "/v1/campaigns/a%2Fb/start", 404, `no campaign "a/b"`},
		{"GET", "/v1/campaigns/spring/start", 404, "no such resource: GET /v1/campaigns/spring/start"},
		{"POST", "/v1/status", 404, "no such resource: POST /v1/status"},
		{"POST", "/", 404, "no such resource"},
		{"GET", "/v2/status", 404, "no such resource"},
		{"GET", "/v1/report?campaign=winter", 404, `no campaign "winter"`},
		{"GET", "/v1/report?by=interval&interval=20m", 400, `interval="20m" is unknown`},
		{"GET", "/v1/report?outcome=busy", 400, `parameter "outcome" is unknown`},
		{"GET", "/v1/calls?outcome=busy,lost", 400, `outcome="lost" is unknown`},
		{"GET", "/v1/report?by=weather", 400, `by="weather" is unknown`},
		{"GET", "/v1/report?from=yesterday", 400, `from="yesterday" is not a time`},
		{"GET", "/v1/report?to=2026-11-23", 400, `to="2026-11-23" is not a time`},
		{"GET", "/v1/report?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", 400, "is not before"},
		{"GET", "/v1/report?form=2026-11-23T00:00:00Z", 400, `parameter "form" is unknown`},
		{"GET", "/v1/report?by=hour&by=list", 400, `parameter "by" is given twice`},
		{"GET", "/v1/report?by=%zz", 400, "the query cannot be read"},
		{"GET", "/v1/calls?campaign=winter", 404, `no campaign "winter"`},
		{"GET", "/v1/calls?by=hour", 400, `parameter "by" is unknown`},
	} {
		status, contentType, body := raw(t, socket, c.method, c.target)
		var f struct{ Error string }
		if err := json.Unmarshal([]byte(body), &f); err != nil {
			t.Errorf("%s %s: %v in %q", c.method, c.target, err, body)
		}
		if status != c.status || contentType != "application/json" || !strings.Contains(f.Error, c.text) {
			t.Errorf("%s %s: %d %s %q, want %d and %q", c.method, c.target, status, contentType, f.Error, c.status, c.text)
		}
	}
}

// The page holds no data, and asks the API like anybody.
func TestPage(t *testing.T) {
	socket := serve(t, newOperator(t))
	for path, want := range map[string]string{"/": "text/html; charset=utf-8", "/assets/app.css": "text/css; charset=utf-8"} {
		if status, contentType, body := raw(t, socket, "GET", path); status != 200 || contentType != want || body == "" {
			t.Errorf("%s: %d %s", path, status, contentType)
		}
	}
}

func TestHugeHeaderIsRefused(t *testing.T) {
	socket := serve(t, newOperator(t))
	status, _, _ := raw(t, socket, "GET", "/v1/report?campaign="+strings.Repeat("x", 64<<10))
	if status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", status)
	}
}

func TestStoppingDaemon(t *testing.T) {
	op := newOperator(t)
	op.gone = true
	socket := serve(t, op)
	if status, _, body := raw(t, socket, "GET", "/v1/status"); status != 503 || !strings.Contains(body, "the daemon is stopping") {
		t.Errorf("%d %s", status, body)
	}
	c := control.NewClient(socket)
	if _, err := c.Status(t.Context()); err == nil || err.Error() != "the daemon is stopping" {
		t.Errorf("%v", err)
	}
	_, err := c.Operate(t.Context(), "spring", campaign.Pause)
	if e, ok := err.(*control.Error); !ok || e.Status != 503 || e.Message != "the daemon is stopping" {
		t.Errorf("%v", err)
	}
}

// unbalanced is a store whose counters are off.
type unbalanced struct{ store.Store }

func (u unbalanced) Counters(name string) (store.Counters, error) {
	c, err := u.Store.Counters(name)
	c.Attempts++
	return c, err
}

func TestUnbalancedStoreIsAnError(t *testing.T) {
	op := newOperator(t)
	op.store = unbalanced{op.store}
	c := control.NewClient(serve(t, op))
	_, err := c.Report(t.Context(), report.Query{})
	if e, ok := err.(*control.Error); !ok || e.Status != 500 || !strings.Contains(e.Message, "do not add up") {
		t.Errorf("report: %v", err)
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "do not add up") {
		t.Errorf("status: %v", err)
	}
}
