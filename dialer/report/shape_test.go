package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// design is the shape of DESIGN.md, with every outcome written out.
const design = `{"campaign":"spring","from":"…","to":"…",
 "contacts":{"total":0,"pending":0,"waiting":0,"dialing":0,"done":0,"exhausted":0,"invalid":0,"dnc":0,"expired":0,"removed":0},
 "attempts":{"total":0,"in_flight":0,"by_outcome":{"connected":0,"abandoned":0,"dropped":0,"machine":0,"busy":0,"no_answer":0,
   "rejected":0,"invalid":0,"unreachable":0,"congestion":0,"failed":0,"cancelled":0,"unknown":0}},
 "by_cause":{"17":0},
 "rates":{"answer":{"num":0,"den":0,"value":0.0},"connect":{"num":0,"den":0,"value":0.0},"abandon":{"num":0,"den":0,"value":0.0},
   "abandon_queue":{"num":0,"den":0,"value":0.0},"penetration":{"num":0,"den":0,"value":0.0},"occupancy":{"num":0,"den":0,"value":0.0}},
 "seconds":{"ring":0.0,"wait":0.0,"talk":0.0}}`

func parse(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

// sameShape compares keys and types, not values. The causes that occur are
// data, not shape.
func sameShape(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %T, want an object", path, got)
			return
		}
		if path == ".by_cause" {
			for k, v := range g {
				sameShape(t, path+"."+k, 0.0, v)
			}
			return
		}
		if w, g := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(g)); !slices.Equal(w, g) {
			t.Errorf("%s has the keys %v, want %v", path, g, w)
		}
		for k, v := range want {
			sameShape(t, path+"."+k, v, g[k])
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) == 0 {
			t.Errorf("%s is %v, want an array of some", path, got)
		}
		for i, v := range g {
			sameShape(t, fmt.Sprint(path, i), want[0], v)
		}
	case string:
		if _, ok := got.(string); !ok {
			t.Errorf("%s is %T, want a string", path, got)
		}
	case float64:
		if _, ok := got.(float64); !ok {
			t.Errorf("%s is %T, want a number", path, got)
		}
	}
}

func TestJSONHasTheShapeOfTheDesign(t *testing.T) {
	want := parse(t, []byte(design))
	empty, full := openStore(t), typical(t)
	for name, q := range map[string]report.Query{
		"whole": {Campaign: "spring"},
		"range": {Campaign: "spring", From: morning},
	} {
		for _, s := range []store.Store{empty, full} {
			t.Run(name, func(t *testing.T) {
				sameShape(t, "", want, parse(t, write(t, "json", build(t, s, q), true)))
			})
		}
	}
	t.Run("asked when it is now, with what regimes allow", func(t *testing.T) {
		row := parse(t, []byte(design)).(map[string]any)
		row["abandon_limits"] = parse(t, []byte(`[{"regime":"ftc","limit":0.03,"since":"…","num":0,"den":0,"value":0.0,"more":0}]`))
		sameShape(t, "", row, parse(t, write(t, "json", build(t, full, report.Query{Campaign: "spring", Now: morning}), true)))
	})
	t.Run("bare is an array", func(t *testing.T) {
		all, ok := parse(t, write(t, "json", build(t, full, report.Query{}), false)).([]any)
		if !ok || len(all) != 1 {
			t.Fatalf("not an array of one: %v", all)
		}
		sameShape(t, "", want, all[0])
		if b := write(t, "json", nil, false); string(b) != "[]\n" {
			t.Errorf("nothing is written as %s", b)
		}
	})
	t.Run("groups say by what", func(t *testing.T) {
		group := parse(t, []byte(design)).(map[string]any)
		group["by"], group["key"] = "hour", "…"
		delete(group, "contacts") // are counted for campaigns and lists
		all, ok := parse(t, write(t, "json", build(t, full, report.Query{Campaign: "spring", By: "hour"}), false)).([]any)
		if !ok || len(all) != 2 {
			t.Fatalf("not an array of two: %v", all)
		}
		for _, row := range all {
			sameShape(t, "", group, row)
		}
	})
}

func TestColumnsAreNamedOnce(t *testing.T) {
	s := typical(t)
	for _, by := range report.Groupings {
		b := write(t, "csv", build(t, s, report.Query{By: by, Now: morning}), false)
		head, err := csv.NewReader(bytes.NewReader(b)).Read()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(head)
		if all := len(head); len(slices.Compact(head)) != all {
			t.Errorf("by %s: %q", by, head)
		}
	}
}
