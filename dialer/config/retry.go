package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// RetryRules are the rules as the campaign package takes them, with what the
// regime says of who was abandoned.
func (c *Campaign) RetryRules() campaign.RetryRules {
	r := &c.Retry
	rules := campaign.RetryRules{MaxAttempts: r.MaxAttempts, MaxPerNumber: r.MaxPerNumber, MaxPerDay: r.MaxPerDay, Zone: c.Calling.Location}
	for name, rule := range r.ByOutcome {
		if o, ok := campaign.ParseOutcome(name); ok {
			choice, _ := campaign.ParseNumberChoice(rule.NextNumber)
			rules.ByOutcome[o] = campaign.RetryRule{
				After: rule.After, Multiply: rule.Multiply, AtMost: rule.AtMost, Jitter: rule.Jitter, Max: rule.Max,
				Choice: choice, SwitchAfter: rule.SwitchAfter, First: rule.First,
			}
		}
	}
	regime := &c.Pacing.Regime
	switch {
	case c.Pacing.Mode != string(pacing.Predictive):
	case regime.Guaranteed:
		rules.CertainAfter, rules.Hold = regime.CertainAfter, campaign.Never
	case regime.CertainAfter > 0:
		longest := max(rules.ByOutcome[campaign.Abandoned].Longest(), rules.ByOutcome[campaign.Dropped].Longest())
		rules.CertainAfter, rules.Hold = regime.CertainAfter, max(0, longest-regime.CertainAfter)
	}
	return rules
}

func (r *resolver) retry(key string, raw rawRetry) Retry {
	retry := Retry{MaxAttempts: DefaultMaxAttempts, ByOutcome: DefaultRetry()}
	number := func(name string, value *int, into *int) {
		if value != nil {
			*into = *value
			r.within(key+"."+name, *into, 1, MaxAttempts)
		}
	}
	number("max_attempts", raw.MaxAttempts, &retry.MaxAttempts)
	number("max_per_number", raw.MaxPerNumber, &retry.MaxPerNumber)
	number("max_per_day", raw.MaxPerDay, &retry.MaxPerDay)
	if raw.NextNumber != nil {
		r.oneOf(key+".next_number", *raw.NextNumber, campaign.NumberChoices()...)
		for outcome, rule := range retry.ByOutcome {
			rule.NextNumber = *raw.NextNumber
			retry.ByOutcome[outcome] = rule
		}
	}
	outcomes := slices.Sorted(maps.Keys(retry.ByOutcome))
	for _, outcome := range slices.Sorted(maps.Keys(raw.ByOutcome)) {
		k := key + ".by_outcome." + outcome
		rule, ok := retry.ByOutcome[outcome]
		switch {
		case outcome == "connected":
			r.fail(k, "remove it", "a contact who was connected is never dialed again")
		case !ok:
			hint := "use " + strings.Join(outcomes, ", ")
			if near := nearest(outcome, outcomes); near != "" {
				hint = `did you mean "` + near + `"?`
			}
			r.fail(k, hint, "not an outcome")
		default:
			retry.ByOutcome[outcome] = r.rule(k, outcome, rule, raw.ByOutcome[outcome])
		}
	}
	return retry
}

// rule changes what an outcome's rule is by default.
func (r *resolver) rule(key, outcome string, rule RetryRule, raw rawRule) RetryRule {
	given := func(names ...string) string {
		i := slices.IndexFunc(names, func(n string) bool { return r.has(key + "." + n) })
		if i < 0 {
			return ""
		}
		return names[i]
	}
	if given("after", "max", "multiply", "at_most", "jitter", "next_number", "switch_after", "first") == "" {
		r.fail(key, "such as {after: 1h, max: 2}", "empty")
		return rule
	}
	if raw.Max != nil {
		rule.Max = *raw.Max
	}
	r.within(key+".max", rule.Max, 0, MaxAttempts)
	r.after(key, &rule, raw)
	r.growth(key, &rule, raw)
	if raw.Jitter != nil {
		rule.Jitter, _ = parsePercent(string(*raw.Jitter)) // else it was refused before
		if rule.Jitter < 0 || rule.Jitter > 1 {
			r.fail(key+".jitter", "", "%s is not within 0%% and 100%%", *raw.Jitter)
		}
	}
	if raw.NextNumber != nil {
		rule.NextNumber = *raw.NextNumber
		r.oneOf(key+".next_number", rule.NextNumber, campaign.NumberChoices()...)
	}
	if raw.SwitchAfter != nil {
		rule.SwitchAfter = *raw.SwitchAfter
		r.duration(key+".switch_after", rule.SwitchAfter, MinRetryAfter, MaxRetryAfter)
	}
	rule.First = raw.First != nil && *raw.First

	// A limit that is accepted and ignored is worse than none.
	number := given("next_number", "switch_after")
	switch {
	case number != "" && outcome == "congestion":
		r.fail(key+"."+number, "remove it", "congestion is the trunk's fault: the same number is called again")
	case rule.Max > 0:
	case given("multiply", "at_most", "jitter", "first") != "":
		r.fail(key+"."+given("multiply", "at_most", "jitter", "first"), "add max: 3, or remove it", "max is 0: it is never dialed again after this outcome")
	case number != "" && outcome != "invalid":
		r.fail(key+"."+number, "add max: 3, or remove it", "max is 0: it is never dialed again after this outcome")
	}
	return rule
}

func (r *resolver) after(key string, rule *RetryRule, raw rawRule) {
	least := MinRetryAfter
	if rule.Max == 0 {
		least = 0
	}
	switch has := r.has(key + ".after"); {
	case has && len(raw.After) == 0:
		r.fail(key+".after", "such as after: 1h, or after: [5m, 30m, 2h]", "empty")
		return
	case has && len(raw.After) > MaxDelays:
		r.fail(key+".after", "the last one is for all that follow", "%d delays, more than %d", len(raw.After), MaxDelays)
		return
	case has:
		rule.After = raw.After
	case rule.After[0] == 0 && rule.Max > 0:
		r.fail(key+".after", "such as after: 1h", "missing")
		return
	}
	for i, d := range rule.After {
		k := key + ".after"
		if item := fmt.Sprintf("%s[%d]", k, i); r.has(item) {
			k = item
		}
		r.duration(k, d, least, MaxRetryAfter)
	}
}

// growth is of the delays that follow those that are listed.
func (r *resolver) growth(key string, rule *RetryRule, raw rawRule) {
	if raw.Multiply != nil {
		rule.Multiply = *raw.Multiply
		if rule.Multiply <= 1 || rule.Multiply > MaxMultiply {
			r.fail(key+".multiply", "such as multiply: 2", "%v is not above 1 and at most %v", rule.Multiply, MaxMultiply)
		}
	}
	if raw.AtMost == nil {
		return
	}
	rule.AtMost = *raw.AtMost
	switch last := rule.After[len(rule.After)-1]; {
	case raw.Multiply == nil:
		r.fail(key+".at_most", "remove it, or add multiply: 2", "nothing grows without multiply")
	case rule.AtMost < last:
		r.fail(key+".at_most", "", "%s is less than after, %s", short(rule.AtMost), short(last))
	default:
		r.duration(key+".at_most", rule.AtMost, MinRetryAfter, MaxRetryAfter)
	}
}
