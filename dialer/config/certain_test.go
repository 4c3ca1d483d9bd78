package config

import (
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// TestCertainRules: until when who was abandoned is left to calls for which an
// agent is certain follows from the longest of the rules for them.
func TestCertainRules(t *testing.T) {
	for _, tt := range []struct {
		pacing, retry string
		after, hold   time.Duration
	}{
		{"mode: predictive", "", 0, 0},
		{"mode: predictive, abandoned: {certain_after: 1h}", "", time.Hour, 23 * time.Hour},
		{"mode: predictive, abandoned: {certain_after: 1h}", "dropped: {after: [24h, 48h], max: 2}", time.Hour, 47 * time.Hour},
		{"mode: predictive, abandoned: {certain_after: 1h}", "dropped: {after: [24h, 48h], max: 1, jitter: 50%}", time.Hour, 35 * time.Hour},
		{"mode: predictive, regime: it", "", 0, campaign.Never},
		{"mode: predictive, regime: it, abandoned: {certain_after: 10h}", "", 10 * time.Hour, campaign.Never},
		{"mode: predictive, regime: it, abandoned: {guaranteed: false}", "", 0, 0},
		{"mode: progressive", "", 0, 0},
	} {
		cfg := loadText(t, `
asterisk: [{name: pbx, address: 127.0.0.1, username: u, secret: s}]
store: {path: d.db}
campaigns:
  - name: spring
    queue: q
    lists: [{path: a.csv}]
    pacing: {`+tt.pacing+`}
    retry: {max_attempts: 5, by_outcome: {busy: {after: 5m}, `+tt.retry+`}}
`)
		if r := cfg.Campaigns[0].RetryRules(); r.CertainAfter != tt.after || r.Hold != tt.hold {
			t.Errorf("%s, %s: certain after %v, hold %v; want %v, %v", tt.pacing, tt.retry, r.CertainAfter, r.Hold, tt.after, tt.hold)
		}
	}
}
