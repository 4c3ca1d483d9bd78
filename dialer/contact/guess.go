package contact

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCandidates is how many encodings an error names.
const maxCandidates = 6

// candidates are the encodings that a list without one may be in. fits tells a
// character that text in that encoding is made of; of equals the earlier one is
// named first.
var candidates = []struct {
	name string
	fits func(rune) bool
}{
	{"euc-kr", commonHangul},
	{"shift_jis", japanese},
	{"gb18030", han},
	{"euc-jp", japanese},
	{"big5", han},
	{"windows-1252", latin},
	{"windows-1250", latin},
	{"windows-1254", latin},
	{"windows-1251", func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }},
	{"koi8-r", func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }},
	{"windows-1253", func(r rune) bool { return unicode.Is(unicode.Greek, r) }},
	{"windows-1255", func(r rune) bool { return unicode.Is(unicode.Hebrew, r) }},
	{"windows-1256", func(r rune) bool { return unicode.Is(unicode.Arabic, r) }},
	{"windows-1258", latin},
}

func han(r rune) bool   { return unicode.Is(unicode.Han, r) }
func latin(r rune) bool { return unicode.Is(unicode.Latin, r) }

func japanese(r rune) bool {
	// Half-width katakana are what Korean and Chinese look like when read as
	// Japanese; hardly anybody writes them.
	return r >= 0x3040 && r <= 0x30ff || unicode.Is(unicode.Han, r) || r >= 0xff01 && r <= 0xff5e
}

// commonHangul are the 2,350 syllables of KS X 1001. The rest of CP949 is what
// Japanese looks like when read as Korean.
func commonHangul(r rune) bool {
	if r < 0xac00 || r > 0xd7a3 {
		return false
	}
	e, _, err := lookupEncoding("euc-kr")
	if err != nil {
		return false
	}
	b, err := e.NewEncoder().Bytes([]byte(string(r)))
	return err == nil && len(b) == 2 && b[0] >= 0xa1 && b[1] >= 0xa1
}

// notUTF8 is the error for a line that is not UTF-8 in a list whose encoding
// nobody told. Which one it is people see at once and programs only guess, so
// they are shown the line in each that it may be in. The line holds a person's
// number, so it stands in the hint, which is not logged.
func notUTF8(number int, line []byte) error {
	type reading struct {
		name, preview string
		share         float64
	}
	var all []reading
	for _, c := range candidates {
		e, canonical, err := lookupEncoding(c.name)
		if err != nil {
			continue
		}
		text, err := e.NewDecoder().String(string(line))
		if err != nil || undecodable([]byte(text)) > 0 {
			continue
		}
		if s := share(text, c.fits); s > 0 {
			all = append(all, reading{canonical, preview(text), s})
		}
	}
	slices.SortStableFunc(all, func(a, b reading) int {
		switch {
		case a.share > b.share:
			return -1
		case a.share < b.share:
			return 1
		}
		return 0
	})
	all = slices.DeleteFunc(all, func(r reading) bool { return r.share < all[0].share*0.6 })
	// What reads the same needs no second look.
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(r reading) bool {
		twice := seen[r.preview]
		seen[r.preview] = true
		return twice
	})
	all = all[:min(len(all), maxCandidates)]

	err := &ListError{Line: number, Reason: "not UTF-8, and the list's encoding is not given", Hint: "set the list's encoding"}
	if len(all) == 0 {
		return err
	}
	var names []string
	var hint strings.Builder
	hint.WriteString("set the list's encoding to the one in which this line reads right:")
	for _, r := range all {
		names = append(names, r.name)
		fmt.Fprintf(&hint, "\n    encoding: %-14s %s", r.name, r.preview)
	}
	hint.WriteString("\n    encoding: utf-8          to have such lines rejected and the others read")
	err.Reason += "; it may be " + strings.Join(names, ", ")
	err.Hint = hint.String()
	return err
}

// share is how much of what is not ASCII fits; 0 if there is anything that no
// text holds.
func share(text string, fits func(rune) bool) float64 {
	good, total := 0, 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
		case unicode.IsControl(r), unicode.Is(unicode.Co, r):
			return 0
		default:
			total++
		}
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		good += fitting(word, fits)
	}
	if total == 0 {
		return 0
	}
	return float64(good) / float64(total)
}

// fitting counts the letters of a word that fit and are not ASCII. The words of
// Latin scripts have ASCII letters among them, those of others have none; and
// no word goes from small letters to capitals.
func fitting(word string, fits func(rune) bool) (n int) {
	ascii, small, latins := false, false, 0
	for _, r := range word {
		if small && unicode.IsUpper(r) {
			return 0
		}
		small = unicode.IsLower(r)
		switch {
		case r < utf8.RuneSelf:
			ascii = true
		case fits(r):
			n++
			if latin(r) {
				latins++
			}
		}
	}
	if ascii != (latins > 0) {
		return 0
	}
	return n
}

// preview is the part of a line around its first character that is not ASCII,
// with nothing in it that a terminal would obey.
func preview(text string) string {
	const before, most = 24, 56
	runes := []rune(text)
	first := slices.IndexFunc(runes, func(r rune) bool { return r >= utf8.RuneSelf })
	from := max(0, first-before)
	to := min(len(runes), from+most)
	q := fmt.Sprintf("%q", string(runes[from:to]))
	s := strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
	if from > 0 {
		s = "…" + s
	}
	if to < len(runes) {
		s += "…"
	}
	return s
}
