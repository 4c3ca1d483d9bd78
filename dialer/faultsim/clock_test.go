package faultsim_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// wallClock is the bubble's, whose wall time somebody sets now and then. What has
// passed since another moment is told rightly all the same, as by a machine's.
type wallClock struct {
	ahead atomic.Int64 // seconds
	sets  atomic.Int64
}

func (c *wallClock) Now() time.Time {
	// Some time passes whenever it is set, as it does everywhere but in a bubble.
	return set(time.Now().Add(time.Duration(c.sets.Load())), c.ahead.Load())
}

// put sets the clock so many seconds ahead.
func (c *wallClock) put(ahead int64) {
	c.ahead.Store(ahead)
	c.sets.Add(1)
}

func (c *wallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// set is a moment at which the wall clock was ahead by so many seconds. It has a
// reading of the monotonic clock, by which times are compared and subtracted, as
// every time.Now has outside of a bubble; no function of package time makes one
// that differs from the wall clock's. The first two words of such a Time are a
// bit that says so, the seconds since 1885 and the nanoseconds; and the monotonic
// clock.
func set(t time.Time, seconds int64) time.Time {
	const since1885 = 2_682_288_000 // until 1970
	wall, mono := 1<<63|uint64(t.Unix()+since1885+seconds)<<30|uint64(t.Nanosecond()), uint64(t.UnixNano())
	*(*[2]uint64)(unsafe.Pointer(&t)) = [2]uint64{wall, mono}
	return t
}

func TestClockIsSet(t *testing.T) { synctest.Test(t, clockIsSet) }

func clockIsSet(t *testing.T) {
	for _, seconds := range []int64{0, 1, 3600, -1, -3600} {
		plain := time.Now()
		now, then := set(plain, 0), set(plain, seconds)
		if !now.Round(0).Equal(plain.Round(0)) {
			t.Fatalf("%v is %v", plain, now)
		}
		if d := then.Sub(now); d != 0 {
			t.Errorf("%d s: %v passed", seconds, d)
		}
		if d := then.Round(0).Sub(now.Round(0)); d != time.Duration(seconds)*time.Second {
			t.Errorf("%d s: it was put forward by %v", seconds, d)
		}
	}
}
