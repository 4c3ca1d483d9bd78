package amitest_test

import (
	"context"
	"io"
	"net"
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

// wire connects without a client and logs in.
func wire(t *testing.T, srv *amitest.Server) net.Conn {
	t.Helper()
	nc, err := srv.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(time.Minute))
	say(t, nc, "Action: Login\r\nUsername: dialcamp\r\nSecret: dialcamp-secret\r\nEvents: call\r\n\r\n")
	for _, want := range []string{"Asterisk Call Manager/11.0.0\r\n", "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"} {
		hear(t, nc, want)
	}
	return nc
}

func say(t *testing.T, nc net.Conn, s string) {
	t.Helper()
	if _, err := nc.Write([]byte(s)); err != nil {
		t.Error(err)
	}
}

// hear reads exactly want.
func hear(t *testing.T, nc net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(nc, b); err != nil || string(b) != want {
		t.Errorf("%q, %v, want %q", b[:n], err, want)
	}
}

// TestFrames: what each fault leaves of the frames on the wire.
func TestFrames(t *testing.T) {
	const pings = "Action: QueueReset\r\nActionID: 1\r\n\r\nAction: QueueReset\r\nActionID: 2\r\n\r\n"
	frame := func(id string) string {
		return "Response: Success\r\nActionID: " + id + "\r\nMessage: Queue stats reset successfully\r\n\r\n"
	}
	first := func(m *ami.Message) bool { return m.ActionID() == "1" }
	for _, c := range []struct {
		fault amitest.Fault
		want  string
		gone  bool
	}{
		{amitest.Fault{}, frame("1") + frame("2"), false},
		{amitest.Fault{Lose: true}, frame("2"), false},
		{amitest.Fault{Delay: time.Second}, frame("2") + frame("1"), false},
		{amitest.Fault{Copies: 2}, frame("1") + frame("1") + frame("1") + frame("2"), false},
		{amitest.Fault{Cut: 25}, frame("1")[:25] + frame("2"), false},
		{amitest.Fault{Blank: 2}, frame("1") + "\r\n\r\n" + frame("2"), false},
		{amitest.Fault{Drop: true}, frame("1"), true},
		{amitest.Fault{Cut: 25, Drop: true}, frame("1")[:25], true},
		{amitest.Fault{Lose: true, Drop: true}, "", true},
		{amitest.Fault{Cut: 9, Copies: 1, Blank: 1}, "Response:\r\nResponse:\r\n" + frame("2"), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := amitest.New(amitest.Lab(1))
			defer srv.Close()
			nc := wire(t, srv)
			defer nc.Close()
			srv.Interfere(amitest.When(first, c.fault))
			say(t, nc, pings)
			hear(t, nc, c.want)
			nc.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := nc.Read(make([]byte, 1)); n != 0 || (err == io.EOF) != c.gone {
				t.Errorf("%+v: then %v", c.fault, err)
			}
		})
	}
}

// TestRulesAddUp: each rule is asked, and their faults are one.
func TestRulesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		nc := wire(t, srv)
		defer nc.Close()
		any := func(*ami.Message) bool { return true }
		srv.Interfere(amitest.When(any, amitest.Fault{Cut: 30}), amitest.Once(any, amitest.Fault{Cut: 9, Blank: 1}), amitest.When(any, amitest.Fault{Blank: 1}))
		for _, want := range []string{"Response:\r\n\r\n", "Response: Success\r\nMessage: Qu\r\n"} {
			say(t, nc, "Action: QueueReset\r\n\r\n")
			hear(t, nc, want)
		}
	})
}

// TestDisconnect: the connection ends within a frame, and a client can come back.
func TestDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		nc := wire(t, srv)
		srv.Disconnect(12)
		say(t, nc, "Action: QueueReset\r\n\r\n")
		hear(t, nc, "Response: Su")
		if _, err := nc.Read(make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
		c := connect(t, srv, "dialcamp")
		c.dial("x", "1017555", 1)
		srv.Disconnect(0)
		<-c.Done()
	})
}

// TestReadSlowly: actions are carried out at the server's pace, and who sends on
// meanwhile is kept waiting.
func TestReadSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := amitest.New(amitest.Lab(1))
		defer srv.Close()
		c := connect(t, srv, "dialcamp")
		defer c.Close()
		srv.ReadSlowly(2 * time.Second)
		began := time.Now()
		for range 3 { // the first may have been waited for already
			c.do("Ping")
		}
		if d := time.Since(began); d < 4*time.Second || d > 6*time.Second {
			t.Errorf("three actions took %v", d)
		}
		srv.ReadSlowly(0)
		began = time.Now()
		c.do("Ping")
		c.do("Ping")
		if d := time.Since(began); d != 0 {
			t.Errorf("then two took %v", d)
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
