package campaign

import (
	"log/slog"

	"github.com/dialcamp/dialcamp/ami"
)

// waits reports whether somebody who answered has no agent yet.
func (cl *call) waits() bool {
	return cl.phase >= phaseQueued && cl.Attempt.Connected.IsZero() && cl.leg1Gone.IsZero()
}

// keepWaiting looks after somebody who waits for an agent: after a while the
// call counts as abandoned, whoever takes it then, unless a machine waits; and after the campaign's own
// time it is dropped, if there is a place to send it to. While an agent's phone
// rings for it it is not.
func (c *Core) keepWaiting(cl *call) {
	so := cl.Attempt
	so.Ended = c.now
	if r := cl.campaign.Regime; r.Late && so.waited(r) > r.Patience && !cl.machine {
		c.abandoned(cl)
	}
	waited := c.now.Sub(cl.queuedAt)
	drop := cl.campaign.Drop
	if drop.Context == "" || cl.dropped || cl.phase != phaseQueued || waited < drop.After || cl.leg1 == "" {
		return
	}
	cl.dropped = true
	c.do(Redirect{cl.server.Name, cl.ref(), drop.Context, drop.Exten, drop.Priority})
}

// giveUpRinging hangs up calls of q that nobody has answered, because no agent
// is left who could take them. They have rung for the campaign's least time:
// regulators want at least 15 seconds (47 CFR 64.1200(a)(6)).
func (c *Core) giveUpRinging(q *queue) {
	if c.blind(q) != "" || q.picture.Available > 0 || c.anyBusy(q) {
		return
	}
	for _, cp := range q.owners() {
		if cp.HangUpAfter == 0 {
			continue
		}
		for _, cl := range cp.openCalls() {
			if cl.queue != q || cl.given || cl.leg1 == "" || c.now.Sub(cl.Attempt.Claimed) < cp.HangUpAfter {
				continue
			}
			cl.given = true
			c.noticeCall(slog.LevelInfo, cl.ref(), "a ringing call is hung up: no agent is left to take it")
			c.do(HangUp{cl.server.Name, cl.ref(), ami.CauseNormalClearing})
		}
	}
}

// anyBusy reports whether an agent of q will be free again who is not paused: one
// who is may have gone home after the last talk.
func (c *Core) anyBusy(q *queue) bool {
	for _, m := range q.members {
		if _, ok := c.busy(q, m); ok && !m.Paused {
			return true
		}
	}
	return false
}
