package report_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func only(t *testing.T, path, contents string, mode os.FileMode) {
	t.Helper()
	if got := entries(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the directory holds %q", got)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != contents || info.Mode() != mode {
		t.Errorf("%s has mode %v and holds:\n%s\nwant %v and:\n%s", path, info.Mode(), b, mode, contents)
	}
}

func TestWriteFile(t *testing.T) {
	s := typical(t)
	for format := range extensions {
		path := filepath.Join(t.TempDir(), "report")
		q := report.Query{Campaign: "spring", Configured: configured}
		want := string(write(t, format, build(t, s, q), true))
		for range 2 { // the second time over the first
			if err := report.WriteFile(path, format, s, q); err != nil {
				t.Fatal(err)
			}
			only(t, path, want, 0o640)
		}
	}
	// Groups and whole reports are arrays.
	path := filepath.Join(t.TempDir(), "report")
	for _, q := range []report.Query{{Campaign: "spring", By: "hour"}, {By: "campaign"}} {
		if err := report.WriteFile(path, "json", s, q); err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(path)
		if !strings.HasPrefix(string(b), "[") {
			t.Errorf("%+v gave %s", q, b)
		}
	}
}

func TestWriteFileLeavesTheOldOne(t *testing.T) {
	s := typical(t)
	path := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(path, []byte("old"), 0o604); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"unknown campaign": report.WriteFile(path, "csv", s, report.Query{Campaign: "sprung"}),
		"unknown format":   report.WriteFile(path, "pdf", s, report.Query{}),
		"unbalanced":       report.WriteFile(path, "csv", lying{s, func(c *store.Counters) { c.Attempts++ }}, report.Query{}),
		"half way": report.ToFile(path, func(w io.Writer) error {
			io.WriteString(w, "half")
			return errFull
		}),
	} {
		if err == nil {
			t.Errorf("%s is no error", name)
		}
		only(t, path, "old", 0o604)
	}
	if err := report.ToFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	only(t, path, "new", 0o604)
}

func TestToFileRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{dir, fifo, os.DevNull} {
		if err := report.ToFile(path, write); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	err := report.ToFile(filepath.Join(dir, "no", "such.csv"), write)
	if !errors.Is(err, os.ErrNotExist) || err.Error() != filepath.Join(dir, "no", "such.csv")+" cannot be written: no such file or directory" {
		t.Errorf("%v", err)
	}
	if got := entries(t, dir); len(got) != 1 {
		t.Errorf("left %q", got)
	}
}

func TestToFileThroughALink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	os.WriteFile(real, []byte("old"), 0o640)
	os.Symlink("real", link)
	if err := report.ToFile(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(real); string(b) != "new" {
		t.Errorf("the link's target holds %q", b)
	}
	if to, err := os.Readlink(link); to != "real" {
		t.Errorf("the link is now %q, %v", to, err)
	}
}
