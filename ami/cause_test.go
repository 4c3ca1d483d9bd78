package ami

import (
	"strconv"
	"strings"
	"testing"
)

// causesH is the list of Asterisk's include/asterisk/causes.h.
var causesH = map[string]Cause{
	"UNALLOCATED": 1, "NO_ROUTE_TRANSIT_NET": 2, "NO_ROUTE_DESTINATION": 3,
	"MISDIALLED_TRUNK_PREFIX": 5, "CHANNEL_UNACCEPTABLE": 6, "CALL_AWARDED_DELIVERED": 7,
	"PRE_EMPTED": 8, "NUMBER_PORTED_NOT_HERE": 14, "NORMAL_CLEARING": 16, "USER_BUSY": 17,
	"NO_USER_RESPONSE": 18, "NO_ANSWER": 19, "SUBSCRIBER_ABSENT": 20, "CALL_REJECTED": 21,
	"NUMBER_CHANGED": 22, "REDIRECTED_TO_NEW_DESTINATION": 23, "ANSWERED_ELSEWHERE": 26,
	"DESTINATION_OUT_OF_ORDER": 27, "INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29,
	"RESPONSE_TO_STATUS_ENQUIRY": 30, "NORMAL_UNSPECIFIED": 31, "NORMAL_CIRCUIT_CONGESTION": 34,
	"NETWORK_OUT_OF_ORDER": 38, "NORMAL_TEMPORARY_FAILURE": 41, "SWITCH_CONGESTION": 42,
	"ACCESS_INFO_DISCARDED": 43, "REQUESTED_CHAN_UNAVAIL": 44, "FACILITY_NOT_SUBSCRIBED": 50,
	"OUTGOING_CALL_BARRED": 52, "INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAUTH": 57,
	"BEARERCAPABILITY_NOTAVAIL": 58, "BEARERCAPABILITY_NOTIMPL": 65, "CHAN_NOT_IMPLEMENTED": 66,
	"FACILITY_NOT_IMPLEMENTED": 69, "INVALID_CALL_REFERENCE": 81, "INCOMPATIBLE_DESTINATION": 88,
	"INVALID_MSG_UNSPECIFIED": 95, "MANDATORY_IE_MISSING": 96, "MESSAGE_TYPE_NONEXIST": 97,
	"WRONG_MESSAGE": 98, "IE_NONEXIST": 99, "INVALID_IE_CONTENTS": 100, "WRONG_CALL_STATE": 101,
	"RECOVERY_ON_TIMER_EXPIRE": 102, "MANDATORY_IE_LENGTH_ERROR": 103, "PROTOCOL_ERROR": 111,
	"INTERWORKING": 127,
}

func TestCauses(t *testing.T) {
	texts := map[string]Cause{}
	for name, c := range causesH {
		if !c.Known() || strings.HasPrefix(c.String(), "cause ") {
			t.Errorf("%s (%d) has no text", name, int(c))
		}
		if c.Name() != name {
			t.Errorf("%d is named %s, want %s", int(c), c.Name(), name)
		}
		for _, s := range []string{name, "AST_CAUSE_" + name, strings.ToLower(name), strconv.Itoa(int(c))} {
			if got, ok := ParseCause(s); !ok || got != c {
				t.Errorf("ParseCause(%q) = %d, %v", s, int(got), ok)
			}
		}
	}
	for c, row := range causeTable {
		if other, twice := texts[row.text]; twice || row.text == "" {
			t.Errorf("%d and %d are both %q", c, other, row.text)
		}
		texts[row.text] = c
	}
	for _, c := range []Cause{-1, 4, 128, 1000} {
		if c.Known() {
			t.Errorf("%d is known", int(c))
		}
	}
	for _, s := range []string{"", "-1", "128", "999999999999999999999", "AST_CAUSE_", "NOPE", "user busy"} {
		if got, ok := ParseCause(s); ok || got != 0 {
			t.Errorf("ParseCause(%q) = %d", s, int(got))
		}
	}
	if got := Cause(200).String() + Cause(4).Name(); got != "cause 2004" {
		t.Errorf("unknown causes are %q", got)
	}
	if got := Cause(200).String(); got != "cause 200" {
		t.Errorf("an unknown cause is %q", got)
	}
}

func TestCauseConstants(t *testing.T) {
	for name, c := range map[string][2]Cause{
		"USER_BUSY": {CauseUserBusy, 17}, "NO_ANSWER": {CauseNoAnswer, 19}, "UNALLOCATED": {CauseUnallocated, 1},
		"CALL_REJECTED": {CauseCallRejected, 21}, "NORMAL_CLEARING": {CauseNormalClearing, 16},
		// Asterisk's aliases.
		"BUSY": {CauseBusy, 17}, "CONGESTION": {CauseCongestion, 34}, "FAILURE": {CauseFailure, 38},
		"NORMAL": {CauseNormal, 16}, "NOANSWER": {CauseNoAnswer, 19}, "UNREGISTERED": {CauseUnregistered, 20},
		"NOSUCHDRIVER": {CauseNoSuchDriver, 66}, "NOTDEFINED": {CauseNotDefined, 0},
	} {
		if c[0] != c[1] {
			t.Errorf("AST_CAUSE_%s is %d, want %d", name, int(c[0]), int(c[1]))
		}
		if got, ok := ParseCause(name); !ok || got != c[1] {
			t.Errorf("ParseCause(%q) = %d, %v", name, int(got), ok)
		}
	}
}
