package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/dialcamp/dialcamp/dialer/report"
)

// kinds of cells; one without a kind is a number.
var kinds = map[excelize.CellType]string{
	excelize.CellTypeUnset: "number", excelize.CellTypeNumber: "number", excelize.CellTypeInlineString: "text", excelize.CellTypeSharedString: "text",
	excelize.CellTypeFormula: "formula", excelize.CellTypeDate: "date", excelize.CellTypeBool: "bool", excelize.CellTypeError: "error",
}

// cells is what a workbook holds: a line for each cell of each row, with its
// kind, what it holds and how that is shown.
func cells(t *testing.T, workbook []byte) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		panes, err := f.GetPanes(sheet)
		check(err)
		fmt.Fprintf(&b, "sheet %q, frozen %v above %d rows and %d columns\n", sheet, panes.Freeze, panes.YSplit, panes.XSplit)
		shown, err := f.GetRows(sheet)
		check(err)
		raw, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		check(err)
		for n, row := range raw {
			fmt.Fprintf(&b, "\nrow %d\n", n+1)
			for i, value := range row {
				at, err := excelize.CoordinatesToCellName(i+1, n+1)
				check(err)
				kind, err := f.GetCellType(sheet, at)
				check(err)
				formula, err := f.GetCellFormula(sheet, at)
				check(err)
				if formula != "" {
					t.Errorf("%s is the formula %q", at, formula)
				}
				switch {
				case value == "":
				case shown[n][i] == value:
					fmt.Fprintf(&b, "%s %s %q\n", at, kinds[kind], value)
				default:
					fmt.Fprintf(&b, "%s %s %q shown as %q\n", at, kinds[kind], value, shown[n][i])
				}
			}
		}
	}
	return []byte(b.String())
}

// Nothing that peers, lists or operators wrote is a formula, even after the
// workbook was saved as CSV.
func TestWorkbookHoldsNoFormula(t *testing.T) {
	evil := []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "=cmd|'/c calc'!A1", "ok"}
	var rows []report.Row
	for _, s := range evil {
		rows = append(rows, report.Row{Campaign: s, By: "agent", Key: s})
	}
	f, err := excelize.OpenReader(bytes.NewReader(write(t, "xlsx", rows, false)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, s := range evil {
		for _, column := range []string{"A", "C"} {
			at := fmt.Sprint(column, i+2)
			formula, _ := f.GetCellFormula("by agent", at)
			kind, _ := f.GetCellType("by agent", at)
			text, _ := f.GetCellValue("by agent", at)
			if formula != "" || kinds[kind] != "text" || text != report.Cell(s) {
				t.Errorf("%s of %q is a %s: %q, formula %q", at, s, kinds[kind], text, formula)
			}
		}
	}
}
