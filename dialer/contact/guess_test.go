package contact

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

func encoded(t testing.TB, name, text string) string {
	t.Helper()
	e, err := htmlindex.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Without an encoding a list that is not UTF-8 is refused, whoever wrote it, and
// the error shows its first such line in the encoding it is in.
func TestNotUTF8(t *testing.T) {
	for _, c := range []struct {
		encoding, text string
		first          bool // it is the one named first
	}{
		{"euc-kr", "01012345678,김철수,서울특별시 강남구", true},
		{"shift_jis", "0312345678,山田太郎,東京都ひがし", true},
		{"shift_jis", "0312345678,ヤマダ タロウ,トウキョウ", true},
		{"euc-jp", "0312345678,やまだ たろう,東京都", true},
		{"gbk", "13812345678,张伟,北京市海淀区的", true},
		{"big5", "0912345678,陳小明,台北市信義區的", false},
		{"windows-1252", "0301234567,Jürgen Groß,Köln", true},
		{"windows-1250", "221234567,Łukasz Żółć,Łódź", false},
		{"windows-1251", "4951234567,Иван Петров,Москва", false},
		{"windows-1253", "2101234567,Γιώργος,Αθήνα", false},
		{"windows-1254", "2121234567,Ayşe Gül,İstanbul", false},
	} {
		list := "number,name,city\n1,ascii,only\n" + encoded(t, c.encoding, c.text) + "\n2,b,c\n"
		rows, _, err := readAll(t, open(t, list, Options{}))
		le, ok := err.(*ListError)
		if !ok || len(rows) != 1 || le.Line != 3 {
			t.Errorf("%s: %v after %d rows", c.encoding, err, len(rows))
			continue
		}
		_, canonical, _ := lookupEncoding(c.encoding)
		if canonical == "gbk" {
			canonical = "gb18030" // which is all of it and more
		}
		_, names, _ := strings.Cut(le.Reason, "; it may be ")
		if c.first && !strings.HasPrefix(names, canonical) {
			t.Errorf("%s is not first: %s", canonical, le.Reason)
		}
		var line string
		for _, l := range strings.Split(le.Hint, "\n") {
			if strings.HasPrefix(l, "    encoding: "+canonical) {
				line = l
			}
		}
		_, name, _ := strings.Cut(c.text, ",")
		if !strings.Contains(line, name[:len("김")]) {
			t.Errorf("%s: the hint does not show it:\n%s", canonical, le.Hint)
		}
		if strings.Contains(err.Error(), c.text[:8]) {
			t.Errorf("%s: the number is in what is logged: %v", canonical, err)
		}
		// As the hint says.
		rows, bad, err := readAll(t, open(t, list, Options{Encoding: c.encoding}))
		if err != nil || len(rows) != 3 || len(bad) > 0 {
			t.Errorf("%s given: %d rows, refused %v, error %v", c.encoding, len(rows), bad, err)
		}
		if rows, bad, err = readAll(t, open(t, list, Options{Encoding: "utf-8"})); err != nil || len(rows) != 2 || len(bad) != 1 {
			t.Errorf("utf-8 given: %d rows, refused %v, error %v", len(rows), bad, err)
		}
	}
}

func TestNotUTF8InTheHeader(t *testing.T) {
	_, err := NewReader(strings.NewReader(encoded(t, "euc-kr", "전화,이름\n1,a\n")), Options{Columns: map[string]string{"number": "전화"}})
	if err == nil || !strings.Contains(err.Error(), "line 1: not UTF-8, and the list's encoding is not given; it may be euc-kr") || !strings.Contains(hint(err), "전화,이름") {
		t.Errorf("%v\n%s", err, hint(err))
	}
}

func TestNotUTF8InQuotes(t *testing.T) {
	_, bad, err := readAll(t, open(t, "number,name\n1,\"a\nb\xe9\nc\"\n", Options{}))
	if err == nil || len(bad) > 0 || !strings.Contains(err.Error(), "line 3: not UTF-8") {
		t.Errorf("%v, %v", bad, err)
	}
}

func TestPreview(t *testing.T) {
	for in, want := range map[string]string{
		"a,é":        "a,é",
		"é\x1b[2J\t": `é\x1b[2J\t`,
		strings.Repeat("x", 40) + "é\"" + strings.Repeat("y", 40): "…" + strings.Repeat("x", 24) + `é"` + strings.Repeat("y", 30) + "…",
	} {
		if got := preview(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
