package dialer

import (
	"log/slog"
	"regexp"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// ours are the attributes that hold what the configuration or the daemon itself
// has named, such as a list called after a date. In all others, and in the text
// of a line, whatever may be a telephone number is masked.
var ours = map[string]bool{
	slog.TimeKey: true, slog.LevelKey: true, "asterisk": true, "attempt": true, "campaign": true, "list": true, "dnc": true,
	"path": true, "see": true, "store": true, "control": true, "queue": true, "trunk": true, "protocol": true,
}

// maskAttr hides telephone numbers in what is not only for whoever asked for
// debug lines.
func maskAttr(a slog.Attr) slog.Attr {
	switch {
	case a.Key == "number":
		return slog.String(a.Key, contact.Mask(a.Value.String()))
	case ours[a.Key]:
	case a.Value.Kind() == slog.KindString:
		a.Value = slog.StringValue(maskText(a.Value.String()))
	case a.Value.Kind() == slog.KindAny:
		// As text, whatever it is: what a format would make of it may hold more.
		a.Value = slog.StringValue(maskText(textOf(a.Value)))
	}
	return a
}

// numberLike finds what may be a telephone number, and before that what looks like
// one and is none: whatever comes first of these is taken.
//
//  1. a channel's name, whose end tells which channel it is
//  2. what a Local channel dials, however short
//  3. a date, with its time
//  4. an IPv4 address
//  5. digits, with what people put between them
var numberLike = regexp.MustCompile(`(?:Local|PJSIP|SIP|IAX2|DAHDI)/[^\s"',=<>]*-[0-9a-f]{8}(?:;[12])?\b` +
	`|Local/[^\s"',=<>@]*` +
	`|\b(?:19|20)\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])\b(?:[ T]\d\d:\d\d(?::\d\d)?)?` +
	`|\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b` +
	`|[+*#(]?\d(?:[\d().*#/ -]*\d)?`)

var zeroInFront = regexp.MustCompile(`(?:^|\.)0\d`)

const (
	// numberDigits is how many digits on end are masked: fewer are an extension, a
	// port or a count.
	numberDigits = 6
	// spreadDigits is how many are with something between them.
	spreadDigits = 7
)

// maskText hides what may be telephone numbers in text that peers, files or people
// wrote. It hides a count of six digits too, rather than show a number.
func maskText(s string) string {
	return numberLike.ReplaceAllStringFunc(s, func(m string) string {
		switch {
		case strings.HasPrefix(m, "Local/"):
			end := len(m)
			if i := strings.IndexByte(m, '@'); i >= 0 {
				end = i
			} else if i := strings.LastIndexByte(m, '-'); i >= 0 {
				end = i
			}
			return maskDigits(m[:end], 1) + m[end:]
		case strings.Contains(m, "/") && m[0] >= 'A': // another channel
			i := strings.LastIndexByte(m, '-')
			return maskDigits(m[:i], numberDigits) + m[i:]
		case len(m) >= 10 && m[4] == '-' && m[7] == '-' && (len(m) == 10 || m[10] == ' ' || m[10] == 'T') && !strings.HasPrefix(m, "+"):
			return m
		case strings.Count(m, ".") == 3 && !strings.ContainsAny(m, "()*#/ -+") && !zeroInFront.MatchString(m) && digits(m) <= 12:
			return m
		}
		least := spreadDigits
		if !strings.ContainsAny(m, "()./ -") {
			least = numberDigits
		}
		if digits(m) < least {
			return maskDigits(m, numberDigits) // one of its parts may be
		}
		return maskDigits(m, 1)
	})
}

func digits(s string) (n int) {
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			n++
		}
	}
	return n
}

// maskDigits hides all digits of s but the first two and the last two, if they are
// least or more; of four or fewer, every one.
func maskDigits(s string, least int) string {
	total := digits(s)
	if total < least {
		return s
	}
	b, seen := []byte(s), 0
	for i, c := range b {
		if '0' <= c && c <= '9' {
			if seen++; total <= 4 || seen > 2 && seen <= total-2 {
				b[i] = 'x'
			}
		}
	}
	return string(b)
}
