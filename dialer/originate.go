package dialer

import (
	"strconv"
	"strings"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/store"
)

// originateOf is the call for an attempt: its id is the ActionID and the
// channel's Uniqueid, so that every event of the call leads back to it.
//
// The channel variables, set on the ;1 leg and copied to ;2:
//
//	DIALCAMP_CAMPAIGN, DIALCAMP_LIST, DIALCAMP_ATTEMPT  names and id
//	DIALCAMP_CONTACT  the contact's key, or its number on the list without one
//	DIALCAMP_PASS     1 at the contact's first attempt
//	DIALCAMP_NUMBER_TYPE  the type of the number that is called, of a list that gives types
//	the list's extra columns, under their own names
//	the campaign's originate.variables, which win
func originateOf(c *config.Campaign, cm *campaign.Claim) ami.Originate {
	a := &cm.Attempt
	who := a.Key
	if who == "" {
		who = strconv.FormatUint(a.Contact, 10)
	}
	vars := []string{
		ami.EscapeVariable("DIALCAMP_CAMPAIGN", a.Campaign),
		ami.EscapeVariable("DIALCAMP_LIST", a.List),
		ami.EscapeVariable("DIALCAMP_ATTEMPT", a.ID),
		ami.EscapeVariable("DIALCAMP_CONTACT", who),
		ami.EscapeVariable("DIALCAMP_PASS", strconv.Itoa(a.Pass)),
	}
	if a.Type != "" {
		vars = append(vars, ami.EscapeVariable("DIALCAMP_NUMBER_TYPE", a.Type))
	}
	for _, attr := range cm.Contact.Attributes {
		vars = append(vars, ami.EscapeVariable(attr.Name, attr.Value))
	}
	for _, v := range c.Originate.Variables {
		name, value, _ := strings.Cut(v, "=")
		vars = append(vars, ami.EscapeVariable(name, value))
	}
	o := ami.Originate{
		ID:        a.ID,
		ChannelID: a.ID,
		Channel:   c.Originate.ChannelTo(a.Number),
		Timeout:   c.Originate.RingTimeout,
		CallerID:  c.Originate.CallerID,
		Variables: vars,
	}
	if c.Originate.Application != "" {
		o.Application, o.Data = c.Originate.Application, c.Originate.Data
	} else {
		o.Context, o.Exten, o.Priority = c.Originate.Context, c.Originate.Exten, c.Originate.Priority
	}
	return o
}

// sendableOf tells whether the Originates of a list's row fit Asterisk's limits,
// so that one that could never be dialed is refused when it is loaded.
func sendableOf(c *config.Campaign) func(list string, r *store.Row) error {
	plain := *c
	// No shorter, and at no cost for each row.
	plain.Originate.Channel = strings.ReplaceAll(c.Originate.Channel, "{national}", "{number}")
	return func(list string, r *store.Row) error {
		cm := campaign.Claim{Attempt: campaign.Attempt{ID: strings.Repeat("x", 40), Campaign: c.Name, List: list, Contact: 1 << 62, Key: r.Key, Pass: 1 << 20}}
		cm.Contact.Attributes = r.Attributes
		for _, n := range r.Numbers {
			cm.Attempt.Number, cm.Attempt.Type = n.Number, n.Type
			a := originateOf(&plain, &cm).Action()
			if _, err := a.Append(nil); err != nil {
				return err
			}
		}
		return nil
	}
}
