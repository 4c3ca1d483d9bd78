package config

import "time"

// The limits of what a config may say.
const (
	MaxFile      = 1 << 20 // bytes of config.yaml
	MaxErrors    = 200     // that Load reports
	MaxSecret    = 4096    // bytes of a secret or secret file
	MaxText      = 255     // bytes of a name, template, caller id and the like
	MaxVariable  = 900     // bytes of NAME=value; a manager line holds 1022, escapes included
	MaxVariables = 32      // of one campaign; a manager message holds 128 headers
	MaxSocket    = 107     // bytes of a socket's path, the kernel's limit

	MinRingTimeout = time.Second
	MaxRingTimeout = 10 * time.Minute
	MaxWrapup      = time.Hour
	MinRetryAfter  = time.Second
	MaxRetryAfter  = 60 * 24 * time.Hour

	MaxInFlight       = 10_000
	MaxChannels       = 100_000
	MaxCallsPerSecond = 1000
	MaxAttempts       = 100
	MaxPriority       = 10_000
	MaxWeight         = 1000

	MaxRatio         = 20.0
	MinAbandonTarget = 0.001
	MaxAbandonTarget = 0.1
	MaxFalseMachines = 0.5
	MaxAbandonWindow = 366 // days
	MaxAbandonAfter  = time.Minute
	MaxKeepDays      = 36_500
)

const maxNodes = 100_000 // values, those behind aliases each time they are used
