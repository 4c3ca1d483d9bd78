package contact

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// dncBlock is how many lines of a do-not-call file are spelt at a time.
const dncBlock = 4096

// DNCEntries reads the entries of a do-not-call file: one a line, a number, or a
// prefix with * behind it; anything behind a comma, semicolon or tab is left
// out. Each is yielded as the plans spell it, see ParseDNC. bad is told the lines
// that are neither. Spreadsheets begin a file with a byte order mark and put
// quotes around a number.
func DNCEntries(r io.Reader, plans []Plan, bad func(line int, text string)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var block []dncLine
		flush := func() bool {
			spell(block, plans)
			for _, l := range block {
				if len(l.spellings) == 0 {
					bad(l.n, l.text)
				}
				for _, e := range l.spellings {
					if !yield(e, nil) {
						return false
					}
				}
			}
			block = block[:0]
			return true
		}
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
			if block = append(block, dncLine{n: n, text: line}); len(block) == dncBlock && !flush() {
				return
			}
		}
		if !flush() {
			return
		}
		if err := sc.Err(); err != nil {
			yield("", err)
		}
	}
}

type dncLine struct {
	n         int
	text      string
	spellings []string
}

// spell does what takes time, on every core.
func spell(lines []dncLine, plans []Plan) {
	cores := runtime.GOMAXPROCS(0)
	var parts sync.WaitGroup
	for core := range cores {
		parts.Go(func() {
			for i := core; i < len(lines); i += cores {
				lines[i].spellings, _ = ParseDNC(lines[i].text, plans)
			}
		})
	}
	parts.Wait()
}

// ParseDNC reads an entry of a do-not-call list: a number, or with a star at the
// end a prefix, for numbers that end with one cannot be barred alone. It is
// returned as it stands there and, for every plan, as that plan spells it: it is
// compared with numbers that were normalised, and to bar one too many is the
// lesser evil. The error is that of the first plan if none takes it.
func ParseDNC(s string, plans []Plan) (spellings []string, err error) {
	s, isPrefix := strings.CutSuffix(strings.TrimSpace(s), "*")
	for _, p := range append([]Plan{{}}, plans...) {
		var e string
		var bad error
		if isPrefix {
			e, bad = p.prefix(s)
		} else {
			p.AllowEmergency, p.AllowPremium = true, true
			e, bad = p.Normalise(s)
		}
		switch {
		case bad != nil:
			if err == nil {
				err = bad
			}
		case !slices.Contains(spellings, e):
			spellings = append(spellings, e)
		}
	}
	if len(spellings) > 0 {
		err = nil
	}
	return spellings, err
}

// prefix is what all numbers begin with, once normalised, that are written with
// s in front, and a star.
func (p Plan) prefix(s string) (string, error) {
	if p.Region == "" {
		n, err := ParseNumber(s)
		return n + "*", err
	}
	plain, err := plainNumber(s)
	if err != nil {
		return "", err
	}
	if plain[0] == '+' {
		return plain + "*", nil
	}
	// +82900 for 0900: the trunk prefix is not part of the number abroad.
	plain = strings.TrimPrefix(plain, phonenumbers.GetNddPrefixForRegion(p.Region, true))
	return fmt.Sprintf("+%d%s*", phonenumbers.GetCountryCodeForRegion(p.Region), plain), nil
}
