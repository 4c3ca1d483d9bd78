package ami

import "context"

// QueueWithdrawCaller takes a waiting caller out of a queue: its Queue() ends
// with QUEUESTATUS=WITHDRAW and the dialplan goes on. QueueCallerAbandon and
// QueueCallerLeave follow, within a second or so, or when the agent that rings
// has not answered. No privilege; Asterisk 16.25, 18.11, 19.3 and later.
type QueueWithdrawCaller struct {
	Queue  string
	Caller string // its channel's name, not its Uniqueid
	Info   string // for the dialplan: QUEUE_WITHDRAW_INFO
}

func (q QueueWithdrawCaller) Action() Action {
	a := Action{Name: "QueueWithdrawCaller"}
	a.Add("Queue", q.Queue)
	a.Add("Caller", q.Caller)
	a.AddOpt("WithdrawInfo", q.Info)
	return a
}

func (q QueueWithdrawCaller) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}

// QueueChangePriorityCaller changes the priority of a waiting caller. No event
// follows: QueueStatus shows the new order. No privilege; Asterisk 15 and later.
type QueueChangePriorityCaller struct {
	Queue    string
	Caller   string // its channel's name, not its Uniqueid
	Priority int    // higher ones come first
	// Immediate moves the caller at once; otherwise its priority only counts
	// against those who join later. Asterisk 18.20, 20.5, 21 and
	// later; older ones ignore it.
	Immediate bool
}

func (q QueueChangePriorityCaller) Action() Action {
	a := Action{Name: "QueueChangePriorityCaller"}
	a.Add("Queue", q.Queue)
	a.Add("Caller", q.Caller)
	a.addInt("Priority", q.Priority)
	if q.Immediate {
		a.addTruth("Immediate", true)
	}
	return a
}

func (q QueueChangePriorityCaller) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}
