package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control/page/pagetest"
)

// What cannot be taken back is told before it is done; whoever says no has changed
// nothing.
func TestOperate(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Desk)
	b.Open(w.page(operates))
	b.Seen("#title", "running")
	b.Until("calls in flight", func() bool { return !strings.HasPrefix(b.Text("#tile-calls ~ .big"), "0") })

	for _, no := range []func(){
		func() { b.Click("#confirm [value=no]") },
		func() { b.Do(chromedp.KeyEvent(kb.Escape)) },
		func() { b.Do(chromedp.KeyEvent(kb.Enter)) }, // the focus is on no
	} {
		b.Click("[data-verb=stop]")
		b.Seen("#confirm", "Stop campaign spring?")
		b.Seen("#confirm", "answered ones go on until they end. It stays stopped")
		no()
		b.Until("closed", func() bool { return !pagetest.Eval[bool](b, "document.querySelector('#confirm').open") })
		if s := w.state("spring"); s != campaign.Running {
			t.Fatalf("spring is %s", s)
		}
		if at := pagetest.Eval[string](b, "document.activeElement.dataset.verb"); at != "stop" {
			t.Errorf("the focus is at %q", at)
		}
	}
	b.Click("[data-verb=drain]")
	b.Seen("#confirm", "in flight go on until they end; then the campaign is stopped.")
	b.Click("#confirm [value=yes]")
	b.Until("drained", func() bool { return w.state("spring") == campaign.Stopped })
	b.Seen("#title", "stopped")
	b.Seen("#said", "Campaign spring is stopped.")
	if verbs := b.Text("#verbs"); verbs != "Start" {
		t.Errorf("of a stopped campaign: %q", verbs)
	}
	// By the keyboard alone.
	b.Do(chromedp.Focus(chromedp.CSS("[data-verb=start]")), chromedp.KeyEvent(kb.Enter))
	b.Seen("#title", "running")

	// What the daemon does not do is told: another person was faster.
	if _, err := w.daemon.Operate(t.Context(), "spring", campaign.Drain); err != nil {
		t.Fatal(err)
	}
	pagetest.Eval[any](b, `document.querySelector('#verbs').replaceChildren(Object.assign(document.createElement('button'), {id: 'late', textContent: 'Pause'})); document.querySelector('#late').dataset.verb = 'pause'; null`)
	b.Click("#late")
	b.Seen("#refused", "only a running one can be paused")
	b.Clean("409")
}

// A token that may only read has no buttons; one that is wrong has nothing.
func TestLogin(t *testing.T) {
	w := newWorld(t)
	b := pagetest.New(t, pagetest.Desk)
	b.Open(w.page("wrong"))
	b.Seen("#login", "The daemon does not know this token.")
	if at := pagetest.Eval[string](b, "document.activeElement.id"); at != "token" {
		t.Errorf("the focus is at %q", at)
	}
	b.Do(chromedp.KeyEvent(reads), chromedp.KeyEvent(kb.Enter))
	b.Seen("#name", "wall, may only look")
	b.Seen("#tiles", "Agents")
	if n := pagetest.Eval[int](b, "document.querySelectorAll('#verbs button').length"); n != 0 || pagetest.Eval[bool](b, "document.querySelector('#verbs').checkVisibility()") {
		t.Errorf("%d buttons for a reader", n)
	}
	b.Do(chromedp.Reload())
	b.Seen("#tiles", "Agents") // the tab remembers
	b.Click("#logout")
	b.Until("the login", func() bool {
		return pagetest.Eval[bool](b, "document.querySelector('#login')?.checkVisibility() ?? false")
	})
	if text := pagetest.Eval[string](b, "document.body.textContent"); strings.Contains(text, "spring") || pagetest.Eval[int](b, "sessionStorage.length") != 0 {
		t.Errorf("after the logout: %q", text)
	}
	b.Clean("401")
}
