package config

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// daysText is a number of days, 30d; Go's durations end with hours.
var daysText = regexp.MustCompile(`^([0-9]{1,3})d$`)

// abandoned are the settings that a campaign has of its own instead of its
// regime's.
func (r *resolver) abandoned(key string, raw rawAbandoned, regime *pacing.Regime) {
	if raw.Window != nil {
		switch days := daysText.FindStringSubmatch(*raw.Window); {
		case *raw.Window == "day":
			regime.Window = 1
		case *raw.Window == "month":
			regime.Window = pacing.CalendarMonth
		case days == nil:
			r.fail(key+".window", "use day, month (of the calendar both), or days such as 30d", "%s is not a window", quote(*raw.Window))
		default:
			n, _ := strconv.Atoi(days[1])
			if regime.Window = pacing.Window(n); n < 1 || n > MaxAbandonWindow {
				r.fail(key+".window", "", "%s is not within 1d and %dd", *raw.Window, MaxAbandonWindow)
			}
		}
	}
	duration := func(name string, value *time.Duration, into *time.Duration, most time.Duration) {
		if value != nil {
			*into = *value
			r.duration(key+"."+name, *into, 0, most)
		}
	}
	duration("after", raw.After, &regime.Patience, MaxAbandonAfter)
	duration("min_ring", raw.MinRing, &regime.MinRing, MaxRingTimeout)
	duration("lockout", raw.Lockout, &regime.LockOut, MaxRetryAfter)
	duration("certain_after", raw.CertainAfter, &regime.CertainAfter, MaxRetryAfter)
	if raw.Guaranteed != nil {
		regime.Guaranteed = *raw.Guaranteed
	}
	if raw.From != nil {
		r.oneOf(key+".from", *raw.From, "answer", "greeting")
		regime.FromGreeting = *raw.From == "greeting"
	}
	if raw.Late != nil {
		regime.Late = *raw.Late
	}
	if raw.Machines != nil {
		regime.Machines = *raw.Machines
	}
	if raw.FalseMachines != nil {
		regime.FalseMachines, _ = parsePercent(string(*raw.FalseMachines)) // else it was refused before
		if regime.FalseMachines > MaxFalseMachines {
			r.fail(key+".false_machines", "", "%s is not within 0%% and %v%%", *raw.FalseMachines, 100*MaxFalseMachines)
		}
	}
}

// regime holds a predictive campaign's other settings against its regime: how
// long phones ring, and when who was abandoned is called again.
func (r *resolver) regime(key string, c *Campaign) {
	regime := &c.Pacing.Regime
	if c.Pacing.Mode != string(pacing.Predictive) {
		return
	}
	least := "the " + short(regime.MinRing) + " that a phone rings at least"
	if r.has(key + ".pacing.abandoned.min_ring") {
		least += " (abandoned.min_ring)"
	} else {
		least += " (regime " + regime.Name + ")"
	}
	const hint = "ring longer, or set pacing.abandoned.min_ring if another rule binds you"
	if ring := c.Originate.RingTimeout; ring > 0 && ring < regime.MinRing {
		k := key + ".originate.ring_timeout"
		if !r.has(k) {
			k = key + ".pacing.abandoned.min_ring"
		}
		r.fail(k, hint, "%s is below %s", short(ring), least)
	}
	if after := c.Pacing.HangUpAfter; after > 0 && after < regime.MinRing {
		r.fail(key+".pacing.hang_up_after", hint, "%s is below %s", short(after), least)
	}
	for _, outcome := range []string{"abandoned", "dropped"} {
		rule := c.Retry.ByOutcome[outcome]
		k := key + ".retry.by_outcome." + outcome + ".after"
		earliest := time.Duration(0)
		if len(rule.After) > 0 {
			earliest = slices.Min(rule.After)
		}
		if s := rule.SwitchAfter; s > 0 && s < earliest {
			// The law speaks of the person, whichever of their phones rings.
			earliest, k = s, key+".retry.by_outcome."+outcome+".switch_after"
		}
		switch {
		case rule.Max == 0 || earliest >= regime.LockOut:
		case r.has(k):
			r.fail(k, "wait longer, or set pacing.abandoned.lockout if another rule binds you",
				"%s is earlier than the %s after which who was abandoned may be called again", short(earliest), short(regime.LockOut))
		default:
			rule.After = []time.Duration{regime.LockOut}
			c.Retry.ByOutcome[outcome] = rule
		}
	}
}

// certain checks when who was abandoned is called again with an agent for certain,
// and with none other.
func (r *resolver) certain(key string, c *Campaign) {
	regime := &c.Pacing.Regime
	if c.Pacing.Mode != string(pacing.Predictive) || regime.CertainAfter == 0 && !regime.Guaranteed {
		return
	}
	for _, outcome := range []string{"abandoned", "dropped"} {
		rule := c.Retry.ByOutcome[outcome]
		if rule.Max == 0 || len(rule.After) == 0 {
			continue
		}
		if first := slices.Min(rule.After); regime.CertainAfter >= first {
			r.fail(key+".pacing.abandoned.certain_after", "", "%s is not below the %s after which who was %s is called again anyway", short(regime.CertainAfter), short(first), outcome)
		}
		if rule.First {
			r.fail(key+".retry.by_outcome."+outcome+".first", "remove it, or set pacing.abandoned without certain_after and with guaranteed: false",
				"who is called before all others does not wait until an agent is certain")
		}
	}
}
