package sim

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// Sizes of the plot, in pixels.
const (
	plotWidth  = 860
	plotLeft   = 60
	plotRight  = 200
	panelHigh  = 200
	panelGap   = 50
	plotTop    = 30
	plotHeight = plotTop + 2*panelHigh + 2*panelGap
)

// colours that are told apart by people with any colour vision (Okabe and Ito).
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

// WriteSVG plots, for each result, occupancy and abandoned calls in percent by
// quarter of an hour, all shifts together.
func WriteSVG(w io.Writer, results []Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, plotHeight)
	panel(&b, plotTop, "occupancy %", results, 100, func(s Slice) float64 { return 100 * ratio(s.Busy, s.LoggedIn) })
	most := 5.0
	abandoned := func(s Slice) float64 { return 100 * ratio(float64(s.Abandoned), float64(s.Answers)) }
	for _, r := range results {
		for _, s := range r.Slices {
			most = math.Max(most, 5*math.Ceil(abandoned(s)/5))
		}
	}
	panel(&b, plotTop+panelHigh+panelGap, "abandoned %", results, most, abandoned)
	for i, r := range results {
		y := plotTop + 20*i + 10
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2"/>`, plotWidth-plotRight+20, y, plotWidth-plotRight+45, y, colours[i%len(colours)])
		fmt.Fprintf(&b, `<text x="%d" y="%d">`, plotWidth-plotRight+52, y+4)
		_ = xml.EscapeText(&b, []byte(r.Mode)) // a strings.Builder does not fail
		fmt.Fprintf(&b, " %.1f %%, %.1f %%</text>\n", 100*r.Occupancy.Mean, 100*r.Abandon.Mean)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func panel(b *strings.Builder, top int, title string, results []Result, most float64, value func(Slice) float64) {
	const wide = plotWidth - plotLeft - plotRight
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", plotLeft, top-8, title)
	for i := range 6 {
		y := float64(top) + panelHigh*(1-float64(i)/5)
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			plotLeft, y, plotLeft+wide, y, plotLeft-6, y+4, most*float64(i)/5)
	}
	slices := 0
	for i, r := range results {
		slices = len(r.Slices)
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colours[i%len(colours)])
		for j, s := range r.Slices {
			x := plotLeft + wide*(float64(j)+0.5)/float64(slices)
			fmt.Fprintf(b, "%.1f,%.1f ", x, float64(top)+panelHigh*(1-math.Min(most, value(s))/most))
		}
		b.WriteString(`"/>` + "\n")
	}
	for j := 0; j <= slices; j += 4 {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d h</text>`+"\n", plotLeft+wide*float64(j)/float64(max(1, slices)), top+panelHigh+16, j/4)
	}
}
