// Package control is the operator's HTTP API on a unix socket, which the command
// line is a client of, and on TCP for those who have a token: Authorization:
// Bearer TOKEN. One that reads may GET, one that operates also POST; 401 is the
// answer without a token and 403 without the right. The store's copy and the
// profiles are on the socket only; metrics and health need no token.
//
//	GET  /v1/openapi.json                       all of this in detail: openapi.yaml, which tests hold against the handlers
//	GET  /v1/access                             Access: who asks, and what they may do
//	GET  /v1/status
//	POST /v1/campaigns/NAME/start|pause|resume|drain|stop
//	GET  /v1/campaigns/NAME/why                 report.Why
//	POST /v1/campaigns/NAME/callback?who=&at=&list=&number=&note=   CalledBack, see contacts.go
//	GET  /v1/contacts?who=                      array of report.Story, of a number or key
//	GET  /v1/campaigns/NAME/lists               array of store.Batch, the last of each list
//	POST /v1/campaigns/NAME/lists?list=&…       the file as the body; one ImportEvent a line, see import.go
//	GET  /v1/campaigns/NAME/lists/LIST/batches  array of store.Batch, oldest first
//	POST /v1/batches/ID/undo                    Undone
//	POST /v1/reload?dry_run=                    Reload: the config is read again
//	GET  /v1/report?campaign=&by=&interval=&from=&to=&format=   array of report.Row, or a file in one of report.Formats
//	GET  /v1/calls?campaign=&outcome=&from=&to= one report.Call a line; outcomes with commas between them
//	GET  /v1/pacing/CAMPAIGN?seq=&last=         one LedgerEntry a line, from number seq on; of these the last
//	GET  /v1/events?campaign=&types=            what happens, as server-sent events, see events.go; types with commas between them
//	GET  /v1/dnc                                array of store.DNCList
//	GET  /v1/dnc/check?number=&campaign=        array of store.DNCHit
//	POST /v1/dnc/add|remove?list=&campaign=     entries, one a line; {"entries": how many there were to do}
//	GET  /v1/db/stats                           store.Stats
//	GET  /v1/db/backup                          a copy of the store
//	GET  /, /assets/                            the web page, see package page
//	GET  /metrics                               for Prometheus
//	GET  /livez, /readyz                        200 or 503: the daemon lives; it could place calls
//	GET  /debug/pprof/                          profiles, for go tool pprof
//
// Times are RFC 3339. A parameter that a request has not is refused. An error is
// answered with {"error": "…", "hint": "…"} and a status: 400 the request is wrong,
// 404 no such campaign or resource, 409 not in this state, 503 the daemon is
// stopping. An answer of 200 that is broken off has failed;
// what came of it is not all.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/config"
	"github.com/dialcamp/dialcamp/dialer/control/page"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/webhook"
	"github.com/dialcamp/dialcamp/store"
)

// ErrStopping is what an Operator answers once it has stopped listening.
var ErrStopping = errors.New("the daemon is stopping")

// Operator is what the API operates: the daemon.
type Operator interface {
	Status(ctx context.Context) (campaign.Status, error)
	Operate(ctx context.Context, campaign string, verb campaign.Verb) (campaign.State, error)
	// Import takes a list in, or with DryRun tells what would become of it. It
	// calls event for what happens on the way, one call at a time.
	Import(ctx context.Context, req Import, file io.Reader, event func(ImportEvent)) (ImportResult, error)
	// Why tells what holds a campaign and its contacts at this moment.
	Why(ctx context.Context, campaign string) (report.Why, error)
	// CallBack makes a contact be called at a time.
	CallBack(ctx context.Context, ask Callback) (CalledBack, error)
	// Stories tells of everybody who has a number or key.
	Stories(ctx context.Context, who string) ([]report.Story, error)
	// Reload reads the config again and puts it in force, whole or not at all;
	// with dryRun it only tells what would change. Of a config that is wrong the
	// error is a config.Errors.
	Reload(ctx context.Context, dryRun bool) (Reload, error)
	// Webhooks is what became of each webhook's deliveries.
	Webhooks() []webhook.Status
	// Events is where what happens is published.
	Events() *event.Hub
	Store() store.Store
	Configured() map[string]report.Campaign
}

// Status is the reply to /v1/status: the picture of the moment with the stored
// sums.
type Status struct {
	campaign.Status
	Reports  []report.Row     `json:"reports"`
	Webhooks []webhook.Status `json:"webhooks,omitempty"`
}

// Server answers the API until Close.
type Server struct {
	http    *http.Server
	address string
	done    chan struct{}
	guard   *guard // of a TCP address
}

// Address is where it listens.
func (s *Server) Address() string { return s.address }

// Listen serves on a unix socket at path, which only the owner and its group
// can open. A socket that a dead daemon left is replaced, one that answers is
// an error.
func Listen(path string, op Operator) (*Server, error) {
	ln, err := listen(path)
	if err != nil {
		return nil, err
	}
	return serve(ln, newHTTP(Handler(op))), nil
}

func newHTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
}

func serve(ln net.Listener, h *http.Server) *Server {
	s := &Server{http: h, address: ln.Addr().String(), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		if h.TLSConfig != nil {
			h.ServeTLS(ln, "", "")
			return
		}
		h.Serve(ln)
	}()
	return s
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

// Handler is the API as the socket has it: whoever can open that may do
// everything.
func Handler(op Operator) http.Handler {
	a := api{op}
	mux := http.NewServeMux()
	a.everything(mux)
	show(mux, page.Handler())
	return as(Access{"socket", []string{config.MayRead, config.MayOperate}}, mux)
}

// mux is a http.ServeMux. The paths in openapi.yaml are held against what one is
// given.
type mux interface {
	Handle(pattern string, h http.Handler)
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

func (a api) everything(mux mux) {
	a.routes(mux)
	mux.HandleFunc("GET /v1/db/backup", takes(a.dbBackup))
	a.watch(mux)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/", nothing)
}

// routes adds the API, as far as it is on every address.
func (a api) routes(mux mux) {
	mux.HandleFunc("GET /v1/openapi.json", takes(a.openapi))
	mux.HandleFunc("GET /v1/access", takes(a.access))
	mux.HandleFunc("GET /v1/status", takes(a.status))
	mux.HandleFunc("POST /v1/campaigns/{name}/{verb}", takes(a.operate))
	mux.HandleFunc("GET /v1/campaigns/{name}/why", takes(a.why))
	mux.HandleFunc("POST /v1/campaigns/{name}/callback", takes(a.callBack, "who", "list", "at", "number", "note"))
	mux.HandleFunc("GET /v1/contacts", takes(a.contacts, "who"))
	mux.HandleFunc("GET /v1/campaigns/{name}/lists", takes(a.lists))
	mux.HandleFunc("POST /v1/campaigns/{name}/lists", takes(a.importList, importParameters...))
	mux.HandleFunc("GET /v1/campaigns/{name}/lists/{list}/batches", takes(a.batches))
	mux.HandleFunc("POST /v1/batches/{id}/undo", takes(a.undo))
	mux.HandleFunc("POST /v1/reload", takes(a.reload, "dry_run"))
	mux.HandleFunc("GET /v1/report", takes(a.report, "campaign", "by", "interval", "from", "to", "format"))
	mux.HandleFunc("GET /v1/calls", takes(a.calls, "campaign", "outcome", "from", "to"))
	mux.HandleFunc("GET /v1/pacing/{name}", takes(a.pacing, "seq", "last"))
	mux.HandleFunc("GET /v1/events", takes(a.events, "campaign", "types"))
	mux.HandleFunc("GET /v1/dnc", takes(a.dncLists))
	mux.HandleFunc("GET /v1/dnc/check", takes(a.dncCheck, "number", "campaign"))
	mux.HandleFunc("POST /v1/dnc/add", takes(a.dncAdd, "list", "campaign"))
	mux.HandleFunc("POST /v1/dnc/remove", takes(a.dncRemove, "list", "campaign"))
	mux.HandleFunc("GET /v1/db/stats", takes(a.dbStats))
}

// show adds the page.
func show(mux mux, page http.Handler) {
	mux.Handle("GET /{$}", page)
	mux.Handle("GET /assets/", page)
}

type api struct{ op Operator }

func (a api) status(w http.ResponseWriter, r *http.Request) {
	st, err := a.op.Status(r.Context())
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	rows, err := report.Build(a.op.Store(), report.Query{Configured: a.op.Configured()})
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	reply(w, Status{st, rows, a.op.Webhooks()})
}

func (a api) operate(w http.ResponseWriter, r *http.Request) {
	name, verb := r.PathValue("name"), campaign.Verb(r.PathValue("verb"))
	if !a.known(w, name) {
		return
	}
	if !slices.Contains(campaign.Verbs, verb) {
		fail(w, http.StatusNotFound, fmt.Errorf("no command %q for a campaign; there are %v", verb, campaign.Verbs))
		return
	}
	state, err := a.op.Operate(r.Context(), name, verb)
	if errors.Is(err, ErrStopping) {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	if err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	reply(w, map[string]string{"state": string(state)})
}

// known answers for a campaign that is not configured.
func (a api) known(w http.ResponseWriter, name string) bool {
	all := a.op.Configured()
	_, ok := all[name]
	if !ok {
		fail(w, http.StatusNotFound, &Error{
			Message: fmt.Sprintf("the daemon has no campaign %q", name),
			Hint:    "there are: " + strings.Join(slices.Sorted(maps.Keys(all)), ", "),
		})
	}
	return ok
}

func (a api) calls(w http.ResponseWriter, r *http.Request) {
	q, err := query(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	q.Configured = a.op.Configured()
	calls, err := report.Calls(a.op.Store(), q)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	if err := report.WriteCalls(w, "jsonl", calls); err != nil {
		// The status is out already: only breaking off tells the client.
		panic(http.ErrAbortHandler)
	}
}

// query reads the parameters of a report.
func query(r *http.Request) (q report.Query, err error) {
	v := r.URL.Query()
	q.Campaign, q.By = v.Get("campaign"), v.Get("by")
	if q.By != "" && !slices.Contains(report.Groupings, q.By) {
		return q, fmt.Errorf("by=%q is unknown; it is one of %v", q.By, report.Groupings)
	}
	if s := v.Get("interval"); s != "" {
		if q.Interval, err = time.ParseDuration(s); err != nil || !slices.Contains(report.Intervals, q.Interval) {
			return q, fmt.Errorf("interval=%q is unknown; it is one of %v", s, report.Intervals)
		}
	}
	if s := v.Get("outcome"); s != "" {
		for name := range strings.SplitSeq(s, ",") {
			o, ok := campaign.ParseOutcome(name)
			if !ok {
				return q, fmt.Errorf("outcome=%q is unknown; it is one of %v", name, report.OutcomeNames())
			}
			q.Outcomes = append(q.Outcomes, o)
		}
	}
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
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, fmt.Errorf("from=%s is not before to=%s", v.Get("from"), v.Get("to"))
	}
	return q, nil
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
