package amitest_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

// TestAMD: what is told of who answered, in the words of each release, and to
// whom; a machine hears its message, everybody else joins the queue.
func TestAMD(t *testing.T) {
	for _, c := range []struct {
		name, manager, events string
		fate                  amitest.Fate
		told                  string // Status and Cause; "": nothing
		joins                 bool
		ends                  time.Duration // after the answer
	}{
		{"machine", "11.0.0", "call,agent,user", amitest.Fate{Machine: true}, "MACHINE LONGGREETING-1500-1500", false, 11500 * time.Millisecond},
		{"person", "5.0.5", "call,agent,user", amitest.Fate{}, "HUMAN HUMAN-800-800", true, 20 * time.Second},
		{"mistaken", "11.0.0", "call,agent,user", amitest.Fate{Verdict: amitest.Verdict{After: time.Second, Status: "MACHINE", Cause: "MAXWORDS-3-3"}}, "MACHINE MAXWORDS-3-3", false, 11 * time.Second},
		{"old", "1.3", "call,agent,user", amitest.Fate{Machine: true}, "MACHINE LONGGREETING-1500-1500", false, 11500 * time.Millisecond},
		{"without the class", "11.0.0", "call,agent", amitest.Fate{Machine: true}, "", false, 11500 * time.Millisecond},
		{"hangs up first", "11.0.0", "call,agent,user", amitest.Fate{Machine: true, Talk: time.Second}, "", false, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.fate.Talk == 0 {
					c.fate.Talk = 20 * time.Second
				}
				c.fate.Answer, c.fate.Ring = true, time.Second
				cfg := amitest.Lab(1)
				cfg.Version = c.manager
				cfg.Plan = func(string, int) amitest.Fate { return c.fate }
				cfg.Destination = func(context, exten string) (amitest.Destination, bool) {
					d, ok := amitest.LabDestination(context, exten)
					d.Message = 10 * time.Second
					return d, ok
				}
				srv := amitest.New(cfg)
				defer srv.Close()
				conn, err := ami.Connect(t.Context(), ami.Config{
					Address: "pbx:5038", Username: "dialcamp", Secret: "dialcamp-secret", Events: c.events,
					Dial: func(ctx context.Context, _ string) (net.Conn, error) { return srv.Dial(ctx) },
				})
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				var told []string
				joined := false
				go func() {
					for m := range conn.Events() {
						switch e := ami.ParseEvent(m).(type) {
						case *ami.UserEvent:
							told = append(told, m.Get("Status")+" "+m.Get("Cause"))
							if e.Name != "DialCampAMD" || e.Uniqueid == "" || e.Linkedid == "" && c.manager != "1.3" {
								t.Errorf("%v", m)
							}
						case *ami.QueueCallerJoin:
							joined = true
						}
					}
				}()
				if _, err := ami.Send(t.Context(), conn, ami.Originate{ID: "1", Channel: "Local/555@DialCamp/n", Timeout: 20 * time.Second, Context: "amd", Exten: "200"}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if want := strings.Fields(c.told); joined != c.joins || len(want) > 0 != (len(told) == 1) || len(want) > 0 && !slices.Equal(strings.Fields(told[0]), want) {
					t.Errorf("told %q, joined %v; want %q, %v", told, joined, c.told, c.joins)
				}
				if call := srv.Calls()[0]; call.End.Sub(call.Answer) != c.ends {
					t.Errorf("ended %v after the answer, want %v", call.End.Sub(call.Answer), c.ends)
				}
			})
		})
	}
}
