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
//   - Typed requests (Originate, QueueSummary, …) are sent with Send; typed
//     events come from ParseEvent. The untyped Message is always at hand.
//
// # Ordering
//
// The Handler is called from one goroutine, in the order in which Asterisk wrote
// the frames of one connection: Connected, then Events, then Disconnected. A
// reply is handed to its caller at once, so it may overtake events that came
// before it and are still queued; a caller that compares the two waits for
// Client.Barrier in between. Asterisk itself promises only that a Response precedes the events its
// action causes: OriginateResponse, Hangup and QueueCallerJoin of one call come
// in any order.
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
package ami
