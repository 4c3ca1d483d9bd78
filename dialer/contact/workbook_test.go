package contact

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"strings"
	"testing"
)

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	relsHead = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	relType  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// book is a workbook in the making: its parts by name.
type book map[string]string

// newBook has two sheets, Kontakte and a hidden one in front, texts and formats.
func newBook(sheet string) book {
	return book{
		"[Content_Types].xml": xmlHead + `<Types/>`,
		"_rels/.rels":         relsHead + `<Relationship Id="rId1" Type="` + relType + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": xmlHead + `<workbook xmlns:r="x"><workbookPr/><sheets>
			<sheet name="Old" sheetId="1" state="hidden" r:id="rId1"/><sheet name="Kontakte" sheetId="2" r:id="rId2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": relsHead +
			`<Relationship Id="rId1" Type="` + relType + `worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + relType + `worksheet" Target="/xl/worksheets/sheet2.xml"/>` +
			`<Relationship Id="rId3" Type="` + relType + `sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId4" Type="` + relType + `styles" Target="styles.xml"/></Relationships>`,
		"xl/sharedStrings.xml": xmlHead + `<sst><si><t>phone</t></si><si><t>name</t></si>` +
			`<si><r><rPr><b/></rPr><t>김</t></r><r><t xml:space="preserve"> 철수</t></r></si>` +
			`<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr/></si><si><t/></si></sst>`,
		"xl/styles.xml": xmlHead + `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="000\-0000\-0000"/><numFmt numFmtId="165" formatCode="&quot;+&quot;0"/>` +
			`<numFmt numFmtId="166" formatCode="yyyy/mm/dd\ hh:mm"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/><xf numFmtId="166"/><xf numFmtId="21"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": xmlHead + sheetXML(`<row r="1"><c r="A1" t="inlineStr"><is><t>tel</t></is></c></row><row r="2"><c r="A2" t="str"><v>77</v></c></row>`),
		"xl/worksheets/sheet2.xml": xmlHead + sheetXML(sheet),
	}
}

func sheetXML(rows string) string {
	return `<worksheet><dimension ref="A1:B9"/><sheetData>` + rows + `</sheetData><mergeCells/></worksheet>`
}

// header are the cells phone and name.
const header = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`

func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range b {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (b book) with(part, text string) book {
	b[part] = text
	return b
}

func TestWorkbook(t *testing.T) {
	kr := Options{Plan: Plan{Region: "KR"}}
	for _, c := range []struct {
		name, rows string
		opt        Options
		want       []string
		refused    []string // line and a part of the reason
	}{
		{"texts", header + `<row r="2"><c r="A2" t="str"><v>0101234</v></c><c r="B2" t="s"><v>2</v></c></row>`, Options{}, []string{"2 0101234 name=김 철수"}, nil},
		{"no hints of how to read them", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" t="s"><v>3</v></c></row>`, Options{}, []string{"2 1 name=東京"}, nil},
		{"inline", header + `<row r="3"><c r="A3" t="inlineStr"><is><r><t>+82 10</t></r><r><t>-1</t></r></is></c></row>`, Options{}, []string{"3 +82101 name="}, nil},
		{"cells and rows without references", `<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row/><row><c t="str"><v>5</v></c><c><v>1.50</v></c></row>`, Options{}, []string{"3 5 name=1.50"}, nil},
		{"blank rows, empty cells beyond the header", header + `<row r="2"><c r="A2"/><c r="B2" s="1"/></row><row r="4"><c r="A4" t="str"><v>5</v></c><c r="Z4" t="s"><v>4</v></c></row>`,
			Options{}, []string{"4 5 name="}, nil},
		{"formulas", header + `<row r="2"><c r="A2" t="str"><f>"0"&amp;C2</f><v>0&#50;</v></c><c r="B2" t="b"><v>1</v></c></row>`, Options{}, []string{"2 02 name=TRUE"}, nil},
		{"errors", header + `<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row>`, Options{}, nil, []string{"2 phone: character 'N'"}},
		{"an escaped line break", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" t="str"><v>a_x000D_b</v></c></row>`, Options{}, nil, []string{`2 name: control character '\r'`}},
		{"too many", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="C2"><v>1</v></c></row>`, Options{}, nil, []string{"2 3 columns, the header has 2"}},
		{"hidden", header + `<row r="2" hidden="1"><c r="A2" t="str"><v>1</v></c></row><row r="3"><c r="A3" t="str"><v>2</v></c></row><row r="4" hidden="true"/>`, Options{},
			[]string{"3 2 name="}, []string{"2 the row is hidden in the workbook"}},
		{"lost before", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" t="str"><v>a` + "\ufffd" + `</v></c></row>`, Options{}, nil, []string{"2 1 characters were lost before"}},
		{"MaxValue+1", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" t="str"><v>` + strings.Repeat("가", 5000) + `</v></c></row>`, Options{}, nil, []string{"2 name: longer than 1024 bytes"}},
		{"a sheet", "", Options{Sheet: "OLD"}, []string{"2 77"}, nil},

		{"digits, no region", header + `<row r="2"><c r="A2"><v>1012345678</v></c></row>`, Options{}, nil, []string{"2 phone: a numeric cell, whose leading zeros are lost"}},
		{"digits", header + `<row r="2"><c r="A2"><v>821012345678</v></c></row><row r="3"><c r="A3" t="n"><v>212345670</v></c></row>`, kr, []string{"2 +821012345678 name=", "3 +82212345670 name="}, nil},
		{"digits as some programs write them", header + `<row r="2"><c r="A2"><v>8.21012345678E11</v></c></row><row r="3"><c r="A3"><v>1012345678.0</v></c></row>`, kr, []string{"2 +821012345678 name=", "3 +821012345678 name="}, nil},
		{"shortened", header + `<row r="2"><c r="A2"><v>2.12346E+08</v></c></row>`, kr, nil, []string{"2 phone: a numeric cell with 2.12346E+08 in it, whose last digits are lost"}},
		{"16 digits", header + `<row r="2"><c r="A2"><v>8210123456780000</v></c></row>`, kr, nil, []string{"2 phone: a numeric cell of more than 15 digits"}},
		{"fraction", header + `<row r="2"><c r="A2"><v>1012345678.5</v></c></row>`, kr, nil, []string{"2 phone: a number with a fraction"}},
		{"negative", header + `<row r="2"><c r="A2"><v>-1012345678</v></c></row>`, kr, nil, []string{"2 phone: a negative number"}},
		{"a date", header + `<row r="2"><c r="A2" s="3"><v>46349</v></c></row>`, kr, nil, []string{"2 phone: a date"}},
		{"shown with zeros", header + `<row r="2"><c r="A2" s="1"><v>1012345678</v></c></row>`, Options{}, []string{"2 01012345678 name="}, nil},
		{"shown with a plus", header + `<row r="2"><c r="A2" s="2"><v>821012345678</v></c></row>`, Options{}, []string{"2 +821012345678 name="}, nil},
		{"dates", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" s="3"><v>46349</v></c></row><row r="3"><c r="A3" t="str"><v>2</v></c><c r="B3" s="4"><v>46349.75</v></c></row>` +
			`<row r="4"><c r="A4" t="str"><v>3</v></c><c r="B4" s="5"><v>0.5</v></c></row><row r="5"><c r="A5" t="str"><v>4</v></c><c r="B5" s="3"><v>59</v></c></row>`,
			Options{}, []string{"2 1 name=2026-11-23", "3 2 name=2026-11-23 18:00:00", "4 3 name=12:00:00", "5 4 name=1900-02-28"}, nil},
		{"a key that is a number", header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2"><v>42</v></c></row><row r="3"><c r="A3" t="str"><v>2</v></c><c r="B3"><v>1.23457E+15</v></c></row>`,
			Options{Columns: map[string]string{"key": "name"}}, []string{"2 1/42"}, []string{"3 name: a numeric cell with 1.23457E+15 in it"}},
	} {
		r, err := NewReader(bytes.NewReader(newBook(c.rows).bytes(t)), c.opt)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, bad, err := readAll(t, r)
		if got := show(rows); err != nil || !reflect.DeepEqual(got, c.want) || len(bad) != len(c.refused) {
			t.Errorf("%s: %q, refused %v, error %v; want %q", c.name, got, bad, err, c.want)
			continue
		}
		for i, e := range bad {
			if got := fmt.Sprint(e.Line, " ", e.Reason); !strings.HasPrefix(got, c.refused[i]) {
				t.Errorf("%s: refused %q, want %q", c.name, got, c.refused[i])
			}
		}
	}
}

func TestWorkbook1904(t *testing.T) {
	b := newBook(header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" s="3"><v>44887</v></c></row>`)
	b["xl/workbook.xml"] = strings.Replace(b["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	r, err := NewReader(bytes.NewReader(b.bytes(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, _, err := readAll(t, r); err != nil || !reflect.DeepEqual(show(rows), []string{"2 1 name=2026-11-23"}) {
		t.Errorf("%q, %v", show(rows), err)
	}
}

func TestWorkbookRefused(t *testing.T) {
	good := header + `<row r="2"><c r="A2" t="str"><v>1</v></c></row>`
	wide := `<row r="1">` + strings.Repeat(`<c t="s"><v>0</v></c>`, 10_000) + `</row>`
	for _, c := range []struct {
		name string
		book book
		opt  Options
		want string
	}{
		{"no workbook", book{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, Options{}, "a zip file, but no Excel workbook"},
		{"no such sheet", newBook(good), Options{Sheet: "Liste"}, `the workbook has no sheet "Liste"`},
		{"every sheet hidden", newBook(good).with("xl/workbook.xml", `<workbook><sheets><sheet name="a" state="veryHidden" id="rId1"/></sheets></workbook>`), Options{}, "no sheet that is not hidden"},
		{"sheet missing", newBook(good).with("xl/_rels/workbook.xml.rels", `<x><Relationship Id="rId2" Type="/worksheet" Target="none.xml"/></x>`), Options{}, `its sheet "Kontakte" is missing`},
		{"empty", newBook(""), Options{}, "the list is empty"},
		{"text missing", newBook(`<row r="1"><c r="A1" t="s"><v>9</v></c></row>`), Options{}, `line 1: the workbook is damaged: text "9" is missing`},
		{"text before the first", newBook(`<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`), Options{}, `text "-1" is missing`},
		{"rows backwards", newBook(`<row r="3"/><row r="3"/>`), Options{}, `row "3" comes after row 3`},
		{"cells backwards", newBook(`<row r="1"><c r="B1" t="s"><v>0</v></c><c r="A1" t="s"><v>1</v></c></row>`), Options{}, `cell "A1" is out of its place`},
		{"no cell", newBook(`<row r="1"><c r="1" t="s"><v>0</v></c></row>`), Options{}, `cell "1" is out of its place`},
		{"a cell far out", newBook(`<row r="1"><c r="XFE1" t="s"><v>0</v></c></row>`), Options{}, "a row of more than 16384 cells"},
		{"a row far down", newBook(`<row r="1048577"/>`), Options{}, "more than 1048576 rows"},
		{"the last row but one more", newBook(`<row r="1048576"/><row/>`), Options{}, "more than 1048576 rows"},
		{"10,000 columns", newBook(wide), Options{}, "more than 256 columns"},
		{"the same name twice", newBook(`<row r="1"><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>`), Options{}, "columns 1 and 2 are both named"},
		{"no header", newBook(`<row r="1"><c t="str"><v>0101234</v></c></row>`), Options{}, "no column for the number"},
		{"cut XML", newBook(good).with("xl/worksheets/sheet2.xml", `<worksheet><sheetData><row r="1"><c r="A1"`), Options{}, "damaged or cut off"},
		{"an end too early", newBook(good).with("xl/worksheets/sheet2.xml", `<worksheet><sheetData><row r="1">`), Options{}, "damaged or cut off"},
		{"entities", newBook(good).with("xl/worksheets/sheet2.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`), Options{}, "damaged or cut off"},
		{"deep", newBook(good).with("xl/styles.xml", strings.Repeat("<a>", 101)), Options{}, "nested too deep"},
		{"a long tag", newBook(good).with("xl/worksheets/sheet2.xml", `<worksheet a="`+strings.Repeat("x", maxToken)+`"/>`), Options{}, "a value of more than 1048576 bytes"},
		{"a long text", newBook(`<row r="1"><c t="str"><v>` + strings.Repeat("x", maxToken+1)), Options{}, "a value of more than 1048576 bytes"},
	} {
		r, err := NewReader(bytes.NewReader(c.book.bytes(t)), c.opt)
		if le, ok := err.(*ListError); !ok || !strings.Contains(err.Error(), c.want) || r != nil || le.Hint == "" {
			t.Errorf("%s: %.300v; want a ListError with a hint and %s", c.name, err, c.want)
		}
	}
}

// A workbook that was cut anywhere is one error, never a shorter list.
func TestWorkbookCut(t *testing.T) {
	whole := newBook(header + `<row r="2"><c r="A2" t="str"><v>1</v></c></row>`).bytes(t)
	for n := 4; n < len(whole); n += 7 {
		r, err := NewReader(bytes.NewReader(whole[:n]), Options{})
		if err == nil {
			_, _, err = readAll(t, r)
		}
		if _, ok := err.(*ListError); !ok {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	// What was changed in the middle fails its checksum.
	b := newBook(header + `<row r="2"><c r="A2" t="str"><v>1234567</v></c></row>`)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range b {
		// Stored, so that the digits can be found.
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(text)),
			CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	z.Close()
	r, err := NewReader(bytes.NewReader(bytes.Replace(out.Bytes(), []byte("1234567"), []byte("1234568"), 1)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = readAll(t, r); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a digit was changed: %v", err)
	}
}

// bomb is a workbook with one part that goes on for n times the block.
func bomb(t testing.TB, name, head, block string, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	b := newBook(header)
	delete(b, name)
	for part, text := range b {
		w, _ := z.Create(part)
		io.WriteString(w, text)
	}
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, head)
	if _, err := io.Copy(w, &endless{block: block, n: n * len(block)}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWorkbookBombs(t *testing.T) {
	const sheet2 = "xl/worksheets/sheet2.xml"
	for _, c := range []struct{ name, part, head, block, want string }{
		{"blank rows", sheet2, "<worksheet><sheetData>" + header, "<row></row>", "more than 200 times its size"},
		{"before the rows", sheet2, "<worksheet>", "<x/>                 ", "more than 200 times its size"},
		{"texts", "xl/sharedStrings.xml", "<sst>", "<si><t>" + strings.Repeat("x", 200) + "</t></si>", "more than 200 times its size"},
		{"formats", "xl/styles.xml", "<styleSheet><cellXfs>", "<xf numFmtId='1'/>", "more than 200 times its size"},
		{"sheets", "xl/workbook.xml", "<workbook><sheets>", "<sheet name='a' id='b'/>", "more than 1000 sheets"},
		{"one text", "xl/sharedStrings.xml", "<sst><si><t>", "xxxxxxxxxxxxxxxxxxxx", "a value of more than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			packed := bomb(t, c.part, c.head, c.block, (6<<20)/len(c.block))
			r, err := NewReader(bytes.NewReader(packed), Options{})
			if err == nil {
				_, _, err = readAll(t, r)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d bytes: %.300v; want %s", len(packed), err, c.want)
			}
		})
	}
}

// The texts of a workbook are kept, so their sum has a limit.
func TestWorkbookTexts(t *testing.T) {
	var x texts
	x.all = make([]byte, MaxStrings-4)
	if err := x.read(newTokens(strings.NewReader("<sst><si><t>1234</t></si></sst>"))); err != nil || x.at(0)[MaxStrings-4:] != "1234" {
		t.Errorf("MaxStrings: %v", err)
	}
	if err := x.read(newTokens(strings.NewReader("<sst><si><t>5</t></si></sst>"))); err == nil || !strings.Contains(err.Error(), "more than 134217728 bytes of text") {
		t.Errorf("MaxStrings+1: %v", err)
	}
	x = texts{ends: make([]uint32, maxTexts)}
	if err := x.read(newTokens(strings.NewReader("<sst><si><t/></si></sst>"))); err == nil {
		t.Error("maxTexts+1 are accepted")
	}
}

// The table of contents is kept as well.
func TestWorkbookParts(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range 60_000 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%0200d", i), Method: zip.Store}); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	if _, err := NewReader(bytes.NewReader(out.Bytes()), Options{}); err == nil || !strings.Contains(err.Error(), "table of contents is longer than") {
		t.Errorf("%v", err)
	}
}

func TestStyleOf(t *testing.T) {
	for format, want := range map[string]style{
		"General": {}, "0": {zeros: 1}, "0.00": {}, "#,##0": {}, "0000000000": {zeros: 10}, `000"-"0000"-"0000`: {zeros: 11}, "(000) 000-0000": {zeros: 10},
		"###-####": {}, `\+0`: {zeros: 1, plus: true}, "@": {}, "0.00E+00": {}, "m/d/yy": {date: true}, "yyyy\\-mm\\-dd": {date: true}, "[h]:mm": {clock: true},
		"h:mm AM/PM": {clock: true}, `yyyy"년" m"월" d"일" hh:mm`: {date: true, clock: true}, "[Red]0;[Blue]yyyy": {zeros: 1}, `"days "0.0`: {}, "mmm": {date: true}, "[$-412]d": {date: true},
	} {
		if got := styleOf(format); got != want {
			t.Errorf("%q: %+v, want %+v", format, got, want)
		}
	}
}

// FuzzWorkbook: whatever the sheet's XML, reading ends and every row that comes
// out may be dialed.
func FuzzWorkbook(f *testing.F) {
	for _, s := range []string{
		header + `<row r="2"><c r="A2" s="1"><v>1012345678</v></c><c r="B2" t="s"><v>3</v></c></row>`,
		`<row><c t="s"><v>0</v></c></row><row><c><v>8.21012345678E11</v></c></row>`,
		`<row r="1"><c t="inlineStr"><is><t>tel</t></is></c></row><row r="9"><c t="str"><v>1_x000D_</v></c></row>`,
	} {
		f.Add(s, "<sst><si><t>phone</t></si></sst>", "KR")
		f.Add(s, "<sst><si><t>phone</t></si><si><t>name</t></si></sst>", "")
	}
	f.Fuzz(func(t *testing.T, sheet, texts, region string) {
		if region != "" && CheckRegion(region) != nil {
			return
		}
		b := newBook(sheet)
		b["xl/sharedStrings.xml"] = texts
		r, err := NewReader(bytes.NewReader(b.bytes(t)), Options{Plan: Plan{Region: region}})
		if err != nil {
			return
		}
		rows, bad, _ := readAll(t, r)
		checkRead(t, rows, bad)
	})
}
