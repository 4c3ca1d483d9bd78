package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/sim"
)

// fromHistory is a world like that of a campaign's calls so far.
func (a *app) fromHistory(cmd *cobra.Command, name string) (sim.Scenario, error) {
	cfg, err := a.load()
	if err != nil {
		return sim.Scenario{}, err
	}
	calls, end, err := a.calls(cmd.Context(), report.Query{Campaign: name})
	if err != nil {
		return sim.Scenario{}, err
	}
	defer end()
	var h sim.History
	for c, err := range until(cmd.Context(), calls) {
		if err != nil {
			return sim.Scenario{}, err
		}
		at, err := time.Parse(time.RFC3339, c.Claimed)
		if err != nil {
			return sim.Scenario{}, fmt.Errorf("call %s: claimed: %w", c.ID, err)
		}
		outcome, _ := campaign.ParseOutcome(c.Outcome)
		h.Add(sim.Call{Outcome: outcome, At: at, Ring: seconds(c.Ring), Talk: seconds(c.Talk), Agent: c.Agent})
	}
	sc, err := h.Scenario()
	if err != nil {
		return sc, fmt.Errorf("campaign %s: %w", name, err)
	}
	if wrapup := dialer.Configured(cfg)[name].Wrapup; wrapup > 0 {
		sc.Wrapup = sim.Spread{Mean: sim.Duration(wrapup.Seconds())}
	}
	if sc.Agents == 0 && !cmd.Flags().Changed("agents") {
		return sc, usage("give --agents", "campaign %s: no call tells who talked", name)
	}
	if !a.json {
		fmt.Fprintf(cmd.OutOrStdout(), "from %s of %s on %s: %s, %s, talk %.0f s, wrap-up %.0f s\n\n",
			plural(h.Calls(), "call"), name, plural(h.Days(), "day"), plural(sc.Agents, "agent"), plural(int(sc.Hours), "hour"), float64(sc.Talk.Mean), float64(sc.Wrapup.Mean))
	}
	return sc, nil
}

func seconds(x float64) time.Duration { return time.Duration(x * float64(time.Second)) }
