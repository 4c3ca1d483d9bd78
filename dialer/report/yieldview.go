package report

import (
	"fmt"
	"slices"
	"strconv"
)

// yieldTables are two matrices a campaign, of the hours of the day by the
// attempts: what was answered, and what was connected.
func yieldTables(rows []Row) (all []table) {
	for len(rows) > 0 {
		name := rows[0].Campaign
		n := slices.IndexFunc(rows, func(r Row) bool { return r.Campaign != name })
		if n < 0 {
			n = len(rows)
		}
		all = append(all,
			yieldTable("campaign "+name+": answered of attempts", rows[:n], func(r *Row) Rate { return r.Rates.Answer }),
			yieldTable("campaign "+name+": connected of attempts", rows[:n], func(r *Row) Rate { return r.Rates.Connect }))
		rows = rows[n:]
	}
	return all
}

func yieldTable(title string, rows []Row, of func(*Row) Rate) table {
	var hours []string
	var passes []int
	sums := map[groupKey]Rate{}
	for _, r := range rows {
		hours, passes = append(hours, r.Hour), append(passes, atoi(r.Key))
		for _, k := range []groupKey{{r.Key, r.Hour}, {key: r.Key}, {hour: r.Hour}, {}} {
			add := of(&r)
			sums[k] = rate(sums[k].Num+add.Num, sums[k].Den+add.Den)
		}
	}
	slices.Sort(hours)
	slices.Sort(passes)
	hours, passes = slices.Compact(hours), slices.Compact(passes)
	t := table{title: title, head: []string{"hour"}, right: []bool{false}, names: 1}
	for _, p := range passes {
		t.head, t.right = append(t.head, fmt.Sprint("attempt ", p)), append(t.right, true)
	}
	t.head, t.right = append(t.head, "all"), append(t.right, true)
	line := func(name, hour string) []cell {
		cells := []cell{word(name)}
		for _, p := range passes {
			cells = append(cells, share(sums[groupKey{strconv.Itoa(p), hour}]))
		}
		return append(cells, share(sums[groupKey{hour: hour}]))
	}
	for _, h := range hours {
		t.lines = append(t.lines, line(h, h))
	}
	t.total = line("all", "")
	return t
}
