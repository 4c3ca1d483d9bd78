package dialer

import (
	"log/slog"
	"time"
)

// purgeEvery is how often attempts are purged that are older than the config
// keeps them: so often that each time there are few.
const purgeEvery = time.Hour

const purgeMost = 1000

// purge deletes old attempts, in the background. Claims go on meanwhile.
func (d *Daemon) purge() {
	d.loads.Go(func() {
		if !d.purging.TryLock() {
			return // the last one is not over
		}
		defer d.purging.Unlock()
		before := d.clock.Now().AddDate(0, 0, -d.cfg.Load().Store.KeepDays)
		purged := 0
		for more := true; more && !d.ended(); { // a stop need not wait for all of it
			n, err := d.store.Purge(before, purgeMost)
			if err != nil {
				d.troubles.met("purge", err.Error(), line{d.log, slog.LevelError, "old attempts cannot be purged", []slog.Attr{slog.Any("error", err)}})
				break
			}
			d.troubles.over("purge", line{d.log, slog.LevelInfo, "old attempts can be purged again", nil})
			purged += n
			more = n == purgeMost
		}
		if purged > 0 {
			d.log.Info("old attempts purged", "attempts", purged, "before", before)
		}
	})
}
