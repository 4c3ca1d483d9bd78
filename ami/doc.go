// Package ami speaks the Asterisk Manager Interface, versions 1.1 (Asterisk 1.8)
// to 11.0 (Asterisk 22), and can be used without the rest of dialcamp.
//
// The layers, lowest first:
//
//   - Message and Reader turn bytes into frames, Action turns a request into
//     bytes. They know nothing of networks.
//   - Conn is one logged-in connection: requests with deadlines, lists, events.
//   - Client keeps a Conn alive: it reconnects with capped, jittered exponential
//     backoff and tells its Handler when the connection comes and goes.
//   - Typed requests (Originate, QueueSummary, …) are sent with Send or Stream;
//     typed events come from ParseEvent. The untyped Message is always at hand.
//
// # Requests
//
// A request is a struct named like its action. Send carries it out on a Conn or a
// Client and returns its typed reply:
//
//	conn, err := ami.Connect(ctx, ami.Config{Address: "pbx:5038", Username: "me", Secret: secret, Events: "call,agent"})
//	…
//	_, err = ami.Send(ctx, conn, ami.QueuePause{Interface: "PJSIP/agent1", Paused: true, Reason: "lunch"})
//
// Its documentation names the privilege that the user needs, one of those of
// manager.conf's write= line; the versions that have it; and what events follow.
// What Asterisk refuses is a *ReplyError with Asterisk's own words: an action that
// this version lacks, a right that this user lacks, a queue that is none. An
// unknown queue is not always one: QueueStatus has no items for it.
//
//	session      Login Logoff Challenge Ping Events Filter
//	server       CoreSettings CoreStatus ListCommands Command
//	channels     Originate Hangup Redirect CoreShowChannels
//	queues       QueueStatus QueueSummary QueueRule QueueReload QueueReset
//	members      QueueAdd QueueRemove QueuePause QueuePenalty QueueMemberRingInUse
//	callers      QueueWithdrawCaller QueueChangePriorityCaller
//	chan_sip     SIPPeers SIPPeerStatus SIPShowPeer SIPQualifyPeer SIPShowRegistry SIPNotify
//	chan_pjsip   PJSIPShowEndpoints PJSIPShowEndpoint PJSIPShowContacts PJSIPQualify
//	             PJSIPShowRegistrationsOutbound PJSIPNotify
//
// Any other action goes through Do, or through List if its reply is a list:
//
//	m, err := conn.Do(ctx, ami.Action{Name: "Getvar", Headers: []ami.Header{{Key: "Variable", Value: "X"}}})
//	value := m.Get("Value")
//
// # Lists
//
// Send collects a list, Stream yields its items as they come:
//
//	for item, err := range ami.Stream(ctx, conn, ami.QueueStatus{Queue: "sales"}) {
//		if err != nil {
//			return err
//		}
//		switch item := item.(type) {
//		case ami.QueueParams: // the queue, then
//		case ami.Member: // its agents, then
//		case ami.QueueCaller: // who waits
//		}
//	}
//
// # Events
//
// Which events come is said by the user's read= line, by Config.Events and by
// Filter. "call,agent" has whatever channels, dials, bridges and queues do; VarSet
// and Newexten, most of the traffic, are class dialplan. Conn.Events gives them
// untyped, ParseEvent makes them typed:
//
//	switch e := ami.ParseEvent(m).(type) {
//	case *ami.QueueCallerJoin:
//		log.Print(e.Channel, " waits in ", e.Queue)
//	case *ami.HangupEvent:
//		log.Print(e.Channel, ": ", e.Cause) // user busy
//	case *ami.Other: // no type for it: e.Raw() has its name and every field
//	}
//
//	channels     Newchannel Newstate Newexten VarSet NewCallerid NewConnectedLine NewAccountCode Rename
//	             LocalBridge HangupEvent HangupRequest SoftHangupRequest
//	             Hold Unhold MusicOnHoldStart MusicOnHoldStop DTMFBegin DTMFEnd
//	dialing      DialBegin DialState DialEnd OriginateResponse
//	queues       QueueCallerJoin QueueCallerLeave QueueCallerAbandon QueueMemberChange
//	agents       AgentCalled AgentConnect AgentComplete AgentRingNoAnswer AgentDump AgentLogin AgentLogoff
//	bridges      BridgeCreate BridgeDestroy BridgeEnter BridgeLeave BridgeMerge BlindTransfer AttendedTransfer
//	peers        PeerStatus Registry ContactStatus DeviceStateChange ExtensionStatus SIPQualifyPeerDone
//	security     SecurityEvent
//	server       FullyBooted Shutdown Reload UserEvent
//
// The names are those of Asterisk 12 and later. What Asterisk 1.8 and 11 call
// otherwise (Join, Leave, Dial, QueueMemberPaused …) comes as the same types where
// it says the same; their Bridge, Link and Transfer come as Other.
//
// Numbers that stand for something have a type with a text: Cause, DeviceState,
// ChannelState, PeerState, ContactState, RegistrationState, ExtensionState,
// OriginateReason. ParseCause and its like read Asterisk's words for them.
//
// # A queue monitor
//
// Ask once, then follow the events; ask again after each reconnection. That is a
// Handler of a Client:
//
//	func (m *monitor) Connected(c *ami.Conn) {
//		queues, err := ami.Send(m.ctx, c, ami.QueueStatus{})
//		if err != nil {
//			return // disconnected again
//		}
//		clear(m.members)
//		clear(m.callers)
//		for _, q := range queues {
//			for _, a := range q.Members {
//				m.members[q.Name+" "+a.Interface] = a
//			}
//			for _, c := range q.Callers {
//				m.callers[q.Name+" "+c.Uniqueid] = c.Channel
//			}
//		}
//	}
//
//	func (m *monitor) Event(msg *ami.Message) {
//		switch e := ami.ParseEvent(msg).(type) {
//		case *ami.QueueMemberChange: // added, paused, rings, talks, is free again …
//			if key := e.Member.Queue + " " + e.Member.Interface; e.Kind == "Removed" {
//				delete(m.members, key)
//			} else {
//				m.members[key] = e.Member
//			}
//		case *ami.QueueCallerJoin:
//			m.callers[e.Queue+" "+e.Uniqueid] = e.Channel
//		case *ami.QueueCallerLeave: // connected, abandoned, timed out, withdrawn …
//			delete(m.callers, e.Queue+" "+e.Uniqueid)
//		case *ami.AgentConnect: // e.MemberName talks to e.Channel, who waited e.HoldTime
//		case *ami.AgentComplete: // and has talked for e.TalkTime
//		}
//	}
//
//	func (m *monitor) Disconnected(err error, retry time.Duration) {}
//
//	ami.NewClient(cfg, m).Run(ctx) // read = agent; Events: "agent"
//
// Events that the reply of QueueStatus overtook are seen after it. That does no
// harm: they come in order, and each says how something is from then on. A member
// is free when its Status is DeviceNotInUse and it is not Paused; LastCall and Wrapup tell
// whether it is in wrap-up, though not when the queue's own wrapuptime is meant,
// which Asterisk does not show. Positions of callers are counted from 1 and change
// with every Leave: ask QueueStatus for them, or count.
//
// # Ordering
//
// The Handler is called from one goroutine, in the order in which Asterisk wrote
// the frames of one connection: Connected, then Events, then Disconnected. A
// reply is handed to its caller at once, so it may overtake events that came
// before it and are still queued; a caller that compares the two waits for
// Client.Barrier in between. Asterisk itself promises only that a Response
// precedes the events its action causes: OriginateResponse, Hangup and
// QueueCallerJoin of one call come in any order.
//
// # Slow consumers
//
// Events wait for the Handler in a queue of Config.EventQueue frames. A full
// queue closes the connection with ErrSlowConsumer: an event is never dropped
// silently, and a consumer that saw Disconnected knows that it must compare its
// picture with Asterisk's (CoreShowChannels, QueueStatus) after the next
// Connected. Reading never waits for the consumer, because Asterisk cuts off a
// manager session that does not read.
//
// # Resending
//
// Every error answers NeverSent: true only if Asterisk certainly did not
// act on the request, so that sending it again cannot, for example, ring a
// telephone twice.
//
// # Secrets
//
// Config, Login, Action and Header print without the secret, whatever the verb and
// the log handler, and no error has one. A Message prints as it is: PJSIP's
// AuthDetail has passwords.
//
// # Tests
//
// Package ami/amitest has an Asterisk to test against, in memory.
package ami
