package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/report"
)

// A page is read years later, from a mail or a disk: it needs nothing else, and
// nothing in it runs.
func TestPagesNeedNothingElse(t *testing.T) {
	s := typical(t)
	for _, by := range report.Groupings {
		b := string(write(t, "html", build(t, s, report.Query{By: by, Now: morning}), false))
		for _, word := range []string{"<script", "http:", "https:", "src=", "href=", "url(", "@import", "ZgotmplZ"} {
			if strings.Contains(b, word) {
				t.Errorf("by %s has %s", by, word)
			}
		}
		if n, hidden := strings.Count(b, "<svg"), strings.Count(b, `<svg aria-hidden="true"`); n != hidden {
			t.Errorf("by %s has %d pictures, %d of them hidden from who cannot see them", by, n, hidden)
		}
	}
}

// What peers, lists and operators wrote is text in a page, and in a spreadsheet
// that the page's tables are copied to.
func TestPagesHoldNoForeignMarkup(t *testing.T) {
	evil := "<img src=x onerror=alert(1)>\x1b"
	for _, by := range []string{"", "agent", "list", "yield"} {
		var rows []report.Row
		for _, name := range []string{evil, "=1+1", "@SUM(A1)"} {
			rows = append(rows, report.Row{Campaign: name, By: by, Key: name, Hour: "09:00"})
		}
		b := string(write(t, "html", rows, false))
		if strings.Contains(b, "<img") || strings.Contains(b, "\x1b") {
			t.Errorf("by %s: %s", by, b)
		}
		if formula := regexp.MustCompile(`<t[dh][^>]*>\s*([=+@]|-[^<])`).FindString(b); formula != "" {
			t.Errorf("by %s has the cell %s", by, formula)
		}
	}
}

// However long a campaign was, its picture fits a phone, and shows all of it at
// its time.
func TestPictureOfLongCampaigns(t *testing.T) {
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		rows    int
		step    time.Duration
		columns int // of the picture
		each    string
	}{
		{1, time.Hour, 1, ""},
		{96, 15 * time.Minute, 96, ""},
		{97, 15 * time.Minute, 49, "Each column is of 30 min."},
		{400, time.Hour, 80, "Each column is of 5 h."},
		{2, 1000 * time.Hour, 91, "Each column is of 11 h."},
	} {
		var rows []report.Row
		for i := range c.rows {
			at := start.Add(time.Duration(i) * c.step).Format(time.RFC3339)
			rows = append(rows, report.Row{Campaign: "spring", By: "interval", Key: at, Attempts: report.Attempts{Total: 3, ByOutcome: map[string]int64{"connected": 1}}})
		}
		b := string(write(t, "html", rows, false))
		sum := 0
		titles := regexp.MustCompile(`<title>2026.*: (\d+) attempts`).FindAllStringSubmatch(b, -1)
		for _, m := range titles {
			var n int
			fmt.Sscan(m[1], &n)
			sum += n
		}
		if len(titles) != c.columns || sum != 3*c.rows || c.each != "" && !strings.Contains(b, c.each) || c.each == "" && strings.Contains(b, "Each column") {
			t.Errorf("%d of %v: %d columns of %d attempts, want %d of %d and %q", c.rows, c.step, len(titles), sum, c.columns, 3*c.rows, c.each)
		}
	}
}
