package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	p, err := parameters(r, "number", "campaign")
	if err == nil {
		p["number"], err = contact.ParseNumber(p["number"])
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	hits, err := a.op.Store().CheckDNC(p["campaign"], p["number"])
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
	p, err := parameters(r, "list", "campaign")
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if _, ok := a.op.Configured()[p["campaign"]]; !ok && p["campaign"] != "" {
		fail(w, http.StatusNotFound, fmt.Errorf("the daemon has no campaign %q", p["campaign"]))
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
	if bad != nil || p["list"] == "" {
		fail(w, http.StatusBadRequest, errors.Join(bad, missing(p["list"], "list")))
		return
	}
	n, err := do(store.DNCName{Campaign: p["campaign"], List: p["list"]}, time.Now(), entries...)
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

func missing(value, name string) error {
	if value == "" {
		return fmt.Errorf("parameter %q is missing", name)
	}
	return nil
}

// parameters are those of a request. One that is not known is refused: what is
// misspelt and ignored does something else.
func parameters(r *http.Request, known ...string) (map[string]string, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	p := map[string]string{}
	for name, values := range v {
		if !slices.Contains(known, name) || len(values) > 1 {
			return nil, fmt.Errorf("parameter %q is unknown or given twice; there are %v", name, known)
		}
		p[name] = values[0]
	}
	return p, nil
}

// DNCLists asks for all do-not-call lists.
func (c *Client) DNCLists(ctx context.Context) (lists []store.DNCList, err error) {
	return lists, c.get(ctx, "GET", "/v1/dnc", nil, &lists)
}

// CheckDNC asks what bars a number.
func (c *Client) CheckDNC(ctx context.Context, campaign, number string) (hits []store.DNCHit, err error) {
	q := url.Values{"number": {number}, "campaign": {campaign}}
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
	q := url.Values{"list": {list.List}, "campaign": {list.Campaign}}
	err := c.get(ctx, "POST", "/v1/dnc/"+verb+"?"+q.Encode(), strings.NewReader(strings.Join(entries, "\n")), &r)
	return r.Entries, err
}
