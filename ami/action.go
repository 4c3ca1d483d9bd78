package ami

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Limits of Asterisk on what it reads (manager.c: a line buffer of 1025 bytes,
// AST_MAX_MANHEADERS 128; ActionID is copied to a buffer of 128).
const (
	MaxLineBytes     = 1022 // a line, its CR LF included
	MaxActionHeaders = 128  // headers of an action, Action and ActionID included
	MaxActionID      = 100
)

// Header is one line of an Action. It prints without its value if that is a
// secret: see Secret.
type Header struct{ Key, Value string }

// Secret reports whether the value must not be seen: those of the headers Secret,
// Key and Password are, in whatever case.
func (h Header) Secret() bool {
	return strings.EqualFold(h.Key, "Secret") || strings.EqualFold(h.Key, "Key") || strings.EqualFold(h.Key, "Password")
}

// String is the line, quoted where it is needed, with ••• for a secret. So are
// GoString, LogValue and MarshalText.
func (h Header) String() string {
	if h.Secret() {
		return printable(h.Key) + ": •••"
	}
	return printable(h.Key) + ": " + printable(h.Value)
}

// GoString is String.
func (h Header) GoString() string { return strconv.Quote(h.String()) }

// LogValue is String.
func (h Header) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText is String.
func (h Header) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Action is a request, typed or not. ID may be left empty: the connection then
// gives a globally unique one. It prints without secrets: see Header.
type Action struct {
	Name    string
	ID      string
	Headers []Header
}

// Add appends a header. Headers with the same key are all sent.
func (a *Action) Add(key, value string) { a.Headers = append(a.Headers, Header{key, value}) }

// AddOpt appends a header unless its value is empty.
func (a *Action) AddOpt(key, value string) {
	if value != "" {
		a.Add(key, value)
	}
}

// addTruth appends a header that says true or false.
func (a *Action) addTruth(key string, v bool) { a.Add(key, strconv.FormatBool(v)) }

// addInt appends a number.
func (a *Action) addInt(key string, n int) { a.Add(key, strconv.Itoa(n)) }

// String is the name and the headers, without secrets. So are GoString, LogValue
// and MarshalText.
func (a Action) String() string {
	var b strings.Builder
	b.WriteString("Action: " + printable(a.Name))
	if a.ID != "" {
		b.WriteString(", ActionID: " + printable(a.ID))
	}
	for _, h := range a.Headers {
		b.WriteString(", " + h.String())
	}
	return b.String()
}

// GoString is String.
func (a Action) GoString() string { return strconv.Quote(a.String()) }

// LogValue is String.
func (a Action) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText is String.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Append appends the frame to dst, or returns an *InvalidError: CR, LF and NUL
// could smuggle in other headers or actions and are refused, as is whatever
// Asterisk would cut off silently.
func (a *Action) Append(dst []byte) ([]byte, error) {
	if n := len(a.Headers) + 2; n > MaxActionHeaders {
		return dst, &InvalidError{a.Name, "", fmt.Sprintf("%d headers, Asterisk reads %d", n, MaxActionHeaders)}
	}
	if len(a.ID) > MaxActionID {
		return dst, &InvalidError{a.Name, "ActionID", fmt.Sprintf("%d bytes long, at most %d are safe", len(a.ID), MaxActionID)}
	}
	if a.Name == "" {
		return dst, &InvalidError{a.Name, "Action", "no name"}
	}
	begin := len(dst)
	for i := -2; i < len(a.Headers); i++ {
		var h Header
		switch i {
		case -2:
			h = Header{"Action", a.Name}
		case -1:
			if a.ID == "" {
				continue
			}
			h = Header{"ActionID", a.ID}
		default:
			h = a.Headers[i]
		}
		if err := h.check(a.Name); err != nil {
			return dst[:begin], err
		}
		dst = append(dst, h.Key...)
		dst = append(dst, ": "...)
		dst = append(dst, h.Value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...), nil
}

func (h Header) check(action string) error {
	if h.Key == "" || strings.ContainsAny(h.Key, "\r\n\x00:") {
		return &InvalidError{action, h.Key, "a key needs at least one character and no CR, LF, NUL or colon"}
	}
	if i := strings.IndexAny(h.Value, "\r\n\x00"); i >= 0 {
		return &InvalidError{action, h.Key, fmt.Sprintf("%q at byte %d of the value: CR, LF and NUL cannot be sent", h.Value[i], i)}
	}
	if n := len(h.Key) + len(h.Value) + 4; n > MaxLineBytes {
		return &InvalidError{action, h.Key, fmt.Sprintf("a line of %d bytes, Asterisk reads %d", n, MaxLineBytes)}
	}
	return nil
}

// EscapeVariable writes NAME=value for a Variable header: Asterisk splits the
// header on commas and removes quotes and backslashes, so these are escaped.
func EscapeVariable(name, value string) string {
	return name + "=" + variableEscaper.Replace(value)
}

var variableEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`)
