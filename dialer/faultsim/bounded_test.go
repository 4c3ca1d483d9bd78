package faultsim_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hold is why a campaign places no call.
func (r *run) hold(name string) (hold string) {
	r.withDaemon(func(ctx context.Context, p *process) {
		st, err := p.d.Status(ctx)
		if err != nil {
			hold = err.Error()
		}
		for _, c := range st.Campaigns {
			if c.Name == name {
				hold = c.Hold
			}
		}
	})
	return hold
}

// TestStalledDisk: a write hangs for half an hour, and is done then. Nobody is
// called meanwhile, which is said, nothing piles up, and dialing goes on by itself.
func TestStalledDisk(t *testing.T) {
	scripted(t, func(sc *scenario) {
		sc.campaigns[0].rows = nil
		for i := range 60 {
			sc.campaigns[0].rows = append(sc.campaigns[0].rows, []string{fmt.Sprint("k", i), number(i)})
		}
	}, func(r *run) {
		time.Sleep(20 * time.Second)
		r.slow.Store(int64(30 * time.Minute))
		time.Sleep(2 * time.Minute)
		calls, goroutines := len(r.srv.Calls()), runtime.NumGoroutine()
		time.Sleep(25 * time.Minute)
		if n := len(r.srv.Calls()); n != calls {
			r.wrong("%d calls were placed while the disk hung", n-calls)
		}
		if n := runtime.NumGoroutine(); n > goroutines+3 {
			r.wrong("%d goroutines, %d 25 minutes before", n, goroutines)
		}
		if h := r.hold("a"); !strings.HasPrefix(h, "the store has not answered") {
			r.wrong("held by %q", h)
		}
		r.slow.Store(0)
		time.Sleep(5 * time.Minute)
		if n := len(r.srv.Calls()); n == calls {
			r.wrong("no call was placed when the disk worked again; held by %q", r.hold("a"))
		}
	})
}
