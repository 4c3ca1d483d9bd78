package ami

import (
	"context"
	"time"
)

// QueueAdd makes a member of a queue, until QueueRemove or, without
// persistentmembers in queues.conf, Asterisk's end. QueueMemberAdded follows.
// Privilege agent; all versions. Who is a member already is refused.
type QueueAdd struct {
	Queue          string
	Interface      string // what is dialed, e.g. PJSIP/agent1
	Penalty        int    // from 0 upwards, higher ones are called later
	Paused         bool
	Reason         string        // of the pause; Asterisk 20.12, 21.7, 22.2 and later
	MemberName     string        // default: Interface
	StateInterface string        // whose state counts; default: Interface
	Wrapup         time.Duration // the member's own; whole seconds; Asterisk 16.3 and later
}

func (q QueueAdd) Action() Action {
	a := Action{Name: "QueueAdd"}
	a.Add("Queue", q.Queue)
	a.Add("Interface", q.Interface)
	if q.Penalty != 0 {
		a.addInt("Penalty", q.Penalty)
	}
	if q.Paused {
		a.addTruth("Paused", true)
	}
	a.AddOpt("Reason", q.Reason)
	a.AddOpt("MemberName", q.MemberName)
	a.AddOpt("StateInterface", q.StateInterface)
	if q.Wrapup > 0 {
		a.addInt("Wrapuptime", int(q.Wrapup.Seconds()))
	}
	return a
}

func (q QueueAdd) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, q.Action()) }

// QueueRemove removes a member that was added while Asterisk ran; a static one
// is refused, as is who is none. QueueMemberRemoved follows. Privilege agent; all
// versions.
type QueueRemove struct{ Queue, Interface string }

func (q QueueRemove) Action() Action {
	a := Action{Name: "QueueRemove"}
	a.Add("Queue", q.Queue)
	a.Add("Interface", q.Interface)
	return a
}

func (q QueueRemove) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}

// QueuePause pauses or unpauses a member, in one queue or in all. A
// QueueMemberPause of each queue follows. Privilege agent; all versions.
type QueuePause struct {
	Interface string
	Queue     string // empty: all
	Paused    bool
	Reason    string
}

func (q QueuePause) Action() Action {
	a := Action{Name: "QueuePause"}
	a.Add("Interface", q.Interface)
	a.AddOpt("Queue", q.Queue)
	a.addTruth("Paused", q.Paused)
	a.AddOpt("Reason", q.Reason)
	return a
}

func (q QueuePause) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, q.Action()) }

// QueuePenalty sets the penalty of a member, in one queue or in all. A
// QueueMemberPenalty of each queue follows. Privilege agent; Asterisk 1.6 and
// later. A negative penalty is refused.
type QueuePenalty struct {
	Interface string
	Queue     string // empty: all
	Penalty   int
}

func (q QueuePenalty) Action() Action {
	a := Action{Name: "QueuePenalty"}
	a.Add("Interface", q.Interface)
	a.addInt("Penalty", q.Penalty)
	a.AddOpt("Queue", q.Queue)
	return a
}

func (q QueuePenalty) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}

// QueueMemberRingInUse says whether a member is called while in use, in one
// queue or in all. A QueueMemberRinginuse of each queue follows. Privilege agent;
// Asterisk 11 and later.
type QueueMemberRingInUse struct {
	Interface string
	Queue     string // empty: all
	RingInUse bool
}

func (q QueueMemberRingInUse) Action() Action {
	a := Action{Name: "QueueMemberRingInUse"}
	a.Add("Interface", q.Interface)
	a.addTruth("RingInUse", q.RingInUse)
	a.AddOpt("Queue", q.Queue)
	return a
}

func (q QueueMemberRingInUse) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}
