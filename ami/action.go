package ami

import (
	"fmt"
	"strings"
)

// Limits of Asterisk on what it reads (manager.c: a line buffer of 1025 bytes,
// AST_MAX_MANHEADERS 128; ActionID is copied to a buffer of 128).
const (
	MaxLineBytes     = 1022 // a line, its CR LF included
	MaxActionHeaders = 128  // headers of an action, Action and ActionID included
	MaxActionID      = 100
)

// Header is one line of an Action.
type Header struct{ Key, Value string }

// Action is a request, typed or not. ID may be left empty: the connection then
// gives a globally unique one.
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
