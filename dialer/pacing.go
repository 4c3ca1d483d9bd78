package dialer

import (
	"encoding/json"
	"sync"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// maxLedgerWait bounds the ledger's entries that wait while the store fails; the
// oldest are given up. They are an account of what was decided, not of calls.
const maxLedgerWait = 2000

// pacingWrites is what is not written yet, by campaign: it goes on growing while
// the store fails, and so must not wait in a goroutine each time.
type pacingWrites struct {
	mu      sync.Mutex
	waiting map[string]*pacingWrite
}

type pacingWrite struct {
	state   []byte // nil: unchanged
	entries [][]byte
	writing bool
}

// saveLearnt writes what a campaign's pacer has learnt.
func (d *Daemon) saveLearnt(e campaign.SaveLearnt) {
	b, err := json.Marshal(e.State)
	if err != nil {
		d.log.Error("what pacing has learnt cannot be written", "campaign", e.Campaign, "error", err)
		return
	}
	d.savePacing(e.Campaign, b, nil)
}

func (d *Daemon) savePacing(name string, state []byte, entries [][]byte) {
	p := &d.pacing
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = map[string]*pacingWrite{}
	}
	w := p.waiting[name]
	if w == nil {
		w = &pacingWrite{}
		p.waiting[name] = w
	}
	if state != nil {
		w.state = state
	}
	w.entries = append(w.entries, entries...)
	if n := len(w.entries) - maxLedgerWait; n > 0 {
		w.entries = append([][]byte(nil), w.entries[n:]...)
	}
	if w.writing {
		return
	}
	w.writing = true
	d.persist("what pacing has learnt", func() error {
		for {
			p.mu.Lock()
			if w.state == nil && len(w.entries) == 0 {
				w.writing = false
				p.mu.Unlock()
				return nil
			}
			state, entries := w.state, w.entries
			w.state, w.entries = nil, nil
			p.mu.Unlock()
			if err := d.store.SavePacing(name, state, entries); err != nil {
				p.mu.Lock()
				if w.state == nil {
					w.state = state
				}
				w.entries = append(entries, w.entries...)
				p.mu.Unlock()
				return err
			}
		}
	})
}

// learnt takes over what pacing had learnt when the daemon last stopped.
func (d *Daemon) learnt() error {
	for _, c := range d.cfg.Campaigns {
		b, err := d.store.Pacing(c.Name)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		var state pacing.State
		if err := json.Unmarshal(b, &state); err != nil {
			d.log.Warn("what pacing had learnt cannot be read; it learns anew", "campaign", c.Name, "error", err)
			continue
		}
		d.step(campaign.Learnt{Campaign: c.Name, State: state})
	}
	return nil
}
