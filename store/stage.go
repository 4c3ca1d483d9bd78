package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/dialcamp/dialcamp/dialer/campaign"
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
// it wants to know.
type stagedRow struct {
	id      uint64 // of the contact that it stands for, 0 if that is a new one
	contact []byte
	why     string // it is refused
	rest    []byte // read by row
}

// row is the row as it was.
func (s *stagedRow) row() (Row, error) {
	c, err := decodeContact(0, s.contact)
	if err != nil {
		return Row{}, err
	}
	d := decoder{b: s.rest}
	r := Row{
		Line: int(d.uint()), Key: c.Key, Attributes: c.Attributes, Priority: c.Priority, Zone: c.Zone, NotBefore: c.NotBefore, Expires: c.Expires,
	}
	for i := range int(d.max(campaign.MaxNumbers)) {
		n := numberOf(&c, i)
		r.Numbers = append(r.Numbers, RowNumber{Number: n.Number, Given: d.string(), Type: n.Type})
	}
	for range d.max(uint64(len(d.b))) {
		r.Record = append(r.Record, d.string())
	}
	r.Refused = d.string()
	return r, d.err
}

func (s *stage) add(id uint64, contact []byte, r *Row, why string) error {
	if s.file == nil {
		f, err := scratch(s.dir)
		if err != nil {
			return err
		}
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<20)
	}
	e := encoder(s.b[:0])
	e.uint(id)
	e.uint(uint64(len(contact)))
	e = append(e, contact...)
	e.string(why)
	e.uint(uint64(r.Line))
	numbers := r.Numbers[:min(len(r.Numbers), campaign.MaxNumbers)]
	e.uint(uint64(len(numbers)))
	for i := range numbers {
		e.string(numbers[i].Given)
	}
	e.uint(uint64(len(r.Record)))
	for _, field := range r.Record {
		e.string(field)
	}
	e.string(r.Refused)
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
	row.id = d.uint()
	row.contact = d.bytes()
	row.why = d.string()
	row.rest = d.b
	return row, d.err
}

// noEOF is the error of a file that ends where it must not.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
