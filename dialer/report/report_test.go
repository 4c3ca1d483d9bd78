package report_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func TestUnknown(t *testing.T) {
	full, empty := typical(t), openStore(t)
	_, err := report.Build(full, report.Query{Campaign: "sprung", Configured: map[string]time.Duration{"autumn": 0}})
	if u, ok := errors.AsType[*report.UnknownCampaign](err); !ok || err.Error() != `no campaign "sprung"; there are [autumn spring]` || u.Name != "sprung" {
		t.Errorf("%v", err)
	}
	_, err = report.Build(empty, report.Query{Campaign: "spring"})
	if err == nil || err.Error() != `no campaign "spring": the store holds none yet` {
		t.Errorf("%v", err)
	}
	if _, err := report.Calls(full, report.Query{Campaign: "sprung"}); err == nil {
		t.Error("calls of an unknown campaign are no error")
	}
	if _, err := report.Build(full, report.Query{By: "weather"}); err == nil || !strings.Contains(err.Error(), `"weather"`) || !strings.Contains(err.Error(), "hour") {
		t.Errorf("by weather: %v", err)
	}
	var b strings.Builder
	if err := report.Write(&b, "pdf", nil, false); err == nil || !strings.Contains(err.Error(), "table csv json") {
		t.Errorf("pdf: %v", err)
	}
	if err := report.WriteCalls(&b, "pdf", nil); err == nil || !strings.Contains(err.Error(), "csv jsonl") {
		t.Errorf("calls as pdf: %v", err)
	}
}

// lying is a store whose counters are off.
type lying struct {
	store.Store
	change func(*store.Counters)
}

func (l lying) Counters(name string) (store.Counters, error) {
	c, err := l.Store.Counters(name)
	l.change(&c)
	return c, err
}

func TestUnbalancedCountersAreAnError(t *testing.T) {
	s := typical(t)
	for name, change := range map[string]func(*store.Counters){
		"attempts": func(c *store.Counters) { c.Attempts++ },
		"outcomes": func(c *store.Counters) { c.Outcomes[campaign.Busy]-- },
		"dialing":  func(c *store.Counters) { c.Contacts[campaign.Dialing]++ },
	} {
		for _, by := range report.Groupings {
			rows, err := report.Build(lying{s, change}, report.Query{By: by})
			if err == nil || !strings.Contains(err.Error(), "campaign spring: the numbers do not add up") || rows != nil {
				t.Errorf("%s by %s: %v, %d rows", name, by, err, len(rows))
			}
		}
	}
}

func TestGroupsAreInOrder(t *testing.T) {
	s := typical(t)
	for by, want := range map[string][]string{
		"hour":    {"2026-11-23T09:00:00+09:00", "2026-11-23T12:00:00+09:00"},
		"cause":   {"", "0", "1", "16", "17", "18", "19", "20", "21", "34", "127"},
		"attempt": {"1"},
		"list":    {"new", "old"},
	} {
		if got := keys(build(t, s, report.Query{Campaign: "spring", By: by})); !slices.Equal(got, want) {
			t.Errorf("by %s: %q, want %q", by, got, want)
		}
	}
}

// In the night the clocks go back the hour from two to three comes twice.
func TestHoursOfANightWithTwoTwoOClocks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	was := time.Local
	time.Local = berlin
	defer func() { time.Local = was }()
	s := openStore(t)
	load(t, s, "spring", "a", numbers(1, 3)...)
	// Due at once, whatever the date.
	start := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).AddDate(1, 0, 6) // 2027-10-31, 02:30 CEST
	for i := range 3 {
		call(t, s, "spring", start.Add(time.Duration(i)*time.Hour), ending{outcome: campaign.Busy, cause: 17, state: campaign.Done})
	}
	want := []string{"2027-10-31T02:00:00+02:00", "2027-10-31T02:00:00+01:00", "2027-10-31T03:00:00+01:00"}
	if got := keys(build(t, s, report.Query{Campaign: "spring", By: "hour"})); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"spring":       "spring",
		"=1+1":         "'=1+1",
		"+A1":          "'+A1",
		"-2":           "'-2",
		"@SUM(A1)":     "'@SUM(A1)",
		"\t=1":         "'\t=1",
		"\r=1":         "'\r=1",
		"\n=1":         "'\n=1",
		"＝1+1":         "'＝1+1",
		"a=1":          "a=1",
		"'=1":          "'=1",
		"\xff=1":       "\xff=1",
		"한글":           "한글",
		"02-1234-5678": "02-1234-5678",
	} {
		if got := report.Cell(in); got != want {
			t.Errorf("Cell(%q) is %q, want %q", in, got, want)
		}
	}
}

// Whatever peers, lists and operators wrote, no cell of an export is a formula,
// and telephone numbers are as they are dialed.
func TestCallsHoldNoFormula(t *testing.T) {
	evil := "=HYPERLINK(\"http://x\",\"y\")\n"
	c := report.Call{Campaign: "-spring", List: evil, Key: evil, Number: evil, DialStatus: evil, Agent: evil, Note: evil}
	plus := report.Call{Number: "+821012345678"}
	star := report.Call{Number: "*0212345678#"}
	var b strings.Builder
	err := report.WriteCalls(&b, "csv", func(yield func(report.Call, error) bool) {
		_ = yield(c, nil) && yield(plus, nil) && yield(star, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range records[1] {
		if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "-") {
			t.Errorf("the cell %q is a formula", cell)
		}
	}
	number := slices.Index(records[0], "number")
	if records[2][number] != plus.Number || records[3][number] != star.Number {
		t.Errorf("the numbers became %q and %q", records[2][number], records[3][number])
	}
}
