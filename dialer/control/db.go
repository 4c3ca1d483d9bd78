package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/dialcamp/dialcamp/store"
)

func (a api) dbStats(w http.ResponseWriter, _ *http.Request) {
	st, err := a.op.Store().Stats()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, st)
}

func (a api) dbBackup(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := a.op.Store().Backup(w); err != nil {
		// The status is out already: only breaking off tells the client.
		panic(http.ErrAbortHandler)
	}
}

// Stats asks how large the store is.
func (c *Client) Stats(ctx context.Context) (st store.Stats, err error) {
	return st, c.get(ctx, "GET", "/v1/db/stats", nil, &st)
}

// Backup writes a copy of the store to w.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	body, err := c.call(ctx, "GET", "/v1/db/backup", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	if _, disk := errors.AsType[*os.PathError](err); err != nil && !disk {
		return c.unreadable(err)
	}
	return err
}
