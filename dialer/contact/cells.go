package contact

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// style is what a cell's format tells about a number in it.
type style struct {
	date, clock bool // it is shown as a date, a time of day
	zeros       int  // it is shown with at least so many digits
	plus        bool // a plus is shown in front
}

// exact says that what is shown is the whole number as it was meant, with its
// leading zeros or its plus.
func (s style) exact() bool { return s.zeros > 1 || s.plus }

// builtin are the formats that are not written out in the file (ECMA-376 part
// 1, 18.8.30).
func builtin(id int) style {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 34 && id <= 36, id >= 50 && id <= 58:
		return style{date: true}
	case id == 22:
		return style{date: true, clock: true}
	case id >= 18 && id <= 21, id == 32, id == 33, id >= 45 && id <= 47:
		return style{clock: true}
	}
	return style{}
}

var (
	formatQuoted  = regexp.MustCompile(`"([^"]*)"`)
	formatEscaped = regexp.MustCompile(`\\(.)|_.|\*.`)
	formatElapsed = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)
	formatBracket = regexp.MustCompile(`\[[^\]]*\]`)
	formatDigits  = regexp.MustCompile(`^[+]?[0# ()/-]*0[0# ()/-]*$`)
)

// styleOf reads a format such as 000-0000-0000 or yyyy/mm/dd. Only the part for
// positive numbers counts.
func styleOf(format string) style {
	format, _, _ = strings.Cut(format, ";")
	literal := formatEscaped.ReplaceAllString(formatQuoted.ReplaceAllString(formatBracket.ReplaceAllString(format, ""), "$1"), "$1")
	if formatDigits.MatchString(literal) {
		return style{zeros: strings.Count(literal, "0"), plus: strings.HasPrefix(literal, "+")}
	}
	codes := strings.ToLower(formatEscaped.ReplaceAllString(formatQuoted.ReplaceAllString(formatBracket.ReplaceAllString(format, ""), ""), ""))
	s := style{clock: strings.ContainsAny(codes, "hs") || formatElapsed.MatchString(format)}
	s.date = strings.ContainsAny(codes, "yd") || strings.Contains(codes, "m") && !s.clock
	return s
}

// styles reads the formats of a workbook's cells, by the number that a cell
// refers to them with.
func (w *workbook) styles() ([]style, error) {
	written := map[string]style{}
	var all []style
	err := w.each(w.targetOf("styles"), func(in string, e xml.StartElement) error {
		switch {
		case e.Name.Local == "numFmt" && in == "numFmts" && len(written) < maxStyles:
			written[attr(e, "numFmtId")] = styleOf(attr(e, "formatCode"))
		case e.Name.Local == "xf" && in == "cellXfs" && len(all) < maxStyles:
			id := attr(e, "numFmtId")
			s, ok := written[id]
			if !ok {
				if n, err := strconv.Atoi(id); err == nil {
					s = builtin(n)
				}
			}
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

var numeric = regexp.MustCompile(`^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?$`)

// maxExact is how many digits a spreadsheet keeps of a number.
const maxExact = 15

// wholeNumber returns the digits of a cell's number, if it is a whole one and
// all of them are there; lost says why not.
func wholeNumber(v string) (digits, lost string) {
	m := numeric.FindStringSubmatch(v)
	switch {
	case m == nil:
		return "", "not a number that a workbook can hold"
	case m[1] != "":
		return "", "a negative number"
	}
	exp := 0
	if m[4] != "" {
		exp, _ = strconv.Atoi(m[4]) // three digits at most
	}
	all := m[2] + m[3]
	point := len(m[2]) + exp
	switch {
	case point > len(all):
		return "", "a numeric cell with " + v + " in it, whose last digits are lost: enter the number again, in a column formatted as text"
	case point < 0 || strings.Trim(all[point:], "0") != "":
		return "", "a number with a fraction"
	}
	digits = strings.TrimLeft(all[:point], "0")
	switch {
	case digits == "":
		digits = "0"
	case len(digits) > maxExact:
		return "", "a numeric cell of more than 15 digits, whose last ones are lost: enter the number again, in a column formatted as text"
	}
	return digits, ""
}

// shown is what a numeric cell shows, as far as that is told by its format.
func shown(v string, s style, epoch int) (text, lost string, digits bool) {
	if s.date || s.clock {
		if t, ok := dateOf(v, s, epoch); ok {
			return t, "a date", false
		}
	}
	whole, lost := wholeNumber(v)
	if lost != "" {
		return v, lost, false
	}
	if !s.exact() {
		return whole, "", true
	}
	whole = strings.Repeat("0", max(0, s.zeros-len(whole))) + whole
	if s.plus {
		whole = "+" + whole
	}
	return whole, "", false
}

// dateOf reads days since the last day of 1899, or the first of 1904.
func dateOf(v string, s style, epoch int) (string, bool) {
	const lastDay = 2_958_465 // 9999-12-31
	days, err := strconv.ParseFloat(v, 64)
	if err != nil || days < 0 || days > lastDay {
		return "", false
	}
	day, rest := math.Modf(days)
	start := time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	if epoch == 1900 {
		start = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
		if day < 60 { // Excel has a 29 February 1900
			start = start.AddDate(0, 0, 1)
		}
	}
	t := start.AddDate(0, 0, int(day)).Add(time.Duration(math.Round(rest*86400)) * time.Second)
	switch {
	case s.date && s.clock:
		return t.Format(time.DateTime), true
	case s.date:
		return t.Format(time.DateOnly), true
	}
	return t.Format(time.TimeOnly), true
}
