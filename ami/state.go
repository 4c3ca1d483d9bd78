package ami

import "fmt"

// DeviceState is a queue member's Status.
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

// ChannelState is the state of a channel.
type ChannelState int

// Channel states, as in Asterisk's channelstate.h.
const (
	ChannelDown     ChannelState = 0
	ChannelReserved ChannelState = 1
	ChannelOffHook  ChannelState = 2
	ChannelDialing  ChannelState = 3
	ChannelRing     ChannelState = 4
	ChannelRinging  ChannelState = 5
	ChannelUp       ChannelState = 6
	ChannelBusy     ChannelState = 7
)

var channelStates = [...]string{"down", "reserved", "off hook", "dialing", "ring", "ringing", "up", "busy"}

func (s ChannelState) String() string { return name(int(s), channelStates[:], "channel state") }

func name(i int, names []string, kind string) string {
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s %d", kind, i)
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
