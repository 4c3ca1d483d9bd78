package config

import "time"

func (r *resolver) breaker(key string, raw rawBreaker) Breaker {
	b := DefaultBreaker
	if raw.Enabled != nil && !*raw.Enabled {
		for _, k := range []string{"share", "of", "within", "pause", "at_most"} {
			if r.has(key + "." + k) {
				r.fail(key+"."+k, "remove it, or write enabled: true", "the breaker is not enabled")
			}
		}
		return Breaker{}
	}
	if raw.Share != nil {
		b.Share, _ = parsePercent(string(*raw.Share)) // else it was refused before
		if b.Share < MinBreakerShare || b.Share > 1 {
			r.fail(key+".share", "", "%s is not within %v%% and 100%%", *raw.Share, 100*MinBreakerShare)
		}
	}
	if raw.Of != nil {
		b.Of = *raw.Of
		r.within(key+".of", b.Of, MinBreakerOf, MaxBreakerOf)
	}
	length := func(name string, value, into *time.Duration) {
		if value != nil {
			*into = *value
			r.duration(key+"."+name, *into, time.Second, MaxBreakerTime)
		}
	}
	length("within", raw.Within, &b.Within)
	length("pause", raw.Pause, &b.Pause)
	length("at_most", raw.AtMost, &b.AtMost)
	switch {
	case b.AtMost >= b.Pause:
	case raw.AtMost != nil:
		r.fail(key+".at_most", "", "%s is less than pause, %s", short(b.AtMost), short(b.Pause))
	default:
		b.AtMost = b.Pause
	}
	return b
}
