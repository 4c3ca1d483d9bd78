package dialer

import (
	"encoding/json"
	"log/slog"
	"sync"
	"time"

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
		d.unwritable(e.Campaign, err)
		return
	}
	d.savePacing(e.Campaign, b, nil)
}

// saveDecision writes a decision into the ledger.
func (d *Daemon) saveDecision(e campaign.Decided) {
	b, err := json.Marshal(e.Entry)
	if err != nil {
		d.unwritable(e.Campaign, err)
		return
	}
	d.savePacing(e.Campaign, nil, [][]byte{b})
}

func (d *Daemon) unwritable(name string, err error) {
	d.troubles.metOnce("pacing of "+name, line{d.log, slog.LevelError, "what pacing has learnt or decided cannot be written", append(ofCampaign(name), slog.Any("error", err))})
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
	d.persist("what pacing has learnt", ofCampaign(name), func() error {
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
			for _, e := range entries {
				d.publishDecision(name, e)
			}
		}
	})
}

// learnt is what a campaign's pacing had learnt when it was last dialed. What was
// answered and abandoned is counted from the attempts, not remembered.
func (d *Daemon) learnt(cp campaign.Settings, loc *time.Location) (pacing.State, error) {
	state := pacing.NewState(cp.Pacing.RingTimeout)
	b, err := d.store.Pacing(cp.Name)
	if err != nil {
		return state, err
	}
	if b != nil {
		if err := json.Unmarshal(b, &state); err != nil {
			d.log.Warn("what pacing had learnt cannot be read; it learns anew", "campaign", cp.Name, "error", err)
			state = pacing.NewState(cp.Pacing.RingTimeout)
		}
	}
	today, past, err := d.counted(cp, loc, campaign.Tally{})
	if err != nil {
		return state, err
	}
	if state.Day.Count.Answers > today.Answers {
		state.Day.Predicted = pacing.Day{}.Predicted // of another day
		state.Day.Seconds = 0
	}
	state.Day.Count, state.Past = today, past
	return state, nil
}

// counted counts a campaign's answers and abandoned calls in its regime's window,
// in its zone: those of this day, and those before. What t says is left out.
func (d *Daemon) counted(cp campaign.Settings, loc *time.Location, t campaign.Tally) (today, past pacing.Count, err error) {
	if cp.Pacing.Mode != pacing.Predictive {
		return today, past, nil
	}
	now := d.clock.Now().In(loc)
	morning := pacing.Regime{Window: 1}.Since(now)
	for a, err := range d.store.Attempts(cp.Name, cp.Regime.Since(now), t.Before) {
		if err != nil {
			return today, past, err
		}
		if t.Live[a.ID] {
			continue
		}
		into := &past
		if !a.Claimed.Before(morning) {
			into = &today
		}
		n := a.Count(cp.Regime)
		into.Answers += n.Answers
		into.Abandoned += n.Abandoned
	}
	return today, past, nil
}

// newDay tells the core that a day has begun for a campaign. The window's
// attempts are counted in the background: there may be many.
func (d *Daemon) newDay(cp campaign.Settings, loc *time.Location) {
	d.loads.Go(func() {
		_, past, err := d.counted(cp, loc, campaign.Tally{})
		if err != nil {
			d.troubles.met("new day of "+cp.Name, err.Error(), line{d.log, slog.LevelError, "the answers of the days before cannot be counted; yesterday's budget goes on", append(ofCampaign(cp.Name), slog.Any("error", err))})
			return
		}
		d.troubles.over("new day of "+cp.Name, line{d.log, slog.LevelInfo, "the answers of the days before can be counted again", ofCampaign(cp.Name)})
		d.post(campaign.NewDay{Campaign: cp.Name, Past: past})
	})
}
