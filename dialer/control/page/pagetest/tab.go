// Package pagetest looks at the daemon's web page in a headless Chromium, with clicks of the mouse and keys.
package pagetest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shots is for whoever wants to look:
//
//	go test ./dialer/control/page -page.shots /tmp/shots
var shots = flag.String("page.shots", "", "put pictures of the page into this directory")

// chromium is one browser for all tests, started by the first that needs it.
var chromium struct {
	sync.Once
	ctx context.Context
	end func()
	err error
}

// Close ends the browser, when the last of a package's tests that need it has.
func Close() {
	if chromium.end != nil {
		chromium.end()
	}
}

// flags keep Chromium to this machine and this test, and let it run as root.
var flags = []chromedp.ExecAllocatorOption{
	chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU, chromedp.NoSandbox,
	chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
	chromedp.Flag("disable-extensions", true), chromedp.Flag("mute-audio", true), chromedp.Flag("password-store", "basic"),
}

func startChromium() {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		chromium.err = fmt.Errorf("no Chromium is installed; on Debian: apt-get install chromium")
		return
	}
	dir, err := os.MkdirTemp("", "dialcamp-chromium-")
	if err != nil {
		chromium.err = err
		return
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(flags, chromedp.ExecPath(program), chromedp.UserDataDir(dir))...)
	ctx, cancel := chromedp.NewContext(alloc)
	chromium.ctx = ctx
	chromium.end = func() {
		chromedp.Cancel(ctx)
		cancel()
		stop()
		os.RemoveAll(dir)
	}
	chromium.err = chromedp.Do(ctx)
}

// Tab is a window of its own: it shares no storage with others.
type Tab struct {
	T   *testing.T
	Ctx context.Context // of everything that is done in it

	mu     sync.Mutex
	errors []string // that the console showed
}

// Screen is what a page is looked at with.
type Screen struct {
	Name          string
	width, height int64
	mobile, dark  bool
}

// Those that most people have.
var (
	Desk  = Screen{"desk", 1280, 900, false, false}
	Night = Screen{"night", 1280, 900, false, true}
	Phone = Screen{"phone", 360, 740, true, false}
)

// New opens one, in a browser that the first starts and Close ends. Where there is none the test is skipped, unless CI=true: there
// it fails.
func New(t *testing.T, s Screen) *Tab {
	t.Helper()
	chromium.Do(startChromium)
	if chromium.err != nil {
		if os.Getenv("CI") == "true" || chromium.ctx != nil {
			t.Fatal(chromium.err)
		}
		t.Skip(chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &Tab{T: t, Ctx: ctx}
	b.Do()
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return // the tab is gone
			}
			if m.Type != chromedp.ConsoleLog && m.Type != chromedp.ConsoleInfo && m.Type != chromedp.ConsoleDebug {
				b.mu.Lock()
				b.errors = append(b.errors, fmt.Sprintf("%s: %s %s", m.Type, m.Text, m.URL))
				b.mu.Unlock()
			}
		}
	}()
	b.Look(s)
	return b
}

// Look makes the tab another screen.
func (b *Tab) Look(s Screen) {
	b.T.Helper()
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	b.Do(chromedp.EmulateViewport(s.width, s.height, func(p *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile, touch.Enabled = s.mobile, s.mobile
	}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: scheme})
		return err
	}))
}

func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	if err := chromedp.Do(b.Ctx, steps...); err != nil {
		b.T.Fatal(err)
	}
}

func (b *Tab) Open(url string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(url))
}

// Eval is an expression's value.
func Eval[T any](b *Tab, expression string) (v T) {
	b.T.Helper()
	v, err := chromedp.Run(b.Ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.T.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Text is what is seen of the elements that a selector finds, a line each.
func (b *Tab) Text(selector string) string {
	b.T.Helper()
	return Eval[string](b, fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.innerText).join('\\n')", selector))
}

// Seen waits until a selector's text has this in it.
func (b *Tab) Seen(selector, text string) {
	b.T.Helper()
	b.Until(fmt.Sprintf("%q in %s", text, selector), func() bool { return strings.Contains(b.Text(selector), text) })
}

func (b *Tab) Until(what string, cond func() bool) {
	b.T.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.T.Fatalf("not seen: %s; the page says:\n%s\n%q", what, b.Text("body"), b.errors)
		}
	}
}

// Click is one of the mouse, at the middle of what is seen.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	b.Do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Choose takes an option of a select, as the keyboard does: by its beginning.
func (b *Tab) Choose(selector, option string) {
	b.T.Helper()
	b.Do(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent(option))
	b.Until(option+" chosen", func() bool {
		return strings.HasPrefix(Eval[string](b, fmt.Sprintf("document.querySelector(%q).selectedOptions[0].textContent", selector)), option)
	})
}

// Clean fails if the console showed an error, but for those that contain one of
// allowed.
func (b *Tab) Clean(allowed ...string) {
	b.T.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, e := range b.errors {
		for _, a := range allowed {
			if strings.Contains(e, a) {
				continue next
			}
		}
		b.T.Errorf("console: %s", e)
	}
}

// Shoot puts a picture of the whole page where -page.shots says.
func (b *Tab) Shoot(name string) {
	b.T.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(b.Ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.T.Fatal(err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		b.T.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		b.T.Fatal(err)
	}
}
