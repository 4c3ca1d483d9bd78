package contact

import (
	"bufio"
	"io"
	"iter"
	"strings"
)

// DNCEntries reads the entries of a do-not-call file: one a line, a number, or a
// prefix with * behind it; anything behind a comma, semicolon or tab is left
// out. bad is told the lines that are neither. Spreadsheets begin a file with a
// byte order mark and put quotes around a number.
func DNCEntries(r io.Reader, bad func(line int, text string)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		sc := bufio.NewScanner(r)
		for n := 1; sc.Scan(); n++ {
			line := sc.Text()
			if n == 1 {
				line = strings.TrimPrefix(line, "\uFEFF")
			}
			if i := strings.IndexAny(line, ",;\t"); i >= 0 {
				line = line[:i]
			}
			if line = strings.Trim(line, " \r\"'"); line == "" || line[0] == '#' {
				continue
			}
			e, err := ParseDNC(line)
			if err != nil {
				bad(n, line)
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := sc.Err(); err != nil {
			yield("", err)
		}
	}
}

// ParseDNC reads an entry of a do-not-call list. A star at the end makes it a
// prefix: numbers that end with one cannot be barred alone.
func ParseDNC(s string) (string, error) {
	s, prefix := strings.CutSuffix(strings.TrimSpace(s), "*")
	n, err := ParseNumber(s)
	if err != nil {
		return "", err
	}
	if prefix {
		n += "*"
	}
	return n, nil
}
