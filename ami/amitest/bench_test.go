package amitest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// BenchmarkCalls measures how many calls a server carries when a client does
// nothing but place and count them, over TCP.
func BenchmarkCalls(b *testing.B) {
	for _, c := range []struct {
		name string
		fate amitest.Fate
	}{
		{"refused", amitest.Fate{Cause: ami.CauseUserBusy}},
		{"connected", amitest.Fate{Answer: true, Talk: 300 * time.Millisecond}},
	} {
		b.Run(c.name, func(b *testing.B) {
			srv := amitest.StartTest(b, amitest.Config{
				Queues: []amitest.QueueConfig{{
					Name: "Camp200", Strategy: "rrmemory", Retry: 20 * time.Millisecond, RingInUse: amitest.No, Autofill: amitest.Yes, Members: amitest.Agents(2000, time.Millisecond),
				}},
				Plan: func(string, int) amitest.Fate { return c.fate },
			})
			conn, err := ami.Connect(b.Context(), ami.Config{
				Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret", Events: "call,agent",
			})
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			const inFlight = 2000
			slots, over := make(chan struct{}, inFlight), make(chan struct{})
			go func() {
				ended := 0
				for m := range conn.Events() {
					// The first leg's name ends in ;1.
					if m.Event() != "Hangup" {
						continue
					}
					if name := m.Get("Channel"); name[len(name)-1] != '1' || name[len(name)-2] != ';' {
						continue
					}
					<-slots
					if ended++; ended == b.N {
						close(over)
					}
				}
			}()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				slots <- struct{}{}
				if _, err := ami.Send(b.Context(), conn, ami.Originate{
					Channel: fmt.Sprintf("Local/4%06d@DialCamp/n", i), Context: "campaign", Exten: "200", ChannelID: fmt.Sprintf("bench-%d", i),
				}); err != nil {
					b.Fatal(err)
				}
			}
			select {
			case <-over:
			case <-conn.Done():
				b.Fatal(conn.Err())
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
