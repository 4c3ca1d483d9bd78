// Package amitest is an Asterisk in memory, to test whatever speaks to Asterisk's
// manager interface against: a manager on a real net.Conn, calls that go through
// a trunk to scripted far ends, queues with agents, and faults.
//
// A Server is made with New and listens after Start; StartTest does both and
// closes it with the test. Dial and DialFunc connect without the network, so that
// it can run in a testing/synctest bubble, where hours pass at once. All its
// times are those of Config.Clock: Scaled gives one that runs faster. Every
// choice is drawn from Config.Seed: the same seed gives the same events in the
// same order, as long as the client does the same at the same times.
//
//	srv := amitest.StartTest(t, amitest.Config{
//		Queues: []amitest.QueueConfig{{Name: "sales", Members: amitest.Agents(2, time.Second)}},
//	})
//	conn, err := ami.Connect(ctx, ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret"})
//
// # Writing a test
//
// Config.Plan says what becomes of each number that is dialed, as a Fate:
// LabPlan reads it off the number, Mix draws it. CallIn is a call from outside.
// AddAgent, RemoveAgent, SetPaused and SetDevice are what agents do; AgentConfig
// says whether and when they answer. Interfere, Refuse, Stall, ReadSlowly,
// Disconnect and Restart are what goes wrong. What a client should have made of
// it all is told by CDR, Calls and AgentStats: witnesses that are independent of
// the events it got. The package example is a whole test.
//
// # What is imitated
//
// Asterisk 22.10 as captured on real servers: the conformance tests of package
// ami run the same expectations against both, and compare the keys of every
// frame and their order. Where the real one's order of events varies, so does
// this one's.
//
//   - The manager: greeting, plain and MD5 login, classes and masks, filters, the
//     limits on what it reads, the response before the events that an action
//     causes, a session that is blocked by its synchronous Originate, slow readers
//     dropped. Actions: Challenge Command (two commands) CoreSettings
//     CoreShowChannels CoreStatus Events Filter Hangup ListCommands Login Logoff
//     Originate Ping Redirect, those of app_queue, and those of chan_pjsip and
//     chan_sip that show telephones.
//   - Calls through Local channels or straight over a trunk, with the channels,
//     dialing and bridges of the real ones in the events of class call, and the
//     causes that SIP and IAX make of each other's.
//   - app_queue: the strategies ringall, leastrecent, fewestcalls, random,
//     wrandom, rrmemory, rrordered and linear, with the order of its table of
//     members; penalties, their limits and rules; ringinuse, wrap-up (the queue's,
//     the member's, shared_lastcall), pause, weight, autofill, timeout and retry,
//     maxlen, joinempty and leavewhenempty, priorities, the service level, reload
//     and reset. Callers look for members once a second, and count in whole
//     seconds, as there.
//   - AgentComplete without one of its channels, or without both.
//   - AMD() in front of a queue, whose verdict Fate has, and the UserEvent that
//     tells it.
//
// Not imitated: Newexten, VarSet and the other events of classes dialplan, dtmf,
// rtcp and security; local channel optimisation (calls are as with /n); the
// dialplan but for Config.Trunks and Config.Destination; announcements, music,
// timeoutpriority, autopause, member gosubs; transfers but for Redirect, and that
// of the ;2 half of a Local channel or of a channel that is not up, which does
// nothing; realtime; TLS and HTTP.
//
// # Releases
//
// Config.Version makes it an older Asterisk. What then differs, from Asterisk's
// source and, for 16, from a real server:
//
//   - 1.8 and 11: the events of class call and agent have the names and keys of
//     their time, none a Linkedid: Dial with its SubEvent for Dial() only, Bridge,
//     Join and Leave (class call), QueueMemberPaused, AgentCalled and its kin as
//     with eventwhencalled=yes. ChannelId is not known, and OriginateResponse has
//     the Uniqueid <null> where there is no channel. Lists of QueueStatus,
//     QueueSummary and SIPpeerstatus have no EventList headers. SystemName is in no
//     event. 1.8 has no Filter, QueueMemberRingInUse and SIPpeerstatus, no
//     HangupRequest, SoftHangupRequest and LocalBridge, and no /regex/ for Hangup.
//   - up to 13: Command answers with raw lines up to --END COMMAND--; members have
//     no LastPause, LoginTime and Wrapuptime; no QueueWithdrawCaller and
//     QueueChangePriorityCaller; no DialState (13).
//   - up to 16: QueueMemberPause has the reason a second time as Reason, and
//     Filter has no MatchCriteria.
//   - up to 18: no TechCause and CoreProcessedCalls, no Reason for QueueAdd.
//   - up to 20: the actions of chan_sip. From 13 on: those of chan_pjsip.
//
// SIPshowpeer always has 16's keys and PJSIPShowEndpoint 22's; channels are
// PJSIP/… whatever the release. The order of events within a call is that of 22.
package amitest
