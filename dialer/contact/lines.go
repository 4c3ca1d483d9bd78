package contact

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

var (
	errLongLine  = errors.New("line too long")
	errOpenQuote = errors.New("quote not closed")
)

// What to do about a list that cannot be read.
const (
	quoteHint     = `close the quote, or double it if it is part of the value ("")`
	longLineHint  = "is this a text file with one contact a line?"
	lineEndHint   = "its first line ends otherwise: save the list with LF or CRLF line ends"
	notTextHint   = "save the list as CSV or as an Excel workbook (.xlsx)"
	utf16Hint     = "the list looks like UTF-16 without a byte order mark: set its encoding to utf-16le or utf-16be"
	columnHint    = "name the column in the list's columns setting, for example columns: {number: \"Phone no.\"}"
	attributeHint = "give it a name of letters, digits and _ in the list's attributes setting, for example attributes: {city: \"Wohn-Ort\"}"
	damagedHint   = "get the file again: what is missing cannot be told"
	bombHint      = "unpack it and look: no list of contacts is so uniform"
)

// lineReader stands between the file and encoding/csv, which by itself would
// buffer a line or an unclosed quote without end. It hands out one record's
// first line at a time and further lines only while csv asks for them, which
// it does inside a quoted value alone, up to MaxLine bytes a record.
//
// Lines end in LF or CRLF; if the first one ends in a CR alone, as on the first
// Macs, all do. A CR elsewhere belongs to a value: what stands behind it must
// not pass for a contact.
type lineReader struct {
	src  *bufio.Reader
	told bool // the encoding was: what is not UTF-8 is damage, and not the wrong one
	end  byte // of a line; 0 before the first
	line int  // number of the last line read

	start       int    // line the record starts on
	record      []byte // the record so far, each line ending in one LF
	served      int    // bytes of record that csv has
	undecodable int    // in record
	fatal       error  // why csv was refused a further line
}

func newLineReader(r io.Reader, told bool) *lineReader {
	return &lineReader{src: bufio.NewReaderSize(r, MaxLine+len("\r\n")), told: told}
}

// nextRecord goes to the next line that is not blank. After errLongLine that
// line has been skipped.
func (l *lineReader) nextRecord() error {
	for blank := 0; ; blank++ {
		l.record, l.served, l.undecodable, l.fatal = l.record[:0], 0, 0, nil
		err := l.readLine()
		l.start = l.line
		if err != nil {
			return err
		}
		if len(bytes.Trim(l.record, " \n")) > 0 {
			return nil
		}
		if blank == MaxBlank {
			return &ListError{Line: l.line, Reason: fmt.Sprintf("more than %d empty lines one after the other", MaxBlank), Hint: "remove them, if it is the right file"}
		}
	}
}

// findEnd looks how the first line ends.
func (l *lineReader) findEnd() error {
	head, err := l.src.Peek(l.src.Size())
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	l.end = '\n'
	i := bytes.IndexAny(head, "\r\n")
	if i >= 0 && head[i] == '\r' && i+1 < len(head) && head[i+1] != '\n' {
		l.end = '\r'
	}
	return nil
}

// readLine appends one line to the record.
func (l *lineReader) readLine() error {
	if l.end == 0 {
		if err := l.findEnd(); err != nil {
			return err
		}
	}
	line, err := l.src.ReadSlice(l.end)
	if len(line) == 0 && err != nil {
		return err
	}
	l.line++
	tooLong := false
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = l.src.ReadSlice(l.end)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if tooLong {
		return errLongLine
	}
	line = bytes.TrimSuffix(line, []byte{l.end})
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) > MaxLine {
		return errLongLine
	}
	if !l.told && !utf8.Valid(line) && bytes.IndexByte(line, 0) < 0 {
		return notUTF8(l.line, line)
	}
	l.undecodable += undecodable(line)
	l.record = append(append(l.record, line...), '\n')
	return nil
}

// Read serves csv. That it is called with nothing left to serve means that a
// quote is still open at the end of the line.
func (l *lineReader) Read(p []byte) (int, error) {
	if l.fatal != nil {
		return 0, l.fatal
	}
	if l.served == len(l.record) {
		if err := l.readLine(); err != nil {
			return 0, l.stop(err)
		}
		if len(l.record)-1 > MaxLine {
			return 0, l.stop(errLongLine)
		}
	}
	n := copy(p, l.record[l.served:])
	l.served += n
	return n, nil
}

func (l *lineReader) stop(err error) error {
	switch {
	case errors.Is(err, errLongLine):
		l.fatal = &ListError{Line: l.start, Err: errOpenQuote, Hint: quoteHint,
			Reason: fmt.Sprintf("a quoted value goes on for more than %d bytes", MaxLine)}
	case !errors.Is(err, io.EOF):
		l.fatal = readFailed(l.line, err)
	case l.line > l.start:
		l.fatal = &ListError{Line: l.start, Err: errOpenQuote, Hint: quoteHint,
			Reason: fmt.Sprintf("a quoted value goes on to the end of the list, line %d", l.line)}
	default:
		// The last line is cut off; it took no other row with it, so it is
		// only a bad row.
		return io.EOF
	}
	return l.fatal
}

// failed is the error that ended the record's lines, if it ends the list too.
func (l *lineReader) failed() error { return l.fatal }

// text is the record as it stands in the file, its last line break taken off.
func (l *lineReader) text() string { return string(bytes.TrimSuffix(l.record, []byte("\n"))) }

// readFailed is the error of a file that cannot be read on; a ListError says by
// itself what is wrong.
func readFailed(line int, err error) error {
	if le, ok := errors.AsType[*ListError](err); ok {
		if le.Line == 0 {
			told := *le
			told.Line = line
			return &told
		}
		return le
	}
	return &ListError{Line: line, Reason: "reading the list failed", Err: err}
}
