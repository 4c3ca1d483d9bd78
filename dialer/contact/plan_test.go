package contact

import (
	"fmt"
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ region, in, want string }{
		{"KR", "01012345678", "+821012345678"},
		{"KR", "010-1234-5678", "+821012345678"},
		{"KR", " 010 1234 5678 ", "+821012345678"},
		{"KR", "010.1234.5678", "+821012345678"},
		{"KR", "(010) 1234-5678", "+821012345678"},
		{"KR", "[010]1234/5678", "+821012345678"},
		{"KR", "０１０－１２３４－５６７８", "+821012345678"},
		{"KR", "（０１０）１２３４　５６７８", "+821012345678"},
		{"KR", "010–1234—5678", "+821012345678"},
		{"KR", "010\u00a01234\u20115678", "+821012345678"},
		{"KR", "\u202a+82 10-1234-5678\u202c", "+821012345678"},
		{"KR", "+82 10-1234-5678", "+821012345678"},
		{"KR", "＋82 10 1234 5678", "+821012345678"},
		{"KR", "+82 (0)10-1234-5678", "+821012345678"},
		{"KR", "821012345678", "+821012345678"},
		{"KR", "00182 10 1234 5678", "+821012345678"},
		{"KR", "1012345678", "+821012345678"},
		{"KR", "02-123-4567", "+8221234567"},
		{"KR", "1588-1234", "+8215881234"},
		{"KR", "+1 650 253 0000", "+16502530000"},
		{"JP", "03-1234-5678", "+81312345678"},
		{"JP", "０３ー１２３４ー５６７８", "+81312345678"},
		{"US", "(650) 253-0000", "+16502530000"},
		{"US", "1-650-253-0000", "+16502530000"},
		{"US", "011 82 10 1234 5678", "+821012345678"},
		{"GB", "+44 (0)20 7946 0000", "+442079460000"},
		{"DE", "0151 23456789", "+4915123456789"},
		{"DE", "0049 151 23456789", "+4915123456789"},
		{"IT", "06 1234 5678", "+390612345678"}, // its zero belongs to the number
		{"", "010-1234-5678", "01012345678"},
		{"", "*97#", "*97#"},
	} {
		got, err := Plan{Region: c.region}.Normalise(c.in)
		if err != nil || got != c.want {
			t.Errorf("%s %q = %q, %v; want %q", c.region, c.in, got, err, c.want)
			continue
		}
		if again, err := (Plan{Region: c.region}).Normalise(got); err != nil || again != got {
			t.Errorf("%s %q = %q, but that is %q, %v", c.region, c.in, got, again, err)
		}
	}
}

func TestNormaliseRefuses(t *testing.T) {
	for _, c := range []struct{ region, in, want string }{
		{"KR", "", "empty"},
		{"KR", " -()", "empty"},
		{"KR", "+", "no digit in it"},
		{"KR", "000-1234-5678", "no number in KR"},
		{"KR", "010-1234-56789", "no number in KR"},
		{"KR", "1", "too short for a number in KR"},
		{"KR", "111111111111111111", "too long for a number in KR"},
		{"KR", "123-4567", "no area code, or no number in KR"},
		{"KR", "+999 123 4567", "no country has the code behind the plus"},
		{"KR", "0082 10 1234 5678", "not a number in KR, nor one abroad as it is dialed from there"},
		{"KR", "+1 650 253", "too short for a number in US"},
		{"KR", "+1 111 111 1111", "no number in US begins like this"},
		{"KR", "+1 650 253 00000", "too long for a number in US"},
		{"KR", "112", "an emergency number in KR"},
		{"KR", "119", "an emergency number in KR"},
		{"US", "911", "an emergency number in US"},
		{"US", "9-1-1", "an emergency number in US"},
		{"JP", "１１０", "an emergency number in JP"},
		{"KR", "060-700-1234", "a premium-rate number"},
		{"KR", "+1 900 234 5678", "a premium-rate number"},
		{"US", "(900) 234-5678", "a premium-rate number"},
		{"KR", "02-1234-5678 ext. 12", "it has an extension"},
		{"KR", "02-1234-5678 x12", "it has an extension"},
		{"KR", "02-1234-5678#12", "it has an extension"},
		{"KR", "02-1234-5678;ext=12", "it has an extension"},
		{"KR", "02-1234-5678 내선 12", `'내'`},
		{"KR", "tel:02-1234-5678", `'t'`},
		{"US", "1-800-FLOWERS", `'F'`},
		{"KR", "02-1234-5678 / 010-1234-5678", "too long for a number in KR"},
		{"KR", "010-1234-5678@DialCamp", `'@'`},
		{"KR", "010-1234-5678&PJSIP", `'&'`},
		{"KR", "01012345678\r\nAction: Logoff", `'\r'`},
		{"KR", "010\x0012345678", `'\x00'`},
		{"KR", "0101234\xff5678", `"\xff"`},
		{"KR", "010+12345678", "'+' is allowed only in front"},
		{"KR", "٠١٠١٢٣٤٥٦٧٨", `'٠'`},
		{"KR", strings.Repeat("1", MaxNumber+1), "longer than 32 characters"},
		{"IT", "6 1234 5678", "no number in IT begins like this"},
	} {
		got, err := Plan{Region: c.region}.Normalise(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
			t.Errorf("%s %q = %q, %v; want an error with %s", c.region, c.in, got, err, c.want)
		}
	}
}

func TestNormaliseAllowed(t *testing.T) {
	p := Plan{Region: "KR", AllowEmergency: true, AllowPremium: true}
	for in, want := range map[string]string{"1-1-9": "119", "060-700-1234": "+82607001234", "010-1234-5678": "+821012345678"} {
		if got, err := p.Normalise(in); err != nil || got != want {
			t.Errorf("%q = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestNormaliseCell(t *testing.T) {
	for _, c := range []struct{ region, in, want, refused string }{
		{"KR", "1012345678", "+821012345678", ""},
		{"KR", "821012345678", "+821012345678", ""},
		{"KR", "15881234", "+8215881234", ""},
		{"IT", "612345678", "+390612345678", ""},
		{"IT", "3123456789", "", "the number is another with a zero in front"},
		{"IT", "800123456", "", "the number is another with a zero in front"},
		{"US", "6502530000", "+16502530000", ""},
		{"KR", "119", "", "an emergency number in KR"},
		{"KR", "123456", "", "no number in KR begins like this"},
		{"", "1012345678", "", "leading zeros are lost: format the column as text, or give the list a region"},
	} {
		got, err := newNumbering(Plan{Region: c.region}).normaliseCell(c.in)
		if got != c.want || (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s %s = %q, %v; want %q %s", c.region, c.in, got, err, c.want, c.refused)
		}
	}
}

func TestNational(t *testing.T) {
	for in, want := range map[string]string{
		"+821012345678": "01012345678", "+8215881234": "15881234", "+16502530000": "6502530000", "+390612345678": "0612345678",
		"+442079460000": "02079460000", "119": "119", "01012345678": "01012345678", "+0": "+0",
	} {
		if got := National(in); got != want {
			t.Errorf("National(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCheckRegion(t *testing.T) {
	for _, ok := range []string{"KR", "US", "JP", "GB"} {
		if err := CheckRegion(ok); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "kr", "XX", "KOR", "UK", "001"} {
		if CheckRegion(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// FuzzNormalise: whatever comes, what is accepted is safe in a channel's name,
// and stays what it is; and a list's numbering says the same, whatever it has
// read before.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"+82 10-1234-5678", "０１０－１２３４－５６７８", "(650) 253-0000", "119", "02-1234-5678 ext. 12", "+44 (0)20 7946 0000", "a", "\xff"} {
		f.Add(s, true)
	}
	lists := map[Plan]numbering{}
	f.Fuzz(func(t *testing.T, s string, allow bool) {
		for _, region := range []string{"KR", "US", "IT", "GB", "AR"} {
			p := Plan{Region: region, AllowEmergency: allow, AllowPremium: allow}
			n, err := p.Normalise(s)
			if _, ok := lists[p]; !ok {
				lists[p] = newNumbering(p)
			}
			if again, bad := lists[p].Normalise(s); again != n || fmt.Sprint(bad) != fmt.Sprint(err) {
				t.Fatalf("%s %q = %q, %v; in a list %q, %v", region, s, n, err, again, bad)
			}
			if err != nil {
				if n != "" {
					t.Fatalf("%q came with an error", n)
				}
				continue
			}
			if again, err := p.Normalise(n); err != nil || again != n {
				t.Fatalf("%s %q = %q, but that is %q, %v", region, s, n, again, err)
			}
			if parsed, err := ParseNumber(n); err != nil || parsed != n {
				t.Fatalf("%s %q = %q, which is no number: %v", region, s, n, err)
			}
			if nat := National(n); strings.Trim(nat, "0123456789") != "" || nat == "" {
				t.Fatalf("National(%q) = %q", n, nat)
			}
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	p := Plan{Region: "KR"}
	for i := 0; b.Loop(); i++ {
		if _, err := p.Normalise(fmt.Sprintf("010-%04d-%04d", 2000+i/10000%8000, i%10000)); err != nil {
			b.Fatal(err)
		}
	}
}
