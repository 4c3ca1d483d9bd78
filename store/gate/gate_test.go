package gate_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/store/gate"
)

// TestClockGoesOn: one holds the gate for a minute while others wait for it, and
// each of them is alone in there.
func TestClockGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate.Gate
		began := time.Now()
		inside, entered := 0, make(chan time.Duration, 3)
		for range 3 {
			go func() {
				g.Lock()
				defer g.Unlock()
				if inside++; inside != 1 {
					t.Errorf("%d are inside", inside)
				}
				entered <- time.Since(began)
				time.Sleep(time.Minute)
				inside--
			}()
		}
		time.Sleep(time.Second)
		if g.TryLock() {
			t.Error("two hold it")
		}
		for i := range 3 {
			if d := <-entered; d != time.Duration(i)*time.Minute {
				t.Errorf("number %d entered after %v", i, d)
			}
		}
		time.Sleep(2 * time.Minute)
		if !g.TryLock() {
			t.Error("nobody holds it, but it cannot be had")
		}
		g.Unlock()
		defer func() {
			if recover() == nil {
				t.Error("it was unlocked twice")
			}
		}()
		g.Unlock()
	})
}
