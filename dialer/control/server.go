// Package control is the operator's HTTP API on a unix socket. The command line
// is a client of it.
//
//	GET  /v1/status
//	POST /v1/campaigns/NAME/start|pause|resume|drain|stop
//	GET  /v1/report?campaign=&by=&from=&to=     array of report.Row
//	GET  /v1/calls?campaign=&from=&to=          one report.Call a line
//
// Times are RFC 3339. An error is answered with a status of 4xx or 5xx and
// {"error": "…"}.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/store"
)

// Operator is what the API operates: the daemon.
type Operator interface {
	Status(ctx context.Context) (campaign.Status, error)
	Operate(ctx context.Context, campaign string, verb campaign.Verb) (campaign.State, error)
	Store() store.Store
	Configured() map[string]time.Duration
}

// Status is the reply to /v1/status: the picture of the moment with the stored
// sums.
type Status struct {
	campaign.Status
	Reports []report.Row `json:"reports"`
}

// Server answers the API until Close.
type Server struct {
	http *http.Server
	path string
	done chan struct{}
}

// Listen serves on a unix socket at path, which only the owner and its group
// can open. A socket that a dead daemon left is replaced, one that answers is
// an error.
func Listen(path string, op Operator) (*Server, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return nil, fmt.Errorf("control socket: another dialcamp listens on %s", path)
	} else if _, err := os.Stat(path); err == nil {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("control socket: %w", err)
		}
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		ln.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &Server{http: &http.Server{Handler: Handler(op), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}, path: path, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.http.Serve(ln)
	}()
	return s, nil
}

// Close stops serving; requests under way have a second to end.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	s.http.Close()
	<-s.done
	return err
}

// Handler is the API.
func Handler(op Operator) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		st, err := op.Status(r.Context())
		if err != nil {
			fail(w, http.StatusServiceUnavailable, err)
			return
		}
		rows, err := report.Build(op.Store(), report.Query{Configured: op.Configured()})
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		reply(w, Status{st, rows})
	})
	mux.HandleFunc("POST /v1/campaigns/{name}/{verb}", func(w http.ResponseWriter, r *http.Request) {
		state, err := op.Operate(r.Context(), r.PathValue("name"), campaign.Verb(r.PathValue("verb")))
		if err != nil {
			fail(w, http.StatusConflict, err)
			return
		}
		reply(w, map[string]string{"state": string(state)})
	})
	mux.HandleFunc("GET /v1/report", func(w http.ResponseWriter, r *http.Request) {
		q, err := query(r)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		q.Configured = op.Configured()
		rows, err := report.Build(op.Store(), q)
		if _, unknown := errors.AsType[*report.UnknownCampaign](err); unknown {
			fail(w, http.StatusNotFound, err)
			return
		}
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		reply(w, rows)
	})
	mux.HandleFunc("GET /v1/calls", func(w http.ResponseWriter, r *http.Request) {
		q, err := query(r)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		q.Configured = op.Configured()
		calls, err := report.Calls(op.Store(), q)
		if err != nil {
			fail(w, http.StatusNotFound, err)
			return
		}
		w.Header().Set("Content-Type", "application/jsonl")
		if err := report.WriteCalls(w, "jsonl", calls); err != nil {
			// The status is out already: only breaking off tells the client.
			panic(http.ErrAbortHandler)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, fmt.Errorf("no such resource: %s %s", r.Method, r.URL.Path))
	})
	return mux
}

func query(r *http.Request) (q report.Query, err error) {
	v := r.URL.Query()
	q.Campaign, q.By = v.Get("campaign"), v.Get("by")
	for _, b := range []struct {
		name string
		to   *time.Time
	}{{"from", &q.From}, {"to", &q.To}} {
		if s := v.Get(b.name); s != "" {
			if *b.to, err = time.Parse(time.RFC3339, s); err != nil {
				return q, fmt.Errorf("%s=%q is not a time of RFC 3339", b.name, s)
			}
		}
	}
	return q, nil
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

type failure struct {
	Error string `json:"error"`
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(failure{err.Error()})
}
