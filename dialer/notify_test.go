package dialer_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dialcamp/dialcamp/ami/amitest"
	"github.com/dialcamp/dialcamp/dialer"
	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/store"
)

// manager is systemd's end of NOTIFY_SOCKET.
type manager struct {
	t  *testing.T
	fd int
}

// newManager listens, and has the daemon believe that systemd started it with a
// watchdog. A bubble's clock stands still while anything waits for a socket, so
// what came is looked at without waiting.
func newManager(t *testing.T, watchdog time.Duration) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify.sock")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", fmt.Sprint(watchdog.Microseconds()))
	t.Setenv("WATCHDOG_PID", "")
	return &manager{t, fd}
}

// said are the lines that came since it was last called.
func (m *manager) said() (lines []string) {
	m.t.Helper()
	synctest.Wait()
	for b := make([]byte, 4096); ; {
		n, _, err := unix.Recvfrom(m.fd, b, unix.MSG_DONTWAIT)
		if err == unix.EAGAIN {
			return lines
		}
		if err != nil {
			m.t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(b[:n])), "\n")...)
	}
}

func count(lines []string, prefix string) (n int) {
	for _, l := range lines {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

// during lets d pass and returns how often a line came in it.
func (m *manager) during(d time.Duration, prefix string) (n int) {
	m.t.Helper()
	m.said()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) { // the socket holds a few datagrams only
		n += count(m.said(), prefix)
	}
	return n + count(m.said(), prefix)
}

// TestWatchdog: a sign of life comes twice in the time that systemd waits, for as
// long as the loop goes round, and not otherwise.
func TestWatchdog(t *testing.T) {
	m := newManager(t, 20*time.Second)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(answering(40)...)}, oneCampaign(""))
		w.start()
		if n := m.during(10*time.Minute, "WATCHDOG=1"); n < 57 || n > 61 {
			t.Errorf("%d signs of life in ten minutes", n)
		}
		release := make(chan struct{})
		w.d.InLoop(func() { <-release })
		if n := m.during(10*time.Minute, "WATCHDOG=1"); n != 0 {
			t.Errorf("%d signs of life of a loop that is stuck", n)
		}
		close(release)
		if n := m.during(time.Minute, "WATCHDOG=1"); n == 0 {
			t.Error("none when it goes round again")
		}
	})
}

// stuckStore is a store whose disk does not answer while stuck is not nil, or with
// an error.
type stuckStore struct {
	store.Store
	mu    sync.Mutex
	stuck chan struct{}
	err   error
}

func (s *stuckStore) set(stuck chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck, s.err = stuck, err
}

func (s *stuckStore) Finish(a campaign.Attempt, c campaign.Contact) error {
	s.mu.Lock()
	stuck, err := s.stuck, s.err
	s.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	if err != nil {
		return err
	}
	return s.Store.Finish(a, c)
}

// TestWatchdogSeesTheStore: a change that does not end is a daemon that is stuck,
// after a while; one that fails is not, unless only opening the store anew helps.
func TestWatchdogSeesTheStore(t *testing.T) {
	m := newManager(t, 20*time.Second)
	for name, c := range map[string]struct {
		stuck bool
		err   error
		fed   [3]bool // after one minute, after five, when it is over
	}{
		"stuck":  {stuck: true, fed: [3]bool{true, false, true}},
		"fails":  {err: unix.ENOSPC, fed: [3]bool{true, true, true}},
		"broken": {err: fmt.Errorf("store: %w", store.ErrReopen), fed: [3]bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(answering(60)...)}, oneCampaign(""))
				disk := &stuckStore{}
				w.made = func(d *dialer.Daemon) {
					d.OnStore(func(s store.Store) store.Store { disk.Store = s; return disk })
				}
				w.start()
				time.Sleep(10 * time.Second)
				var release chan struct{}
				if c.stuck {
					release = make(chan struct{})
				}
				disk.set(release, c.err)
				time.Sleep(20 * time.Second)
				fed := [3]bool{0: m.during(40*time.Second, "WATCHDOG=1") > 0}
				time.Sleep(3 * time.Minute)
				fed[1] = m.during(time.Minute, "WATCHDOG=1") > 0
				disk.set(nil, nil)
				if c.stuck {
					close(release)
				}
				fed[2] = m.during(time.Minute, "WATCHDOG=1") > 0
				if fed != c.fed {
					t.Errorf("fed after one minute, five, and when it is over: %v, want %v", fed, c.fed)
				}
			})
		})
	}
}

// TestStatusLine: systemctl status tells what goes on, and not each tenth of a
// second.
func TestStatusLine(t *testing.T) {
	m := newManager(t, 0)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, amitest.Lab(3), map[string]string{"a.csv": numbers(long(3)...)}, oneCampaign(""))
		w.start()
		lines := func() (all []string) {
			for _, l := range m.said() {
				if s, ok := strings.CutPrefix(l, "STATUS="); ok {
					all = append(all, s)
				}
			}
			return all
		}
		time.Sleep(30 * time.Second)
		got := lines()
		const want = "1 of 1 campaigns running, calls: 3 in flight, 3 of them talking; agents: 3 logged in, 0 free; Asterisk: pbx up"
		if len(got) == 0 || len(got) > 30 || got[len(got)-1] != want {
			t.Errorf("%d lines: %q", len(got), got)
		}
		time.Sleep(30 * time.Second)
		if got := lines(); len(got) != 0 {
			t.Errorf("nothing changed, but: %q", got)
		}
		w.srv.Restart(time.Minute, true)
		time.Sleep(10 * time.Second)
		if got := lines(); len(got) == 0 || !strings.HasSuffix(got[len(got)-1], "Asterisk: pbx down") {
			t.Errorf("without Asterisk: %q", got)
		}
	})
}

// TestDrainExtends: while calls are talking systemd is asked to wait, again and
// again, and no longer than the daemon does.
func TestDrainExtends(t *testing.T) {
	m := newManager(t, 0)
	synctest.Test(t, func(t *testing.T) {
		w := talking(t)
		if n := count(m.said(), "EXTEND_TIMEOUT_USEC="); n != 0 {
			t.Errorf("%d before the stop", n)
		}
		w.stop()
		synctest.Wait()
		if got := m.said(); !slices.Contains(got, "STOPPING=1") || !slices.Contains(got, "EXTEND_TIMEOUT_USEC=30000000") {
			t.Errorf("at the stop: %q", got)
		}
		for range 3 {
			time.Sleep(20 * time.Second)
			got := m.said()
			if n := count(got, "EXTEND_TIMEOUT_USEC=30000000"); n == 0 || n > 3 {
				t.Errorf("in 20 s: %q", got)
			}
			if i := slices.IndexFunc(got, func(l string) bool {
				return regexp.MustCompile(`^STATUS=stopping, until \d\d:\d\d:\d\d at the latest: calls: 3 in flight`).MatchString(l)
			}); i < 0 && count(got, "STATUS=") > 0 {
				t.Errorf("status: %q", got)
			}
		}
		w.returned(2 * time.Minute)
		m.said()
		if n := m.during(time.Minute, ""); n != 0 {
			t.Errorf("%d lines after the end", n)
		}
	})
}

// TestStuckStopIsNotExtended: a loop that is stuck when it is stopped does not
// ask for more time.
func TestStuckStopIsNotExtended(t *testing.T) {
	m := newManager(t, 0)
	synctest.Test(t, func(t *testing.T) {
		w := talking(t)
		w.stop()
		time.Sleep(time.Second)
		release := make(chan struct{})
		w.d.InLoop(func() { <-release })
		if n := m.during(time.Minute, "EXTEND_TIMEOUT_USEC="); n != 0 {
			t.Errorf("it asked %d times", n)
		}
		close(release)
	})
}
