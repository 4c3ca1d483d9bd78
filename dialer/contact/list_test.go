package contact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/htmlindex"
)

// readAll returns good rows and refused ones, and the final error unless it is
// io.EOF.
func readAll(t testing.TB, r *Reader) (rows []Row, bad []*RowError, err error) {
	t.Helper()
	for {
		row, err := r.Next()
		var re *RowError
		switch {
		case err == nil:
			rows = append(rows, row)
		case errors.As(err, &re):
			bad = append(bad, re)
		default:
			if _, again := r.Next(); !errors.Is(again, err) {
				t.Fatalf("after the final error %v comes %v", err, again)
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return rows, bad, err
		}
	}
}

func open(t testing.TB, text string, opt Options) *Reader {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// show writes rows the way the tables below do: number[/key] name=value …
func show(rows []Row) []string {
	var out []string
	for _, r := range rows {
		s := fmt.Sprint(r.Line)
		for _, n := range r.Numbers {
			s += " " + n.Number
			if n.Type != "" {
				s += ":" + n.Type
			}
		}
		if r.Key != "" {
			s += "/" + r.Key
		}
		for _, a := range r.Attributes {
			s += " " + a.Name + "=" + a.Value
		}
		out = append(out, s)
	}
	return out
}

func TestReadGood(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opt        Options
		want       []string
	}{
		{"plain", "number,name,city\n1017555,Kim,Seoul\n0212345670,Lee,\n", Options{},
			[]string{"2 1017555 name=Kim city=Seoul", "3 0212345670 name=Lee city="}},
		{"plus and zeros survive", "number\n+82 10-1234-5678\n000\n", Options{}, []string{"2 +821012345678", "3 000"}},
		{"no last line break", "number,a\n1,x", Options{}, []string{"2 1 a=x"}},
		{"CRLF", "number,a\r\n1,x\r\n2,y\r\n", Options{}, []string{"2 1 a=x", "3 2 a=y"}},
		{"CR before the end of the file", "number,a\r\n1,x\r", Options{}, []string{"2 1 a=x"}},
		{"CR", "number,a\r1,x\r\r2,y", Options{}, []string{"2 1 a=x", "4 2 a=y"}},
		{"CR in a utf-8 list with a mark", "\xEF\xBB\xBFnumber,a\r1,김\r", Options{}, []string{"2 1 a=김"}},
		{"CR after blank lines", "\r\rnumber\r1\r", Options{}, []string{"4 1"}},
		{"blank lines", "\n  \nnumber,a\n\n1,x\n\r\n   \n2,y\n\n", Options{}, []string{"5 1 a=x", "8 2 a=y"}},
		{"quotes", "\"number\",\"a\"\n1,\"x, \"\"y\"\" ' ;\"\n", Options{}, []string{`2 1 a=x, "y" ' ;`}},
		{"semicolons", "number;\"a, b\"\n1;x,y\n", Options{Columns: map[string]string{"key": "a, b"}}, []string{"2 1/x,y"}},
		{"tab", "number\ta\n1\tx,y\n2\t\n", Options{}, []string{"2 1 a=x,y", "3 2 a="}},
		{"pipe", "number|a\n1|x\n", Options{}, []string{"2 1 a=x"}},
		{"delimiters in quoted headers do not count", "number,\";;;;key\"\n1,2\n", Options{Columns: map[string]string{"key": ";;;;key"}}, []string{"2 1/2"}},
		{"delimiter given", "number;key\n1;2\n", Options{Delimiter: ';'}, []string{"2 1/2"}},
		{"default headers, any case", "Name, TELEPHONE \nKim,1\n", Options{}, []string{"2 1 Name=Kim"}},
		{"default headers, in order", "mobile,phone\n1,2\n", Options{}, []string{"2 2 mobile=1"}},
		{"columns", "Kunde Nr.,Tel. privat,Vor-Name\nA1,1,Ann\n", Options{Columns: map[string]string{"number": "tel. PRIVAT", "key": "Kunde Nr."}},
			[]string{"2 1/A1 Vor_Name=Ann"}},
		{"attributes", "전화번호,이름,Wohn-Ort,x\n1,김,서울,y\n", Options{Columns: map[string]string{"number": "전화번호"}, Attributes: map[string]string{"name": "이름", "city": "wohn-ort"}},
			[]string{"2 1 name=김 city=서울 x=y"}},
		{"key by default", "key,number\n 7 ,1\n", Options{}, []string{"2 1/7"}},
		{"values keep their spaces", "number,a\n1, x \n", Options{}, []string{"2 1 a= x "}},
		{"header only", "number,a\n", Options{}, nil},
		{"duplicates are not ours", "number\n1\n1\n", Options{}, []string{"2 1", "3 1"}},
		{"utf-8", "number,a\n1,김철수 🙂\n", Options{Encoding: "UTF8"}, []string{"2 1 a=김철수 🙂"}},
		{"BOM", "\xEF\xBB\xBFnumber,a\n1,é\n", Options{}, []string{"2 1 a=é"}},
		{"BOM before a quote", "\xEF\xBB\xBF\"number\",a\n1,é\n", Options{}, []string{"2 1 a=é"}},
		{"BOM wins over the encoding given", "\xEF\xBB\xBFnumber,a\n1,김\n", Options{Encoding: "euc-kr"}, []string{"2 1 a=김"}},
		{"euc-kr", "number,a\n1,\xb1\xe8\n", Options{Encoding: "euc-kr"}, []string{"2 1 a=김"}},
		{"cp949 beyond euc-kr", "number,a\n1,\x8c\x63\n", Options{Encoding: "CP949"}, []string{"2 1 a=똠"}},
		{"windows-1252", "number,a\n1,caf\xe9\n", Options{Encoding: "latin1"}, []string{"2 1 a=café"}},
		{"iso-8859-2", "number,a\n1,\xb3\xf3d\xbc\n", Options{Encoding: "iso-8859-2"}, []string{"2 1 a=łódź"}},
		{"windows-1251", "number,a\n1,\xcc\xe8\xf0\n", Options{Encoding: "cp1251"}, []string{"2 1 a=Мир"}},
		{"utf-8 without being told", "number,a\n1,é김\n", Options{}, []string{"2 1 a=é김"}},
		{"shift_jis", "number,a\n1,\x93\x8c\n", Options{Encoding: "shift_jis"}, []string{"2 1 a=東"}},
	} {
		rows, bad, err := readAll(t, open(t, c.text, c.opt))
		if got := show(rows); err != nil || len(bad) > 0 || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, refused %v, error %v; want %q", c.name, got, bad, err, c.want)
		}
	}
}

func TestReadUTF16(t *testing.T) {
	const text = "number,a\r\n0101,김 🙂\r\n"
	want := []string{"2 0101 a=김 🙂"}
	for _, name := range []string{"utf-16le", "utf-16be"} {
		e, err := htmlindex.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		enc, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		mark := map[string]string{"utf-16le": "\xFF\xFE", "utf-16be": "\xFE\xFF"}[name]
		for _, c := range []struct {
			text, encoding string
		}{{mark + enc, ""}, {mark + enc, "utf-8"}, {mark + enc, name}, {enc, name}} {
			rows, bad, err := readAll(t, open(t, c.text, Options{Encoding: c.encoding}))
			if got := show(rows); err != nil || len(bad) > 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("%s as %q: %q, refused %v, error %v", name, c.encoding, got, bad, err)
			}
		}
		if _, err := NewReader(strings.NewReader(enc), Options{}); err == nil || !strings.Contains(hint(err), "utf-16") {
			t.Errorf("%s without a mark, read as utf-8: %v (%s)", name, err, hint(err))
		}
	}
}

func hint(err error) string {
	var le *ListError
	if errors.As(err, &le) {
		return le.Hint
	}
	return ""
}

func TestHeaderRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opt        Options
		want       string
	}{
		{"empty", "", Options{}, "the list is empty"},
		{"only blank lines", "\n \r\n", Options{}, "the list is empty"},
		{"no number column lists the headers", "Name,Tel Nr\nKim,1\n", Options{}, `line 1: no column for the number (number, phone, tel, telephone, mobile); the columns are "Name", "Tel Nr"`},
		{"mapped column missing", "number,a\n", Options{Columns: map[string]string{"number": "Tel"}}, `no column is named "Tel", where the number is said to be; the columns are "number", "a"`},
		{"mapped key missing", "number,a\n", Options{Columns: map[string]string{"key": "id"}}, `no column is named "id", where the key is said to be`},
		{"unknown field", "number\n", Options{Columns: map[string]string{"numbre": "number"}}, `"numbre" is not a field`},
		{"empty mapping", "number\n", Options{Columns: map[string]string{"key": " "}}, "key: no header name"},
		{"two fields, one column", "number\n", Options{Columns: map[string]string{"number": "number", "key": "Number"}}, "both take the column"},
		{"number taken as key", "phone\n", Options{Columns: map[string]string{"key": "phone"}}, "cannot be both number and key"},
		{"duplicate", "number,Name,name\n", Options{}, `columns 2 and 3 are both named "name"`},
		{"duplicate number", "phone,phone\n", Options{}, "columns 1 and 2 are both named"},
		{"duplicate after replacing", "number,a b,a-b\n", Options{}, `columns "a b" and "a-b" both become the channel variable a_b`},
		{"unnamed", "number,a,\n", Options{}, "column 3 has no name"},
		{"digit first", "number,1a\n", Options{}, `column "1a" cannot be a channel variable`},
		{"not ASCII", "number,이름\n", Options{}, `column "이름" cannot be a channel variable`},
		{"a function", "number,CALLERID(num)\n", Options{}, `cannot be a channel variable`},
		{"the dialer's own", "number,__dialcamp_contact\n", Options{}, "the dialer's own"},
		{"a CR in the header", "\"number\ra\",b\n1,x\n", Options{}, `holds the control character`},
		{"a cut workbook", "PK\x03\x04rest", Options{}, "damaged or cut off"},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Options{}, "an old Excel file, or a workbook with a password"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\xff\xfe\n", Options{}, `the control character '\x7f'`},
		{"line break in a header", "number,\"a\nb\"\n1,2\n", Options{}, `control character '\n'`},
		{"escape in a header", "number,a\x1b\n", Options{}, `'\x1b'`},
		{"stray quote", "number,a\"b\n", Options{}, "header: a \""},
		{"quote never closed", "number,\"a\n1,2\n3,4\n", Options{}, "line 1: a quoted value goes on to the end of the list, line 3: quote not closed"},
		{"wrong encoding", "number,na\xefve\n", Options{Encoding: "utf-8"}, "1 undecodable characters: is the list really in utf-8?"},
		{"unknown encoding", "number\n", Options{Encoding: "klingon"}, `encoding "klingon" is not known`},
		{"encoding that decodes to nothing", "number\n", Options{Encoding: "iso-2022-kr"}, "cannot be decoded"},
		{"attribute missing", "number,a\n", Options{Attributes: map[string]string{"name": "이름"}}, `no column is named "이름", which is said to be the attribute name; the columns are "number", "a"`},
		{"number as attribute", "number,a\n", Options{Attributes: map[string]string{"n": "number"}}, `the column "number" is the number, and not the attribute n as well`},
		{"attribute twice", "number,a\n", Options{Attributes: map[string]string{"x": "a", "y": "A"}}, `attributes: x and y both take the column "A"`},
		{"attribute of a bad name", "number,a\n", Options{Attributes: map[string]string{"1x": "a"}}, `attributes: "1x" cannot be a channel variable`},
		{"attribute without a header", "number,a\n", Options{Attributes: map[string]string{"x": ""}}, `attributes: x: no header name`},
		{"attribute named like another column", "number,name,이름\n", Options{Attributes: map[string]string{"name": "이름"}}, `both become the channel variable name`},
		{"bad delimiter", "number\n", Options{Delimiter: '"'}, "is not one of"},
	} {
		r, err := NewReader(strings.NewReader(c.text), c.opt)
		var le *ListError
		if !errors.As(err, &le) || !strings.Contains(err.Error(), c.want) || r != nil {
			t.Errorf("%s: %v; want a ListError with %s", c.name, err, c.want)
		}
	}
}

func TestRowRefused(t *testing.T) {
	const good = "77,ok\n"
	for _, c := range []struct {
		name, row string
		opt       Options
		line      int
		reason    string
		record    []string
	}{
		{"letters", "12x,a", Options{}, 2, `number: character 'x' is not allowed in a number`, []string{"12x", "a"}},
		{"empty number", ",a", Options{}, 2, "number: empty", []string{"", "a"}},
		{"all empty", ",", Options{}, 2, "number: empty", []string{"", ""}},
		{"spreadsheet's exponent", "8.21012E+11,a", Options{}, 2, "'E'", []string{"8.21012E+11", "a"}},
		{"too few", "1", Options{}, 2, "1 columns, the header has 2", []string{"1"}},
		{"too many", "1,a,b", Options{}, 2, "3 columns, the header has 2", []string{"1", "a", "b"}},
		{"NUL", "1,a\x00b", Options{}, 2, `name: control character '\x00'`, []string{"1", "a\x00b"}},
		{"CR", "1,a\rb", Options{}, 2, `name: control character '\r'`, []string{"1", "a\rb"}},
		{"escape", "1,a\x1b[2J", Options{}, 2, `name: control character '\x1b'`, []string{"1", "a\x1b[2J"}},
		{"C1", "1,a\u0085b", Options{}, 2, `name: control character '\u0085'`, []string{"1", "a\u0085b"}},
		{"tab", "1,a\tb", Options{}, 2, `name: control character '\t'`, []string{"1", "a\tb"}},
		{"line break in quotes", "1,\"a\n99,b\"", Options{}, 2, `name: control character '\n'`, []string{"1", "a\n99,b"}},
		{"stray quote", "1,a\"b", Options{}, 2, `a " inside a value that does not begin with one`, []string{"1", "a\"b"}},
		{"quote ends too early", "1,\"a\"b", Options{}, 2, `a " inside a quoted value is neither doubled nor its end`, []string{"1", "\"a\"b"}},
		{"CR when lines end in CR LF", "1,a\r99,b\r", Options{}, 2, "3 columns, the header has 2", []string{"1", "a\r99", "b"}},
		{"shortened", "2.12346E+08,a", Options{}, 2, "a spreadsheet has shortened the number, its last digits are lost", []string{"2.12346E+08", "a"}},
		{"shortened, with a comma", "\"8,21012E+11\",a", Options{}, 2, "its last digits are lost", []string{"8,21012E+11", "a"}},
		{"quote closed lines later", "1,\"a\n99,b\n98,\"c\"", Options{}, 2, `a " inside a quoted value`, []string{"1", "\"a\n99,b\n98,\"c\""}},
		{"not utf-8", "1,caf\xe9", Options{Encoding: "utf-8"}, 2, "1 undecodable characters: is the list really in utf-8?", []string{"1", "caf\xe9"}},
		{"lost before", "1,a\ufffdb\ufffd", Options{}, 2, "2 undecodable characters", []string{"1", "a\ufffdb\ufffd"}},
		{"not euc-kr", "1,\xff\xff", Options{Encoding: "euc-kr"}, 2, "undecodable characters: is the list really in euc-kr?", nil},
	} {
		rows, bad, err := readAll(t, open(t, "number,name\n"+c.row+"\n"+good, c.opt))
		if err != nil || len(bad) != 1 {
			t.Errorf("%s: refused %v, error %v; want one row refused", c.name, bad, err)
			continue
		}
		if e := bad[0]; e.Line != c.line || !strings.Contains(e.Reason, c.reason) || c.record != nil && !reflect.DeepEqual(e.Record, c.record) {
			t.Errorf("%s: line %d %q, record %q", c.name, e.Line, e.Reason, e.Record)
		}
		if len(rows) != 1 || rows[0].Numbers[0].Number != "77" {
			t.Errorf("%s: the row after it reads %v", c.name, rows)
		}
	}
}

// A continuation line of a quoted value must never pass for a contact.
func TestQuotedLinesAreNotDialed(t *testing.T) {
	rows, bad, err := readAll(t, open(t, "number,name\n1,\"a\n99,b\n\"\n2,c\n", Options{}))
	if err != nil || len(bad) != 1 || len(rows) != 1 || rows[0].Numbers[0].Number != "2" || rows[0].Line != 5 {
		t.Errorf("rows %v, refused %v, error %v", rows, bad, err)
	}
}

func TestUnclosedQuote(t *testing.T) {
	rows, bad, err := readAll(t, open(t, "number,name\n1,a\n2,\"b\n3,c\n4,d\n", Options{}))
	if !errors.Is(err, errOpenQuote) || len(rows) != 1 || len(bad) != 0 || !strings.Contains(err.Error(), "line 3: a quoted value goes on to the end of the list, line 5") {
		t.Errorf("rows %v, refused %v, error %v", rows, bad, err)
	}
	rows, bad, err = readAll(t, open(t, "number,name\n1,a\n2,\"b", Options{}))
	if err != nil || len(rows) != 1 || len(bad) != 1 || bad[0].Line != 3 {
		t.Errorf("in the last line: rows %v, refused %v, error %v", rows, bad, err)
	}
}

func TestLimits(t *testing.T) {
	header := func(n int) string {
		names := []string{"number"}
		for i := 1; i < n; i++ {
			names = append(names, fmt.Sprintf("a%d", i))
		}
		return strings.Join(names, ",") + "\n"
	}
	// row is a line of exactly n bytes without its end, no value above MaxValue.
	row := func(n int) string {
		b := []byte("1")
		for len(b) < n {
			b = append(b, ',')
			b = append(b, bytes.Repeat([]byte("v"), min(MaxValue, n-len(b)))...)
		}
		return string(b)
	}
	wide := header(MaxColumns)
	fill := func(line string) string { // to MaxColumns columns
		return line + strings.Repeat(",", MaxColumns-1-strings.Count(line, ","))
	}
	longest := fill(row(MaxLine - 200))
	longest = longest[:len(longest)-1] + strings.Repeat("v", MaxLine-len(longest)) + ","
	if len(longest) != MaxLine {
		t.Fatalf("the longest line has %d bytes", len(longest))
	}
	open2 := "1,\"" + strings.Repeat("x\n", (MaxLine-4)/2)

	for _, c := range []struct {
		name, text string
		opt        Options
		rows       int
		refused    string // reason of the one bad row
		fatal      string
	}{
		{"MaxLine", wide + longest + "\n2" + strings.Repeat(",", MaxColumns-1), Options{}, 2, "", ""},
		{"MaxLine with CRLF", wide + longest + "\r\n", Options{}, 1, "", ""},
		{"MaxLine at the end", wide + longest, Options{}, 1, "", ""},
		{"MaxLine+1", wide + longest + "v\n2" + strings.Repeat(",", MaxColumns-1), Options{}, 1, "the line is longer than 65536 bytes", ""},
		{"MaxLine+1 at the end", wide + longest + "v", Options{}, 0, "the line is longer than 65536 bytes", ""},
		{"MaxLine+2", wide + longest + "vv\n2" + strings.Repeat(",", MaxColumns-1), Options{}, 1, "the line is longer than 65536 bytes", ""},
		{"quoted lines of MaxLine", "number,a\n" + open2 + "\"\n2,b\n", Options{}, 1, "longer than 1024 bytes", ""},
		{"quoted lines of MaxLine+1", "number,a\n" + open2 + "x\"\n2,b\n", Options{}, 0, "", "goes on for more than 65536 bytes: quote not closed"},
		{"MaxValue", "number,a\n1," + strings.Repeat("v", MaxValue), Options{}, 1, "", ""},
		{"MaxValue+1", "number,a\n1," + strings.Repeat("v", MaxValue+1), Options{}, 0, "a: longer than 1024 bytes", ""},
		{"MaxRows", "number\n1\n2\nx\n", Options{MaxRows: 3}, 2, "'x'", ""},
		{"MaxRows+1", "number\n1\n2\nx\n4\n", Options{MaxRows: 3}, 2, "'x'", "line 5: more than 3 rows"},
		{"MaxName", "number," + strings.Repeat("n", MaxName) + "\n1,a\n", Options{}, 1, "", ""},
	} {
		rows, bad, err := readAll(t, open(t, c.text, c.opt))
		if len(rows) != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, len(rows), c.rows)
		}
		if c.refused == "" && len(bad) > 0 || c.refused != "" && (len(bad) != 1 || !strings.Contains(bad[0].Reason, c.refused)) {
			t.Errorf("%s: refused %v, want %q", c.name, bad, c.refused)
		}
		if c.fatal == "" && err != nil || c.fatal != "" && (err == nil || !strings.Contains(err.Error(), c.fatal)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.fatal)
		}
	}

	for _, c := range []struct{ name, text, want string }{
		{"MaxColumns+1", header(MaxColumns + 1), "more than 256 columns"},
		{"MaxName+1", "number," + strings.Repeat("n", MaxName+1) + "\n", "longer than 64 bytes"},
		{"open quote in the header", "\"" + strings.Repeat("number,a\n", MaxLine), "a quoted value goes on for more than 65536 bytes: quote not closed"},
		{"header of MaxLine+1", "number," + strings.Repeat("n", MaxLine) + "\n", "the header line is longer than 65536 bytes"},
	} {
		if _, err := NewReader(strings.NewReader(c.text), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if r := open(t, "number\n", Options{}); r.maxRows != MaxRows {
		t.Errorf("%d rows by default, want MaxRows", r.maxRows)
	}
}

// endless gives n bytes of the block, over and over.
type endless struct {
	block  string
	n, off int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	i := copy(p[:min(len(p), e.n)], e.block[e.off:])
	e.off = (e.off + i) % len(e.block)
	e.n -= i
	return i, nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, c := range []struct{ name, text, pattern, enc string }{
		{"long line", "number,a\n1,", "x", ""},
		{"long line of delimiters", "number,a\n1,", ",", ""},
		{"open quote", "number,a\n1,\"", "x", ""},
		{"open quote over lines", "number,a\n1,\"", "2,b\n", ""},
		{"decoded", "number,a\n1,", "\xb1\xe8", "euc-kr"},
		{"blank lines", "number,a\n", "     \n", ""},
		{"long line between CRs", "number,a\r1,", "x", ""},
	} {
		size := 16 << 20
		if c.name == "long line" && !testing.Short() {
			size = 100 << 20
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := NewReader(io.MultiReader(strings.NewReader(c.text), &endless{block: strings.Repeat(c.pattern, 16<<10), n: size}), Options{Encoding: c.enc})
		if err != nil {
			t.Fatal(err)
		}
		rows, bad, err := readAll(t, r)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: %d bytes allocated", c.name, used)
		}
		if len(rows) > 0 || len(bad) == 0 && err == nil {
			t.Errorf("%s: %d rows, %d refused, error %v", c.name, len(rows), len(bad), err)
		}
	}
}

func TestBlankLines(t *testing.T) {
	for _, c := range []struct {
		blank int
		want  string
	}{{MaxBlank, ""}, {MaxBlank + 1, fmt.Sprintf("line %d: more than 1000000 empty lines one after the other", MaxBlank+2)}} {
		text := "number\n" + strings.Repeat("\n", c.blank) + "1\n" + strings.Repeat("\n", 9) + "2\n"
		rows, _, err := readAll(t, open(t, text, Options{}))
		if c.want == "" && (err != nil || len(rows) != 2) || c.want != "" && (err == nil || err.Error() != c.want || hint(err) == "") {
			t.Errorf("%d: %d rows, %v", c.blank, len(rows), err)
		}
		if _, err := NewReader(strings.NewReader(strings.Repeat("\n", c.blank)+text), Options{}); (err == nil) != (c.want == "") {
			t.Errorf("%d in front: %v", c.blank, err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	text := "number,name\n1,a\n2,\"b\n"
	for n := range len(text) + 1 {
		src := io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(broken))
		r, err := NewReader(src, Options{})
		if err == nil {
			_, _, err = readAll(t, r)
		}
		var le *ListError
		if !errors.Is(err, broken) || !errors.As(err, &le) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func TestReadInAnyPieces(t *testing.T) {
	text := "\xEF\xBB\xBFnumber,name\r\n1,\"a \"\"b\"\"\"\r\n2,\"x\ny\"\r\n\r\n3,김\r\n"
	want, wantBad, err := readAll(t, open(t, text, Options{}))
	if err != nil || len(want) != 2 || len(wantBad) != 1 {
		t.Fatal(want, wantBad, err)
	}
	for name, src := range map[string]io.Reader{
		"one byte": iotest.OneByteReader(strings.NewReader(text)),
		"half":     iotest.HalfReader(strings.NewReader(text)),
		"data+EOF": iotest.DataErrReader(strings.NewReader(text)),
	} {
		r, err := NewReader(src, Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, bad, err := readAll(t, r)
		if err != nil || !reflect.DeepEqual(rows, want) || !reflect.DeepEqual(bad, wantBad) {
			t.Errorf("%s: %v, %v, %v", name, rows, bad, err)
		}
	}
}

func TestReaderTellsWhatItFound(t *testing.T) {
	r := open(t, "\xFF\xFEn\x00u\x00m\x00b\x00e\x00r\x00;\x00 \x00A\x00\n\x00", Options{Encoding: "utf-8"})
	if r.Delimiter() != ';' || r.Encoding() != "utf-16le" || !reflect.DeepEqual(r.Headers(), []string{"number", "A"}) {
		t.Errorf("%q, %s, %q", r.Delimiter(), r.Encoding(), r.Headers())
	}
}

func TestParseDelimiter(t *testing.T) {
	for in, want := range map[string]rune{"": 0, ",": ',', "Semicolon": ';', "\t": '\t', "tab": '\t', "|": '|', "pipe": '|', "comma": ','} {
		if got, err := ParseDelimiter(in); err != nil || got != want {
			t.Errorf("ParseDelimiter(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{" ", "\"", ":", ",,", "\n", "space"} {
		if got, err := ParseDelimiter(in); err == nil {
			t.Errorf("ParseDelimiter(%q) = %q", in, got)
		}
	}
}

func TestCheckEncoding(t *testing.T) {
	for _, ok := range []string{"", "utf-8", "EUC-KR", "utf-16le", "shift_jis", "windows-1252", "gbk"} {
		if err := CheckEncoding(ok); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"cp949x", "replacement", "iso-2022-kr", "utf-32"} {
		if CheckEncoding(bad) == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// FuzzReader: whatever the bytes, reading ends, every line is accounted for in
// order and every row that comes out may be dialed. Its corpus holds lists as
// no program should write them.
func FuzzReader(f *testing.F) {
	f.Add([]byte("number,name\n1017555,Kim\n\"2\",\"a\nb\"\n"), "", "")
	f.Fuzz(func(t *testing.T, data []byte, enc, region string) {
		if CheckRegion(region) != nil {
			region = ""
		}
		r, err := NewReader(bytes.NewReader(data), Options{Encoding: enc, Plan: Plan{Region: region}})
		if err != nil {
			var le *ListError
			if !errors.As(err, &le) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		rows, bad, err := readAll(t, r)
		if err != nil {
			var le *ListError
			if !errors.As(err, &le) {
				t.Fatalf("%T: %v", err, err)
			}
		}
		checkRead(t, rows, bad)
	})
}

// checkRead holds what was read against what readers promise.
func checkRead(t *testing.T, rows []Row, bad []*RowError) {
	t.Helper()
	seen := map[int]bool{}
	for _, e := range bad {
		if seen[e.Line] || e.Line < 2 || e.Reason == "" {
			t.Fatalf("refused %+v", e)
		}
		seen[e.Line] = true
	}
	last := 1
	for _, row := range rows {
		if seen[row.Line] || row.Line <= last {
			t.Fatalf("line %d after %d", row.Line, last)
		}
		last = row.Line
		if n, err := ParseNumber(row.Numbers[0].Number); err != nil || n != row.Numbers[0].Number {
			t.Fatalf("number %q: %v", row.Numbers[0].Number, err)
		}
		for _, a := range row.Attributes {
			if !variableName.MatchString(a.Name) || len(a.Value) > MaxValue || strings.ContainsAny(a.Value, "\r\n\x00\ufffd") {
				t.Fatalf("attribute %+v", a)
			}
		}
	}
}

func TestRejects(t *testing.T) {
	dir := t.TempDir()
	path := RejectsPath(filepath.Join(dir, "spring.csv"))
	if filepath.Base(path) != "spring.rejects.csv" {
		t.Error(path)
	}
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := NewRejectWriter(path, []string{"number", "=name"})
	for _, e := range []*RowError{
		{Line: 2, Reason: "number: empty", Record: []string{"", "Kim, \"K\""}},
		{Line: 3, Reason: "x", Record: []string{"+82 10-1", "=HYPERLINK(\"http://x\")"}},
		{Line: 4, Reason: "x", Record: []string{"+1+cmd|' /C calc'!A0", "-2+3"}},
		{Line: 5, Reason: "x", Record: []string{"@SUM(1)", "\tx"}},
		{Line: 6, Reason: "x", Record: []string{"-12", "\r=1"}},
		{Line: 7, Reason: "the line is longer"},
		{Line: 8, Reason: "3 columns", Record: []string{"1", "a", "+b"}},
	} {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("before Close the file holds %q, %v", b, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"line,reason,number,'=name",
		`2,number: empty,,"Kim, ""K"""`,
		`3,x,+82 10-1,"'=HYPERLINK(""http://x"")"`,
		`4,x,'+1+cmd|' /C calc'!A0,'-2+3`,
		"5,x,'@SUM(1),'\tx",
		"6,x,-12,\"'\r=1\"",
		"7,the line is longer",
		"8,3 columns,1,a,'+b",
	}, "\n") + "\n"
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", b, want, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if w.Count() != 7 {
		t.Errorf("count %d", w.Count())
	}
	if err := w.Discard(); err != nil {
		t.Error(err)
	}
	if names := ls(t, dir); !reflect.DeepEqual(names, []string{"spring.rejects.csv"}) {
		t.Errorf("left behind: %q", names)
	}
}

func ls(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestNoRejectsRemovesOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rejects.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to remove
		if err := NewRejectWriter(path, nil).Close(); err != nil {
			t.Fatal(err)
		}
		if names := ls(t, filepath.Dir(path)); len(names) > 0 {
			t.Errorf("left: %q", names)
		}
	}
}

func TestRejectsDiscarded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rejects.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := NewRejectWriter(path, []string{"number"})
	if err := w.Write(&RowError{Line: 2, Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	if names := ls(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left: %q", names)
	}
}

func TestRejectsCannotBeWritten(t *testing.T) {
	w := NewRejectWriter(filepath.Join(t.TempDir(), "none", "a.rejects.csv"), []string{"number"})
	first := w.Write(&RowError{Line: 2, Reason: "x"})
	if !errors.Is(first, os.ErrNotExist) {
		t.Errorf("Write: %v", first)
	}
	if err := w.Close(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Close: %v", err)
	}
}

// What was refused can be put right in the rejects file and read again: its
// own columns are attributes like any other.
func TestRejectsCanBeReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rejects.csv")
	w := NewRejectWriter(path, []string{"number", "name"})
	if err := w.Write(&RowError{Line: 2, Reason: "x", Record: []string{"+82 10", "Kim"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, bad, err := readAll(t, open(t, string(b), Options{}))
	if got := show(rows); err != nil || len(bad) > 0 || !reflect.DeepEqual(got, []string{"2 +8210 line=2 reason=x name=Kim"}) {
		t.Errorf("%q, %v, %v", got, bad, err)
	}
}

func BenchmarkReader(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("number,name,city\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "%010d,Name %d,\"City, %d\"\n", i, i, i%100)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(text.Bytes()), Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
