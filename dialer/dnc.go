package dialer

import (
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/store"
)

// dncEvery is how often the do-not-call files are looked at.
const dncEvery = 30 * time.Second

func (d *Daemon) loadDNC() error { return LoadDNC(d.cfg, d.store, d.clock.Now(), d.log) }

// LoadDNC reads those do-not-call files of a configuration that have changed, and
// drops the lists whose files are not in it any more. Numbers are checked at every
// claim, so an addition counts for the next call.
func LoadDNC(cfg *config.Config, st store.Store, now time.Time, log *slog.Logger) error {
	lists, err := st.DNCLists()
	if err != nil {
		return err
	}
	known := map[store.DNCName]store.DNCList{}
	for _, l := range lists {
		known[l.DNCName] = l
	}
	files, plans := DNCFiles(cfg), plansOf(cfg)
	for name, path := range files {
		fi, err := os.Stat(path)
		if err != nil {
			return err
		}
		if l, there := known[name]; there && !l.FromFile() {
			return fmt.Errorf("%s: dialcamp dnc keeps a list named %s; rename the file", path, name)
		}
		if stamp := stampOf(fi, plans); known[name].Stamp != stamp {
			if err := loadDNCFile(st, name, path, stamp, plans, now, log); err != nil {
				return err
			}
		}
	}
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

// stampOf tells a file that has not changed, and is read as before, without
// reading it.
func stampOf(fi fs.FileInfo, plans []contact.Plan) string {
	stamp := fmt.Sprint(fi.Size(), " ", fi.ModTime().UnixNano())
	for _, p := range plans {
		stamp += " " + p.Region
	}
	return stamp
}

func loadDNCFile(st store.Store, name store.DNCName, path, stamp string, plans []contact.Plan, now time.Time, log *slog.Logger) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	bad := 0
	entries := spelled(contact.DNCEntries(f, func(int, string) { bad++ }), plans)
	l, err := st.SetDNC(name, stamp, now, entries)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	log.Info("do-not-call file loaded", "dnc", name.String(), "numbers", l.Numbers, "prefixes", l.Prefixes)
	if bad > 0 {
		log.Warn("lines of a do-not-call file are not numbers and bar nobody", "dnc", name.String(), "lines", bad)
	}
	return nil
}

// plansOf are the numbering plans of the lists' regions, nobody excluded, in a
// fixed order.
func plansOf(cfg *config.Config) []contact.Plan {
	var plans []contact.Plan
	for _, c := range cfg.Campaigns {
		for _, l := range c.Lists {
			p := contact.Plan{Region: l.Plan.Region, AllowEmergency: true, AllowPremium: true}
			if l.Plan.Region != "" && !slices.Contains(plans, p) {
				plans = append(plans, p)
			}
		}
	}
	slices.SortFunc(plans, func(a, b contact.Plan) int { return strings.Compare(a.Region, b.Region) })
	return plans
}

// spellChunk is how many entries are spelled together, on every core.
const spellChunk = 50_000

// spelled adds to each number what it is called by the plans: entries are
// compared with numbers that were normalised, and to bar one too many is the
// lesser evil. A prefix bars what begins with it as it is written.
func spelled(entries iter.Seq2[string, error], plans []contact.Plan) iter.Seq2[string, error] {
	if len(plans) == 0 {
		return entries
	}
	return func(yield func(string, error) bool) {
		var chunk []string
		flush := func() bool {
			for _, all := range spellings(chunk, plans) {
				for _, n := range all {
					if !yield(n, nil) {
						return false
					}
				}
			}
			chunk = chunk[:0]
			return true
		}
		for e, err := range entries {
			if err != nil {
				yield("", err)
				return
			}
			if chunk = append(chunk, e); len(chunk) == spellChunk && !flush() {
				return
			}
		}
		flush()
	}
}

// spellings are each entry and what it is called by the plans.
func spellings(entries []string, plans []contact.Plan) [][]string {
	all := make([][]string, len(entries))
	cores := runtime.GOMAXPROCS(0)
	var parts sync.WaitGroup
	for core := range cores {
		parts.Go(func() {
			for i := core; i < len(entries); i += cores {
				all[i] = []string{entries[i]}
				for _, p := range plans {
					if n, err := p.Normalise(entries[i]); err == nil && !slices.Contains(all[i], n) {
						all[i] = append(all[i], n)
					}
				}
			}
		})
	}
	parts.Wait()
	return all
}

// refreshDNC looks at the do-not-call files again, in the background. It does
// not wait for lists that are being loaded: a number may be on them.
func (d *Daemon) refreshDNC() {
	d.loads.Go(func() {
		if !d.dncMu.TryLock() {
			return // the last look is not over
		}
		defer d.dncMu.Unlock()
		err := d.loadDNC()
		switch {
		case err == nil:
			d.dncErr = ""
		case d.dncErr != err.Error():
			d.dncErr = err.Error()
			d.log.Error("the do-not-call files cannot be read; the numbers read before stay barred", "error", err)
		}
	})
}
