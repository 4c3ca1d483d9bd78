package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// Formats are the values of format.
var Formats = []string{"table", "csv", "json"}

// Write writes rows in a format. JSON is one object when single is set and
// there is one row, else an array.
func Write(w io.Writer, format string, rows []Row, single bool) error {
	switch format {
	case "table", "":
		return writeTable(w, rows)
	case "csv":
		return writeCSV(w, rows)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if single && len(rows) == 1 {
			return enc.Encode(rows[0])
		}
		return enc.Encode(rows)
	}
	return fmt.Errorf("cannot write format %q; it is one of %v", format, Formats)
}

// WriteFile builds a report and puts it at path, whole or not at all.
func WriteFile(path, format string, s store.Store, q Query) error {
	rows, err := Build(s, q)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = Write(f, format, rows, q.Campaign != "" && (q.By == "" || q.By == "campaign"))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o640)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

var stateOrder = func() (names []string) {
	for s := range campaign.NumStates {
		names = append(names, campaign.ContactState(s).String())
	}
	return names
}()

func (r *Rates) named() []struct {
	Name, Means string
	Rate        Rate
} {
	return []struct {
		Name, Means string
		Rate        Rate
	}{
		{"answer", "answered ÷ attempts", r.Answer},
		{"connect", "connected ÷ attempts", r.Connect},
		{"abandon", "no agent within 2 s ÷ live answers", r.Abandon},
		{"abandon_queue", "abandoned and dropped ÷ live answers", r.AbandonQueue},
		{"penetration", "contacts attempted ÷ contacts", r.Penetration},
		{"occupancy", "talk and wrap-up ÷ logged-in seconds", r.Occupancy},
	}
}

func writeTable(w io.Writer, rows []Row) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing to report yet: no campaign has a contact")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if rows[0].By != "" {
		writeGroups(tw, rows)
		return tw.Flush()
	}
	for i, r := range rows {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		writeCampaign(tw, &r)
	}
	return tw.Flush()
}

func writeCampaign(w io.Writer, r *Row) {
	fmt.Fprintf(w, "campaign %s", r.Campaign)
	if r.From != "" {
		fmt.Fprintf(w, "   %s to %s", shortTime(r.From), shortTime(r.To))
	}
	fmt.Fprintf(w, "\n\ncontacts\t%d\t\n", r.Contacts["total"])
	for _, s := range stateOrder {
		if n := r.Contacts[s]; n > 0 {
			fmt.Fprintf(w, "  %s\t%d\t%s\n", s, n, percent(n, r.Contacts["total"]))
		}
	}
	fmt.Fprintf(w, "\nattempts\t%d\t\n", r.Attempts.Total)
	if n := r.Attempts.InFlight; n > 0 {
		fmt.Fprintf(w, "  in flight\t%d\t%s\n", n, percent(n, r.Attempts.Total))
	}
	for _, o := range campaign.Outcomes() {
		if n := r.Attempts.ByOutcome[o.String()]; n > 0 {
			fmt.Fprintf(w, "  %s\t%d\t%s\n", o, n, percent(n, r.Attempts.Total))
		}
	}
	fmt.Fprintf(w, "\nrates\t\t\n")
	for _, x := range r.Rates.named() {
		fmt.Fprintf(w, "  %s\t%s\t%s ÷ %s   (%s)\n", x.Name, rateText(x.Rate), number(x.Rate.Num), number(x.Rate.Den), x.Means)
	}
	fmt.Fprintf(w, "\ntime\t\t\n")
	ended := r.Attempts.Total - r.Attempts.InFlight
	answered := int64(r.Rates.Answer.Num)
	for _, x := range []struct {
		name  string
		sum   float64
		count int64
		of    string
	}{{"ring", r.Seconds.Ring, ended, "an attempt"}, {"wait", r.Seconds.Wait, answered, "an answer"}, {"talk", r.Seconds.Talk, r.Attempts.ByOutcome["connected"], "a connected call"}} {
		if x.count > 0 {
			d := time.Duration(x.sum * float64(time.Second))
			fmt.Fprintf(w, "  %s\t%s\t%.1f s %s\n", x.name, d.Round(time.Second), x.sum/float64(x.count), x.of)
		}
	}
}

func writeGroups(w io.Writer, rows []Row) {
	used := map[string]bool{}
	for _, r := range rows {
		for o, n := range r.Attempts.ByOutcome {
			used[o] = used[o] || n > 0
		}
	}
	fmt.Fprintf(w, "campaign\t%s\tattempts", rows[0].By)
	for _, o := range campaign.Outcomes() {
		if used[o.String()] {
			fmt.Fprintf(w, "\t%s", o)
		}
	}
	fmt.Fprint(w, "\tanswer\tconnect\ttalk\n")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d", r.Campaign, keyText(r.By, r.Key), r.Attempts.Total)
		for _, o := range campaign.Outcomes() {
			if used[o.String()] {
				fmt.Fprintf(w, "\t%d", r.Attempts.ByOutcome[o.String()])
			}
		}
		fmt.Fprintf(w, "\t%s\t%s\t%s\n", rateText(r.Rates.Answer), rateText(r.Rates.Connect),
			time.Duration(r.Seconds.Talk*float64(time.Second)).Round(time.Second))
	}
}

func keyText(by, key string) string {
	switch {
	case key == "":
		return "-"
	case by == "cause":
		n, _ := strconv.Atoi(key)
		return key + " " + ami.Cause(n).String()
	}
	return key
}

func shortTime(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Format("2006-01-02 15:04:05")
}

func percent(n, of int64) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func rateText(r Rate) string {
	if r.Den == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*r.Value)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func writeCSV(w io.Writer, rows []Row) error {
	cw := csv.NewWriter(w)
	head := []string{"campaign", "by", "key", "from", "to", "contacts_total"}
	for _, s := range stateOrder {
		head = append(head, "contacts_"+s)
	}
	head = append(head, "attempts_total", "in_flight")
	for _, o := range campaign.Outcomes() {
		head = append(head, o.String())
	}
	for _, x := range (&Rates{}).named() {
		head = append(head, x.Name+"_num", x.Name+"_den", x.Name)
	}
	head = append(head, "ring_seconds", "wait_seconds", "talk_seconds")
	if err := cw.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		rec := []string{Cell(r.Campaign), r.By, Cell(r.Key), r.From, r.To}
		for _, s := range append([]string{"total"}, stateOrder...) {
			if r.Contacts == nil {
				rec = append(rec, "")
				continue
			}
			rec = append(rec, strconv.FormatInt(r.Contacts[s], 10))
		}
		rec = append(rec, strconv.FormatInt(r.Attempts.Total, 10), strconv.FormatInt(r.Attempts.InFlight, 10))
		for _, o := range campaign.Outcomes() {
			rec = append(rec, strconv.FormatInt(r.Attempts.ByOutcome[o.String()], 10))
		}
		for _, x := range r.Rates.named() {
			rec = append(rec, number(x.Rate.Num), number(x.Rate.Den), strconv.FormatFloat(x.Rate.Value, 'f', 4, 64))
		}
		rec = append(rec, number(r.Seconds.Ring), number(r.Seconds.Wait), number(r.Seconds.Talk))
		if err := cw.Write(rec); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// Cell disarms text that a spreadsheet would run as a formula.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
