package contact

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxNumber is how many characters a number may have once its separators are
// gone. E.164 allows 15 digits; the rest is room for prefixes and feature codes.
const MaxNumber = 32

// ParseNumber returns s as it is dialed: digits, '*', '#' and at most one '+',
// which comes first. No country is assumed, so leading zeros and the plus stay.
//
// Spaces, dots, dashes, parentheses and slashes only help people read and are
// dropped. Everything else is refused, because the result becomes part of a
// channel name (Local/<number>@<context>) and must not be able to end it. The
// error quotes the character refused, never the number, so it may be logged.
//
// ParseNumber(ParseNumber(s)) is ParseNumber(s).
func ParseNumber(s string) (string, error) {
	var b strings.Builder
	digits := 0
	for i, r := range s {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case r == '*' || r == '#':
		case r == '+':
			if b.Len() > 0 {
				return "", errors.New("'+' is allowed only in front")
			}
		case r == ' ' || r == '.' || r == '-' || r == '(' || r == ')' || r == '/':
			continue
		default:
			return "", fmt.Errorf("character %s is not allowed in a number", quoteAt(s, i))
		}
		if b.Len() == MaxNumber {
			return "", fmt.Errorf("longer than %d characters", MaxNumber)
		}
		b.WriteByte(byte(r))
	}
	if b.Len() == 0 {
		return "", errors.New("empty")
	}
	if digits == 0 {
		return "", errors.New("no digit in it")
	}
	return b.String(), nil
}

var exponent = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]{1,2}$`)

// shortened tells 8.21012E+11, which is how a spreadsheet shows a long number.
func shortened(s string) bool { return exponent.MatchString(strings.TrimSpace(s)) }

// quoteAt quotes the character of s at byte i, or the byte itself where s is
// not UTF-8 there.
func quoteAt(s string, i int) string {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("%q", s[i:i+1])
	}
	return fmt.Sprintf("%q", r)
}

// Mask hides a number for logs: all digits but the first two and the last two
// become 'x'; of a number of four digits or fewer, every one. It is safe on
// what never was a number: any other character becomes '?'.
func Mask(number string) string {
	total := 0
	for _, r := range number {
		if '0' <= r && r <= '9' {
			total++
		}
	}
	var b strings.Builder
	seen := 0
	for _, r := range number {
		switch {
		case '0' <= r && r <= '9':
			seen++
			if total > 4 && (seen <= 2 || seen > total-2) {
				b.WriteRune(r)
			} else {
				b.WriteByte('x')
			}
		case r == '+' || r == '*' || r == '#':
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
