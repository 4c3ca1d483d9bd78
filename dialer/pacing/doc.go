// Package pacing decides how many calls to place now.
//
// Decide is a pure function of what is known at one instant, a [Snapshot], and
// of what the campaign has learnt, a [State]; it reads no clock, does no I/O and
// starts no goroutine, so the daemon, the tests and the simulator run the same
// code, and a decision that was written down can be made again. Every decision
// explains itself: see [Decision].
//
// The modes differ in how many calls they place for the agents there are:
//
//   - progressive: one call for each agent who is certainly free, so that whoever
//     answers finds an agent waiting;
//   - power: a fixed ratio of calls to free agents;
//   - predictive: one more call as long as the harm it is expected to do is worth
//     it, so that the share of people who find no agent stays under a limit;
//   - broadcast: no agents; as many as lines and the rate of calls allow.
package pacing
