package ami

import (
	"context"
	"iter"
	"time"
)

// QueueSummary counts the agents and callers of one queue, or of all. No
// privilege; Asterisk 1.6 and later; completion event QueueSummaryComplete. An
// unknown queue gives no items, not an error.
type QueueSummary struct{ Queue string }

// QueueCounts is one queue's item of a QueueSummary.
type QueueCounts struct {
	Queue string
	// LoggedIn members are neither invalid nor unavailable; paused ones count.
	LoggedIn int
	// Available members are logged in, idle or of unknown state, and not
	// paused. Wrap-up, penalty and other queues are not looked at.
	Available int
	// Callers are waiting, those that ring an agent included.
	Callers     int
	HoldTime    time.Duration // running average of the time to an agent
	TalkTime    time.Duration // running average of the talks
	LongestHold time.Duration // of those that wait now
}

func (q QueueSummary) Action() Action {
	a := Action{Name: "QueueSummary"}
	a.AddOpt("Queue", q.Queue)
	return a
}

func (q QueueSummary) stream(ctx context.Context, d Doer) iter.Seq2[QueueCounts, error] {
	return items(ctx, d, q.Action(), func(m *Message) (QueueCounts, bool) {
		return QueueCounts{
			Queue:       m.Get("Queue"),
			LoggedIn:    m.Int("LoggedIn"),
			Available:   m.Int("Available"),
			Callers:     m.Int("Callers"),
			HoldTime:    m.seconds("HoldTime"),
			TalkTime:    m.seconds("TalkTime"),
			LongestHold: m.seconds("LongestHoldTime"),
		}, m.Event() == "QueueSummary"
	})
}

func (q QueueSummary) reply(ctx context.Context, d Doer) ([]QueueCounts, error) {
	return collect(q.stream(ctx, d))
}
