package contact

import (
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1017555", "1017555"},
		{"0212345670", "0212345670"},
		{"+82 10-1234.5678", "+821012345678"},
		{"(+82) 10/1234/5678", "+821012345678"},
		{" (02) 123-4567 ", "021234567"},
		{"*97#", "*97#"},
		{"00441632960000", "00441632960000"},
		{strings.Repeat("1", MaxNumber), strings.Repeat("1", MaxNumber)},
		{strings.Repeat("1 ", MaxNumber), strings.Repeat("1", MaxNumber)},
	} {
		got, err := ParseNumber(c.in)
		if err != nil || got != c.want {
			t.Errorf("ParseNumber(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "empty"},
		{" -()", "empty"},
		{"+", "no digit"},
		{"*#", "no digit"},
		{"12+34", "'+' is allowed only in front"},
		{"++12", "'+' is allowed only in front"},
		{"12a4", `'a'`},
		{"1234@DialCamp", `'@'`},
		{"1234&5678", `'&'`},
		{"1234,5678", `','`},
		{"1234;2", `';'`},
		{"${EXTEN}", `'$'`},
		{"12\r\nAction: Logoff", `'\r'`},
		{"12\x00", `'\x00'`},
		{"12\t34", `'\t'`},
		{"12\u00a034", `'\u00a0'`},
		{"１２３", `'１'`},
		{"12\xff", `"\xff"`},
		{"12\ufffd", `'�'`},
		{"1.5e+09", `'e'`},
		{strings.Repeat("1", MaxNumber+1), "longer than 32 characters"},
	} {
		got, err := ParseNumber(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
			t.Errorf("ParseNumber(%q) = %q, %v; want an error with %s", c.in, got, err, c.want)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"+82 10-1234-5678", "*97#", "12+3", "a", "1/2.(3)", strings.Repeat("9", 40), "1\n2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			if n != "" {
				t.Fatalf("%q came with an error", n)
			}
			return
		}
		if len(n) > MaxNumber || strings.Trim(n, "0123456789*#+") != "" || strings.LastIndexByte(n, '+') > 0 {
			t.Fatalf("ParseNumber(%q) = %q", s, n)
		}
		if again, err := ParseNumber(n); err != nil || again != n {
			t.Fatalf("ParseNumber(%q) = %q, %v", n, again, err)
		}
		if strings.IndexFunc(Mask(s), func(r rune) bool { return !strings.ContainsRune("0123456789x+*#?", r) }) >= 0 {
			t.Fatalf("Mask(%q) = %q", s, Mask(s))
		}
	})
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"1234", "xxxx"},
		{"12345", "12x45"},
		{"+821012345678", "+82xxxxxxxx78"},
		{"*97#", "*xx#"},
		{"02 12\n345\x1b", "02?xx?x45?"},
	} {
		if got := Mask(c.in); got != c.want {
			t.Errorf("Mask(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
