package campaign

import (
	"fmt"

	"github.com/dialcamp/dialcamp/ami"
)

// Outcome is how an attempt ended. The numbers are stored: never reorder.
type Outcome uint8

// Outcomes.
const (
	InFlight    Outcome = iota // not ended yet
	Connected                  // an agent talked
	Abandoned                  // answered; the contact hung up waiting
	Dropped                    // answered; the queue gave up, no agent in time
	Machine                    // answered by a machine
	Busy                       // 17
	NoAnswer                   // 18, 19, ring timeout
	Rejected                   // 21
	Invalid                    // 1, 22, 28 …: the number is dead
	Unreachable                // 20, 27, 3 …
	Congestion                 // 34, 38, 41, 42, 44 …: the trunk's fault
	Failed                     // anything else, the cause is kept
	Cancelled                  // by the operator
	Unknown                    // the fate was lost
	NumOutcomes = iota
)

var outcomeNames = [NumOutcomes]string{
	"in_flight", "connected", "abandoned", "dropped", "machine", "busy", "no_answer", "rejected",
	"invalid", "unreachable", "congestion", "failed", "cancelled", "unknown",
}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome %d", uint8(o))
}

// MarshalText writes the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the outcome's name.
func (o *Outcome) UnmarshalText(b []byte) error {
	v, ok := ParseOutcome(string(b))
	if !ok {
		return fmt.Errorf("unknown outcome %q", b)
	}
	*o = v
	return nil
}

// ParseOutcome finds an outcome by its name.
func ParseOutcome(s string) (Outcome, bool) {
	for i, n := range outcomeNames {
		if n == s {
			return Outcome(i), true
		}
	}
	return 0, false
}

// Outcomes are the ways an attempt can end, in the order of reports.
func Outcomes() []Outcome {
	all := make([]Outcome, 0, NumOutcomes-1)
	for o := Connected; o < NumOutcomes; o++ {
		all = append(all, o)
	}
	return all
}

// Answered reports whether the contact's side picked up.
func (o Outcome) Answered() bool {
	return o == Connected || o == Abandoned || o == Dropped || o == Machine
}

// CountsAsAttempt is false for what reached nobody's telephone, a trunk that was
// congested and a number that is dead: it does not count towards the retry rules'
// maxima.
func (o Outcome) CountsAsAttempt() bool { return o != Congestion && o != Invalid }

// outcomeByCause classifies an unanswered call by its Q.850 cause. Causes that
// are not listed, among them those that say nothing (0, 16, 31), are not
// decided by the cause alone.
var outcomeByCause = map[ami.Cause]Outcome{
	ami.CauseUserBusy: Busy,

	ami.CauseNoUserResponse: NoAnswer,
	ami.CauseNoAnswer:       NoAnswer,

	ami.CauseCallRejected: Rejected,

	ami.CauseUnallocated:           Invalid,
	ami.CauseNumberChanged:         Invalid,
	ami.CauseInvalidNumberFormat:   Invalid,
	ami.CauseMisdialledTrunkPrefix: Invalid,

	ami.CauseNoRouteTransitNet:     Unreachable,
	ami.CauseNoRouteDestination:    Unreachable,
	ami.CauseNumberPortedNotHere:   Unreachable,
	ami.CauseSubscriberAbsent:      Unreachable,
	ami.CauseRedirectedToNewDest:   Unreachable,
	ami.CauseDestinationOutOfOrder: Unreachable,
	ami.CauseIncomingCallBarred:    Unreachable,
	ami.CauseRecoveryOnTimerExpire: Unreachable,

	ami.CauseNormalCircuitCongestion: Congestion,
	ami.CauseNetworkOutOfOrder:       Congestion,
	ami.CauseNormalTemporaryFailure:  Congestion,
	ami.CauseSwitchCongestion:        Congestion,
	ami.CauseAccessInfoDiscarded:     Congestion,
	ami.CauseRequestedChanUnavail:    Congestion,
	ami.CauseResourceUnavailable:     Congestion,
	ami.CauseBearerNotAvailable:      Congestion,
	ami.CauseServiceNotAvailable:     Congestion,

	ami.CausePreEmpted:               Failed,
	ami.CauseChannelUnacceptable:     Failed,
	ami.CauseCallAwardedDelivered:    Failed,
	ami.CauseAnsweredElsewhere:       Failed,
	ami.CauseFacilityRejected:        Failed,
	ami.CauseResponseToStatusEnquiry: Failed,
	ami.CauseFacilityNotSubscribed:   Failed,
	ami.CauseOutgoingCallBarred:      Failed,
	ami.CauseBearerNotAuthorised:     Failed,
	ami.CauseBearerNotImplemented:    Failed,
	ami.CauseChanNotImplemented:      Failed,
	ami.CauseFacilityNotImplemented:  Failed,
	ami.CauseInvalidCallReference:    Failed,
	ami.CauseIncompatibleDestination: Failed,
	ami.CauseInvalidMessage:          Failed,
	ami.CauseMandatoryIEMissing:      Failed,
	ami.CauseMessageTypeNonexist:     Failed,
	ami.CauseWrongMessage:            Failed,
	ami.CauseIENonexist:              Failed,
	ami.CauseInvalidIEContents:       Failed,
	ami.CauseWrongCallState:          Failed,
	ami.CauseMandatoryIELength:       Failed,
	ami.CauseProtocolError:           Failed,
	ami.CauseInterworking:            Failed,
}
