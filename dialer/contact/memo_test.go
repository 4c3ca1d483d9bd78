package contact

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// digitsNear are spellings of numbers of a region, valid ones and what comes of
// changing a few of their digits, so that many begin alike.
func digitsNear(rnd *rand.Rand, region string, n int) []string {
	var examples []*phonenumbers.PhoneNumber
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		if e := phonenumbers.GetExampleNumberForType(region, kind); e != nil {
			examples = append(examples, e)
		}
	}
	digit := func() byte { return byte('0' + rnd.IntN(10)) }
	var all []string
	for len(all) < n {
		if len(examples) == 0 || rnd.IntN(20) == 0 {
			s := make([]byte, 3+rnd.IntN(16))
			for i := range s {
				s[i] = digit()
			}
			all = append(all, string(s))
			continue
		}
		e := examples[rnd.IntN(len(examples))]
		national := phonenumbers.GetNationalSignificantNumber(e)
		s := []byte([]string{
			phonenumbers.Format(e, phonenumbers.E164),
			phonenumbers.Format(e, phonenumbers.E164)[1:],
			"00" + phonenumbers.Format(e, phonenumbers.E164)[1:],
			fmt.Sprintf("+%d0%s", e.GetCountryCode(), national),
			fmt.Sprintf("%d0%s", e.GetCountryCode(), national),
			national, "0" + national, "1" + national, "00" + national,
			phonenumbers.NormalizeDigitsOnly(phonenumbers.Format(e, phonenumbers.NATIONAL)),
			phonenumbers.NormalizeDigitsOnly(phonenumbers.FormatOutOfCountryCallingNumber(e, region)),
		}[rnd.IntN(11)])
		switch rnd.IntN(4) {
		case 0: // a few digits at the end, as most of a list's differ
			for i := max(2, len(s)-1-rnd.IntN(7)); i < len(s); i++ {
				s[i] = digit()
			}
		case 1:
			s[1+rnd.IntN(len(s)-1)] = digit()
		case 2:
			s = append(s, digit())
		case 3:
			s = s[:len(s)-1]
		}
		all = append(all, string(s))
		for range rnd.IntN(4) {
			last := slices.Clone(s)
			last[len(last)-1], last[len(last)-1-rnd.IntN(min(5, len(last)-1))] = digit(), digit()
			if last[0] == s[0] {
				all = append(all, string(last))
			}
		}
	}
	return all
}

// TestNumberingIsThePlan: numbers of every region, read in every region, are
// what they are without a memory of those before them, and refused as they are.
func TestNumberingIsThePlan(t *testing.T) {
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	perRegion := 80
	rnd := rand.New(rand.NewPCG(*zoneSeed, 1))
	remembered, all := 0, 0
	for _, region := range regions {
		plan := Plan{Region: region, AllowPremium: rnd.IntN(2) == 0}
		list := newNumbering(plan)
		numbers := digitsNear(rnd, region, perRegion)
		numbers = append(numbers, digitsNear(rnd, regions[rnd.IntN(len(regions))], perRegion/4)...)
		rnd.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
		for _, s := range numbers {
			before := list.memo.read[0].nodes.Load() + list.memo.read[1].nodes.Load()
			got, gotErr := list.Normalise(s)
			want, wantErr := plan.Normalise(s)
			if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Fatalf("%s %s is read as %q, %v; the plan says %q, %v", region, s, got, gotErr, want, wantErr)
			}
			if all++; list.memo.read[0].nodes.Load()+list.memo.read[1].nodes.Load() == before {
				remembered++
			}
		}
	}
	if remembered < all/4 {
		t.Errorf("of %d numbers only %d added nothing to what was known", all, remembered)
	}
}

// TestShortNumbers: whether they are emergency numbers is told by other rules.
func TestShortNumbers(t *testing.T) {
	for _, region := range []string{"KR", "US", "DE", "AU"} {
		plan := Plan{Region: region, AllowEmergency: true}
		list := newNumbering(plan)
		for n := range 1000 {
			s := fmt.Sprintf("%03d", n)
			got, gotErr := list.Normalise(s)
			want, wantErr := plan.Normalise(s)
			if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Fatalf("%s %s is read as %q, %v; the plan says %q, %v", region, s, got, gotErr, want, wantErr)
			}
		}
	}
}

// TestSettled compares an automaton with the expression tried on every number
// of up to five digits.
func TestSettled(t *testing.T) {
	for _, expr := range []string{`1\d{3}`, `1[2-9]\d\d`, `(?:0|90)\d{2,3}`, `12?3?\d{2}`, `\d{4}[02468]`, `(?:1(?:2(?:3(?:4[5-9])?)?)?)?`, `[1-9]\d{2}|0\d{3}`, `NA`, ``, `4{3}|4{5}`, `1.{2}`} {
		a, re := newAutomaton(expr, true), regexp.MustCompile("^(?:"+expr+")$")
		for length := range 6 {
			numbers := 1
			for range length {
				numbers *= 10
			}
			matched := make([]int, numbers+1) // of those below
			for n := range numbers {
				matched[n+1] = matched[n]
				if re.MatchString(fmt.Sprintf("%0*d", length, n)[:length]) {
					matched[n+1]++
				}
			}
			// alike: all or none match of those that begin with as many digits.
			alike := func(n, digits int) bool {
				rest := numbers
				for range digits {
					rest /= 10
				}
				first := n / rest * rest
				m := matched[first+rest] - matched[first]
				return m == 0 || m == rest
			}
			for n := range numbers {
				s := fmt.Sprintf("%0*d", length, n)[:length]
				told := a.settled(s)
				if !alike(n, told) {
					t.Fatalf("%s: %d digits of %s do not tell", expr, told, s)
				}
				if told > 0 && alike(n, told-1) {
					t.Fatalf("%s: %d digits of %s would do", expr, told-1, s)
				}
			}
		}
	}
	for _, expr := range []string{`^1`, `1\b2`, `12$`, `(?m)1$`} {
		if newAutomaton(expr, true) != nil {
			t.Errorf("%s is followed", expr)
		}
	}
}

// TestSettledPrefix is the same of what an expression matches at the beginning
// of longer numbers.
func TestSettledPrefix(t *testing.T) {
	for _, expr := range []string{`0`, `0(8(?:[1-46-8]|5\d\d))?`, `00(?:[125689]|3(?:[46]5|91))`, `(00[2569]\d{1,2})$|(?:(?:003)0?)|0`, `(?:0|90)(?:(1[245])(\d{2,3}))?`, `[08]`} {
		a, re := newAutomaton(expr, false), regexp.MustCompile("^(?:"+expr+")")
		for n := range 1_000_000 {
			s := fmt.Sprintf("%06d", n)
			told := a.settledPrefix(s)
			if told == len(s) || n%7 > 0 {
				continue
			}
			want := re.FindStringSubmatchIndex(s)
			for tail := range 3 {
				other := s[:told] + strings.Repeat(fmt.Sprint(3*tail+n%3), len(s)-told)
				if got := re.FindStringSubmatchIndex(other); !slices.Equal(got, want) {
					t.Fatalf("%s: %d digits of %s do not tell: %v, of %s %v", expr, told, s, want, other, got)
				}
			}
		}
	}
}

// TestMemoIsBounded: numbers that have nothing in common are still read, and no
// more of them kept than fit.
func TestMemoIsBounded(t *testing.T) {
	list := newNumbering(Plan{Region: "DE"})
	list.memo.read[0].nodes.Store(maxNodes)
	for range 3 {
		if got, err := list.Normalise("0151 23456789"); err != nil || got != "+4915123456789" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if n := list.memo.read[0].nodes.Load(); n != maxNodes {
		t.Errorf("%d nodes", n)
	}
}

func BenchmarkNumbering(b *testing.B) {
	for region, format := range map[string]string{"KR": "010-%04d-%04d", "US": "(650) 2%02d-%04d", "DE": "0151 %04d%04d", "BR": "(11) 9%04d-%04d", "JP": "090-%04d-%04d"} {
		b.Run(region, func(b *testing.B) {
			list := newNumbering(Plan{Region: region})
			for i := 0; b.Loop(); i++ {
				n := 2000 + i/10000%8000
				if region == "US" {
					n %= 100
				}
				if _, err := list.Normalise(fmt.Sprintf(format, n, i%10000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
