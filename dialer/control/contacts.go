package control

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/dialcamp/dialcamp/dialer/report"
)

// Callback asks for a contact to be called at a time.
type Callback struct {
	Campaign string
	Who      string // its number, or its key
	List     string // where several have that key; may be empty
	At       string // RFC 3339, or 2026-12-01 14:30 by the contact's clock
	Number   string // which of its numbers; may be empty
	Note     string
}

// CalledBack is a callback that was taken.
type CalledBack struct {
	Campaign string    `json:"campaign"`
	List     string    `json:"list"`
	Key      string    `json:"key,omitempty"`
	Number   string    `json:"number"`
	At       time.Time `json:"at"`             // by the contact's clock
	Opens    time.Time `json:"opens,omitzero"` // the calling window is shut At and opens then
	Never    bool      `json:"never"`          // or does not open any more
	Talking  bool      `json:"talking"`        // they are being called at this moment
}

func (q *Callback) values() url.Values {
	v := url.Values{}
	for k, s := range map[string]string{"who": q.Who, "list": q.List, "at": q.At, "number": q.Number, "note": q.Note} {
		if s != "" {
			v.Set(k, s)
		}
	}
	return v
}

func (a api) callBack(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !a.known(w, name) {
		return
	}
	p := r.URL.Query()
	if err := needs(p, "who", "at"); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	done, err := a.op.CallBack(r.Context(), Callback{name, p.Get("who"), p.Get("list"), p.Get("at"), p.Get("number"), p.Get("note")})
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, done)
}

func (a api) why(w http.ResponseWriter, r *http.Request) {
	if !a.known(w, r.PathValue("name")) {
		return
	}
	why, err := a.op.Why(r.Context(), r.PathValue("name"))
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, why)
}

func (a api) contacts(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Query()
	if err := needs(p, "who"); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	stories, err := a.op.Stories(r.Context(), p.Get("who"))
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, stories)
}

// Why asks what holds a campaign and its contacts.
func (c *Client) Why(ctx context.Context, campaign string) (why report.Why, err error) {
	return why, c.get(ctx, "GET", "/v1/campaigns/"+url.PathEscape(campaign)+"/why", nil, &why)
}

// CallBack asks for a contact to be called at a time.
func (c *Client) CallBack(ctx context.Context, ask Callback) (done CalledBack, err error) {
	return done, c.get(ctx, "POST", "/v1/campaigns/"+url.PathEscape(ask.Campaign)+"/callback?"+ask.values().Encode(), nil, &done)
}

// Stories asks what became of everybody who has a number or key.
func (c *Client) Stories(ctx context.Context, who string) (all []report.Story, err error) {
	return all, c.get(ctx, "GET", "/v1/contacts?"+url.Values{"who": {who}}.Encode(), nil, &all)
}
