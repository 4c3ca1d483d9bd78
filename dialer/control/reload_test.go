package control_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control"
)

func TestReload(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	for _, dryRun := range []bool{true, false} {
		r, err := c.Reload(t.Context(), dryRun)
		if err != nil || r.DryRun != dryRun || len(r.Changes) != 1 || r.Changes[0].Text != "log.level info -> debug" {
			t.Errorf("%+v, %v", r, err)
		}
	}

	// Everything that is wrong with a config comes over, and what to do about it.
	op.wrong = config.Errors{{File: "c.yaml", Key: "a", Problem: "bad", Hint: "write b"}, {File: "c.yaml", Key: "c", Problem: "worse"}}
	_, err := c.Reload(t.Context(), false)
	e, ok := errors.AsType[*control.Error](err)
	if !ok || e.Status != http.StatusBadRequest || e.Message != "c.yaml: a: bad" || e.Hint != "write b" || len(e.More) != 1 || e.More[0].Message != "c.yaml: c: worse" {
		t.Errorf("%+v", err)
	}
	op.wrong = errors.New("the disk is full")
	if _, err := c.Reload(t.Context(), false); err == nil || err.Error() != "the disk is full" {
		t.Errorf("%v", err)
	}
	op.wrong, op.gone = nil, true
	_, err = c.Reload(t.Context(), false)
	if e, ok := errors.AsType[*control.Error](err); !ok || e.Status != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
}
