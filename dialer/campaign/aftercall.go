package campaign

import (
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

const (
	// workWithin is how soon after a talk an agent pauses who has to work on it:
	// what pauses them by itself learns of the end from an event.
	workWithin = 2 * time.Second
	// mostWork is how long such a pause may last; a longer one is a break.
	mostWork = 10 * time.Minute
)

// talks reports whether a member's phone is in use, paused or not.
func (m *member) talks() bool { return !m.away() && !m.ringing() && !m.rests() }

func (m *member) rests() bool { return m.Status == ami.DeviceUnknown || m.Status == ami.DeviceNotInUse }

// follow takes over what a member did until now: nil if it was none.
func (m *member) follow(old *member) {
	if old == nil {
		m.took = m.talks() && !m.Paused
		return
	}
	m.freeAt, m.work, m.ended = old.freeAt, old.work, old.ended
	if old.Status == m.Status {
		m.since = old.since
	}
	switch {
	case m.rests(), m.away():
	case m.ringing(), old.talks():
		m.took = old.took
	default:
		m.took = old.took || !m.Paused
	}
}

// memberLearnt lets the pacers of a queue learn from a member's change. now is nil
// if it is no member any more.
//
// Asterisk has a timer of the same length after each talk, or none; agents who
// need time of their own pause, or are paused, as the talk ends. Such a pause is
// wrap-up time: it is learnt how long they last, and the agent counted as one who
// will be free again.
func (c *Core) memberLearnt(q *queue, old, now *member) {
	if old == nil {
		return
	}
	left := now == nil || now.away()
	paused := !left && now.Paused
	if now == nil {
		now = &member{}
	}
	switch {
	case old.took && (left || now.rests()):
		q.learn((*pacing.State).TalkEnded, c.now.Sub(old.since))
		now.work, now.ended = time.Time{}, time.Time{}
		switch {
		case left:
			q.released(true)
		case paused:
			now.work = c.now
		default:
			now.ended = c.now
		}
		return
	case !old.work.IsZero() && paused && now.rests():
		return // it goes on
	case !old.work.IsZero():
		now.work = time.Time{}
		worked := c.now.Sub(old.work)
		if gone := left || worked > mostWork; gone {
			q.released(true)
		} else {
			q.learn((*pacing.State).WrapupEnded, worked)
			q.released(false)
		}
		return
	case !old.ended.IsZero() && paused && now.rests() && c.now.Sub(old.ended) <= workWithin:
		now.work, now.ended = old.ended, time.Time{}
		return
	case !old.ended.IsZero():
		now.ended = time.Time{}
		q.learn((*pacing.State).WrapupEnded, max(q.wrapup, old.Wrapup))
		q.released(false)
	}
	if (left || paused) && old.idle() && !c.now.Before(old.freeAt) {
		for _, cp := range q.campaigns {
			cp.pacer.IdleAgentLeft()
			cp.unsaved = true
		}
	}
}

// learn teaches the queue's pacers a duration.
func (q *queue) learn(note func(*pacing.State, float64), d time.Duration) {
	for _, cp := range q.campaigns {
		note(&cp.pacer.State, d.Seconds())
		cp.unsaved = true
	}
}

// released teaches them that an agent finished with a call: left, that it was for
// a break or for good.
func (q *queue) released(left bool) {
	for _, cp := range q.campaigns {
		cp.pacer.AgentReleased(left)
		cp.unsaved = true
	}
}
