package dialer

import (
	"bufio"
	"fmt"
	"maps"
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

// loadDNC replaces the do-not-call numbers if a file has changed. Numbers are
// checked at every claim, so an addition counts for the next call.
func (d *Daemon) loadDNC() error {
	seen := map[string]string{}
	for _, path := range d.cfg.DNC.Files {
		fi, err := os.Stat(path)
		if err != nil {
			return err
		}
		seen[path] = fmt.Sprint(fi.Size(), fi.ModTime().UnixNano())
	}
	if maps.Equal(seen, d.dncSeen) {
		return nil
	}
	numbers, bad, err := LoadDNC(d.cfg, d.store)
	if err != nil {
		return err
	}
	d.dncSeen = seen
	d.log.Info("do-not-call files loaded", "numbers", numbers)
	if bad > 0 {
		d.log.Warn("lines of the do-not-call files are not numbers and bar nobody", "lines", bad)
	}
	return nil
}

// LoadDNC replaces the do-not-call numbers of a store by those of the
// configured files. It returns how many lines are numbers, and how many are
// none and bar nobody.
//
// Each line bars the number as it stands there and, for every region that a
// list has, as the number of that region: it is compared with numbers that were
// normalised, and to bar one too many is the lesser evil.
func LoadDNC(cfg *config.Config, st store.Store) (numbers, bad int, err error) {
	var lines []string
	for _, path := range cfg.DNC.Files {
		if lines, err = readDNC(lines, path); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", path, err)
		}
	}
	all := spellings(lines, plansOf(cfg))
	barred := func(yield func(string) bool) {
		for _, s := range all {
			for _, n := range s {
				if !yield(n) {
					return
				}
			}
		}
	}
	for _, s := range all {
		if len(s) == 0 {
			bad++
		}
	}
	_, err = st.SetDNC(barred)
	return len(lines) - bad, bad, err
}

// plansOf are the numbering plans of the lists' regions, nobody excluded.
func plansOf(cfg *config.Config) []contact.Plan {
	plans := []contact.Plan{{}}
	for _, c := range cfg.Campaigns {
		for _, l := range c.Lists {
			p := contact.Plan{Region: l.Plan.Region, AllowEmergency: true, AllowPremium: true}
			if l.Plan.Region != "" && !slices.Contains(plans, p) {
				plans = append(plans, p)
			}
		}
	}
	return plans
}

// spellings are what each line is called by the plans, on every core.
func spellings(lines []string, plans []contact.Plan) [][]string {
	all := make([][]string, len(lines))
	cores := runtime.GOMAXPROCS(0)
	var parts sync.WaitGroup
	for core := range cores {
		parts.Go(func() {
			for i := core; i < len(lines); i += cores {
				for _, p := range plans {
					if n, err := p.Normalise(lines[i]); err == nil && !slices.Contains(all[i], n) {
						all[i] = append(all[i], n)
					}
				}
			}
		})
	}
	parts.Wait()
	return all
}

// readDNC appends the lines of a file, one number each, anything behind a comma,
// semicolon or tab left out. Spreadsheets begin a file with a byte order mark
// and put quotes around a number.
func readDNC(lines []string, path string) ([]string, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for first := true; sc.Scan(); first = false {
		line := sc.Text()
		if first {
			line = strings.TrimPrefix(line, "\uFEFF")
		}
		if i := strings.IndexAny(line, ",;\t"); i >= 0 {
			line = line[:i]
		}
		if line = strings.Trim(line, " \r\"'"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, sc.Err()
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
