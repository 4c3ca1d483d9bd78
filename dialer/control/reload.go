package control

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/dialcamp/dialcamp/dialer/config"
)

// Reload is what reading the config again changed or, of a dry run, would.
type Reload struct {
	DryRun   bool     `json:"dry_run"`
	Changes  []Change `json:"changes"`
	Warnings []string `json:"warnings,omitempty"` // what is accepted but should be put right
}

// Change is one of them, in plain words.
type Change struct {
	Text   string `json:"text"`
	Effect string `json:"effect,omitempty"` // what it does, where that does not speak for itself
}

func (a api) reload(w http.ResponseWriter, r *http.Request) {
	dryRun := false
	if s := r.URL.Query().Get("dry_run"); s != "" {
		var err error
		if dryRun, err = isTrue("dry_run", s); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
	}
	result, err := a.op.Reload(r.Context(), dryRun)
	errs, wrong := errors.AsType[config.Errors](err)
	switch {
	case wrong:
		failAll(w, http.StatusBadRequest, errs)
	case errors.Is(err, ErrStopping):
		fail(w, http.StatusServiceUnavailable, err)
	case err != nil:
		fail(w, http.StatusConflict, err)
	default:
		reply(w, result)
	}
}

// Reload has the daemon read its config again. With dryRun it only tells what
// would change. A config that is wrong is an Error with all that is wrong.
func (c *Client) Reload(ctx context.Context, dryRun bool) (r Reload, err error) {
	return r, c.get(ctx, "POST", "/v1/reload?dry_run="+strconv.FormatBool(dryRun), nil, &r)
}
