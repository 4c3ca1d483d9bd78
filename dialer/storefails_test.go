package dialer_test

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer/campaign"
)

const writesMayFail = "DIALCAMP_TEST_WRITES_MAY_FAIL"

// failing makes every write to a file fail, for the whole process: the kernel
// lets no file grow or change beyond its first byte.
func failing(t *testing.T, on bool) {
	t.Helper()
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	lim.Cur = lim.Max
	if on {
		lim.Cur = 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
}

// inChild runs the test that calls it again in a process of its own, where it
// reports true.
func inChild(t *testing.T) bool {
	t.Helper()
	if os.Getenv(writesMayFail) != "" {
		signal.Ignore(syscall.SIGXFSZ)
		return true
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), writesMayFail+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// TestStoreFailsForAWhile: while nothing can be written nobody is called, the
// calls that end meanwhile are not forgotten, and it is said once.
func TestStoreFailsForAWhile(t *testing.T) {
	if !inChild(t) {
		return
	}
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(answering(40)...)}, oneCampaign(""))
		w.opt.UntilListEnd = true
		w.start()
		for range 3 {
			time.Sleep(10 * time.Second)
			said := len(w.log.lines("the store cannot be written"))
			failing(t, true)
			time.Sleep(time.Second)
			w.quiet(3*time.Minute, "the store fails")
			if n := w.srv.InFlight(); n != 0 {
				t.Errorf("%d calls", n)
			}
			if n := len(w.log.lines("the store cannot be written")) - said; n != 1 {
				t.Errorf("it was said %d times", n)
			}
			if h := w.hold("a"); !strings.HasPrefix(h, "the store failed") {
				t.Errorf("held by %q", h)
			}
			before := len(w.srv.Calls())
			failing(t, false)
			w.await(70*time.Second, "dialing again", func() bool { return len(w.srv.Calls()) > before })
		}
		w.returned(time.Hour)
		w.logged(3, "the store can be written again")
		if n := len(w.log.lines("level=ERROR")); n > 6 {
			t.Errorf("%d errors were logged", n)
		}
		s := w.open()
		w.witness(s, true)
		checkCampaign(t, s, "a", 40)
	})
}

// TestStopWhileStoreFails: the daemon returns; what could not be written is in
// flight, and the next start settles it.
func TestStopWhileStoreFails(t *testing.T) {
	if !inChild(t) {
		return
	}
	for _, how := range []string{"stop", "kill"} {
		t.Log(how)
		// Not a subtest: the child is asked for this test by name.
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(answering(12)...)}, oneCampaign(""))
			w.start()
			time.Sleep(15 * time.Second)
			failing(t, true)
			time.Sleep(30 * time.Second)
			if how == "stop" {
				w.stop()
			} else {
				w.kill()
			}
			w.returned(2 * time.Second)
			failing(t, false)
			if len(w.log.lines("given up writing")) == 0 {
				t.Error("nothing was given up")
			}
			lost := map[string]bool{}
			for _, a := range w.look("a").attempts {
				if a.Outcome == campaign.InFlight {
					lost[a.ID] = true
				}
			}
			if len(lost) == 0 {
				t.Error("no attempt is in flight")
			}
			w.runToListEnd(time.Hour)
			s := w.open()
			w.witness(s, false)
			checkCampaign(t, s, "a", 12)
			for _, a := range readBook(t, s, "a").attempts {
				if lost[a.ID] != (a.Outcome == campaign.Unknown) {
					t.Errorf("%s is %s", a.ID, a.Outcome)
				}
			}
		})
	}
}

// TestLastWordWins: a state that could be written only later does not undo a
// newer one.
func TestLastWordWins(t *testing.T) {
	if !inChild(t) {
		return
	}
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(1), map[string]string{"a.csv": numbers("4001")}, oneCampaign(""))
		for i := range 8 {
			w.start()
			time.Sleep(5 * time.Second)
			w.operate("a", campaign.Start)
			failing(t, true)
			w.operate("a", campaign.Pause)
			time.Sleep(time.Duration(i*150) * time.Millisecond)
			last := campaign.Resume
			if i%2 == 1 {
				w.operate("a", campaign.Resume)
				last = campaign.Pause
			}
			want := w.operate("a", last)
			failing(t, false)
			w.stop()
			w.returned(6 * time.Minute)
			w.start()
			if s := w.state("a"); s != want {
				t.Errorf("round %d: after a restart it is %s, want %s", i, s, want)
			}
			w.stop()
			w.returned(6 * time.Minute)
		}
	})
}

// TestLongOutage: what waits for the store does not grow with the time it fails.
func TestLongOutage(t *testing.T) {
	if !inChild(t) {
		return
	}
	inWorld(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(append(series("1017", 3), long(1)...)...)}, oneCampaign(""))
		w.start()
		time.Sleep(10 * time.Second)
		failing(t, true)
		time.Sleep(10 * time.Minute)
		before := runtime.NumGoroutine()
		time.Sleep(20 * time.Minute)
		if n := runtime.NumGoroutine(); n > before+3 {
			t.Errorf("%d goroutines, %d 20 minutes before", n, before)
		}
		failing(t, false)
		time.Sleep(time.Minute)
		w.stop()
		w.returned(time.Minute)
		s := w.open()
		c, err := s.Counters("a")
		if err != nil {
			t.Fatal(err)
		}
		if want := 3 * 31 * time.Minute; c.AgentTime < want-time.Minute || c.AgentTime > want+time.Minute {
			t.Errorf("agents' time is %v, want %v", c.AgentTime, want)
		}
	})
}
