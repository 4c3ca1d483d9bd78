package contact

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// record is one line of a list, or one row of a workbook.
type record struct {
	line   int // or row
	values []string
	// lost says of a workbook's cells why what they show may not be what was
	// meant; "" where nothing is in doubt. It is nil for text.
	lost        []string
	digits      []bool // of a workbook: it is a whole number, whose leading zeros are gone; nil for text
	undecodable int    // characters
}

// source hands out the records of a list that are not blank. Every error but a
// *RowError and io.EOF is a *ListError and final. What it returns is valid
// until the next call.
type source interface {
	header() (record, error)
	next(columns int) (record, error)
	delimiter() rune
	encoding() string
}

// textSource is a list in CSV.
type textSource struct {
	lines *lineReader
	csv   *csv.Reader
	comma rune
	enc   string
}

func openText(raw *bufio.Reader, opt Options) (*textSource, error) {
	text, enc, told, err := decode(raw, opt.Encoding)
	if err != nil {
		return nil, err
	}
	return &textSource{lines: newLineReader(text, told), comma: opt.Delimiter, enc: enc}, nil
}

func (t *textSource) delimiter() rune  { return t.comma }
func (t *textSource) encoding() string { return t.enc }

func (t *textSource) header() (record, error) {
	switch err := t.lines.nextRecord(); {
	case errors.Is(err, io.EOF):
		return record{}, errEmpty
	case errors.Is(err, errLongLine):
		return record{}, &ListError{Line: t.lines.start, Reason: fmt.Sprintf("the header line is longer than %d bytes", MaxLine), Hint: longLineHint}
	case err != nil:
		return record{}, readFailed(t.lines.line, err)
	}
	refuse := func(hint, format string, args ...any) (record, error) {
		return record{}, &ListError{Line: t.lines.start, Reason: fmt.Sprintf(format, args...), Hint: hint}
	}
	text := t.lines.text()
	if i := strings.IndexFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\t' }); i >= 0 {
		hint := notTextHint
		switch text[i] {
		case 0:
			hint = utf16Hint
		case '\r':
			hint = lineEndHint
		}
		return refuse(hint, "the header line holds the control character %s", quoteAt(text, i))
	}
	if t.comma == 0 {
		t.comma = sniff(text)
	}
	if !slices.Contains(delimiters, t.comma) {
		return record{}, &ListError{Reason: fmt.Sprintf("delimiter %q is not one of , ; tab |", t.comma)}
	}
	t.csv = csv.NewReader(t.lines)
	t.csv.Comma = t.comma
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	values, err := t.csv.Read()
	if fatal := t.lines.failed(); fatal != nil {
		return record{}, fatal
	}
	if err != nil {
		return refuse(quoteHint, "header: %s", quoteReason(err))
	}
	if n := t.lines.undecodable; n > 0 {
		return refuse("set the list's encoding", "the header line holds %d undecodable characters: is the list really in %s?", n, t.enc)
	}
	return record{line: t.lines.start, values: values}, nil
}

func (t *textSource) next(columns int) (record, error) {
	err := t.lines.nextRecord()
	line := t.lines.start
	switch {
	case errors.Is(err, errLongLine):
		return record{}, &RowError{Line: line, Reason: fmt.Sprintf("the line is longer than %d bytes", MaxLine)}
	case errors.Is(err, io.EOF):
		return record{}, io.EOF
	case err != nil:
		return record{}, readFailed(t.lines.line, err)
	}
	values, err := t.csv.Read()
	if fatal := t.lines.failed(); fatal != nil {
		return record{}, fatal
	}
	if err != nil {
		return record{}, &RowError{Line: line, Reason: quoteReason(err), Record: strings.SplitN(t.lines.text(), string(t.comma), columns)}
	}
	return record{line: line, values: values, undecodable: t.lines.undecodable}, nil
}

func quoteReason(err error) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return `a " inside a value that does not begin with one`
	}
	return `a " inside a quoted value is neither doubled nor its end`
}

// sniff counts the delimiters outside quotes.
func sniff(header string) rune {
	count := map[rune]int{}
	quoted := false
	for _, c := range header {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			count[c]++
		}
	}
	best := delimiters[0]
	for _, d := range delimiters[1:] {
		if count[d] > count[best] {
			best = d
		}
	}
	return best
}
