package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

func writeTable(w io.Writer, rows []Row) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing to report yet: no contacts, and no attempts in that time")
		return err
	}
	var grids []*grid
	if rows[0].By != "" {
		for _, t := range tables(rows) {
			grids = append(grids, t.grid())
		}
	} else {
		for _, r := range rows {
			grids = append(grids, campaignGrid(&r))
		}
	}
	for i, g := range grids {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := g.write(w); err != nil {
			return err
		}
	}
	return nil
}

// grid is t as text.
func (t *table) grid() *grid {
	g := &grid{right: t.right}
	if t.title != "" {
		g.add(t.title)
		g.add()
	}
	g.add(t.head...)
	for _, line := range append(slices.Clip(t.lines), t.total) {
		if line == nil {
			continue
		}
		var cells []string
		for _, c := range line {
			text := c.text
			if f := c.fraction(); f != "" {
				text = fmt.Sprintf("%s %7s", f, text)
			}
			cells = append(cells, text)
		}
		g.add(cells...)
	}
	if t.note != "" {
		g.add()
		g.add(t.note)
	}
	return g
}

func campaignGrid(r *Row) *grid {
	g := &grid{right: []bool{false, true, true, false}}
	g.add(title(r))
	for _, s := range sections(r) {
		g.add()
		if s.total == "" {
			g.add(s.name)
		} else {
			g.add(s.name, s.total)
		}
		for _, f := range s.facts {
			cells := []string{"  " + f.name, f.value, f.share}
			if f.note != "" {
				cells = append(cells, f.note)
			}
			g.add(cells...)
		}
	}
	return g
}

// timeText is a time of a row in another layout.
func timeText(s, layout string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Format(layout)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

func rateText(r Rate) string {
	if r.Den == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*r.Value)
}

// duration gives seconds as 1h02m03s, short times as 2m03s or 3s.
func duration(seconds float64) string {
	s := int64(time.Duration(seconds*float64(time.Second)).Round(time.Second) / time.Second)
	switch {
	case s < 0:
		return fmt.Sprintf("%ds", s)
	case s >= 3600:
		return fmt.Sprintf("%dh%02dm%02ds", s/3600, s/60%60, s%60)
	case s >= 60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%ds", s)
}
