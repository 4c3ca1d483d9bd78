package contact

import (
	"fmt"
	"strings"
	"testing"
)

func TestDNCEntries(t *testing.T) {
	var got, bad []string
	for e, err := range DNCEntries(strings.NewReader("\uFEFF\"+82 10-1234\"\r\n# comment\n\nname;Kim\n 0900* ,premium\n*21*\n*\n'7'\tx"), nil, func(line int, text string) {
		bad = append(bad, fmt.Sprint(line, " ", text))
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if fmt.Sprintf("%q", got) != `["+82101234" "0900*" "*21*" "7"]` || fmt.Sprintf("%q", bad) != `["4 name" "7 *"]` {
		t.Errorf("%q, bad %q", got, bad)
	}
	last := error(nil)
	for _, err := range DNCEntries(strings.NewReader("1\n"+strings.Repeat("2", 100_000)), nil, nil) {
		last = err
	}
	if last == nil {
		t.Error("a line without an end")
	}
}

// TestDNCSpellings: an entry bars the number that a plan makes of it, too, and
// lines that only a plan can read are no bad ones. There are more lines than are
// spelt at a time.
func TestDNCSpellings(t *testing.T) {
	plans := []Plan{{Region: "KR"}, {Region: "US"}}
	for _, c := range []struct{ entry, want string }{
		{"010-1234-5678", `["01012345678" "+821012345678"]`},
		{"+82 10 1234 5678", `["+821012345678"]`},
		{"０１０-1234-5678", `["+821012345678"]`},
		{"112", `["112"]`}, // an emergency number in Korea
		{"060 700 1234", `["0607001234" "+82607001234"]`},
		{"(212) 555-0123", `["2125550123" "+12125550123"]`},
		{"0900*", `["0900*" "+82900*" "+10900*"]`},
		{"+82 2*", `["+822*"]`},
		{"1900*", `["1900*" "+821900*" "+1900*"]`},
	} {
		got, err := ParseDNC(c.entry, plans)
		if fmt.Sprintf("%q", got) != c.want || err != nil {
			t.Errorf("%s: %q, not %s, %v", c.entry, got, c.want, err)
		}
	}
	for _, bad := range []string{"name", "*", "+*", ""} {
		if got, err := ParseDNC(bad, plans); err == nil {
			t.Errorf("%s: %q", bad, got)
		}
	}
	n := 0
	for e, err := range DNCEntries(strings.NewReader(strings.Repeat("01012345678\n", dncBlock+1)), plans[:1], nil) {
		if want := []string{"01012345678", "+821012345678"}[n%2]; e != want || err != nil {
			t.Fatal(n, e, err)
		}
		n++
	}
	if n != 2*(dncBlock+1) {
		t.Error(n)
	}
}
