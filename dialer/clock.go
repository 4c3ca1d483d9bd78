package dialer

import "time"

// Clock is the daemon's time. Everything but the manager connections' own
// deadlines goes by it.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine after d, unless stopped before.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// RealTime is the machine's clock.
type RealTime struct{}

// Now implements Clock.
func (RealTime) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (RealTime) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
