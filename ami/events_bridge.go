package ami

// BridgeRef names a bridge in an event.
type BridgeRef struct {
	ID          string
	Type        string // basic, stasis …
	Technology  string // simple_bridge, native_rtp, softmix …
	Creator     string // <unknown> if nobody in particular
	Name        string
	NumChannels int
}

func bridgeOf(m *Message) BridgeRef {
	return BridgeRef{m.Get("BridgeUniqueid"), m.Get("BridgeType"), m.Get("BridgeTechnology"), m.Get("BridgeCreator"), m.Get("BridgeName"), m.Int("BridgeNumChannels")}
}

// The events of bridges: class call; Asterisk 12 and later. The Bridge, Link and
// Transfer events of 1.8 and 11 have no such parts and come as Other.
type (
	// BridgeCreate: a bridge was made.
	BridgeCreate struct {
		EventBase
		Bridge BridgeRef
	}
	// BridgeDestroy: a bridge is gone.
	BridgeDestroy struct {
		EventBase
		Bridge BridgeRef
	}
	// BridgeEnter: a channel is in a bridge and hears the others.
	BridgeEnter struct {
		EventBase
		Bridge BridgeRef
		ChannelRef
		SwapUniqueid string // whose place it took
	}
	// BridgeLeave: a channel left a bridge.
	BridgeLeave struct {
		EventBase
		Bridge BridgeRef
		ChannelRef
	}
	// BridgeMerge: the channels of one bridge move to another.
	BridgeMerge struct {
		EventBase
		To, From BridgeRef
	}
	// BlindTransfer: Transferer sends Transferee to a place in the dialplan.
	BlindTransfer struct {
		EventBase
		Result         string // Success, Fail, Invalid, Not Permitted
		Transferer     ChannelRef
		Transferee     ChannelRef // empty in a bridge of more than two
		Bridge         BridgeRef
		External       bool // by the phone itself, not by a feature code
		Context, Exten string
	}
	// AttendedTransfer: who has two calls connects them. The fields that come
	// depend on DestType; Raw has them all.
	AttendedTransfer struct {
		EventBase
		Result           string     // Success, Fail, Invalid, Not Permitted
		OrigTransferer   ChannelRef // the transferer's channel in the first call
		SecondTransferer ChannelRef // … and in the second
		Transferee       ChannelRef // empty in a bridge of more than two
		TransferTarget   ChannelRef // Asterisk 13 and later
		External         bool       // by the phone itself, not by a feature code
		DestType         string     // Bridge, App, Link, Threeway, Fail
		DestApp          string
		DestBridgeID     string
	}
)

func bridgeMergeOf(m *Message) *BridgeMerge {
	return &BridgeMerge{
		EventBase{m},
		BridgeRef{m.Get("ToBridgeUniqueid"), m.Get("ToBridgeType"), m.Get("ToBridgeTechnology"), m.Get("ToBridgeCreator"), m.Get("ToBridgeName"), m.Int("ToBridgeNumChannels")},
		BridgeRef{m.Get("FromBridgeUniqueid"), m.Get("FromBridgeType"), m.Get("FromBridgeTechnology"), m.Get("FromBridgeCreator"), m.Get("FromBridgeName"), m.Int("FromBridgeNumChannels")},
	}
}

func blindTransferOf(m *Message) *BlindTransfer {
	return &BlindTransfer{
		EventBase: EventBase{m}, Result: m.Get("Result"),
		Transferer: ChannelRef{m.Get("TransfererChannel"), m.Get("TransfererUniqueid"), m.Get("TransfererLinkedid"), ChannelState(m.Int("TransfererChannelState"))},
		Transferee: transfereeOf(m),
		Bridge:     bridgeOf(m), External: m.truth("IsExternal"), Context: m.Get("Context"), Exten: m.Get("Extension"),
	}
}

func transfereeOf(m *Message) ChannelRef {
	return ChannelRef{m.Get("TransfereeChannel"), m.Get("TransfereeUniqueid"), m.Get("TransfereeLinkedid"), ChannelState(m.Int("TransfereeChannelState"))}
}

func attendedTransferOf(m *Message) *AttendedTransfer {
	return &AttendedTransfer{
		EventBase: EventBase{m}, Result: m.Get("Result"),
		OrigTransferer: ChannelRef{m.Get("OrigTransfererChannel"), m.Get("OrigTransfererUniqueid"), m.Get("OrigTransfererLinkedid"),
			ChannelState(m.Int("OrigTransfererChannelState"))},
		SecondTransferer: ChannelRef{m.Get("SecondTransfererChannel"), m.Get("SecondTransfererUniqueid"), m.Get("SecondTransfererLinkedid"),
			ChannelState(m.Int("SecondTransfererChannelState"))},
		Transferee: transfereeOf(m),
		TransferTarget: ChannelRef{m.Get("TransferTargetChannel"), m.Get("TransferTargetUniqueid"), m.Get("TransferTargetLinkedid"),
			ChannelState(m.Int("TransferTargetChannelState"))},
		External: m.truth("IsExternal"), DestType: m.Get("DestType"), DestApp: m.Get("DestApp"), DestBridgeID: m.Get("DestBridgeUniqueid"),
	}
}
