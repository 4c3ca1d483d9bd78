package faultsim_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	oneSeed   = flag.Int64("seed", -1, "run this seed alone, and tell what happened")
	times     = flag.Int("times", 1, "run each seed so many times")
	firstSeed = flag.Uint64("from", 0, "the first seed")
	howMany   = flag.Uint64("seeds", usualSeeds, "run so many seeds")
	howLong   = flag.Duration("for", 0, "run seeds for so long, however many")
	without   = flag.String("without", "", "leave out these kinds of faults")
)

// TestFaults: whatever goes wrong, nobody is called twice, nothing is lost and
// every number adds up.
func TestFaults(t *testing.T) {
	if *oneSeed >= 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // fewer orders in which goroutines may run
		for range *times {
			t.Run(fmt.Sprint("seed ", *oneSeed), func(t *testing.T) { faults(t, seed(*oneSeed), true) })
		}
		return
	}
	began := time.Now()
	var next, ran, calls, died atomic.Uint64
	next.Store(*firstSeed)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				s := next.Add(1) - 1
				if *howLong > 0 && time.Since(began) > *howLong || *howLong == 0 && s >= *firstSeed+*howMany {
					return
				}
				for range *times {
					t.Run(fmt.Sprint("seed ", s), func(t *testing.T) {
						r := faults(t, seed(s), false)
						ran.Add(1)
						calls.Add(uint64(r.calls))
						died.Add(uint64(r.died))
					})
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d runs, seeds %d to %d, in %v: %d calls, the daemon was killed %d times",
		ran.Load(), *firstSeed, next.Load()-1-uint64(runtime.GOMAXPROCS(0)), time.Since(began).Round(time.Second), calls.Load(), died.Load())
}

func faults(t *testing.T, s seed, tell bool) *run {
	with := drawKinds(s)
	with = slices.DeleteFunc(with, func(k kind) bool { return slices.Contains(strings.Split(*without, ","), k.name) })
	r := newRun(s, tempDir(t), with)
	r.tell = tell
	r.inBubble(t)
	if t.Failed() {
		t.Logf("again: go test ./dialer/faultsim -run TestFaults -seed %d -times 5", s)
	}
	return r
}

// inBubble plays the run in a bubble, which also checks that no goroutine is left.
func (r *run) inBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { r.play() })
	if len(r.wrongs) > 0 || r.tell {
		t.Logf("the log's last lines:\n%s", r.logs.String())
		t.Logf("what happened:\n%s", strings.Join(r.trace, "\n"))
		t.Logf("how often: %v; %d calls, together %016x", r.often, r.calls, r.same)
	}
	for _, w := range r.wrongs {
		t.Error(w)
	}
}

// tempDir is in memory, if the machine has such: what the disk does not keep is
// drawn here, so nothing is gained by waiting for it.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "dialcamp-faultsim-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
