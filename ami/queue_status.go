package ami

import (
	"context"
	"iter"
	"time"
)

// QueueStatus lists queues with their members and callers. No privilege; all
// versions; completion event QueueStatusComplete. An unknown queue gives no
// items, not an error.
//
// Send gives Queues. Stream gives QueueItems, each queue's QueueParams before
// its Members, and those before its QueueCallers.
type QueueStatus struct {
	Queue  string // empty: all
	Member string // only this member's Interface; empty: all
}

// QueueItem is an item of a QueueStatus: QueueParams, Member or QueueCaller.
type QueueItem interface{ queueItem() }

func (QueueParams) queueItem() {}
func (Member) queueItem()      {}
func (QueueCaller) queueItem() {}

// Queue is one queue of a QueueStatus.
type Queue struct {
	QueueParams
	Members []Member
	Callers []QueueCaller
}

// QueueParams is the state of a queue as a whole. The counters begin at zero with
// Asterisk's start and with QueueReset.
type QueueParams struct {
	Name              string
	Max               int // callers; 0: no limit
	Strategy          string
	Calls             int           // callers that wait now
	HoldTime          time.Duration // running average of the time to an agent
	TalkTime          time.Duration // running average of the talks
	Completed         int           // calls that an agent answered
	Abandoned         int           // calls that left without an agent
	ServiceLevel      time.Duration // within which an answer is good
	ServiceLevelPerf  float64       // percentage of the answered calls that were answered so soon
	ServiceLevelPerf2 float64       // percentage of all calls; 0 before Asterisk 15
	Weight            int
}

// Member is an agent's place in one queue.
type Member struct {
	Queue          string
	Name           string
	Interface      string // what is dialed, e.g. PJSIP/agent1
	StateInterface string // whose state counts; usually the same
	Membership     string // static, dynamic or realtime
	Penalty        int
	Calls          int       // answered
	LastCall       time.Time // its end, by the server's clock; zero: none yet
	LastPause      time.Time // its begin; zero: none yet, or before Asterisk 15
	LoginTime      time.Time // since when it is a member; zero before Asterisk 16.23, 18.9, 19.1
	Status         DeviceState
	Paused         bool
	PausedReason   string
	InCall         bool          // talks with a caller of this queue
	Ringinuse      bool          // may be called while in use; told by events only
	Wrapup         time.Duration // the member's own; the queue's is not shown
}

// QueueCaller waits in a queue.
type QueueCaller struct {
	Queue                               string
	Position                            int // 1 is next
	Channel                             string
	Uniqueid                            string
	CallerIDNum, CallerIDName           string
	ConnectedLineNum, ConnectedLineName string
	Wait                                time.Duration
	Priority                            int // higher ones come first; 0 before Asterisk 13.18, 15
}

func (q QueueStatus) Action() Action {
	a := Action{Name: "QueueStatus"}
	a.AddOpt("Queue", q.Queue)
	a.AddOpt("Member", q.Member)
	return a
}

func (q QueueStatus) stream(ctx context.Context, d Doer) iter.Seq2[QueueItem, error] {
	return items(ctx, d, q.Action(), func(m *Message) (QueueItem, bool) {
		switch m.Event() {
		case "QueueParams":
			return queueParamsOf(m), true
		case "QueueMember":
			return memberOf(m), true
		case "QueueEntry":
			return queueCallerOf(m), true
		}
		return nil, false
	})
}

func (q QueueStatus) reply(ctx context.Context, d Doer) ([]Queue, error) {
	var all []Queue
	for item, err := range q.stream(ctx, d) {
		if err != nil {
			return nil, err
		}
		last := &Queue{}
		if n := len(all); n > 0 {
			last = &all[n-1]
		}
		switch item := item.(type) {
		case QueueParams:
			all = append(all, Queue{QueueParams: item})
		case Member:
			if item.Queue == last.Name {
				last.Members = append(last.Members, item)
			}
		case QueueCaller:
			if item.Queue == last.Name {
				last.Callers = append(last.Callers, item)
			}
		}
	}
	return all, nil
}

func queueParamsOf(m *Message) QueueParams {
	return QueueParams{
		Name: m.Get("Queue"), Max: m.Int("Max"), Strategy: m.Get("Strategy"), Calls: m.Int("Calls"),
		HoldTime: m.seconds("Holdtime"), TalkTime: m.seconds("TalkTime"),
		Completed: m.Int("Completed"), Abandoned: m.Int("Abandoned"),
		ServiceLevel: m.seconds("ServiceLevel"), ServiceLevelPerf: m.decimal("ServicelevelPerf"), ServiceLevelPerf2: m.decimal("ServicelevelPerf2"),
		Weight: m.Int("Weight"),
	}
}

// memberOf reads a QueueMember item or a QueueMember* event, whose keys differ.
func memberOf(m *Message) Member {
	return Member{
		Queue:          m.Get("Queue"),
		Name:           m.first("MemberName", "Name"),
		Interface:      m.first("Interface", "Location"),
		StateInterface: m.Get("StateInterface"),
		Membership:     m.Get("Membership"),
		Penalty:        m.Int("Penalty"),
		Calls:          m.Int("CallsTaken"),
		LastCall:       m.unix("LastCall"),
		LastPause:      m.unix("LastPause"),
		LoginTime:      m.unix("LoginTime"),
		Status:         DeviceState(m.Int("Status")),
		Paused:         m.truth("Paused"),
		PausedReason:   m.first("PausedReason", "Reason"),
		InCall:         m.truth("InCall"),
		Ringinuse:      m.truth("Ringinuse"),
		Wrapup:         m.seconds("Wrapuptime"),
	}
}

func queueCallerOf(m *Message) QueueCaller {
	return QueueCaller{
		Queue: m.Get("Queue"), Position: m.Int("Position"), Channel: m.Get("Channel"), Uniqueid: m.Get("Uniqueid"),
		CallerIDNum: m.Get("CallerIDNum"), CallerIDName: m.Get("CallerIDName"),
		ConnectedLineNum: m.Get("ConnectedLineNum"), ConnectedLineName: m.Get("ConnectedLineName"),
		Wait: m.seconds("Wait"), Priority: m.Int("Priority"),
	}
}
