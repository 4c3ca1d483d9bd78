package control

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/dialcamp/dialcamp/dialer/report"
)

func (a api) report(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	format := r.URL.Query().Get("format")
	if format != "" && fileTypes[format] == "" {
		fail(w, http.StatusBadRequest, fmt.Errorf("format=%q is unknown; it is one of %v", format, report.Formats))
		return
	}
	q.Configured, q.Now = a.op.Configured(), time.Now()
	if format != "" {
		a.reportFile(w, format, q)
		return
	}
	rows, err := report.Build(a.op.Store(), q)
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, rows)
}

// fileTypes are the media types of report.Formats.
var fileTypes = map[string]string{
	"table": "text/plain; charset=utf-8",
	"csv":   "text/csv; charset=utf-8",
	"json":  "application/json",
	"html":  "text/html; charset=utf-8",
	"xlsx":  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// reportFile answers with the file that the report command would write. It is
// to be kept, not shown: a page of text from lists has no place beside the API.
func (a api) reportFile(w http.ResponseWriter, format string, q report.Query) {
	var b bytes.Buffer
	if err := report.WriteTo(&b, format, a.op.Store(), q); err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", fileTypes[format])
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(b.Bytes())
}
