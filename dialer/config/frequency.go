package config

import "github.com/dialcamp/dialcamp/dialer/campaign"

// frequency are the bounds of a campaign, or those of all; what is not given is as
// inherited.
func (r *resolver) frequency(key string, raw rawFrequency, inherited campaign.Frequency) campaign.Frequency {
	f := inherited
	if r.has(key) && raw.PerDay == nil && raw.PerWeek == nil {
		r.fail(key, "such as {per_day: 3, per_week: 7}", "empty")
	}
	if raw.PerDay != nil {
		f.PerDay = *raw.PerDay
		r.within(key+".per_day", f.PerDay, 1, campaign.MaxFrequency)
	}
	if raw.PerWeek != nil {
		f.PerWeek = *raw.PerWeek
		r.within(key+".per_week", f.PerWeek, 1, campaign.MaxFrequency)
	}
	if (raw.PerDay != nil || raw.PerWeek != nil) && f.PerDay > 0 && f.PerWeek > 0 && f.PerDay > f.PerWeek {
		name := ".per_day"
		if raw.PerDay == nil {
			name = ".per_week"
		}
		r.fail(key+name, "", "%d a day are more than %d a week", f.PerDay, f.PerWeek)
	}
	return f
}
