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
)

// finding is one of axe's: what is wrong, and with which elements.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Where string `json:"where"`
}

// accessible fails with what axe finds by WCAG 2.2 AA and the usual practice.
func (b *tab) accessible(what string) {
	b.t.Helper()
	if !eval[bool](b, "'axe' in window") {
		axe, err := os.ReadFile("testdata/axe.min.js")
		if err != nil {
			b.t.Fatal(err)
		}
		eval[any](b, string(axe)+";null")
	}
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]finding](`axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then((r) => r.violations.map((v) => ({id: v.id, help: v.help, where: v.nodes.map((n) => n.target + ' ' + n.failureSummary).slice(0, 4).join(' | ')})))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found {
		b.t.Errorf("%s: %s, %s: %s", what, f.ID, f.Help, f.Where)
	}
}

// fits fails if the page is wider than the screen.
func (b *tab) fits(what string) {
	b.t.Helper()
	if wide := eval[string](b, `document.documentElement.scrollWidth <= innerWidth ? '' :
		[...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroll > *') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + '#' + e.id + '.' + e.className).slice(0, 5).join(' ')`); wide != "" {
		b.t.Errorf("%s does not fit: %s", what, wide)
	}
}

// Nothing hinders whoever uses a phone, a screen reader, a keyboard or the night.
func TestForEverybody(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, phone)
	b.open(w.url)
	b.seen("#login", "Token")
	b.fits("the login")
	b.accessible("the login")
	b.shoot("login-phone")
	b.do(chromedp.KeyEvent(operates + "\r"))
	b.seen("#outcomes tfoot", "total")
	b.seen("#day-key", "connected")
	b.click("#day-table summary")
	for _, s := range []screen{phone, desk, night} {
		b.look(s)
		b.fits("live, " + s.name)
		b.accessible("live, " + s.name)
		b.shoot("live-" + s.name)
	}
	b.click("[data-verb=stop]")
	b.accessible("the confirmation")
	b.shoot("confirm-night")
	b.click("#confirm [value=no]")
	b.click("#views li:nth-child(2) a")
	b.choose("#report-by", "hour")
	b.click("#report-form [type=submit]")
	b.seen("#report", "Campaign spring by hour")
	for _, s := range []screen{night, phone, desk} {
		b.look(s)
		b.fits("reports, " + s.name)
		b.accessible("reports, " + s.name)
		b.shoot("reports-" + s.name)
	}
	b.clean("401")
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
	b := newTab(t, phone)
	b.open(srv.URL + "/#token=" + operates)
	b.seen("#title h2", hostile)
	b.seen("#campaigns", hostile)
	b.seen("#servers", hostile)
	b.seen("#hold", "queue "+hostile)
	b.seen("#attempts", "02100")
	b.fits("a long name")
	b.look(desk)
	b.seen("#attempts", hostile) // an agent
	b.click("[data-verb=drain]")
	b.seen("#confirm", "Drain campaign "+hostile+"?")
	b.click("#confirm [value=no]")
	b.click("[data-verb=pause]")
	b.seen("#title", "paused")
	b.click("#views li:nth-child(2) a")
	b.choose("#report-by", "agent")
	b.click("#report-form [type=submit]")
	b.seen("#report", hostile)
	if n := eval[int](b, "document.querySelectorAll('#app img, #app script').length"); n > 0 {
		t.Errorf("%d elements were made of names", n)
	}
	b.shoot("hostile")
	b.clean()
}

// When the daemon is gone the page says so, and goes on by itself when it is back.
func TestDaemonGone(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, desk)
	b.open(w.page(operates))
	b.seen("#tiles", "Agents")
	w.stop()
	b.seen("#troubles", "The daemon has not answered since")
	b.seen("#alarm", "The daemon has not answered since")
	b.seen("#link", "not connected")
	b.seen("#tiles", "Agents") // what was seen last stays
	if b.text("#verbs") != "" {
		t.Errorf("buttons that can do nothing: %q", b.text("#verbs"))
	}
	b.shoot("gone")
	w.start()
	b.until("that it goes on", func() bool { return !strings.Contains(b.text("#troubles"), "not answered") })
	b.seen("#verbs", "Pause")

	w.pbx.Close()
	b.seen("#troubles", "No connection to Asterisk memory: no calls are placed on it.")
	b.seen("#servers", "memory DOWN")
	b.clean("503", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING")
}

// Where there is nothing yet, it says what is missing.
func TestEmpty(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, desk)
	b.open(w.page(reads))
	b.seen("#campaigns", "autumn")
	b.click("#campaigns a:not([aria-current])")
	b.seen("#title", "autumn")
	b.seen("#day", "No call has ended today.")
	b.seen("#attempts", "No call yet.")
	b.seen("#tiles", "no list has been loaded yet")
	b.accessible("no call yet")
	b.shoot("empty")
	b.click("#views li:nth-child(2) a")
	b.choose("#report-by", "cause")
	b.click("#report-form [type=submit]")
	b.seen("#report", "Nothing to report: no attempts in that time.")
	b.clean()
}
