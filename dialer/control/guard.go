package control

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dialcamp/dialcamp/dialer/config"
)

// Access is who asks and what they may do.
type Access struct {
	Name string   `json:"name"` // of the token; socket for whoever can open that
	May  []string `json:"may"`  // of config.MayRead and config.MayOperate
}

type accessKey struct{}

func accessOf(r *http.Request) Access {
	a, _ := r.Context().Value(accessKey{}).(Access)
	return a
}

// as answers requests as those of somebody.
func as(who Access, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accessKey{}, who)))
	})
}

// access tells the caller what they may do.
func (a api) access(w http.ResponseWriter, r *http.Request) { reply(w, accessOf(r)) }

// guard lets those pass who have a token, by RFC 6750.
type guard struct {
	tokens  atomic.Pointer[[]config.Token]
	refused *prometheus.CounterVec
	log     *slog.Logger

	mu     sync.Mutex
	last   time.Time // a refusal was logged
	unsaid int       // refused since
}

// logEvery is how often refusals are told, whoever tries however often.
const logEvery = time.Minute

func newGuard(log *slog.Logger) *guard {
	return &guard{log: log, refused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dialcamp_control_refused_total",
		Help: "Requests over TCP that were refused since the daemon started, for want of a token (401) or of the right to do it (403).",
	}, []string{"status"})}
}

// once serves what is there only once there are tokens.
func (g *guard) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(*g.tokens.Load()) == 0 {
			failure{Error: "the API is not on this address", Hint: "use the control socket, or set control.token_file"}.write(w, http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g *guard) before(next http.Handler) http.Handler {
	return unkept(g.once(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := bearer(r)
		t := find(*g.tokens.Load(), given)
		switch {
		case given == "":
			g.refuse(w, http.StatusUnauthorized, `Bearer realm="dialcamp"`, failure{Error: "a token is needed", Hint: "send the header Authorization: Bearer TOKEN, with one of control.token_file"})
		case t == nil:
			g.tell(r, "wrong token")
			g.refuse(w, http.StatusUnauthorized, `Bearer realm="dialcamp", error="invalid_token"`, failure{Error: "this token is not known", Hint: "it may have been replaced; see control.token_file"})
		case !t.Operate && r.Method != http.MethodGet && r.Method != http.MethodHead:
			g.tell(r, "may only read", "token", t.Name)
			g.refuse(w, http.StatusForbidden, `Bearer realm="dialcamp", error="insufficient_scope"`, failure{Error: fmt.Sprintf("token %s may only read", t.Name), Hint: "give it operate in control.token_file"})
		default:
			as(accessBy(t), next).ServeHTTP(w, r)
		}
	})))
}

// unkept keeps answers, with numbers and names of people, out of caches.
func unkept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func accessBy(t *config.Token) Access {
	a := Access{Name: t.Name, May: []string{config.MayRead}}
	if t.Operate {
		a.May = append(a.May, config.MayOperate)
	}
	return a
}

// bearer is the token of a request, empty if it has none.
func bearer(r *http.Request) string {
	all := r.Header.Values("Authorization")
	if len(all) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(all[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// find takes as long whichever token it is, or none.
func find(tokens []config.Token, given string) (found *config.Token) {
	hash := sha256.Sum256([]byte(given))
	for i := range tokens {
		if subtle.ConstantTimeCompare(tokens[i].Hash[:], hash[:]) == 1 {
			found = &tokens[i]
		}
	}
	return found
}

// refuse ends the connection too: who may not, need not keep one.
func (g *guard) refuse(w http.ResponseWriter, status int, challenge string, f failure) {
	g.refused.WithLabelValues(fmt.Sprint(status)).Inc()
	w.Header().Set("WWW-Authenticate", challenge)
	w.Header().Set("Connection", "close")
	f.write(w, status)
}

// tell logs a refusal, and how many were not logged before it.
func (g *guard) tell(r *http.Request, why string, more ...any) {
	g.mu.Lock()
	now, n := time.Now(), g.unsaid
	if now.Sub(g.last) < logEvery {
		g.unsaid++
		g.mu.Unlock()
		return
	}
	g.last, g.unsaid = now, 0
	g.mu.Unlock()
	attrs := append([]any{"why", why, "from", r.RemoteAddr, "request", r.Method + " " + r.URL.Path}, more...)
	if n > 0 {
		attrs = append(attrs, "others", n)
	}
	g.log.Warn("a request to the control address was refused", attrs...)
}
