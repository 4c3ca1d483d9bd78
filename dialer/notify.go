package dialer

import "github.com/coreos/go-systemd/v22/daemon"

// States of the unit, as sd_notify(3) calls them.
const (
	readyState    = daemon.SdNotifyReady
	stoppingState = daemon.SdNotifyStopping
)

// notify tells systemd; without it, nothing happens.
func notify(state string) { daemon.SdNotify(false, state) }
