package dialer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMaskText(t *testing.T) {
	for text, want := range map[string]string{
		"Extension does not exist: 0212345678":                     "Extension does not exist: 02xxxxxx78",
		"channel Local/0101234567@DialCamp-00000a12;1 is gone":     "channel Local/01xxxxxx67@DialCamp-00000a12;1 is gone",
		"channel Local/2001@DialCamp/n":                            "channel Local/xxxx@DialCamp/n",
		"channel Local/w01234@DialCamp-000000a1;2":                 "channel Local/w01x34@DialCamp-000000a1;2",
		"PJSIP/+821012345678@carrier":                              "PJSIP/+82xxxxxxxx78@carrier",
		"PJSIP/agent01-0000002a, PJSIP/1001-00000001":              "PJSIP/agent01-0000002a, PJSIP/1001-00000001",
		`"Ms. Kim" <010-1234-5678>`:                                `"Ms. Kim" <01x-xxxx-xx78>`,
		"(02) 123 45 67 and 02.123.45.67":                          "(02) xxx xx 67 and 02.xxx.xx.67",
		"https://crm.example/hook?tel=%2B821012345678&x=1":         "https://crm.example/hook?tel=%2B82xxxxxxxx78&x=1",
		"*21*0212345678#":                                          "*21*xxxxxxxx78#",
		"dial tcp 127.0.0.1:5038: connect: connection refused":     "dial tcp 127.0.0.1:5038: connect: connection refused",
		"read tcp 192.168.100.200:48732->10.0.0.1:5038: i/o":       "read tcp 192.168.100.200:48732->10.0.0.1:5038: i/o",
		"closed until 2026-11-25 18:30, or 2026-12-30..2027-01-02": "closed until 2026-11-25 18:30, or 2026-12-30..2027-01-02",
		"config: campaign spring: caller_id 0212345670 -> 12345":   "config: campaign spring: caller_id 02xxxxxx70 -> 12345",
		"3 of its last 20 calls, 4.5 % of 3,120":                   "3 of its last 20 calls, 4.5 % of 3,120",
		"line 17: not UTF-8":                                       "line 17: not UTF-8",
		"a number like a date: 20261125":                           "a number like a date: 20xxxx25",
	} {
		if got := maskText(text); got != want {
			t.Errorf("%q\n is %q,\nwant %q", text, got, want)
		}
	}
}

// TestMaskTextHidesAll: no number of six digits or more is left, however it is
// spelt and whatever stands around it.
func TestMaskTextHidesAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	around := [][2]string{
		{"", ""}, {"tel:", "."}, {"<", ">"}, {"n=", "&"}, {"x", "y"}, {"2026-11-25 ", " 2026-11-25"}, {"Local/", "@DialCamp-00000001;1"}, {"Local/", "@DialCamp/n"},
		{"SIP/trunk/9", "-0000001f"}, {"at 127.0.0.1 ", " 127.0.0.1"}, {"a,", ",b"}, {"번호 ", "번"}, {"+", ""}, {"-", "-"}, {"(", ")"},
	}
	for range 20_000 {
		var b strings.Builder
		for range 6 + rng.IntN(10) {
			b.WriteByte(byte('0' + rng.IntN(10)))
		}
		number := b.String()
		spelt := number
		if len(number) >= 7 && rng.IntN(2) == 0 {
			at := 2 + rng.IntN(len(number)-4)
			spelt = number[:at] + string(" -./"[rng.IntN(4)]) + number[at:]
		}
		a := around[rng.IntN(len(around))]
		got := maskText(a[0] + spelt + a[1])
		if strings.Contains(got, spelt) || strings.Contains(got, number) {
			t.Fatalf("%q is %q", a[0]+spelt+a[1], got)
		}
	}
	if got := maskText(fmt.Sprint("five digits ", 12345)); got != "five digits 12345" {
		t.Error(got)
	}
}
