package contact

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
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
	MaxBlank   = 1_000_000  // empty lines one after the other, of text
)

// ReservedPrefix begins the channel variables the dialer sets itself. No
// attribute may have such a name, or a list could forge them.
const ReservedPrefix = "DIALCAMP_"

// Options says how to read a list. The zero value reads UTF-8 with whatever
// delimiter its header line holds, or the first sheet of a workbook.
type Options struct {
	Encoding  string            // of text: a WHATWG name such as euc-kr or windows-1252. A byte order mark in the file wins; with neither, what is not UTF-8 is refused
	Delimiter rune              // of text; 0: whichever of , ; tab | the header line holds most of
	Sheet     string            // of a workbook; empty: the first one that is not hidden
	Columns   map[string]string // field (FieldNumber, FieldKey …) to header name, compared without case
	// Numbers are the columns of telephone numbers in the order in which they are
	// called, where there are several. Without it they are the column FieldNumber
	// and those named as that is with 2 to 16 behind: phone, phone2, phone3.
	Numbers []NumberColumn
	// Attributes names columns as channel variables, variable to header name. Any
	// other column is one under its own name.
	Attributes map[string]string
	Plan       Plan // of the numbers
	Zones      ZoneSource
	Home       *time.Location // of dates and times that do not say theirs; nil: UTC
	MaxRows    int            // 0: MaxRows
}

// Row is one good row.
type Row struct {
	Line       int      // where it starts in the file, 1 is the first line; of a workbook, the row
	Numbers    []Number // one at least, each once
	Dropped    []string // why further numbers that stand in the row are not among them
	Key        string   // empty without a key column
	Attributes []Attribute
	Priority   int       // within MinPriority and MaxPriority
	Zone       Zone      // empty: not known, or not asked for
	NotBefore  time.Time // zero: any time
	Expires    time.Time // zero: never
	Record     []string  // the columns as they stand in the file, for a RowError of the caller's own
}

// Number is one of a row's telephone numbers.
type Number struct {
	Number string // as Plan.Normalise returns it
	Given  string // as it stands in the list, as ParseNumber returns it; empty if that refuses it
	Type   string // of its column; may be empty
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
	Kind   Kind
}

// Kind is what is wrong with a refused row.
type Kind uint8

// Kinds.
const (
	BadRow    Kind = iota // anything else
	BadNumber             // none of its numbers can be called
	NoZone                // its time zone is none
)

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

// Reader reads the rows of one list, in memory bounded by MaxLine for text,
// MaxStrings for a workbook, however big the file is or unpacks to. It is not
// safe for concurrent use.
//
// That the same number comes twice is for the reader of the rows to notice.
type Reader struct {
	source  source
	plan    Plan
	headers []string
	fields  []field // by column
	numbers []numberColumn
	names   []string // attribute name by column, "" for others
	attrs   int
	zones   ZoneSource
	home    *time.Location

	rows, maxRows int
	err           error
}

// NewReader reads the header of the list in r, which is text, gzip of text or,
// if r is an io.ReaderAt and io.Seeker as files are, an XLSX workbook; what it
// is, its first bytes tell. Every error is a *ListError.
func NewReader(r io.Reader, opt Options) (*Reader, error) {
	src, err := openSource(r, opt)
	if err != nil {
		return nil, err
	}
	rd := &Reader{source: src, plan: opt.Plan, zones: opt.Zones, home: cmp.Or(opt.Home, time.UTC), maxRows: opt.MaxRows}
	if rd.maxRows <= 0 {
		rd.maxRows = MaxRows
	}
	if err := rd.readHeader(opt); err != nil {
		return nil, err
	}
	return rd, nil
}

// The first bytes of files that are not text.
const (
	gzipMagic = "\x1f\x8b"
	zipMagic  = "PK\x03\x04"
	oleMagic  = "\xd0\xcf\x11\xe0" // Excel before 2007, and a workbook with a password
)

func openSource(r io.Reader, opt Options) (source, error) {
	raw := bufio.NewReaderSize(r, 64<<10)
	packed := false
	for {
		head, err := raw.Peek(4)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, readFailed(0, err)
		}
		file, isFile := r.(workbookFile)
		switch {
		case bytes.HasPrefix(head, []byte(gzipMagic)) && !packed:
			packed = true
			if raw, err = gunzip(raw); err != nil {
				return nil, err
			}
			continue
		case bytes.HasPrefix(head, []byte(gzipMagic)):
			return nil, &ListError{Reason: "the list is packed twice", Hint: "unpack it once"}
		case bytes.HasPrefix(head, []byte(zipMagic)) && isFile && !packed:
			return openWorkbook(file, opt)
		case bytes.HasPrefix(head, []byte(zipMagic)):
			return nil, &ListError{Reason: "the list is a packed workbook", Hint: "unpack it: workbooks are packed by themselves"}
		case bytes.HasPrefix(head, []byte(oleMagic)):
			return nil, &ListError{Reason: "the list is an old Excel file, or a workbook with a password", Hint: notTextHint + ", without a password"}
		}
		return openText(raw, opt)
	}
}

// Headers are the names in the header line, as they stand there.
func (r *Reader) Headers() []string { return slices.Clone(r.headers) }

// Delimiter is the one found or given; 0 of a workbook.
func (r *Reader) Delimiter() rune { return r.source.delimiter() }

// Encoding is the WHATWG name of the one in use.
func (r *Reader) Encoding() string { return r.source.encoding() }

// Next returns the next row, a *RowError for a row that is refused, or
// io.EOF. Any other error is a *ListError and final.
func (r *Reader) Next() (Row, error) {
	row, err := r.read()
	if err != nil {
		return Row{}, err
	}
	return r.finish(row)
}

// unparsed is a row whose numbers are still as they stand in the list.
type unparsed struct {
	Row
	cells []cell // of its numbers; nil: all are text
}

// cell is what a workbook says of a number beside its text.
type cell struct {
	lost   string // why it is not what was meant
	digits bool   // a numeric cell
}

// read is Next without what takes long, which finish does.
func (r *Reader) read() (unparsed, error) {
	if r.err != nil {
		return unparsed{}, r.err
	}
	row, err := r.next()
	if err != nil {
		if _, bad := errors.AsType[*RowError](err); !bad {
			r.err = err
		}
	}
	return row, err
}

func (r *Reader) next() (unparsed, error) {
	rec, err := r.source.next(len(r.headers))
	bad, isRow := errors.AsType[*RowError](err)
	if err != nil && !isRow {
		return unparsed{}, err
	}
	line := rec.line
	if isRow {
		line = bad.Line
	}
	if r.rows++; r.rows > r.maxRows {
		return unparsed{}, &ListError{Line: line, Reason: fmt.Sprintf("more than %d rows", r.maxRows), Hint: "split the list into several files"}
	}
	if isRow {
		return unparsed{}, bad
	}
	return r.row(&rec)
}

func (r *Reader) row(rec *record) (unparsed, error) {
	refuse := func(format string, args ...any) (unparsed, error) {
		return unparsed{}, &RowError{Line: rec.line, Reason: fmt.Sprintf(format, args...), Record: slices.Clone(rec.values)}
	}
	if n := rec.undecodable; n > 0 {
		return refuse("%d undecodable characters: is the list really in %s?", n, r.Encoding())
	}
	if len(rec.values) != len(r.headers) {
		return refuse("%d columns, the header has %d", len(rec.values), len(r.headers))
	}
	for i, v := range rec.values {
		if len(v) > MaxValue {
			return refuse("%s: longer than %d bytes", r.headers[i], MaxValue)
		}
		if j := strings.IndexFunc(v, unicode.IsControl); j >= 0 {
			return refuse("%s: control character %s", r.headers[i], quoteAt(v, j))
		}
	}
	row := unparsed{Row: Row{
		Line: rec.line, Numbers: make([]Number, len(r.numbers)), Attributes: make([]Attribute, 0, r.attrs), Record: slices.Clone(rec.values),
	}}
	for i, v := range row.Record {
		if r.fields[i] == "" {
			row.Attributes = append(row.Attributes, Attribute{r.names[i], v})
		} else if kind, err := r.field(&row.Row, rec, i); err != nil {
			return unparsed{}, &RowError{Line: rec.line, Reason: fmt.Sprintf("%s: %s", r.headers[i], err), Record: row.Record, Kind: kind}
		}
	}
	for i, n := range r.numbers {
		row.Numbers[i] = Number{Number: row.Record[n.column], Type: n.kind}
	}
	if rec.lost != nil {
		row.cells = make([]cell, len(r.numbers))
		for i, n := range r.numbers {
			row.cells[i] = cell{rec.lost[n.column], rec.digits[n.column]}
		}
	}
	return row, nil
}

// finish parses a row's numbers. It may be called from several goroutines.
func (r *Reader) finish(u unparsed) (Row, error) {
	row, given := u.Row, u.Numbers
	row.Numbers = given[:0]
	for i, n := range given {
		var c cell
		if u.cells != nil {
			c = u.cells[i]
		}
		if len(given) > 1 && strings.TrimSpace(n.Number) == "" {
			continue
		}
		number, err := r.parseNumber(n.Number, c)
		if err != nil {
			row.Dropped = append(row.Dropped, fmt.Sprintf("%s: %s", r.headers[r.numbers[i].column], err))
			continue
		}
		if slices.ContainsFunc(row.Numbers, func(o Number) bool { return o.Number == number }) {
			continue
		}
		as := Number{Number: number, Type: n.Type}
		if plain, err := ParseNumber(n.Number); err == nil {
			as.Given = plain
		}
		row.Numbers = append(row.Numbers, as)
	}
	if len(row.Numbers) == 0 {
		reason := strings.Join(row.Dropped, "; ")
		if reason == "" {
			reason = "it has no number"
		}
		return Row{}, &RowError{Line: row.Line, Reason: reason, Record: row.Record, Kind: BadNumber}
	}
	if r.zones == ZoneOfNumbers {
		row.Zone = zoneOfAll(row.Numbers)
	}
	return row, nil
}

func (r *Reader) parseNumber(given string, c cell) (string, error) {
	if c.lost != "" {
		return "", errors.New(c.lost)
	}
	normalise := r.plan.Normalise
	if c.digits {
		normalise = r.plan.normaliseCell
	}
	number, err := normalise(given)
	if err != nil && shortened(given) {
		err = fmt.Errorf("%w: a spreadsheet has shortened the number, its last digits are lost", err)
	}
	return number, err
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
