package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

func writeCSV(w io.Writer, rows []Row) error {
	cw := csv.NewWriter(w)
	cw.Write(csvHead())
	for _, r := range rows {
		cw.Write(csvRecord(&r))
	}
	cw.Flush()
	return cw.Error() // of any of the writes
}

func csvHead() []string {
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
	return append(head, "ring_seconds", "wait_seconds", "talk_seconds")
}

func csvRecord(r *Row) []string {
	rec := []string{Cell(r.Campaign), r.By, Cell(r.Key), r.From, r.To}
	for _, s := range slices.Concat([]string{"total"}, stateOrder) {
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
		value := "" // of nothing: 0 would spoil a spreadsheet's average
		if x.Rate.Den != 0 {
			value = strconv.FormatFloat(x.Rate.Value, 'f', 4, 64)
		}
		rec = append(rec, number(x.Rate.Num), number(x.Rate.Den), value)
	}
	return append(rec, number(r.Seconds.Ring), number(r.Seconds.Wait), number(r.Seconds.Talk))
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// formulas begin what a spreadsheet takes for a formula, or drop it to find
// one behind. The wide forms count where people type them.
const formulas = "=+-@\t\r\n＝＋－＠"

// Cell disarms text that a spreadsheet would run as a formula.
func Cell(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formulas, r) {
		return "'" + s
	}
	return s
}

// numberCell leaves a telephone number as it is: a leading plus belongs to it,
// and only digits, * and # follow. What is none is text.
func numberCell(s string) string {
	if n, err := contact.ParseNumber(s); err == nil && n == s {
		return s
	}
	return Cell(s)
}
