package report

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/store"
)

// Ledger yields a campaign's pacing ledger from entry seq on, oldest first. An
// error is the last that it yields.
func Ledger(s store.Store, campaign string, seq uint64) iter.Seq2[pacing.Entry, error] {
	return func(yield func(pacing.Entry, error) bool) {
		for stored, err := range s.Ledger(campaign, seq) {
			var e pacing.Entry
			if err == nil {
				if err = json.Unmarshal(stored.Data, &e); err != nil {
					err = fmt.Errorf("entry %d of the pacing ledger of %s: %w", stored.Seq, campaign, err)
				}
				e.Seq = stored.Seq
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
