package faultsim_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// scenario is what is dialed, how, and what becomes of it.
type scenario struct {
	agents    int
	begins    time.Duration // after the bubble's midnight
	zone      string
	windows   []window // none: any time
	channels  int      // max_channels; 0: none
	rate      int      // calls_per_second; 0: none
	campaigns []*plannedCampaign
	barred    []string // numbers on the do-not-call file from the start
	user      string
}

// window is a calling window of every day, in minutes of the zone's clock.
type window struct{ from, to int }

func (w window) String() string { return fmt.Sprintf("%s to %s", hhmm(w.from), hhmm(w.to)) }

func hhmm(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

type plannedCampaign struct {
	name        string
	queue       string
	mode        string
	maxInFlight int
	ring        time.Duration
	attempts    int
	remove      bool // contacts without a row
	rows        [][]string
	spare       [][]string // rows that come later
}

// summer and winter are when the clocks of Europe are changed, in 2000, from the
// first of January on.
const (
	summer = (31+29+25)*24*time.Hour + time.Hour
	winter = (366-31-30-3)*24*time.Hour + time.Hour
)

func draw(s seed) *scenario {
	d := s.draws("scenario")
	sc := &scenario{agents: d.between(1, 5), zone: "UTC", user: one(d, "dialcamp", "least")}
	if d.chance(0.3) {
		sc.channels = d.between(2, 8)
	}
	if d.chance(0.3) {
		sc.rate = d.between(1, 4)
	}
	switch d.IntN(10) {
	case 0: // an hour that is not there
		sc.zone, sc.begins = "Europe/Berlin", summer-time.Duration(d.between(2, 10))*time.Minute
		sc.windows = []window{{0, 60 + d.between(50, 59)}, {120 + d.between(0, 59), 24 * 60}}
	case 1: // an hour that comes twice
		sc.zone, sc.begins = "Europe/Berlin", winter-time.Duration(d.between(2, 10))*time.Minute
		sc.windows = []window{{60, 120 + d.between(50, 59)}, {180 + d.between(5, 10), 24 * 60}}
	case 2, 3: // two windows with a gap
		sc.zone = one(d, "UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe")
		sc.begins = 12 * time.Hour
		at := minuteOf(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC), sc.zone)
		closes := at + d.between(1, 6)
		sc.windows = []window{{at - d.between(0, 10), closes}, {closes + d.between(1, 10), 24 * 60}}
	}
	sc.addCampaigns(d)
	return sc
}

func minuteOf(t time.Time, zone string) int {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	h, m, _ := t.In(loc).Clock()
	return h*60 + m
}

func (sc *scenario) addCampaigns(d draws) {
	next := 0
	number := func() string { next++; return number(next) }
	mode := one(d, "progressive", "progressive", "power", "predictive")
	add := func(name, queue string, contacts int) *plannedCampaign {
		c := &plannedCampaign{
			name: name, queue: queue, mode: mode, maxInFlight: d.between(1, 12),
			ring: d.lasting(8*time.Second, 20*time.Second), attempts: d.between(1, 4), remove: d.chance(0.5),
		}
		two := d.chance(0.4)
		for i := range contacts {
			row := []string{fmt.Sprintf("%s%d", name, i), number()}
			if two && d.chance(0.5) {
				row = append(row, number())
			}
			if i%6 == 5 {
				c.spare = append(c.spare, row)
			} else {
				c.rows = append(c.rows, row)
			}
		}
		sc.campaigns = append(sc.campaigns, c)
		return c
	}
	a := add("a", "Camp200", d.between(10, 26))
	if d.chance(0.4) {
		b := add("b", one(d, "Camp200", "Camp202"), d.between(5, 12))
		for i := range b.rows { // who is on both lists
			if d.chance(0.3) && i < len(a.rows) {
				b.rows[i][1] = a.rows[i][1]
			}
		}
	}
	if d.chance(0.2) {
		add("z", "Empty", 3)
	}
	for _, c := range sc.campaigns {
		for _, row := range c.rows {
			if d.chance(0.05) {
				sc.barred = append(sc.barred, row[1])
			}
		}
	}
}

func number(n int) string { return fmt.Sprintf("7%05d", n) }

// list is the campaign's list, of these rows.
func list(rows [][]string) string {
	var b strings.Builder
	b.WriteString("key,phone,phone2\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s%s\n", strings.Join(r, ","), strings.Repeat(",", 3-len(r)))
	}
	return b.String()
}

// config is the configuration, with each campaign's max_in_flight as given.
func (sc *scenario) config(maxInFlight map[string]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `asterisk: [{name: pbx, address: "127.0.0.1:5038", username: %s, secret: %s-secret, max_channels: %d, calls_per_second: %d, breaker: {pause: 20s, at_most: 1m}}]
store: {path: dialcamp.db}
dnc: {files: [dnc.txt]}
campaigns:
`, sc.user, sc.user, sc.channels, sc.rate)
	windows := `{days: mon-sun, from: "00:00", to: "24:00"}`
	for i, w := range sc.windows {
		if i == 0 {
			windows = ""
		} else {
			windows += ", "
		}
		windows += fmt.Sprintf(`{days: mon-sun, from: "%s", to: "%s"}`, hhmm(w.from), hhmm(w.to))
	}
	for _, c := range sc.campaigns {
		exten, removed := strings.TrimPrefix(c.queue, "Camp"), "keep"
		if c.queue == "Empty" {
			exten = "empty"
		}
		if c.remove {
			removed = "remove"
		}
		ratio := ""
		if c.mode == "power" {
			ratio = ", ratio: 1.5"
		}
		fmt.Fprintf(&b, `  - name: %s
    queue: %s
    lists: [{path: %s.csv, reload: "* * * * *", removed: %s}]
    originate: {ring_timeout: %v, context: campaign, exten: "%s"}
    pacing: {mode: %s%s, max_in_flight: %d%s}
    calling: {timezone: %s, windows: [%s]}
    retry: {max_attempts: %d, by_outcome: {busy: {after: 20s, max: 2}, no_answer: {after: [40s, 90s], max: 3}, abandoned: {after: 1m, max: 1}, dropped: {after: 1m, max: 1}, machine: {after: 30s, max: 1}, unreachable: {after: 30s, max: 2}, congestion: {after: 20s, max: 3}, failed: {after: 30s, max: 2}, unknown: {after: 2m, max: 1}}}
`, c.name, c.queue, c.name, removed, c.ring, exten, c.mode, ratio, maxInFlight[c.name], lockout(c.mode), sc.zone, windows, c.attempts)
	}
	return b.String()
}

// lockout takes the regime's out of the way of the retry rules, which are short here.
func lockout(mode string) string {
	if mode != "predictive" {
		return ""
	}
	return ", regime: queue, abandoned: {lockout: 0s}"
}

// plan is what becomes of each call.
func (sc *scenario) plan(s seed) amitest.Plan {
	return func(number string, n int) amitest.Fate {
		d := s.draws("fate", number, n)
		f := amitest.Fate{Setup: d.lasting(5*time.Millisecond, 2*time.Second)}
		switch u := d.IntN(100); {
		case u < 45:
			f.Answer, f.Ring, f.Talk, f.Patience = true, d.lasting(500*time.Millisecond, 7*time.Second), d.lasting(time.Second, 25*time.Second), d.lasting(3*time.Second, 40*time.Second)
			f.Verdict.Status = "HUMAN"
		case u < 60:
			f.Cause = ami.CauseUserBusy
		case u < 70:
			f.Cause, f.Ring = ami.CauseCallRejected, d.lasting(0, 4*time.Second)
		case u < 76:
			f.Cause = ami.CauseUnallocated
		case u < 80:
			f.Cause = ami.CauseNormalCircuitCongestion
		}
		return f
	}
}

func (sc *scenario) asterisk(s seed) amitest.Config {
	cfg := amitest.Lab(sc.agents)
	cfg.Seed, cfg.Plan = uint64(s), sc.plan(s)
	return cfg
}

// maxInFlight are the campaigns' own.
func (sc *scenario) maxInFlight() map[string]int {
	all := map[string]int{}
	for _, c := range sc.campaigns {
		all[c.name] = c.maxInFlight
	}
	return all
}
