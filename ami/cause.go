package ami

import "fmt"

// Cause is a hangup cause of ITU-T Q.850, as Asterisk's causes.h numbers them.
type Cause int

// Causes. Those that Asterisk defines carry its names' meaning.
const (
	CauseNotDefined              Cause = 0
	CauseUnallocated             Cause = 1
	CauseNoRouteTransitNet       Cause = 2
	CauseNoRouteDestination      Cause = 3
	CauseMisdialledTrunkPrefix   Cause = 5
	CauseChannelUnacceptable     Cause = 6
	CauseCallAwardedDelivered    Cause = 7
	CausePreEmpted               Cause = 8
	CauseNumberPortedNotHere     Cause = 14
	CauseNormalClearing          Cause = 16
	CauseUserBusy                Cause = 17
	CauseNoUserResponse          Cause = 18
	CauseNoAnswer                Cause = 19
	CauseSubscriberAbsent        Cause = 20
	CauseCallRejected            Cause = 21
	CauseNumberChanged           Cause = 22
	CauseRedirectedToNewDest     Cause = 23
	CauseAnsweredElsewhere       Cause = 26
	CauseDestinationOutOfOrder   Cause = 27
	CauseInvalidNumberFormat     Cause = 28
	CauseFacilityRejected        Cause = 29
	CauseResponseToStatusEnquiry Cause = 30
	CauseNormalUnspecified       Cause = 31
	CauseNormalCircuitCongestion Cause = 34
	CauseNetworkOutOfOrder       Cause = 38
	CauseNormalTemporaryFailure  Cause = 41
	CauseSwitchCongestion        Cause = 42
	CauseAccessInfoDiscarded     Cause = 43
	CauseRequestedChanUnavail    Cause = 44
	CauseResourceUnavailable     Cause = 47
	CauseFacilityNotSubscribed   Cause = 50
	CauseOutgoingCallBarred      Cause = 52
	CauseIncomingCallBarred      Cause = 54
	CauseBearerNotAuthorised     Cause = 57
	CauseBearerNotAvailable      Cause = 58
	CauseServiceNotAvailable     Cause = 63
	CauseBearerNotImplemented    Cause = 65
	CauseChanNotImplemented      Cause = 66
	CauseFacilityNotImplemented  Cause = 69
	CauseInvalidCallReference    Cause = 81
	CauseIncompatibleDestination Cause = 88
	CauseInvalidMessage          Cause = 95
	CauseMandatoryIEMissing      Cause = 96
	CauseMessageTypeNonexist     Cause = 97
	CauseWrongMessage            Cause = 98
	CauseIENonexist              Cause = 99
	CauseInvalidIEContents       Cause = 100
	CauseWrongCallState          Cause = 101
	CauseRecoveryOnTimerExpire   Cause = 102
	CauseMandatoryIELength       Cause = 103
	CauseProtocolError           Cause = 111
	CauseInterworking            Cause = 127
)

// Asterisk's other names for some of them.
const (
	CauseBusy         = CauseUserBusy
	CauseCongestion   = CauseNormalCircuitCongestion
	CauseFailure      = CauseNetworkOutOfOrder
	CauseNormal       = CauseNormalClearing
	CauseUnregistered = CauseSubscriberAbsent
	CauseNoSuchDriver = CauseChanNotImplemented
)

var causeTexts = map[Cause]string{
	0:   "not defined",
	1:   "unallocated number",
	2:   "no route to transit network",
	3:   "no route to destination",
	5:   "misdialled trunk prefix",
	6:   "channel unacceptable",
	7:   "call awarded and delivered",
	8:   "pre-empted",
	14:  "number ported, not here",
	16:  "normal clearing",
	17:  "user busy",
	18:  "no user response",
	19:  "no answer",
	20:  "subscriber absent",
	21:  "call rejected",
	22:  "number changed",
	23:  "redirected to new destination",
	26:  "answered elsewhere",
	27:  "destination out of order",
	28:  "invalid number format",
	29:  "facility rejected",
	30:  "response to status enquiry",
	31:  "normal, unspecified",
	34:  "no circuit available",
	38:  "network out of order",
	41:  "temporary failure",
	42:  "switch congestion",
	43:  "access information discarded",
	44:  "requested channel not available",
	47:  "resource unavailable",
	50:  "facility not subscribed",
	52:  "outgoing calls barred",
	54:  "incoming calls barred",
	57:  "bearer capability not authorised",
	58:  "bearer capability not available",
	63:  "service not available",
	65:  "bearer capability not implemented",
	66:  "channel type not implemented",
	69:  "facility not implemented",
	81:  "invalid call reference",
	88:  "incompatible destination",
	95:  "invalid message",
	96:  "mandatory element missing",
	97:  "message type non-existent",
	98:  "wrong message",
	99:  "element non-existent",
	100: "invalid element contents",
	101: "wrong message for call state",
	102: "recovery on timer expiry",
	103: "mandatory element of wrong length",
	111: "protocol error",
	127: "interworking, unspecified",
}

func (c Cause) String() string {
	if s, ok := causeTexts[c]; ok {
		return s
	}
	return fmt.Sprintf("cause %d", int(c))
}

// Known reports whether Q.850 or Asterisk defines c.
func (c Cause) Known() bool { _, ok := causeTexts[c]; return ok }
