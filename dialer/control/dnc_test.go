package control_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/store"
)

func served(t *testing.T) (*operator, *control.Client, string) {
	t.Helper()
	op := newOperator(t)
	path := filepath.Join(t.TempDir(), "control.sock")
	s, err := control.Listen(path, op)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return op, control.NewClient(path), path
}

func TestDNC(t *testing.T) {
	op, c, _ := served(t)
	ctx := t.Context()
	own := store.DNCName{Campaign: "spring", List: "own"}
	if n, err := c.AddDNC(ctx, own, "123", "0900*", "123"); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	hits, err := c.CheckDNC(ctx, "", "0900-5")
	if err != nil || len(hits) != 1 || hits[0].Entry != "0900*" || hits[0].DNCName != own || hits[0].Since.IsZero() {
		t.Fatal(hits, err)
	}
	if hits, err := c.CheckDNC(ctx, "autumn", "123"); err != nil || len(hits) != 0 {
		t.Fatal(hits, err)
	}
	if n, err := c.RemoveDNC(ctx, own, "123", "9"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	lists, err := c.DNCLists(ctx)
	if err != nil || len(lists) != 1 || lists[0].Prefixes != 1 || lists[0].Numbers != 0 {
		t.Fatal(lists, err)
	}
	if _, err := op.store.SetDNC(store.DNCName{List: "file"}, "stamp", morning, func(func(string, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		list   store.DNCName
		entry  string
		status int
		says   string
	}{
		{store.DNCName{List: "file"}, "1", http.StatusConflict, "read from a file"},
		{store.DNCName{}, "1", http.StatusBadRequest, `"list" is empty`},
		{store.DNCName{List: "own"}, "Kim", http.StatusBadRequest, "line 1 is neither"},
		{store.DNCName{List: "own"}, "*", http.StatusBadRequest, "line 1 is neither"},
		{store.DNCName{List: "own", Campaign: "winter"}, "1", http.StatusNotFound, `no campaign "winter"`},
	} {
		_, err := c.AddDNC(ctx, test.list, test.entry)
		if e, ok := errors.AsType[*control.Error](err); !ok || e.Status != test.status || !strings.Contains(e.Message, test.says) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if _, err := c.CheckDNC(ctx, "", "Kim"); err == nil {
		t.Error("no number is checked")
	}
	// At the limit, and beyond it.
	longest := slices.Repeat([]string{strings.Repeat("1", 32)}, control.MaxDNCEntries)
	if n, err := c.AddDNC(ctx, store.DNCName{List: "own"}, longest...); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := c.AddDNC(ctx, store.DNCName{List: "own"}, slices.Repeat(longest, 2)...); err == nil {
		t.Error("more than may be is taken")
	}
}

func TestDB(t *testing.T) {
	op, c, _ := served(t)
	st, err := c.Stats(t.Context())
	if err != nil || st.Schema != store.SchemaVersion || len(st.Campaigns) != 1 || st.Campaigns[0].Attempts != 3 {
		t.Fatal(st, err)
	}
	var b bytes.Buffer
	if err := c.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := errors.Join(os.WriteFile(path, b.Bytes(), 0o600), store.Check(path), op.store.Close()); err != nil {
		t.Fatal(err)
	}
	if err := c.Backup(t.Context(), &b); err == nil {
		t.Error("a backup that failed is none")
	}
}
