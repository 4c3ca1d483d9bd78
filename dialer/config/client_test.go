package config

import (
	"os"
	"path/filepath"
	"testing"
)

// What only the daemon may read, or what has gone, must not keep an operator
// from asking for a report.
func TestLoadForClientOpensNoOtherFile(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	text := `
asterisk:
  - {name: a, address: 127.0.0.1, username: u, secret_file: $CREDENTIALS_DIRECTORY/ami, tls: {ca_file: gone.pem}}
store: {path: dialcamp.db}
dnc: {files: [gone.txt]}
campaigns:
  - {name: spring, queue: q, lists: [{path: gone.csv}]}
reports:
  - {at: "0 9 * * *", path: gone/report.csv, format: csv}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := LoadForClient(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "control.sock"); cfg.Control.Socket != want || cfg.Asterisk[0].Secret != "" {
		t.Errorf("socket %q, want %q; secret %q", cfg.Control.Socket, want, cfg.Asterisk[0].Secret)
	}
	if _, err := Load(file); err == nil {
		t.Error("Load accepts what is not there")
	}
}

// A list that has gone must not keep an operator from asking Asterisk what is
// going on, but the secret it takes is read.
func TestLoadForServersReadsSecretsOnly(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	text := `
asterisk: [{name: a, address: 127.0.0.1, username: u, secret_file: ami}]
store: {path: dialcamp.db}
dnc: {files: [gone.txt]}
campaigns: [{name: spring, queue: q, lists: [{path: gone.csv}]}]
reports: [{at: "0 9 * * *", path: gone/report.csv, format: csv}]
`
	for name, content := range map[string]string{file: text, filepath.Join(dir, "ami"): "s3cr3t\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := LoadForServers(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Asterisk[0].Secret; got != "s3cr3t" {
		t.Errorf("secret %q", got)
	}
	if err := os.Remove(filepath.Join(dir, "ami")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadForServers(file); err == nil {
		t.Error("LoadForServers accepts a secret that is not there")
	}
}
