package dialer_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// TestStartBeforeAsterisk: the daemon waits for it, and says so once.
func TestStartBeforeAsterisk(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(series("1017", 5)...)}, oneCampaign(""))
		w.srv.Restart(5*time.Minute, false)
		w.opt.UntilListEnd = true
		w.start()
		time.Sleep(4 * time.Minute)
		w.logged(1, "level=WARN", "no connection to Asterisk", "is Asterisk running")
		if h := w.hold("a"); h != "no connection to Asterisk pbx" {
			t.Errorf("held by %q", h)
		}
		w.returned(5 * time.Minute)
		w.logged(1, "connected to Asterisk")
		w.witness(w.open(), true)
	})
}

// TestWrongSecret: it is said once, with what to do, and tried on.
func TestWrongSecret(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		asterisk := amitest.Lab(3)
		wrong := asterisk
		wrong.Users = []amitest.User{{Name: "dialcamp", Secret: "other", Read: "all", Write: "all"}}
		w := newWorld(t, asterisk, map[string]string{"a.csv": numbers(series("1017", 5)...)}, oneCampaign(""))
		other := amitest.New(wrong)
		defer other.Close()
		var fixed atomic.Bool
		dial := w.opt.Dial
		w.opt.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			if fixed.Load() {
				return dial(ctx, addr)
			}
			return other.Dial(ctx)
		}
		w.opt.UntilListEnd = true
		w.start()
		time.Sleep(5 * time.Minute)
		w.logged(1, "level=WARN", "no connection to Asterisk", "compare username and secret with manager.conf")
		if len(w.log.lines("dialcamp-secret")) > 0 {
			t.Error("the secret is in the log")
		}
		fixed.Store(true)
		w.returned(5 * time.Minute)
		w.witness(w.open(), true)
	})
}

// TestUnknownQueue: it is said once; when the queue appears, it is dialed into.
func TestUnknownQueue(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		asterisk := amitest.Lab(3)
		without := asterisk
		without.Queues = asterisk.Queues[1:]
		w := newWorld(t, asterisk, map[string]string{"a.csv": numbers(series("1017", 5)...)}, oneCampaign(""))
		other := amitest.New(without)
		defer other.Close()
		var there atomic.Bool
		dial := w.opt.Dial
		w.opt.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			if there.Load() {
				return dial(ctx, addr)
			}
			return other.Dial(ctx)
		}
		w.opt.UntilListEnd = true
		w.start()
		time.Sleep(5 * time.Minute)
		w.logged(1, "level=ERROR", "Asterisk does not know the queue", "queue=Camp200")
		if h := w.hold("a"); h != "Asterisk pbx does not know the queue Camp200" {
			t.Errorf("held by %q", h)
		}
		if n := len(other.Calls()); n > 0 {
			t.Errorf("%d calls", n)
		}
		there.Store(true)
		other.Disconnect(0)
		w.returned(5 * time.Minute)
		w.witness(w.open(), true)
	})
}

// deafConn is a connection on which QueueSummary gets lost while deaf is set.
type deafConn struct {
	net.Conn
	deaf *atomic.Bool
}

func (c deafConn) Write(b []byte) (int, error) {
	if c.deaf.Load() && strings.HasPrefix(string(b), "Action: QueueSummary") {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// TestNoAnswerToQueueSummary: what is not known of the queue is not dialed on,
// and the daemon asks again.
func TestNoAnswerToQueueSummary(t *testing.T) {
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(2), map[string]string{"a.csv": numbers(series("30301", 200)...)}, oneCampaign(""))
		var deaf atomic.Bool
		dial := w.opt.Dial
		w.opt.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			c, err := dial(ctx, addr)
			return deafConn{c, &deaf}, err
		}
		deaf.Store(true)
		w.start()
		w.quiet(time.Minute, "the queue was never seen")
		deaf.Store(false)
		w.await(15*time.Second, "dialing", func() bool { return len(w.srv.Calls()) > 4 })
		deaf.Store(true)
		time.Sleep(6 * time.Second)
		w.quiet(3*time.Minute, "the picture is old")
		if h := w.hold("a"); h != "the queue's agents are not known at the moment" {
			t.Errorf("held by %q", h)
		}
		before := len(w.srv.Calls())
		deaf.Store(false)
		w.await(15*time.Second, "dialing again", func() bool { return len(w.srv.Calls()) > before })
		w.operate("a", campaign.Drain)
		w.await(time.Minute, "stopped", func() bool { return w.state("a") == campaign.Stopped })
		w.stop()
		w.returned(time.Minute)
		w.witness(w.open(), true)
	})
}
