package page_test

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

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if chromium.end != nil {
		chromium.end()
	}
	os.Exit(status)
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

// tab is a window of its own: it shares no storage with others.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string // that the console showed
}

// screen is what a page is looked at with.
type screen struct {
	name          string
	width, height int64
	mobile, dark  bool
}

var (
	desk  = screen{"desk", 1280, 900, false, false}
	night = screen{"night", 1280, 900, false, true}
	phone = screen{"phone", 360, 740, true, false}
)

func newTab(t *testing.T, s screen) *tab {
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
	b := &tab{t: t, ctx: ctx}
	b.do()
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
	b.look(s)
	return b
}

// look makes the tab another screen.
func (b *tab) look(s screen) {
	b.t.Helper()
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(s.width, s.height, func(p *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile, touch.Enabled = s.mobile, s.mobile
	}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: scheme})
		return err
	}))
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// eval is an expression's value.
func eval[T any](b *tab, expression string) (v T) {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// text is what is seen of the elements that a selector finds, a line each.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.innerText).join('\\n')", selector))
}

// seen waits until a selector's text has this in it.
func (b *tab) seen(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q in %s", text, selector), func() bool { return strings.Contains(b.text(selector), text) })
}

func (b *tab) until(what string, cond func() bool) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("not seen: %s; the page says:\n%s\n%q", what, b.text("body"), b.errors)
		}
	}
}

// click is one of the mouse, at the middle of what is seen.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// choose takes an option of a select, as the keyboard does: by its beginning.
func (b *tab) choose(selector, option string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent(option))
	b.until(option+" chosen", func() bool {
		return strings.HasPrefix(eval[string](b, fmt.Sprintf("document.querySelector(%q).selectedOptions[0].textContent", selector)), option)
	})
}

// clean fails if the console showed an error, but for those that contain one of
// allowed.
func (b *tab) clean(allowed ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, e := range b.errors {
		for _, a := range allowed {
			if strings.Contains(e, a) {
				continue next
			}
		}
		b.t.Errorf("console: %s", e)
	}
}

// shoot puts a picture of the whole page where -page.shots says.
func (b *tab) shoot(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
