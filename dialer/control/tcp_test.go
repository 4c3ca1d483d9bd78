package control_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
)

const (
	reading   = "reading-reading-reading"
	operating = "operating-operating-operating"
)

func tokenOf(name, token string, operate bool) config.Token {
	return config.Token{Name: name, Operate: operate, Hash: sha256.Sum256([]byte(token))}
}

var bothTokens = []config.Token{tokenOf("wall", reading, false), tokenOf("boss", operating, true)}

// serveTCP runs the API on an address of its own.
func serveTCP(t *testing.T, c config.Control, log io.Writer) *control.Server {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	s, err := control.ListenTCP(c, slog.New(slog.NewTextHandler(log, nil)), newOperator(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ask sends a request with Authorization headers.
func ask(t *testing.T, address, method, target string, authorization ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+address+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = authorization
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// Without tokens there is on TCP what machines look at, and no way to operate or
// to read calls.
func TestTCPWithoutTokens(t *testing.T) {
	s := serveTCP(t, config.Control{}, io.Discard)
	for path, want := range map[string]int{
		"/metrics": 200, "/livez": 200, "/readyz": 200,
		"/v1/status": 404, "/v1/calls": 404, "/v1/access": 404, "/v1/db/backup": 404, "/debug/pprof/": 404,
		"/": 404, "/assets/app.js": 404,
	} {
		if resp, body := ask(t, s.Address(), "GET", path, "Bearer "+operating); resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", path, resp.StatusCode, body, want)
		}
	}
	_, err := control.ListenTCP(config.Control{Listen: s.Address()}, slog.New(slog.DiscardHandler), newOperator(t))
	if err == nil || !strings.Contains(err.Error(), "control.listen: ") {
		t.Errorf("an address in use: %v", err)
	}
}

func TestTokens(t *testing.T) {
	s := serveTCP(t, config.Control{Tokens: bothTokens}, io.Discard)
	const none, wrong, read, operate = "", "Bearer " + reading + "x", "Bearer " + reading, "bearer  " + operating
	for _, c := range []struct {
		method, target, authorization string
		status                        int
		challenge, text               string
	}{
		{"GET", "/metrics", none, 200, "", "dialcamp_"},
		{"GET", "/livez", none, 200, "", "ok"},
		{"GET", "/readyz", wrong, 200, "", "ok"},
		{"GET", "/", none, 200, "", "<title>dialcamp</title>"},
		{"GET", "/assets/app.js", wrong, 200, "", "import"},
		{"POST", "/", operate, 404, "", "no such resource"},
		{"GET", "/v1/status", none, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/nothing", none, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/status?token=" + reading, none, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/status", "Basic " + reading, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/status", reading, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/status", wrong, 401, `Bearer realm="dialcamp", error="invalid_token"`, "this token is not known"},
		{"POST", "/v1/campaigns/spring/pause", wrong, 401, `Bearer realm="dialcamp", error="invalid_token"`, "this token is not known"},
		{"GET", "/v1/status", read, 200, "", `"campaigns"`},
		{"HEAD", "/v1/status", read, 200, "", ""},
		{"GET", "/v1/status", operate, 200, "", `"campaigns"`},
		{"POST", "/v1/campaigns/spring/pause", read, 403, `Bearer realm="dialcamp", error="insufficient_scope"`, "token wall may only read"},
		{"POST", "/v1/nothing", read, 403, `Bearer realm="dialcamp", error="insufficient_scope"`, "token wall may only read"},
		{"DELETE", "/v1/status", read, 403, `Bearer realm="dialcamp", error="insufficient_scope"`, "token wall may only read"},
		{"POST", "/v1/campaigns/spring/pause", operate, 200, "", `"paused"`},
		{"GET", "/v1/access", read, 200, "", `{"name":"wall","may":["read"]}`},
		{"GET", "/v1/access", operate, 200, "", `{"name":"boss","may":["read","operate"]}`},
		{"GET", "/v1/db/stats", read, 200, "", "{"},
		{"GET", "/v1/db/backup", none, 401, `Bearer realm="dialcamp"`, "a token is needed"},
		{"GET", "/v1/db/backup", operate, 403, "", "on the control socket only"},
		{"GET", "/debug/pprof/", operate, 404, "", "no such resource"},
		{"GET", "/v1/../debug/pprof/", operate, 404, "", "no such resource"},
		{"GET", "//v1/status", none, 401, `Bearer realm="dialcamp"`, "a token is needed"},
	} {
		var authorization []string
		if c.authorization != "" {
			authorization = []string{c.authorization}
		}
		resp, body := ask(t, s.Address(), c.method, c.target, authorization...)
		if resp.StatusCode != c.status || resp.Header.Get("WWW-Authenticate") != c.challenge || !strings.Contains(body, c.text) {
			t.Errorf("%s %s as %q: %d %q %s", c.method, c.target, c.authorization, resp.StatusCode, resp.Header.Get("WWW-Authenticate"), body)
		}
		if h := resp.Header; strings.HasPrefix(c.target, "/v1/") && resp.Request.URL.Path == c.target && (h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: %v", c.target, h)
		}
		var f struct{ Error, Hint string }
		if err := json.Unmarshal([]byte(body), &f); resp.StatusCode > 400 && c.method != "HEAD" && (err != nil || f.Error == "" || f.Hint == "") {
			t.Errorf("%s %s: %v in %s", c.method, c.target, err, body)
		}
	}
	if resp, _ := ask(t, s.Address(), "GET", "/v1/status", read, operate); resp.StatusCode != 401 {
		t.Errorf("two tokens: %d", resp.StatusCode)
	}
	s.Use(bothTokens[:1])
	if resp, _ := ask(t, s.Address(), "GET", "/v1/access", operate); resp.StatusCode != 401 {
		t.Errorf("a token that is gone: %d", resp.StatusCode)
	}
	if resp, _ := ask(t, s.Address(), "GET", "/v1/access", read); resp.StatusCode != 200 {
		t.Errorf("a token that stayed: %d", resp.StatusCode)
	}
}

func TestAccessOnSocket(t *testing.T) {
	if status, _, body := raw(t, serve(t, newOperator(t)), "GET", "/v1/access"); status != 200 || body != `{"name":"socket","may":["read","operate"]}`+"\n" {
		t.Errorf("%d %s", status, body)
	}
}

// Who tries tokens fills neither the log nor keeps them secret from it.
func TestRefusalsAreLoggedOnceAndCounted(t *testing.T) {
	var log bytes.Buffer
	s := serveTCP(t, config.Control{Tokens: bothTokens}, &log)
	for range 5 {
		ask(t, s.Address(), "GET", "/v1/status", "Bearer tried-tried-tried-tried")
	}
	ask(t, s.Address(), "POST", "/v1/reload", "Bearer "+reading)
	_, metrics := ask(t, s.Address(), "GET", "/metrics")
	for _, want := range []string{`dialcamp_control_refused_total{status="401"} 5`, `dialcamp_control_refused_total{status="403"} 1`} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
	s.Close()
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `why="wrong token" from=127.0.0.1:`) || strings.Contains(text, "tried-tried") || strings.Contains(text, reading) {
		t.Errorf("%s", text)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	s := serveTCP(t, config.Control{}, io.Discard)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var first net.Conn
	for i := range control.MaxConnections {
		if c := dial(); i == 0 {
			first = c
		}
	}
	last := dial()
	io.WriteString(last, "GET /livez HTTP/1.0\r\n\r\n")
	last.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := last.Read(make([]byte, 1)); !os.IsTimeout(err) {
		t.Errorf("one more than the limit is answered: %d, %v", n, err)
	}
	first.Close()
	last.SetReadDeadline(time.Time{})
	if b, err := io.ReadAll(last); err != nil || !strings.HasPrefix(string(b), "HTTP/1.0 200") {
		t.Errorf("%q, %v", b, err)
	}
}

// certify writes a certificate for 127.0.0.1 and its key.
func certify(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// Some file systems' clocks are coarse.
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Duration(serial)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	files := config.ServerTLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	certify(t, files.CertFile, files.KeyFile, 1)
	var log bytes.Buffer
	s := serveTCP(t, config.Control{Tokens: bothTokens, TLS: files}, &log)
	serial := func() int64 {
		t.Helper()
		c, err := tls.Dial("tcp", s.Address(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("serial number %d", n)
	}
	// The certificate is changed, and its key not yet.
	certify(t, files.CertFile, filepath.Join(dir, "next"), 2)
	for range 2 {
		if n := serial(); n != 1 {
			t.Errorf("serial number %d of a certificate without its key", n)
		}
	}
	os.Rename(filepath.Join(dir, "next"), files.KeyFile)
	if n := serial(); n != 2 {
		t.Errorf("serial number %d after the change", n)
	}
	// Who speaks no TLS gets nothing, and the log has no line of it.
	if resp, err := http.Get("http://" + s.Address() + "/metrics"); err == nil && resp.StatusCode != 400 {
		t.Errorf("without TLS: %d", resp.StatusCode)
	}
	s.Close()
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "the changed certificate cannot be used") {
		t.Errorf("%s", text)
	}
}
