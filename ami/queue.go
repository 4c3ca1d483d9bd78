package ami

import (
	"context"
	"math"
	"time"
)

// QueueSummary counts the agents and callers of one queue, or of all. Privilege
// any; completion event QueueSummaryComplete. An unknown queue gives no items,
// not an error.
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
	HoldTime    time.Duration
	TalkTime    time.Duration
	LongestHold time.Duration
}

func (q QueueSummary) Action() Action {
	a := Action{Name: "QueueSummary"}
	a.AddOpt("Queue", q.Queue)
	return a
}

func (q QueueSummary) reply(ctx context.Context, d Doer) ([]QueueCounts, error) {
	return collect(ctx, d, q.Action(), func(m *Message) (QueueCounts, bool) {
		return QueueCounts{
			Queue:       m.Get("Queue"),
			LoggedIn:    m.Int("LoggedIn"),
			Available:   m.Int("Available"),
			Callers:     m.Int("Callers"),
			HoldTime:    seconds(m.Int("HoldTime")),
			TalkTime:    seconds(m.Int("TalkTime")),
			LongestHold: seconds(m.Int("LongestHoldTime")),
		}, m.Event() == "QueueSummary"
	})
}

// QueueStatus lists queues with their members and callers. Privilege any;
// completion event QueueStatusComplete.
type QueueStatus struct {
	Queue  string // empty: all
	Member string // empty: all
}

// Queue is one queue of a QueueStatus.
type Queue struct {
	Name      string
	Strategy  string
	Max       int
	Completed int
	Abandoned int
	Weight    int
	Members   []Member
	Callers   []QueueCaller
}

// Member is an agent's place in one queue.
type Member struct {
	Queue     string
	Name      string
	Interface string
	Penalty   int
	Calls     int
	Status    DeviceState
	Paused    bool
	InCall    bool
	LastCall  time.Time     // by the server's clock; zero: none yet
	Wrapup    time.Duration // the member's own; the queue's is not shown
}

// QueueCaller waits in a queue.
type QueueCaller struct {
	Queue    string
	Position int
	Channel  string
	Uniqueid string
	Wait     time.Duration
}

func (q QueueStatus) Action() Action {
	a := Action{Name: "QueueStatus"}
	a.AddOpt("Queue", q.Queue)
	a.AddOpt("Member", q.Member)
	return a
}

func (q QueueStatus) reply(ctx context.Context, d Doer) ([]Queue, error) {
	var all []Queue
	for m, err := range d.List(ctx, q.Action()) {
		if err != nil {
			return nil, err
		}
		name := m.Get("Queue")
		switch m.Event() {
		case "QueueParams":
			all = append(all, Queue{
				Name: name, Strategy: m.Get("Strategy"), Max: m.Int("Max"),
				Completed: m.Int("Completed"), Abandoned: m.Int("Abandoned"), Weight: m.Int("Weight"),
			})
		case "QueueMember":
			if n := len(all); n > 0 && all[n-1].Name == name {
				all[n-1].Members = append(all[n-1].Members, memberOf(m))
			}
		case "QueueEntry":
			if n := len(all); n > 0 && all[n-1].Name == name {
				all[n-1].Callers = append(all[n-1].Callers, QueueCaller{
					Queue: name, Position: m.Int("Position"), Channel: m.Get("Channel"),
					Uniqueid: m.Get("Uniqueid"), Wait: seconds(m.Int("Wait")),
				})
			}
		}
	}
	return all, nil
}

// memberOf reads a QueueMember item or a QueueMember* event, whose keys differ.
func memberOf(m *Message) Member {
	first := func(keys ...string) string {
		for _, k := range keys {
			if v, ok := m.Lookup(k); ok {
				return v
			}
		}
		return ""
	}
	mb := Member{
		Queue:     m.Get("Queue"),
		Name:      first("MemberName", "Name"),
		Interface: first("Interface", "Location"),
		Penalty:   m.Int("Penalty"),
		Calls:     m.Int("CallsTaken"),
		Status:    DeviceState(m.Int("Status")),
		Paused:    m.Get("Paused") == "1",
		InCall:    m.Get("InCall") == "1",
		Wrapup:    seconds(m.Int("Wrapuptime")),
	}
	if t := m.Int("LastCall"); t > 0 {
		mb.LastCall = time.Unix(int64(t), 0)
	}
	return mb
}

// QueuePause pauses or unpauses a member, in one queue or in all. Privilege agent.
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
	a.Add("Paused", map[bool]string{true: "true", false: "false"}[q.Paused])
	a.AddOpt("Reason", q.Reason)
	return a
}

func (q QueuePause) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, q.Action()) }

// seconds is 0 for what no clock of Asterisk can mean.
func seconds(n int) time.Duration {
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return time.Duration(n) * time.Second
}
