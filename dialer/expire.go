package dialer

import (
	"log/slog"
	"time"
)

const (
	// expireEvery is how often contacts are looked for whose time has passed and whom
	// no claim came to: reports are to show them.
	expireEvery = 5 * time.Minute
	expireMost  = 1000 // in one change, for which claims wait
)

// expire ends contacts whose time has passed, in the background.
func (d *Daemon) expire() {
	d.loads.Go(func() {
		if !d.expiring.TryLock() {
			return // the last one is not over
		}
		defer d.expiring.Unlock()
		now := d.clock.Now()
		names, err := d.store.Campaigns()
		for _, name := range names {
			for n := expireMost; n == expireMost && err == nil && !d.ended(); {
				n, err = d.store.Expire(name, now, expireMost)
			}
		}
		if err != nil {
			d.troubles.met("expire", err.Error(), line{d.log, slog.LevelError, "contacts whose time has passed cannot be ended", []slog.Attr{slog.Any("error", err)}})
			return
		}
		d.troubles.over("expire", line{d.log, slog.LevelInfo, "contacts whose time has passed can be ended again", nil})
	})
}
