package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/sim"
)

// simulation is the command line of simulate.
type simulation struct {
	file, world  string
	history      string // a campaign
	compare      []string
	svg          string
	table        bool
	fill         []string // Markdown files
	sizes        []int
	human        float64
	talk, wrapup time.Duration
	scenario     sim.Scenario // what flags give
}

func (a *app) simulateCmd() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "What a way of pacing would reach",
		Long: `Simulates shifts of a call centre with the daemon's campaigns and pacing, in virtual
time: whom to call next, retries by the default rules, and what the manager shows.
What no flag and no scenario file says is as in the world "typical". Occupancy is
talk and wrap-up time of logged-in time, breaks not counted; JSON gives it and
abandoned calls as shares of 1.

--from-history derives the world from the attempts of a campaign: what became of
calls by hour of the day, how long they rang and agents talked, and how many
agents there were at most within an hour. The wrap-up time is the campaign's
pacing.wrapup; --agents, --wrapup and the other flags win. It asks the daemon, or
reads the store when none is running.

A scenario file is YAML, durations with a unit; what is left out is as above:

  agents: 10
  hours: 8
  seeds: 30                   # shifts
  mode: predictive            # progressive, power:RATIO
  abandon_target: 0.03        # of the answers
  answer:                     # numbers, or lists by hour of the shift
    {human: [0.25, 0.30], machine: 0.30, busy: 0.08, no_answer: 0.35, invalid: 0.02}
  ring_timeout: 25s           # from when the call is placed
  ring:                       # after a set-up of 1 to 3 s; also machine, busy …
    human: {mean: 8.7s, cv: 0.6}
  talk: {mean: 150s, cv: 1}
  wrapup: {mean: 30s, cv: 0.6}
  agent_sigma: 0.15           # how much agents differ in speed
  score_spread: 0             # how much contacts differ: sigma of the log-odds
  contacts: 0                 # all due at the beginning; 0: as many as are needed
  breaks: {every: 40m, length: 5m}
  patience: 20s               # on average; left out: for ever
  drop_after: 2s              # who answered and has no agent by then is abandoned
  trunks_per_agent: 20`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulate(cmd, &s) },
	}
	f := cmd.Flags()
	f.StringVarP(&s.file, "file", "f", "", "a scenario `FILE`; flags win over it")
	f.StringVar(&s.history, "from-history", "", "a world like that of a `CAMPAIGN`'s calls so far; flags win over it")
	f.StringVar(&s.world, "world", "typical", "a built-in world: "+strings.Join(sim.Worlds, ", "))
	f.IntVar(&s.scenario.Agents, "agents", 10, "agents")
	f.Float64Var(&s.scenario.Hours, "hours", 8, "length of a shift")
	f.IntVar(&s.scenario.Seeds, "seeds", 30, "shifts to simulate")
	f.StringVar(&s.scenario.Mode, "mode", "predictive", "progressive, power:RATIO or predictive")
	f.Float64Var(&s.scenario.AbandonTarget, "abandon-target", 0.03, "share of the answers that may be abandoned, for predictive")
	f.Float64Var(&s.human, "human", 0.25, "share of calls that people answer")
	f.DurationVar(&s.talk, "talk", 150*time.Second, "mean talk time")
	f.DurationVar(&s.wrapup, "wrapup", 30*time.Second, "mean wrap-up time")
	f.Float64Var(&s.scenario.ScoreSpread, "score-spread", 0, "how much contacts differ in their chance to answer: standard deviation of its log-odds")
	f.StringSliceVar(&s.compare, "compare", nil, "simulate these `MODES` instead of one, such as progressive,power:2,predictive")
	f.StringVar(&s.svg, "svg", "", "also plot occupancy and abandoned calls over the shift to this `FILE`")
	f.BoolVar(&s.table, "table", false, "simulate every world with --sizes agents, and print tables")
	f.StringSliceVar(&s.fill, "fill", nil, "simulate what the tables of these Markdown `FILES` have columns for, and write the results of predictive pacing into their rows named dialcamp; --sizes leaves columns out")
	f.IntSliceVar(&s.sizes, "sizes", []int{1, 2, 5, 10, 20, 50, 100, 500}, "numbers of agents of --table and --fill")
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) simulate(cmd *cobra.Command, s *simulation) error {
	// Each call leaves some garbage, and there are hundreds of thousands of them.
	debug.SetGCPercent(400)
	modes := s.compare
	if s.table && len(modes) == 0 {
		modes = []string{"progressive", "power:2", "predictive"}
	}
	if len(s.fill) > 0 {
		if s.table || s.history != "" || s.file != "" || len(modes) > 0 {
			return usage("the files say what is to be simulated", "--fill excludes --table, --compare, --file and --from-history")
		}
		return a.fill(cmd, s)
	}
	for _, m := range modes {
		if _, _, err := sim.ParseMode(m); err != nil {
			return usage("see: dialcamp simulate --help", "--compare: %v", err)
		}
	}
	if s.table {
		if s.history != "" || s.file != "" {
			return usage("the tables are of the built-in worlds", "--table excludes --file and --from-history")
		}
		return a.tables(cmd, s, modes)
	}
	sc, err := a.world(cmd, s, s.world)
	if err != nil {
		return err
	}
	if len(modes) == 0 {
		modes = []string{sc.Mode}
	}
	var results []sim.Result
	for _, m := range modes {
		sc.Mode = m
		r, err := sim.RunAll(cmd.Context(), sc)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	if s.svg != "" {
		if err := report.ToFile(s.svg, func(w io.Writer) error { return sim.WriteSVG(w, results) }); err != nil {
			return err
		}
	}
	if !a.json {
		return sim.WriteText(cmd.OutOrStdout(), results)
	}
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent("", "  ")
	if len(s.compare) == 0 {
		return enc.Encode(results[0])
	}
	return enc.Encode(results)
}

// world is the built-in one, the file's or that of a history, with what flags
// say over it.
func (a *app) world(cmd *cobra.Command, s *simulation, world string) (sim.Scenario, error) {
	sc, ok := sim.World(world)
	if !ok {
		return sc, unknown("--world", world, sim.Worlds)
	}
	var err error
	switch {
	case s.file != "" && cmd.Flags().Changed("world"):
		return sc, usage("a scenario file says all there is to say", "--world and --file exclude each other")
	case s.history != "" && (s.file != "" || cmd.Flags().Changed("world")):
		return sc, usage("a history says what the world is like", "--from-history excludes --world and --file")
	case s.file != "":
		if sc, err = sim.Load(s.file); err != nil {
			return sc, usage("see: dialcamp simulate --help", "%w", err)
		}
	case s.history != "":
		if sc, err = a.fromHistory(cmd, s.history); err != nil {
			return sc, err
		}
	}
	for name, set := range map[string]func(){
		"agents":         func() { sc.Agents = s.scenario.Agents },
		"hours":          func() { sc.Hours = s.scenario.Hours },
		"seeds":          func() { sc.Seeds = s.scenario.Seeds },
		"mode":           func() { sc.Mode = s.scenario.Mode },
		"abandon-target": func() { sc.AbandonTarget = s.scenario.AbandonTarget },
		"human":          func() { sc.Answer.Human = sim.Hourly{s.human} },
		"talk":           func() { sc.Talk.Mean = sim.Duration(s.talk.Seconds()) },
		"wrapup":         func() { sc.Wrapup.Mean = sim.Duration(s.wrapup.Seconds()) },
		"score-spread":   func() { sc.ScoreSpread = s.scenario.ScoreSpread },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
	if err := sc.Check(); err != nil {
		return sc, usage("see: dialcamp simulate --help", "%w", err)
	}
	return sc, nil
}

func (a *app) tables(cmd *cobra.Command, s *simulation, modes []string) error {
	for _, world := range sim.Worlds {
		t := sim.Table{World: world, Sizes: s.sizes, Modes: modes, Cells: map[string][]sim.Result{}}
		sc, err := a.world(cmd, s, world)
		if err != nil {
			return err
		}
		for _, m := range modes {
			for _, n := range s.sizes {
				sc.Mode, sc.Agents = m, n
				if err := sc.Check(); err != nil {
					return usage("see: dialcamp simulate --help", "--sizes: %w", err)
				}
				r, err := sim.RunAll(cmd.Context(), sc)
				if err != nil {
					return err
				}
				t.Cells[m] = append(t.Cells[m], r)
			}
		}
		if err := t.WriteMarkdown(cmd.OutOrStdout(), sc.AbandonTarget); err != nil {
			return err
		}
	}
	return nil
}

// fill writes results into the tables of Markdown files, each simulated once.
func (a *app) fill(cmd *cobra.Command, s *simulation) error {
	known := map[sim.Column]sim.Result{}
	for _, path := range s.fill {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		filled, n, err := sim.Fill(string(text), s.scenario.AbandonTarget, func(c sim.Column) (r sim.Result, ok bool, err error) {
			if !slices.Contains(s.sizes, c.Agents) {
				return r, false, nil
			}
			if r, ok = known[c]; ok {
				return r, true, nil
			}
			sc, err := a.world(cmd, s, c.World)
			if err != nil {
				return r, false, err
			}
			sc.Mode, sc.Agents = "predictive", c.Agents
			if err := sc.Check(); err != nil {
				return r, false, usage("see: dialcamp simulate --help", "%s: %w", path, err)
			}
			r, err = sim.RunAll(cmd.Context(), sc)
			known[c] = r
			return r, true, err
		})
		if err != nil {
			return err
		}
		if err := report.ToFile(path, func(w io.Writer) error { _, err := io.WriteString(w, filled); return err }); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d cells\n", path, n)
	}
	return nil
}
