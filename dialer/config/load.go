package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode"
)

// Load reads, checks and completes the config file at path. It also looks
// whether the files and directories named in it are there; it creates none.
//
// The error, if there is one, is an Errors with everything found wrong. Each
// call starts from nothing, so a reload is another Load and a failed one
// leaves the Config in use as it is.
func Load(path string) (*Config, error) { return load(path, everything) }

// LoadForClient is Load for the commands that only talk to the daemon or read
// its store: no other file is opened. Lists may be gone, and secrets, which
// often only the daemon may read, stay empty.
func LoadForClient(path string) (*Config, error) { return load(path, nothing) }

// LoadForServers is Load for the commands that talk to Asterisk themselves:
// secrets and certificates are read, lists and the like may be gone.
func LoadForServers(path string) (*Config, error) { return load(path, servers) }

// scope is which of the files named in a config are looked at.
type scope int

const (
	nothing scope = iota
	servers       // what it takes to log in to them
	everything
)

func load(path string, look scope) (*Config, error) {
	data, mode, err := readFile(path)
	if err != nil {
		return nil, Errors{fileError(path, err)}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, Errors{{File: path, Problem: err.Error(), Err: err}}
	}
	cfg, errs := parse(path, filepath.Dir(abs), data, mode&0o004 != 0, look)
	if len(errs) > 0 {
		return nil, errs
	}
	return cfg, nil
}

func readFile(path string) ([]byte, os.FileMode, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, 0, err
	}
	if len(data) > MaxFile {
		return nil, 0, fmt.Errorf("longer than %d bytes", MaxFile)
	}
	return data, info.Mode(), nil
}

func fileError(path string, err error) *Error {
	e := &Error{File: path, Problem: reason(err), Err: err}
	if errors.Is(err, os.ErrNotExist) {
		e.Hint = "name the config file with -c; config.example.yaml is a complete one"
	}
	return e
}

// reason drops the operation and the path, which the message names anyway.
func reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// parse is Load for a file already read; dir is what its paths are relative to,
// public says that everybody may read it, look which of those it names are
// looked at as well.
func parse(file, dir string, data []byte, public bool, look scope) (*Config, Errors) {
	t, sound := parseTree(file, data)
	if sound == nil {
		return nil, t.finish()
	}
	v := newViper()
	if err := v.MergeConfigMap(sound); err != nil {
		return nil, Errors{{File: file, Problem: "cannot be read", Err: err}}
	}
	raw, err := decode(v)
	if err != nil {
		// parseTree knows the same types, so nothing is left for viper to
		// refuse; its errors quote values and would show a secret.
		return nil, append(t.finish(), &Error{File: file, Problem: "cannot be decoded"})
	}
	r := &resolver{tree: t, dir: dir, public: public, look: look, raw: raw, cfg: &Config{File: file}}
	r.resolve()
	if errs := t.finish(); len(errs) > 0 {
		return nil, errs
	}
	return r.cfg, nil
}

func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}
