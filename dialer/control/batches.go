package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/dialcamp/dialcamp/store"
)

// Undone is the reply to an undo.
type Undone struct {
	TakenBack int `json:"taken_back"` // contacts
}

func (a api) batches(w http.ResponseWriter, r *http.Request) {
	if !a.known(w, r.PathValue("name")) {
		return
	}
	all, err := BatchesOf(a.op.Store(), r.PathValue("name"), r.PathValue("list"))
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, all)
}

// BatchesOf are the batches of a list that are remembered, oldest first.
func BatchesOf(s store.Store, campaign, list string) ([]store.Batch, error) {
	all := []store.Batch{}
	for b, err := range s.Batches(campaign) {
		if err != nil {
			return nil, err
		}
		if b.List == list {
			all = append(all, b)
		}
	}
	return all, nil
}

func (a api) undo(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("%q is not a batch's number", r.PathValue("id")))
		return
	}
	n, err := a.op.Store().Undo(id, time.Now())
	switch {
	case errors.Is(err, store.ErrNoBatch):
		fail(w, http.StatusNotFound, NoBatch(id))
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		reply(w, Undone{n})
	}
}

// NoBatch says that there is no such batch.
func NoBatch(id uint64) error {
	return fmt.Errorf("batch %d is not known: there is none, or it is too old", id)
}

// Batches asks for the batches of a list that are remembered, oldest first.
func (c *Client) Batches(ctx context.Context, campaign, list string) (all []store.Batch, err error) {
	return all, c.get(ctx, "GET", "/v1/campaigns/"+url.PathEscape(campaign)+"/lists/"+url.PathEscape(list)+"/batches", nil, &all)
}

// Undo has a batch undone, and tells how many contacts were taken back.
func (c *Client) Undo(ctx context.Context, batch uint64) (int, error) {
	var u Undone
	err := c.get(ctx, "POST", fmt.Sprintf("/v1/batches/%d/undo", batch), nil, &u)
	return u.TakenBack, err
}
