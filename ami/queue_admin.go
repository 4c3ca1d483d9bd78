package ami

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// QueueReload reads queues.conf and queuerules.conf again, as far as they have
// changed since. With none of the three flags it reloads everything. An unknown
// queue is no error. No privilege; Asterisk 1.6.2 and later.
type QueueReload struct {
	Queue      string // empty: all
	Members    bool   // the static members
	Rules      bool   // queuerules.conf
	Parameters bool   // the queues' settings
}

func (q QueueReload) Action() Action {
	a := Action{Name: "QueueReload"}
	a.AddOpt("Queue", q.Queue)
	for _, part := range []struct {
		key string
		on  bool
	}{{"Members", q.Members}, {"Rules", q.Rules}, {"Parameters", q.Parameters}} {
		if part.on {
			a.Add(part.key, "yes")
		}
	}
	return a
}

func (q QueueReload) reply(ctx context.Context, d Doer) (Done, error) {
	return done(ctx, d, q.Action())
}

// QueueReset sets the counters of a queue, and of its members, to zero. An
// unknown queue is no error. No privilege; Asterisk 1.6.2 and later.
type QueueReset struct{ Queue string } // empty: all

func (q QueueReset) Action() Action {
	a := Action{Name: "QueueReset"}
	a.AddOpt("Queue", q.Queue)
	return a
}

func (q QueueReset) reply(ctx context.Context, d Doer) (Done, error) { return done(ctx, d, q.Action()) }

// QueueRule lists the rules of queuerules.conf, or one of them. An unknown rule
// gives none, not an error. No privilege; Asterisk 1.6 and later.
type QueueRule struct{ Rule string } // empty: all

// PenaltyRule says how the penalties of members that a caller is offered to
// change as it waits.
type PenaltyRule struct {
	Name  string
	Steps []PenaltyStep
}

// PenaltyStep is one change.
type PenaltyStep struct {
	After    time.Duration // of waiting
	Max, Min PenaltyChange // what the highest and lowest penalty of those called become
}

// PenaltyChange is a number, or a change by a number: 5, +5, -5. The zero value
// is no change.
type PenaltyChange struct {
	Relative bool
	Value    int
}

// String is the change as queuerules.conf has it.
func (c PenaltyChange) String() string {
	if c.Relative && c.Value >= 0 {
		return "+" + strconv.Itoa(c.Value)
	}
	return strconv.Itoa(c.Value)
}

func (q QueueRule) Action() Action {
	a := Action{Name: "QueueRule"}
	a.AddOpt("Rule", q.Rule)
	return a
}

func (q QueueRule) reply(ctx context.Context, d Doer) ([]PenaltyRule, error) {
	m, err := d.Do(ctx, q.Action())
	if err != nil {
		return nil, err
	}
	var all []PenaltyRule
	for k, v := range m.Fields() {
		switch {
		case strings.EqualFold(k, "RuleList"):
			all = append(all, PenaltyRule{Name: v})
		case strings.EqualFold(k, "Rule") && len(all) > 0:
			last := &all[len(all)-1]
			last.Steps = append(last.Steps, penaltyStep(v))
		}
	}
	return all, nil
}

// penaltyStep reads "30,+5,1".
func penaltyStep(s string) PenaltyStep {
	parts := append(strings.Split(s, ","), "", "")
	after, _ := number(parts[0])
	change := func(s string) PenaltyChange {
		n, ok := number(s)
		if !ok {
			return PenaltyChange{Relative: true}
		}
		return PenaltyChange{Relative: strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-"), Value: n}
	}
	return PenaltyStep{After: seconds(after), Max: change(parts[1]), Min: change(parts[2])}
}
