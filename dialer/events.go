package dialer

import (
	"encoding/json"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/webhook"
)

// Webhooks is what became of the webhooks' deliveries.
func (d *Daemon) Webhooks() []webhook.Status { return d.webhooks.Status() }

// Events is where what happens is published.
func (d *Daemon) Events() *event.Hub { return d.events }

// publish tells of an attempt.
func (d *Daemon) publish(t event.Type, a campaign.Attempt) {
	d.events.Publish(t, a.Campaign, row{a})
}

// row is an attempt as reports have it. It is made when somebody reads it, which
// is not in the loop.
type row struct{ campaign.Attempt }

func (r row) MarshalJSON() ([]byte, error) { return json.Marshal(report.CallOf(&r.Attempt)) }

// publishDecision tells of an entry of the pacing ledger, as it was written.
func (d *Daemon) publishDecision(name string, entry []byte) {
	head, err := json.Marshal(struct {
		Campaign string `json:"campaign"`
	}{name})
	if err != nil {
		return // a name can be written
	}
	head[len(head)-1] = ','
	d.events.Publish(event.Pacing, name, json.RawMessage(append(head, entry[1:]...)))
}

// publishLink tells that the connection to a server is up or down.
func (d *Daemon) publishLink(server string, up bool) {
	d.events.Publish(event.Link, "", control.LinkEvent{Time: d.clock.Now(), Asterisk: server, Up: up})
}

// publishState tells of a campaign's state.
func (d *Daemon) publishState(e campaign.SaveState) {
	d.events.Publish(event.Campaign, e.Campaign, control.CampaignEvent{Time: d.clock.Now(), Campaign: e.Campaign, State: string(e.State)})
}
