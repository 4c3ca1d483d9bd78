package control

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/net/netutil"

	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control/page"
)

// MaxConnections is how many connections a TCP address has at once; more wait.
const MaxConnections = 256

// ListenTCP serves on a TCP address what machines look at, /metrics, /livez and
// /readyz, for whoever can reach it and, once there are tokens, the API for those
// who have one, and the page, which asks for it.
func ListenTCP(c config.Control, log *slog.Logger, op Operator) (*Server, error) {
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("control.listen: %w", err)
	}
	g := newGuard(log)
	h := newHTTP(patient(tcpHandler(op, g)))
	h.ErrorLog = slog.NewLogLogger(handshakes{log.Handler()}, slog.LevelWarn)
	if c.TLS.CertFile != "" {
		h.TLSConfig = &tls.Config{GetCertificate: (&certificate{files: c.TLS, log: log}).get}
	}
	s := serve(netutil.LimitListener(ln, MaxConnections), h)
	s.guard = g
	s.Use(c.Tokens)
	return s, nil
}

// Use says who may use the API from now on.
func (s *Server) Use(tokens []config.Token) { s.guard.tokens.Store(&tokens) }

func tcpHandler(op Operator, g *guard) http.Handler {
	a := api{op}
	v1 := http.NewServeMux()
	a.routes(v1)
	v1.HandleFunc("GET /v1/db/backup", onSocket)
	v1.HandleFunc("/", nothing)
	mux := http.NewServeMux()
	mux.Handle("/v1/", g.before(v1))
	a.watch(mux, g.refused)
	show(mux, g.once(page.Handler()))
	mux.HandleFunc("/", nothing)
	return mux
}

func onSocket(w http.ResponseWriter, _ *http.Request) {
	failure{Error: "this is on the control socket only", Hint: "use it on the daemon's machine: curl --unix-socket"}.write(w, http.StatusForbidden)
}
