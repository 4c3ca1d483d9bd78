package report

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

// field is one column of the reports that programs and spreadsheets read: every
// figure has one, also where it is zero.
type field struct {
	name string
	// value is nil (there is none), a string that needs no disarming, a cellText,
	// an int64, a float64, a ratio or a time.Time.
	value func(*Row) any
}

// cellText is what peers, lists or operators wrote.
type cellText string

// ratio is a fraction as a number. Of nothing there is none: 0 would spoil a
// spreadsheet's average.
type ratio float64

// fields are those of a report's rows, which are all of one kind.
func fields(rows []Row) []field {
	by := ""
	if len(rows) > 0 {
		by = rows[0].By
	}
	all := []field{
		{"campaign", func(r *Row) any { return cellText(r.Campaign) }},
		{"by", func(r *Row) any { return r.By }},
		{"key", func(r *Row) any { return key(r) }},
	}
	if by == "yield" {
		all = append(all, field{"hour", func(r *Row) any { return r.Hour }})
	}
	all = append(all,
		field{"from", func(r *Row) any { return moment(r.From) }},
		field{"to", func(r *Row) any { return moment(r.To) }})
	for _, s := range append([]string{"total"}, stateOrder...) {
		all = append(all, field{"contacts_" + s, func(r *Row) any {
			if r.Contacts == nil {
				return nil
			}
			return r.Contacts[s]
		}})
	}
	all = append(all,
		field{"attempts_total", func(r *Row) any { return r.Attempts.Total }},
		field{"in_flight", func(r *Row) any { return r.Attempts.InFlight }})
	for _, o := range campaign.Outcomes() {
		all = append(all, field{o.String(), func(r *Row) any { return r.Attempts.ByOutcome[o.String()] }})
	}
	for i, x := range (&Rates{}).named() {
		all = append(all, fraction(x.Name, func(r *Row) *Rate { return &r.Rates.named()[i].Rate })...)
	}
	all = append(all,
		field{"ring_seconds", func(r *Row) any { return r.Seconds.Ring }},
		field{"wait_seconds", func(r *Row) any { return r.Seconds.Wait }},
		field{"talk_seconds", func(r *Row) any { return r.Seconds.Talk }})
	if len(rows) > 0 {
		all = append(all, limitFields(rows[0].Limits)...)
	}
	return all
}

func fraction(name string, of func(*Row) *Rate) []field {
	return []field{
		{name + "_num", func(r *Row) any { return of(r).Num }},
		{name + "_den", func(r *Row) any { return of(r).Den }},
		{name, func(r *Row) any {
			if x := of(r); x.Den != 0 {
				return ratio(x.Value)
			}
			return nil
		}},
	}
}

// limitFields are of the regimes that the rows know; a row may come from a
// daemon of another version.
func limitFields(some []Limit) (all []field) {
	for i, l := range some {
		name := "limit_" + l.Regime
		all = append(all, field{name + "_since", func(r *Row) any { return moment(r.Limits[i].Since) }})
		all = append(all, fraction(name, func(r *Row) *Rate { return &r.Limits[i].Rate })...)
		all = append(all, field{name + "_more", func(r *Row) any { return r.Limits[i].More }})
	}
	return all
}

// key is a row's key as what it is.
func key(r *Row) any {
	switch r.By {
	case "interval", "hour":
		return moment(r.Key)
	case "attempt", "yield", "cause":
		if n := atoi(r.Key); n >= 0 {
			return int64(n)
		}
		return nil
	case "caller_id":
		if r.Key != "" && numberCell(r.Key) == r.Key {
			return r.Key
		}
	}
	return cellText(r.Key)
}

// moment is a time of a row.
func moment(s string) any {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil
	}
	return t
}

// formulas begin what a spreadsheet takes for a formula, or drop it to find
// one behind. The wide forms count where people type them.
const formulas = "=+-@\t\r\n＝＋－＠"

// Cell disarms text that a spreadsheet would run as a formula: with a quote in
// front it is text, wherever it is copied to.
func Cell(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune(formulas, r) {
		return "'" + s
	}
	return s
}

// numberCell leaves a telephone number as it is: a leading plus belongs to it,
// and only digits, * and # follow, of which no formula that does anything can be
// made. What is none is text.
func numberCell(s string) string {
	if n, err := contact.ParseNumber(s); err == nil && n == s {
		return s
	}
	return Cell(s)
}
