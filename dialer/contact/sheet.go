package contact

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sheetSource is one sheet of a workbook, read row by row.
type sheetSource struct {
	t      *tokens
	texts  texts
	style  []style
	epoch  int
	row    int // number of the last row
	over   bool
	rec    record
	bytes  int  // of the row
	hidden bool // the row is, by hand or by a filter
}

func (w *workbook) openSheet(f *zip.File) (source, error) {
	s := &sheetSource{epoch: w.epoch}
	var err error
	if s.style, err = w.styles(); err != nil {
		return nil, err
	}
	if shared := w.find(w.targetOf("sharedStrings")); shared != nil {
		t, err := w.part(shared)
		if err != nil {
			return nil, err
		}
		if err := s.texts.read(t); err != nil {
			return nil, err
		}
	}
	if s.t, err = w.part(f); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *sheetSource) delimiter() rune  { return 0 }
func (s *sheetSource) encoding() string { return "utf-8" }

func (s *sheetSource) header() (record, error) {
	err := s.nextRow()
	if err == io.EOF {
		return record{}, errEmpty
	}
	if err != nil {
		return record{}, err
	}
	if s.bytes > MaxLine {
		return record{}, &ListError{Line: s.row, Reason: fmt.Sprintf("the header row is longer than %d bytes", MaxLine), Hint: longLineHint}
	}
	return s.rec, nil
}

func (s *sheetSource) next(columns int) (record, error) {
	if err := s.nextRow(); err != nil {
		return record{}, err
	}
	if s.bytes > MaxLine {
		return record{}, &RowError{Line: s.row, Reason: fmt.Sprintf("the row is longer than %d bytes", MaxLine)}
	}
	if s.hidden {
		// Whoever filtered the sheet does not see the row, and may not want it called.
		return record{}, &RowError{Line: s.row, Reason: "the row is hidden in the workbook: remove its filter, or the row", Record: slices.Clone(s.rec.values)}
	}
	if lost := s.replaced(); lost > 0 {
		return record{}, &RowError{Line: s.row, Reason: fmt.Sprintf("%d characters were lost before they came into the workbook", lost), Record: slices.Clone(s.rec.values)}
	}
	for len(s.rec.values) < columns { // empty cells at the end are not in the file
		s.add("", "", false)
	}
	return s.rec, nil
}

func (s *sheetSource) replaced() (n int) {
	for _, v := range s.rec.values {
		n += undecodable([]byte(v))
	}
	return n
}

func (s *sheetSource) add(text, lost string, digits bool) {
	s.rec.values = append(s.rec.values, text)
	s.rec.lost = append(s.rec.lost, lost)
	s.rec.digits = append(s.rec.digits, digits)
}

// nextRow goes to the next row with anything in it.
func (s *sheetSource) nextRow() error {
	for !s.over {
		token, err := s.t.next()
		if err == io.EOF {
			return damaged(io.ErrUnexpectedEOF)
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local != "row" {
				continue
			}
			if err := s.readRow(e); err != nil {
				return err
			}
			if len(s.rec.values) > 0 {
				return nil
			}
		case xml.EndElement:
			if e.Name.Local == "sheetData" || e.Name.Local == "worksheet" {
				s.over = true
				return s.end()
			}
		}
	}
	return io.EOF
}

func (s *sheetSource) end() error {
	if err := s.t.rest(); err != nil {
		return err
	}
	return io.EOF
}

// damage is a sheet that no spreadsheet writes.
func (s *sheetSource) damage(format string, args ...any) error {
	return &ListError{Line: s.row, Reason: "the workbook is damaged: " + fmt.Sprintf(format, args...), Hint: damagedHint}
}

func (s *sheetSource) readRow(row xml.StartElement) error {
	s.rec = record{values: s.rec.values[:0], lost: s.rec.lost[:0], digits: s.rec.digits[:0]}
	h := attr(row, "hidden")
	s.bytes, s.hidden = 0, h == "1" || h == "true"
	number := s.row + 1
	if r := attr(row, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n <= s.row {
			return s.damage("row %q comes after row %d", cut(r), s.row)
		}
		number = n
	}
	if number > maxSheetRow {
		return s.damage("more than %d rows", maxSheetRow)
	}
	s.row, s.rec.line = number, number
	at := 0 // the next cell's column
	for {
		token, err := s.t.next()
		if err == io.EOF {
			return damaged(io.ErrUnexpectedEOF)
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			if ref := attr(e, "r"); ref != "" {
				col := columnOf(ref)
				if col < at {
					return s.damage("cell %q is out of its place", cut(ref))
				}
				at = col
			}
			if at >= maxSheetCol {
				return s.damage("a row of more than %d cells", maxSheetCol)
			}
			text, lost, digits, err := s.readCell(e)
			if err != nil {
				return err
			}
			if text != "" {
				for len(s.rec.values) < at {
					s.add("", "", false)
				}
				if s.bytes += len(text); s.bytes > MaxLine {
					text = "" // the row is refused, so what it holds need not be kept
				}
				s.add(text, lost, digits)
			}
			at++
		case xml.EndElement:
			if e.Name.Local == "row" {
				return nil
			}
		}
	}
}

// columnOf is the column of a cell such as B5, the first is 0; -1 if it is none.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

func (s *sheetSource) readCell(c xml.StartElement) (text, lost string, digits bool, err error) {
	kind := attr(c, "t")
	st := style{}
	if i, err := strconv.Atoi(attr(c, "s")); err == nil && i >= 0 && i < len(s.style) {
		st = s.style[i]
	}
	var value, inline []byte
	if value, inline, err = s.t.content("c", "v"); err != nil {
		return "", "", false, err
	}
	v := string(value)
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if v == "" {
			return "", "", false, nil
		}
		if err != nil || i < 0 || i >= len(s.texts.ends) {
			return "", "", false, s.damage("text %q is missing", cut(v))
		}
		return unescape(s.texts.at(i)), "", false, nil
	case "inlineStr":
		return unescape(string(inline)), "", false, nil
	case "str", "d", "e":
		return unescape(v), "", false, nil
	case "b":
		return map[bool]string{true: "TRUE", false: "FALSE"}[v == "1"], "", false, nil
	}
	if v = strings.TrimSpace(v); v == "" {
		return "", "", false, nil
	}
	text, lost, digits = shown(v, st, s.epoch)
	return text, lost, digits, nil
}

// content reads up to the end of an element: the text of those named value in
// it, and that of its <t>, phonetic hints left out. Both are cut where they are
// too long to be taken.
func (t *tokens) content(until, value string) (v, text []byte, err error) {
	var in *[]byte
	phonetic := false
	for {
		token, err := t.next()
		if err == io.EOF {
			return nil, nil, damaged(io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			in = nil
			switch e.Name.Local {
			case value:
				in = &v
			case "t":
				if !phonetic {
					in = &text
				}
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if in != nil {
				*in = appendCut(*in, e)
			}
		case xml.EndElement:
			in = nil
			switch e.Name.Local {
			case until:
				return v, text, nil
			case "rPh":
				phonetic = false
			}
		}
	}
}

// appendCut appends up to the first character beyond MaxValue, for which the
// value is refused.
func appendCut(to, more []byte) []byte {
	for len(more) > 0 && len(to) <= MaxValue {
		_, size := utf8.DecodeRune(more)
		to = append(to, more[:size]...)
		more = more[size:]
	}
	return to
}

// texts are those that a workbook's cells share, one behind the other.
type texts struct {
	all  []byte
	ends []uint32
}

func (x *texts) at(i int) string {
	from := uint32(0)
	if i > 0 {
		from = x.ends[i-1]
	}
	return string(x.all[from:x.ends[i]])
}

func (x *texts) read(t *tokens) error {
	for {
		token, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "si" {
			continue
		}
		_, text, err := t.content("si", "")
		if err != nil {
			return err
		}
		if len(x.all)+len(text) > MaxStrings || len(x.ends) == maxTexts {
			return &ListError{Reason: fmt.Sprintf("the workbook holds more than %d bytes of text, or more than %d texts", MaxStrings, maxTexts), Hint: "save the sheet as CSV"}
		}
		x.all = append(x.all, text...)
		x.ends = append(x.ends, uint32(len(x.all)))
	}
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape reads characters that XML cannot hold, written _x000D_.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 32)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
}

// cut shortens what an error quotes.
func cut(s string) string { return s[:min(len(s), 20)] }
