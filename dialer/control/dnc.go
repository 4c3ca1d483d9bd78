package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/store"
)

// MaxDNCEntries is how many entries one request may add or remove.
const MaxDNCEntries = 5000

const maxDNCBody = MaxDNCEntries * (contact.MaxNumber + 2)

func (a api) dncLists(w http.ResponseWriter, _ *http.Request) {
	lists, err := a.op.Store().DNCLists()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, append([]store.DNCList{}, lists...))
}

func (a api) dncCheck(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Query()
	err, number := needs(p, "number"), ""
	if err == nil {
		number, err = contact.ParseNumber(p.Get("number"))
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if p.Has("campaign") && !a.known(w, p.Get("campaign")) {
		return
	}
	hits, err := a.op.Store().CheckDNC(p.Get("campaign"), number)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, append([]store.DNCHit{}, hits...))
}

func (a api) dncAdd(w http.ResponseWriter, r *http.Request) { a.dncChange(w, r, a.op.Store().AddDNC) }
func (a api) dncRemove(w http.ResponseWriter, r *http.Request) {
	a.dncChange(w, r, a.op.Store().RemoveDNC)
}

func (a api) dncChange(w http.ResponseWriter, r *http.Request, do func(store.DNCName, time.Time, ...string) (int, error)) {
	p := r.URL.Query()
	if p.Has("campaign") && !a.known(w, p.Get("campaign")) {
		return
	}
	var entries []string
	var bad error
	for e, err := range contact.DNCEntries(http.MaxBytesReader(w, r.Body, maxDNCBody), nil, func(line int, _ string) {
		bad = errors.Join(bad, fmt.Errorf("line %d is neither a number nor a prefix with * behind it", line))
	}) {
		bad = errors.Join(bad, err)
		entries = append(entries, e)
	}
	if err := cmp.Or(needs(p, "list"), bad); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	n, err := do(store.DNCName{Campaign: p.Get("campaign"), List: p.Get("list")}, time.Now(), entries...)
	switch {
	case errors.Is(err, store.ErrDNCFile):
		fail(w, http.StatusConflict, err)
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		reply(w, dncChanged{n})
	}
}

type dncChanged struct {
	Entries int `json:"entries"`
}

// DNCLists asks for all do-not-call lists.
func (c *Client) DNCLists(ctx context.Context) (lists []store.DNCList, err error) {
	return lists, c.get(ctx, "GET", "/v1/dnc", nil, &lists)
}

// CheckDNC asks what bars a number.
func (c *Client) CheckDNC(ctx context.Context, campaign, number string) (hits []store.DNCHit, err error) {
	q := url.Values{"number": {number}}
	if campaign != "" {
		q.Set("campaign", campaign)
	}
	return hits, c.get(ctx, "GET", "/v1/dnc/check?"+q.Encode(), nil, &hits)
}

// AddDNC adds up to MaxDNCEntries entries to a do-not-call list, and returns how
// many are new.
func (c *Client) AddDNC(ctx context.Context, list store.DNCName, entries ...string) (int, error) {
	return c.changeDNC(ctx, "add", list, entries)
}

// RemoveDNC takes up to MaxDNCEntries entries off a do-not-call list, and returns
// how many there were.
func (c *Client) RemoveDNC(ctx context.Context, list store.DNCName, entries ...string) (int, error) {
	return c.changeDNC(ctx, "remove", list, entries)
}

func (c *Client) changeDNC(ctx context.Context, verb string, list store.DNCName, entries []string) (int, error) {
	var r dncChanged
	q := url.Values{"list": {list.List}}
	if list.Campaign != "" {
		q.Set("campaign", list.Campaign)
	}
	err := c.get(ctx, "POST", "/v1/dnc/"+verb+"?"+q.Encode(), strings.NewReader(strings.Join(entries, "\n")), &r)
	return r.Entries, err
}
