package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const masked = "(hidden)"

// String shows everything but the secret.
func (a Asterisk) String() string {
	type plain Asterisk // without String, or this would not end
	p := plain(a)
	p.Secret = masked
	return fmt.Sprintf("%+v", p)
}

// GoString is String: %#v must not show the secret either.
func (a Asterisk) GoString() string { return a.String() }

// LogValue shows everything but the secret.
func (a Asterisk) LogValue() slog.Value { return slog.StringValue(a.String()) }

const credentialsDirectory = "CREDENTIALS_DIRECTORY"

// secretPath resolves $CREDENTIALS_DIRECTORY/name, which systemd sets for
// LoadCredential=, and paths relative to dir. No other variable is expanded.
func secretPath(dir, path string) (string, error) {
	for _, prefix := range []string{"$" + credentialsDirectory + "/", "${" + credentialsDirectory + "}/"} {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			base := os.Getenv(credentialsDirectory)
			if base == "" {
				return "", errors.New("$" + credentialsDirectory + " is not set")
			}
			return filepath.Join(base, name), nil
		}
	}
	return absolute(dir, path), nil
}

// readSecret reads a secret file, less the line break editors put at its end.
func readSecret(path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxSecret+3))
	if err != nil {
		return "", err
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	return s, checkSecret(s)
}

// checkSecret never quotes what it checks.
func checkSecret(s string) error {
	switch {
	case s == "":
		return errors.New("the secret is empty")
	case len(s) > MaxSecret:
		return fmt.Errorf("the secret is longer than %d bytes", MaxSecret)
	case hasControl(s):
		return errors.New("the secret holds a line break or another control character")
	}
	return nil
}
