package dialer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

// CallBack makes a contact be called when they asked for it.
func (d *Daemon) CallBack(ctx context.Context, ask control.Callback) (control.CalledBack, error) {
	done, id, err := callBack(d.cfg.Load(), d.store, d.clock.Now(), ask)
	if err != nil {
		return done, err
	}
	return done, d.inLoop(ctx, func() {
		d.step(campaign.CallbackAsked{Campaign: done.Campaign, Contact: id, Due: done.At})
	})
}

// CallBack makes a contact be called when they asked for it, when no daemon is
// running.
func CallBack(cfg *config.Config, st store.Store, now time.Time, ask control.Callback) (control.CalledBack, error) {
	done, _, err := callBack(cfg, st, now, ask)
	return done, err
}

func callBack(cfg *config.Config, st store.Store, now time.Time, ask control.Callback) (done control.CalledBack, id uint64, err error) {
	t := storyteller{cfg: cfg, store: st, now: now}
	camp := cfg.Campaign(ask.Campaign)
	if camp == nil {
		return done, 0, &control.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("the config has no campaign %q", ask.Campaign)}
	}
	f, err := t.one(ask)
	if err != nil {
		return done, 0, err
	}
	c := &f.Contact
	at, err := callbackTime(ask.At, clockOf(c, camp), now)
	if err != nil {
		return done, 0, err
	}
	cb := store.Callback{At: at, Note: ask.Note}
	if ask.Number != "" {
		cb.Number = numberOf(c, ask.Number, Plans(cfg))
	}
	after, err := st.Callback(ask.Campaign, c.ID, cb, now)
	if no, ok := errors.AsType[*store.NoCallback](err); ok {
		return done, 0, &control.Error{Status: http.StatusConflict, Message: no.Error()}
	}
	if err != nil {
		return done, 0, err
	}
	done = control.CalledBack{
		Campaign: ask.Campaign, List: after.List, Key: after.Key, Number: after.Number(),
		At: at.In(clockOf(c, camp)), Talking: after.State == campaign.Dialing,
	}
	open, ok := camp.Calling.Windows.NextIn(at, contact.Zone(c.Zone), camp.Calling.Location)
	switch {
	case !ok:
		done.Never = true
	case open.After(at):
		done.Opens = open.In(clockOf(c, camp))
	}
	return done, c.ID, nil
}

// one is the contact that is meant.
func (t storyteller) one(ask control.Callback) (f store.Found, err error) {
	all, err := find(t.cfg, t.store, ask.Who)
	if err != nil {
		return f, err
	}
	var here, elsewhere []string
	for _, g := range all {
		switch {
		case g.Campaign != ask.Campaign:
			elsewhere = append(elsewhere, g.Campaign)
		case ask.List == "" || g.Contact.List == ask.List:
			f = g
			here = append(here, fmt.Sprintf("%s of list %s", g.Contact.Number(), g.Contact.List))
		}
	}
	switch {
	case len(here) > 1:
		return f, &control.Error{Status: http.StatusConflict, Message: fmt.Sprintf("%q is %d contacts of campaign %s: %s", ask.Who, len(here), ask.Campaign, strings.Join(here, ", ")),
			Hint: "say which with its number, or with its list"}
	case len(here) == 1:
		return f, nil
	case len(elsewhere) > 0:
		return f, &control.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("campaign %s has nobody with the number or key %q", ask.Campaign, ask.Who),
			Hint: "it is one of " + strings.Join(slices.Compact(elsewhere), ", ")}
	}
	return f, &control.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("nobody has the number or key %q", ask.Who)}
}

// numberOf is the one of a contact's numbers that is meant, as it is if it is none.
func numberOf(c *campaign.Contact, number string, plans []contact.Plan) string {
	spellings, _ := contact.ParseDNC(number, plans) // what is none is refused by the store
	for _, n := range c.Numbers {
		if slices.Contains(spellings, n.Number) {
			return n.Number
		}
	}
	return number
}

// callbackTime reads when somebody is to be called: a time of RFC 3339, or one of
// the contact's own clock.
func callbackTime(s string, loc *time.Location, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04", s, loc)
	}
	switch {
	case err != nil:
		return at, &control.Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("%q is not a time", s), Hint: `such as "2026-12-01 14:30", by the contact's clock, or 2026-12-01T14:30:00+09:00`}
	case at.Before(now):
		return at, &control.Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("%s is in the past", at.Format("Mon 2006-01-02 15:04 MST"))}
	}
	return at, nil
}
