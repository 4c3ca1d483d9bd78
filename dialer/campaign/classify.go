package campaign

import (
	"strings"

	"github.com/dialcamp/dialcamp/ami"
)

// classify judges an ended call by all that is known of it.
//
// The Reason of OriginateResponse is the last resort: through a Local channel
// it is 0 for nearly everything.
func (cl *call) classify() (outcome Outcome, cause ami.Cause, note string) {
	cause = cl.cause()
	switch {
	case !cl.Attempt.Connected.IsZero():
		if cl.machine {
			note = "an agent was connected to what was taken for a machine" + cl.because()
		}
		return Connected, cause, note
	case cl.cancelled && cl.phase < phaseAnswered:
		return Cancelled, cause, ""
	case cl.given && cl.phase < phaseAnswered:
		return NoAnswer, cause, "hung up while ringing: no agent was left to take it"
	case cl.machine:
		return Machine, cause, strings.TrimPrefix(cl.because(), ": ")
	case cl.dropped:
		return Dropped, cause, ""
	case cl.phase >= phaseAnswered && !cl.campaign.Waits():
		// The message is all there is to be connected to.
		cl.Attempt.Connected = cl.Attempt.Answered
		return Connected, cause, ""
	case cl.phase >= phaseAnswered:
		if cl.Attempt.Answered.IsZero() {
			cl.Attempt.Answered = cl.Attempt.Claimed
		}
		o := cl.unconnected()
		if cl.phase < phaseQueued {
			note = "answered, but never joined the queue"
		}
		return o, cause, note
	}
	if o, ok := outcomeByCause[cause]; ok {
		if cl.status() == "CHANUNAVAIL" && len(cl.trunks) == 0 {
			return Congestion, cause, "the trunk could not be used"
		}
		return o, cause, ""
	}
	switch {
	case cl.respondedAt.IsZero() && cl.status() == "":
		// Its last events came, but those of an answer may have been lost.
		return Unknown, cause, "no event told whether it was answered"
	case cl.status() == "CHANUNAVAIL" && len(cl.trunks) == 0:
		return Congestion, cause, "the trunk could not be used"
	case len(cl.trunks) == 0 && !cl.recovered && cl.status() != "CONGESTION":
		// Originate's own dial of ;1 ends with NOANSWER here too.
		if cl.ranDialplan {
			return Failed, cause, "the dialplan ran but dialed nobody; can it use the trunk?"
		}
		return Failed, cause, "nothing was dialed; does the dialplan's context match this number?"
	case cl.reason == ami.ReasonNoAnswer, cl.status() == "NOANSWER":
		return NoAnswer, cause, ""
	case cl.reason == ami.ReasonBusy, cl.status() == "BUSY":
		return Busy, cause, ""
	case cl.status() == "CONGESTION", cl.reason == ami.ReasonCongestion:
		return Congestion, cause, ""
	}
	return Failed, cause, ""
}

// unconnected tells the two ends of an answered call without an agent apart:
// Queue() running out of time raises QueueCallerAbandon too, but there the
// queue's side ends first, and ;1 with cause 0.
func (cl *call) unconnected() Outcome {
	switch {
	case cl.contactLeft:
		return Abandoned
	case cl.queueLeft:
		return Dropped
	case !cl.leg1Gone.IsZero() && cl.cause1 == 0:
		return Dropped
	case cl.queueHint:
		return Dropped
	}
	return Abandoned
}

// cause is the one that says most: the trunk's, where the network speaks, then
// that of ;2, which Dial() sets, then that of ;1. 0 and 16 say nothing about a
// call that was not answered.
func (cl *call) cause() ami.Cause {
	for _, c := range []ami.Cause{cl.causeTrunk, cl.cause2, cl.cause1} {
		if c != 0 && c != ami.CauseNormalClearing {
			return c
		}
	}
	return max(cl.causeTrunk, cl.cause2, cl.cause1)
}

// status is that of Dial() in DialCamp, which knows more than Originate's own
// dial of ;1.
func (cl *call) status() string {
	if cl.dialStatus != "" {
		return cl.dialStatus
	}
	return cl.dialStatus1
}
