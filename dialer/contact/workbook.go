package contact

import (
	"archive/zip"
	"compress/flate"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// The limits of a workbook.
const (
	MaxStrings  = 128 << 20 // bytes of its texts together, those of other sheets included
	maxTexts    = 8 << 20   // how many
	maxParts    = 8 << 20   // bytes of its table of contents
	maxToken    = 1 << 20   // bytes of one piece of XML
	maxSheets   = 1000
	maxStyles   = 65_536
	maxSheetCol = 16_384 // of Excel itself
	maxSheetRow = 1_048_576
)

// workbookFile is what a workbook can be read from: its table of contents
// stands at the end.
type workbookFile interface {
	io.ReaderAt
	io.Seeker
}

// workbook is an XLSX file: a zip of XML parts (ECMA-376).
type workbook struct {
	zip     *zip.Reader
	size    int64
	dir     string // of the part that all others are named from
	epoch   int    // 1900 or 1904
	sheets  []sheetName
	targets map[string]relation // by id
}

type sheetName struct {
	name, id string
	hidden   bool
}

type relation struct{ kind, target string }

func openWorkbook(f workbookFile, opt Options) (source, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, readFailed(0, err)
	}
	contents := &budget{r: f, left: maxParts}
	z, err := zip.NewReader(contents, size)
	if err != nil {
		return nil, damaged(err)
	}
	contents.left = -1
	w := &workbook{zip: z, size: size, epoch: 1900, targets: map[string]relation{}}
	main := "xl/workbook.xml"
	root := map[string]relation{}
	if err := w.relations("_rels/.rels", root); err != nil {
		return nil, err
	}
	for _, r := range root {
		if r.kind == "officeDocument" {
			main = strings.TrimPrefix(r.target, "/")
		}
	}
	w.dir = path.Dir(main)
	if err := w.names(main); err != nil {
		return nil, err
	}
	if err := w.relations(path.Join(w.dir, "_rels", path.Base(main)+".rels"), w.targets); err != nil {
		return nil, err
	}
	part, err := w.choose(opt.Sheet)
	if err != nil {
		return nil, err
	}
	return w.openSheet(part)
}

// budget bounds what the table of contents may take.
type budget struct {
	r    io.ReaderAt
	left int // bytes; negative: no bound
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left < 0 {
		return b.r.ReadAt(p, off)
	}
	if b.left < len(p) {
		return 0, &ListError{Reason: fmt.Sprintf("the workbook's table of contents is longer than %d bytes", maxParts), Hint: notTextHint}
	}
	b.left -= len(p)
	return b.r.ReadAt(p, off)
}

// damaged says why a workbook cannot be read.
func damaged(err error) error {
	if le, ok := errors.AsType[*ListError](err); ok {
		return le
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	_, syntax := errors.AsType[*xml.SyntaxError](err)
	switch {
	case corrupt, syntax, errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &ListError{Reason: "the workbook is damaged or cut off", Err: err, Hint: damagedHint}
	}
	return readFailed(0, err)
}

// find returns a part, nil if there is none of that name.
func (w *workbook) find(name string) *zip.File {
	for _, f := range w.zip.File {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// part opens a part for reading as XML, in bounds.
func (w *workbook) part(f *zip.File) (*tokens, error) {
	if f.Flags&1 != 0 {
		return nil, &ListError{Reason: "the workbook is encrypted", Hint: notTextHint + ", without a password"}
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	packed := min(int64(f.CompressedSize64), w.size)
	return newTokens(&unpacked{src: r, packed: func() int64 { return packed }}), nil
}

// each reads a whole part; without it, nothing. do is told of every element,
// and the one it stands in, with the names of the schema without namespaces.
func (w *workbook) each(name string, do func(in string, e xml.StartElement) error) error {
	f := w.find(name)
	if f == nil {
		return nil
	}
	t, err := w.part(f)
	if err != nil {
		return err
	}
	in := []string{""}
	for {
		token, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if err := do(in[len(in)-1], e); err != nil {
				return err
			}
			if in = append(in, e.Name.Local); len(in) > 100 {
				return &ListError{Reason: "the workbook is damaged: its XML is nested too deep", Hint: damagedHint}
			}
		case xml.EndElement:
			if len(in) > 1 {
				in = in[:len(in)-1]
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (w *workbook) relations(name string, to map[string]relation) error {
	return w.each(name, func(_ string, e xml.StartElement) error {
		if e.Name.Local == "Relationship" && len(to) < maxSheets+100 {
			to[attr(e, "Id")] = relation{path.Base(attr(e, "Type")), attr(e, "Target")}
		}
		return nil
	})
}

func (w *workbook) names(main string) error {
	if w.find(main) == nil {
		return &ListError{Reason: "the list is a zip file, but no Excel workbook (.xlsx)", Hint: notTextHint}
	}
	return w.each(main, func(_ string, e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			if v := attr(e, "date1904"); v == "1" || v == "true" {
				w.epoch = 1904
			}
		case "sheet":
			if len(w.sheets) == maxSheets {
				return &ListError{Reason: fmt.Sprintf("the workbook has more than %d sheets", maxSheets), Hint: notTextHint}
			}
			state := attr(e, "state")
			w.sheets = append(w.sheets, sheetName{attr(e, "name"), attr(e, "id"), state != "" && state != "visible"})
		}
		return nil
	})
}

// target is the name of a part that the workbook refers to.
func (w *workbook) target(r relation) string {
	if strings.HasPrefix(r.target, "/") {
		return path.Clean(r.target)[1:]
	}
	return path.Join(w.dir, r.target)
}

// targetOf is the part of that kind, if there is one.
func (w *workbook) targetOf(kind string) string {
	for _, r := range w.targets {
		if r.kind == kind {
			return w.target(r)
		}
	}
	return ""
}

// choose is the part of the sheet that was asked for.
func (w *workbook) choose(name string) (*zip.File, error) {
	var known []string
	for _, s := range w.sheets {
		r, ok := w.targets[s.id]
		if !ok || r.kind != "worksheet" { // such as a chart
			continue
		}
		known = append(known, fmt.Sprintf("%q", s.name))
		if name == "" && s.hidden || name != "" && !strings.EqualFold(s.name, name) {
			continue
		}
		if f := w.find(w.target(r)); f != nil {
			return f, nil
		}
		return nil, &ListError{Reason: fmt.Sprintf("the workbook is damaged: its sheet %q is missing", s.name), Hint: damagedHint}
	}
	if name == "" {
		return nil, &ListError{Reason: "the workbook has no sheet that is not hidden", Hint: "name one in the list's sheet setting"}
	}
	const most = 20
	more := ""
	if len(known) > most {
		more = fmt.Sprintf(" and %d more", len(known)-most)
		known = known[:most]
	}
	return nil, &ListError{Reason: fmt.Sprintf("the workbook has no sheet %q", name), Hint: "it has " + strings.Join(known, ", ") + more}
}
