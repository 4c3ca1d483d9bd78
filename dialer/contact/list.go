package contact

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of a contact list.
const (
	MaxLine    = 64 << 10   // bytes of one line in UTF-8, its line break not counted; also of a quoted value's lines together
	MaxColumns = 256        // columns of the header
	MaxName    = 64         // bytes of an attribute's name
	MaxValue   = 1024       // bytes of one value in UTF-8
	MaxRows    = 10_000_000 // rows, refused ones included
)

// The fields a column can be mapped to with Options.Columns.
const (
	FieldNumber = "number" // the number to dial; every list has it
	FieldKey    = "key"    // the user's own id of the contact
)

// ReservedPrefix begins the channel variables the dialer sets itself. No
// attribute may have such a name, or a list could forge them.
const ReservedPrefix = "DIALCAMP_"

// defaultColumns are the headers tried, in this order, for fields that
// Options.Columns does not name.
var defaultColumns = map[string][]string{
	FieldNumber: {"number", "phone", "tel", "telephone", "mobile"},
	FieldKey:    {"key"},
}

// Options says how to read a list. The zero value reads UTF-8 with whatever
// delimiter its header line holds.
type Options struct {
	Encoding  string            // a WHATWG name such as euc-kr or windows-1252; empty: utf-8. A byte order mark in the file wins
	Delimiter rune              // 0: whichever of , ; tab | the header line holds most of
	Columns   map[string]string // field (FieldNumber, FieldKey) to header name, compared without case
	MaxRows   int               // 0: MaxRows
}

// Row is one good row.
type Row struct {
	Line       int    // where it starts in the file, 1 is the first line
	Number     string // as ParseNumber returns it
	Key        string // empty without a key column
	Attributes []Attribute
	Record     []string // the columns as they stand in the file, for a RowError of the caller's own
}

// Attribute is one further column of a row; Name is a valid channel variable.
type Attribute struct {
	Name, Value string
}

// RowError is a refused row. The rows after it can still be read.
type RowError struct {
	Line   int
	Reason string
	Record []string // its columns as far as they could be told apart; nil if it was too long to keep
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// ListError is a list that cannot be read, or not any further.
type ListError struct {
	Line   int // 0 if it concerns no line in particular
	Reason string
	Hint   string // what to do about it; may be empty
	Err    error  // the cause where there is one
}

func (e *ListError) Error() string {
	s := e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, s)
	}
	return s
}

func (e *ListError) Unwrap() error { return e.Err }

// Reader reads the rows of one list, in memory bounded by MaxLine however big
// the file is. It is not safe for concurrent use.
//
// That the same number comes twice is for the reader of the rows to notice.
type Reader struct {
	lines *lineReader
	csv   *csv.Reader

	delimiter rune
	encoding  string
	headers   []string
	number    int      // column
	key       int      // column, -1 without
	names     []string // attribute name by column, "" for number and key
	attrs     int

	rows, maxRows int
	err           error
}

// NewReader reads the header of the list in r. Every error is a *ListError.
func NewReader(r io.Reader, opt Options) (*Reader, error) {
	text, enc, err := decode(r, opt.Encoding)
	if err != nil {
		return nil, err
	}
	rd := &Reader{lines: newLineReader(text), encoding: enc, key: -1, maxRows: opt.MaxRows}
	if rd.maxRows <= 0 {
		rd.maxRows = MaxRows
	}
	if err := rd.readHeader(opt); err != nil {
		return nil, err
	}
	return rd, nil
}

// Headers are the names in the header line, as they stand there.
func (r *Reader) Headers() []string { return slices.Clone(r.headers) }

// Delimiter is the one found or given.
func (r *Reader) Delimiter() rune { return r.delimiter }

// Encoding is the WHATWG name of the one in use.
func (r *Reader) Encoding() string { return r.encoding }

// Next returns the next row, a *RowError for a row that is refused, or
// io.EOF. Any other error is a *ListError and final.
func (r *Reader) Next() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	row, err := r.next()
	var bad *RowError
	if err != nil && !errors.As(err, &bad) {
		r.err = err
	}
	return row, err
}

// All yields what Next returns, up to the end or a final error.
func (r *Reader) All() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := r.Next()
			if err == io.EOF {
				return
			}
			bad, _ := errors.AsType[*RowError](err)
			if !yield(row, err) || err != nil && bad == nil {
				return
			}
		}
	}
}

func (r *Reader) next() (Row, error) {
	err := r.lines.nextRecord()
	line := r.lines.start
	if err == nil || errors.Is(err, errLongLine) {
		r.rows++
		if r.rows > r.maxRows {
			return Row{}, &ListError{Line: line, Reason: fmt.Sprintf("more than %d rows", r.maxRows), Hint: "split the list into several files"}
		}
	}
	switch {
	case errors.Is(err, errLongLine):
		return Row{}, &RowError{Line: line, Reason: fmt.Sprintf("the line is longer than %d bytes", MaxLine)}
	case errors.Is(err, io.EOF):
		return Row{}, io.EOF
	case err != nil:
		return Row{}, readFailed(r.lines.line, err)
	}

	record, err := r.csv.Read()
	if fatal := r.lines.failed(); fatal != nil {
		return Row{}, fatal
	}
	if err != nil {
		return Row{}, &RowError{Line: line, Reason: quoteReason(err), Record: strings.SplitN(r.lines.text(), string(r.delimiter), len(r.headers))}
	}
	return r.row(line, record)
}

func quoteReason(err error) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return `a " inside a value that does not begin with one`
	}
	return `a " inside a quoted value is neither doubled nor its end`
}

func (r *Reader) row(line int, record []string) (Row, error) {
	refuse := func(format string, args ...any) (Row, error) {
		return Row{}, &RowError{Line: line, Reason: fmt.Sprintf(format, args...), Record: slices.Clone(record)}
	}
	if n := r.lines.undecodable; n > 0 {
		return refuse("%d undecodable characters: is the list really in %s?", n, r.encoding)
	}
	if len(record) != len(r.headers) {
		return refuse("%d columns, the header has %d", len(record), len(r.headers))
	}
	for i, v := range record {
		if len(v) > MaxValue {
			return refuse("%s: longer than %d bytes", r.headers[i], MaxValue)
		}
		if j := strings.IndexFunc(v, unicode.IsControl); j >= 0 {
			return refuse("%s: control character %s", r.headers[i], quoteAt(v, j))
		}
	}
	row := Row{Line: line, Attributes: make([]Attribute, 0, r.attrs), Record: slices.Clone(record)}
	for i, v := range record {
		switch i {
		case r.number:
			n, err := ParseNumber(v)
			if err != nil {
				return refuse("%s: %s", r.headers[i], err)
			}
			row.Number = n
		case r.key:
			row.Key = strings.TrimSpace(v)
		default:
			row.Attributes = append(row.Attributes, Attribute{r.names[i], v})
		}
	}
	return row, nil
}

// undecodable counts what decoders leave behind for bytes they do not know,
// and bytes that are not UTF-8. A U+FFFD already in the file counts as well: a
// name with it was lost before it came here.
func undecodable(line []byte) int {
	if utf8.Valid(line) && !bytes.Contains(line, []byte("\uFFFD")) {
		return 0 // nearly every line, ten times faster
	}
	n := 0
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if r == utf8.RuneError {
			n++
		}
		line = line[size:]
	}
	return n
}
