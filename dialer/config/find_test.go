package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFind: a glob or a directory is as many lists as it has files, by name.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lists/b.csv", "lists/a.csv", "lists/a.rejects.csv", "lists/.hidden.csv", "lists/c.txt", "lists/c.csv", "lists/D.CSV", "lists/deep/e.csv", "lists/no name.csv", "other/a.csv", "x[1].csv"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("phone\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	find := func(lists string) (names, refused []string, blind bool) {
		t.Helper()
		text := fmt.Sprintf(`
asterisk: [{name: pbx, address: 127.0.0.1, username: dialcamp, secret: s}]
store: {path: d.db}
campaigns: [{name: spring, queue: Camp200, lists: [%s]}]
`, lists)
		file := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(file)
		if err != nil {
			t.Fatalf("%s: %v", lists, err)
		}
		f := cfg.Campaigns[0].Find()
		for _, l := range f.Lists {
			rel, err := filepath.Rel(dir, l.Path)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, l.Name+"="+rel)
			if l.ModTime.IsZero() == cfg.Campaigns[0].Lists[l.Entry].Many {
				t.Errorf("%s: modified %v", rel, l.ModTime)
			}
		}
		for _, r := range f.Refused {
			refused = append(refused, strings.ReplaceAll(r.Error(), dir+"/", ""))
		}
		return names, refused, f.Blind
	}
	for lists, want := range map[string]struct{ names, refused string }{
		`{path: lists/a.csv}`:         {"a=lists/a.csv", ""},
		`{path: "x[1].csv", name: x}`: {"x=x[1].csv", ""}, // it is there
		`{path: "lists/*.csv"}`:       {"a=lists/a.csv b=lists/b.csv c=lists/c.csv", `"lists/no name.csv": "no name" cannot be the list's name`},
		`{path: lists}`:               {"D=lists/D.CSV a=lists/a.csv b=lists/b.csv c=lists/c.csv", `"lists/c.txt": a list named "c" is "lists/c.csv" already|"lists/no name.csv": "no name" cannot be the list's name`},
		`{path: "*/a.csv"}`:           {"a=lists/a.csv", `"other/a.csv": a list named "a" is "lists/a.csv" already`},
		`{path: "lists/[ab].csv"}, {path: other/a.csv, name: b}`: {"a=lists/a.csv b=other/a.csv", `"lists/b.csv": a list named "b" is "other/a.csv" already`},
		`{path: "lists/a*"}, {path: "lists/*a.csv"}`:             {"a=lists/a.csv", ""},
		`{path: "lists/z*"}`:                                     {"", ""},
	} {
		names, refused, blind := find(lists)
		if got := strings.Join(names, " "); got != want.names {
			t.Errorf("%s: lists %s, want %s", lists, got, want.names)
		}
		if got := strings.ReplaceAll(strings.Join(refused, "|"), dir+"/", ""); got != want.refused {
			t.Errorf("%s: refused %s, want %s", lists, got, want.refused)
		}
		if blind {
			t.Errorf("%s: nothing was in the way", lists)
		}
	}
	// A directory that is not there does not mean that its lists are gone.
	l := Campaign{Lists: []List{{Path: filepath.Join(dir, "away", "*.csv"), Many: true}}}
	if f := l.Find(); !f.Blind || len(f.Refused) != 1 {
		t.Errorf("%+v", f)
	}
	l.Lists[0].Path = filepath.Join(dir, "away*", "*.csv")
	if f := l.Find(); !f.Blind {
		t.Errorf("%+v", f)
	}
}

func TestListsOfMany(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	for lists, want := range map[string]string{
		`{path: lists, name: a}`:       "each file of",
		`{path: "away/*.csv"}`:         "no such file or directory",
		`{path: "lists/[a.csv"}`:       "syntax error in pattern",
		`{path: lists}, {path: lists}`: "is campaigns[0].lists[0].path already",
	} {
		file := filepath.Join(dir, "config.yaml")
		text := fmt.Sprintf("asterisk: [{name: pbx, address: 127.0.0.1, username: dialcamp, secret: s}]\nstore: {path: d.db}\ncampaigns: [{name: spring, queue: Camp200, lists: [%s]}]\n", lists)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file)
		if errs, ok := err.(Errors); !ok || !slices.ContainsFunc(errs, func(e *Error) bool { return strings.Contains(e.Problem, want) }) {
			t.Errorf("%s: %v, want %s", lists, err, want)
		}
	}
}
