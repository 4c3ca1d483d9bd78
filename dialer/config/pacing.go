package config

import (
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Pacing says how many calls to place.
type Pacing struct {
	Mode           string        // progressive, power, predictive, broadcast
	Ratio          float64       // of power: calls to free agents
	AbandonTarget  float64       // of predictive: live answers without an agent in time, as a share
	Regime         pacing.Regime // what counts as abandoned; only predictive is held to it
	MaxInFlight    int           // calls of this campaign in flight at most
	CallsPerSecond int           // of a broadcast; 0 = no limit of its own
	Wrapup         time.Duration
	Weight         int           // of its share of the queue's agents
	Priority       int           // campaigns of a higher one on the same queue are served first
	HangUpAfter    time.Duration // ring time after which a call is hung up if no agent is left; 0 = never
	Drop           Drop
}

// Drop is where a contact goes who has waited too long. Context empty: nowhere.
type Drop struct {
	After          time.Duration
	Context, Exten string
	Priority       int
}

func regimes() (names []string) {
	for _, r := range pacing.Regimes {
		names = append(names, r.Name)
	}
	return names
}

var modes = []string{string(pacing.Progressive), string(pacing.Power), string(pacing.Predictive), string(pacing.Broadcast)}

func (r *resolver) pacing(key string, raw rawPacing) Pacing {
	p := Pacing{Mode: DefaultMode, MaxInFlight: DefaultMaxInFlight, Weight: 1}
	if raw.Mode != nil {
		p.Mode = *raw.Mode
		r.oneOf(key+".mode", p.Mode, modes...)
	}
	r.ofMode(key, p.Mode, "ratio", pacing.Power)
	r.ofMode(key, p.Mode, "abandon_target", pacing.Predictive)
	r.ofMode(key, p.Mode, "regime", pacing.Predictive)
	r.ofMode(key, p.Mode, "abandoned", pacing.Predictive)
	r.ofMode(key, p.Mode, "calls_per_second", pacing.Broadcast)
	if p.Mode == string(pacing.Broadcast) {
		for _, k := range []string{"wrapup", "weight", "priority", "hang_up_after", "drop"} {
			if r.has(key + "." + k) {
				r.fail(key+"."+k, "remove it", "a broadcast has no agents")
			}
		}
	}
	if p.Mode == string(pacing.Power) {
		p.Ratio = DefaultRatio
		if raw.Ratio != nil {
			p.Ratio = *raw.Ratio
		}
		if p.Ratio < 1 || p.Ratio > MaxRatio {
			r.fail(key+".ratio", "", "%v is not within 1 and %v", p.Ratio, MaxRatio)
		}
	}
	name := DefaultRegime
	if raw.Regime != nil {
		name = *raw.Regime
		r.oneOf(key+".regime", name, regimes()...)
	}
	p.Regime, _ = pacing.FindRegime(name)
	if raw.Abandoned != nil {
		r.abandoned(key+".abandoned", *raw.Abandoned, &p.Regime)
	}
	if p.Mode == string(pacing.Predictive) {
		p.AbandonTarget = p.Regime.Limit
		if raw.AbandonTarget != nil {
			p.AbandonTarget, _ = parsePercent(string(*raw.AbandonTarget)) // else it was refused before
		}
		if raw.AbandonTarget != nil && (p.AbandonTarget < MinAbandonTarget || p.AbandonTarget > MaxAbandonTarget) {
			r.fail(key+".abandon_target", "", "%s is not within %v%% and %v%%", *raw.AbandonTarget, 100*MinAbandonTarget, 100*MaxAbandonTarget)
		}
	}
	number := func(name string, value *int, into *int, least, most int) {
		if value != nil {
			*into = *value
			r.within(key+"."+name, *into, least, most)
		}
	}
	number("max_in_flight", raw.MaxInFlight, &p.MaxInFlight, 1, MaxInFlight)
	number("calls_per_second", raw.CallsPerSecond, &p.CallsPerSecond, 0, MaxCallsPerSecond)
	number("weight", raw.Weight, &p.Weight, 1, MaxWeight)
	number("priority", raw.Priority, &p.Priority, -MaxWeight, MaxWeight)
	if raw.Wrapup != nil {
		p.Wrapup = *raw.Wrapup
		r.duration(key+".wrapup", p.Wrapup, 0, MaxWrapup)
	}
	if raw.HangUpAfter != nil {
		p.HangUpAfter = *raw.HangUpAfter
		r.duration(key+".hang_up_after", p.HangUpAfter, MinRingTimeout, MaxRingTimeout)
	}
	if raw.Drop != nil {
		p.Drop = r.drop(key+".drop", *raw.Drop)
	}
	return p
}

// ofMode refuses a key that only one mode heeds: a limit that is accepted and
// ignored is worse than none.
func (r *resolver) ofMode(key, mode, name string, of pacing.Mode) {
	if r.has(key+"."+name) && mode != string(of) && slices.Contains(modes, mode) {
		r.fail(key+"."+name, "remove it, or write mode: "+string(of), "%s pacing has none", mode)
	}
}

func (r *resolver) drop(key string, raw rawDrop) Drop {
	d := Drop{After: DefaultDropAfter, Exten: "s", Priority: DefaultPriority}
	if raw.After != nil {
		d.After = *raw.After
		r.duration(key+".after", d.After, MinRingTimeout, MaxRingTimeout)
	}
	if d.Context = raw.Context; r.required(key+".context", raw.Context, "the dialplan's context that plays the message") && !contextName.MatchString(raw.Context) {
		r.fail(key+".context", "use letters, digits and _ . -", "%s is not a context", quote(raw.Context))
	}
	if raw.Exten != nil {
		if d.Exten = *raw.Exten; !extenPattern.MatchString(d.Exten) {
			r.fail(key+".exten", "use letters, digits and _ . + * # -", "%s is not an extension", quote(d.Exten))
		}
	}
	if raw.Priority != nil {
		d.Priority = *raw.Priority
		r.within(key+".priority", d.Priority, 1, MaxPriority)
	}
	return d
}

// queue checks a campaign's queue. Campaigns that share one share its agents,
// and that is fair only if they are paced alike.
func (r *resolver) queue(key string, c *Campaign) {
	const hint = "the queue its agents are in, as queues.conf names it"
	if c.Pacing.Mode == string(pacing.Broadcast) {
		if r.has(key + ".queue") {
			r.fail(key+".queue", "remove it; originate.context or originate.application says what is played", "a broadcast has no agents")
		}
		return
	}
	if !r.required(key+".queue", c.Queue, hint) {
		return
	}
	if !queueName.MatchString(c.Queue) {
		r.fail(key+".queue", "use letters, digits and _ . @ + -", "%s is not a queue's name", quote(c.Queue))
		return
	}
	for _, other := range r.cfg.Campaigns {
		if slices.ContainsFunc(other.Asterisk, func(s string) bool { return slices.Contains(c.Asterisk, s) }) && other.Queue == c.Queue && other.Pacing.Mode != c.Pacing.Mode &&
			slices.Contains(modes, c.Pacing.Mode) && slices.Contains(modes, other.Pacing.Mode) {
			r.fail(key+".pacing.mode", "give both the same mode, or each its own queue",
				"%s, but campaign %s on the same queue is paced %s", c.Pacing.Mode, other.Name, other.Pacing.Mode)
			return
		}
	}
}
