package sim

import (
	"math"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// The time in which a call is set up, evenly spread, in seconds.
const (
	setupLeast    = 1.0
	setupSpan     = 2.0
	setupMean     = setupLeast + setupSpan/2
	setupVariance = setupSpan * setupSpan / 12
)

type callPhase uint8

const (
	over callPhase = iota
	ringing
	queued
	connected
)

type call struct {
	leg1   ami.ChannelRef // that waits in the queue
	phase  callPhase
	fate   fate
	until  float64 // how long it waits
	itself bool    // and then hangs up, not the queue
}

// leg2 is the one that runs the dialplan.
func (c *call) leg2() ami.ChannelRef {
	id := c.leg1.Uniqueid
	return ami.ChannelRef{Channel: "Local/" + id + ";2", Uniqueid: id + ";2", Linkedid: id}
}

// trunk is the leg to the contact.
func (c *call) trunk() ami.ChannelRef {
	id := c.leg1.Uniqueid
	return ami.ChannelRef{Channel: "PJSIP/" + id, Uniqueid: id + "-trunk", Linkedid: id}
}

// dial places the call of a claim, whose fate is thrown at once.
func (w *world) dial(cm *campaign.Claim) {
	var i int32
	if n := len(w.unused); n > 0 {
		i = w.unused[n-1]
		w.unused = w.unused[:n-1]
	} else {
		i = int32(len(w.calls))
		w.calls = append(w.calls, call{})
	}
	id := cm.Attempt.ID
	c := &w.calls[i]
	*c = call{leg1: ami.ChannelRef{Channel: "Local/" + id + ";1", Uniqueid: id, Linkedid: id}, phase: ringing}
	w.shift.Dialed++

	hour := int(w.now / 3600)
	human := w.Answer.Human.at(hour)
	if w.ScoreSpread > 0 {
		human = w.chance(human, w.pool.score(cm.Contact.ID, w.rnd))
	}
	var rings float64
	if w.rnd.Float64() < human {
		c.fate, rings = humanFate, w.humanRings()
	} else {
		c.fate, rings = w.otherRings(hour)
	}
	w.after(math.Min(rings, float64(w.RingTimeout)), callEnds, i)
	w.send(&ami.Newchannel{ChannelRef: c.leg1})
}

func (w *world) setUp() float64 { return setupLeast + setupSpan*w.rnd.Float64() }

// humanRings is the time from placing a call until a person answers it.
func (w *world) humanRings() float64 {
	setup := w.setUp()
	// Who would answer after the timeout is not among those who answer.
	for range 100 {
		if d := setup + w.lognormal(w.Ring.Human); d < float64(w.RingTimeout) {
			return d
		}
	}
	return float64(w.RingTimeout)
}

// otherRings is what becomes of a call that no person answers, and the time until
// then.
func (w *world) otherRings(hour int) (fate, float64) {
	setup := w.setUp()
	a := &w.Answer
	machine, busy, none, invalid := a.Machine.at(hour), a.Busy.at(hour), a.NoAnswer.at(hour), a.Invalid.at(hour)
	u := w.rnd.Float64() * (machine + busy + none + invalid)
	switch {
	case u < machine:
		switch {
		case w.Ring.Machine.Mean > 0:
			return machineFate, setup + w.lognormal(w.Ring.Machine)
		case w.rnd.Float64() < 0.3:
			return machineFate, setup + 3*w.rnd.Float64() // voicemail at once
		}
		return machineFate, setup + math.Max(0, 18+2.5*w.rnd.NormFloat64())
	case u < machine+busy:
		if w.Ring.Busy.Mean > 0 {
			return busyFate, setup + w.lognormal(w.Ring.Busy)
		}
		return busyFate, setup + w.rnd.Float64()
	case u < machine+busy+none:
		if w.Ring.NoAnswer.Mean > 0 {
			return noAnswerFate, setup + w.lognormal(w.Ring.NoAnswer)
		}
		return noAnswerFate, float64(w.RingTimeout)
	}
	return invalidFate, setup + w.lognormal(w.Ring.Invalid)
}

// causes are those of calls that nobody answers.
var causes = [fateKinds]ami.Cause{busyFate: ami.CauseUserBusy, noAnswerFate: ami.CauseNoAnswer, invalidFate: ami.CauseUnallocated}

// callEnds: it stopped ringing.
func (w *world) callEnds(i int32) {
	switch c := &w.calls[i]; c.fate {
	case humanFate:
		w.answered(i)
	case machineFate:
		w.sendAnswered(c)
		w.sendMachine(c)
		w.over(i, ami.CauseNormalClearing)
	default:
		w.send(&ami.OriginateResponse{ActionID: c.leg1.Uniqueid, Uniqueid: c.leg1.Uniqueid})
		w.over(i, causes[c.fate])
	}
}

// answered: a person did, and takes the agent who is idle longest, or waits.
func (w *world) answered(i int32) {
	c := &w.calls[i]
	c.phase = queued
	w.waiting = append(w.waiting, i)
	w.sendAnswered(c)
	w.send(&ami.QueueCallerJoin{ChannelRef: c.leg1, Queue: queueName})
	if len(w.idle) > 0 {
		w.connect(i, w.idle[0])
		return
	}
	wait := float64(w.DropAfter)
	if w.Patience > 0 {
		if d := w.rnd.ExpFloat64() * float64(w.Patience); d < wait {
			wait, c.itself = d, true
		}
	}
	c.until = w.now + wait
	w.after(wait, gaveUp, i)
}

// gaveUp: nobody took it in time. The call may be another by now.
func (w *world) gaveUp(i int32) {
	c := &w.calls[i]
	if c.phase != queued || w.now < c.until {
		return
	}
	w.waiting = remove(w.waiting, i)
	w.shift.Abandoned++
	s := w.slice()
	s.Answers++
	s.Abandoned++
	w.sendGivenUp(c, c.itself)
	cause := ami.Cause(0)
	if c.itself {
		cause = ami.CauseNormalClearing
	}
	w.over(i, cause)
}

// over: the call hangs up.
func (w *world) over(i int32, cause ami.Cause) {
	c := &w.calls[i]
	c.phase = over
	w.unused = append(w.unused, i)
	w.sendHangup(c, cause)
}
