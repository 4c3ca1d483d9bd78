package dialer

import (
	"fmt"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// States of the unit, as sd_notify(3) calls them.
const (
	readyState    = daemon.SdNotifyReady
	stoppingState = daemon.SdNotifyStopping
)

// notify tells systemd; without it, nothing happens.
func notify(state string) { daemon.SdNotify(false, state) }

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
