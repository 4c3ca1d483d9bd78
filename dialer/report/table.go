package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

func writeTable(w io.Writer, rows []Row) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing to report yet: no contacts, and no attempts in that time")
		return err
	}
	if rows[0].By != "" {
		return groupTable(rows).write(w)
	}
	for i, r := range rows {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := campaignTable(&r).write(w); err != nil {
			return err
		}
	}
	return nil
}

// campaignTable is a page about one campaign. What has not happened is left
// out: lines of zeros hide the others.
func campaignTable(r *Row) *grid {
	g := &grid{right: []bool{false, true, true, false}}
	g.add(title(r))
	g.add()
	total := r.Contacts["total"]
	g.add("contacts", count(total))
	for _, s := range stateOrder {
		if n := r.Contacts[s]; n > 0 {
			g.add("  "+s, count(n), percent(n, total))
		}
	}
	g.add()
	g.add("attempts", count(r.Attempts.Total))
	if n := r.Attempts.InFlight; n > 0 {
		g.add("  in flight", count(n), percent(n, r.Attempts.Total))
	}
	for _, o := range campaign.Outcomes() {
		if n := r.Attempts.ByOutcome[o.String()]; n > 0 {
			g.add("  "+o.String(), count(n), percent(n, r.Attempts.Total))
		}
	}
	addRates(g, r)
	addTimes(g, r)
	return g
}

func title(r *Row) string {
	t := "campaign " + r.Campaign
	switch {
	case r.From != "" && r.To != "":
		t += ", " + shortTime(r.From) + " to " + shortTime(r.To)
	case r.From != "":
		t += ", from " + shortTime(r.From)
	case r.To != "":
		t += ", to " + shortTime(r.To)
	}
	return t
}

func addRates(g *grid, r *Row) {
	first := true
	for _, x := range r.Rates.named() {
		if x.Rate.Den == 0 {
			continue
		}
		if first {
			g.add()
			g.add("rates")
			first = false
		}
		show := number
		if x.Seconds {
			show = duration
		}
		g.add("  "+x.Name, show(x.Rate.Num), rateText(x.Rate), "of "+show(x.Rate.Den)+" "+x.Of)
	}
}

func addTimes(g *grid, r *Row) {
	first := true
	for _, x := range []struct {
		name  string
		sum   float64
		count int64
		of    string
	}{
		{"ring", r.Seconds.Ring, r.Attempts.Total - r.Attempts.InFlight, "an attempt, until the answer or the end"},
		{"wait", r.Seconds.Wait, int64(r.Rates.Answer.Num), "an answer, until the agent or the end"},
		{"talk", r.Seconds.Talk, r.Attempts.ByOutcome[campaign.Connected.String()], "a connected call"},
	} {
		if x.count == 0 {
			continue
		}
		if first {
			g.add()
			g.add("time")
			first = false
		}
		g.add("  "+x.name, duration(x.sum), fmt.Sprintf("%.1f s", x.sum/float64(x.count)), x.of)
	}
}

func shortTime(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Format(time.DateTime)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

func percent(n, of int64) string { return rateText(rate(float64(n), float64(of))) }

func rateText(r Rate) string {
	if r.Den == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*r.Value)
}

// duration gives seconds as 1h02m03s, short times as 2m03s or 3s.
func duration(seconds float64) string {
	s := int64(time.Duration(seconds*float64(time.Second)).Round(time.Second) / time.Second)
	switch {
	case s < 0:
		return fmt.Sprintf("%ds", s)
	case s >= 3600:
		return fmt.Sprintf("%dh%02dm%02ds", s/3600, s/60%60, s%60)
	case s >= 60:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%ds", s)
}
