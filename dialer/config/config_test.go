package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

var update = flag.Bool("update", false, "rewrite the .want files in testdata/config")

const testdata = "../../testdata/config"

// golden compares got with the .want file beside file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	want := strings.TrimSuffix(file, ".yaml") + ".want"
	if *update {
		if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(want)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if got != string(b) {
		t.Errorf("got\n%s\nwant\n%s", got, b)
	}
}

// here replaces the repository's place on this machine.
func here(t *testing.T, s string) string {
	t.Helper()
	root, err := filepath.Abs(testdata + "/x")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(s, filepath.Dir(root), "$TESTDATA")
}

func cases(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testdata, kind, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	wants, err := filepath.Glob(filepath.Join(testdata, kind, "*.want"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wants {
		if !slices.Contains(files, strings.TrimSuffix(w, ".want")+".yaml") {
			t.Errorf("%s belongs to no config", w)
		}
	}
	return files
}

func TestBad(t *testing.T) {
	os.Unsetenv(credentialsDirectory)
	for _, file := range cases(t, "bad") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			cfg, err := Load(file)
			var errs Errors
			if cfg != nil || !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("Load gave %v, %v", cfg, err)
			}
			text := strings.ReplaceAll(errs.Text(), testdata+"/bad/", "")
			if strings.Contains(text, "s3cr3t") || strings.Contains(text, "0123456789") {
				t.Errorf("the secret is shown:\n%s", text)
			}
			for i, e := range errs {
				if i > 0 && e.Line < errs[i-1].Line {
					t.Errorf("line %d comes after line %d", e.Line, errs[i-1].Line)
				}
				if e.File != file || e.Problem == "" || strings.ContainsFunc(e.Error()+e.Hint, func(r rune) bool { return r < ' ' }) {
					t.Errorf("error %+v", e)
				}
			}
			golden(t, file, here(t, text))
		})
	}
}

func TestGood(t *testing.T) {
	creds, err := filepath.Abs(testdata + "/lists")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(credentialsDirectory, creds)
	for _, file := range cases(t, "good") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			cfg, err := Load(file)
			if err != nil {
				t.Fatal(err)
			}
			mustHold(t, cfg)
			golden(t, file, here(t, dump(t, cfg)))
		})
	}
}

// dump writes a Config for comparison: what JSON cannot show is shown in words.
func dump(t *testing.T, cfg *Config) string {
	t.Helper()
	c := *cfg
	c.File = filepath.Base(c.File)
	c.Warnings = nil // those about permissions depend on the checkout; TestWarnings has them
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	s.Write(b)
	for _, a := range cfg.Asterisk {
		fmt.Fprintf(&s, "\n%s secret: %q", a.Name, a.Secret)
	}
	for _, w := range cfg.Webhooks {
		fmt.Fprintf(&s, "\n%s url: %s secret: %q", w.Name, w.URL, w.Secret)
	}
	for _, c := range cfg.Campaigns {
		fmt.Fprintf(&s, "\n%s calls in %v:", c.Name, c.Calling.Location)
		from := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
		for at := from; ; {
			open, ok := c.Calling.Windows.Next(at, time.UTC)
			if !ok || open.Sub(from) > 8*24*time.Hour {
				break
			}
			closes, ok := c.Calling.Windows.Closes(open, time.UTC)
			if !ok {
				s.WriteString(" always")
				break
			}
			fmt.Fprintf(&s, "\n  %s to %s", open.Format("Mon 2006-01-02 15:04"), closes.Format("Mon 15:04"))
			at = closes
		}
	}
	s.WriteString("\n")
	return s.String()
}

// mustHold is what the daemon relies on in a Config.
func mustHold(t testing.TB, c *Config) {
	t.Helper()
	must := func(ok bool, format string, args ...any) {
		t.Helper()
		if !ok {
			t.Errorf(format, args...)
		}
	}
	clean := func(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }
	must(len(c.Asterisk) > 0 && len(c.Campaigns) > 0, "nothing to do")
	servers := map[string]bool{}
	for _, a := range c.Asterisk {
		must(a.Name != "" && !servers[a.Name] && a.Secret != "" && strings.Contains(a.Address, ":"), "asterisk %v", a)
		must(clean(a.Username) && clean(a.Secret) && clean(a.Address) && a.MaxChannels >= 0 && a.CallsPerSecond >= 0, "asterisk %v", a)
		b := a.Breaker
		must(b == Breaker{} || b.Share > 0 && b.Share <= 1 && b.Of > 0 && b.Within > 0 && b.Pause > 0 && b.AtMost >= b.Pause, "breaker %+v", b)
		servers[a.Name] = true
	}
	must(filepath.IsAbs(c.Store.Path) && filepath.IsAbs(c.Control.Socket) && len(c.Control.Socket) <= MaxSocket && c.Store.Path != c.Control.Socket, "store %q, socket %q", c.Store.Path, c.Control.Socket)
	names := map[string]bool{}
	for _, p := range c.Campaigns {
		must(p.Name != "" && !names[p.Name] && (p.Queue == "") == (p.Pacing.Mode == "broadcast") && servers[p.Asterisk] && len(p.Lists) > 0, "campaign %+v", p)
		names[p.Name] = true
		lists := map[string]bool{}
		for _, l := range p.Lists {
			must(l.Name != "" && !lists[l.Name] && filepath.IsAbs(l.Path), "list %+v", l)
			lists[l.Name] = true
		}
		o := p.Originate
		must(strings.Contains(o.ChannelTo("1"), "1") && !strings.ContainsAny(o.ChannelTo("1"), "{}") && o.RingTimeout >= time.Second, "originate %+v", o)
		must((o.Application != "") != (o.Context != "") && (o.Context != "") == (o.Exten != "" && o.Priority > 0), "originate %+v", o)
		for _, s := range append([]string{o.Channel, o.CallerID, o.Application, o.Data, o.Context, o.Exten, p.Queue}, o.Variables...) {
			must(clean(s), "%q", s)
		}
		pc := p.Pacing
		must(slices.Contains(modes, pc.Mode) && pc.MaxInFlight > 0 && pc.Wrapup >= 0 && pc.Weight > 0 && pc.CallsPerSecond >= 0, "pacing %+v", pc)
		must((pc.Mode == "power") == (pc.Ratio >= 1) && (pc.Mode == "predictive") == (pc.AbandonTarget >= MinAbandonTarget), "pacing %+v", pc)
		must((pc.Drop.Context != "") == (pc.Drop.After > 0) && clean(pc.Drop.Context) && clean(pc.Drop.Exten), "pacing %+v", pc)
		must(p.Calling.Location != nil, "no location")
		must(p.Retry.MaxAttempts > 0 && len(p.Retry.ByOutcome) == len(DefaultRetry()), "retry %+v", p.Retry)
		for outcome, rule := range p.Retry.ByOutcome {
			must(rule.Max >= 0 && len(rule.After) > 0 && rule.Jitter >= 0 && rule.Jitter <= 1 && rule.SwitchAfter >= 0, "%s: %+v", outcome, rule)
			for _, after := range rule.After {
				must(rule.Max == 0 || after >= MinRetryAfter, "%s: %+v", outcome, rule)
			}
			last := rule.After[len(rule.After)-1]
			must((rule.Multiply == 0 || rule.Multiply > 1) && (rule.AtMost == 0 || rule.AtMost >= last && rule.Multiply > 1), "%s: %+v", outcome, rule)
			must(slices.Contains(campaign.NumberChoices(), rule.NextNumber), "%s: %+v", outcome, rule)
		}
		for _, expr := range []string{p.Start, p.Stop} {
			if expr != "" {
				_, err := ParseSchedule(expr)
				must(err == nil, "%q: %v", expr, err)
			}
		}
	}
	urls := map[string]bool{}
	for _, w := range c.Webhooks {
		must(w.Name != "" && strings.HasPrefix(w.URL, "http") && !urls[w.URL] && len(w.Secret) >= 24 && w.Timeout > 0 && w.RetryFor >= 0 && w.Queue > 0, "webhook %+v", w)
		urls[w.URL] = true
		for _, name := range w.Campaigns {
			must(names[name], "webhook %+v", w)
		}
	}
	for _, r := range c.Reports {
		must((filepath.IsAbs(r.Path) || r.Path == StandardOutput) && r.At != "" && (r.Campaign == "" || names[r.Campaign]), "report %+v", r)
	}
}

func TestChannelTo(t *testing.T) {
	for _, c := range []struct{ channel, number, want string }{
		{DefaultChannel, "1017555", "Local/1017555@DialCamp/n"},
		{DefaultChannel, "+821012345678", "Local/+821012345678@DialCamp/n"},
		{"PJSIP/00{e164}@trunk", "+821012345678", "PJSIP/00+821012345678@trunk"},
		{"PJSIP/9{national}@trunk", "+821012345678", "PJSIP/901012345678@trunk"},
		{"PJSIP/9{national}@trunk", "01012345678", "PJSIP/901012345678@trunk"}, // from before the list had a region
		{"PJSIP/{national}@trunk", "119", "PJSIP/119@trunk"},
	} {
		if got := (Originate{Channel: c.channel}).ChannelTo(c.number); got != c.want {
			t.Errorf("%s for %s: %s, want %s", c.channel, c.number, got, c.want)
		}
	}
}

// labNumber is the lab carrier's dialplan: what matches nothing there would
// only ever be refused.
var labNumber = regexp.MustCompile(`^(1[0-9]{4,}|[23][0-9]{6,}|4[0-9]{2,}|[56][0-9]{3,}|[0789][0-9]{2,})$`)

func TestExample(t *testing.T) {
	cfg, err := Load("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, cfg)
	c := cfg.Campaigns[0]
	if cfg.Asterisk[0].Address != "127.0.0.1:5038" || cfg.Asterisk[0].Secret != "dialcamp-secret" || c.Queue != "Camp200" ||
		c.Originate.Context != "campaign" || c.Originate.Exten != "200" || c.Originate.ChannelTo("1017555") != "Local/1017555@DialCamp/n" {
		t.Errorf("the example does not dial the lab: %v %+v", cfg.Asterisk[0], c)
	}
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(time.Hour) {
		if !c.Calling.Windows.Open(at, c.Calling.Location) {
			t.Fatalf("the example does not call at %v", at)
		}
	}

	l := c.Lists[0]
	f, err := os.Open(l.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := contact.NewReader(f, l.Options())
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for {
		row, err := r.Next()
		if err != nil {
			break
		}
		if row.Key == "" || len(row.Attributes) != 2 || !labNumber.MatchString(row.Numbers[0].Number) {
			t.Errorf("row %+v", row)
		}
		rows++
	}
	if rows < 30 {
		t.Errorf("%d numbers in the example list", rows)
	}
}

// Every key the schema knows is shown in the example, and the example shows
// none that is not there.
func TestExampleIsComplete(t *testing.T) {
	b, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for key, field := range fieldsOf(typ) {
			if !strings.Contains(text, key+":") {
				t.Errorf("the key %s is not shown", key)
			}
			walk(field)
		}
	}
	walk(reflect.TypeFor[rawConfig]())
	for outcome := range DefaultRetry() {
		if !strings.Contains(text, outcome+":") {
			t.Errorf("the outcome %s is not shown", outcome)
		}
	}
}

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "spring.csv"), []byte("number\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

const small = `asterisk: [{name: lab, address: 127.0.0.1, username: u, secret: s3cr3t}]
store: {path: d.db}
campaigns:
  - name: spring
    queue: q
    lists: [{path: spring.csv}]
`

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       []string
	}{
		{"private", small, 0o640, nil},
		{"public", small, 0o644, []string{"config.yaml:1: asterisk[0].secret (lab): everybody may read the file"}},
		{"hours without a zone", small + "    start: '@daily'\n", 0o600, []string{"config.yaml:4: campaigns[0].calling.timezone (spring): missing"}},
		{"hours with a zone", small + "    calling: {timezone: Local, holidays: [2026-12-25]}\n", 0o600, nil},
	} {
		cfg, err := Load(write(t, c.text, c.mode))
		if err != nil {
			t.Fatal(err)
		}
		ok := len(cfg.Warnings) == len(c.want)
		for i := range min(len(cfg.Warnings), len(c.want)) {
			ok = ok && strings.Contains(cfg.Warnings[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", c.name, cfg.Warnings, c.want)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const hook = "s3cr3t that a webhook is signed with"
	cfg, err := Load(write(t, small+"webhooks: [{name: crm, url: \"https://crm.example.com/s3cr3t\", secret: whsec_"+base64.StdEncoding.EncodeToString([]byte(hook))+"}]\n", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Asterisk[0].Secret != "s3cr3t" || string(cfg.Webhooks[0].Secret) != hook {
		t.Fatalf("secret %q", cfg.Asterisk[0].Secret)
	}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("config", "all", cfg, "value", *cfg, "servers", cfg.Asterisk, "one", cfg.Asterisk[0], "pointer", &cfg.Asterisk[0],
			"webhooks", cfg.Webhooks, "webhook", cfg.Webhooks[0], "its pointer", &cfg.Webhooks[0])
	}
	for _, v := range []any{cfg, *cfg, cfg.Asterisk, cfg.Asterisk[0], &cfg.Asterisk[0], cfg.Webhooks, cfg.Webhooks[0], &cfg.Webhooks[0]} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&log, verb, v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(b)
	}
	if strings.Contains(log.String(), "s3cr3t") {
		t.Errorf("the secret is printed:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "127.0.0.1:5038") || !strings.Contains(log.String(), "crm.example.com") {
		t.Errorf("nothing is printed:\n%s", log.String())
	}
}

func TestFileItself(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long.yaml")
	pad := func(n int) string { return small + "#" + strings.Repeat("x", n-len(small)-1) }
	for name, c := range map[string]struct{ path, want string }{
		"missing":   {filepath.Join(dir, "none.yaml"), "no such file"},
		"directory": {dir, "not a regular file"},
		"too long":  {write(t, pad(MaxFile+1), 0o600), "longer than 1048576 bytes"},
	} {
		_, err := Load(c.path)
		var errs Errors
		if !errors.As(err, &errs) || len(errs) != 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(long); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
	if _, err := Load(write(t, pad(MaxFile), 0o600)); err != nil {
		t.Errorf("MaxFile: %v", err)
	}
}

func TestSecretLimit(t *testing.T) {
	for n, ok := range map[int]bool{MaxSecret: true, MaxSecret + 1: false, MaxSecret + 10: false} {
		path := write(t, strings.ReplaceAll(small, "secret: s3cr3t", "secret_file: secret"), 0o600)
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "secret"), []byte(strings.Repeat("s", n)+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(path)
		if ok != (err == nil) || ok && len(cfg.Asterisk[0].Secret) != n {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestLimitsOfText(t *testing.T) {
	for _, c := range []struct {
		name, line string // with %s for the text
		most       int
	}{
		{"caller_id", "    originate: {caller_id: %s}", MaxText},
		{"variable", "    originate: {variables: [A=%s]}", MaxVariable - len("A=")},
		{"start", "    start: '0 9%s * * *'", MaxText - len("0 9 * * *")},
	} {
		for n, ok := range map[int]bool{c.most: true, c.most + 1: false} {
			text := strings.Repeat("x", n)
			if c.name == "start" {
				text = strings.Repeat(" ", n)
			}
			_, err := Load(write(t, small+fmt.Sprintf(c.line, text)+"\n", 0o600))
			if ok != (err == nil) {
				t.Errorf("%s of %d bytes: %v", c.name, n, err)
			}
		}
	}
	for n, ok := range map[int]bool{MaxVariables: true, MaxVariables + 1: false} {
		var vars []string
		for i := range n {
			vars = append(vars, fmt.Sprintf("V%d=x", i))
		}
		_, err := Load(write(t, small+"    originate: {variables: ["+strings.Join(vars, ", ")+"]}\n", 0o600))
		if ok != (err == nil) {
			t.Errorf("%d variables: %v", n, err)
		}
	}
}

// Aliases can make much of a small file; the work and the errors stay bounded.
func TestAliasesAreLimited(t *testing.T) {
	for n, ok := range map[int]bool{1000: true, maxNodes: false} {
		text := strings.Replace(small, "spring.csv}]", "spring.csv}]\n    calling: {timezone: UTC, holidays: &h ["+strings.Repeat("2026-12-25,", 1000)+"]}", 1)
		for i := range n/1000 - 1 {
			text += fmt.Sprintf("  - {name: c%d, queue: q, lists: [{path: spring.csv}], calling: {timezone: UTC, holidays: *h}}\n", i)
		}
		cfg, err := Load(write(t, text, 0o600))
		if ok != (err == nil) || ok && len(cfg.Campaigns) != n/1000 {
			t.Errorf("%d values: %v", n, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "more than 100000 values") || strings.Count(err.Error(), "\n") > MaxErrors) {
			t.Errorf("%d values: %.1000v", n, err)
		}
	}
}

func TestErrorsAreLimited(t *testing.T) {
	for n, last := range map[int]string{MaxErrors: "unknown key", MaxErrors + 1: "1 more errors"} {
		text := small
		for i := range n {
			text += fmt.Sprintf("x%d: 1\n", i)
		}
		_, err := Load(write(t, text, 0o600))
		lines := strings.Split(err.Error(), "\n")
		if !strings.Contains(lines[len(lines)-1], last) {
			t.Errorf("%d errors end with %q", n, lines[len(lines)-1])
		}
	}
}

// A reload starts from nothing: what the new file does not say is the default,
// not what the old one said.
func TestLoadForgets(t *testing.T) {
	path := write(t, small+"    pacing: {max_in_flight: 7}\nlog: {level: debug}\n", 0o600)
	if _, err := Load(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Log.Level != DefaultLogLevel || cfg.Campaigns[0].Pacing.MaxInFlight != DefaultMaxInFlight {
		t.Errorf("%+v", cfg)
	}
	t.Setenv("LOG_LEVEL", "debug")
	t.Setenv("LOG::LEVEL", "debug")
	if again, err := Load(path); err != nil || !reflect.DeepEqual(again, cfg) {
		t.Errorf("with the environment set: %+v, %v", again, err)
	}
}

// DefaultRetry and its table in the comment say the same.
func TestDefaultRetryIsDocumented(t *testing.T) {
	b, err := os.ReadFile("defaults.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "//" {
			continue
		}
		rule, ok := DefaultRetry()[f[1]]
		if !ok {
			continue
		}
		found++
		after, err := time.ParseDuration(f[2])
		if err != nil || len(rule.After) != 1 || after != rule.After[0] || f[3] != fmt.Sprint(rule.Max) {
			t.Errorf("%s is %+v, documented as %s %s", f[1], rule, f[2], f[3])
		}
	}
	if found != len(DefaultRetry()) {
		t.Errorf("%d of %d outcomes documented", found, len(DefaultRetry()))
	}
}
