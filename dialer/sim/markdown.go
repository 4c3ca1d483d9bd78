package sim

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The rows of a Markdown table that are ours, by their first cell.
const (
	rowCell       = "dialcamp"
	rowPercentile = "dialcamp, 95th percentile of abandoned"
)

var (
	// columnCell is the head of a column: the number of agents, after the world if
	// that is not the one in bold above the table.
	columnCell = regexp.MustCompile(`^(?:(\w+) )?N=(\d+)$`)
	worldLine  = regexp.MustCompile(`^\*\*(\w+)\*\*$`)
)

// Column is a world and a number of agents.
type Column struct {
	World  string
	Agents int
}

// Fill writes results into the rows of the tables of a Markdown text that are
// dialcamp's, and nothing else: occupancy and abandoned calls in percent, these in
// bold where they are more than limit, and their 95th percentile. Where result
// has none, the cell stays as it is. It counts the cells it wrote.
func Fill(text string, limit float64, result func(Column) (Result, bool, error)) (string, int, error) {
	lines := strings.SplitAfter(text, "\n")
	world, filled := "", 0
	var columns []Column // of the table that the line is in
	for i, line := range lines {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, "|") {
			columns = nil
			if m := worldLine.FindStringSubmatch(line); m != nil {
				world = m[1]
			}
			continue
		}
		row := strings.Split(strings.Trim(line, "|"), "|")
		if columns == nil {
			columns = columnsOf(row[1:], world)
			continue
		}
		name := strings.Trim(row[0], " *")
		if name != rowCell && name != rowPercentile || len(row) != len(columns)+1 {
			continue
		}
		for j, c := range columns {
			if c.Agents == 0 {
				continue
			}
			r, ok, err := result(c)
			if err != nil {
				return "", 0, err
			}
			if !ok {
				continue
			}
			filled++
			if name == rowPercentile {
				row[j+1] = fmt.Sprintf(" %.1f ", 100*r.Abandon.P95)
			} else {
				row[j+1] = " " + cell(r, limit) + " "
			}
		}
		lines[i] = "|" + strings.Join(row, "|") + "|" + lines[i][len(line):]
	}
	return strings.Join(lines, ""), filled, nil
}

// columnsOf reads the head of a table; what is no column of results has no agents.
func columnsOf(heads []string, world string) []Column {
	columns := make([]Column, len(heads))
	for i, head := range heads {
		m := columnCell.FindStringSubmatch(strings.TrimSpace(head))
		if m == nil {
			continue
		}
		columns[i] = Column{World: world}
		if m[1] != "" {
			columns[i].World = m[1]
		}
		columns[i].Agents, _ = strconv.Atoi(m[2])
	}
	return columns
}

// cell is occupancy and abandoned calls in percent, these in bold where they are
// more than limit, as they are printed.
func cell(r Result, limit float64) string {
	if math.Round(1000*r.Abandon.Mean) > math.Round(1000*limit) {
		return fmt.Sprintf("%.1f **%.1f**", 100*r.Occupancy.Mean, 100*r.Abandon.Mean)
	}
	return fmt.Sprintf("%.1f %.1f", 100*r.Occupancy.Mean, 100*r.Abandon.Mean)
}
