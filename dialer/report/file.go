package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dialcamp/dialcamp/store"
)

// fileMode keeps telephone numbers from everybody's eyes.
const fileMode = 0o640

// WriteTo builds a report and writes it in one piece.
func WriteTo(w io.Writer, format string, s store.Store, q Query) error {
	rows, err := Build(s, q)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := Write(&b, format, rows, q.Campaign != "" && (q.By == "" || q.By == "campaign")); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// WriteFile builds a report and puts it at path, whole or not at all.
func WriteFile(path, format string, s store.Store, q Query) error {
	return ToFile(path, func(w io.Writer) error { return WriteTo(w, format, s, q) })
}

// ToFile puts what write writes at path, whole or not at all: whoever reads the
// file sees the old contents or the new. A file that is there keeps its mode, a
// symbolic link keeps pointing where it does. Anything but a regular file is
// refused: replacing /dev/null, or waiting for a pipe's reader, is nobody's
// wish.
func ToFile(path string, write func(io.Writer) error) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := os.FileMode(fileMode)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", path)
		}
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".dialcamp-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// reason drops the temporary file's name, which tells nobody anything.
func reason(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err
	}
	return err
}
