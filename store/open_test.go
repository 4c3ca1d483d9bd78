package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// storeFile makes a store with something in it and returns its path.
func storeFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	loadTest(t, s, "c", 1000, 2000)
	if _, _, err := claimMost(s, "c", testStart, 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// edit changes a store's file behind its back.
func edit(t *testing.T, path string, do func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(do), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// refused checks that a path cannot be opened, that the error names it and says
// why, and that the file is left as it is.
func refused(t *testing.T, path, why string, want error) {
	t.Helper()
	before, _ := os.ReadFile(path)
	s, err := Open(path)
	if err == nil {
		s.Close()
		t.Fatal("it was opened")
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("%v is not %v", err, want)
	}
	if !strings.Contains(err.Error(), path) || strings.Count(err.Error(), path) > 1 || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q does not say %q", err, why)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
		t.Error("the file was changed")
	}
}

func TestNewer(t *testing.T) {
	for _, schema := range []string{"4", "1000"} {
		path := storeFile(t)
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket(bMeta).Put(kSchema, []byte(schema)) })
		refused(t, path, "its schema is "+schema+", this one writes 3", ErrNewer)
	}
}

func TestSchemaUnreadable(t *testing.T) {
	for _, schema := range []string{"", "x", "-1", "0"} {
		path := storeFile(t)
		edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket(bMeta).Put(kSchema, []byte(schema)) })
		refused(t, path, "schema", errRecord)
	}
}

func TestInUse(t *testing.T) {
	path := storeFile(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	began := time.Now()
	if other, err := Open(path); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Fatal(other, err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if _, _, err := claimMost(s, "c", testStart, 1); err != nil {
		t.Fatal(err)
	}
	// Whoever lets go in time is waited for: a restart overlaps.
	time.AfterFunc(100*time.Millisecond, func() { s.Close() })
	other, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
}

func TestNotAStore(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "not a dialcamp store: not a regular file", errNotOurs)
	for name, contents := range map[string]string{
		"one byte":     "x",
		"a list":       "number,name\n" + strings.Repeat("0101234567,Kim\n", 10_000),
		"zeros":        strings.Repeat("\x00", 100_000),
		"another file": "SQLite format 3\x00" + strings.Repeat("\x00", 9000),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "not a dialcamp store", errNotOurs)
	}
	path := filepath.Join(dir, "of another program")
	edit(t, path, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	})
	refused(t, path, "another program's", errNotOurs)
	path = filepath.Join(dir, "of another program with a bucket called meta")
	edit(t, path, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(bMeta)
		return errors.Join(err, b.Put([]byte("a"), nil))
	})
	refused(t, path, "another program's", errNotOurs)
	if _, err := Open(filepath.Join(dir, "a list", "dialcamp.db")); !errors.Is(err, syscall.ENOTDIR) || !strings.Contains(err.Error(), "a list") {
		t.Error(err)
	}
}

func TestEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dialcamp.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{5, 0} { // a new store, and the same again
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			loadTest(t, s, "c", 1, n)
		}
		if got, err := s.Counters("c"); err != nil || got.Contacts[0] != 5 {
			t.Fatal(got, err)
		}
		if err := errors.Join(s.Verify(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCutShort: reading a mapped page that the file does not have would end the
// process at once.
func TestCutShort(t *testing.T) {
	path := storeFile(t)
	for _, size := range []int64{200_000, 20_000, 8192} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "cut short", nil)
	}
	for _, size := range []int64{5000, 4096, 100} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		refused(t, path, path, nil)
	}
}

// TestReadFault: what the disk does not give back is an error too.
func TestReadFault(t *testing.T) {
	s, err := Open(storeFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Truncate(s.db.Path(), 16384); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Counters("c"); !errors.Is(err, errInternal) {
		t.Errorf("%+v, %v", n, err)
	}
	if _, _, err := claimMost(s, "c", testStart, 1); !errors.Is(err, errInternal) {
		t.Error(err)
	}
	for _, err := range s.Contacts("c") {
		if !errors.Is(err, errInternal) {
			t.Error(err)
		}
	}
	if err := s.Verify(); err == nil {
		t.Error("verify finds nothing")
	}
}

func TestPermissions(t *testing.T) {
	path := storeFile(t)
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: the numbers in it are nobody else's business", fi.Mode(), err)
	}
	dir := filepath.Join(t.TempDir(), "made")
	if s, err := Open(filepath.Join(dir, "dialcamp.db")); err != nil {
		t.Error(err)
	} else {
		s.Close()
	}
	if fi, err := os.Stat(dir); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}

	if os.Geteuid() == 0 {
		for _, d := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		// As nobody, in this thread only. It is never given back.
		runtime.LockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Skip(err)
		}
		defer syscall.Setfsuid(0)
	} else if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip(err) // a directory above it is closed
	}
	_, err := Open(path)
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}
