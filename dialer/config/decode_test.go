package config

import (
	"strings"
	"testing"
	"time"
)

// The traps of viper itself, without the YAML tree in front of it: the decode
// hooks alone must hold.
func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"octal", "store: {path: 0212345670}", "quote it"},
		{"plus", "store: {path: +821012345678}", "quote it"},
		{"float", "store: {path: 1.5}", "quote it"},
		{"bool", "store: {path: true}", "quote it"},
		{"date", "store: {path: 2026-12-25}", "quote it"},
		{"bare duration", "campaigns: [{pacing: {wrapup: 30}}]", "with a unit"},
		{"bare duration as text", "campaigns: [{pacing: {wrapup: '30'}}]", "has no unit"},
		{"unknown key", "campaigns: [{pacing: {wrapp: 30s}}]", "wrapp"},
		{"dotted key", "store.path: x", "store.path"},
		{"text for a list", "dnc: {files: a.txt}", "files"},
		{"text for a number", "campaigns: [{pacing: {max_in_flight: '5'}}]", "max_in_flight"},
		{"number for a bool", "asterisk: [{tls: {enabled: 1}}]", "enabled"},
	} {
		v := newViper()
		v.SetConfigType("yaml")
		if err := v.ReadConfig(strings.NewReader(c.yaml)); err != nil {
			t.Fatal(err)
		}
		if raw, err := decode(v); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %s", c.name, raw, err, c.want)
		}
	}
}

func TestDecodeKeepsDots(t *testing.T) {
	v := newViper()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(strings.NewReader("campaigns: [{lists: [{columns: {number: 'Tel. Nr'}}], pacing: {wrapup: 1h30m}}]")); err != nil {
		t.Fatal(err)
	}
	raw, err := decode(v)
	if err != nil || raw.Campaigns[0].Lists[0].Columns["number"] != "Tel. Nr" || *raw.Campaigns[0].Pacing.Wrapup != 90*time.Minute {
		t.Errorf("%+v, %v", raw, err)
	}
}

func TestParseSchedule(t *testing.T) {
	for _, ok := range []string{"0 9 * * mon-fri", "*/5 * * * *", "@daily", "@every 1h", "CRON_TZ=Asia/Seoul 0 9 * * *", "0 0 29 2 *"} {
		if s, err := ParseSchedule(ok); err != nil || s == nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "TZ=X", "CRON_TZ=", "TZ= 0 9 * * *", "0 0 30 2 *", "0 0 31 4 *", "0 9 * *", "0 0 9 * * *", "60 * * * *", "0 9 * * mon\n", "@reboot"} {
		if s, err := ParseSchedule(bad); err == nil || s != nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"queue", "name", "by_outcome", "max_attempts", "no_answer"}
	for in, want := range map[string]string{
		"quue": "queue", "qeuue": "queue", "by outcome": "by_outcome", "no-answer": "no_answer", "maxattempts": "max_attempts",
		"nam": "name", "zebra": "", "": "", "x": "", strings.Repeat("q", 1000): "",
	} {
		if got := nearest(in, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
