package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/report"
)

func topOf(names ...string) *top {
	st := control.Status{Status: campaign.Status{
		Time:    time.Date(2026, 11, 25, 14, 30, 5, 0, time.UTC),
		Servers: []campaign.ServerStatus{{Name: "pbx", Up: true, InFlight: 7}, {Name: "spare"}},
		Queues:  []campaign.QueueStatus{{Name: "Camp200", Known: true, LoggedIn: 20, Free: 3, Supply: "3 free of 20"}},
	}}
	for _, n := range names {
		st.Campaigns = append(st.Campaigns, campaign.CampaignStatus{
			Name: n, State: campaign.Running, Mode: "predictive", InFlight: 7, Hold: "no agent is free for " + n,
			Phases: map[string]int{"originated": 1, "ringing": 2, "queued": 1, "talking": 3},
		})
		st.Reports = append(st.Reports, report.Row{
			Campaign: n, Contacts: map[string]int64{"pending": 90, "waiting": 5, "dialing": 7, "done": 900},
			Attempts: report.Attempts{Total: 1234, ByOutcome: map[string]int64{"connected": 321}},
			Rates:    report.Rates{Abandon: report.Rate{Num: 10, Den: 400, Value: 0.025}},
		})
	}
	t := &top{width: 120}
	t.see(st)
	return t
}

func TestTopShows(t *testing.T) {
	const want = `dialcamp  14:30:05   pbx up, spare DOWN   7 calls in flight

QUEUE    AGENTS  FREE  WHY
Camp200  20      3     3 free of 20

  CAMPAIGN  STATE    MODE        CALLS  RINGING  WAITING  TALKING  LEFT  ATTEMPTS  CONNECTED  ABANDONED
> spring    running  predictive  7      3        1        3        102   1234      321        2.5 % of 400
  autumn    running  predictive  7      3        1        3        102   1234      321        2.5 % of 400

spring: no agent is free for spring

↑↓ choose   s start   p pause   r resume   d drain   x stop   q quit`
	top := topOf("spring", "autumn")
	if got := top.text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Whatever the size of the screen, no line is wider, and the last one is there.
func TestTopFits(t *testing.T) {
	top := topOf("spring", "autumn", "a", "b", "c", "d", "e", "f", "g")
	for width := 20; width < 130; width += 7 {
		for height := 1; height < 30; height += 4 {
			top.Update(tea.WindowSizeMsg{Width: width, Height: height})
			lines := strings.Split(top.text(), "\n")
			if len(lines) > max(3, height) || !strings.HasPrefix(lines[len(lines)-1], "↑↓") {
				t.Fatalf("%d lines on %d:\n%s", len(lines), height, top.text())
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > width {
					t.Fatalf("%q on %d columns", l, width)
				}
			}
		}
	}
}

func press(top *top, keys ...string) (cmd tea.Cmd) {
	for _, k := range keys {
		key := tea.Key{Text: k}
		switch k {
		case "up":
			key = tea.Key{Code: tea.KeyUp}
		case "down":
			key = tea.Key{Code: tea.KeyDown}
		default:
			key.Code = []rune(k)[0]
		}
		_, cmd = top.Update(tea.KeyPressMsg(key))
	}
	return cmd
}

func TestTopChooses(t *testing.T) {
	top := topOf("spring", "autumn", "winter")
	for _, step := range []struct{ keys, want string }{
		{"up", "spring"}, {"down", "autumn"}, {"down down down", "winter"}, {"k", "autumn"}, {"j", "winter"},
	} {
		if press(top, strings.Fields(step.keys)...); top.chosen != step.want {
			t.Errorf("%s: %s is chosen, not %s", step.keys, top.chosen, step.want)
		}
	}
	// One that is gone leaves the choice to the first.
	st := top.seen
	st.Campaigns = slices.Clone(st.Campaigns[:2])
	if top.Update(looked{status: st}); top.chosen != "spring" {
		t.Error(top.chosen)
	}
}

// Nothing is done to a campaign without a yes.
func TestTopAsks(t *testing.T) {
	for key, verb := range topKeys {
		top := topOf("spring", "autumn")
		if cmd := press(top, "down", key); cmd != nil || !strings.Contains(top.text(), string(verb)+" campaign autumn: ") {
			t.Errorf("%s asks\n%s", key, top.text())
		}
		if cmd := press(top, "n"); cmd != nil || strings.Contains(top.text(), "y for yes") {
			t.Errorf("no to %s is taken for yes", verb)
		}
		if cmd := press(top, key, "y"); cmd == nil {
			t.Errorf("yes to %s does nothing", verb)
		}
		if cmd := press(top, "q"); cmd != nil {
			t.Errorf("it leaves before %s is done", verb)
		}
		_, cmd := top.Update(operated{campaign: "autumn", verb: verb, state: campaign.Paused, seen: top.seen})
		if cmd == nil || !strings.Contains(top.text(), "campaign autumn is paused") {
			t.Errorf("after %s:\n%s", verb, top.text())
		}
	}
	if top := topOf(); press(top, "p", "y") != nil {
		t.Error("a campaign that is not there is paused")
	}
}

func TestTopSaysWhatFails(t *testing.T) {
	top := topOf("spring")
	top.Update(looked{err: errors.New("the daemon is not running")})
	if got := top.text(); !strings.Contains(got, "the daemon is not running; trying again") || !strings.Contains(got, "spring") {
		t.Errorf("what was seen last is gone, or the trouble is not told:\n%s", got)
	}
	top.Update(looked{status: top.seen})
	if strings.Contains(top.text(), "not running") {
		t.Error("an old trouble is still told")
	}
	top.at = 1
	top.Update(operated{campaign: "spring", verb: campaign.Pause, err: errors.New("no"), seen: top.seen})
	if got := top.text(); !strings.Contains(got, "pause spring: no") {
		t.Error(got)
	}
}
