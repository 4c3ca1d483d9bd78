package page_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/control/page"
)

// ask is a request of the page's files.
func ask(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Everything that the page refers to is there, with its type and the policy.
func TestFiles(t *testing.T) {
	found := map[string]string{"/": "text/html; charset=utf-8", "/assets/uplot/LICENSE": "text/plain; charset=utf-8"}
	refers := regexp.MustCompile(`(?:src|href)="(/[^"]*)"|from '\./([^']*)'`)
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	for queue := []string{"/", "/assets/uplot/LICENSE"}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		resp := ask(t, "GET", path)
		text := body(t, resp.Body)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != found[path] {
			t.Errorf("%s: %d %s, want %s", path, resp.StatusCode, resp.Header.Get("Content-Type"), found[path])
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, resp.Header)
		}
		if !strings.Contains(path, "uplot") && strings.Contains(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), "://") {
			t.Errorf("%s speaks of another host", path)
		}
		for _, m := range refers.FindAllStringSubmatch(text, -1) {
			next := m[1]
			if m[2] != "" {
				next = "/assets/" + m[2]
			}
			if _, ok := found[next]; !ok {
				found[next] = types[filepath.Ext(next)]
				queue = append(queue, next)
			}
		}
	}
	all, err := filepath.Glob("assets/*.*")
	if err != nil || len(all) < 10 {
		t.Fatal(all, err)
	}
	for _, f := range all {
		if _, ok := found["/"+f]; !ok {
			t.Errorf("%s is there, and nothing refers to it", f)
		}
	}
}

func TestCaching(t *testing.T) {
	plain := ask(t, "GET", "/assets/app.js")
	packed := ask(t, "GET", "/assets/app.js", "Accept-Encoding", "br, gzip;q=0.8")
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v\n%v", plain.Header, packed.Header)
	}
	zr, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text := body(t, plain.Body); text == "" || text != body(t, zr) {
		t.Error("packed it is another")
	}
	tag := packed.Header.Get("ETag")
	if tag == "" || tag == plain.Header.Get("ETag") || packed.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", packed.Header)
	}
	if again := ask(t, "GET", "/assets/app.js", "Accept-Encoding", "gzip", "If-None-Match", tag); again.StatusCode != 304 || body(t, again.Body) != "" {
		t.Errorf("what has not changed is sent again: %d", again.StatusCode)
	}
	if refused := ask(t, "GET", "/assets/app.js", "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
		t.Error("packed for somebody who does not want it")
	}
	head := ask(t, "HEAD", "/")
	if head.StatusCode != 200 || body(t, head.Body) != "" {
		t.Errorf("HEAD: %d", head.StatusCode)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for path, want := range map[string]int{"/index.html": 404, "/assets/": 404, "/assets/none.js": 404, "/assets/../page.go": 404, "/assets/uplot/README.md": 404, "/favicon.ico": 404} {
		if resp := ask(t, "GET", path); resp.StatusCode != want {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	if resp := ask(t, "POST", "/"); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.StatusCode)
	}
}

// What others made is as they released it.
func TestVendored(t *testing.T) {
	sum := regexp.MustCompile(`(?m)^    ([0-9a-f]{64})  (\S+)$`)
	for _, dir := range []string{"assets/uplot", "testdata"} {
		note, err := os.ReadFile(filepath.Join(dir, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		all := sum.FindAllStringSubmatch(string(note), -1)
		if len(all) == 0 {
			t.Errorf("%s: no sums", dir)
		}
		for _, m := range all {
			b, err := os.ReadFile(filepath.Join(dir, m[2]))
			if err != nil {
				t.Fatal(err)
			}
			if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != m[1] {
				t.Errorf("%s/%s: %x", dir, m[2], got)
			}
		}
	}
}
