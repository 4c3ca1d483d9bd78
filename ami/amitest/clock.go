package amitest

import "time"

// Clock is the time a Server lives in.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine after d; stop cancels that.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// RealClock is the default.
func RealClock() Clock { return realClock{} }

type scaledClock struct {
	real0, virtual0 time.Time
	speed           float64
}

// Scaled returns a Clock that starts at start and runs speed times as fast as
// the real one.
func Scaled(start time.Time, speed float64) Clock {
	return &scaledClock{real0: time.Now(), virtual0: start, speed: speed}
}

func (c *scaledClock) Now() time.Time {
	return c.virtual0.Add(time.Duration(float64(time.Since(c.real0)) * c.speed))
}

func (c *scaledClock) AfterFunc(d time.Duration, f func()) func() bool {
	// Rounded up, so that the time has come when f asks for it.
	return time.AfterFunc(time.Duration(float64(d)/c.speed)+1, f).Stop
}
