package dialer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// NewLog returns the daemon's log on w. format is auto, tty, journal, text or
// json; auto is tty on a terminal, journal where systemd reads w, else text.
//
// Telephone numbers (the attribute "number") are masked above debug level, and
// control characters of what peers sent never reach a terminal.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var lv slog.Level
	if err := lv.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is not debug, info, warn or error", level)
	}
	f, isFile := w.(*os.File)
	if format == "auto" {
		switch {
		case isFile && term.IsTerminal(int(f.Fd())):
			format = "tty"
		case os.Getenv("JOURNAL_STREAM") != "":
			format = "journal"
		default:
			format = "text"
		}
	}
	replace := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "number" && lv > slog.LevelDebug {
			return slog.String(a.Key, contact.Mask(a.Value.String()))
		}
		return a
	}
	var h slog.Handler
	switch format {
	case "tty":
		h = clean{tint.NewHandler(w, &tint.Options{
			Level: lv, TimeFormat: "15:04:05.000", NoColor: os.Getenv("NO_COLOR") != "",
			ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
				a = replace(g, a)
				switch v := a.Value.Any().(type) {
				case string:
					a.Value = slog.StringValue(printable(v))
				case error:
					a.Value = slog.StringValue(printable(v.Error()))
				}
				return a
			},
		})}
	case "journal":
		h = newJournalHandler(w, lv, replace)
	case "text":
		h = slog.NewTextHandler(w, &slog.HandlerOptions{Level: lv, ReplaceAttr: replace})
	case "json":
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: lv, ReplaceAttr: replace})
	default:
		return nil, fmt.Errorf("log.format: %q is not auto, tty, journal, text or json", format)
	}
	return slog.New(h), nil
}

// clean keeps control characters out of messages, which tint writes as they are.
type clean struct{ slog.Handler }

func (c clean) Handle(ctx context.Context, r slog.Record) error {
	r.Message = printable(r.Message)
	return c.Handler.Handle(ctx, r)
}

func (c clean) WithAttrs(as []slog.Attr) slog.Handler { return clean{c.Handler.WithAttrs(as)} }
func (c clean) WithGroup(name string) slog.Handler    { return clean{c.Handler.WithGroup(name)} }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// newJournalHandler writes what journald reads from a stream: a priority in
// front, and no time, which the journal has itself.
func newJournalHandler(w io.Writer, lv slog.Level, replace func([]string, slog.Attr) slog.Attr) slog.Handler {
	return slog.NewTextHandler(priority{w}, &slog.HandlerOptions{Level: lv, ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
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
		if strings.HasPrefix(string(b), name) {
			prefix = n
		}
	}
	if _, err := p.w.Write(append([]byte(prefix), b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}
