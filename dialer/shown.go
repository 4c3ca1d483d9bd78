package dialer

import (
	"slices"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

// shownBefore counts how often caller IDs were shown in the 24 hours before now, as
// far as that was before the daemon started: from then on the core counts. Nothing,
// if that was done, or if nothing bounds it: all attempts are read for it, some
// 500,000 a second.
func (d *Daemon) shownBefore(settings []campaign.Settings) (campaign.Shown, error) {
	bounded := slices.ContainsFunc(settings, func(s campaign.Settings) bool { return s.CallerIDs.PerHour+s.CallerIDs.PerDay > 0 })
	if !bounded || d.shownKnown {
		return nil, nil
	}
	now := d.clock.Now()
	all := campaign.Shown{}
	names, err := d.store.Campaigns()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		for a, err := range d.store.Attempts(name, now.Add(-24*time.Hour), d.started) {
			if err != nil {
				return nil, err
			}
			all.Add(&a, now)
		}
	}
	return all, nil
}
