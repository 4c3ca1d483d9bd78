package report_test

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

var extensions = map[string]string{"table": ".txt", "csv": ".csv", "json": ".json", "html": ".html", "xlsx": ".xlsx.txt"}

func TestReports(t *testing.T) {
	full, empty := typical(t), openStore(t)
	several := typical(t)
	load(t, several, "autumn", "only", numbers(900, 2)...)
	for i, e := range []ending{
		{outcome: campaign.NoAnswer, cause: 19, ring: 25 * time.Second, state: campaign.Waiting},
		{outcome: campaign.Busy, cause: 17, ring: time.Second, state: campaign.Waiting},
		{outcome: campaign.Machine, cause: 16, ring: 9 * time.Second, wait: 2 * time.Second, state: campaign.Done},
	} {
		call(t, several, "autumn", morning.Add(time.Duration(i)*5*time.Hour), e)
	}
	noon, night := morning.Add(3*time.Hour), morning.Add(12*time.Hour)
	autumn := map[string]report.Campaign{"spring": configured["spring"], "autumn": {}, "winter": {Wrapup: time.Second}}
	for _, c := range []struct {
		name string
		q    report.Query
		from string // which store
	}{
		{"nothing", report.Query{Configured: map[string]report.Campaign{}}, "empty"},
		{"no-contacts", report.Query{Campaign: "spring"}, "empty"},
		{"no-attempts-by-hour", report.Query{By: "hour"}, "empty"},
		{"typical", report.Query{Campaign: "spring", Now: night}, "full"},
		{"by-list", report.Query{Campaign: "spring", By: "list"}, "full"},
		{"by-interval", report.Query{Campaign: "spring", By: "interval", Interval: 15 * time.Minute}, "full"},
		{"by-yield", report.Query{Campaign: "spring", By: "yield"}, "full"},
		{"by-hour", report.Query{Campaign: "spring", By: "hour"}, "full"},
		{"by-attempt", report.Query{Campaign: "spring", By: "attempt"}, "full"},
		{"by-outcome", report.Query{Campaign: "spring", By: "outcome"}, "full"},
		{"by-cause", report.Query{Campaign: "spring", By: "cause"}, "full"},
		{"by-agent", report.Query{Campaign: "spring", By: "agent"}, "full"},
		{"by-number-type", report.Query{Campaign: "spring", By: "number_type"}, "typed"},
		{"by-caller-id", report.Query{Campaign: "spring", By: "caller_id"}, "typed"},
		{"from", report.Query{Campaign: "spring", From: noon, Now: night}, "full"},
		{"to", report.Query{Campaign: "spring", To: noon}, "full"},
		{"from-to", report.Query{Campaign: "spring", From: morning.Add(3 * time.Minute), To: morning.Add(9 * time.Minute)}, "full"},
		{"from-to-by-agent", report.Query{Campaign: "spring", By: "agent", From: morning, To: morning.Add(6 * time.Minute)}, "full"},
		{"from-later", report.Query{Campaign: "spring", From: morning.Add(24 * time.Hour)}, "full"},
		{"several", report.Query{Configured: autumn, Now: night}, "several"},
		{"several-by-yield", report.Query{Configured: autumn, By: "yield"}, "several"},
		{"several-by-list", report.Query{Configured: autumn, By: "list"}, "several"},
	} {
		st := store.Store(full)
		switch c.from {
		case "empty":
			st = empty
		case "several":
			st = several
		case "typed":
			st = typed{full}
		}
		rows := build(t, st, c.q)
		for _, format := range report.Formats {
			t.Run(c.name+"/"+format, func(t *testing.T) {
				got := write(t, format, rows, c.q.Campaign != "" && c.q.By == "")
				if format == "xlsx" {
					got = cells(t, got)
				}
				golden(t, c.name+extensions[format], got)
			})
		}
	}
}

func TestCalls(t *testing.T) {
	s := typed{typical(t)}
	load(t, s, "autumn", "only", numbers(900, 1)...)
	call(t, s, "autumn", morning.Add(time.Hour), ending{})
	for _, c := range []struct {
		name string
		q    report.Query
	}{
		{"calls", report.Query{}},
		{"calls-spring", report.Query{Campaign: "spring", From: morning.Add(3 * time.Hour), To: morning.Add(3*time.Hour + 33*time.Minute)}},
		{"calls-none", report.Query{From: morning.Add(24 * time.Hour)}},
	} {
		for _, format := range report.CallFormats {
			t.Run(c.name+"/"+format, func(t *testing.T) {
				golden(t, c.name+"."+format, callsOf(t, s, format, c.q))
			})
		}
	}
}
