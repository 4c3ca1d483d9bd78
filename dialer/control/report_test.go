package control_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// A report in a format is the file that the report command writes.
func TestReportFiles(t *testing.T) {
	op := newOperator(t)
	socket := serve(t, op)
	for _, format := range report.Formats {
		status, contentType, body := raw(t, socket, "GET", "/v1/report?campaign=spring&by=hour&format="+format)
		if status != 200 || contentType == "" {
			t.Errorf("%s: %d %s", format, status, contentType)
		}
		var want bytes.Buffer
		if err := report.WriteTo(&want, format, op.store, report.Query{Campaign: "spring", By: "hour", Configured: op.Configured()}); err != nil {
			t.Fatal(err)
		}
		if format == "xlsx" { // a workbook says when it was made
			if !strings.HasPrefix(body, "PK") {
				t.Errorf("xlsx: %.20q", body)
			}
			continue
		}
		if body != want.String() {
			t.Errorf("%s: %s\nwant %s", format, body, want.String())
		}
	}
	for target, want := range map[string]int{"format=pdf": 400, "campaign=winter&format=csv": 404} {
		if status, _, body := raw(t, socket, "GET", "/v1/report?"+target); status != want || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
}

func TestPacingLedger(t *testing.T) {
	op := newOperator(t)
	var entries [][]byte
	for i := range 5 {
		e := pacing.Entry{Settings: pacing.Settings{Mode: pacing.Progressive}, Decision: pacing.Decision{Place: i, By: pacing.CapAgents}, Placed: i}
		if i == 3 {
			e.Hold = "max_in_flight of 3 is reached"
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, b)
	}
	if err := op.store.SavePacing("spring", nil, entries); err != nil {
		t.Fatal(err)
	}
	socket := serve(t, op)
	for query, want := range map[string]string{
		"":              "[1 2 3 4 5]",
		"?last=2":       "[4 5]",
		"?last=0":       "[]",
		"?last=9":       "[1 2 3 4 5]",
		"?seq=4":        "[4 5]",
		"?seq=3&last=2": "[4 5]",
		"?seq=6":        "[]",
	} {
		_, _, body := raw(t, socket, "GET", "/v1/pacing/spring"+query)
		seqs := []uint64{}
		for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
			var d control.LedgerEntry
			if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
				t.Fatal(err)
			}
			held := "there are no more free agents"
			if d.Seq == 4 {
				held = "max_in_flight of 3 is reached"
			}
			if d.Held != held {
				t.Errorf("entry %d is held by %q", d.Seq, d.Held)
			}
			seqs = append(seqs, d.Seq)
		}
		if fmt.Sprint(seqs) != want {
			t.Errorf("%q: %v, want %s", query, seqs, want)
		}
	}
	for _, query := range []string{"?last=-1", "?seq=x", "?first=1"} {
		if status, _, body := raw(t, socket, "GET", "/v1/pacing/spring"+query); status != 400 {
			t.Errorf("%q: %d %s", query, status, body)
		}
	}
}
