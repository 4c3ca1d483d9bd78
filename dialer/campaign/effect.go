package campaign

import (
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Effect is something to be done: what Step returns, in order.
type Effect interface{ effect() }

// Effects.
type (
	// TakeContacts asks the store for due contacts; Claimed or ClaimFailed answers.
	TakeContacts struct {
		Campaign string
		Take
	}
	// Originate places a call whose attempt is durable. Only a failure is
	// reported, with OriginateFailed. The Claim is that of Claimed: it is only read.
	Originate struct {
		Server string
		*Claim
	}
	// HangUp ends a channel.
	HangUp struct {
		Server string
		Call   CallRef // whose Channel it is
		Cause  ami.Cause
	}
	// Redirect sends a call's first leg to another place in the dialplan.
	Redirect struct {
		Server         string
		Call           CallRef // whose Channel is redirected
		Context, Exten string
		Priority       int
	}
	// Finish makes an ended attempt, and what follows for its contact, durable.
	Finish struct {
		Attempt Attempt
		Contact Contact
	}
	// Withdraw takes back an attempt whose Originate certainly never left this
	// process: it is as if it had never been claimed.
	Withdraw struct {
		Claim
		Originated bool // there was an Originate effect, which came to nothing
	}

	// Answered: the contact's side picked up. It comes once for each attempt that
	// has Attempt.Answered when it ends, after its Originate and before its Finish.
	Answered struct{ Attempt Attempt }
	// AgentTook: an agent talks to them. It comes once for each attempt that has
	// Attempt.Connected when it ends, after Answered and before its Finish.
	AgentTook struct{ Attempt Attempt }

	// AskQueue wants a QueueSummary.
	AskQueue struct{ Server, Queue string }
	// AskMembers wants a QueueStatus.
	AskMembers struct{ Server, Queue string }
	// AskChannels wants a CoreShowChannels.
	AskChannels struct{ Server string }

	// Disconnect ends the connection of a server that is not configured any more.
	Disconnect struct{ Server string }

	// SaveState keeps what the operator last wanted of a campaign.
	SaveState struct {
		Campaign string
		State    State
	}
	// SaveLearnt keeps what a campaign's pacer has learnt.
	SaveLearnt struct {
		Campaign string
		State    pacing.State
	}
	// Decided is a decision for the pacing ledger.
	Decided struct {
		Campaign string
		Entry    pacing.Entry
	}
	// AddAgentTime books logged-in time of a campaign's agents, for occupancy.
	AddAgentTime struct {
		Campaign string
		Time     time.Duration
	}
)

func (TakeContacts) effect() {}
func (Originate) effect()    {}
func (HangUp) effect()       {}
func (Redirect) effect()     {}
func (Finish) effect()       {}
func (Withdraw) effect()     {}
func (Answered) effect()     {}
func (AgentTook) effect()    {}
func (AskQueue) effect()     {}
func (AskMembers) effect()   {}
func (AskChannels) effect()  {}
func (Disconnect) effect()   {}
func (SaveState) effect()    {}
func (SaveLearnt) effect()   {}
func (Decided) effect()      {}
func (AddAgentTime) effect() {}
func (Notice) effect()       {}
