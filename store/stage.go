package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// stage keeps the rows of a load that may become contacts, and those refused, in
// a file that is gone with the process.
type stage struct {
	dir  string
	file *os.File
	w    *bufio.Writer
	n    uint32 // rows
	size int64
	b    []byte
}

// stagedRow is a row as it is kept: as a contact, and what else whoever reports
// it refused wants to know.
type stagedRow struct {
	contact []byte
	line    int
	given   string
	refused string
	record  []string
	why     string // it is refused
}

func (s *stage) add(contact []byte, r *Row, why string) error {
	if s.file == nil {
		f, err := scratch(s.dir)
		if err != nil {
			return err
		}
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<20)
	}
	e := encoder(s.b[:0])
	e.uint(uint64(len(contact)))
	e = append(e, contact...)
	e.uint(uint64(r.Line))
	e.uint(uint64(len(r.Record)))
	for _, field := range r.Record {
		e.string(field)
	}
	e.string(r.Given)
	e.string(r.Refused)
	e.string(why)
	s.b = e
	if len(e) > maxStaged {
		return fmt.Errorf("store: a row is larger than %d bytes", maxStaged)
	}
	s.n++
	s.size += int64(len(e) + binary.PutUvarint(make([]byte, binary.MaxVarintLen64), uint64(len(e))))
	if err := writeUvarint(s.w, uint64(len(e))); err != nil {
		return err
	}
	_, err := s.w.Write(e)
	return err
}

func writeUvarint(w *bufio.Writer, v uint64) error {
	_, err := w.Write(binary.AppendUvarint(w.AvailableBuffer(), v))
	return err
}

// rows returns a reader of what was added.
func (s *stage) rows() (*stageReader, error) {
	if s.file == nil {
		return &stageReader{}, nil
	}
	if err := s.w.Flush(); err != nil {
		return nil, err
	}
	return &stageReader{r: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.size), 1<<20), left: s.n}, nil
}

func (s *stage) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

type stageReader struct {
	r    *bufio.Reader
	left uint32
}

// maxStaged bounds a row of the file, in bytes.
const maxStaged = 64 << 20

// next reads a row; its contact is the caller's to keep. io.EOF is the end.
func (s *stageReader) next() (row stagedRow, err error) {
	if s.left == 0 {
		return row, io.EOF
	}
	s.left--
	n, err := binary.ReadUvarint(s.r)
	if err != nil {
		return row, noEOF(err)
	}
	if n > maxStaged {
		return row, errRecord // before memory is asked for
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return row, noEOF(err)
	}
	d := decoder{b: b}
	row.contact = d.bytes()
	row.line = int(d.uint())
	for range d.max(uint64(len(d.b))) {
		row.record = append(row.record, d.string())
	}
	row.given, row.refused, row.why = d.string(), d.string(), d.string()
	return row, d.err
}

// noEOF is the error of a file that ends where it must not.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
