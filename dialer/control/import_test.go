package control_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
)

// everything is an import with every setting there is.
var everything = control.Import{
	Campaign: "spring", List: "new", DryRun: true, Duplicates: "everywhere",
	Options: contact.Options{Encoding: "euc-kr", Delimiter: '\t', Sheet: "Kontakte & mehr", Columns: map[string]string{"priority": "a=b;c", "key": "전화"}, Numbers: []contact.NumberColumn{{Column: "x=y", Type: "mobile"}, {Column: "z"}}, Attributes: map[string]string{"name": "이름", "city": "a=b"},
		Plan: contact.Plan{Region: "KR", AllowEmergency: true, AllowPremium: true}},
}

func TestImport(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	for _, req := range []control.Import{everything, {Campaign: "autumn", List: "x"}} {
		var events []control.ImportEvent
		result, err := c.Import(t.Context(), req, strings.NewReader("1\nbad\n2"), func(ev control.ImportEvent) { events = append(events, ev) })
		if err != nil || result.Rows != 3 || result.Rejected != 1 || result.List != req.List || result.DryRun != req.DryRun {
			t.Errorf("%+v, %v", result, err)
		}
		if !reflect.DeepEqual(op.asked, req) {
			t.Errorf("asked\n     %+v\ngot  %+v", req, op.asked)
		}
		want := []control.ImportEvent{
			{Headers: []string{"number", "name"}}, {Read: 7}, {Dial: &control.Dial{Line: 1, Numbers: []control.DialNumber{{Channel: "Local/1@DialCamp", Type: "x"}}, Variables: []string{"A=1\n"}}},
			{Reject: &control.Reject{Line: 2, Reason: "bad", Record: []string{"bad\n"}}}, {Dial: &control.Dial{Line: 3, Numbers: []control.DialNumber{{Channel: "Local/1@DialCamp", Type: "x"}}, Variables: []string{"A=2"}}},
		}
		if !reflect.DeepEqual(events, want) {
			t.Errorf("%+v", events)
		}
	}
}

func TestImportFails(t *testing.T) {
	op := newOperator(t)
	socket := serve(t, op)
	c := control.NewClient(socket)
	told := 0
	_, err := c.Import(t.Context(), control.Import{Campaign: "spring", List: "x"}, strings.NewReader("1\n!\n"), func(control.ImportEvent) { told++ })
	if e, ok := errors.AsType[*control.Error](err); !ok || e.Message != "line 2: not UTF-8" || e.Hint != "set its encoding" || told != 3 {
		t.Errorf("%+v after %d events", err, told)
	}
	_, err = c.Import(t.Context(), control.Import{Campaign: "winter", List: "x"}, strings.NewReader("1\n"), nil)
	if e, ok := errors.AsType[*control.Error](err); !ok || e.Status != http.StatusNotFound {
		t.Errorf("unknown campaign: %v", err)
	}
	for query, want := range map[string]string{
		"":                        `parameter \"list\" is missing`,
		"list=a&list=b":           "given twice",
		"list=a&regoin=KR":        `parameter \"regoin\" is unknown`,
		"list=a&region=kr":        `\"kr\" is not a region`,
		"list=a&encoding=klingon": `encoding \"klingon\" is not known`,
		"list=a&delimiter=x":      `\"x\" is not a delimiter`,
		"list=a&dry_run=maybe":    "neither true nor false",
		"list=a&column=phone=Tel": `\"phone\" is not a field`,
		"list=a&attribute=1x=a":   "cannot be a channel variable",
		"list=a&column=number":    "no header name",
		"list=a&allow_premium=1":  "neither true nor false",
		"list=a%zz":               "the query cannot be read",
	} {
		status, _, body := raw(t, socket, "POST", "/v1/campaigns/spring/lists?"+query)
		if status != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	op.gone = true
	if _, err = c.Import(t.Context(), control.Import{Campaign: "spring", List: "x"}, strings.NewReader("1\n"), nil); err == nil || !strings.Contains(err.Error(), "stopping") {
		t.Errorf("stopping: %v", err)
	}
	if _, err := control.NewClient(socket+"x").Import(t.Context(), everything, strings.NewReader("1"), nil); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("no daemon: %v", err)
	}
}

func TestLists(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	all, err := c.Lists(t.Context(), "spring")
	if err != nil || len(all) != 1 || all[0].List != "list" || all[0].Added != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := c.Lists(t.Context(), "autumn"); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := c.Lists(t.Context(), "winter"); err == nil {
		t.Error("an unknown campaign has lists")
	}
}
