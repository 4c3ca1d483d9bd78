// Package sim simulates shifts of a call centre in virtual time, to see what a
// way of dialing would reach. It drives the very code that decides in the daemon,
// [campaign.Core] with its pacers; around it are agents, contacts and a telephone
// network that know nothing of each other.
//
// The world: agents log in over two minutes, each a little faster or slower than
// the others, take the calls of whoever waits longest, talk, pause to wrap up, and
// now and then leave the queue for a break, which is not counted as logged-in
// time. A call that is placed is set up for one to three seconds, rings and is
// answered by a person or a machine, or is busy, not answered or invalid. A person
// who finds no agent in time is an abandoned call. Contacts are called again by
// the retry rules that a campaign has by default, in the order of [campaign.Take].
//
// The core is told what the manager interface would show: the events of calls and
// members, up to two tenths of a second late, and the queue's counts when it asks.
//
// A Scenario and a seed give the same shift on every machine.
package sim
