package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/contact"
)

// MaxFound is how many files a glob or a directory may hold.
const MaxFound = 10_000

// Campaign is the one of that name, nil if there is none.
func (c *Config) Campaign(name string) *Campaign {
	for i := range c.Campaigns {
		if c.Campaigns[i].Name == name {
			return &c.Campaigns[i]
		}
	}
	return nil
}

// ID tells a list of the config from the others of its campaign.
func (l *List) ID() string { return cmp.Or(l.Name, l.Path) }

// Found are the lists of a campaign at one moment: where the config names a glob
// or a directory, one for each file in it, by name.
type Found struct {
	Lists   []FoundList
	Refused []*Refused
	Blind   bool // a directory could not be read: what is missing may be there
}

// FoundList is one list, in a file of its own.
type FoundList struct {
	List
	Entry   int       // of the campaign's Lists, that it belongs to
	ModTime time.Time // of the file, zero if the config names it
}

// Refused is a file that cannot be a list, or a place that cannot be looked at.
type Refused struct {
	Entry int
	Path  string
	Err   error
	Hint  string // what would be right
}

func (r *Refused) Error() string { return fmt.Sprintf("%s: %v", quote(r.Path), r.Err) }
func (r *Refused) Unwrap() error { return r.Err }

// Find looks which lists a campaign has at this moment. Of two files that would
// be lists of one name, the first is one.
func (c *Campaign) Find() Found {
	var f Found
	names := map[string]string{} // lower case to the path
	for i := range c.Lists {
		if l := &c.Lists[i]; !l.Many {
			f.Lists = append(f.Lists, FoundList{List: *l, Entry: i})
			names[strings.ToLower(l.Name)] = l.Path
		}
	}
	for i := range c.Lists {
		if c.Lists[i].Many {
			f.many(c, i, names)
		}
	}
	slices.SortStableFunc(f.Lists, func(a, b FoundList) int { return cmp.Compare(a.Entry, b.Entry) })
	return f
}

func (f *Found) many(c *Campaign, entry int, names map[string]string) {
	l := &c.Lists[entry]
	refuse := func(path string, err error, hint string) {
		f.Refused = append(f.Refused, &Refused{Entry: entry, Path: path, Err: err, Hint: hint})
	}
	paths, err := l.files()
	if err != nil {
		f.Blind = true
		refuse(l.Path, reasonOf(err), "relative paths are relative to the config file's directory")
		return
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue // it was there a moment ago
		case err != nil:
			f.Blind = true
			refuse(path, reasonOf(err), "")
			continue
		case info.IsDir():
			continue
		case !info.Mode().IsRegular():
			refuse(path, errNotRegular, "")
			continue
		}
		one := *l
		one.Path, one.Name, one.Many = path, contact.ListName(path), false
		other, twice := names[strings.ToLower(one.Name)]
		switch {
		case !identifier.MatchString(one.Name):
			refuse(path, fmt.Errorf("%s cannot be the list's name", quote(one.Name)), "name the file with 1 to 64 letters, digits, _ and -, and an extension")
		case twice && other == path: // two globs that overlap
		case twice:
			refuse(path, fmt.Errorf("a list named %s is %s already", quote(one.Name), quote(other)), "rename one of the files")
		default:
			names[strings.ToLower(one.Name)] = path
			f.Lists = append(f.Lists, FoundList{List: one, Entry: entry, ModTime: info.ModTime()})
		}
	}
}

// files are the paths that a glob or a directory stands for, by name, less
// hidden ones and the rejects of others.
func (l *List) files() ([]string, error) {
	dir, pattern := l.Path, "*"
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir, pattern = filepath.Split(l.Path)
	}
	dirs := []string{dir}
	if hasMeta(dir) {
		var err error
		if dirs, err = filepath.Glob(filepath.Clean(dir)); err != nil {
			return nil, err
		}
		dirs = slices.DeleteFunc(dirs, func(path string) bool { info, err := os.Stat(path); return err == nil && !info.IsDir() })
		if len(dirs) == 0 {
			return nil, &os.PathError{Op: "open", Path: dir, Err: os.ErrNotExist}
		}
	}
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, err
	}
	var paths []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := e.Name()
			if ok, err := filepath.Match(pattern, name); err != nil || !ok || strings.HasPrefix(name, ".") || contact.IsRejects(name) {
				continue
			}
			if paths = append(paths, filepath.Join(dir, name)); len(paths) > MaxFound {
				return nil, fmt.Errorf("more than %d files", MaxFound)
			}
		}
	}
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(cmp.Compare(filepath.Base(a), filepath.Base(b)), cmp.Compare(a, b))
	})
	return paths, nil
}

func hasMeta(path string) bool { return strings.ContainsAny(path, "*?[") }

// manyFiles reports whether a path is a glob or a directory. A file that is
// there is that file, whatever its name.
func manyFiles(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return hasMeta(path)
	}
	return info.IsDir()
}

// reasonOf is reason as an error.
func reasonOf(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}
