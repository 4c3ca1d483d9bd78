package config

import (
	"regexp"
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
		switch {
		case rule.Max == 0 || rule.After >= regime.LockOut:
		case r.has(k):
			r.fail(k, "wait longer, or set pacing.abandoned.lockout if another rule binds you",
				"%s is earlier than the %s after which who was abandoned may be called again", short(rule.After), short(regime.LockOut))
		default:
			rule.After = regime.LockOut
			c.Retry.ByOutcome[outcome] = rule
		}
	}
}
