package page_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control/page/pagetest"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// A campaign is paused by a click, and when its last call has ended the page has
// the figures of the report, which are those of the far ends.
func TestNumbers(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Desk)
	b.Open(w.page(operates))
	b.Seen("#tiles", "free for a call, of 20")
	if address := pagetest.Eval[string](b, "location.href"); strings.Contains(address, "token") {
		t.Errorf("the token is still in the address, %s", address)
	}
	b.Until("calls", func() bool { return w.row().Attempts.ByOutcome["connected"] > 8 })

	b.Click("[data-verb=pause]")
	b.Seen("#title", "paused")
	b.Seen("#campaigns [aria-current]", "paused")
	b.Seen("#hold", "The campaign is paused.")
	if s := w.state("spring"); s != campaign.Paused {
		t.Errorf("spring is %s", s)
	}
	if said := b.Text("#said"); said != "Campaign spring is paused." {
		t.Errorf("a screen reader hears %q", said)
	}
	b.Until("the last call's end", func() bool { return w.row().Attempts.InFlight == 0 })
	row := w.row()
	b.Until("no call in flight", func() bool { return !strings.Contains(b.Text("#outcomes"), "in flight") })
	b.Seen("#outcomes tfoot", fmt.Sprintf("total\t%s", figure(row.Attempts.Total)))
	if cdr := len(w.pbx.CDR()); int64(cdr) != row.Attempts.Total {
		t.Errorf("the far ends saw %d calls, the report says %d", cdr, row.Attempts.Total)
	}
	outcomes := strings.Split(b.Text("#outcomes tbody tr"), "\n")
	for name, n := range row.Attempts.ByOutcome {
		line := fmt.Sprintf("%s\t%s\t%.1f %%", strings.ReplaceAll(name, "_", " "), figure(n), 100*float64(n)/float64(row.Attempts.Total))
		if !contains(outcomes, line) && n > 0 {
			t.Errorf("no line %q in %q", line, outcomes)
		}
	}
	b.Seen("#tile-calls", "Calls in flight")
	for _, r := range []struct {
		name string
		rate report.Rate
	}{{"Answered of attempts", row.Rates.Answer}, {"Connected of attempts", row.Rates.Connect}, {"Abandoned or dropped of live answers", row.Rates.AbandonQueue}} {
		b.Seen("#rates tbody", fmt.Sprintf("%s\t%.1f %%\t%s / %s", r.name, 100*r.rate.Value, figure(int64(r.rate.Num)), figure(int64(r.rate.Den))))
	}
	b.Until("the whole day", func() bool {
		return strings.Contains(pagetest.Eval[string](b, "document.querySelector('#day-table tfoot')?.textContent ?? ''"), figure(row.Attempts.Total))
	})
	b.Seen("#attempts tbody", "\t")
	if n := pagetest.Eval[int](b, "document.querySelectorAll('#decisions tbody tr').length"); n != 8 {
		t.Errorf("%d pacing decisions", n)
	}
	b.Shoot("numbers")

	b.Click("#views li:nth-child(2) a")
	b.Choose("#report-by", "outcome")
	b.Click("#report-form [type=submit]")
	b.Seen("#report tfoot", fmt.Sprintf("total\t%s\t%s", figure(row.Attempts.Total), figure(row.Attempts.ByOutcome["connected"])))
	b.Seen("#report caption", "Campaign spring by outcome")
	download(b, t, w, "csv", "xlsx")
	b.Clean()
}

// figure is a number as the page writes it.
func figure(n int64) string {
	s := fmt.Sprint(n)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func contains(lines []string, start string) bool {
	for _, l := range lines {
		if strings.HasPrefix(l, start) {
			return true
		}
	}
	return false
}

// download clicks for the report by outcome in formats, which is the file that the
// report command writes.
func download(b *pagetest.Tab, t *testing.T, w *world, formats ...string) {
	t.Helper()
	dir := t.TempDir()
	b.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID})
		return err
	}))
	for _, format := range formats {
		b.Click("[data-format=" + format + "]")
		name := filepath.Join(dir, "spring-outcome."+format)
		var got []byte
		b.Until(name, func() (ok bool) {
			var err error
			got, err = os.ReadFile(name)
			return err == nil
		})
		rows, err := w.daemon.Report(t.Context(), report.Query{Campaign: "spring", By: "outcome"})
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := report.Write(&want, format, rows, false); err != nil {
			t.Fatal(err)
		}
		if format == "csv" && want.String() != string(got) || format == "xlsx" && !bytes.HasPrefix(got, []byte("PK")) {
			t.Errorf("%s: %q\nwant %q", format, got, want.String())
		}
	}
}
