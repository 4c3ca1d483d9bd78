package config

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// controlled is a config with tokens and a certificate beside it; control stands
// in its control: section.
func controlled(t *testing.T, control, tokens string) (path string) {
	t.Helper()
	path = write(t, small+"control: {"+control+"}\n", 0o600)
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"tokens":   []byte(tokens),
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), b, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

const (
	aToken   = "secret-token-secret-token"
	twoUsers = "# who\nwall read " + aToken + "\n\n  boss\toperate dG9rZW4tb2YtdGhlLWJvc3M= \r\n"
	withTLS  = ", tls: {cert_file: cert.pem, key_file: key.pem}"
)

func TestControlOnTCP(t *testing.T) {
	path := controlled(t, "listen: '0.0.0.0:9750', token_file: $CREDENTIALS_DIRECTORY/tokens, tls: {cert_file: cert.pem, key_file: '${CREDENTIALS_DIRECTORY}/key.pem'}", twoUsers)
	dir := filepath.Dir(path)
	t.Setenv(credentialsDirectory, dir)
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Control
	if c.TLS != (ServerTLS{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}) || len(cfg.Warnings) > 0 {
		t.Errorf("%+v, %v", c.TLS, cfg.Warnings)
	}
	want := []Token{{"wall", false, sha256.Sum256([]byte(aToken))}, {"boss", true, sha256.Sum256([]byte("dG9rZW4tb2YtdGhlLWJvc3M="))}}
	if fmt.Sprint(c.Tokens) != fmt.Sprint(want) {
		t.Errorf("%v", c.Tokens)
	}
	// Commands are run by those who may not read any of it.
	t.Setenv(credentialsDirectory, "")
	if cfg, err := LoadForClient(path); err != nil || cfg.Control.Listen != "0.0.0.0:9750" {
		t.Errorf("%v", err)
	}
}

func TestControlRefused(t *testing.T) {
	os.Unsetenv(credentialsDirectory)
	const local = "listen: '127.0.0.1:9750', token_file: tokens"
	for _, c := range []struct{ name, control, tokens, want string }{
		{"in the clear", "listen: '10.0.0.1:9750', token_file: tokens", twoUsers, "7: control.token_file: tokens for \"10.0.0.1:9750\" would go over the network in the clear\nhint: add control.tls"},
		{"by name", "listen: 'pbx:9750', token_file: tokens", twoUsers, "in the clear"},
		{"v6", "listen: '[::]:9750', token_file: tokens", twoUsers, "in the clear"},
		{"no listen", "token_file: tokens", twoUsers, "control.token_file: there is no control.listen that it is for"},
		{"certificate without listen", "tls: {cert_file: cert.pem, key_file: key.pem}", twoUsers, "control.tls: there is no control.listen that it is for"},
		{"no key", "listen: '10.0.0.1:9750', tls: {cert_file: cert.pem}", twoUsers, "control.tls.key_file: missing"},
		{"wrong key", "listen: '10.0.0.1:9750', tls: {cert_file: cert.pem, key_file: cert.pem}", twoUsers, "control.tls.cert_file: "},
		{"no such file", "listen: '127.0.0.1:9750', token_file: none", twoUsers, "none\": no such file"},
		{"no credentials", "listen: '127.0.0.1:9750', token_file: $CREDENTIALS_DIRECTORY/tokens", twoUsers, "$CREDENTIALS_DIRECTORY is not set"},
		{"empty", "listen: '127.0.0.1:9750', token_file: ''", twoUsers, "control.token_file: empty"},
		{"nobody", local, "# nobody\n", "tokens\": no token in it"},
		{"token alone", local, aToken, "line 1 has not three words"},
		{"name", local, "a/b read " + aToken, "line 1: the first word is not a name"},
		{"right", local, "\nwall write " + aToken, "line 2: the second word is neither read nor operate"},
		{"short", local, "wall read s3cr3ts3cr3ts3cr3t01", ""},
		{"too short", local, "wall read s3cr3ts3cr3ts3cr3t0", "line 1: the token is not of 20 to 1024 characters"},
		{"too long", local, "wall read " + strings.Repeat("s", MaxToken+1), "line 1: the token is not of"},
		{"Unicode", local, "wall read 토큰토큰토큰토큰토큰토큰", "line 1: the token holds what"},
		{"name twice", local, "wall read " + aToken + "\nWall read another-" + aToken, "line 2 has the name of line 1"},
		{"token twice", local, "a read " + aToken + "\nb operate " + aToken, "line 2 has the token of line 1"},
		{"too much", local, "wall read " + aToken + strings.Repeat("\n#", MaxTokenFile/2), "longer than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(controlled(t, c.control, c.tokens))
			errs, _ := err.(Errors)
			text := errs.Text()
			if c.want == "" && err == nil {
				return
			}
			if c.want == "" || !strings.Contains(text, c.want) || !strings.Contains(text, "\nhint: ") || len(errs) != 1 {
				t.Errorf("%s, want %q", text, c.want)
			}
			for _, secret := range []string{aToken, "s3cr3t", "토큰"} {
				if strings.Contains(text, secret) {
					t.Errorf("the token is shown: %s", text)
				}
			}
		})
	}
}

func TestControlFilesArePrivate(t *testing.T) {
	for _, name := range []string{"tokens", "key.pem"} {
		path := controlled(t, "listen: '10.0.0.1:9750', token_file: tokens"+withTLS, twoUsers)
		if _, err := Load(path); err != nil {
			t.Fatal(err)
		}
		os.Chmod(filepath.Join(filepath.Dir(path), name), 0o644)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), name+`": everybody may use the file`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDiffOfTokensShowsNone(t *testing.T) {
	load := func(tokens string) *Config {
		cfg, err := Load(controlled(t, "socket: /s, listen: '127.0.0.1:9750', token_file: tokens", tokens))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Store, cfg.Campaigns = Store{}, nil // their directories are the test's
		return cfg
	}
	if got := Diff(load(twoUsers), load("wall operate "+aToken)); len(got) != 1 || got[0].String() != "control.token_file is another" {
		t.Errorf("%v", got)
	}
	if got := Diff(load(twoUsers), load(twoUsers+"# none")); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
