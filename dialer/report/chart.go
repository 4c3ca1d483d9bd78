package report

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// columnChart is a picture of attempts over time, or by their number: a column
// each, of what became of them. Positions to the side are per cents of the
// width, so that letters keep their size on a phone; heights are pixels.
type columnChart struct {
	Height  int // of the plot; the labels are below
	Lines   []chartLine
	Columns []chartColumn
	Labels  []chartLabel
	Legend  []legendEntry
	Note    string
}

type chartLine struct {
	Y    float64
	Text string
}

type chartColumn struct {
	X, Width float64
	Parts    []chartPart
	Title    string
}

type chartPart struct {
	Class     string
	Y, Height float64
}

type chartLabel struct {
	X    float64
	Text string
}

type legendEntry struct{ Class, Name string }

const (
	plotHeight = 180
	mostBars   = 96 // as many as a phone can show; more are drawn together
	fewestBars = 8  // or few would be as broad as tall
)

var series = []legendEntry{
	{"connected", "connected"}, {"lost", "abandoned or dropped"}, {"machine", "machine"}, {"other", "not answered"},
}

// columns are those of rows by interval, hour or attempt; nil of others. The
// attempts of several campaigns at a time are drawn together.
func columns(rows []Row) *columnChart {
	switch rows[0].By {
	case "interval", "hour", "attempt":
	default:
		return nil
	}
	bars, each := barsOf(rows)
	c := &columnChart{Height: plotHeight, Legend: series}
	if each != "" {
		c.Note = "Each column is of " + each + "."
	}
	most := 0.0
	for _, b := range bars {
		most = max(most, b.total())
	}
	top := niceTop(most)
	for _, f := range []float64{0, 0.5, 1} {
		c.Lines = append(c.Lines, chartLine{plotHeight * (1 - f), number(top * f)})
	}
	slot := 100 / float64(max(len(bars), fewestBars))
	for i, b := range bars {
		col := chartColumn{X: (float64(i) + 0.1) * slot, Width: 0.8 * slot, Title: b.text()}
		y := float64(plotHeight)
		for k, n := range b.parts {
			if n > 0 {
				h := plotHeight * n / top
				y -= h
				col.Parts = append(col.Parts, chartPart{series[k].Class, y, h})
			}
		}
		c.Columns = append(c.Columns, col)
	}
	c.Labels = labels(bars, slot)
	return c
}

// bar is what became of some attempts, as series has it.
type bar struct {
	at    time.Time // of an interval
	name  string
	parts [4]float64
}

func (b *bar) total() (n float64) {
	for _, p := range b.parts {
		n += p
	}
	return n
}

func (b *bar) text() string {
	s := fmt.Sprintf("%s: %s attempts", b.name, number(b.total()))
	for k, n := range b.parts {
		if n > 0 {
			s += fmt.Sprintf(", %s %s", number(n), series[k].Name)
		}
	}
	return s
}

// barsOf puts rows into bars, those of one time or attempt together. Each bar
// then is of as long a time, also one in which nothing happened. each is what a
// bar is of where rows had to share one.
func barsOf(rows []Row) (bars []bar, each string) {
	places, step := placesOf(rows)
	slots := 1 + slices.Max(places)
	share := (slots + mostBars - 1) / mostBars
	bars = make([]bar, (slots+share-1)/share)
	start, _ := time.Parse(time.RFC3339, rows[slices.Index(places, 0)].Key)
	for i := range bars {
		bars[i].name = fmt.Sprint("attempt ", i*share+1)
		if !start.IsZero() {
			bars[i].at = start.Add(time.Duration(i*share) * step)
			bars[i].name = bars[i].at.Format("2006-01-02 15:04")
		}
	}
	for i, r := range rows {
		b, by := &bars[places[i]/share], r.Attempts.ByOutcome
		live, lost, machine := by["connected"], by["abandoned"]+by["dropped"], by["machine"]
		for k, n := range []int64{live, lost, machine, r.Attempts.Total - live - lost - machine} {
			b.parts[k] += float64(n)
		}
	}
	switch {
	case share == 1:
	case start.IsZero():
		each = fmt.Sprint(share, " attempts")
	default:
		each = spanText(time.Duration(share) * step)
	}
	return bars, each
}

func spanText(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d min", d/time.Minute)
}

// placesOf is where each row is drawn, the first at 0: attempts in their order,
// and intervals by their time, steps apart.
func placesOf(rows []Row) (places []int, step time.Duration) {
	places = make([]int, len(rows))
	if rows[0].By == "attempt" {
		least := atoi(rows[0].Key)
		for i, r := range rows {
			places[i] = atoi(r.Key)
			least = min(least, places[i])
		}
		for i := range places {
			places[i] -= least
		}
		return places, 0
	}
	times := make([]time.Time, len(rows))
	for i, r := range rows {
		times[i], _ = time.Parse(time.RFC3339, r.Key)
	}
	sorted := slices.SortedFunc(slices.Values(times), time.Time.Compare)
	step = time.Hour
	for i := range sorted[1:] {
		if d := sorted[i+1].Sub(sorted[i]); d > 0 {
			step = min(step, d)
		}
	}
	for i, at := range times {
		places[i] = int(at.Sub(sorted[0]) / step)
	}
	return places, step
}

// niceTop is the least of 2, 4, 6, 10 … times a power of ten that is not below n:
// its half is whole, too.
func niceTop(n float64) float64 {
	if n <= 2 {
		return 2
	}
	unit := math.Pow(10, math.Floor(math.Log10(n)))
	for _, f := range []float64{1, 2, 4, 6, 10} {
		if top := f * unit; top >= n && math.Mod(top, 2) == 0 {
			return top
		}
	}
	return 20 * unit
}

// labels name a few of the bars: where days begin, if there are several.
func labels(bars []bar, slot float64) (all []chartLabel) {
	text, most := func(b *bar) string { return b.name }, 4
	at := make([]int, len(bars))
	for i := range bars {
		at[i] = i
	}
	if !bars[0].at.IsZero() {
		text, most = func(b *bar) string { return b.at.Format("15:04") }, 6
		days := slices.DeleteFunc(slices.Clone(at), func(i int) bool { return i > 0 && sameDay(bars[i].at, bars[i-1].at) })
		if len(days) > 1 {
			text, at = func(b *bar) string { return b.at.Format(time.DateOnly) }, days
			most = 4
		}
	}
	step := (len(at) + most - 1) / most
	for k := 0; k < len(at); k += step {
		i := at[k]
		all = append(all, chartLabel{X: (float64(i) + 0.1) * slot, Text: text(&bars[i])})
	}
	return all
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }
