package sim

import (
	"math"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Names of the one server, its queue and the campaign that dials into it.
const (
	serverName   = "pbx"
	queueName    = "agents"
	campaignName = "shift"
)

// newCore is the campaign's rules as the daemon would set them for a scenario.
func newCore(s *Scenario) *campaign.Core {
	mode, ratio, _ := ParseMode(s.Mode)
	patience := time.Duration(float64(s.DropAfter) * float64(time.Second))
	defaults := config.Campaign{Retry: config.Retry{MaxAttempts: config.DefaultMaxAttempts, ByOutcome: config.DefaultRetry()}}
	core := campaign.New(
		[]campaign.Server{{Name: serverName, MaxChannels: max(1, int(s.TrunksPerAgent*float64(s.Agents)))}},
		[]campaign.Settings{{
			Name: campaignName, Servers: []string{serverName}, Trunk: config.DefaultChannel, Queue: queueName,
			MaxInFlight: math.MaxInt32,
			Hours:       hours{begin.Add(time.Duration(s.Hours * float64(time.Hour)))},
			Retry:       defaults.RetryRules(),
			Pacing: pacing.Settings{
				Mode: mode, Ratio: ratio, Limit: s.AbandonTarget,
				RingTimeout: float64(s.RingTimeout), Patience: float64(s.DropAfter),
			},
			Regime: pacing.Regime{Limit: s.AbandonTarget, Window: 1, Patience: patience},
		}},
		map[string]campaign.State{campaignName: campaign.Running})
	core.Mute()
	return core
}

// hours are those of the shift.
type hours struct{ end time.Time }

func (h hours) Open(t time.Time, _ string) bool { return t.Before(h.end) }

func (h hours) Next(t time.Time, zone string) (time.Time, bool) { return t, h.Open(t, zone) }

func (h hours) Closes(t time.Time, _ string) (time.Time, bool) {
	if t.After(h.end) {
		return t, true
	}
	return h.end, true
}

func (h hours) Hour(t time.Time, _ string) int { return t.Hour() }

// tell has an event for the core, once all is done that happens at the same time.
func (w *world) tell(ev campaign.Event) { w.told = append(w.told, ev) }

// step hands the core what it was told and carries out what follows.
func (w *world) step() {
	for len(w.told) > 0 {
		now := w.told
		w.told = w.spare[:0]
		for _, e := range w.core.Step(w.clock(), now...) {
			w.carryOut(e)
		}
		clear(now)
		w.spare = now
	}
}

// carryOut stands for the store and for Asterisk. What is written down for people,
// or for the daemon's next start, is not.
func (w *world) carryOut(e campaign.Effect) {
	switch e := e.(type) {
	case campaign.TakeContacts:
		w.tell(campaign.Claimed{Campaign: e.Campaign, Taken: w.pool.claim(w.clock(), &e.Take)})
	case campaign.Originate:
		w.dial(e.Claim)
	case campaign.Finish:
		w.pool.put(&e.Contact)
	case campaign.Withdraw:
		w.pool.put(&e.Contact)
	case campaign.AskQueue:
		w.after(answerWithin, summary, 0)
	case campaign.AskMembers:
		w.members()
	case campaign.AskChannels:
		w.channels()
	}
}
