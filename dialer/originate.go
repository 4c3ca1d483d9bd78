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
		CallerID:  c.Originate.CallerText(a.CallerID),
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
// so that one that could never be dialed is refused when it is loaded. The values
// must hold no control characters, which a list reader sees to.
func sendableOf(c *config.Campaign) func(list string, r *store.Row) error {
	plain := *c
	// No shorter, and at no cost for each row.
	plain.Originate.Channel = strings.ReplaceAll(c.Originate.Channel, "{national}", "{number}")
	// To write the action takes longer than all else about a row. One with no
	// more variables and no longer a number or type than others that fit, and
	// nothing near the limit of a line, fits as well.
	caller := "" // it makes a line, of whatever length
	if all := c.Originate.CallerNumbers(); len(all) > 0 {
		caller = all[0]
	}
	variables, number, kind := -1, -1, -1 // the number's type is a variable, too
	return func(list string, r *store.Row) error {
		long := longLine(r)
		for _, n := range r.Numbers {
			count := len(r.Attributes) + min(1, len(n.Type))
			if !long && count <= variables && len(n.Number) <= number && len(n.Type) <= kind {
				continue
			}
			cm := campaign.Claim{Attempt: campaign.Attempt{
				ID: strings.Repeat("x", 40), Campaign: c.Name, CallerID: caller, List: list, Contact: 1 << 62, Key: r.Key, Number: n.Number, Type: n.Type, Pass: 1 << 20,
			}}
			cm.Contact.Attributes = r.Attributes
			a := originateOf(&plain, &cm).Action()
			if _, err := a.Append(nil); err != nil {
				return err
			}
			variables, number, kind = max(variables, count), max(number, len(n.Number)), max(kind, len(n.Type))
		}
		return nil
	}
}

// longLine tells whether one of the row's variables may come near the limit of a
// line, were every character of it escaped.
func longLine(r *store.Row) bool {
	const most = ami.MaxLineBytes - 64 // for Variable: DIALCAMP_CONTACT=
	for _, a := range r.Attributes {
		if len(a.Name)+2*len(a.Value) > most {
			return true
		}
	}
	return 2*len(r.Key) > most
}
