// Package campaign holds the rules of dialing: when a contact's number is
// called, what became of the call, and what follows from it.
//
// It is pure. Core.Step takes what happened (an Event) and the time, and
// returns what is to be done (Effects); it opens no socket or file, reads no
// clock and starts no goroutine. The daemon carries the effects out and brings
// their results back as events, so the same code runs in the daemon, in the
// simulation and in tests.
//
// # The way of one call
//
//	pace     supply of agents and limits allow n more calls   → TakeContacts
//	Claimed  the store made n attempts durable                → Originate
//	AMI      in any order: dialed, ringing, answered, queued, offered,
//	         connected, hung up                               (call.go)
//	settle   nothing more can come                            → Finish
//
// An attempt ends with exactly one Outcome (classify.go), and the outcome
// decides what becomes of the contact (retry.go).
package campaign
