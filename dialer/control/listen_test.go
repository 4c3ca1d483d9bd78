package control_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/control"
)

// leaveDeadSocket leaves what a killed daemon does.
func leaveDeadSocket(t *testing.T, path string) {
	t.Helper()
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
}

func TestSocketIsForOwnerAndGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "dialcamp", "control.sock")
	s, err := control.Listen(path, newOperator(t))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("mode %v", info.Mode())
	}
	if dir, _ := os.Stat(filepath.Dir(path)); dir.Mode().Perm()&0o007 != 0 {
		t.Errorf("the directory has mode %v", dir.Mode())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	leaveDeadSocket(t, path)
	s, err := control.Listen(path, newOperator(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := control.NewClient(path).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLiveSocketIsLeftAlone(t *testing.T) {
	op := newOperator(t)
	path := serve(t, op)
	_, err := control.Listen(path, op)
	if err == nil || err.Error() != "control socket: another dialcamp listens on "+path {
		t.Errorf("%v", err)
	}
	if _, err := control.NewClient(path).Status(t.Context()); err != nil {
		t.Errorf("the first one is disturbed: %v", err)
	}
}

// A mistyped control.socket must not cost anybody a file.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "link")
	os.WriteFile(file, []byte("precious"), 0o600)
	os.Symlink(file, link)
	for _, path := range []string{file, link, dir} {
		_, err := control.Listen(path, newOperator(t))
		if err == nil || !strings.Contains(err.Error(), "is there and is not a socket") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file holds %q", b)
	}
}

func TestLongPath(t *testing.T) {
	dir := t.TempDir()
	at := func(n int) string { return filepath.Join(dir, strings.Repeat("s", n-len(dir)-1)) }
	s, err := control.Listen(at(107), newOperator(t))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err = control.Listen(at(108), newOperator(t))
	if err == nil || !strings.Contains(err.Error(), "is longer than 107 bytes") {
		t.Errorf("%v", err)
	}
}

func TestDirectoryCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	_, err := control.Listen(filepath.Join(file, "control.sock"), newOperator(t))
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("%v", err)
	}
}
