package report

import (
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// writeXLSX writes a workbook of one sheet that has a row for each of rows, with
// the columns of CSV: figures are numbers, and times are times of the clock on
// the wall, for a workbook knows no time zones.
func writeXLSX(w io.Writer, rows []Row) error {
	f := excelize.NewFile()
	defer f.Close()
	name := "campaigns"
	if len(rows) > 0 && rows[0].By != "" {
		name = "by " + rows[0].By
	}
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	sheet, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	s, err := newStyles(f)
	if err != nil {
		return err
	}
	// Where a reader of fifty columns is, the head and the key tell.
	frozen := excelize.Panes{Freeze: true, XSplit: 3, YSplit: 1, TopLeftCell: "D2", ActivePane: "bottomRight"}
	if err := sheet.SetPanes(&frozen); err != nil {
		return err
	}
	all := fields(rows)
	head := make([]any, len(all))
	for i, f := range all {
		head[i] = excelize.Cell{StyleID: s.head, Value: f.name}
		if err := sheet.SetColWidth(i+1, i+1, columnWidth(f, rows)); err != nil {
			return err
		}
	}
	if err := sheet.SetRow("A1", head); err != nil {
		return err
	}
	cells := make([]any, len(all))
	for n, r := range rows {
		for i, f := range all {
			cells[i] = s.cell(f.value(&r))
		}
		at, err := excelize.CoordinatesToCellName(1, n+2)
		if err != nil {
			return err
		}
		if err := sheet.SetRow(at, cells); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// styles are those of a workbook's cells, by their numbers in it.
type styles struct{ head, text, percent, time int }

const (
	timeFormat = "yyyy-mm-dd hh:mm:ss"
	textFormat = 49 // @, of ECMA-376 18.8.30: nobody's typing makes a formula of it
)

func newStyles(f *excelize.File) (s styles, err error) {
	percent, clock := "0.0%", timeFormat
	for _, x := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.head, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&s.text, excelize.Style{NumFmt: textFormat}},
		{&s.percent, excelize.Style{CustomNumFmt: &percent}},
		{&s.time, excelize.Style{CustomNumFmt: &clock}},
	} {
		if *x.id, err = f.NewStyle(&x.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

// cell is a value as a cell. Disarmed text stays so where the workbook is saved
// as CSV.
func (s *styles) cell(value any) any {
	switch v := value.(type) {
	case cellText:
		return excelize.Cell{StyleID: s.text, Value: Cell(string(v))}
	case ratio:
		return excelize.Cell{StyleID: s.percent, Value: float64(v)}
	case time.Time:
		return excelize.Cell{StyleID: s.time, Value: v}
	}
	return value
}

// columnWidth fits the head, and times.
func columnWidth(f field, rows []Row) float64 {
	wide := len(f.name)
	for _, r := range rows {
		switch v := f.value(&r).(type) {
		case time.Time:
			wide = max(wide, len(timeFormat))
		case cellText:
			wide = max(wide, cellWidth(string(v)))
		}
	}
	return float64(min(wide, 60) + 2)
}
