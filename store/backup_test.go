package store_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

func open(t *testing.T, path string) *store.Bolt {
	t.Helper()
	s, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fill(t *testing.T, s *store.Bolt, list string, n int) {
	t.Helper()
	if _, err := s.Load(store.Source{Campaign: "c", List: list, Hash: "h"}, time.Unix(1_800_000_000, 0), func(yield func(store.Row, error) bool) {
		for i := range n {
			if !yield(store.Row{Line: i + 2, Numbers: []store.RowNumber{{Number: fmt.Sprint(list, i)}}}, nil) {
				return
			}
		}
	}, func(store.Row, string) {}); err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, s *store.Bolt, n int) []campaign.Claim {
	t.Helper()
	claims, _, err := claimMost(s, "c", time.Unix(1_800_000_001, 0), n)
	if err != nil || len(claims) != n {
		t.Fatal(len(claims), err)
	}
	return claims
}

// TestBackup: a copy made while calls are claimed is whole, and whoever goes on
// from it gives no attempt an id that the original gave to another.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "dialcamp.db"))
	fill(t, s, "1", 5000)
	ids := map[string]bool{}
	claim(t, s, 10)
	copied := filepath.Join(dir, "backup", "copy.db")
	if err := os.Mkdir(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a backup is replaced by a later one
		if err := store.WriteChecked(copied, func(w io.Writer) error {
			_, err := w.Write(nil)
			for range 5 {
				claim(t, s, 10)
			}
			return errors.Join(err, s.Backup(w))
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, cm := range claim(t, s, 100) {
		ids[cm.Attempt.ID] = true
	}
	restored := open(t, copied)
	if left, err := restored.InFlight(); err != nil || len(left) != 110 {
		t.Fatal(len(left), err)
	}
	for _, cm := range claim(t, restored, 100) {
		if ids[cm.Attempt.ID] {
			t.Fatalf("%s was given before", cm.Attempt.ID)
		}
	}
	if err := restored.Verify(); err != nil {
		t.Fatal(err)
	}

	// One that fails leaves the last good one, and nothing else.
	boom := errors.New("boom")
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return errors.Join(s.Backup(w), boom) },
		func(w io.Writer) error { return s.Backup(&half{w: w, left: 100_000}) },
		func(w io.Writer) error { s.Backup(&half{w: w, left: 100_000}); return nil }, // cut short, and nobody noticed
		func(w io.Writer) error { _, err := io.WriteString(w, "not a store"); return err },
	} {
		before, _ := os.Stat(copied)
		if err := store.WriteChecked(copied, write); err == nil {
			t.Error("no error")
		}
		files, err := os.ReadDir(filepath.Dir(copied))
		after, _ := os.Stat(copied)
		if err != nil || len(files) != 1 || !os.SameFile(before, after) {
			t.Error(files, err)
		}
	}
}

// half takes so many bytes and no more.
type half struct {
	w    io.Writer
	left int
}

func (h *half) Write(b []byte) (int, error) {
	if len(b) > h.left {
		return 0, io.ErrShortWrite
	}
	h.left -= len(b)
	return h.w.Write(b)
}

// TestCompact: what is in the store stays, its file becomes smaller.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s := open(t, path)
	fill(t, s, "1", 20_000)
	claim(t, s, 5)
	if _, err := s.Undo(1, time.Now()); err != nil {
		t.Fatal(err)
	}
	fill(t, s, "2", 10)
	if _, _, err := store.Compact(path); !errors.Is(err, store.ErrInUse) {
		t.Fatal(err)
	}
	n, err := s.Counters("c")
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	before, after, err := store.Compact(path)
	if fi, _ := os.Stat(path); err != nil || after >= before/2 || fi.Size() != after || fi.Mode().Perm() != 0o600 {
		t.Fatal(before, after, fi.Size(), fi.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Fatal(files)
	}
	if err := store.Check(path); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if got, err := s.Counters("c"); err != nil || got.Contacts != n.Contacts || got.Attempts != 5 {
		t.Fatal(got, err)
	}
	if cm := claim(t, s, 1)[0]; cm.Attempt.Seq != 6 { // no number is given again
		t.Fatalf("%+v", cm.Attempt)
	}
	if b, _, err := s.List("c", "2"); err != nil || b.ID != 2 || b.First != 20_001 {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, _, err := store.Compact(filepath.Join(t.TempDir(), "none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// TestCheck finds what is wrong with a file and leaves it as it is.
func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s := open(t, path)
	fill(t, s, "1", 5000)
	if err := store.Check(path); !errors.Is(err, store.ErrInUse) {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := store.Check(path); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(path)
	if string(before) != string(after) {
		t.Fatal("the file was changed")
	}
	if err := os.WriteFile(path, before[:50_000], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.Check(path); err == nil {
		t.Fatal("a part of a file is good")
	}
	old, err := os.ReadFile("testdata/v1.db")
	if err := errors.Join(err, os.WriteFile(path, old, 0o600), store.Check(path)); err != nil {
		t.Fatal(err)
	}
}
