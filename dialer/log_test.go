package dialer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

var logFormats = []string{"tty", "journal", "text", "json"}

func newTestLog(t *testing.T, level, format string) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	log, err := NewLog(&b, level, format)
	if err != nil {
		t.Fatal(err)
	}
	return log, &b
}

// withColour makes the tests independent of the terminal they are run on.
func withColour(t *testing.T, on bool) {
	t.Setenv("TERM", "xterm")
	if on {
		t.Setenv("NO_COLOR", "")
		return
	}
	t.Setenv("NO_COLOR", "1")
}

func TestLogRefusesLevelsAndFormats(t *testing.T) {
	for _, c := range []struct{ level, format, want string }{
		{"loud", "text", `log.level: "loud" is not debug, info, warn or error`},
		{"", "text", `log.level: "" is not debug, info, warn or error`},
		{"info", "xml", `log.format: "xml" is not auto, tty, journal, text or json`},
		{"info", "", `log.format: "" is not auto, tty, journal, text or json`},
	} {
		log, err := NewLog(&bytes.Buffer{}, c.level, c.format)
		if err == nil || err.Error() != c.want || log != nil {
			t.Errorf("%q %q: %v", c.level, c.format, err)
		}
	}
}

func TestLogLevels(t *testing.T) {
	withColour(t, false)
	for i, level := range []string{"debug", "info", "warn", "error"} {
		for _, format := range logFormats {
			log, b := newTestLog(t, level, format)
			log.Debug("m")
			log.Info("m")
			log.Warn("m")
			log.Error("m")
			if got := strings.Count(b.String(), "\n"); got != 4-i {
				t.Errorf("%s %s: %d lines:\n%s", level, format, got, b)
			}
		}
	}
}

// What the formats look like.
func TestLogFormats(t *testing.T) {
	for format, want := range map[string]string{
		"tty":     " WRN list loaded list=spring rows=3 took=1.5s error=\"no space\" number=02xxxxxx78\n",
		"journal": "<4>level=WARN msg=\"list loaded\" list=spring rows=3 took=1.5s error=\"no space\" number=02xxxxxx78\n",
		"text":    " level=WARN msg=\"list loaded\" list=spring rows=3 took=1.5s error=\"no space\" number=02xxxxxx78\n",
		"json":    `,"level":"WARN","msg":"list loaded","list":"spring","rows":3,"took":1500000000,"error":"no space","number":"02xxxxxx78"}` + "\n",
	} {
		withColour(t, false)
		log, b := newTestLog(t, "info", format)
		log.Warn("list loaded", "list", "spring", "rows", 3, "took", 1500*time.Millisecond, "error", errors.New("no space"), "number", "0212345678")
		got := b.String()
		if !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want it to end with %q", format, got, want)
		}
		if front := strings.TrimSuffix(got, want); format == "journal" && front != "" || format != "journal" && !strings.Contains(front, ":") {
			t.Errorf("%s: %q in front", format, front)
		}
	}
}

func TestLogPriorities(t *testing.T) {
	log, b := newTestLog(t, "debug", "journal")
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: "<7>level=DEBUG ", slog.LevelInfo: "<6>level=INFO ", slog.LevelWarn: "<4>level=WARN ", slog.LevelError: "<3>level=ERROR ",
		slog.LevelInfo + 2: "<6>level=INFO+2 ", slog.LevelError + 4: "<3>level=ERROR+4 ",
	} {
		b.Reset()
		log.Log(t.Context(), level, "level=ERROR")
		if !strings.HasPrefix(b.String(), want) {
			t.Errorf("%v: %q", level, b)
		}
	}
}

func TestLogMasksNumbers(t *testing.T) {
	withColour(t, true)
	const number = "+821012345678"
	for _, format := range logFormats {
		for _, level := range []string{"debug", "info"} {
			log, b := newTestLog(t, level, format)
			log.Error("plain", "number", number)
			log.With("number", number).Error("with")
			log.WithGroup("call").Error("in WithGroup", "number", number)
			log.WithGroup("call").With("number", number).WithGroup("more").Error("in WithGroup and With", "x", 1)
			log.Error("in a group", slog.Group("call", "id", 1, slog.Group("contact", "number", number)))
			log.With(slog.Group("call", "number", number)).Error("in a group of With")
			log.Error("as a valuer", "number", valuer{slog.StringValue(number)})
			log.Error("in a valuer", "call", valuer{slog.GroupValue(slog.String("number", number))})
			log.Error("as a stringer", "number", stringer(number))
			lines := strings.Split(strings.TrimSpace(b.String()), "\n")
			if len(lines) != 9 {
				t.Fatalf("%s: %d lines:\n%s", format, len(lines), b)
			}
			for _, line := range lines {
				if shown := strings.Contains(line, number); shown != (level == "debug") {
					t.Errorf("%s at %s: %q", format, level, line)
				}
				if level == "info" && !strings.Contains(line, "+82xxxxxxxx78") {
					t.Errorf("%s: no masked number in %q", format, line)
				}
			}
		}
	}
}

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type stringer string

func (s stringer) String() string { return string(s) }

type marshaler string

func (m marshaler) MarshalText() ([]byte, error) { return []byte(m), nil }

// nasty is what a peer may send: sequences that clear the screen or set its
// title, a C1 control, a new line that looks like ours, a wrong byte, an
// override of the writing direction, and text of which tint makes ESC.
var nasty = []string{
	"a\x1b[2J\x1b]0;title\x07b", "\x1b", "\x7f", "a\u009b31mb", "x\nlevel=ERROR msg=forged", "x\r\ny", "tab\ttab", "\xff\xfe",
	"\u202egnp.exe", `\x1b[31m red`, `"\x1b[31m"`, "\u2028line", "back\\slash \x1b",
}

func TestLogLinesAreClean(t *testing.T) {
	for _, colour := range []bool{true, false} {
		withColour(t, colour)
		for _, format := range []string{"tty", "journal", "text"} {
			for _, s := range nasty {
				log, b := newTestLog(t, "debug", format)
				for _, log := range []*slog.Logger{log, log.With("s", s), log.WithGroup("g").With("e", errors.New(s))} {
					for _, v := range []any{
						s, errors.New(s), fmt.Errorf("reading: %w", errors.New(s)), stringer(s), marshaler(s), []string{s, s}, []byte(s),
						struct{ Name string }{s}, map[string]string{s: s}, valuer{slog.StringValue(s)}, slog.GroupValue(slog.String("in", s)), &s,
					} {
						b.Reset()
						log.Error(s, "v", v)
						checkLine(t, format, s, b.String(), colour)
					}
				}
			}
		}
	}
}

func checkLine(t *testing.T, format, s, got string, colour bool) {
	t.Helper()
	line, end := strings.CutSuffix(got, "\n")
	if format == "tty" && colour {
		// What is left of tint's own colours is somebody else's.
		for _, own := range []string{"\x1b[0m", "\x1b[2m", "\x1b[22m", "\x1b[91m", "\x1b[92m", "\x1b[93m"} {
			line = strings.ReplaceAll(line, own, "")
		}
	}
	if !end || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		t.Fatalf("%s with colour %v: %q was logged as %q", format, colour, s, got)
	}
}

func TestJSONLinesAreWhole(t *testing.T) {
	for _, s := range nasty {
		log, b := newTestLog(t, "debug", "json")
		log.Error(s, "v", s, "e", errors.New(s))
		var v map[string]any
		if err := json.Unmarshal(b.Bytes(), &v); err != nil || strings.Count(b.String(), "\n") != 1 || strings.Contains(b.String(), "\x1b") {
			t.Errorf("%q was logged as %q: %v", s, b, err)
		}
	}
}

// A value must not lose its end, with or without colour.
func TestTTYKeepsValues(t *testing.T) {
	for _, colour := range []bool{true, false} {
		withColour(t, colour)
		log, b := newTestLog(t, "info", "tty")
		log.Info("메시지", "a", "before\uFFFDafter", "b", "before\x1bafter", "c", "김상담")
		for _, want := range []string{"메시지", "before?after", "김상담"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("colour %v: %q lacks %q", colour, b, want)
			}
		}
		if strings.Count(b.String(), "before?after") != 2 {
			t.Errorf("colour %v: %q", colour, b)
		}
	}
}

func TestColour(t *testing.T) {
	for _, c := range []struct {
		noColor, term string
		want          bool
	}{{"", "xterm", true}, {"1", "xterm", false}, {"", "dumb", false}} {
		t.Setenv("NO_COLOR", c.noColor)
		t.Setenv("TERM", c.term)
		log, b := newTestLog(t, "info", "tty")
		log.Warn("m", "k", "v")
		if got := strings.Contains(b.String(), "\x1b["); got != c.want {
			t.Errorf("NO_COLOR=%q TERM=%q: %q", c.noColor, c.term, b)
		}
	}
}

func TestLogAuto(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	for stream, want := range map[string]string{
		"":                                     "text",
		"8:12345":                              "text", // another file: inherited from a service
		"garbage":                              "text",
		fmt.Sprintf("%d:%d", st.Dev, st.Ino):   "journal",
		fmt.Sprintf("%d:%d", st.Dev, st.Ino+1): "text",
	} {
		t.Setenv("JOURNAL_STREAM", stream)
		if got := formatFor(f); got != want {
			t.Errorf("JOURNAL_STREAM=%s: %s, want %s", stream, got, want)
		}
		if got := formatFor(&bytes.Buffer{}); got != "text" {
			t.Errorf("a buffer: %s", got)
		}
	}
	t.Setenv("JOURNAL_STREAM", fmt.Sprintf("%d:%d", st.Dev, st.Ino))
	log, err := NewLog(f, "info", "auto")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("m")
	if b, _ := os.ReadFile(f.Name()); string(b) != "<6>level=INFO msg=m\n" {
		t.Errorf("%q", b)
	}
}

// TestSetLog: level and format change for a log and for all that was made of it.
func TestSetLog(t *testing.T) {
	var b bytes.Buffer
	log, err := NewLog(&b, "info", "text")
	if err != nil {
		t.Fatal(err)
	}
	made := log.With("asterisk", "pbx").WithGroup("g").With("a", 1)
	made.Debug("unseen")
	if err := setLog(log, "debug", "json"); err != nil {
		t.Fatal(err)
	}
	made.Debug("seen", "b", 2)
	if got := b.String(); !strings.Contains(got, `"msg":"seen","asterisk":"pbx","g":{"a":1,"b":2}`) || strings.Contains(got, "unseen") {
		t.Error(got)
	}
	if err := setLog(log, "loud", "json"); err == nil {
		t.Error("a level that is none")
	}
	if err := setLog(slog.New(slog.DiscardHandler), "loud", "json"); err != nil {
		t.Error("a log that is not ours:", err)
	}
}
