package dialer

import (
	"bytes"
	"context"
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"unicode"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// NewLog returns the daemon's log on w. format is auto, tty, journal, text or
// json; auto is tty on a terminal, journal where systemd reads w, else text.
//
// Telephone numbers are masked above debug level, wherever in a line they are,
// and control characters of what peers sent never reach a terminal.
//
// Level and format can change while it is in use: see setLog.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	h, err := newHandler(w, level, format)
	if err != nil {
		return nil, err
	}
	s := &logSwitch{w: w}
	s.now.Store(&h)
	return slog.New(&switched{to: s}), nil
}

func newHandler(w io.Writer, level, format string) (slog.Handler, error) {
	var lv slog.Level
	if err := lv.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is not debug, info, warn or error", level)
	}
	if format == "auto" {
		format = formatFor(w)
	}
	replace := func(_ []string, a slog.Attr) slog.Attr {
		if lv > slog.LevelDebug {
			return maskAttr(a)
		}
		return a
	}
	var h slog.Handler
	switch format {
	case "tty":
		h = newTTYHandler(w, lv, replace)
	case "journal":
		h = newJournalHandler(w, lv, replace)
	case "text":
		h = slog.NewTextHandler(noDelete{w}, &slog.HandlerOptions{Level: lv, ReplaceAttr: replace})
	case "json":
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: lv, ReplaceAttr: replace})
	default:
		return nil, fmt.Errorf("log.format: %q is not auto, tty, journal, text or json", format)
	}
	return h, nil
}

// logSwitch is where the lines of a log and of all that were made from it go.
type logSwitch struct {
	w   io.Writer
	now atomic.Pointer[slog.Handler]
}

// switched is a handler that follows a logSwitch: with is what the log it
// belongs to adds.
type switched struct {
	to   *logSwitch
	with []func(slog.Handler) slog.Handler
}

func (s *switched) Enabled(ctx context.Context, l slog.Level) bool {
	return (*s.to.now.Load()).Enabled(ctx, l)
}

func (s *switched) Handle(ctx context.Context, r slog.Record) error {
	h := *s.to.now.Load()
	for _, add := range s.with {
		h = add(h)
	}
	return h.Handle(ctx, r)
}

func (s *switched) add(f func(slog.Handler) slog.Handler) slog.Handler {
	return &switched{s.to, append(slices.Clip(s.with), f)}
}

func (s *switched) WithAttrs(attrs []slog.Attr) slog.Handler {
	return s.add(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

func (s *switched) WithGroup(name string) slog.Handler {
	return s.add(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

// setLog changes the level and format of a log that NewLog made; any other stays
// as it is.
func setLog(log *slog.Logger, level, format string) error {
	s, ok := log.Handler().(*switched)
	if !ok {
		return nil
	}
	h, err := newHandler(s.to.w, level, format)
	if err != nil {
		return err
	}
	s.to.now.Store(&h)
	return nil
}

func formatFor(w io.Writer) string {
	f, ok := w.(*os.File)
	switch {
	case ok && term.IsTerminal(int(f.Fd())):
		return "tty"
	case ok && journalReads(f):
		return "journal"
	}
	return "text"
}

// journalReads compares f with the stream that systemd says the journal reads:
// the variable alone is inherited by whatever a service starts, with its
// standard error elsewhere (systemd.exec(5), JOURNAL_STREAM).
func journalReads(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

type replaceFunc func(groups []string, a slog.Attr) slog.Attr

// newTTYHandler writes for eyes. tint passes ESC on in whatever it is given,
// and even makes one of the four characters \x1b, so nothing gets there that is
// not clean.
func newTTYHandler(w io.Writer, lv slog.Level, replace replaceFunc) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{
		Level: lv, TimeFormat: "15:04:05.000",
		NoColor: os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb",
		ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
			a = replace(g, a)
			switch a.Value.Kind() {
			case slog.KindString:
				a.Value = slog.StringValue(printable(a.Value.String()))
			case slog.KindAny:
				if _, isLevel := a.Value.Any().(slog.Level); !isLevel {
					a.Value = slog.StringValue(printable(textOf(a.Value)))
				}
			}
			return a
		},
	})
}

// textOf is a value as text and tty show it.
func textOf(v slog.Value) string {
	if m, ok := v.Any().(encoding.TextMarshaler); ok {
		if b, err := m.MarshalText(); err == nil {
			return string(b)
		}
	}
	return v.String()
}

// printable replaces what would steer a terminal. It does not use U+FFFD for
// that: without colour tint ends a value there.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, s)
	return strings.ReplaceAll(s, `\x1b`, `?x1b`)
}

// newJournalHandler writes what journald reads from a stream: a priority in
// front, and no time, which the journal has itself.
func newJournalHandler(w io.Writer, lv slog.Level, replace replaceFunc) slog.Handler {
	return slog.NewTextHandler(priority{noDelete{w}}, &slog.HandlerOptions{Level: lv, ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if len(g) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return replace(g, a)
	}})
}

// priority puts syslog's number of the level in front of a line that begins
// with level=.
type priority struct{ w io.Writer }

func (p priority) Write(b []byte) (int, error) {
	prefix := "<6>"
	for name, n := range map[string]string{"level=DEBUG": "<7>", "level=WARN": "<4>", "level=ERROR": "<3>"} {
		if bytes.HasPrefix(b, []byte(name)) {
			prefix = n
		}
	}
	if _, err := p.w.Write(append([]byte(prefix), b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// noDelete replaces DEL, the one control character that slog's text does not
// quote.
type noDelete struct{ w io.Writer }

func (n noDelete) Write(b []byte) (int, error) {
	return n.w.Write(bytes.ReplaceAll(b, []byte{0x7f}, []byte("?")))
}
