package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// column is one column in a table of groups.
type column struct {
	head  string
	right bool
	text  func(*Row) string
}

// rare outcomes share a column in the tables that have one for each: all of
// them would not fit on a screen.
var rare = []campaign.Outcome{campaign.Rejected, campaign.Unreachable, campaign.Failed, campaign.Cancelled, campaign.Unknown}

// groupTable has a line a group and, under several, their total.
func groupTable(rows []Row) *grid {
	by, total := rows[0].By, sum(rows)
	columns := columnsFor(by, &total)
	g := &grid{right: []bool{false, by == "attempt"}}
	head := []string{"campaign", by}
	for _, c := range columns {
		head = append(head, c.head)
		g.right = append(g.right, c.right)
	}
	g.add(head...)
	if len(rows) > 1 {
		rows = append(slices.Clip(rows), total)
	}
	for _, r := range rows {
		line := []string{r.Campaign, keyText(&r)}
		for _, c := range columns {
			line = append(line, c.text(&r))
		}
		g.add(line...)
	}
	if text := outcomes(&total, rare); text != "" && slices.ContainsFunc(columns, func(c column) bool { return c.head == "other" }) {
		g.add()
		g.add("other: " + text)
	}
	return g
}

func columnsFor(by string, total *Row) (columns []column) {
	add := func(head string, text func(*Row) string) { columns = append(columns, column{head, true, text}) }
	if by == "list" {
		add("contacts", func(r *Row) string { return count(r.Contacts["total"]) })
		add("left", func(r *Row) string {
			return count(r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"])
		})
		add("attempted", func(r *Row) string { return rateText(r.Rates.Penetration) })
	}
	add("attempts", func(r *Row) string { return count(r.Attempts.Total) })
	talk := func(r *Row) string { return duration(r.Seconds.Talk) }
	switch by {
	case "outcome":
		add("share", func(r *Row) string { return percent(r.Attempts.Total, total.Attempts.Total) })
		add("ring", func(r *Row) string { return duration(r.Seconds.Ring) })
		add("wait", func(r *Row) string { return duration(r.Seconds.Wait) })
		add("talk", talk)
	case "cause", "agent":
		// A cause has few outcomes, and so has an agent: words, not columns.
		add("share", func(r *Row) string { return percent(r.Attempts.Total, total.Attempts.Total) })
		if by == "agent" {
			add("talk", talk)
			add("a call", func(r *Row) string {
				if r.Rates.Connect.Num == 0 {
					return "-"
				}
				return duration(r.Seconds.Talk / r.Rates.Connect.Num)
			})
		}
		columns = append(columns, column{"outcomes", false, func(r *Row) string {
			if r.By == "" {
				return ""
			}
			return outcomes(r, append([]campaign.Outcome{campaign.InFlight}, campaign.Outcomes()...))
		}})
	default:
		addOutcomes(add, total)
		add("answer", func(r *Row) string { return rateText(r.Rates.Answer) })
		add("connect", func(r *Row) string { return rateText(r.Rates.Connect) })
		add("talk", talk)
	}
	return columns
}

func addOutcomes(add func(string, func(*Row) string), total *Row) {
	if total.Attempts.InFlight > 0 {
		add("in flight", func(r *Row) string { return count(r.Attempts.InFlight) })
	}
	other := func(r *Row) (n int64) {
		for _, o := range rare {
			n += r.Attempts.ByOutcome[o.String()]
		}
		return n
	}
	for _, o := range campaign.Outcomes() {
		if name := o.String(); !slices.Contains(rare, o) && total.Attempts.ByOutcome[name] > 0 {
			add(name, func(r *Row) string { return count(r.Attempts.ByOutcome[name]) })
		}
	}
	if other(total) > 0 {
		add("other", func(r *Row) string { return count(other(r)) })
	}
}

// outcomes is "4 connected, 1 abandoned".
func outcomes(r *Row, some []campaign.Outcome) string {
	var parts []string
	for _, o := range some {
		n := r.Attempts.ByOutcome[o.String()]
		if o == campaign.InFlight {
			n = r.Attempts.InFlight
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}

// sum is the line under several groups, as far as tables show it.
func sum(rows []Row) Row {
	s := Row{Campaign: "total", Contacts: map[string]int64{}, Attempts: Attempts{ByOutcome: map[string]int64{}}}
	var answered, connected, attempted float64
	for _, r := range rows {
		for k, n := range r.Contacts {
			s.Contacts[k] += n
		}
		s.Attempts.Total += r.Attempts.Total
		s.Attempts.InFlight += r.Attempts.InFlight
		for k, n := range r.Attempts.ByOutcome {
			s.Attempts.ByOutcome[k] += n
		}
		s.Seconds.Ring += r.Seconds.Ring
		s.Seconds.Wait += r.Seconds.Wait
		s.Seconds.Talk += r.Seconds.Talk
		answered += r.Rates.Answer.Num
		connected += r.Rates.Connect.Num
		attempted += r.Rates.Penetration.Num
	}
	s.Rates.Answer = rate(answered, float64(s.Attempts.Total))
	s.Rates.Connect = rate(connected, float64(s.Attempts.Total))
	s.Rates.Penetration = rate(attempted, float64(s.Contacts["total"]))
	return s
}

func keyText(r *Row) string {
	switch {
	case r.By == "":
		return "" // the total
	case r.Key == "" && r.By == "cause":
		return "  - none yet"
	case r.Key == "":
		return "nobody"
	case r.By == "cause":
		n, _ := strconv.Atoi(r.Key)
		return fmt.Sprintf("%3d %s", n, ami.Cause(n))
	case r.By == "hour":
		return hourText(r.Key)
	}
	return r.Key
}

func hourText(key string) string {
	t, err := time.Parse(time.RFC3339, key)
	if err != nil {
		return key
	}
	return t.Format("2006-01-02 15:04 -0700")
}
