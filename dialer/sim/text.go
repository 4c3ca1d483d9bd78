package sim

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText prints results for people.
func WriteText(w io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, r := range results {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintf(tw, "%s, %d shifts\tmean\t5 %%\t95 %%\n", r.Mode, r.Shifts)
		row := func(name, format string, f float64, s Stat) {
			fmt.Fprintf(tw, "%s\t"+format+"\t"+format+"\t"+format+"\n", name, f*s.Mean, f*s.P5, f*s.P95)
		}
		row("occupancy %", "%.1f", 100, r.Occupancy)
		row(fmt.Sprintf("abandoned %% (%d/%d)", r.Abandon.Num, r.Abandon.Den), "%.2f", 100, Stat{r.Abandon.Mean, r.Abandon.P5, r.Abandon.P95})
		row("idle seconds before a call", "%.1f", 1, r.Idle)
		row("connects per agent-hour", "%.1f", 1, r.ConnectsPerAgent)
		row("dials per connect", "%.2f", 1, r.DialsPerConnect)
	}
	return tw.Flush()
}

// Table is results by mode and number of agents.
type Table struct {
	World string
	Sizes []int
	Modes []string
	Cells map[string][]Result // by mode, in the order of Sizes
}

// WriteMarkdown prints the table with occupancy and abandoned calls in percent,
// these in bold where they are more than limit.
func (t *Table) WriteMarkdown(w io.Writer, limit float64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n|", t.World)
	for _, n := range t.Sizes {
		fmt.Fprintf(&b, " | N=%d", n)
	}
	fmt.Fprintf(&b, " |\n|---%s|\n", strings.Repeat("|---", len(t.Sizes)))
	for _, m := range t.Modes {
		fmt.Fprintf(&b, "| %s", m)
		for _, r := range t.Cells[m] {
			fmt.Fprintf(&b, " | %s", cell(r, limit))
		}
		fmt.Fprintf(&b, " |\n")
	}
	for _, m := range t.Modes {
		fmt.Fprintf(&b, "| %s, 95th percentile of abandoned", m)
		for _, r := range t.Cells[m] {
			fmt.Fprintf(&b, " | %.1f", 100*r.Abandon.P95)
		}
		fmt.Fprintf(&b, " |\n")
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(w, b.String())
	return err
}
