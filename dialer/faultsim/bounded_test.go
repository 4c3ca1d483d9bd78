package faultsim_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
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

// TestForeignEvents: others' calls on the same Asterisk make some 10,000 events a
// second. Our own go on, and nothing is kept of theirs.
func TestForeignEvents(t *testing.T) {
	scripted(t, func(sc *scenario) {
		sc.campaigns[0].rows = nil
		for i := range 40 {
			sc.campaigns[0].rows = append(sc.campaigns[0].rows, []string{fmt.Sprint("k", i), number(i)})
		}
	}, func(r *run) {
		other, err := ami.Connect(context.Background(), ami.Config{Username: "dialcamp", Secret: "dialcamp-secret", Events: "off", Dial: r.srv.DialFunc})
		if err != nil {
			r.check(err)
			return
		}
		defer other.Close()
		var heard atomic.Int64
		r.srv.Interfere(amitest.When(func(m *ami.Message) bool {
			if strings.HasPrefix(m.Get("Linkedid"), foreign) {
				heard.Add(1)
			}
			return false
		}, amitest.Fault{}))
		flood := func(seconds int) {
			for i := range 800 * seconds {
				time.Sleep(time.Second / 800)
				ami.Send(context.Background(), other, ami.Originate{
					Channel: fmt.Sprintf("Local/8%05d@DialCamp/n", i), Context: "waiting", Exten: "a", ChannelID: fmt.Sprint(foreign, heard.Load(), "x", i), Timeout: time.Second,
				})
			}
		}
		time.Sleep(5 * time.Second)
		flood(1)
		before := heap()
		calls, told, began := len(r.own()), heard.Load(), time.Now()
		flood(2)
		if n := float64(heard.Load()-told) / time.Since(began).Seconds(); n < 8000 {
			r.wrong("only %.0f events a second", n)
		}
		// The Asterisk in memory remembers its calls.
		if after := heap(); after > before+1600<<10 {
			r.wrong("%d kB in use, %d before", after>>10, before>>10)
		}
		if n := len(r.own()); n == calls {
			r.wrong("no call was placed meanwhile")
		}
		r.srv.Interfere()
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
