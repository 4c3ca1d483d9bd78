package ami

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

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

// causeTable has Asterisk's name, without AST_CAUSE_, and a text for each cause.
// Asterisk does not name 47 and 63, which are Q.850's.
var causeTable = map[Cause]struct{ name, text string }{
	0:   {"NOTDEFINED", "not defined"},
	1:   {"UNALLOCATED", "unallocated number"},
	2:   {"NO_ROUTE_TRANSIT_NET", "no route to transit network"},
	3:   {"NO_ROUTE_DESTINATION", "no route to destination"},
	5:   {"MISDIALLED_TRUNK_PREFIX", "misdialled trunk prefix"},
	6:   {"CHANNEL_UNACCEPTABLE", "channel unacceptable"},
	7:   {"CALL_AWARDED_DELIVERED", "call awarded and delivered"},
	8:   {"PRE_EMPTED", "pre-empted"},
	14:  {"NUMBER_PORTED_NOT_HERE", "number ported, not here"},
	16:  {"NORMAL_CLEARING", "normal clearing"},
	17:  {"USER_BUSY", "user busy"},
	18:  {"NO_USER_RESPONSE", "no user response"},
	19:  {"NO_ANSWER", "no answer"},
	20:  {"SUBSCRIBER_ABSENT", "subscriber absent"},
	21:  {"CALL_REJECTED", "call rejected"},
	22:  {"NUMBER_CHANGED", "number changed"},
	23:  {"REDIRECTED_TO_NEW_DESTINATION", "redirected to new destination"},
	26:  {"ANSWERED_ELSEWHERE", "answered elsewhere"},
	27:  {"DESTINATION_OUT_OF_ORDER", "destination out of order"},
	28:  {"INVALID_NUMBER_FORMAT", "invalid number format"},
	29:  {"FACILITY_REJECTED", "facility rejected"},
	30:  {"RESPONSE_TO_STATUS_ENQUIRY", "response to status enquiry"},
	31:  {"NORMAL_UNSPECIFIED", "normal, unspecified"},
	34:  {"NORMAL_CIRCUIT_CONGESTION", "no circuit available"},
	38:  {"NETWORK_OUT_OF_ORDER", "network out of order"},
	41:  {"NORMAL_TEMPORARY_FAILURE", "temporary failure"},
	42:  {"SWITCH_CONGESTION", "switch congestion"},
	43:  {"ACCESS_INFO_DISCARDED", "access information discarded"},
	44:  {"REQUESTED_CHAN_UNAVAIL", "requested channel not available"},
	47:  {"RESOURCE_UNAVAILABLE", "resource unavailable"},
	50:  {"FACILITY_NOT_SUBSCRIBED", "facility not subscribed"},
	52:  {"OUTGOING_CALL_BARRED", "outgoing calls barred"},
	54:  {"INCOMING_CALL_BARRED", "incoming calls barred"},
	57:  {"BEARERCAPABILITY_NOTAUTH", "bearer capability not authorised"},
	58:  {"BEARERCAPABILITY_NOTAVAIL", "bearer capability not available"},
	63:  {"SERVICE_NOT_AVAILABLE", "service not available"},
	65:  {"BEARERCAPABILITY_NOTIMPL", "bearer capability not implemented"},
	66:  {"CHAN_NOT_IMPLEMENTED", "channel type not implemented"},
	69:  {"FACILITY_NOT_IMPLEMENTED", "facility not implemented"},
	81:  {"INVALID_CALL_REFERENCE", "invalid call reference"},
	88:  {"INCOMPATIBLE_DESTINATION", "incompatible destination"},
	95:  {"INVALID_MSG_UNSPECIFIED", "invalid message"},
	96:  {"MANDATORY_IE_MISSING", "mandatory element missing"},
	97:  {"MESSAGE_TYPE_NONEXIST", "message type non-existent"},
	98:  {"WRONG_MESSAGE", "wrong message"},
	99:  {"IE_NONEXIST", "element non-existent"},
	100: {"INVALID_IE_CONTENTS", "invalid element contents"},
	101: {"WRONG_CALL_STATE", "wrong message for call state"},
	102: {"RECOVERY_ON_TIMER_EXPIRE", "recovery on timer expiry"},
	103: {"MANDATORY_IE_LENGTH_ERROR", "mandatory element of wrong length"},
	111: {"PROTOCOL_ERROR", "protocol error"},
	127: {"INTERWORKING", "interworking, unspecified"},
}

// causeAliases are Asterisk's other names.
var causeAliases = map[string]Cause{
	"BUSY":         CauseBusy,
	"CONGESTION":   CauseCongestion,
	"FAILURE":      CauseFailure,
	"NOANSWER":     CauseNoAnswer,
	"NORMAL":       CauseNormal,
	"NOSUCHDRIVER": CauseNoSuchDriver,
	"UNREGISTERED": CauseUnregistered,
}

var causeByName = func() map[string]Cause {
	byName := maps.Clone(causeAliases)
	for c, t := range causeTable {
		byName[t.name] = c
	}
	return byName
}()

// ParseCause reads a number from 0 to 127 or one of Asterisk's names, in any case,
// with or without AST_CAUSE_: "17", "USER_BUSY", "ast_cause_busy". It reports
// whether it is one.
func ParseCause(s string) (Cause, bool) {
	if n, ok := number(s); ok {
		if n < 0 || n > 127 {
			return 0, false
		}
		return Cause(n), true
	}
	c, ok := causeByName[strings.TrimPrefix(strings.ToUpper(s), "AST_CAUSE_")]
	return c, ok
}

// Name is Asterisk's name, USER_BUSY, or the number of a cause that has none.
func (c Cause) Name() string {
	if t, ok := causeTable[c]; ok {
		return t.name
	}
	return strconv.Itoa(int(c))
}

func (c Cause) String() string {
	if t, ok := causeTable[c]; ok {
		return t.text
	}
	return fmt.Sprintf("cause %d", int(c))
}

// Known reports whether Q.850 or Asterisk defines c.
func (c Cause) Known() bool { _, ok := causeTable[c]; return ok }
