package contact

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ListName is what a list is called by unless it is given a name: its file's,
// without what tells how it is packed and written.
func ListName(path string) string {
	base := filepath.Base(path)
	if strings.EqualFold(filepath.Ext(base), ".gz") {
		base = base[:len(base)-len(".gz")]
	}
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// RejectsPath is where the refused rows of a list go: beside it,
// lists/spring.rejects.csv for lists/spring.csv.
func RejectsPath(list string) string {
	return strings.TrimSuffix(list, filepath.Ext(list)) + ".rejects.csv"
}

// IsRejects reports whether a file's name is that of a list's rejects.
func IsRejects(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".rejects.csv") }

// RejectWriter writes the refused rows of one list, with the line each stood
// on and the reason, as CSV in UTF-8. Whoever reads the file sees a whole one:
// the rows of the last load until Close, those of this load after it.
//
// Cells that a spreadsheet would run as a formula are disarmed with a leading
// apostrophe, except valid phone numbers, whose plus must survive.
type RejectWriter struct {
	path    string
	headers []string
	file    *os.File
	csv     *csv.Writer
	count   int
	err     error
}

// NewRejectWriter prepares to write the rejects of a list with these headers
// to path. Nothing is created before the first Write.
func NewRejectWriter(path string, headers []string) *RejectWriter {
	return &RejectWriter{path: path, headers: headers}
}

// Count is how many rows were written.
func (w *RejectWriter) Count() int { return w.count }

// Write adds one refused row. After an error the writer stays in error.
func (w *RejectWriter) Write(e *RowError) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.write(e); w.err != nil {
		w.err = fmt.Errorf("writing rejects %s: %w", w.path, w.err)
	}
	return w.err
}

func (w *RejectWriter) write(e *RowError) error {
	if w.file == nil {
		f, err := os.CreateTemp(filepath.Dir(w.path), "."+filepath.Base(w.path)+".*")
		if err != nil {
			return err
		}
		w.file = f
		w.csv = csv.NewWriter(f)
		if err := w.csv.Write(disarmAll(append([]string{"line", "reason"}, w.headers...))); err != nil {
			return err
		}
	}
	w.count++
	return w.csv.Write(disarmAll(append([]string{strconv.Itoa(e.Line), e.Reason}, e.Record...)))
}

// Close puts the file in place. If there were no rejects it removes what an
// earlier load left. If any write failed it changes nothing and says so.
func (w *RejectWriter) Close() error {
	if w.err != nil {
		return errors.Join(w.err, w.Discard())
	}
	if w.file == nil {
		if err := os.Remove(w.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing old rejects: %w", err)
		}
		return nil
	}
	if err := w.publish(); err != nil {
		return errors.Join(fmt.Errorf("writing rejects %s: %w", w.path, err), w.Discard())
	}
	w.file = nil
	return nil
}

func (w *RejectWriter) publish() error {
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return err
	}
	if err := w.file.Chmod(0o640); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	return os.Rename(w.file.Name(), w.path)
}

// Discard gives up what was written and leaves any earlier rejects alone. It
// does nothing after Close, so it can be deferred.
func (w *RejectWriter) Discard() error {
	if w.file == nil {
		return nil
	}
	name := w.file.Name()
	_ = w.file.Close() // its content is not wanted, and publish may have closed it already
	w.file = nil
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func disarmAll(cells []string) []string {
	for i, c := range cells {
		cells[i] = disarm(c)
	}
	return cells
}

func disarm(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return cell
	}
	if _, err := ParseNumber(cell); err == nil {
		return cell
	}
	return "'" + cell
}
