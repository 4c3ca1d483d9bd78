//go:build race

package faultsim_test

// usualSeeds are fewer under the race detector, which makes them five times as
// long.
const usualSeeds = 50
