package faultsim_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// seed is what everything is drawn from.
type seed uint64

// draws are those for one thing, named by key: they do not depend on what else is
// drawn, nor on when.
func (s seed) draws(key ...any) draws {
	h := fnv.New64a()
	fmt.Fprintln(h, key...)
	return draws{rand.New(rand.NewPCG(uint64(s), h.Sum64()))}
}

type draws struct{ *rand.Rand }

func (d draws) chance(p float64) bool { return d.Float64() < p }

// between is at least from and at most to.
func (d draws) between(from, to int) int { return from + d.IntN(to-from+1) }

// lasting is at least from and at most to, in milliseconds.
func (d draws) lasting(from, to time.Duration) time.Duration {
	return from + time.Duration(d.Int64N(int64((to-from)/time.Millisecond)+1))*time.Millisecond
}

func one[T any](d draws, of ...T) T { return of[d.IntN(len(of))] }
