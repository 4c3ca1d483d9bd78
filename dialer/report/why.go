package report

import (
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// Why is what holds a campaign at a moment, and what its contacts wait for.
type Why struct {
	campaign.CampaignStatus
	Supply   string           `json:"supply"`   // of agents of its queue; empty: it has none, or they were not seen yet
	Contacts map[string]int64 `json:"contacts"` // by state
	Waits    []Wait           `json:"waits"`    // of those pending and waiting
	Exact    bool             `json:"exact"`    // else Waits counts the least that there are: not all were looked at
}

// What contacts wait for.
const (
	WaitsTurn     = "due"      // for nothing but their turn
	WaitsFirst    = "first"    // until they may be called for the first time
	WaitsRetry    = "retry"    // until a retry is due
	WaitsCallback = "callback" // until they asked to be called, or a retry rule puts them before others
	WaitsWindow   = "window"   // until their calling window opens
)

// Wait is contacts that wait for the same.
type Wait struct {
	For      string    `json:"for"`
	Zone     string    `json:"zone,omitempty"` // of a window; empty: the campaign's
	Contacts int       `json:"contacts"`
	Next     time.Time `json:"next,omitzero"` // when that is over for the first of them; zero: now, or of a window: never
}
