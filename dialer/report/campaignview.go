package report

import (
	"fmt"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// section is a part of the page about one campaign.
type section struct {
	name, total string
	facts       []fact
	parts       bool // the facts are parts of the total
}

// fact is one line of it.
type fact struct {
	name, value string
	share       string  // in per cent, or a mean
	part        float64 // that share is of
	note        string
}

// sections are the page about one campaign. What has not happened is left out:
// lines of zeros hide the others.
func sections(r *Row) []section {
	total := r.Contacts["total"]
	contacts := section{name: "contacts", total: count(total), parts: true}
	attempts := section{name: "attempts", total: count(r.Attempts.Total), parts: true}
	part := func(s *section, name string, n, of int64) {
		if n > 0 {
			x := rate(float64(n), float64(of))
			s.facts = append(s.facts, fact{name: name, value: count(n), share: rateText(x), part: x.Value})
		}
	}
	for _, s := range stateOrder {
		part(&contacts, s, r.Contacts[s], total)
	}
	part(&attempts, "in flight", r.Attempts.InFlight, r.Attempts.Total)
	for _, o := range campaign.Outcomes() {
		part(&attempts, o.String(), r.Attempts.ByOutcome[o.String()], r.Attempts.Total)
	}
	all := []section{contacts, attempts}
	for _, s := range []section{rates(r), abandoned(r), times(r)} {
		if len(s.facts) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func title(r *Row) string {
	t := "campaign " + r.Campaign
	switch {
	case r.From != "" && r.To != "":
		t += ", " + timeText(r.From, time.DateTime) + " to " + timeText(r.To, time.DateTime)
	case r.From != "":
		t += ", from " + timeText(r.From, time.DateTime)
	case r.To != "":
		t += ", to " + timeText(r.To, time.DateTime)
	}
	return t
}

func rates(r *Row) section {
	s := section{name: "rates"}
	for _, x := range r.Rates.named() {
		if x.Rate.Den == 0 {
			continue
		}
		show := number
		if x.Seconds {
			show = duration
		}
		s.facts = append(s.facts, fact{name: x.Name, value: show(x.Rate.Num), share: rateText(x.Rate), note: "of " + show(x.Rate.Den) + " " + x.Of})
	}
	return s
}

// abandoned puts the regimes side by side.
func abandoned(r *Row) section {
	s := section{name: "abandoned, by the rules of"}
	for _, l := range r.Limits {
		if l.Den == 0 {
			continue
		}
		limit := rateText(Rate{Den: 1, Value: l.Limit})
		allows := fmt.Sprintf("%s allow %d more", limit, l.More)
		if l.More < 0 {
			allows = fmt.Sprintf("%d too many for %s", -l.More, limit)
		}
		note := fmt.Sprintf("of %s answers since %s: %s", number(l.Den), timeText(l.Since, time.DateOnly), allows)
		s.facts = append(s.facts, fact{name: l.Regime, value: number(l.Num), share: rateText(l.Rate), note: note})
	}
	return s
}

func times(r *Row) section {
	s := section{name: "time"}
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
		if x.count > 0 {
			s.facts = append(s.facts, fact{name: x.name, value: duration(x.sum), share: fmt.Sprintf("%.1f s", x.sum/float64(x.count)), note: x.of})
		}
	}
	return s
}
