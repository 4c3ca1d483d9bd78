package ami

import (
	"fmt"
	"testing"
)

func TestStateNames(t *testing.T) {
	for want, s := range map[string]fmt.Stringer{
		"unknown": DeviceUnknown, "not in use": DeviceNotInUse, "on hold": DeviceOnHold, "device state 9": DeviceState(9), "device state -1": DeviceState(-1),
		"down": ChannelDown, "ringing": ChannelRinging, "up": ChannelUp, "busy": ChannelBusy, "pre-ring": ChannelPreRing, "channel state 10": ChannelState(10),
		"lagged": PeerLagged, "rejected": PeerRejected, "peer state 8": PeerState(8),
		"not qualified": ContactNonQualified, "updated": ContactUpdated, "contact state 6": ContactState(6),
		"registered": RegistrationRegistered, "timeout": RegistrationTimeout, "registration state 9": RegistrationState(9),
		"removed": ExtensionRemoved, "deactivated": ExtensionDeactivated, "in use, ringing": ExtensionInUse | ExtensionRinging,
		"unavailable": ExtensionUnavailable, "extension state 32": ExtensionState(32), "extension state -3": ExtensionState(-3),
		"no answer": ReasonNoAnswer, "failure": ReasonFailure, "reason 2": OriginateReason(2),
	} {
		if s.String() != want {
			t.Errorf("%#v is %q, want %q", s, s, want)
		}
	}
}

// parses checks a Parse function: each text of a state, as the constants name
// it, is read back, and so are Asterisk's words.
func parses[S interface {
	~int
	fmt.Stringer
}](t *testing.T, parse func(string) (S, bool), last S, words map[string]S) {
	t.Helper()
	for s := S(0); s <= last; s++ {
		if got, ok := parse(s.String()); !ok || got != s {
			t.Errorf("%q is read as %v, %v", s, got, ok)
		}
	}
	for in, want := range words {
		if got, ok := parse(in); !ok || got != want {
			t.Errorf("%q is read as %v, %v, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", " ", "nonsense", "ringing!", "99", "-1"} {
		if got, ok := parse(in); ok || got != 0 {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

func TestParseStates(t *testing.T) {
	parses(t, ParseDeviceState, DeviceOnHold, map[string]DeviceState{
		"NOT_INUSE": DeviceNotInUse, "INUSE": DeviceInUse, "RINGINUSE": DeviceRingInUse, "ONHOLD": DeviceOnHold, "UNAVAILABLE": DeviceUnavailable,
		"Not in use": DeviceNotInUse, "Ring+Inuse": DeviceRingInUse, "On Hold": DeviceOnHold, "In use": DeviceInUse, "5": DeviceUnavailable, "0": DeviceUnknown,
	})
	parses(t, ParseChannelState, ChannelPreRing, map[string]ChannelState{
		"Down": ChannelDown, "Rsrvd": ChannelReserved, "OffHook": ChannelOffHook, "Dialing Offhook": ChannelDialingOffHook, "Pre-ring": ChannelPreRing,
		"Up": ChannelUp, "6": ChannelUp, "Ring": ChannelRing, "Ringing": ChannelRinging,
	})
	parses(t, ParsePeerState, PeerRejected, map[string]PeerState{"Reachable": PeerReachable, "Lagged": PeerLagged, "UNREACHABLE": PeerUnreachable, "UNKNOWN": PeerUnknown, "Unmonitored": PeerUnmonitored})
	parses(t, ParseContactState, ContactUpdated, map[string]ContactState{
		"NonQualified": ContactNonQualified, "Created": ContactNonQualified, "NonQual": ContactNonQualified, "Reachable": ContactReachable,
		"Avail": ContactReachable, "Unavail": ContactUnreachable, "Unreachable": ContactUnreachable, "Removed": ContactRemoved,
	})
	parses(t, ParseRegistrationState, RegistrationTimeout, map[string]RegistrationState{
		"Request Sent": RegistrationSent, "Auth. Sent": RegistrationAuthSent, "No Authentication": RegistrationNoAuth, "Rejected": RegistrationRejected,
	})
}
