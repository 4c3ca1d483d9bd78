// Package faultsim holds no code but tests: the whole daemon in a testing/synctest
// bubble, on a real store and against the Asterisk in memory, while everything
// around it goes wrong, as drawn from one number. Afterwards what the far ends saw
// is held against what the store says.
//
// A seed draws the campaigns, what becomes of each number, and which kinds of
// faults there are (see kinds_test.go). What befalls a frame is drawn from the
// seed and what the frame is, not from the order in which frames come, so that
// the same seed is the same trouble again. What is not the same is the order of
// what happens at one moment of the bubble's clock: the runtime draws which
// goroutine is next, which case of a select is taken and how a map is walked, and
// an id begins with the store's random name. A seed that failed is therefore tried
// more than once (-times).
//
//	go test ./dialer/faultsim                                  a few hundred seeds
//	go test ./dialer/faultsim -run TestFaults -seed 17         one of them again, with what happened
//	go test ./dialer/faultsim -run TestFaults -seed 17 -without kill,stall
//	go test ./dialer/faultsim -run TestFaults -timeout 0 -for 8h   as many as there is time for
package faultsim
