package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// What cannot be taken back is told before it is done; whoever says no has changed
// nothing.
func TestOperate(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, desk)
	b.open(w.page(operates))
	b.seen("#title", "running")
	b.until("calls in flight", func() bool { return !strings.HasPrefix(b.text("#tile-calls ~ .big"), "0") })

	for _, no := range []func(){
		func() { b.click("#confirm [value=no]") },
		func() { b.do(chromedp.KeyEvent(kb.Escape)) },
		func() { b.do(chromedp.KeyEvent(kb.Enter)) }, // the focus is on no
	} {
		b.click("[data-verb=stop]")
		b.seen("#confirm", "Stop campaign spring?")
		b.seen("#confirm", "answered ones go on until they end. It stays stopped")
		no()
		b.until("closed", func() bool { return !eval[bool](b, "document.querySelector('#confirm').open") })
		if s := w.state("spring"); s != campaign.Running {
			t.Fatalf("spring is %s", s)
		}
		if at := eval[string](b, "document.activeElement.dataset.verb"); at != "stop" {
			t.Errorf("the focus is at %q", at)
		}
	}
	b.click("[data-verb=drain]")
	b.seen("#confirm", "in flight go on until they end; then the campaign is stopped.")
	b.click("#confirm [value=yes]")
	b.until("drained", func() bool { return w.state("spring") == campaign.Stopped })
	b.seen("#title", "stopped")
	b.seen("#said", "Campaign spring is stopped.")
	if verbs := b.text("#verbs"); verbs != "Start" {
		t.Errorf("of a stopped campaign: %q", verbs)
	}
	// By the keyboard alone.
	b.do(chromedp.Focus(chromedp.CSS("[data-verb=start]")), chromedp.KeyEvent(kb.Enter))
	b.seen("#title", "running")

	// What the daemon does not do is told: another person was faster.
	if _, err := w.daemon.Operate(t.Context(), "spring", campaign.Drain); err != nil {
		t.Fatal(err)
	}
	eval[any](b, `document.querySelector('#verbs').replaceChildren(Object.assign(document.createElement('button'), {id: 'late', textContent: 'Pause'})); document.querySelector('#late').dataset.verb = 'pause'; null`)
	b.click("#late")
	b.seen("#refused", "only a running one can be paused")
	b.clean("409")
}

// A token that may only read has no buttons; one that is wrong has nothing.
func TestLogin(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, desk)
	b.open(w.page("wrong"))
	b.seen("#login", "The daemon does not know this token.")
	if at := eval[string](b, "document.activeElement.id"); at != "token" {
		t.Errorf("the focus is at %q", at)
	}
	b.do(chromedp.KeyEvent(reads), chromedp.KeyEvent(kb.Enter))
	b.seen("#name", "wall, may only look")
	b.seen("#tiles", "Agents")
	if n := eval[int](b, "document.querySelectorAll('#verbs button').length"); n != 0 || eval[bool](b, "document.querySelector('#verbs').checkVisibility()") {
		t.Errorf("%d buttons for a reader", n)
	}
	b.do(chromedp.Reload())
	b.seen("#tiles", "Agents") // the tab remembers
	b.click("#logout")
	b.until("the login", func() bool { return eval[bool](b, "document.querySelector('#login')?.checkVisibility() ?? false") })
	if text := eval[string](b, "document.body.textContent"); strings.Contains(text, "spring") || eval[int](b, "sessionStorage.length") != 0 {
		t.Errorf("after the logout: %q", text)
	}
	b.clean("401")
}
