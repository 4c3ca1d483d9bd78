package config

import (
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// The limits of what a config may say.
const (
	MaxFile      = 1 << 20 // bytes of config.yaml
	MaxErrors    = 200     // that Load reports
	MaxSecret    = 4096    // bytes of a secret or secret file
	MaxTokenFile = 1 << 16 // bytes
	MinToken     = 20      // characters; those of dialcamp token have 43
	MaxToken     = 1024
	MaxText      = 255 // bytes of a name, template, caller id and the like
	MaxVariable  = 900 // bytes of NAME=value; a manager line holds 1022, escapes included
	MaxVariables = 32  // of one campaign; a manager message holds 128 headers
	MaxSocket    = 107 // bytes of a socket's path, the kernel's limit

	MinRingTimeout = time.Second
	MaxRingTimeout = 10 * time.Minute
	MaxWrapup      = time.Hour
	MinRetryAfter  = time.Second
	MaxRetryAfter  = campaign.MaxRetryDelay
	MaxDelays      = 20 // in a list of delays
	MaxMultiply    = 20.0

	MinBreakerOf    = 5 // calls; fewer tell nothing of a trunk
	MaxBreakerOf    = 1000
	MinBreakerShare = 0.05
	MaxBreakerTime  = 24 * time.Hour

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

	MaxWebhooks       = 16
	MaxURL            = 2048 // bytes
	MaxWebhookTimeout = time.Minute
	MaxRetryFor       = 24 * time.Hour
	MinWebhookQueue   = 10
	MaxWebhookQueue   = 100_000 // some 100 MB
)

const maxNodes = 100_000 // values, those behind aliases each time they are used
