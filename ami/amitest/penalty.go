package amitest

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// noLimit is a penalty that was not limited.
const noLimit = math.MaxInt

// penaltyLimits are which members a caller accepts.
type penaltyLimits struct {
	max, min, raise int // noLimit: none
	respectMin      bool
}

func limitsOf(c *call) penaltyLimits {
	read := func(name string) int {
		if n, err := strconv.Atoi(strings.TrimPrefix(c.variable(name), "r")); err == nil {
			return n
		}
		return noLimit
	}
	return penaltyLimits{
		max: read("QUEUE_MAX_PENALTY"), min: read("QUEUE_MIN_PENALTY"), raise: read("QUEUE_RAISE_PENALTY"),
		respectMin: strings.HasPrefix(c.variable("QUEUE_RAISE_PENALTY"), "r"),
	}
}

// accepts returns the penalty that a member with that one has for e, and whether
// it is within the limits.
func (e *entry) accepts(penalty int) (int, bool) {
	l := &e.limits
	if l.raise != noLimit && penalty < l.raise && !(l.respectMin && l.min != noLimit && penalty < l.min) {
		penalty = l.raise
	}
	return penalty, (l.max == noLimit || penalty <= l.max) && (l.min == noLimit || penalty >= l.min)
}

func (s *Server) penaltyChanges(rule string) []PenaltyChange {
	for _, r := range s.cfg.Rules {
		if strings.EqualFold(r.Name, rule) {
			return r.Changes
		}
	}
	return nil
}

// changePenalty applies the changes whose time has come, late seconds ago at
// least: update_qe_rule.
func (s *Server) changePenalty(e *entry, late int) {
	for len(e.changes) > 0 && s.secondsSince(e.joined) >= int(e.changes[0].After/time.Second)+late {
		c, l := e.changes[0], &e.limits
		e.changes = e.changes[1:]
		l.max = changed(l.max, c.Max, noLimit)
		l.min = changed(l.min, c.Min, l.max)
		if raise, respect := strings.CutPrefix(c.Raise, "r"); l.raise != noLimit {
			l.raise, l.respectMin = changed(l.raise, raise, l.max), respect
		}
	}
}

// changed is a limit after a change, which does nothing to one that is not set.
func changed(limit int, change string, most int) int {
	n, err := strconv.Atoi(change)
	if limit == noLimit || err != nil {
		return limit
	}
	if change[0] == '+' || change[0] == '-' {
		n += limit
	}
	return min(max(n, 0), most)
}
