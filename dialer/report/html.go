package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

//go:embed report.gohtml
var pageText string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"percent": func(part float64) string { return fmt.Sprintf("%.1f", 100*min(max(part, 0), 1)) },
}).Parse(pageText))

// page is a report as a page that needs nothing else, no script among it.
// Pictures only repeat what its tables say.
type page struct {
	Title     string
	Period    string
	Campaigns []campaignPage
	Tables    []tablePage
}

type campaignPage struct {
	Title, Period string
	Tiles         []tile
	Sections      []sectionPage
}

// tile is a figure that is looked at first.
type tile struct{ Name, Value, Of string }

type sectionPage struct {
	Name, Total string
	Parts       bool
	Facts       []factPage
}

type factPage struct {
	Name, Value, Share, Note string
	Part                     float64
}

type tablePage struct {
	Title string
	Chart *columnChart
	Head  []headPage
	Lines [][]cellPage
	Total []cellPage
	Note  string
}

type headPage struct {
	Text   string
	Figure bool
}

type cellPage struct {
	Text, Fraction string
	Head, Figure   bool
	Bar            bool
	Part           float64 // of a bar or of a shade
	Shade          bool
}

func writeHTML(w io.Writer, rows []Row) error {
	return pageTemplate.Execute(w, pageOf(rows))
}

func pageOf(rows []Row) page {
	p := page{Title: "Campaigns"}
	if len(rows) == 0 {
		return p
	}
	one := rows[0].Campaign
	for _, r := range rows {
		if r.Campaign != one {
			one = ""
		}
	}
	if one != "" {
		p.Title = "Campaign " + printable(one)
	}
	by := rows[0].By
	if by == "" {
		for _, r := range rows {
			p.Campaigns = append(p.Campaigns, campaignPageOf(&r, one == ""))
		}
		if one != "" {
			p.Period = period(rows)
		}
		return p
	}
	p.Title += " by " + by
	p.Period = period(rows)
	for _, t := range tables(rows) {
		if one != "" {
			t.dropCampaign()
		}
		p.Tables = append(p.Tables, tablePageOf(&t, by))
	}
	p.Tables[0].Chart = columns(rows)
	return p
}

// period is from the first to the last that rows are about.
func period(rows []Row) string {
	var from, to time.Time
	for _, r := range rows {
		if t, err := time.Parse(time.RFC3339, r.From); err == nil && (from.IsZero() || t.Before(from)) {
			from = t
		}
		if t, err := time.Parse(time.RFC3339, r.To); err == nil && t.After(to) {
			to = t
		}
	}
	var parts []string
	if !from.IsZero() {
		parts = append(parts, "from "+from.Format(time.DateTime))
	}
	if !to.IsZero() {
		parts = append(parts, "to "+to.Format(time.DateTime))
	}
	return strings.Join(parts, " ")
}

func campaignPageOf(r *Row, several bool) campaignPage {
	c := campaignPage{Tiles: tiles(r)}
	if several {
		c.Title, c.Period = "Campaign "+printable(r.Campaign), period([]Row{*r})
	}
	for _, s := range sections(r) {
		sp := sectionPage{Name: s.name, Total: s.total, Parts: s.parts}
		for _, f := range s.facts {
			sp.Facts = append(sp.Facts, factPage{f.name, f.value, f.share, strings.ReplaceAll(f.note, " %", "\u00a0%"), f.part})
		}
		c.Sections = append(c.Sections, sp)
	}
	return c
}

func tiles(r *Row) []tile {
	all := []tile{
		{"attempts", count(r.Attempts.Total), count(r.Contacts["total"]) + " contacts"},
		{"answered", rateText(r.Rates.Answer), share(r.Rates.Answer).fraction() + " attempts"},
		{"connected", rateText(r.Rates.Connect), share(r.Rates.Connect).fraction() + " attempts"},
		{"no agent within 2 s", rateText(r.Rates.Abandon), share(r.Rates.Abandon).fraction() + " answers"},
	}
	shown := all[:1]
	for _, t := range all[1:] {
		if t.Value != "-" {
			shown = append(shown, t)
		}
	}
	return shown
}

func tablePageOf(t *table, by string) tablePage {
	p := tablePage{Title: printable(t.title), Note: t.note}
	for i, h := range t.head {
		p.Head = append(p.Head, headPage{h, t.right[i]})
	}
	most := make([]float64, len(t.head)) // what a bar of the column is measured by
	highest := 0.0
	for _, line := range t.lines {
		for i, c := range line {
			most[i] = max(most[i], c.size)
			if c.rate != nil {
				highest = max(highest, c.rate.Value)
			}
		}
	}
	line := func(cells []cell) (out []cellPage) {
		for i, c := range cells {
			cp := cellPage{Text: printable(c.text), Fraction: c.fraction(), Figure: t.right[i], Head: i < t.names}
			if c.foreign {
				cp.Text = Cell(cp.Text)
			}
			switch {
			case c.size > 0:
				cp.Bar, cp.Part = true, c.size/most[i]
			case by == "yield" && c.rate != nil && c.rate.Value > 0:
				cp.Shade, cp.Part = true, c.rate.Value/highest
			}
			out = append(out, cp)
		}
		return out
	}
	for _, l := range t.lines {
		p.Lines = append(p.Lines, line(l))
	}
	if t.total != nil {
		p.Total = line(t.total)
		for i := range p.Total {
			p.Total[i].Bar, p.Total[i].Shade = false, false
		}
	}
	return p
}
