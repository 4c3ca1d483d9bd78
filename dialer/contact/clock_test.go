package contact

import (
	"strings"
	"testing"
)

func TestParseDays(t *testing.T) {
	for _, c := range []struct{ in, want string }{ // want: sun … sat
		{"mon-fri", ".mtwtf."},
		{"mon-fri,sun", "smtwtf."},
		{"fri-mon", "sm...fs"},
		{"wed", "...w..."},
		{"Monday - Wednesday , SAT", ".mtw..s"},
		{"sun-sat", "smtwtfs"},
		{"sat-sat", "......s"},
	} {
		set, err := ParseDays(c.in)
		if err != nil {
			t.Errorf("ParseDays(%q): %v", c.in, err)
			continue
		}
		got := []byte(".......")
		for d, in := range set {
			if in {
				got[d] = "smtwtfs"[d]
			}
		}
		if string(got) != c.want {
			t.Errorf("ParseDays(%q) = %s, want %s", c.in, got, c.want)
		}
	}
	for _, in := range []string{"", "mon,", "-", "mon-", "mon-tue-wed", "mo", "1-5", "mon fri", "weekdays"} {
		if set, err := ParseDays(in); err == nil || !strings.Contains(err.Error(), "is not a day") {
			t.Errorf("ParseDays(%q) = %v, %v; want an error", in, set, err)
		}
	}
}

func TestParseClock(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{{"00:00", 0}, {"09:00", 540}, {"23:59", 1439}, {"24:00", 1440}} {
		if got, err := ParseClock(c.in); err != nil || got != c.want {
			t.Errorf("ParseClock(%q) = %d, %v; want %d", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "9:00", "09:60", "24:01", "25:00", "09.00", "09:00:00", "-1:00", "9am", "０9:0"} {
		if got, err := ParseClock(in); err == nil {
			t.Errorf("ParseClock(%q) = %d, want an error", in, got)
		}
	}
}
