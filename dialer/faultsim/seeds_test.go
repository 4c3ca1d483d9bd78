//go:build !race

package faultsim_test

// usualSeeds are how many are run unless told otherwise: some 25 seconds of one
// processor.
const usualSeeds = 250
