package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const before = `
asterisk:
  - {name: pbx, address: 127.0.0.1, username: dialcamp, secret: very-secret}
  - {name: pbx2, address: 127.0.0.2, username: dialcamp, secret: x}
store: {path: d.db}
campaigns:
  - name: spring
    queue: Camp200
    lists: [{path: a.csv}, {path: b.csv, name: two}]
    calling: {timezone: Asia/Seoul, windows: [{days: mon-fri, from: "09:00", to: "18:00"}]}
    retry: {max_attempts: 5, by_outcome: {busy: {max: 3}}}
  - {name: winter, queue: Camp201, lists: [{path: a.csv}]}
reports: [{path: r.csv, at: "0 9 * * *"}]
webhooks:
  - {name: crm, url: "https://crm.example.com/very-secret", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}
  - {name: old, url: "https://old.example.com/", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}
`

const after = `
asterisk:
  - {name: pbx2, address: 127.0.0.2, username: dialcamp, secret: x, max_channels: 4}
  - {name: pbx, address: 127.0.0.1, username: dialcamp, secret: another-secret}
store: {path: d.db, keep_days: 30}
log: {level: debug}
dnc: {files: [dnc.txt]}
campaigns:
  - name: autumn
    asterisk: pbx
    queue: Camp202
    lists: [{path: a.csv}]
  - name: spring
    asterisk: pbx
    queue: Camp200
    lists: [{path: b.csv, name: two, removed: remove, delimiter: ";", region: KR, columns: {number: Tel}}, {path: "*.txt"}]
    calling: {timezone: Asia/Seoul, windows: [{days: mon-sat, from: "09:00", to: "18:00"}], holidays: [2026-12-25]}
    retry: {max_attempts: 3, by_outcome: {busy: {after: 5m, max: 1}}}
    pacing: {mode: predictive, regime: ofcom, wrapup: 20s}
    start: "0 9 * * *"
reports: [{path: r.csv, at: "0 9 * * *", format: json}, {path: s.csv, at: "0 9 * * *"}]
webhooks:
  - {name: new, url: "https://new.example.com/", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}
  - {name: crm, url: "https://crm.example.com/another-secret", secret: whsec_YW5vdGhlciBzZWNyZXQgb2YgZW5vdWdoIGJ5dGVz, outcomes: [connected, machine], retry_for: 2h}
`

func loadText(t *testing.T, text string) *Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": text, "a.csv": "phone\n", "b.csv": "phone\n", "dnc.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// changes are those of Diff without the test's directory.
func changes(t *testing.T, old, new string) []string {
	t.Helper()
	a, b := loadText(t, old), loadText(t, new)
	dir := filepath.Dir(b.File)
	b.Store.Path, b.Control.Socket = a.Store.Path, a.Control.Socket
	var all []string
	for _, c := range Diff(a, b) {
		all = append(all, strings.NewReplacer(dir+"/", "", filepath.Dir(a.File)+"/", "").Replace(c.String()))
	}
	// Paths of the two differ only by the tests' directories.
	return slices.DeleteFunc(all, func(s string) bool {
		_, ends, _ := strings.Cut(s, "path ")
		from, to, ok := strings.Cut(ends, " -> ")
		return ok && from == to
	})
}

func TestDiff(t *testing.T) {
	want := []string{
		"store.keep_days 0 -> 30",
		"log.level info -> debug",
		"asterisk pbx2: max_channels 0 -> 4",
		"asterisk pbx: secret is another",
		"do-not-call file dnc is new",
		"campaign autumn is new",
		"campaign spring: pacing.mode progressive -> predictive",
		"campaign spring: pacing.abandon_target unset -> 3%",
		"campaign spring: pacing.regime ftc -> ofcom",
		"campaign spring: pacing.abandoned.window 30d -> day",
		"campaign spring: pacing.abandoned.from greeting -> answer",
		"campaign spring: pacing.abandoned.lockout 24h -> 72h",
		"campaign spring: pacing.wrapup 0s -> 20s",
		"campaign spring: calling.windows [{days: mon-fri, from: 09:00, to: 18:00}] -> [{days: mon-sat, from: 09:00, to: 18:00}]",
		"campaign spring: calling.holidays unset -> [2026-12-25]",
		"campaign spring: retry.max_attempts 5 -> 3",
		"campaign spring: retry.by_outcome.abandoned.after 24h -> 72h",
		"campaign spring: retry.by_outcome.busy.max 3 -> 1",
		"campaign spring: retry.by_outcome.dropped.after 24h -> 72h",
		"campaign spring: start unset -> 0 9 * * *",
		"list two of spring: removed keep -> remove",
		"list two of spring: delimiter unset -> ';'",
		"list two of spring: columns.number unset -> Tel",
		"list two of spring: region unset -> KR",
		"list *.txt of spring is new",
		"list a of spring is gone",
		"campaign winter is gone",
		"report s.csv is new",
		"report r.csv is gone",
		"webhook new is new",
		"webhook crm: url is another",
		"webhook crm: secret is another",
		"webhook crm: outcomes unset -> [connected, machine]",
		"webhook crm: retry_for 1h -> 2h",
		"webhook old is gone",
	}
	got := changes(t, before, after)
	// The report's path, which names it, is the test's own.
	got = slices.DeleteFunc(got, func(s string) bool { return s == "report r.csv is new" })
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if all := strings.Join(got, "\n"); strings.Contains(all, "very-secret") || strings.Contains(all, "another-secret") {
		t.Error("a secret is shown")
	}
}

// TestDiffNothing: what is written in other words and means the same is no
// change.
func TestDiffNothing(t *testing.T) {
	old := `
asterisk: [{name: pbx, address: 127.0.0.1, username: dialcamp, secret: s}]
store: {path: d.db}
campaigns: [{name: spring, queue: Camp200, lists: [{path: a.csv}, {path: b.csv}], calling: {timezone: UTC, holidays: [2026-12-25, 2026-12-26]}}]
`
	new := `
asterisk: [{name: pbx, address: "127.0.0.1:5038", username: dialcamp, secret: s}]
store: {path: d.db}
log: {level: info}
campaigns: [{name: spring, queue: Camp200, asterisk: pbx, pacing: {mode: progressive}, lists: [{path: b.csv}, {path: a.csv}], calling: {holidays: [2026-12-26, 2026-12-25], timezone: UTC}}]
`
	if got := changes(t, old, new); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestDiffTellsEveryField: a field that Diff does not look at could change
// without anybody being told.
func TestDiffTellsEveryField(t *testing.T) {
	blank := func() *Config {
		return &Config{
			Asterisk: []Asterisk{{Name: "pbx"}}, DNC: DNC{},
			Campaigns: []Campaign{{Name: "spring", Lists: []List{{Name: "a"}}, Calling: Calling{Location: time.UTC}, Retry: Retry{ByOutcome: map[string]RetryRule{"busy": {}}}}},
			Reports:   []Report{{Path: "r.csv"}},
		}
	}
	var walk func(name string, at func(*Config) reflect.Value)
	walk = func(name string, at func(*Config) reflect.Value) {
		if name == "campaign.Pacing.Regime.Limit" {
			return // its name tells; what a campaign is held to is its AbandonTarget
		}
		v := at(blank())
		if v.Kind() == reflect.Struct && v.NumField() > 0 && v.Type().Field(0).IsExported() {
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					walk(name+"."+f.Name, func(c *Config) reflect.Value { return at(c).Field(i) })
				}
			}
			return
		}
		changed := blank()
		switch v := at(changed); v.Kind() {
		case reflect.String:
			v.SetString("other")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int32, reflect.Int64:
			v.SetInt(7)
		case reflect.Float64:
			v.SetFloat(0.5)
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("a"), reflect.Zero(v.Type().Elem()))
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		case reflect.Pointer:
			if name != "campaign.Calling.Location" {
				v.Set(reflect.New(v.Type().Elem()))
				break
			}
			v.Set(reflect.ValueOf(time.FixedZone("X", 60)))
		default:
			return // windows: see TestDiff
		}
		if got := Diff(blank(), changed); len(got) == 0 {
			t.Errorf("%s may change without a word", name)
		}
	}
	walk("asterisk", func(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByName("Asterisk").Index(0) })
	walk("store", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Store).Elem() })
	walk("control", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Control).Elem() })
	walk("log", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Log).Elem() })
	walk("dnc", func(c *Config) reflect.Value { return reflect.ValueOf(&c.DNC).Elem() })
	walk("campaign", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Campaigns[0]).Elem() })
	walk("list", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Campaigns[0].Lists[0]).Elem() })
	walk("report", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Reports[0]).Elem() })
}
