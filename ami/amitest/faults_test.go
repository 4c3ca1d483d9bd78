package amitest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami"
	"github.com/dialcamp/dialcamp/ami/amitest"
)

func isEvent(name string) func(*ami.Message) bool {
	return func(m *ami.Message) bool { return m.Event() == name }
}

func TestLoseAndDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		srv.Interfere(amitest.When(isEvent("OriginateResponse"), amitest.Fault{Lose: true}))
		c.dial("lost", "1017555", 1)
		time.Sleep(time.Second)
		srv.Interfere(amitest.When(isEvent("Hangup"), amitest.Fault{Delay: time.Hour}))
		c.dial("late", "1017555", 1)
		time.Sleep(time.Second)
		srv.Interfere()
		c.dial("fine", "1017555", 1)
		time.Sleep(2 * time.Hour)
		events := c.events()
		var hangups []string
		for _, m := range events {
			if m.Event() == "Hangup" {
				hangups = append(hangups, m.Get("Linkedid"))
			}
		}
		if got := strings.Join(hangups, " "); got != "lost-0 lost-0 lost-0 fine-0 fine-0 fine-0 late-0 late-0 late-0" {
			t.Error(got)
		}
		if n := names(events, "Uniqueid"); n["OriginateResponse lost-0"] != 0 || n["OriginateResponse late-0"] != 1 {
			t.Error(n)
		}
	})
}

func TestRefuseOriginates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		defer c.Close()
		srv.Refuse("Originate", "Originate Access Forbidden")
		_, err := ami.Send(context.Background(), c, ami.Originate{Channel: "Local/4555@DialCamp", Context: "campaign", Exten: "200"})
		if !ami.Refused(err) || len(srv.Calls()) != 0 {
			t.Errorf("%v, %v", err, srv.Calls())
		}
		srv.Refuse("Originate", "")
		c.dial("x", "1017555", 1)
	})
}

func TestTruncate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		srv.Interfere(amitest.Once(isEvent("Newchannel"), amitest.Fault{Cut: 100, Drop: true}))
		c.dial("x", "4555", 1)
		<-c.Done()
		if err := c.Err(); err == nil || !strings.HasSuffix(err.Error(), "unexpected EOF") {
			t.Error(err)
		}
	})
}

// TestStall: requests get no reply, and a session that does not read is dropped
// while another goes on.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		defer c.Close()
		srv.Stall(true)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := ami.Send(ctx, c, ami.Ping{}); err == nil || ami.NeverSent(err) {
			t.Error(err)
		}
		srv.Stall(false)
		if _, err := ami.Send(context.Background(), c, ami.Ping{}); err != nil {
			t.Error(err)
		}
	})
}

func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := amitest.Lab(1)
		cfg.Backlog = 100_000
		srv := amitest.New(cfg)
		defer srv.Close()
		slow, err := srv.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ami.NewReader(slow).ReadBanner(); err != nil {
			t.Fatal(err)
		}
		if _, err := slow.Write([]byte("Action: Login\r\nUsername: dialcamp\r\nSecret: dialcamp-secret\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		c := connect(t, srv, "dialcamp")
		defer c.Close()
		for range 50 {
			c.dial("x", "1017555", 1)
			time.Sleep(time.Second)
		}
		slow.SetDeadline(time.Now().Add(time.Second))
		if _, err := slow.Write([]byte("Action: Ping\r\n\r\n")); err == nil {
			t.Error("the slow session is still there")
		}
		if c.Err() != nil {
			t.Error(c.Err())
		}
	})
}

func TestRestart(t *testing.T) {
	for _, keep := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			srv := amitest.New(amitest.Lab(2))
			defer srv.Close()
			c := connect(t, srv, "dialcamp")
			c.dial("ringing", "4555", 1)
			c.dial("talking", "200060", 3) // one of them waits
			time.Sleep(5 * time.Second)
			srv.Restart(10*time.Second, keep)
			<-c.Done()
			if _, err := srv.Dial(context.Background()); err == nil {
				t.Error("a connection while down")
			}
			time.Sleep(11 * time.Second)
			c = connect(t, srv, "dialcamp")
			channels, err := ami.Send(context.Background(), c, ami.CoreShowChannels{})
			if err != nil || len(channels) != map[bool]int{true: 3*3 + 2 + 3}[keep] {
				t.Errorf("keep %v: %d channels, %v", keep, len(channels), err)
			}
			for _, call := range srv.CDR() {
				if call.Vanished == keep {
					t.Errorf("keep %v: %+v", keep, call)
				}
			}
			if q := c.counts("Camp200"); !keep && (q.Available != 2 || q.Callers != 0) {
				t.Errorf("%+v", q)
			}
			time.Sleep(2 * time.Minute)
			c.dial("again", "1017555", 1)
			time.Sleep(time.Second)
			if n := srv.InFlight(); n != 0 {
				t.Errorf("%d in flight", n)
			}
			c.Close()
		})
	}
}

// TestRestartListening is back on the same port.
func TestRestartListening(t *testing.T) {
	srv := amitest.StartTest(t, amitest.Lab(1))
	cfg := ami.Config{Address: srv.Addr(), Username: "dialcamp", Secret: "dialcamp-secret"}
	c, err := ami.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv.Restart(20*time.Millisecond, false)
	<-c.Done()
	deadline := time.Now().Add(10 * time.Second)
	for {
		if c, err = ami.Connect(t.Context(), cfg); err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestClasses: a session gets the events that its user and its mask have.
func TestClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := amitest.Lab(1)
		cfg.Users = []amitest.User{
			{Name: "all", Secret: "all-secret", Read: "all", Write: "all"},
			{Name: "agent", Secret: "agent-secret", Read: "agent", Write: ""},
		}
		srv := amitest.New(cfg)
		defer srv.Close()
		all, agent := connect(t, srv, "all"), connect(t, srv, "agent")
		all.dial("x", "200005", 1)
		time.Sleep(time.Minute)
		if n := names(agent.events(), ""); n["Hangup "] != 0 || n["OriginateResponse "] != 0 || n["AgentComplete "] != 1 {
			t.Error(n)
		}
		if n := names(all.events(), ""); n["Hangup "] != 4 || n["OriginateResponse "] != 1 || n["AgentComplete "] != 1 {
			t.Error(n)
		}
	})
}
