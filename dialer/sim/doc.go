// Package sim simulates shifts of a call centre in virtual time, to see what a
// way of pacing would reach. It drives the very code that paces the daemon's
// calls, [pacing.Pacer]; around it are agents, contacts and a telephone network
// that know nothing of each other.
//
// The world: agents log in over two minutes, each a little faster or slower than
// the others, take the calls of whoever waits longest, talk, wrap up, and now and
// then take a break, which is not counted as logged-in time. A call that is
// placed is set up for one to three seconds, rings and is answered by a person or
// a machine, or is busy, not answered or invalid. A person who finds no agent in
// time is an abandoned call. The pacer sees what the manager interface shows, and
// decides after every event and every second.
//
// A Scenario and a seed give the same shift on every machine.
package sim
