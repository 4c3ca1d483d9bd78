package dialer

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/store/gate"
)

// apply carries out one effect of the core, in the loop: whatever may wait is
// done elsewhere.
func (d *Daemon) apply(e campaign.Effect) {
	switch e := e.(type) {
	case campaign.TakeContacts:
		now := d.clock.Now()
		d.writes.Go(func() {
			taken, err := d.store.Claim(e.Campaign, now, e.Take)
			if err != nil {
				d.post(campaign.ClaimFailed{Campaign: e.Campaign, Err: err})
				return
			}
			if !d.post(campaign.Claimed{Campaign: e.Campaign, Taken: taken}) {
				d.withdraw(taken.Claims)
			}
		})
	case campaign.Originate:
		d.publish(event.Attempt, e.Attempt)
		d.links[e.Server].originate(originateOf(d.cfg.Load().Campaign(e.Attempt.Campaign), e.Claim))
	case campaign.HangUp:
		d.links[e.Server].hangUp(e)
	case campaign.Redirect:
		d.links[e.Server].redirect(e)
	case campaign.Finish:
		d.persist("the end of an attempt", e.Attempt.Ref().Attrs(), func() error {
			if err := d.store.Finish(e.Attempt, e.Contact); err != nil {
				return err
			}
			d.publish(event.Outcome, e.Attempt)
			d.webhooks.Ended(&e.Attempt)
			return nil
		})
	case campaign.Withdraw:
		d.persist("a withdrawn attempt", e.Attempt.Ref().Attrs(), func() error {
			if err := d.store.Withdraw(e.Claim); err != nil {
				return err
			}
			if e.Originated {
				d.publish(event.Withdrawn, e.Attempt)
			}
			return nil
		})
	case campaign.Answered:
		d.publish(event.Answer, e.Attempt)
	case campaign.AgentTook:
		d.publish(event.Agent, e.Attempt)
	case campaign.SaveState:
		d.saveState(e)
	case campaign.AddAgentTime:
		d.addAgentTime(e)
	case campaign.SaveLearnt:
		d.saveLearnt(e)
	case campaign.Decided:
		d.saveDecision(e)
	case campaign.AskQueue:
		d.links[e.Server].askQueue(e)
	case campaign.AskMembers:
		d.links[e.Server].askMembers(e)
	case campaign.AskChannels:
		d.links[e.Server].askChannels(e)
	case campaign.Disconnect:
		d.links[e.Server].stop()
		delete(d.links, e.Server)
	case campaign.Notice:
		d.notice(e)
	default:
		panic(fmt.Sprintf("dialer: unknown effect %T", e))
	}
}

// notice writes what the core has to say into the log.
func (d *Daemon) notice(n campaign.Notice) {
	l := line{d.log, n.Level, n.Text, n.Attrs}
	switch {
	case n.Trouble == "":
		l.write()
	case n.Over:
		if !d.troubles.over(n.Trouble, l) {
			l.write()
		}
	default:
		d.troubles.meet(n.Trouble, n.Why, l, n.Fades)
	}
}

func ofCampaign(name string) []slog.Attr { return []slog.Attr{slog.String("campaign", name)} }

func (d *Daemon) withdraw(claims []campaign.Claim) {
	for _, c := range claims {
		if err := d.store.Withdraw(c); err != nil {
			d.troubles.metOnce("withdraw", line{d.log, slog.LevelError, "a claim that was not dialed cannot be withdrawn; it is reconciled at the next start", append(c.Attempt.Ref().Attrs(), slog.Any("error", err))})
			return
		}
	}
}

// persist writes until it succeeds: what happened to a call must not be lost
// because a disk was full for a while. Claims fail meanwhile, so no new calls
// are placed and the number of writes that wait is bounded by the calls in
// flight. When the daemon stops, one more try is made.
func (d *Daemon) persist(what string, of []slog.Attr, write func() error) {
	d.writes.Go(func() {
		for last := false; ; {
			err := write()
			if err == nil {
				d.troubles.over("store", line{d.log, slog.LevelInfo, "the store can be written again", nil})
				return
			}
			of := append(slices.Clip(of), slog.String("writing", what), slog.Any("error", err))
			d.troubles.met("store", err.Error(), line{d.log, slog.LevelError, "the store cannot be written; no new calls are placed, and results are kept until it can", of})
			if last {
				d.troubles.metOnce("given up", line{d.log, slog.LevelError, "given up writing; an attempt stays in flight and is reconciled at the next start", of})
				return
			}
			again := make(chan struct{})
			stop := d.clock.AfterFunc(time.Second, func() { close(again) })
			select {
			case <-again:
			case <-d.done:
				stop()
				last = true
			}
		}
	})
}

// latestStates counts what campaigns were told.
type latestStates struct {
	mu  gate.Gate // one write at a time
	seq sync.Map  // campaign → *atomic.Uint64
}

// saveState writes a campaign's state. Writes run side by side and may be tried
// again, so one that was overtaken by a newer state is left out.
func (d *Daemon) saveState(e campaign.SaveState) {
	now := d.clock.Now()
	v, _ := d.states.seq.LoadOrStore(e.Campaign, new(atomic.Uint64))
	latest := v.(*atomic.Uint64)
	seq := latest.Add(1)
	d.persist("a campaign's state", ofCampaign(e.Campaign), func() error {
		d.states.mu.Lock()
		defer d.states.mu.Unlock()
		if latest.Load() != seq {
			return nil
		}
		if err := d.store.SaveState(e.Campaign, e.State, now); err != nil {
			return err
		}
		d.publishState(e)
		return nil
	})
}

// agentTime is what is not written yet, by campaign: it goes on growing while
// the store fails, and so must not wait in a goroutine each time.
type agentTime struct {
	mu      sync.Mutex
	waiting map[string]time.Duration
	writing map[string]bool
}

func (d *Daemon) addAgentTime(e campaign.AddAgentTime) {
	a := &d.agentTime
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting, a.writing = map[string]time.Duration{}, map[string]bool{}
	}
	a.waiting[e.Campaign] += e.Time
	if a.writing[e.Campaign] {
		return
	}
	a.writing[e.Campaign] = true
	d.persist("agents' time", ofCampaign(e.Campaign), func() error {
		for {
			a.mu.Lock()
			t := a.waiting[e.Campaign]
			if t == 0 {
				a.writing[e.Campaign] = false
				a.mu.Unlock()
				return nil
			}
			a.mu.Unlock()
			if err := d.store.AddAgentTime(e.Campaign, t); err != nil {
				return err
			}
			a.mu.Lock()
			a.waiting[e.Campaign] -= t
			a.mu.Unlock()
		}
	})
}
