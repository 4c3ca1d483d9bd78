package dialer

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/store"
)

// dncEvery is how often the do-not-call files are looked at.
const dncEvery = 30 * time.Second

// LoadDNC reads those do-not-call files into a store that have changed, and drops
// the lists whose files are not in the config any more. Numbers are checked at
// every claim, so an addition counts for the next call.
func LoadDNC(cfg *config.Config, st store.Store, now time.Time, log *slog.Logger) error {
	if err := addDNC(cfg, st, now, log); err != nil {
		return err
	}
	return dropDNC(cfg, st, now, log)
}

func knownDNC(st store.Store) (map[store.DNCName]store.DNCList, error) {
	lists, err := st.DNCLists()
	if err != nil {
		return nil, err
	}
	known := map[store.DNCName]store.DNCList{}
	for _, l := range lists {
		known[l.DNCName] = l
	}
	return known, nil
}

// checkDNC tells, before anything is changed, what would keep addDNC from
// reading a config's files.
func checkDNC(cfg *config.Config, st store.Store) error {
	known, err := knownDNC(st)
	if err != nil {
		return err
	}
	for name, path := range DNCFiles(cfg) {
		if l, there := known[name]; there && !l.FromFile() {
			return fmt.Errorf("%s: dialcamp dnc keeps a list named %s; rename the file", path, name)
		}
	}
	return nil
}

func addDNC(cfg *config.Config, st store.Store, now time.Time, log *slog.Logger) error {
	if err := checkDNC(cfg, st); err != nil {
		return err
	}
	known, err := knownDNC(st)
	if err != nil {
		return err
	}
	plans := Plans(cfg)
	for name, path := range DNCFiles(cfg) {
		fi, err := os.Stat(path)
		if err != nil {
			return err
		}
		stamp := stampOf(fi)
		for _, p := range plans {
			stamp += " " + p.Region // the same file is spelt in other ways
		}
		if known[name].Stamp == stamp {
			continue
		}
		if err := loadDNCFile(st, name, path, stamp, plans, now, log); err != nil {
			return err
		}
	}
	return nil
}

func dropDNC(cfg *config.Config, st store.Store, now time.Time, log *slog.Logger) error {
	known, err := knownDNC(st)
	if err != nil {
		return err
	}
	files := DNCFiles(cfg)
	for name, l := range known {
		if _, there := files[name]; there || !l.FromFile() {
			continue
		}
		if err := st.DropDNC(name, now); err != nil {
			return err
		}
		log.Info("a do-not-call list is not in the config any more; it bars nobody", "dnc", name.String())
	}
	return nil
}

// DNCFiles are the do-not-call lists that the config feeds from files.
func DNCFiles(cfg *config.Config) map[store.DNCName]string {
	files := map[store.DNCName]string{}
	for _, f := range cfg.DNC.Files {
		files[store.DNCName{List: f.Name}] = f.Path
	}
	for _, c := range cfg.Campaigns {
		for _, f := range c.DNC.Files {
			files[store.DNCName{Campaign: c.Name, List: f.Name}] = f.Path
		}
	}
	return files
}

// stampOf tells a file that has not changed without reading it.
func stampOf(fi fs.FileInfo) string { return fmt.Sprint(fi.Size(), " ", fi.ModTime().UnixNano()) }

// Plans are the numbering plans of the lists' regions: do-not-call entries are
// read as numbers of each.
func Plans(cfg *config.Config) (plans []contact.Plan) {
	for _, c := range cfg.Campaigns {
		for _, l := range c.Lists {
			if p := (contact.Plan{Region: l.Plan.Region}); p.Region != "" && !slices.Contains(plans, p) {
				plans = append(plans, p)
			}
		}
	}
	slices.SortFunc(plans, func(a, b contact.Plan) int { return strings.Compare(a.Region, b.Region) })
	return plans
}

func loadDNCFile(st store.Store, name store.DNCName, path, stamp string, plans []contact.Plan, now time.Time, log *slog.Logger) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	bad := 0
	l, err := st.SetDNC(name, stamp, now, contact.DNCEntries(f, plans, func(int, string) { bad++ }))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	log.Info("do-not-call file loaded", "dnc", name.String(), "numbers", l.Numbers, "prefixes", l.Prefixes)
	if bad > 0 {
		log.Warn("lines of a do-not-call file are not numbers and bar nobody", "dnc", name.String(), "lines", bad)
	}
	return nil
}

// refreshDNC looks at the do-not-call files again, in the background. It does
// not wait for lists that are being loaded: a number may be on them.
func (d *Daemon) refreshDNC() {
	d.loads.Go(func() {
		if !d.dncMu.TryLock() {
			return // the last look is not over
		}
		defer d.dncMu.Unlock()
		err := LoadDNC(d.cfg.Load(), d.store, d.clock.Now(), d.log)
		if err != nil {
			d.troubles.met("dnc", err.Error(), line{d.log, slog.LevelError, "the do-not-call files cannot be read; the numbers read before stay barred", []slog.Attr{slog.Any("error", err)}})
			return
		}
		d.troubles.over("dnc", line{d.log, slog.LevelInfo, "the do-not-call files can be read again", nil})
	})
}
