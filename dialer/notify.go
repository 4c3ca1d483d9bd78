package dialer

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// readyState is a state of the unit, as sd_notify(3) calls it.
const readyState = daemon.SdNotifyReady

const (
	// statusEach is how often the unit's status line changes at most.
	statusEach = time.Second

	// stopExtension is how much longer systemd waits from the last time on that
	// the loop has asked for it. It is also what the daemon needs at most when the
	// loop has ended, so TimeoutStopSec= is not less.
	stopExtension = 30 * time.Second
	extendEach    = stopExtension / 3
)

// notify tells systemd, and waits until it is told; without it, nothing happens.
func notify(state string) { daemon.SdNotify(false, state) }

// mention tells systemd if it listens at this moment: the loop does not wait for
// it.
func mention(state string) (told bool) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Sendto(fd, []byte(state), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: os.Getenv("NOTIFY_SOCKET")}) == nil
}

// notifyReloading tells that the config is being read again, until the next
// readyState. The time, which must come in the same datagram, is how systemd
// tells this reload from one before the signal that it sent (systemd.service(5),
// Type=notify-reload).
func notifyReloading() {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err == nil {
		notify(fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, t.Nano()/1000))
	}
}

// stopping tells that the daemon stops, and to wait for it a while longer.
var stopping = fmt.Sprintf("%s\n%s", daemon.SdNotifyStopping, extension)

var extension = fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", stopExtension.Microseconds())

// unit is what the loop tells systemd each time that it has gone round. Nothing
// else tells it, so a loop that is stuck falls silent.
type unit struct {
	watched  bool          // there is a systemd that wants to know
	interval time.Duration // between two signs of life; 0: there is no watchdog
	fed      time.Time

	status   string
	statusAt time.Time
	extended time.Time
}

// newUnit reads what systemd has set in the environment.
func newUnit() unit {
	// A WATCHDOG_USEC that is no number is systemd's to complain of.
	limit, _ := daemon.SdWatchdogEnabled(false)
	return unit{watched: os.Getenv("NOTIFY_SOCKET") != "", interval: limit / 2}
}

// tellUnit is called in the loop when it has gone round.
func (d *Daemon) tellUnit() {
	u, now := &d.unit, d.clock.Now()
	if !u.watched {
		return
	}
	if u.interval > 0 && now.Sub(u.fed) >= u.interval {
		d.feed(now)
	}
	if d.closing && now.Sub(u.extended) >= extendEach && mention(extension) {
		u.extended = now
	}
	if now.Sub(u.statusAt) >= statusEach {
		u.statusAt = now
		if s := d.statusLine(); s != u.status && mention("STATUS="+s) {
			u.status = s
		}
	}
}

// feed gives the sign of life that a watchdog waits for, if everything goes round
// that dialing needs.
func (d *Daemon) feed(now time.Time) {
	const trouble = "watchdog"
	if !d.storeTurns(now) {
		d.troubles.met(trouble, "", line{d.log, slog.LevelError, "the store is stuck; systemd is given no sign of life until it goes on", nil})
		return
	}
	d.troubles.over(trouble, line{d.log, slog.LevelInfo, "the store goes on", nil})
	if mention(daemon.SdNotifyWatchdog) {
		d.unit.fed = now
	}
}

// statusLine is what systemctl status shows. An agent of several queues counts in
// each, as in the queues' own figures.
func (d *Daemon) statusLine() string {
	st := d.core.Status()
	running, calls, talking, agents, free := 0, 0, 0, 0, 0
	for _, c := range st.Campaigns {
		if c.State == campaign.Running {
			running++
		}
		talking += c.Phases["talking"]
	}
	for _, q := range st.Queues {
		agents += q.LoggedIn
		free += q.Free
	}
	var links []string
	for _, s := range st.Servers {
		calls += s.InFlight
		state := "up"
		if !s.Up {
			state = "down"
		}
		links = append(links, s.Name+" "+state)
	}
	slices.Sort(links)
	line := fmt.Sprintf("%d of %d campaigns running, ", running, len(st.Campaigns))
	if d.closing {
		line = fmt.Sprintf("stopping, until %s at the latest: ", d.stopBy.Format(time.TimeOnly))
	}
	return line + fmt.Sprintf("calls: %d in flight, %d of them talking; agents: %d logged in, %d free; Asterisk: %s",
		calls, talking, agents, free, strings.Join(links, ", "))
}
