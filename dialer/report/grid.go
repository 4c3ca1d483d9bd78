package report

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// grid lays out cells in columns: names to the left, figures to the right,
// which text/tabwriter does only for all or none.
type grid struct {
	right []bool // by column
	lines [][]string
}

// add adds a line; without cells it is an empty one. A line of one cell is as
// wide as it likes.
func (g *grid) add(cells ...string) { g.lines = append(g.lines, cells) }

func (g *grid) write(w io.Writer) error {
	var wide []int
	for _, line := range g.lines {
		for i, c := range line {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			if len(line) > 1 {
				wide[i] = max(wide[i], cellWidth(c))
			}
		}
	}
	var b strings.Builder
	for _, line := range g.lines {
		var row strings.Builder
		for i, c := range line {
			if i > 0 {
				row.WriteString("  ")
			}
			pad := strings.Repeat(" ", max(0, wide[i]-cellWidth(c)))
			if i < len(g.right) && g.right[i] {
				row.WriteString(pad + printable(c))
			} else {
				row.WriteString(printable(c) + pad)
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cellWidth is how many columns of a terminal s takes: 이름 takes four.
func cellWidth(s string) (n int) {
	for _, r := range printable(s) {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// printable keeps what peers sent, an agent's name for instance, from steering
// a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
