package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
			switch p.Format {
			case "html", "xlsx":
				r.fail(key+".format", "use csv, json, table", "%s is not in this version", quote(p.Format))
			default:
				r.oneOf(key+".format", p.Format, "csv", "json", "table")
			}
		}
		if raw.By != nil {
			p.By = *raw.By
			r.oneOf(key+".by", p.By, "campaign", "list", "hour", "attempt", "outcome", "cause", "agent")
		}
		if path, ok := r.path(key+".path", raw.Path, "the file to write"); ok {
			p.Path = path
			r.writes(key+".path", path)
			r.directory(key+".path", path)
		}
		r.cfg.Reports = append(r.cfg.Reports, p)
	}
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
	r.fail(key, "the campaigns are "+strings.Join(known, ", ")+"; without the key all are reported", "no campaign is named %s", quote(name))
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
