package config

import (
	"maps"
	"slices"
	"strings"
)

func (r *resolver) retry(key string, raw rawRetry) Retry {
	retry := Retry{MaxAttempts: DefaultMaxAttempts, ByOutcome: DefaultRetry()}
	if raw.MaxAttempts != nil {
		retry.MaxAttempts = *raw.MaxAttempts
		r.within(key+".max_attempts", retry.MaxAttempts, 1, MaxAttempts)
	}
	outcomes := slices.Sorted(maps.Keys(retry.ByOutcome))
	for _, outcome := range slices.Sorted(maps.Keys(raw.ByOutcome)) {
		k := key + ".by_outcome." + outcome
		rule, ok := retry.ByOutcome[outcome]
		switch {
		case outcome == "connected":
			r.fail(k, "remove it", "a contact who was connected is never dialed again")
			continue
		case !ok:
			hint := "use " + strings.Join(outcomes, ", ")
			if near := nearest(outcome, outcomes); near != "" {
				hint = `did you mean "` + near + `"?`
			}
			r.fail(k, hint, "not an outcome")
			continue
		}
		given := raw.ByOutcome[outcome]
		if !r.has(k+".after") && !r.has(k+".max") {
			r.fail(k, "such as {after: 1h, max: 2}", "neither after nor max")
			continue
		}
		if given.After != nil {
			rule.After = *given.After
		}
		if given.Max != nil {
			rule.Max = *given.Max
		}
		r.within(k+".max", rule.Max, 0, MaxAttempts)
		switch {
		case rule.Max > 0 && rule.After == 0 && given.After == nil:
			r.fail(k+".after", "such as after: 1h", "missing")
		case rule.Max > 0:
			r.duration(k+".after", rule.After, MinRetryAfter, MaxRetryAfter)
		default:
			r.duration(k+".after", rule.After, 0, MaxRetryAfter)
		}
		retry.ByOutcome[outcome] = rule
	}
	return retry
}
