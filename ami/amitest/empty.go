package amitest

import (
	"strings"

	"github.com/dialcamp/dialcamp/ami"
)

// empty are reasons not to count a member, when it is asked whether a queue is
// empty. None: it is not asked.
type empty int

const (
	emptyPaused empty = 1 << iota
	emptyPenalty
	emptyInUse
	emptyRinging
	emptyInvalid
	emptyUnavailable
	emptyUnknown
	emptyWrapup
)

var emptyNames = map[string]empty{
	"paused": emptyPaused, "penalty": emptyPenalty, "inuse": emptyInUse, "ringing": emptyRinging,
	"invalid": emptyInvalid, "unavailable": emptyUnavailable, "unknown": emptyUnknown, "wrapup": emptyWrapup,
}

// parseEmpty is parse_empty_options, of joinempty or of leavewhenempty.
func parseEmpty(s string, join bool) empty {
	var e empty
	for word := range strings.SplitSeq(strings.ToLower(s), ",") {
		switch {
		case word == "":
		case word == "loose":
			e = emptyPenalty | emptyInvalid
		case word == "strict":
			e = emptyPenalty | emptyInvalid | emptyPaused | emptyUnavailable
		case emptyNames[word] != 0:
			e |= emptyNames[word]
		case truth(word) != join:
			e = emptyPenalty | emptyInvalid | emptyPaused
		default:
			e = 0
		}
	}
	return e
}

// empty reports whether q has no member that counts for e: get_member_status.
func (s *Server) empty(q *queue, reasons empty, e *entry) bool {
	now := s.clock.Now().Unix()
	for _, m := range q.order {
		if _, ok := e.accepts(m.penalty); !ok && reasons&emptyPenalty != 0 {
			continue
		}
		if reasons&emptyByState(m.device.state) != 0 || m.paused && reasons&emptyPaused != 0 ||
			reasons&emptyWrapup != 0 && m.wrappingUp(m.queue, now) {
			continue
		}
		return false
	}
	return true
}

func emptyByState(state ami.DeviceState) empty {
	switch state {
	case ami.DeviceInvalid:
		return emptyInvalid
	case ami.DeviceUnavailable:
		return emptyUnavailable
	case ami.DeviceInUse:
		return emptyInUse
	case ami.DeviceRinging:
		return emptyRinging
	case ami.DeviceUnknown:
		return emptyUnknown
	}
	return 0
}
