package campaign

import (
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/dialer/pacing"
)

// Event is something that happened: what Step takes.
type Event interface{ event() }

// Events. Times are of the daemon's clock.
type (
	// Tick says only that time has passed; a few a second are enough.
	Tick struct{}

	// Operate is an operator's or a schedule's command.
	Operate struct {
		Campaign string
		Verb     Verb
	}

	// Reconfigure: from now on these servers and rules are in force, all of them
	// at once. Calls in flight go on. Of campaigns that are not among the settings
	// any more they are settled by the rules that they had; a server that is not
	// among them any more goes when its last call has ended.
	Reconfigure struct {
		Servers  []Server
		Settings []Settings
		States   map[string]State        // that new campaigns begin in; else Stopped
		Learnt   map[string]pacing.State // what new campaigns' pacers have learnt before
		Recounts map[string]Recount      // of campaigns whose regime's window was counted
		// Shown counts the caller IDs of attempts that were claimed before this
		// Core was made; nil, and once it was given: nothing was counted.
		Shown Shown
	}

	// Shutdown: the daemon is stopping; no new calls, whatever the campaigns'
	// states, which stay as they are for the next start.
	Shutdown struct{}

	// LinkUp: the manager connection of a server is logged in. Offset is the
	// server's clock minus ours.
	LinkUp struct {
		Server string
		Offset time.Duration
	}
	// LinkDown: it is gone. Whatever was sent may or may not have arrived.
	LinkDown struct{ Server string }

	// QueueSeen answers AskQueue.
	QueueSeen struct {
		Server, Queue string
		Asked         time.Time // when the request was sent
		Known         bool      // the queue exists
		LoggedIn      int
		Available     int
		Callers       int
	}
	// MembersSeen answers AskMembers.
	MembersSeen struct {
		Server, Queue string
		Members       []ami.Member
	}
	// ChannelsSeen answers AskChannels.
	ChannelsSeen struct {
		Server   string
		Asked    time.Time
		Channels []ami.Channel
	}
	// AskFailed: one of the Ask effects had no answer.
	AskFailed struct {
		Server string
		Effect Effect
	}

	// Claimed answers TakeContacts: the attempts are durable.
	Claimed struct {
		Campaign string
		Taken
	}
	// ClaimFailed answers TakeContacts: nothing was claimed.
	ClaimFailed struct {
		Campaign string
		Err      error
	}
	// Recovered are the attempts that were in flight when the daemon last
	// stopped.
	Recovered struct{ Claims []Claim }
	// NewDay: a day has begun in a campaign's time zone. Past is what its regime's
	// window holds of those before.
	NewDay struct {
		Campaign string
		Past     pacing.Count
	}
	// Loading: a list's load begins; contacts may be added until Loaded.
	Loading struct{ Campaign string }
	// Loaded: a load has ended, whether or not it added anything.
	Loaded struct{ Campaign string }

	// CallbackAsked: the store has made a contact due at a time, or will when their
	// call in flight has ended.
	CallbackAsked struct {
		Campaign string
		Contact  uint64
		Due      time.Time
	}

	// OriginateFailed: the Originate of an attempt did not succeed.
	OriginateFailed struct {
		ID  string
		Err error // ami.NeverSent and ami.Refused tell what it means
	}
	// AMI is an event of a server.
	AMI struct {
		Server string
		Event  ami.Event
	}
)

// Claim is one claimed attempt with its contact as it was before.
type Claim struct {
	Attempt Attempt
	Contact Contact
}

func (Tick) event()            {}
func (Operate) event()         {}
func (Reconfigure) event()     {}
func (Shutdown) event()        {}
func (LinkUp) event()          {}
func (LinkDown) event()        {}
func (QueueSeen) event()       {}
func (MembersSeen) event()     {}
func (ChannelsSeen) event()    {}
func (AskFailed) event()       {}
func (Claimed) event()         {}
func (ClaimFailed) event()     {}
func (Recovered) event()       {}
func (NewDay) event()          {}
func (Loading) event()         {}
func (CallbackAsked) event()   {}
func (Loaded) event()          {}
func (OriginateFailed) event() {}
func (AMI) event()             {}
