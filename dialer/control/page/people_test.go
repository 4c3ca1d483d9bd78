package page_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dialcamp/dialcamp/dialer/control/page/pagetest"
)

// finding is one of axe's: what is wrong, and with which elements.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Where string `json:"where"`
}

// accessible fails with what axe finds by WCAG 2.2 AA and the usual practice.
func accessible(b *pagetest.Tab, what string) {
	b.T.Helper()
	if !pagetest.Eval[bool](b, "'axe' in window") {
		axe, err := os.ReadFile("testdata/axe.min.js")
		if err != nil {
			b.T.Fatal(err)
		}
		pagetest.Eval[any](b, string(axe)+";null")
	}
	found, err := chromedp.Run(b.Ctx, chromedp.Evaluate[[]finding](`axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => ({id: v.id, help: v.help, where: v.nodes.map((n) => n.target + ' ' + n.failureSummary).slice(0, 4).join(' | ')})))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.T.Fatal(err)
	}
	for _, f := range found {
		b.T.Errorf("%s: %s, %s: %s", what, f.ID, f.Help, f.Where)
	}
}

// fits fails if the page is wider than the screen.
func fits(b *pagetest.Tab, what string) {
	b.T.Helper()
	if wide := pagetest.Eval[string](b, `document.documentElement.scrollWidth <= innerWidth ? '' :
		[...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroll > *') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + '#' + e.id + '.' + e.className).slice(0, 5).join(' ')`); wide != "" {
		b.T.Errorf("%s does not fit: %s", what, wide)
	}
}

// Nothing hinders whoever uses a phone, a screen reader, a keyboard or the night.
func TestForEverybody(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Phone)
	b.Open(w.url)
	b.Seen("#login", "Token")
	fits(b, "the login")
	accessible(b, "the login")
	b.Shoot("login-phone")
	b.Do(chromedp.KeyEvent(operates + "\r"))
	b.Seen("#outcomes tfoot", "total")
	b.Seen("#day-key", "connected")
	b.Click("#day-table summary")
	for _, s := range []pagetest.Screen{pagetest.Phone, pagetest.Desk, pagetest.Night} {
		b.Look(s)
		fits(b, "live, "+s.Name)
		accessible(b, "live, "+s.Name)
		b.Shoot("live-" + s.Name)
	}
	b.Click("[data-verb=stop]")
	accessible(b, "the confirmation")
	b.Shoot("confirm-night")
	b.Click("#confirm [value=no]")
	b.Click("#views li:nth-child(2) a")
	b.Choose("#report-by", "hour")
	b.Click("#report-form [type=submit]")
	b.Seen("#report", "Campaign spring by hour")
	for _, s := range []pagetest.Screen{pagetest.Night, pagetest.Phone, pagetest.Desk} {
		b.Look(s)
		fits(b, "reports, "+s.Name)
		accessible(b, "reports, "+s.Name)
		b.Shoot("reports-" + s.Name)
	}
	b.Clean("401")
}

// Whatever things are called, it is text.
func TestHostileNames(t *testing.T) {
	w := newWorld(t)
	name, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	behind, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	// The config lets nobody call a campaign so: the name is put into the answers.
	srv := httptest.NewServer(&httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Header.Set("Accept-Encoding", "identity")
			r.Out.URL.Path, r.Out.URL.RawPath = strings.ReplaceAll(r.In.URL.Path, hostile, "spring"), ""
			if q := r.In.URL.Query(); q.Get("campaign") == hostile {
				q.Set("campaign", "spring")
				r.Out.URL.RawQuery = q.Encode()
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if !strings.HasPrefix(r.Request.URL.Path, "/v1/") || r.Request.URL.Path == "/v1/events" {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			for _, known := range []string{"spring", "memory", "Camp200"} {
				b = bytes.ReplaceAll(b, []byte(`"`+known+`"`), name)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Del("Content-Length")
			return nil
		},
	})
	t.Cleanup(srv.Close) // after the tab, whose stream it would wait for
	b := pagetest.New(t, pagetest.Phone)
	b.Open(srv.URL + "/#token=" + operates)
	b.Seen("#title h2", hostile)
	b.Seen("#campaigns", hostile)
	b.Seen("#servers", hostile)
	b.Seen("#hold", "queue "+hostile)
	b.Seen("#attempts", "02100")
	fits(b, "a long name")
	b.Look(pagetest.Desk)
	b.Seen("#attempts", hostile) // an agent
	b.Click("[data-verb=drain]")
	b.Seen("#confirm", "Drain campaign "+hostile+"?")
	b.Click("#confirm [value=no]")
	b.Click("[data-verb=pause]")
	b.Seen("#title", "paused")
	b.Click("#views li:nth-child(2) a")
	b.Choose("#report-by", "agent")
	b.Click("#report-form [type=submit]")
	b.Seen("#report", hostile)
	if n := pagetest.Eval[int](b, "document.querySelectorAll('#app img, #app script').length"); n > 0 {
		t.Errorf("%d elements were made of names", n)
	}
	b.Shoot("hostile")
	b.Clean()
}

// When the daemon is gone the page says so, and goes on by itself when it is back.
func TestDaemonGone(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Desk)
	b.Open(w.page(operates))
	b.Seen("#tiles", "Agents")
	w.stop()
	b.Seen("#troubles", "The daemon has not answered since")
	b.Seen("#alarm", "The daemon has not answered since")
	b.Seen("#link", "not connected")
	b.Seen("#tiles", "Agents") // what was seen last stays
	if b.Text("#verbs") != "" {
		t.Errorf("buttons that can do nothing: %q", b.Text("#verbs"))
	}
	b.Shoot("gone")
	w.start()
	b.Until("that it goes on", func() bool { return !strings.Contains(b.Text("#troubles"), "not answered") })
	b.Seen("#verbs", "Pause")

	w.pbx.Close()
	b.Seen("#troubles", "No connection to Asterisk memory: no calls are placed on it.")
	b.Seen("#servers", "memory DOWN")
	b.Clean("503", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING")
}

// Where there is nothing yet, it says what is missing.
func TestEmpty(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Desk)
	b.Open(w.page(reads))
	b.Seen("#campaigns", "autumn")
	b.Click("#campaigns a:not([aria-current])")
	b.Seen("#title", "autumn")
	b.Seen("#day", "No call has ended today.")
	b.Seen("#attempts", "No call yet.")
	b.Seen("#tiles", "no list has been loaded yet")
	accessible(b, "no call yet")
	b.Shoot("empty")
	b.Click("#views li:nth-child(2) a")
	b.Choose("#report-by", "cause")
	b.Click("#report-form [type=submit]")
	b.Seen("#report", "Nothing to report: no attempts in that time.")
	b.Clean()
}
