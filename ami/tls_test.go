package ami

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// certificate is a self-signed one for a host name, and its pool.
func certificate(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// tlsServer serves one connection and returns its port.
func tlsServer(t *testing.T, cert tls.Certificate) (port string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		if nc.(*tls.Conn).Handshake() != nil {
			return // the client refused
		}
		p := newPeer(t, nc)
		p.login()
		p.answer()
	}()
	t.Cleanup(func() { l.Close(); <-served })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t, "pbx.test")
	_, otherPool := certificate(t, "pbx.test")
	for _, tt := range []struct {
		name, host string
		tls        *tls.Config
		refused    func(error) bool
	}{
		{"verified by the address", "pbx.test", &tls.Config{RootCAs: pool}, nil},
		{"verified by ServerName", "10.0.0.1", &tls.Config{RootCAs: pool, ServerName: "pbx.test"}, nil},
		{"not verified", "10.0.0.1", &tls.Config{InsecureSkipVerify: true}, nil},
		{"unknown authority", "pbx.test", &tls.Config{RootCAs: otherPool}, func(err error) bool {
			_, is := errors.AsType[x509.UnknownAuthorityError](err)
			return is
		}},
		{"system's authorities", "pbx.test", &tls.Config{}, func(err error) bool {
			_, is := errors.AsType[*tls.CertificateVerificationError](err)
			return is
		}},
		{"wrong name", "sip.test", &tls.Config{RootCAs: pool}, func(err error) bool {
			_, is := errors.AsType[x509.HostnameError](err)
			return is
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port := tlsServer(t, cert)
			cfg := Config{Address: net.JoinHostPort(tt.host, port), PlainLogin: true, TLS: tt.tls}
			cfg.Dial = func(ctx context.Context, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+port)
			}
			c, err := Connect(t.Context(), cfg)
			if tt.refused != nil {
				if err == nil {
					c.Close()
				}
				if !tt.refused(err) {
					t.Errorf("error %v (%T)", err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Do(t.Context(), Action{Name: "Ping"}); err != nil {
				t.Error(err)
			}
			if tt.tls.ServerName == "" != (tt.name != "verified by ServerName") {
				t.Error("the caller's tls.Config was changed")
			}
		})
	}
}

// TestTLSAgainstPlain: the plain port is no TLS server.
func TestTLSAgainstPlain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := piped(Config{TLS: &tls.Config{InsecureSkipVerify: true}}, t, func(p *peer) {
			go io.Copy(io.Discard, p.nc)
			p.send("Asterisk Call Manager/11.0.0\n")
		})
		_, err := Connect(t.Context(), cfg)
		if _, is := errors.AsType[tls.RecordHeaderError](err); !is {
			t.Errorf("error %v", err)
		}
	})
}

// TestTLSDeadPeer: the end of a connection does not wait to say good-bye to a
// peer that does not read.
func TestTLSDeadPeer(t *testing.T) {
	cert, _ := certificate(t, "pbx.test")
	bubble(t, func(t *testing.T) {
		cfg := Config{PlainLogin: true, EventQueue: 1, TLS: &tls.Config{InsecureSkipVerify: true}}
		c, err := Connect(t.Context(), piped(cfg, t, func(p *peer) {
			p = newPeer(t, tls.Server(p.nc, &tls.Config{Certificates: []tls.Certificate{cert}}))
			p.login()
			p.send("Event: A\n\nEvent: B\n\n")
		}))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		<-c.Done()
		for range c.Events() {
		}
		if d := time.Since(began); d != 0 || !errors.Is(c.Err(), ErrSlowConsumer) {
			t.Errorf("ended after %v: %v", d, c.Err())
		}
	})
}
