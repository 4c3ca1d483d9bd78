package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// table is a table as people read it, on paper, a screen or a page.
type table struct {
	title string // of the table, may be empty
	head  []string
	right []bool // by column: figures
	names int    // so many columns name the line
	lines [][]cell
	total []cell // the last line; nil if there is none
	note  string
}

// cell is a place in a table.
type cell struct {
	text string
	rate *Rate // that text is of
	// foreign is text that peers, lists or operators wrote.
	foreign bool
	size    float64 // of the bar that a page has of it; 0: none
}

func word(s string) cell { return cell{text: s} }

// share is a rate in per cent.
func share(r Rate) cell { return cell{text: rateText(r), rate: &r} }

// fraction is what a rate is made of, "5/21"; empty without one.
func (c cell) fraction() string {
	if c.rate == nil || c.rate.Den == 0 {
		return ""
	}
	return number(c.rate.Num) + "/" + number(c.rate.Den)
}

// column is one column in a table of groups.
type column struct {
	head  string
	right bool
	cell  func(*Row) cell
}

// tables are those of a report by groups.
func tables(rows []Row) []table {
	if rows[0].By == "yield" {
		return yieldTables(rows)
	}
	return []table{groupTable(rows)}
}

// rare outcomes share a column in the tables that have one for each: all of
// them would not fit on a screen.
var rare = []campaign.Outcome{campaign.Rejected, campaign.Unreachable, campaign.Failed, campaign.Cancelled, campaign.Unknown}

// groupTable has a line a group and, under several, their total.
func groupTable(rows []Row) table {
	by, total := rows[0].By, sum(rows)
	columns := columnsFor(by, &total)
	t := table{head: []string{"campaign", by}, right: []bool{false, by == "attempt"}, names: 2}
	for _, c := range columns {
		t.head = append(t.head, c.head)
		t.right = append(t.right, c.right)
	}
	line := func(r *Row) []cell {
		cells := []cell{{text: r.Campaign, foreign: true}, {text: keyText(r), foreign: true}}
		for _, c := range columns {
			cells = append(cells, c.cell(r))
		}
		return cells
	}
	for _, r := range rows {
		t.lines = append(t.lines, line(&r))
	}
	if len(rows) > 1 {
		t.total = line(&total)
	}
	if text := outcomes(&total, rare); text != "" && slices.Contains(t.head, "other") {
		t.note = "other: " + text
	}
	return t
}

// dropCampaign is for where the campaign is told by what is around the table.
func (t *table) dropCampaign() {
	if t.head[0] != "campaign" {
		return
	}
	t.head, t.right, t.names = t.head[1:], t.right[1:], t.names-1
	for i := range t.lines {
		t.lines[i] = t.lines[i][1:]
	}
	if t.total != nil {
		t.total = t.total[1:]
		t.total[0] = word("total")
	}
}

func columnsFor(by string, total *Row) (columns []column) {
	addRate := func(head string, of func(*Row) Rate) {
		columns = append(columns, column{head, true, func(r *Row) cell { return share(of(r)) }})
	}
	addBar := func(head string, of func(*Row) Rate) {
		columns = append(columns, column{head, true, func(r *Row) cell {
			c := share(of(r))
			c.size = c.rate.Value
			return c
		}})
	}
	add := func(head string, text func(*Row) string) {
		columns = append(columns, column{head, true, func(r *Row) cell { return word(text(r)) }})
	}
	if by == "list" {
		add("contacts", func(r *Row) string { return count(r.Contacts["total"]) })
		add("left", func(r *Row) string {
			return count(r.Contacts["pending"] + r.Contacts["waiting"] + r.Contacts["dialing"])
		})
		addBar("attempted", func(r *Row) Rate { return r.Rates.Penetration })
	}
	add("attempts", func(r *Row) string { return count(r.Attempts.Total) })
	shareOf := func(r *Row) Rate { return rate(float64(r.Attempts.Total), float64(total.Attempts.Total)) }
	talk := func(r *Row) string { return duration(r.Seconds.Talk) }
	switch by {
	case "outcome":
		addBar("share", shareOf)
		add("ring", func(r *Row) string { return duration(r.Seconds.Ring) })
		add("wait", func(r *Row) string { return duration(r.Seconds.Wait) })
		add("talk", talk)
	case "cause", "agent":
		// A cause has few outcomes, and so has an agent: words, not columns.
		if by == "cause" {
			addBar("share", shareOf)
		} else {
			addRate("share", shareOf)
			columns = append(columns, column{"talk", true, func(r *Row) cell { return cell{text: talk(r), size: r.Seconds.Talk} }})
			add("a call", func(r *Row) string {
				if r.Rates.Connect.Num == 0 {
					return "-"
				}
				return duration(r.Seconds.Talk / r.Rates.Connect.Num)
			})
		}
		columns = append(columns, column{"outcomes", false, func(r *Row) cell {
			if r.By == "" {
				return cell{}
			}
			return word(outcomes(r, append([]campaign.Outcome{campaign.InFlight}, campaign.Outcomes()...)))
		}})
	default:
		addOutcomes(add, total)
		addRate("answer", func(r *Row) Rate { return r.Rates.Answer })
		addRate("connect", func(r *Row) Rate { return r.Rates.Connect })
		if total.Rates.Abandon.Den > 0 {
			addRate("abandon", func(r *Row) Rate { return r.Rates.Abandon })
		}
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
	var answered, connected, attempted, late, live float64
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
		late += r.Rates.Abandon.Num
		live += r.Rates.Abandon.Den
	}
	s.Rates.Answer = rate(answered, float64(s.Attempts.Total))
	s.Rates.Connect = rate(connected, float64(s.Attempts.Total))
	s.Rates.Abandon = rate(late, live)
	s.Rates.Penetration = rate(attempted, float64(s.Contacts["total"]))
	return s
}

func keyText(r *Row) string {
	switch {
	case r.By == "":
		return "" // the total
	case r.Key == "" && r.By == "cause":
		return "  - none yet"
	case r.Key == "" && r.By == "caller_id":
		return "none, or not kept"
	case r.Key == "" && r.By == "number_type":
		return "not given"
	case r.Key == "":
		return "nobody"
	case r.By == "cause":
		n, _ := strconv.Atoi(r.Key)
		return fmt.Sprintf("%3d %s", n, ami.Cause(n))
	case r.By == "hour", r.By == "interval":
		return timeText(r.Key, "2006-01-02 15:04 -0700")
	}
	return r.Key
}
