package contact

import (
	"fmt"
	"strings"
	"testing"
)

func TestDNCEntries(t *testing.T) {
	var got, bad []string
	for e, err := range DNCEntries(strings.NewReader("\uFEFF\"+82 10-1234\"\r\n# comment\n\nname;Kim\n 0900* ,premium\n*21*\n*\n'7'\tx"), func(line int, text string) {
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
	for _, err := range DNCEntries(strings.NewReader("1\n"+strings.Repeat("2", 100_000)), nil) {
		last = err
	}
	if last == nil {
		t.Error("a line without an end")
	}
}
