package ami

import (
	"fmt"
	"strings"
)

// The states below are numbers with a text; Parse functions read Asterisk's words
// for them, whatever their case, and report whether they know them.

// name is the text of i.
func name(i int, names []string, kind string) string {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s %d", kind, i)
}

// parse finds s among names, with or without the spaces, underscores, hyphens and
// dots in either.
func parse(s string, names []string) (int, bool) {
	for i, n := range names {
		if sameWord(s, n) {
			return i, true
		}
	}
	return 0, false
}

func sameWord(a, b string) bool {
	const ignored = " _-."
	for {
		a, b = strings.TrimLeft(a, ignored), strings.TrimLeft(b, ignored)
		if a == "" || b == "" {
			return a == b
		}
		if lower(a[0]) != lower(b[0]) {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// DeviceState is the state of a device, as a queue member's Status.
type DeviceState int

// Device states, as in Asterisk's devicestate.h.
const (
	DeviceUnknown     DeviceState = 0
	DeviceNotInUse    DeviceState = 1
	DeviceInUse       DeviceState = 2
	DeviceBusy        DeviceState = 3
	DeviceInvalid     DeviceState = 4
	DeviceUnavailable DeviceState = 5
	DeviceRinging     DeviceState = 6
	DeviceRingInUse   DeviceState = 7
	DeviceOnHold      DeviceState = 8
)

var deviceStates = [...]string{"unknown", "not in use", "in use", "busy", "invalid", "unavailable", "ringing", "ring in use", "on hold"}

func (s DeviceState) String() string { return name(int(s), deviceStates[:], "device state") }

// ParseDeviceState reads a number ("1"), a name ("NOT_INUSE", of
// DeviceStateChange) or a text ("Not in use", of PJSIP's lists).
func ParseDeviceState(s string) (DeviceState, bool) {
	if n, ok := number(s); ok && n >= 0 && n < len(deviceStates) {
		return DeviceState(n), true
	}
	if sameWord(s, "Ring+Inuse") {
		return DeviceRingInUse, true
	}
	i, ok := parse(s, deviceStates[:])
	return DeviceState(i), ok
}

// ChannelState is the state of a channel.
type ChannelState int

// Channel states, as in Asterisk's channelstate.h.
const (
	ChannelDown           ChannelState = 0
	ChannelReserved       ChannelState = 1
	ChannelOffHook        ChannelState = 2
	ChannelDialing        ChannelState = 3
	ChannelRing           ChannelState = 4 // a call came in: the other side hears it ring
	ChannelRinging        ChannelState = 5 // it rings
	ChannelUp             ChannelState = 6
	ChannelBusy           ChannelState = 7
	ChannelDialingOffHook ChannelState = 8
	ChannelPreRing        ChannelState = 9
)

var channelStates = [...]string{"down", "reserved", "off hook", "dialing", "ring", "ringing", "up", "busy", "dialing off hook", "pre-ring"}

func (s ChannelState) String() string { return name(int(s), channelStates[:], "channel state") }

// ParseChannelState reads a number ("6") or a text, as in ChannelStateDesc ("Up").
func ParseChannelState(s string) (ChannelState, bool) {
	if n, ok := number(s); ok && n >= 0 && n < len(channelStates) {
		return ChannelState(n), true
	}
	if sameWord(s, "Rsrvd") {
		return ChannelReserved, true
	}
	i, ok := parse(s, channelStates[:])
	return ChannelState(i), ok
}

// PeerState is the state of a SIP, IAX2 or PJSIP peer, of PeerStatus and
// SIPpeers. A PJSIP endpoint is only ever reachable or unreachable, and unknown
// at first.
type PeerState int

// Peer states.
const (
	PeerUnknown      PeerState = iota // not known yet, or none of these
	PeerReachable                     // answered in time
	PeerLagged                        // answered late
	PeerUnreachable                   // did not answer
	PeerUnmonitored                   // is not asked
	PeerRegistered                    // has just registered
	PeerUnregistered                  // has just ended its registration, or it expired
	PeerRejected                      // tried to register in vain
)

var peerStates = [...]string{"unknown", "reachable", "lagged", "unreachable", "unmonitored", "registered", "unregistered", "rejected"}

func (s PeerState) String() string { return name(int(s), peerStates[:], "peer state") }

// ParsePeerState reads a PeerStatus.
func ParsePeerState(s string) (PeerState, bool) {
	i, ok := parse(s, peerStates[:])
	return PeerState(i), ok
}

// ContactState is the state of a PJSIP contact.
type ContactState int

// Contact states.
const (
	ContactUnknown      ContactState = iota // none of these
	ContactNonQualified                     // not asked yet, or never; "Created" before Asterisk 16
	ContactReachable
	ContactUnreachable
	ContactRemoved // its registration ended
	ContactUpdated // registered again; older versions only
)

var contactStates = [...]string{"unknown", "not qualified", "reachable", "unreachable", "removed", "updated"}

func (s ContactState) String() string { return name(int(s), contactStates[:], "contact state") }

// ParseContactState reads a ContactStatus, or a Status of PJSIP's lists.
func ParseContactState(s string) (ContactState, bool) {
	switch {
	case sameWord(s, "NonQualified"), sameWord(s, "NonQual"), sameWord(s, "Created"):
		return ContactNonQualified, true
	case sameWord(s, "Avail"):
		return ContactReachable, true
	case sameWord(s, "Unavail"):
		return ContactUnreachable, true
	}
	i, ok := parse(s, contactStates[:])
	return ContactState(i), ok
}

// RegistrationState is the state of a registration of this Asterisk at another.
type RegistrationState int

// Registration states.
const (
	RegistrationUnknown      RegistrationState = iota // none of these
	RegistrationUnregistered                          // not yet, or no longer
	RegistrationSent                                  // asked, no answer yet; SIP
	RegistrationAuthSent                              // asked with credentials, no answer yet; SIP
	RegistrationRegistered
	RegistrationRejected // refused
	RegistrationFailed   // refused for good; SIP
	RegistrationNoAuth   // refused for want of credentials; SIP
	RegistrationTimeout  // no answer; IAX2
)

var registrationStates = [...]string{"unknown", "unregistered", "request sent", "auth. sent", "registered", "rejected", "failed", "no authentication", "timeout"}

func (s RegistrationState) String() string {
	return name(int(s), registrationStates[:], "registration state")
}

// ParseRegistrationState reads a Status of Registry and of PJSIP's list, or a
// State of SIPshowregistry.
func ParseRegistrationState(s string) (RegistrationState, bool) {
	i, ok := parse(s, registrationStates[:])
	return RegistrationState(i), ok
}

// ExtensionState is the Status of an ExtensionStatus: bits, so that an extension
// may ring while in use.
type ExtensionState int

// Extension states, as in Asterisk's pbx.h.
const (
	ExtensionRemoved     ExtensionState = -2
	ExtensionDeactivated ExtensionState = -1
	ExtensionNotInUse    ExtensionState = 0
	ExtensionInUse       ExtensionState = 1 << 0
	ExtensionBusy        ExtensionState = 1 << 1
	ExtensionUnavailable ExtensionState = 1 << 2
	ExtensionRinging     ExtensionState = 1 << 3
	ExtensionOnHold      ExtensionState = 1 << 4
)

func (s ExtensionState) String() string {
	switch {
	case s == ExtensionRemoved:
		return "removed"
	case s == ExtensionDeactivated:
		return "deactivated"
	case s == ExtensionNotInUse:
		return "not in use"
	case s < 0 || s >= 1<<5:
		return fmt.Sprintf("extension state %d", int(s))
	}
	var words []string
	for i, w := range []string{"in use", "busy", "unavailable", "ringing", "on hold"} {
		if s&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// OriginateReason is the Reason of an OriginateResponse. It is lossy: through a
// Local channel a busy, rejecting or unallocated far end gives 0; classify by
// the Cause of the Hangup.
type OriginateReason int

// Reasons of OriginateResponse (AST_CONTROL_* of Asterisk's frame.h).
const (
	ReasonFailure     OriginateReason = 0
	ReasonUnreachable OriginateReason = 1
	ReasonNoAnswer    OriginateReason = 3
	ReasonAnswered    OriginateReason = 4
	ReasonBusy        OriginateReason = 5
	ReasonCongestion  OriginateReason = 8
)

var originateReasons = map[OriginateReason]string{
	ReasonFailure: "failure", ReasonUnreachable: "unreachable", ReasonNoAnswer: "no answer",
	ReasonAnswered: "answered", ReasonBusy: "busy", ReasonCongestion: "congestion",
}

func (r OriginateReason) String() string {
	if s, ok := originateReasons[r]; ok {
		return s
	}
	return fmt.Sprintf("reason %d", int(r))
}
