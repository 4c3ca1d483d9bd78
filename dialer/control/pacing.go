package control

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// LedgerEntry is one of the pacing ledger.
type LedgerEntry struct {
	pacing.Entry
	Held string `json:"held"` // what kept it from more calls, in words
}

func (a api) pacing(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !a.known(w, name) {
		return
	}
	v := r.URL.Query()
	n := map[string]uint64{}
	for param := range v {
		var err error
		if n[param], err = strconv.ParseUint(v.Get(param), 10, 64); err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("%s=%q is not a number", param, v.Get(param)))
			return
		}
	}
	entries := report.Ledger(a.op.Store(), name, n["seq"])
	if v.Has("last") {
		entries = last(entries, n["last"])
	}
	w.Header().Set("Content-Type", "application/jsonl")
	enc := json.NewEncoder(w)
	for e, err := range entries {
		if err == nil {
			err = enc.Encode(LedgerEntry{e, e.Held()})
		}
		if err != nil {
			// The status is out already: only breaking off tells the client.
			panic(http.ErrAbortHandler)
		}
	}
}

// last yields the last n of entries, or what they end with instead of them, an
// error.
func last(entries iter.Seq2[pacing.Entry, error], n uint64) iter.Seq2[pacing.Entry, error] {
	return func(yield func(pacing.Entry, error) bool) {
		var kept []pacing.Entry
		for e, err := range entries {
			if err != nil {
				yield(e, err)
				return
			}
			if kept = append(kept, e); uint64(len(kept)) > n {
				kept = kept[1:]
			}
		}
		for _, e := range kept {
			if !yield(e, nil) {
				return
			}
		}
	}
}
