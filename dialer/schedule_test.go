package dialer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// sleepUntil lets the bubble's time pass, which begins with the year 2000.
func sleepUntil(t *testing.T, zone, at string) {
	t.Helper()
	when := moment(t, zone, at)
	if when.Before(time.Now()) {
		t.Fatalf("%v has passed", when)
	}
	time.Sleep(time.Until(when))
}

func moment(t *testing.T, zone, at string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04:05", at, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestScheduleStartsAndStops runs a campaign over its hours in its time zone.
func TestScheduleStartsAndStops(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		const zone = "Asia/Seoul"
		sleepUntil(t, zone, "2000-03-06 08:57:00") // a Monday
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers(series("301010", 2000)...)},
			oneCampaign("    calling: {timezone: Asia/Seoul}\n    start: \"0 9 * * mon-fri\"\n    stop: \"10 9 * * mon-fri\"\n"))
		w.start()
		if s := w.state("a"); s != campaign.Stopped {
			t.Errorf("at 08:57 it is %s", s)
		}
		w.quiet(2*time.Minute+59*time.Second, "before the start")
		w.await(5*time.Second, "dialing at 9", func() bool { return len(w.srv.Calls()) > 0 })
		if first := w.srv.Calls()[0].Start; first.Before(moment(t, zone, "2000-03-06 09:00:00")) {
			t.Errorf("the first call was at %v", first)
		}
		time.Sleep(5 * time.Minute)
		// A command wins until the next word of the schedule.
		if s := w.operate("a", campaign.Pause); s != campaign.Paused {
			t.Errorf("paused it is %s", s)
		}
		time.Sleep(5 * time.Second)
		w.quiet(time.Minute, "paused")
		w.operate("a", campaign.Resume)
		sleepUntil(t, zone, "2000-03-06 09:10:05")
		w.await(10*time.Second, "stopped", func() bool { return w.state("a") == campaign.Stopped })
		w.quiet(time.Minute, "stopped")
		before := len(w.srv.Calls())
		w.operate("a", campaign.Start)
		w.await(10*time.Second, "dialing again", func() bool { return len(w.srv.Calls()) > before })
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}

// TestStateAtStart: what the operator last said holds after a restart, unless
// the schedule spoke since then.
func TestStateAtStart(t *testing.T) {
	const both = "    start: \"0 9 * * *\"\n    stop: \"0 18 * * *\"\n"
	for _, tc := range []struct {
		name     string
		schedule string
		first    string // time of the first start
		verb     campaign.Verb
		again    string // time of the next
		want     [2]campaign.State
	}{
		{"no schedule", "", "2000-03-06 12:00:00", "", "2000-03-06 13:00:00", [2]campaign.State{campaign.Running, campaign.Running}},
		{"paused, no schedule", "", "2000-03-06 12:00:00", campaign.Pause, "2000-04-06 13:00:00", [2]campaign.State{campaign.Running, campaign.Paused}},
		{"drained, no schedule", "", "2000-03-06 12:00:00", campaign.Drain, "2000-04-06 13:00:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
		{"within hours", both, "2000-03-06 12:00:00", "", "2000-03-06 17:59:59", [2]campaign.State{campaign.Running, campaign.Running}},
		{"out of hours", both, "2000-03-06 18:00:00", "", "2000-03-07 08:59:59", [2]campaign.State{campaign.Stopped, campaign.Stopped}},
		{"missed start", both, "2000-03-06 08:00:00", "", "2000-03-06 09:00:00", [2]campaign.State{campaign.Stopped, campaign.Running}},
		{"missed stop", both, "2000-03-06 12:00:00", "", "2000-03-06 20:00:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
		{"paused the same day", both, "2000-03-06 12:00:00", campaign.Pause, "2000-03-06 17:00:00", [2]campaign.State{campaign.Running, campaign.Paused}},
		{"paused yesterday", both, "2000-03-06 12:00:00", campaign.Pause, "2000-03-07 10:00:00", [2]campaign.State{campaign.Running, campaign.Running}},
		{"started at night", both, "2000-03-06 20:00:00", campaign.Start, "2000-03-06 23:00:00", [2]campaign.State{campaign.Stopped, campaign.Running}},
		{"started last night", both, "2000-03-06 20:00:00", campaign.Start, "2000-03-07 19:00:00", [2]campaign.State{campaign.Stopped, campaign.Stopped}},
		{"only start", "    start: \"0 9 * * *\"\n", "2000-03-06 08:00:00", "", "2000-03-06 12:00:00", [2]campaign.State{campaign.Running, campaign.Running}},
		{"only stop, first day", "    stop: \"0 18 * * *\"\n", "2000-03-06 12:00:00", "", "2000-03-06 17:00:00", [2]campaign.State{campaign.Running, campaign.Running}},
		{"only stop, missed", "    stop: \"0 18 * * *\"\n", "2000-03-06 12:00:00", "", "2000-03-06 19:00:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
		{"monthly", "    start: \"0 9 1 * *\"\n    stop: \"0 18 25 * *\"\n", "2000-03-20 12:00:00", "", "2000-03-28 12:00:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
		{"over the spring change", both, "2000-03-27 12:00:00", "", "2000-04-03 08:59:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
		{"over the autumn change", both, "2000-10-29 08:59:00", "", "2000-10-30 09:00:30", [2]campaign.State{campaign.Stopped, campaign.Running}},
		{"weekly", "    start: \"0 9 * * mon\"\n    stop: \"0 18 * * fri\"\n", "2000-03-12 12:00:00", "", "2000-03-19 12:00:00", [2]campaign.State{campaign.Stopped, campaign.Stopped}},
		{"other zone in the expression", "    start: \"CRON_TZ=Asia/Seoul 0 9 * * *\"\n    stop: \"CRON_TZ=Asia/Seoul 0 18 * * *\"\n", "2000-03-06 19:30:00", "", "2000-03-07 04:01:00", [2]campaign.State{campaign.Running, campaign.Stopped}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				const zone = "America/New_York"
				w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("3010")}, oneCampaign("    calling: {timezone: "+zone+"}\n"+tc.schedule))
				for i, at := range []string{tc.first, tc.again} {
					sleepUntil(t, zone, at)
					w.start()
					if s := w.state("a"); s != tc.want[i] {
						t.Errorf("at %s it is %s, want %s", at, s, tc.want[i])
					}
					if i == 0 && tc.verb != "" {
						w.operate("a", tc.verb)
					}
					w.stop()
					w.returned(time.Second)
				}
			})
		})
	}
}

// jumpy is a clock that can be set, as a machine's is that slept.
type jumpy struct {
	dialer.RealTime
	ahead chan time.Duration // holds one
}

func (j *jumpy) Now() time.Time {
	d := <-j.ahead
	j.ahead <- d
	return time.Now().Add(d)
}

func (j *jumpy) jump(d time.Duration) { j.ahead <- <-j.ahead + d }

// TestJobsAfterSleep: what was due while the machine slept runs once, in the
// order of the last times: stopped in the evening and started in the morning is
// running.
func TestJobsAfterSleep(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		sleepUntil(t, "UTC", "2000-03-06 12:00:00")
		w := newWorld(t, amitest.Lab(0), map[string]string{"a.csv": numbers("3010")},
			oneCampaign("    calling: {timezone: UTC}\n    start: \"0 9 * * *\"\n    stop: \"0 18 * * *\"\n"))
		clock := &jumpy{ahead: make(chan time.Duration, 1)}
		clock.ahead <- 0
		w.opt.Clock = clock
		w.start()
		for _, tc := range []struct {
			hours time.Duration
			want  campaign.State
		}{
			{23, campaign.Running},          // Tuesday 11:00
			{24 + 8, campaign.Stopped},      // Wednesday 19:00
			{15, campaign.Running},          // Thursday 10:00
			{3 * 24, campaign.Running},      // Sunday 10:00
			{9, campaign.Stopped},           // Sunday 19:00
			{400*24 + 15, campaign.Running}, // 10:00
		} {
			lines := len(w.log.lines("the schedule says start"))
			looks := len(w.log.lines("list unchanged"))
			clock.jump(tc.hours * time.Hour)
			time.Sleep(5 * time.Second) // all of them within a minute
			if s := w.state("a"); s != tc.want {
				t.Errorf("%v later it is %s, want %s", tc.hours*time.Hour, s, tc.want)
			}
			if n := len(w.log.lines("the schedule says start")) - lines; n > 1 {
				t.Errorf("started %d times", n)
			}
			if n := len(w.log.lines("list unchanged")) - looks; n != 1 {
				t.Errorf("the list was looked at %d times", n)
			}
		}
	})
}

// TestCallingWindow: nobody is called outside the windows, and dialing goes on
// when one opens.
func TestCallingWindow(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				const zone = "Europe/Madrid"
				sleepUntil(t, zone, "2000-03-31 11:55:00") // a Friday
				asterisk := amitest.Lab(6)
				asterisk.Seed = seed
				w := newWorld(t, asterisk, map[string]string{"a.csv": numbers(series("1017", 5000)...)}, fmt.Sprintf(preamble, ", calls_per_second: 5")+`
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv}]
    originate: {context: campaign, exten: "200"}
    calling:
      timezone: Europe/Madrid
      windows: [{days: mon-fri, from: "12:00", to: "12:02"}, {days: mon-fri, from: "12:04", to: "12:06"}]
`)
				w.start()
				time.Sleep(time.Minute)
				if h := w.hold("a"); h != "outside the calling window until Fri 2000-03-31 12:00 CEST" {
					t.Errorf("held by %q", h)
				}
				sleepUntil(t, zone, "2000-03-31 12:08:00")
				w.kill()
				w.returned(time.Minute)
				in := map[string]int{}
				for _, c := range w.srv.Calls() {
					in[c.Start.In(moment(t, zone, "2000-03-31 12:00:00").Location()).Format("15:04")]++
				}
				for at, n := range in {
					if !slices.Contains([]string{"12:00", "12:01", "12:04", "12:05"}, at) {
						t.Errorf("%d calls were placed at %s", n, at)
					}
				}
				if len(in) != 4 {
					t.Errorf("calls by minute: %v", in)
				}
				w.witness(w.open(), true)
			})
		})
	}
}

// TestScheduledReport: it is there at its time, whole, and again at the next.
func TestScheduledReport(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("1017", 5)...)}, oneCampaign("")+`
reports:
  - {campaign: a, at: "* * * * *", format: json, path: report.json}
`)
		w.start()
		time.Sleep(65 * time.Second)
		var r struct {
			Campaign string
			Attempts struct{ Total int }
		}
		if err := json.Unmarshal([]byte(w.read("report.json")), &r); err != nil || r.Campaign != "a" || r.Attempts.Total != 5 {
			t.Errorf("%v: %+v", err, r)
		}
		mustRemove(t, w.path("report.json"))
		if err := os.Mkdir(w.path("report.json"), 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.logged(1, "level=ERROR", "the report was not written")
		mustRemove(t, w.path("report.json"))
		time.Sleep(time.Minute)
		w.read("report.json")
		names, err := os.ReadDir(w.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if strings.HasPrefix(n.Name(), ".dialcamp-") {
				t.Errorf("left behind: %s", n.Name())
			}
		}
		w.stop()
		w.returned(time.Minute)
	})
}

// TestScheduledReportsByDate: each is a file of its own, or a piece of what the
// journal reads.
func TestScheduledReportsByDate(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("1017", 5)...)}, oneCampaign("")+`
reports:
  - {campaign: a, at: "* * * * *", format: html, by: yield, path: "a-{date}-{time}.html"}
  - {campaign: a, at: "* * * * *", format: xlsx, by: interval, interval: 15m, path: "a-{date}.xlsx"}
  - {campaign: a, at: "* * * * *", format: table, path: "-"}
`)
		var out pieces
		w.opt.Reports = &out
		first := time.Now().Truncate(time.Minute).Add(time.Minute)
		w.start()
		time.Sleep(time.Until(first.Add(65 * time.Second)))
		for _, at := range []time.Time{first, first.Add(time.Minute)} {
			if page := w.read(at.Format("a-2006-01-02-1504.html")); !strings.Contains(page, "Campaign a by yield") {
				t.Errorf("the page of %v: %s", at, page)
			}
		}
		if book := w.read(first.Format("a-2006-01-02.xlsx")); !strings.HasPrefix(book, "PK") {
			t.Errorf("the workbook: %q", book)
		}
		w.stop()
		w.returned(time.Minute)
		if len(out) != 2 || !strings.HasPrefix(out[1], "campaign a, ") || !strings.Contains(out[1], "attempts") {
			t.Errorf("%q", out)
		}
	})
}

// pieces are what was written, a write each.
type pieces []string

func (p *pieces) Write(b []byte) (int, error) {
	*p = append(*p, string(b))
	return len(b), nil
}
