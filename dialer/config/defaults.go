package config

import "time"

// What holds where config.yaml says nothing.
const (
	DefaultPort        = "5038" // the manager's
	DefaultTLSPort     = "5039"
	DefaultSocket      = "control.sock" // beside the store
	DefaultLogLevel    = "info"
	DefaultLogFormat   = "auto"
	DefaultChannel     = "Local/{number}@DialCamp/n"
	DefaultRingTimeout = 30 * time.Second
	DefaultPriority    = 1
	DefaultMode        = "progressive"
	DefaultMaxInFlight = 50
	DefaultRatio       = 1.5
	DefaultRegime      = "ftc" // pacing.Regimes
	// DefaultDropAfter is that of 16 CFR 310.4(b)(4)(ii).
	DefaultDropAfter   = 2 * time.Second
	DefaultMaxAttempts = 3
	DefaultNextNumber  = "next" // the numbers of a contact in turn
	DefaultReport      = "csv"
	// Of a webhook.
	DefaultWebhookTimeout = 10 * time.Second
	DefaultRetryFor       = time.Hour
	DefaultWebhookQueue   = 1000
	DefaultBy             = "campaign"
)

// DefaultBreaker is that of a server that says nothing of its own. A trunk that
// is a little short of lines refuses some calls of many; one that is down, all.
var DefaultBreaker = Breaker{Share: 0.5, Of: 20, Within: 5 * time.Minute, Pause: 30 * time.Second, AtMost: 10 * time.Minute}

// DefaultRetry is the rule for each outcome that can be retried, unless
// retry.by_outcome has one. It returns a new map. A contact who was connected
// is never dialed again.
//
//	outcome      after  max  why
//	busy            5m    3  the line is in use; it soon is not
//	no_answer       1h    3  nobody there; a later hour finds somebody
//	abandoned      24h    1  they hung up on us once today
//	dropped        24h    1  we hung up on them once today
//	machine         4h    2  a person may answer later in the day
//	unreachable    30m    2  phone off, route down
//	congestion      1m   10  the trunk's fault: costs no attempt, so its own maximum is what ends it
//	failed         10m    2  cause not understood
//	unknown        30m    1  they may have been talked to
//	rejected         0    0  they said no
//	invalid          0    0  the number is dead; another one is called at once
//	cancelled        0    0  the operator's wish
func DefaultRetry() map[string]RetryRule {
	rule := func(after time.Duration, most int) RetryRule {
		return RetryRule{After: []time.Duration{after}, Max: most, NextNumber: DefaultNextNumber}
	}
	return map[string]RetryRule{
		"busy":        rule(5*time.Minute, 3),
		"no_answer":   rule(time.Hour, 3),
		"abandoned":   rule(24*time.Hour, 1),
		"dropped":     rule(24*time.Hour, 1),
		"machine":     rule(4*time.Hour, 2),
		"unreachable": rule(30*time.Minute, 2),
		"congestion":  rule(time.Minute, 10),
		"failed":      rule(10*time.Minute, 2),
		"unknown":     rule(30*time.Minute, 1),
		"rejected":    rule(0, 0),
		"invalid":     rule(0, 0),
		"cancelled":   rule(0, 0),
	}
}
