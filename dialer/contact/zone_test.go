package contact

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
)

func TestParseZone(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Zone
	}{
		{"", ""},
		{"  ", ""},
		{"UTC", "UTC"},
		{" Asia/Seoul ", "Asia/Seoul"},
		{"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
		{"Etc/GMT-9", "Etc/GMT-9"},
		{"America/New_York, America/Chicago", "America/Chicago,America/New_York"},
		{"Asia/Seoul,Asia/Seoul", "Asia/Seoul"},
	} {
		got, err := ParseZone(c.in)
		if err != nil || got != c.want {
			t.Errorf("ParseZone(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
		if again, err := ParseZone(string(got)); err != nil || again != got {
			t.Errorf("ParseZone(%q) = %q, %v", got, again, err)
		}
	}
	for in, named := range map[string]string{
		"EST": "EST", "KST": "KST", "Local": "Local", "utc": "utc", "UTC+9": "UTC+9", "+09:00": "+09:00", "asia/seoul": "asia/seoul",
		"Asia/Seoul,": "", "Asia/Seoul,EST": "EST", "Asia/Seul": "Asia/Seul", "Asia": "Asia", "Asia/": "Asia/", "Asia//Seoul": "Asia//Seoul", "/Asia/Seoul": "/Asia/Seoul",
		"Europe/../Asia/Seoul": "Europe/../Asia/Seoul", "right/Asia/Seoul": "right/Asia/Seoul", "posix/Asia/Seoul": "posix/Asia/Seoul",
		"../../etc/passwd": "../../etc/passwd", "Asia/\x1b[31m": `Asia/\x1b[31m`,
	} {
		got, err := ParseZone(in)
		if err == nil || got != "" || !strings.HasPrefix(err.Error(), `"`+named+`" is not a time zone`) {
			t.Errorf("ParseZone(%q) = %q, %v; want an error about %q", in, got, err, named)
		}
	}
}

func TestZoneOf(t *testing.T) {
	for _, c := range []struct {
		number string
		want   Zone
	}{
		{"+821012345678", "Asia/Seoul"},
		{"+81312345678", "Asia/Tokyo"},
		{"+12125551234", "America/New_York"},
		{"+13125551234", "America/Chicago"},
		{"+447911123456", "Europe/Guernsey,Europe/Isle_of_Man,Europe/Jersey,Europe/London"},
		{"+442079460000", "Europe/London"},
		{"+5511987654321", "America/Sao_Paulo"}, // mobile, by area code
		{"01012345678", ""},
		{"119", ""},
		{"", ""},
		{"+", ""},
		{"+999123456", ""},
		{"+1111111111", ""},  // not valid
		{"+80012345678", ""}, // anywhere
	} {
		if got := ZoneOf(c.number); got != c.want {
			t.Errorf("ZoneOf(%q) = %q, want %q", c.number, got, c.want)
		}
	}
	for number, some := range map[string][]string{
		"+18002345678":  {"America/New_York", "America/Los_Angeles", "Pacific/Guam", "America/St_Johns"},
		"+61412345678":  {"Australia/Perth", "Australia/Sydney"}, // mobile, anywhere in the country
		"+79161234567":  {"Europe/Moscow", "Asia/Vladivostok"},
		"+351912345678": {"Atlantic/Azores", "Europe/Lisbon"},
	} {
		got := ZoneOf(number)
		for _, name := range some {
			if !strings.Contains(","+string(got)+",", ","+name+",") {
				t.Errorf("ZoneOf(%q) = %q, which is without %s", number, got, name)
			}
		}
		if again, err := ParseZone(string(got)); err != nil || again != got {
			t.Errorf("ParseZone(ZoneOf(%q)) = %q, %v; want %q", number, again, err, got)
		}
	}
}

// TestNumberOf: E.164 is taken apart as the library parses it.
func TestNumberOf(t *testing.T) {
	rnd := rand.New(rand.NewPCG(*zoneSeed, 2))
	for region := range phonenumbers.GetSupportedRegions() {
		for _, s := range digitsNear(rnd, region, 20) {
			number, err := Plan{Region: region, AllowPremium: true}.Normalise(s)
			if err != nil || number[0] != '+' {
				continue
			}
			want, err := phonenumbers.Parse(number, "")
			if err != nil {
				t.Fatal(err)
			}
			code := countryCode(number[1:])
			got := numberOf(code, number[1+len(code):])
			if kind := phonenumbers.GetNumberType(want); phonenumbers.GetNumberType(got) != kind || phonenumbers.Format(got, phonenumbers.E164) != number {
				t.Errorf("%s: %v; want %v", number, got, want)
			}
		}
	}
}

// TestZoneOfRemembers: where a number belongs is the same as of a number alone,
// near others of every region that shares a code with many zones.
func TestZoneOfRemembers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(*zoneSeed, 3))
	places := map[Zone]bool{}
	for _, region := range []string{"US", "CA", "DO", "RU", "KZ", "AU", "CX", "BR", "MX", "GB", "JE", "ID", "PT", "ES", "CD", "MN", "FM", "IT", "CN"} {
		for _, s := range digitsNear(rnd, region, 200) {
			number := "+" + strings.TrimLeft(s, "+0")
			code := countryCode(number[1:])
			n := numberOf(code, number[1+len(code):])
			names, _ := phonenumbers.GetTimezonesForPrefix(code)
			switch kind := phonenumbers.GetNumberType(n); {
			case len(names) == 1:
			case kind == phonenumbers.UNKNOWN:
				names = nil
			case kind == phonenumbers.FIXED_LINE, kind == phonenumbers.FIXED_LINE_OR_MOBILE, kind == phonenumbers.MOBILE && phonenumbers.GEO_MOBILE_COUNTRIES[n.GetCountryCode()]:
				names, _ = phonenumbers.GetTimezonesForPrefix(number)
			}
			want := joinZones(names)
			if want == phonenumbers.UNKNOWN_TIMEZONE {
				want = ""
			}
			if got := ZoneOf(number); got != want {
				t.Errorf("%s is in %q; want %q", number, got, want)
			}
			places[want] = true
		}
	}
	if len(places) < 30 {
		t.Errorf("only %d zones were met", len(places))
	}
}

func TestWindowsInZones(t *testing.T) {
	office := plan{rules: []rule{{"mon-fri", "09:00", "18:00"}}, holidays: []string{"2026-12-25"}}.windows(t)
	for _, c := range []struct {
		zone               Zone
		from, next, closes string // UTC
	}{
		{"", "2026-07-01 12:00", "2026-07-02 00:00", "2026-07-01 12:00"}, // home, in Seoul
		{"Europe/Berlin", "2026-07-01 12:00", "2026-07-01 12:00", "2026-07-01 16:00"},
		{"America/Chicago,America/New_York", "2026-07-01 13:00", "2026-07-01 14:00", "2026-07-01 13:00"},
		{"America/Chicago,America/New_York", "2026-07-01 14:00", "2026-07-01 14:00", "2026-07-01 22:00"},
		{"America/Chicago,America/New_York", "2026-07-01 22:00", "2026-07-02 14:00", "2026-07-01 22:00"},
		{"America/Los_Angeles,America/New_York", "2026-12-24 23:00", "2026-12-28 17:00", "2026-12-24 23:00"},
		// In the weeks when the United States have summer time and Europe has not.
		{"America/New_York,Europe/Berlin", "2026-03-10 00:00", "2026-03-10 13:00", "2026-03-10 00:00"},
		{"America/New_York,Europe/Berlin", "2026-03-10 13:00", "2026-03-10 13:00", "2026-03-10 17:00"},
		{"America/New_York,Europe/Berlin", "2026-04-10 13:00", "2026-04-10 13:00", "2026-04-10 16:00"},
		{"America/New_York,Asia/Seoul", "2026-07-01 12:00", "", "2026-07-01 12:00"}, // never both
		{"Nowhere/Land", "2026-07-01 12:00", "", "2026-07-01 12:00"},
		{"Europe/Berlin,Nowhere/Land", "2026-07-01 12:00", "", "2026-07-01 12:00"},
	} {
		home, from := zone(t, "Asia/Seoul"), minute(t, c.from)
		if got := office.OpenIn(from, c.zone, home); got != (c.from == c.next) {
			t.Errorf("%s: open at %s is %v", c.zone, c.from, got)
		}
		if got, ok := office.NextIn(from, c.zone, home); ok != (c.next != "") || ok && !got.Equal(minute(t, c.next)) {
			t.Errorf("%s: from %s, next is %v, %v; want %s", c.zone, c.from, got, ok, c.next)
		}
		if got, ok := office.ClosesIn(from, c.zone, home); !ok || !got.Equal(minute(t, c.closes)) {
			t.Errorf("%s: from %s, closes at %v, %v; want %s", c.zone, c.from, got, ok, c.closes)
		}
	}
	var always Windows
	if got, ok := always.ClosesIn(minute(t, "2026-07-01 12:00"), "Asia/Seoul,Europe/Berlin", time.UTC); ok {
		t.Errorf("always open closes at %v", got)
	}
}

func minute(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func BenchmarkZoneOf(b *testing.B) {
	for _, number := range []string{"+821012345678", "+12125551234", "+18002345678"} {
		b.Run(number, func(b *testing.B) {
			for b.Loop() {
				ZoneOf(number)
			}
		})
	}
}

// BenchmarkNextInNever is the longest that NextIn takes.
func BenchmarkNextInNever(b *testing.B) {
	var w Windows
	if err := w.Add("mon-fri", "09:00", "18:00"); err != nil {
		b.Fatal(err)
	}
	z := ZoneOf("+18002345678")
	for b.Loop() {
		w.NextIn(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), z, time.UTC)
	}
}
