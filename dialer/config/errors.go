package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error is one thing wrong with a config file.
type Error struct {
	File    string
	Line    int    // 0 if unknown
	Key     string // such as campaigns[0].queue; empty if it is about the file itself
	Name    string // of the asterisk or campaign the key is in, when it has one
	Problem string // what is wrong, with the value read; never a secret
	Hint    string // what would be right; may be empty
	Err     error  // the cause where there is one; Problem already says it

	column int
}

// Error is one line: file:line: key (name): problem.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(printable(e.File))
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + printable(e.Key))
		if e.Name != "" {
			fmt.Fprintf(&b, " (%s)", printable(e.Name))
		}
	}
	b.WriteString(": " + e.Problem)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errors is everything wrong with a config file, in the order of its lines.
// Load returns no other type of error.
type Errors []*Error

// Error is one line an error, without the hints.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Text is what an operator is shown: for each error a line "error: …" and,
// where something can be suggested, a line "hint: …".
func (e Errors) Text() string {
	var b strings.Builder
	for _, err := range e {
		fmt.Fprintf(&b, "error: %v\n", err)
		if err.Hint != "" {
			fmt.Fprintf(&b, "hint: %s\n", err.Hint)
		}
	}
	return b.String()
}

func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// sorted orders errors by place; those at one place stay as they were found.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.column, b.column))
	})
	return e
}

// quote shows a value in an error: quoted, so that nothing in it reaches a
// terminal, and cut.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return fmt.Sprintf("%q…", s[:cut])
	}
	return fmt.Sprintf("%q", s)
}

// printable shows a file or key unquoted unless that would be unsafe.
func printable(s string) string {
	if q := fmt.Sprintf("%q", s); q != `"`+s+`"` || len(s) > 200 {
		return quote(s)
	}
	return s
}
