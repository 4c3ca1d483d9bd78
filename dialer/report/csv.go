package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"
)

func writeCSV(w io.Writer, rows []Row) error {
	cw := csv.NewWriter(w)
	all := fields(rows)
	record := make([]string, len(all))
	for i, f := range all {
		record[i] = f.name
	}
	cw.Write(record)
	for _, r := range rows {
		for i, f := range all {
			record[i] = csvText(f.value(&r))
		}
		cw.Write(record)
	}
	cw.Flush()
	return cw.Error() // of any of the writes
}

func csvText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case cellText:
		return Cell(string(v))
	case time.Time:
		return v.Format(time.RFC3339)
	case float64:
		return number(v)
	case ratio:
		return strconv.FormatFloat(float64(v), 'f', 4, 64)
	}
	return fmt.Sprint(value)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
