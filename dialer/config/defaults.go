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
	DefaultReport      = "csv"
	DefaultBy          = "campaign"
)

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
//	invalid          0    0  the number is dead
//	cancelled        0    0  the operator's wish
func DefaultRetry() map[string]RetryRule {
	return map[string]RetryRule{
		"busy":        {5 * time.Minute, 3},
		"no_answer":   {time.Hour, 3},
		"abandoned":   {24 * time.Hour, 1},
		"dropped":     {24 * time.Hour, 1},
		"machine":     {4 * time.Hour, 2},
		"unreachable": {30 * time.Minute, 2},
		"congestion":  {time.Minute, 10},
		"failed":      {10 * time.Minute, 2},
		"unknown":     {30 * time.Minute, 1},
		"rejected":    {0, 0},
		"invalid":     {0, 0},
		"cancelled":   {0, 0},
	}
}
