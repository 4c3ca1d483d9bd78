package control_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

func TestBatches(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	all, err := c.Batches(t.Context(), "spring", "list")
	if err != nil || len(all) != 1 || all[0].Added == 0 || all[0].List != "list" {
		t.Fatalf("%+v, %v", all, err)
	}
	if other, err := c.Batches(t.Context(), "spring", "other/list"); err != nil || len(other) != 0 {
		t.Errorf("%+v, %v", other, err)
	}
	if _, err := c.Batches(t.Context(), "winter", "list"); status(err) != http.StatusNotFound {
		t.Error(err)
	}
	dialed := 3
	n, err := c.Undo(t.Context(), all[0].ID)
	if err != nil || n != all[0].Added-dialed {
		t.Errorf("%d taken back of %d, %v", n, all[0].Added, err)
	}
	if all, err = c.Batches(t.Context(), "spring", "list"); err != nil || all[0].TakenBack != n || all[0].Undone.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := c.Undo(t.Context(), 99); status(err) != http.StatusNotFound || err.Error() != control.NoBatch(99).Error() {
		t.Error(err)
	}
}

// status is that of an answer that is an error.
func status(err error) int {
	if e, ok := errors.AsType[*control.Error](err); ok {
		return e.Status
	}
	return 0
}

// A list's name may hold whatever a file's may.
func TestStrangeNames(t *testing.T) {
	op := newOperator(t)
	c := control.NewClient(serve(t, op))
	for _, name := range []string{"2026/März", "a b+c&d=e?f#g%20", "김%2F", "…/..", "%", "a\x00b"} {
		row := func(yield func(store.Row, error) bool) {
			yield(store.Row{Numbers: []store.RowNumber{{Number: "1" + name}}}, nil)
		}
		if _, err := op.store.Load(store.Source{Campaign: "spring", List: name, Hash: name}, morning, row, nil); err != nil {
			t.Fatal(err)
		}
		all, err := c.Batches(t.Context(), "spring", name)
		if err != nil || len(all) != 1 || all[0].List != name {
			t.Errorf("%q: %+v, %v", name, all, err)
		}
	}
}
