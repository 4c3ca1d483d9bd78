package config

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"time"
)

// control is where the operator's API listens and, on TCP, for whom.
func (r *resolver) control() {
	if r.cfg.Store.Path != "" {
		r.cfg.Control.Socket = filepath.Join(filepath.Dir(r.cfg.Store.Path), DefaultSocket)
	}
	if r.has("control.socket") {
		if path, ok := r.path("control.socket", r.raw.Control.Socket, "such as /run/dialcamp/control.sock"); ok {
			r.cfg.Control.Socket = path
		}
	}
	if socket := r.cfg.Control.Socket; socket != "" {
		r.writes("control.socket", socket)
		if len(socket) > MaxSocket {
			r.fail("control.socket", "use a shorter path, such as /run/dialcamp/control.sock", "%s is longer than %d bytes, the most a socket can have", quote(socket), MaxSocket)
		}
	}
	r.listen()
}

func (r *resolver) listen() {
	tokens, encrypted := r.has("control.token_file"), r.has("control.tls")
	if !r.has("control.listen") {
		const hint = "add control.listen, such as 127.0.0.1:9750, or remove it; the socket needs neither tokens nor certificates"
		for key, there := range map[string]bool{"control.token_file": tokens, "control.tls": encrypted} {
			if there {
				r.fail(key, hint, "there is no control.listen that it is for")
			}
		}
		return
	}
	address, err := hostPort(r.raw.Control.Listen, "")
	if err != nil {
		r.failBecause(err, "control.listen", "such as 127.0.0.1:9750", "%s: %v", quote(r.raw.Control.Listen), err)
	}
	r.cfg.Control.Listen = address
	if encrypted {
		r.cfg.Control.TLS = r.serverTLS()
	}
	if !tokens {
		return
	}
	r.cfg.Control.Tokens = r.tokens("control.token_file")
	if err == nil && !encrypted && !isLoopback(address) {
		r.fail("control.token_file", "add control.tls with cert_file and key_file, or listen on 127.0.0.1 behind a proxy that encrypts",
			"tokens for %s would go over the network in the clear", quote(address))
	}
}

// isLoopback reports whether nobody but this machine can reach an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *resolver) serverTLS() (t ServerTLS) {
	const cert, key = "control.tls.cert_file", "control.tls.key_file"
	var sound, private bool
	t.CertFile, sound = r.credential(cert, r.raw.Control.TLS.CertFile, "a PEM file: the server's certificate, then those in between")
	t.KeyFile, private = r.credential(key, r.raw.Control.TLS.KeyFile, "a PEM file with the certificate's key")
	if !sound || !private {
		return t
	}
	if err := checkPrivate(t.KeyFile); err != nil {
		r.failBecause(err, key, privateHint, "%s: %s", quote(t.KeyFile), reason(err))
		return t
	}
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		r.failBecause(err, cert, "cert_file and key_file are a certificate and its key, in PEM", "%s: %s", quote(t.CertFile), reason(err))
		return t
	}
	if end := pair.Leaf.NotAfter; time.Now().After(end) {
		r.warn(cert, "", "the certificate was valid until "+end.UTC().Format(time.DateOnly)+"; clients refuse it")
	}
	return t
}

// credential is the path of a file that the daemon alone reads, one of systemd's
// credentials perhaps.
func (r *resolver) credential(key, value, hint string) (string, bool) {
	if _, ok := r.path(key, value, hint); !ok || r.look < everything {
		return "", false
	}
	path, err := secretPath(r.dir, value)
	if err != nil {
		r.failBecause(err, key, "add LoadCredential= to the unit, or name a file", "%s: %v", quote(value), err)
		return "", false
	}
	return path, r.reads(key, path)
}
