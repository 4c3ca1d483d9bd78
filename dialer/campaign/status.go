package campaign

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Status is the picture of a moment, for operators.
type Status struct {
	Time      time.Time        `json:"time"`
	Servers   []ServerStatus   `json:"asterisk"`
	Queues    []QueueStatus    `json:"queues"`
	Campaigns []CampaignStatus `json:"campaigns"`
	Lost      uint64           `json:"calls_lost"` // ended unseen since the daemon started
	Late      uint64           `json:"events_late"`
}

// ServerStatus is one Asterisk's.
type ServerStatus struct {
	Name     string        `json:"name"`
	Up       bool          `json:"up"`
	Down     time.Time     `json:"down_since,omitzero"`
	InFlight int           `json:"in_flight"`
	Trunks   []TrunkStatus `json:"trunks,omitempty"` // those that refuse calls
}

// TrunkStatus is a trunk that is left alone because it refuses calls.
type TrunkStatus struct {
	Name    string    `json:"name"`    // the channel to originate
	Refused string    `json:"refused"` // how many of how many calls
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"` // then one call at a time is tried
}

// QueueStatus is one queue's.
type QueueStatus struct {
	Server   string `json:"asterisk"`
	Name     string `json:"name"`
	Known    bool   `json:"known"`
	LoggedIn int    `json:"logged_in"`
	Free     int    `json:"free"`
	Supply   string `json:"supply"`
	// Agents is what they are at; nil until all of them were seen.
	Agents *Agents `json:"agents,omitempty"`
}

// Agents counts a queue's agents by what they are at. Each is in one count.
type Agents struct {
	Idle    int `json:"idle"`    // neither paused nor in wrap-up
	Ringing int `json:"ringing"` // their phones do
	Busy    int `json:"busy"`    // on a call, of ours or not, paused or not
	Wrapup  int `json:"wrapup"`
	Paused  int `json:"paused"` // and on no call
	Away    int `json:"away"`   // not logged in: no call can reach them
}

// CampaignStatus is one campaign's.
type CampaignStatus struct {
	Name     string         `json:"name"`
	State    State          `json:"state"`
	Server   string         `json:"asterisk"` // its servers' names, with a comma between them
	Queue    string         `json:"queue"`
	Mode     pacing.Mode    `json:"mode"`
	InFlight int            `json:"in_flight"`
	Phases   map[string]int `json:"phases"` // of the calls in flight
	Hold     string         `json:"hold"`   // why no call is placed at this moment
	// Of the answers, as Regime counts them, Target may be abandoned; only
	// predictive pacing is held to it.
	Regime string  `json:"regime"`
	Target float64 `json:"abandon_target"`
	// Servers are those that it calls on, in the order of the configuration.
	Servers   []PlaceStatus    `json:"servers"`
	CallerIDs []CallerIDStatus `json:"caller_ids,omitempty"`
	// How many times a contact whose turn it was has been put off since the daemon
	// started, because none of its numbers was free, or was called too often.
	PutOffBusy     int `json:"put_off_busy,omitempty"`
	PutOffTooOften int `json:"put_off_too_often,omitempty"`
	// Of this day, as predictive pacing counts them by the campaign's regime.
	Answers   float64 `json:"answers"`
	Abandoned float64 `json:"abandoned"`
}

// PlaceStatus is a server that a campaign calls on.
type PlaceStatus struct {
	Name     string `json:"name"`
	InFlight int    `json:"in_flight"` // of the campaign
	Hold     string `json:"hold"`      // why no call is placed there at this moment
}

// Status describes the moment of the last Step.
func (c *Core) Status() Status {
	st := Status{Time: c.now, Lost: c.lost, Late: c.late}
	for _, name := range slices.Sorted(maps.Keys(c.servers)) {
		s := c.servers[name]
		st.Servers = append(st.Servers, ServerStatus{name, s.up, s.downSince, s.inFlight, s.broken()})
	}
	for _, q := range c.queues {
		qs := QueueStatus{Server: q.server.Name, Name: q.name}
		if !q.seen.IsZero() {
			qs.Known, qs.LoggedIn = !q.unknown, q.picture.LoggedIn
			qs.Free, qs.Supply = q.supply.Free(), q.supply.String()
		}
		if q.membersKnown {
			qs.Agents = q.agents(c.now)
		}
		st.Queues = append(st.Queues, qs)
	}
	for _, name := range c.names {
		cp := c.campaigns[name]
		day := cp.pacer.Day.Count
		cs := CampaignStatus{
			Name: name, State: cp.state, Server: strings.Join(cp.Servers, ", "), Queue: cp.Queue, Mode: cp.pacer.Mode, InFlight: cp.inFlight + cp.claiming,
			Phases: map[string]int{}, Hold: cp.holdText(), Regime: cp.Regime.Name, Target: cp.Settings.Pacing.Limit,
			PutOffBusy: cp.putOffBusy, PutOffTooOften: cp.putOffTooOften, Answers: day.Answers, Abandoned: day.Abandoned,
		}
		for _, p := range cp.places {
			cs.Servers = append(cs.Servers, PlaceStatus{p.server.Name, cp.claimingOn(p.server), p.hold.String()})
		}
		cs.CallerIDs = c.callerIDs(cp)
		st.Campaigns = append(st.Campaigns, cs)
	}
	for _, cl := range c.calls {
		for i := range st.Campaigns {
			if st.Campaigns[i].Name == cl.campaign.Name {
				st.Campaigns[i].Phases[cl.phase.String()]++
				st.Campaigns[i].count(cl.server)
			}
		}
	}
	return st
}

// agents counts the members by what they are at.
func (q *queue) agents(now time.Time) *Agents {
	a := &Agents{}
	for _, m := range q.members {
		switch {
		case m.away():
			a.Away++
		case m.ringing():
			a.Ringing++
		case m.Status != ami.DeviceUnknown && m.Status != ami.DeviceNotInUse:
			a.Busy++
		case m.Paused:
			a.Paused++
		case now.Before(m.freeAt):
			a.Wrapup++
		default:
			a.Idle++
		}
	}
	return a
}

// count counts a call in flight on a server.
func (cs *CampaignStatus) count(s *server) {
	for i := range cs.Servers {
		if cs.Servers[i].Name == s.Name {
			cs.Servers[i].InFlight++
		}
	}
}

// broken are the trunks that are left alone, by name.
func (s *server) broken() (all []TrunkStatus) {
	for _, name := range slices.Sorted(maps.Keys(s.trunks)) {
		if t := s.trunks[name]; !t.opened.IsZero() {
			all = append(all, TrunkStatus{name, t.refused, t.opened, t.until})
		}
	}
	return all
}
