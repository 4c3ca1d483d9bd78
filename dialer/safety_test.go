package dialer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

var lost = amitest.Fault{Lose: true}

// oneCampaign dials a.csv into Camp200; more is indented as its keys are.
func oneCampaign(more string) string {
	return `
campaigns:
  - name: a
    queue: Camp200
    lists: [{path: a.csv, reload: "* * * * *"}]
    originate: {ring_timeout: 20s, context: campaign, exten: "200"}
    retry: {max_attempts: 1}
` + more
}

// answering are n numbers that ring for 1 to 4 s and talk for 5 s to 14 s.
func answering(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("20%d%03d%04d", 1+i%4, 5+i%10, i))
	}
	return all
}

// TestNoMoreCallsThanAgents: by the far ends' own times, no call is placed
// unless an agent is there for it and for all that are under way.
func TestNoMoreCallsThanAgents(t *testing.T) {
	for _, tc := range []struct {
		name      string
		campaigns string
		wrapup    time.Duration
		ownWrapup time.Duration // of the members, in Asterisk
	}{
		{"one campaign", oneCampaign(""), 0, 0},
		{"wrap-up", oneCampaign("    pacing: {wrapup: 10s}\n"), 10 * time.Second, 0},
		{"members' own wrap-up", oneCampaign(""), 15 * time.Second, 15 * time.Second},
		{"two campaigns", strings.Replace(oneCampaign(""), "a.csv", "b.csv", 1) +
			strings.TrimPrefix(strings.Replace(oneCampaign(""), "name: a", "name: b", 1), "\ncampaigns:\n"), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				const agents = 6
				asterisk := amitest.Lab(agents)
				for i := range asterisk.Queues[0].Members {
					m := &asterisk.Queues[0].Members[i]
					m.Wrapup = tc.ownWrapup
				}
				all := answering(80)
				w := newWorld(t, asterisk, map[string]string{"a.csv": numbers(all[:40]...), "b.csv": numbers(all[40:]...)}, tc.campaigns)
				w.runToListEnd(2 * time.Hour)
				w.witness(w.open(), true)
				w.safe(agents, tc.wrapup)
				if n := slices.MaxFunc(w.srv.AgentStats(), func(a, b amitest.AgentStats) int { return a.Calls - b.Calls }).Calls; n == 0 {
					t.Error("no agent had a call")
				}
			})
		})
	}
}

// TestAgentsComeAndGo: when all agents have left, nobody is called any more;
// when one is back, dialing goes on.
func TestAgentsComeAndGo(t *testing.T) {
	agents := []string{"PJSIP/agent1", "PJSIP/agent2", "PJSIP/agent3"}
	for name, move := range map[string]func(w *world, iface string, away bool){
		"pause": func(w *world, iface string, away bool) { w.srv.SetPaused("Camp200", iface, away, "lunch") },
		"leave": func(w *world, iface string, away bool) {
			if away {
				w.srv.RemoveAgent("Camp200", iface)
			} else {
				w.srv.AddAgent("Camp200", amitest.MemberConfig{AgentConfig: amitest.AgentConfig{Interface: iface}})
			}
		},
		"telephone gone": func(w *world, iface string, away bool) {
			state := ami.DeviceNotInUse
			if away {
				state = ami.DeviceUnavailable
			}
			w.srv.SetDevice(iface, state)
		},
	} {
		for _, deaf := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, events lost %v", name, deaf), func(t *testing.T) {
				inWorld(t, func(t *testing.T) {
					w := newWorld(t, amitest.Lab(len(agents)), map[string]string{"a.csv": numbers(answering(60)...)}, oneCampaign(""))
					if deaf {
						w.srv.Interfere(amitest.When(func(m *ami.Message) bool {
							return amitest.IsEvent(m) && strings.HasPrefix(m.Event(), "QueueMember")
						}, lost))
					}
					w.opt.UntilListEnd = true
					w.start()
					for range 3 {
						time.Sleep(20 * time.Second)
						for _, a := range agents {
							move(w, a, true)
						}
						time.Sleep(2 * time.Second) // the next picture
						w.quiet(3*time.Minute, "no agent is there")
						if !strings.HasPrefix(w.hold("a"), "no agent is free") {
							t.Errorf("held by %q", w.hold("a"))
						}
						before := len(w.srv.Calls())
						move(w, agents[1], false)
						w.await(15*time.Second, "dialing again", func() bool { return len(w.srv.Calls()) > before })
						move(w, agents[0], false)
						move(w, agents[2], false)
					}
					w.returned(time.Hour)
					w.witness(w.open(), false)
				})
			})
		}
	}
}

// TestSomeArePaused: paused agents are not dialed for.
func TestSomeArePaused(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(5), map[string]string{"a.csv": numbers(answering(30)...)}, oneCampaign(""))
		w.srv.SetPaused("", "PJSIP/agent2", true, "")
		w.srv.SetPaused("", "PJSIP/agent4", true, "")
		w.runToListEnd(time.Hour)
		w.witness(w.open(), true)
		w.safe(3, 0)
	})
}

// TestInboundCallers: callers of others take agents as ours do.
func TestInboundCallers(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(4), map[string]string{"a.csv": numbers(answering(60)...)}, oneCampaign(""))
		other, err := ami.Connect(t.Context(), ami.Config{Username: "dialcamp", Secret: "dialcamp-secret", Events: "off", Dial: w.srv.DialFunc})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		go func() {
			for range other.Events() {
			}
		}()
		stop := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(4 * time.Second):
				}
				ami.Send(t.Context(), other, ami.Originate{
					Channel: fmt.Sprintf("Local/301100%04d@DialCamp/n", i), Context: "campaign", Exten: "200", ChannelID: fmt.Sprint("inbound", i),
				})
			}
		}()
		w.opt.UntilListEnd = true
		w.start()
		w.returned(2 * time.Hour)
		close(stop)
		<-ended
		synctest.Wait()
		s := w.open()
		ours := 0
		for _, a := range readBook(t, s, "a").attempts {
			if !a.Outcome.Answered() {
				t.Errorf("%s is %s", a.Number, a.Outcome)
			}
			ours++
		}
		if ours != 60 {
			t.Errorf("%d attempts", ours)
		}
	})
}

// TestLimits: max_in_flight, max_channels and calls_per_second hold by the
// witness.
func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		name, server, campaign string
		atOnce, perSecond      int
	}{
		{"max_in_flight", "", "    pacing: {max_in_flight: 3}\n", 3, 0},
		{"max_channels", ", max_channels: 2", "", 2, 0},
		{"calls_per_second", ", calls_per_second: 2", "", 0, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(10), map[string]string{"a.csv": numbers(answering(40)...)},
					fmt.Sprintf(preamble, tc.server)+oneCampaign(tc.campaign))
				w.runToListEnd(time.Hour)
				w.witness(w.open(), true)
				calls := w.srv.Calls()
				for _, c := range calls {
					live, begun := 0, 0
					for _, o := range calls {
						if !o.Start.After(c.Start) && o.End.After(c.Start) {
							live++
						}
						if !o.Start.Before(c.Start) && o.Start.Before(c.Start.Add(time.Second)) {
							begun++
						}
					}
					if tc.atOnce > 0 && live > tc.atOnce {
						t.Errorf("at %v there were %d calls", c.Start, live)
					}
					if tc.perSecond > 0 && begun > tc.perSecond+1 {
						t.Errorf("in the second from %v, %d calls were placed", c.Start, begun)
					}
				}
			})
		})
	}
}
