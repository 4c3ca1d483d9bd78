package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
)

// resolver turns a rawConfig into a Config and complains, key by key, to the
// tree it came from.
type resolver struct {
	*tree
	dir    string
	raw    rawConfig
	cfg    *Config
	public bool              // everybody may read the file
	look   scope             // which of the files it names
	unique map[string]string // kind and value to the key that has it
	files  []usedFile
	often  campaign.Frequency // of all campaigns
}

// usedFile is a file that is read or, for what the daemon itself makes, written.
type usedFile struct {
	path, key string
	written   bool
	list      bool
	rejects   bool // not key's own file but that of its rejects
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// IsName reports whether a campaign, a server or a token may be called so.
func IsName(s string) bool { return identifier.MatchString(s) }

func (r *resolver) resolve() {
	r.unique = map[string]string{}
	r.asterisk()
	r.store()
	r.control()
	r.log()
	r.cfg.DNC = r.dnc("dnc", "dnc", r.raw.DNC)
	r.often = r.frequency("frequency", r.raw.Frequency, campaign.Frequency{})
	r.campaigns()
	r.reports()
	r.webhooks()
	r.noFileTwice()
}

// required complains of a key that is missing or empty.
func (r *resolver) required(key, value, hint string) bool {
	if value != "" {
		return true
	}
	if r.has(key) {
		r.fail(key, hint, "empty")
	} else {
		r.fail(key, hint, "missing")
	}
	return false
}

// text complains of what must not reach the manager's wire or a log.
func (r *resolver) text(key, value string) bool {
	switch {
	case len(value) > MaxText:
		r.fail(key, "", "longer than %d bytes", MaxText)
	case hasControl(value):
		r.fail(key, "remove it", "%s holds a line break or another control character", quote(value))
	default:
		return true
	}
	return false
}

// name checks what reports, sockets and other keys call something by. Two that
// differ only in case are one to a reader.
func (r *resolver) name(key, kind, value string) {
	if !identifier.MatchString(value) {
		r.fail(key, "use 1 to 64 letters, digits, _ and -", "%s is not a name", quote(value))
		return
	}
	r.once(key, kind, value)
}

func (r *resolver) once(key, kind, value string) {
	id := kind + "\x00" + strings.ToLower(value)
	if other, ok := r.unique[id]; ok {
		r.fail(key, "use another", "%s is %s already", quote(value), other)
		return
	}
	r.unique[id] = key
}

func (r *resolver) oneOf(key, value string, words ...string) {
	if !slices.Contains(words, value) {
		r.fail(key, "use "+strings.Join(words, ", "), "%s is not known", quote(value))
	}
}

func (r *resolver) within(key string, value, least, most int) {
	if value < least || value > most {
		r.fail(key, "", "%d is not within %d and %d", value, least, most)
	}
}

func (r *resolver) warn(key, name, problem string) {
	e := Error{File: r.file, Line: r.locate(key).line, Key: key, Name: name, Problem: problem}
	r.cfg.Warnings = append(r.cfg.Warnings, e.Error())
}

// path makes a path absolute. What is to be done with the file is up to the
// caller.
func (r *resolver) path(key, value, hint string) (string, bool) {
	if !r.required(key, value, hint) {
		return "", false
	}
	if len(value) > 4096 || hasControl(value) {
		r.fail(key, "", "%s is not a path", quote(value))
		return "", false
	}
	return absolute(r.dir, value), true
}

func (r *resolver) reads(key, path string) bool {
	r.files = append(r.files, usedFile{path: path, key: key})
	if r.look < everything {
		return true
	}
	if err := checkReadable(path); err != nil {
		r.failBecause(err, key, "relative paths are relative to the config file's directory", "%s: %s", quote(path), reason(err))
		return false
	}
	return true
}

func (r *resolver) writes(key, path string) {
	r.files = append(r.files, usedFile{path: path, key: key, written: true})
}

// noFileTwice refuses to write one file for two purposes, or over one that is
// read.
func (r *resolver) noFileTwice() {
	if abs, err := filepath.Abs(r.file); err == nil {
		r.files = append([]usedFile{{path: abs, key: "the config itself"}}, r.files...)
	}
	// Each list has its rejects written beside it; two campaigns may share a
	// list and then its rejects.
	lists := map[string]bool{}
	for _, f := range r.files {
		if f.list && !lists[f.path] {
			lists[f.path] = true
			r.files = append(r.files, usedFile{path: contact.RejectsPath(f.path), key: f.key, rejects: true, written: true})
		}
	}
	for i, f := range r.files {
		for _, other := range r.files[:i] {
			if f.path == other.path && (f.written || other.written) {
				mine, its := "", ""
				if f.rejects {
					mine = "its rejects file "
				}
				if other.rejects {
					its = "the rejects file of "
				}
				r.fail(f.key, "use another file", "%s%s is %s%s already", mine, quote(f.path), its, other.key)
				break
			}
		}
	}
}

func (r *resolver) schedule(key string, expr *string) string {
	if expr == nil || !r.required(key, *expr, "write a cron expression, or remove the key") {
		return ""
	}
	if _, err := ParseSchedule(*expr); err != nil {
		r.failBecause(err, key, "minute hour day-of-month month day-of-week, such as 0 9 * * mon-fri", "%s: %v", quote(*expr), err)
	}
	return *expr
}

func (r *resolver) asterisk() {
	if len(r.raw.Asterisk) == 0 {
		r.fail("asterisk", "name at least one server: name, address, username and secret", "no server")
	}
	for i, raw := range r.raw.Asterisk {
		key := fmt.Sprintf("asterisk[%d]", i)
		a := Asterisk{Name: raw.Name, Username: raw.Username, MaxChannels: raw.MaxChannels, CallsPerSecond: raw.CallsPerSecond}
		if r.required(key+".name", raw.Name, "give the server a name; campaigns refer to it") {
			r.name(key+".name", "asterisk", raw.Name)
		}
		port := DefaultPort
		if raw.TLS != nil {
			a.TLS = r.tls(key+".tls", *raw.TLS)
			if a.TLS.Enabled {
				port = DefaultTLSPort
			}
		}
		if r.required(key+".address", raw.Address, "write host:port, such as 127.0.0.1:5038") {
			address, err := hostPort(raw.Address, port)
			if err != nil {
				r.failBecause(err, key+".address", "write host:port, such as 127.0.0.1:5038", "%s: %v", quote(raw.Address), err)
			} else {
				r.once(key+".address", "address", address)
			}
			a.Address = address
		}
		if r.required(key+".username", raw.Username, "the name of the section in manager.conf") {
			r.text(key+".username", raw.Username)
		}
		a.Secret = r.secret(key, secretOf{name: raw.Name, inline: raw.Secret, file: raw.SecretFile, look: servers})
		r.within(key+".max_channels", raw.MaxChannels, 0, MaxChannels)
		r.within(key+".calls_per_second", raw.CallsPerSecond, 0, MaxCallsPerSecond)
		a.Breaker = r.breaker(key+".breaker", raw.Breaker)
		r.cfg.Asterisk = append(r.cfg.Asterisk, a)
	}
}

// tls is meant by the block alone: certificates configured and then not used
// would send the secret in the clear.
func (r *resolver) tls(key string, raw rawTLS) TLS {
	t := TLS{Enabled: raw.Enabled == nil || *raw.Enabled, ServerName: raw.ServerName}
	r.text(key+".server_name", raw.ServerName)
	if r.has(key + ".ca_file") {
		if path, ok := r.path(key+".ca_file", raw.CAFile, "a PEM file"); ok {
			t.CAFile = path
			if r.reads(key+".ca_file", path) {
				r.certificates(key+".ca_file", path)
			}
		}
	}
	return t
}

func (r *resolver) certificates(key, path string) {
	if r.look < servers {
		return
	}
	b, err := os.ReadFile(path)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(b) {
		err = errors.New("no certificate in it")
	}
	if err != nil {
		r.failBecause(err, key, "it holds the certificates of the authorities to trust, in PEM", "%s: %s", quote(path), reason(err))
	}
}

// secretOf is how a secret may be given.
type secretOf struct {
	name         string  // whose it is
	inline, file *string // nil: not so
	look         scope   // the least that takes it
}

func (r *resolver) secret(key string, s secretOf) string {
	const hint = "write secret: or, better, secret_file:"
	inline, file := key+".secret", key+".secret_file"
	switch {
	case r.has(inline) && r.has(file):
		r.fail(file, "keep one of them", "secret is given as well")
	case r.has(inline):
		if s.inline == nil {
			return "" // refused for its shape
		}
		if err := checkSecret(*s.inline); err != nil {
			r.fail(inline, hint, "%v", err)
		}
		if r.public {
			r.warn(inline, s.name, "everybody may read the file; use secret_file, or chmod o-r")
		}
		return *s.inline
	case r.has(file):
		if s.file == nil || !r.required(file, *s.file, hint) {
			return ""
		}
		if r.look < s.look {
			return ""
		}
		path, err := secretPath(r.dir, *s.file)
		if err != nil {
			r.failBecause(err, file, "add LoadCredential= to the unit, or name a file", "%s: %v", quote(*s.file), err)
			return ""
		}
		secret, err := readSecret(path)
		if err != nil {
			r.failBecause(err, file, "it holds the secret and nothing else", "%s: %s", quote(path), reason(err))
		}
		r.files = append(r.files, usedFile{path: path, key: file})
		return secret
	default:
		r.fail(inline, hint, "missing")
	}
	return ""
}

// hostPort adds the port if there is none.
func hostPort(address, port string) (string, error) {
	if len(address) > MaxText || hasControl(address) || strings.ContainsAny(address, " /@") {
		return "", fmt.Errorf("not an address")
	}
	host := address
	switch {
	case net.ParseIP(address) != nil: // ::1 has colons but no port
	case strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]"):
		host = address[1 : len(address)-1]
	case strings.Contains(address, ":"):
		var err error
		if host, port, err = net.SplitHostPort(address); err != nil {
			return "", fmt.Errorf("not an address: %w", err)
		}
	}
	if host == "" {
		return "", fmt.Errorf("no host")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("port %s is not within 1 and 65535", quote(port))
	}
	return net.JoinHostPort(host, port), nil
}

func (r *resolver) store() {
	if path, ok := r.path("store.path", r.raw.Store.Path, "the file to keep contacts and attempts in, such as /var/lib/dialcamp/dialcamp.db"); ok {
		r.cfg.Store.Path = path
		r.writes("store.path", path)
	}
	if days := r.raw.Store.KeepDays; days != nil {
		r.within("store.keep_days", *days, 1, MaxKeepDays)
		r.cfg.Store.KeepDays = *days
	}
}

func (r *resolver) log() {
	r.cfg.Log = Log{Level: DefaultLogLevel, Format: DefaultLogFormat}
	if r.has("log.level") {
		r.cfg.Log.Level = r.raw.Log.Level
		r.oneOf("log.level", r.raw.Log.Level, "debug", "info", "warn", "error")
	}
	if r.has("log.format") {
		r.cfg.Log.Format = r.raw.Log.Format
		r.oneOf("log.format", r.raw.Log.Format, "auto", "tty", "journal", "text", "json")
	}
}

// dnc reads the do-not-call files of all campaigns, or of one. A file serves one
// list; the name of that is how commands speak of it.
func (r *resolver) dnc(key, kind string, raw rawDNC) (d DNC) {
	for i, file := range raw.Files {
		k := fmt.Sprintf("%s.files[%d]", key, i)
		path, ok := r.path(k, file, "a file of numbers, one a line")
		if !ok {
			continue
		}
		r.reads(k, path)
		r.once(k, kind, path)
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		switch other, twice := r.unique[kind+" list\x00"+strings.ToLower(name)]; {
		case !identifier.MatchString(name):
			r.fail(k, "name the file with 1 to 64 letters, digits, _ and -, and an extension", "%s cannot be the list's name", quote(name))
		case twice && r.unique[kind+"\x00"+strings.ToLower(path)] == k: // else it is said already
			r.fail(k, "rename one of the files", "a list named %s is %s already", quote(name), other)
		case !twice:
			r.unique[kind+" list\x00"+strings.ToLower(name)] = k
		}
		d.Files = append(d.Files, DNCFile{Name: name, Path: path})
	}
	return d
}
