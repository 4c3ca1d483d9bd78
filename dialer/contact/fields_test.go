package contact

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	types := []NumberColumn{{"Mobile", "mobile"}, {"home", ""}, {"Büro", "work"}}
	for _, c := range []struct {
		name, text string
		opt        Options
		want       []string
		bad        string
		dropped    string
	}{
		{"named", "home,Mobile,Büro,name\n1,2,3,x\n", Options{Numbers: types}, []string{"2 2:mobile 1 3:work name=x"}, "", ""},
		{"an empty one is left out", "home,Mobile,Büro\n1,, \n,,3\n", Options{Numbers: types}, []string{"2 1", "3 3:work"}, "", ""},
		{"one twice is one", "home,Mobile,Büro\n1,1-,3\n", Options{Numbers: types}, []string{"2 1:mobile 3:work"}, "", ""},
		{"a bad one is left out", "home,Mobile,Büro\n1,abc,12a\n", Options{Numbers: types}, []string{"2 1"}, "", "Mobile: character 'a' is not allowed in a number|Büro: character 'a' is not allowed in a number"},
		{"none is good", "home,Mobile,Büro\n,x,y\n", Options{Numbers: types}, nil, "Mobile: character 'x' is not allowed in a number; Büro: character 'y' is not allowed in a number", ""},
		{"none is there", "home,Mobile,Büro\n, ,\n", Options{Numbers: types}, nil, "it has no number", ""},
		{"of a region", "home,Mobile,Büro\n02-123-4567,010-1234-5678,119\n", Options{Numbers: types, Plan: Plan{Region: "KR"}}, []string{"2 +821012345678:mobile +8221234567"}, "", "Büro: an emergency number in KR"},
		{"phone2 beside phone", "PHONE3,Phone,phone2,phone17,home,mobile\n3,1,2,17,h,m\n", Options{}, []string{"2 1 2 3 phone17=17 home=h mobile=m"}, "", ""},
		{"behind the one that is said", "Nr,nr2,phone,phone2\n1,2,x,y\n", Options{Columns: map[string]string{"number": "nr"}}, []string{"2 1 2 phone=x phone2=y"}, "", ""},
		{"but not one that is said to be something else", "phone,phone2,phone3,phone4\n1,K,x,4\n", Options{Columns: map[string]string{"key": "phone2"}, Attributes: map[string]string{"other": "Phone3"}}, []string{"2 1 4/K other=x"}, "", ""},
		{"nor beside those that are said", "phone,phone2\n1,2\n", Options{Numbers: []NumberColumn{{"phone", "x"}}}, []string{"2 1:x phone2=2"}, "", ""},
	} {
		rows, bad, err := readAll(t, open(t, c.text, c.opt))
		if got := show(rows); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, not %q, %v", c.name, got, c.want, err)
			continue
		}
		reason := ""
		for _, b := range bad {
			reason = b.Reason
			if b.Kind != BadNumber {
				t.Errorf("%s: a bad row of kind %d", c.name, b.Kind)
			}
		}
		dropped := ""
		for _, r := range rows {
			dropped += strings.Join(r.Dropped, "|")
		}
		if reason != c.bad || dropped != c.dropped {
			t.Errorf("%s: refused for %q, not %q; without %q, not %q", c.name, reason, c.bad, dropped, c.dropped)
		}
	}
}

func TestNumbersRefused(t *testing.T) {
	seventeen := strings.Split("a b c d e f g h i j k l m n o p q", " ")
	var many []NumberColumn
	for _, c := range seventeen {
		many = append(many, NumberColumn{Column: c})
	}
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{Numbers: []NumberColumn{{"a", "two words"}}}, `"two words" cannot be a number's type`},
		{Options{Numbers: []NumberColumn{{"a", ""}, {"A", ""}}}, `number 1 and number 2 both take the column "A"`},
		{Options{Numbers: []NumberColumn{{" ", ""}}}, "number 1: no header name"},
		{Options{Numbers: []NumberColumn{{"a", ""}}, Columns: map[string]string{"key": "a"}}, `key and number 1 both take the column "a"`},
		{Options{Numbers: []NumberColumn{{"a", ""}}, Columns: map[string]string{"number": "b"}}, "name all of them in numbers"},
		{Options{Numbers: []NumberColumn{{"z", ""}}}, `no column is named "z", where the number is said to be`},
		{Options{Numbers: many}, "at most 16 numbers"},
	} {
		_, err := NewReader(strings.NewReader(strings.Join(seventeen, ",")+"\n"), c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, not %s", err, c.want)
		}
	}
}

func TestFields(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{Home: seoul, Zones: ZoneOfColumn, Columns: map[string]string{"priority": "prio", "not_before": "from", "expires": "until"}}
	rows, bad, err := readAll(t, open(t, `phone,prio,from,until,TimeZone
1,,,,
2, -7 ,2026-12-31,2026-12-31,Europe/Berlin
3,100,2026/12/31 18:00,2026.12.31 18:00:01,"Asia/Tokyo, Asia/Seoul"
4,0,2026-12-31T18:00:00+01:00,2026-12-31T09:00:00Z,
5,101,,,
6,high,,,
7,,31.12.2026,,
8,,,2026-02-30,
9,,,,KST
`, opt))
	if err != nil || len(rows) != 4 || len(bad) != 5 {
		t.Fatal(show(rows), bad, err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation(time.DateTime, s, seoul)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, want := range []Row{
		{},
		{Priority: -7, NotBefore: at("2026-12-31 00:00:00"), Expires: at("2027-01-01 00:00:00"), Zone: "Europe/Berlin"},
		{Priority: 100, NotBefore: at("2026-12-31 18:00:00"), Expires: at("2026-12-31 18:00:01"), Zone: "Asia/Seoul,Asia/Tokyo"},
		{NotBefore: at("2027-01-01 02:00:00"), Expires: at("2026-12-31 18:00:00")},
	} {
		got := rows[i]
		if got.Priority != want.Priority || !got.NotBefore.Equal(want.NotBefore) || !got.Expires.Equal(want.Expires) || got.Zone != want.Zone || len(got.Attributes) != 0 {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
	for i, want := range []struct {
		reason string
		kind   Kind
	}{
		{`prio: "101" is not a whole number within -100 and 100`, BadRow},
		{`prio: "high" is not a whole number`, BadRow},
		{`from: "31.12.2026" is no time: write the year first`, BadRow},
		{`until: "2026-02-30" is no time`, BadRow},
		{`TimeZone: no time zone: "KST" is not a time zone`, NoZone},
	} {
		if !strings.HasPrefix(bad[i].Reason, want.reason) || bad[i].Kind != want.kind || bad[i].Line != i+6 {
			t.Errorf("line %d: %s, kind %d; not %s", bad[i].Line, bad[i].Reason, bad[i].Kind, want.reason)
		}
	}
	if _, err := NewReader(strings.NewReader("phone\n"), Options{Zones: ZoneOfColumn}); err == nil || !strings.Contains(err.Error(), "no column for the time zone") {
		t.Error(err)
	}
	// Nobody asks for zones: the column is an attribute like any.
	if rows, _, err := readAll(t, open(t, "phone,timezone\n1,x\n", Options{})); err != nil || len(rows) != 1 || rows[0].Attributes[0].Name != "timezone" {
		t.Error(rows, err)
	}
}

// TestFieldsOfWorkbooks: dates, numbers and negative ones are cells of their own
// kinds there.
func TestFieldsOfWorkbooks(t *testing.T) {
	b := newBook(header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" s="3"><v>46349</v></c></row><row r="3"><c r="A3" t="str"><v>2</v></c><c r="B3" s="4"><v>46349.75</v></c></row>` +
		`<row r="4"><c r="A4" t="str"><v>3</v></c><c r="B4"><v>46349</v></c></row>`)
	read := func(field string, b book) ([]Row, []*RowError) {
		r, err := NewReader(bytes.NewReader(b.bytes(t)), Options{Columns: map[string]string{field: "name"}})
		if err != nil {
			t.Fatal(err)
		}
		rows, bad, err := readAll(t, r)
		if err != nil {
			t.Fatal(err)
		}
		return rows, bad
	}
	rows, bad := read("expires", b)
	if len(rows) != 2 || len(bad) != 1 || rows[0].Expires.Format(time.DateTime) != "2026-11-24 00:00:00" || rows[1].Expires.Format(time.DateTime) != "2026-11-23 18:00:00" {
		t.Error(rows, bad)
	}
	b = newBook(header + `<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2"><v>-5</v></c></row><row r="3"><c r="A3" t="str"><v>2</v></c><c r="B3"><v>1.5</v></c></row>`)
	if rows, bad := read("priority", b); len(rows) != 1 || rows[0].Priority != -5 || len(bad) != 1 {
		t.Error(rows, bad)
	}
}

func TestZoneOfNumbers(t *testing.T) {
	opt := Options{Zones: ZoneOfNumbers, Plan: Plan{Region: "KR"}}
	rows, _, err := readAll(t, open(t, "phone,phone2\n010-1234-5678,\n010-1234-5678,+81 3-1234-5678\n", opt))
	if err != nil || len(rows) != 2 || rows[0].Zone != "Asia/Seoul" || rows[1].Zone != "Asia/Seoul,Asia/Tokyo" {
		t.Fatal(rows, err)
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-12-31 18:00")
	f.Add("2026-12-31T18:00:00+09:00")
	f.Add("2026. 1. 2.")
	f.Fuzz(func(t *testing.T, s string) {
		at, _, err := ParseTime(s, time.UTC)
		if err != nil {
			if !at.IsZero() {
				t.Fatal(at, err)
			}
			return
		}
		if again, _, err := ParseTime(at.Format(time.RFC3339), time.UTC); err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Fatal(again, at, err)
		}
	})
}
