package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Formats are the values of format.
var Formats = []string{"table", "csv", "json", "html", "xlsx"}

// Write writes rows in a format. JSON is one object when single is set and
// there is one row, else an array.
func Write(w io.Writer, format string, rows []Row, single bool) error {
	switch format {
	case "table", "":
		return writeTable(w, rows)
	case "csv":
		return writeCSV(w, rows)
	case "html":
		return writeHTML(w, rows)
	case "xlsx":
		return writeXLSX(w, rows)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if single && len(rows) == 1 {
			return enc.Encode(rows[0])
		}
		if rows == nil {
			rows = []Row{} // an array even of nothing
		}
		return enc.Encode(rows)
	}
	return fmt.Errorf("cannot write format %q; it is one of %v", format, Formats)
}

var stateOrder = func() (names []string) {
	for s := range campaign.NumStates {
		names = append(names, campaign.ContactState(s).String())
	}
	return names
}()

type namedRate struct {
	Name, Of string
	Rate     Rate
	Seconds  bool // that Rate is a fraction of
}

func (r *Rates) named() []namedRate {
	return []namedRate{
		{"answer", "attempts", r.Answer, false},
		{"connect", "attempts", r.Connect, false},
		{"abandon", "live answers: no agent within 2 s", r.Abandon, false},
		{"abandon_queue", "live answers: abandoned or dropped", r.AbandonQueue, false},
		{"penetration", "contacts attempted", r.Penetration, false},
		{"occupancy", "agents' logged-in time: talk and wrap-up", r.Occupancy, true},
	}
}
