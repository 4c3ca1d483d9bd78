package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/report"
)

var errNotDirectory = errors.New("not a directory")

func (r *resolver) reports() {
	for i, raw := range r.raw.Reports {
		key := fmt.Sprintf("reports[%d]", i)
		p := Report{Campaign: raw.Campaign, Format: DefaultReport, By: DefaultBy}
		if r.has(key + ".campaign") {
			r.reported(key+".campaign", raw.Campaign)
		}
		if r.required(key+".at", raw.At, "when to write it, such as 0 19 * * *") {
			p.At = r.schedule(key+".at", &raw.At)
		}
		if raw.Format != nil {
			p.Format = *raw.Format
			r.oneOf(key+".format", p.Format, report.Formats...)
		}
		if raw.By != nil {
			p.By = *raw.By
			r.oneOf(key+".by", p.By, report.Groupings...)
		}
		if raw.Interval != nil {
			p.Interval = *raw.Interval
			switch {
			case p.By != "interval":
				r.fail(key+".interval", "set by: interval", "only a report by interval has one")
			case !slices.Contains(report.Intervals, p.Interval):
				r.fail(key+".interval", "use 15m, 30m or 60m", "%v is not a part of an hour", p.Interval)
			}
		}
		p.Path = r.reportPath(key+".path", raw.Path, p.Format)
		r.cfg.Reports = append(r.cfg.Reports, p)
	}
}

// StandardOutput is the path of a report that is written there, as a whole.
const StandardOutput = "-"

func (r *resolver) reportPath(key, raw, format string) string {
	if raw == StandardOutput {
		if format == "xlsx" {
			r.fail(key, "name a file", "a workbook is not for standard output")
		}
		return raw
	}
	path, ok := r.path(key, raw, "the file to write, or - for standard output")
	if !ok {
		return ""
	}
	dir, name := filepath.Split(raw)
	if strings.ContainsAny(dir, "{}") {
		r.fail(key, "the file's name can have {date} and {time}", "%s: the name of a directory has braces", quote(dir))
		return ""
	}
	if strings.ContainsAny(strings.NewReplacer("{date}", "", "{time}", "").Replace(name), "{}") {
		r.fail(key, "it can have {date} and {time}", "%s has braces that mean nothing", quote(name))
	}
	r.writes(key, path)
	r.directory(key, path)
	return path
}

// PathAt is where the report of a moment is written: {date} is 2026-11-23 and
// {time} 1900.
func (p *Report) PathAt(t time.Time) string {
	dir, name := filepath.Split(p.Path)
	return dir + strings.NewReplacer("{date}", t.Format(time.DateOnly), "{time}", t.Format("1504")).Replace(name)
}

func (r *resolver) reported(key, name string) {
	var known []string
	for _, c := range r.raw.Campaigns {
		if c.Name == "" {
			continue
		}
		if c.Name == name {
			return
		}
		known = append(known, c.Name)
	}
	if len(known) == 0 || r.anyBad("campaigns") {
		return // which are there is not known
	}
	r.fail(key, "the campaigns are "+strings.Join(known, ", ")+"; without the key it is about all of them", "no campaign is named %s", quote(name))
}

// directory complains if the file could not be put in place there.
func (r *resolver) directory(key, path string) {
	if r.look < everything {
		return
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		r.fail(key, "name a file in it", "%s is a directory", quote(path))
		return
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errNotDirectory
	}
	if err != nil {
		r.failBecause(err, key, "create the directory", "%s: %s", quote(dir), reason(err))
	}
}
