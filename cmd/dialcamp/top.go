package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
)

func (a *app) topCmd() *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "top",
		Short: "The same as status, live, to look at and to operate",
		Long: `Shows the daemon's servers, queues and campaigns, again every --every, and what
holds the chosen campaign. Keys: up and down choose a campaign; s starts it,
p pauses, r resumes, d drains, x stops it, each after a y; q ends top.

For scripts there is dialcamp status --json.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := a.client()
			if err != nil {
				return err
			}
			if every < minEvery || every > maxEvery {
				return usage("such as --every 1s", "--every is %v, not within %v and %v", every, minEvery, maxEvery)
			}
			if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
				return usage("for scripts: dialcamp status, or status --json", "top needs a terminal")
			}
			// That no daemon runs is said here, and not on a screen that is gone.
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			t := &top{daemon: c, every: every, width: 80}
			t.see(st)
			_, err = tea.NewProgram(t, tea.WithContext(cmd.Context())).Run()
			return err
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "how often it looks")
	return cmd
}

const (
	minEvery = 200 * time.Millisecond
	maxEvery = time.Hour
)

// operable is what top needs of the control API.
type operable interface {
	Status(context.Context) (control.Status, error)
	Operate(ctx context.Context, campaign string, verb campaign.Verb) (campaign.State, error)
}

// top is the screen: what was last seen, and what the operator is at.
type top struct {
	daemon operable
	every  time.Duration
	width  int
	height int // 0: not known yet

	seen    control.Status
	err     error // of the last look
	chosen  string
	ask     campaign.Verb // to be answered with y; empty: nothing is asked
	asked   string        // the campaign that it is about
	said    string        // what came of the last command
	at      int           // commands that are being carried out
	leaving bool          // once these are
}

type (
	looked struct {
		status control.Status
		err    error
	}
	operated struct {
		campaign string
		verb     campaign.Verb
		state    campaign.State
		err      error
		seen     control.Status // afterwards
		seenErr  error
	}
	again struct{}
)

var topKeys = map[string]campaign.Verb{"s": campaign.Start, "p": campaign.Pause, "r": campaign.Resume, "d": campaign.Drain, "x": campaign.Stop}

// topPatience bounds how long top waits for an answer.
const topPatience = 10 * time.Second

func (t *top) Init() tea.Cmd { return t.look }

func (t *top) look() tea.Msg {
	ctx, cancel := context.WithTimeout(context.Background(), topPatience)
	defer cancel()
	st, err := t.daemon.Status(ctx)
	return looked{st, err}
}

func (t *top) operate(name string, verb campaign.Verb) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), topPatience)
		defer cancel()
		state, err := t.daemon.Operate(ctx, name, verb)
		st, seenErr := t.daemon.Status(ctx)
		return operated{name, verb, state, err, st, seenErr}
	}
}

// Update implements tea.Model.
func (t *top) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		t.width, t.height = msg.Width, msg.Height
	case again:
		return t, t.look
	case looked:
		if t.err = msg.err; msg.err == nil {
			t.see(msg.status)
		}
		return t, tea.Tick(t.every, func(time.Time) tea.Msg { return again{} })
	case operated:
		if t.said = fmt.Sprintf("campaign %s is %s", msg.campaign, msg.state); msg.err != nil {
			t.said = fmt.Sprintf("%s %s: %v", msg.verb, msg.campaign, msg.err)
		}
		if t.at--; t.leaving && t.at == 0 {
			return t, tea.Quit
		}
		if msg.seenErr == nil {
			t.see(msg.seen)
		}
		return t, nil
	case tea.KeyPressMsg:
		return t, t.key(msg.String())
	}
	return t, nil
}

func (t *top) see(st control.Status) {
	t.seen = st
	t.choose(0)
}

func (t *top) key(key string) tea.Cmd {
	if t.ask != "" {
		verb := t.ask
		t.ask, t.said = "", ""
		if key == "y" || key == "Y" {
			t.at++
			return t.operate(t.asked, verb)
		}
		return nil
	}
	switch key {
	case "q", "esc", "ctrl+c":
		if t.leaving = true; t.at > 0 {
			return nil // what was asked for is carried out first
		}
		return tea.Quit
	case "up", "k":
		t.choose(-1)
	case "down", "j":
		t.choose(1)
	default:
		if verb, ok := topKeys[key]; ok && t.chosen != "" {
			t.ask, t.asked = verb, t.chosen
		}
	}
	return nil
}

// choose moves the choice by so many campaigns; one that is gone leaves it to
// the first.
func (t *top) choose(by int) {
	all := t.seen.Campaigns
	if len(all) == 0 {
		t.chosen = ""
		return
	}
	i := slices.IndexFunc(all, func(c campaign.CampaignStatus) bool { return c.Name == t.chosen })
	t.chosen = all[min(max(0, max(0, i)+by), len(all)-1)].Name
}

// View implements tea.Model.
func (t *top) View() tea.View {
	v := tea.NewView(t.text())
	v.AltScreen = true
	v.WindowTitle = "dialcamp"
	return v
}

// text is the screen, no line wider than it.
func (t *top) text() string {
	var b strings.Builder
	t.write(&b)
	if t.err != nil {
		fmt.Fprintf(&b, "\n%v; trying again\n", t.err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	// The foot stays in sight, whatever there is above it.
	if most := t.height - 2; t.height > 0 && len(lines) > max(1, most) {
		lines = lines[:max(1, most)]
	}
	lines = append(lines, "", t.foot())
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, max(20, t.width), "…")
	}
	return strings.Join(lines, "\n")
}

func (t *top) foot() string {
	switch {
	case t.ask != "":
		return fmt.Sprintf("%s campaign %s: %s? y for yes, any other key for no", t.ask, t.asked, strings.ToLower(verbHelp[t.ask]))
	case t.said != "":
		return t.said
	}
	return "↑↓ choose   s start   p pause   r resume   d drain   x stop   q quit"
}

func (t *top) write(b *strings.Builder) {
	st := &t.seen
	calls := 0
	var links []string
	for _, s := range st.Servers {
		calls += s.InFlight
		state := "up"
		if !s.Up {
			state = "DOWN"
		}
		links = append(links, s.Name+" "+state)
	}
	fmt.Fprintf(b, "dialcamp  %s   %s   %s in flight\n\n", st.Time.Format(time.TimeOnly), strings.Join(links, ", "), plural(calls, "call"))

	tw := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "QUEUE\tAGENTS\tFREE\tWHY")
	for _, q := range st.Queues {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", q.Name, q.LoggedIn, q.Free, queueWhy(&q))
	}
	tw.Flush()

	fmt.Fprintln(b)
	tw = tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  CAMPAIGN\tSTATE\tMODE\tCALLS\tRINGING\tWAITING\tTALKING\tLEFT\tATTEMPTS\tCONNECTED\tABANDONED")
	hold := ""
	for _, c := range st.Campaigns {
		mark := "  "
		if c.Name == t.chosen {
			mark, hold = "> ", c.Hold
		}
		n := sumsOf(st, c.Name)
		abandoned := "-"
		if n.live > 0 {
			abandoned = fmt.Sprintf("%.1f %% of %.0f", 100*n.abandoned/n.live, n.live)
		}
		fmt.Fprintf(tw, "%s%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", mark, c.Name, c.State, c.Mode, c.InFlight,
			c.Phases["originated"]+c.Phases["ringing"], c.Phases["answered"]+c.Phases["queued"]+c.Phases["offered"], c.Phases["talking"],
			n.left, n.attempts, n.connected, abandoned)
	}
	tw.Flush()
	if t.chosen == "" {
		return
	}
	if hold == "" {
		hold = "nothing holds it"
	}
	fmt.Fprintf(b, "\n%s: %s\n", t.chosen, hold)
}
