package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/contact"
	"github.com/dialcamp/dialcamp/dialer/control"
	"github.com/dialcamp/dialcamp/dialer/event"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
	"github.com/dialcamp/dialcamp/dialer/webhook"
	"github.com/dialcamp/dialcamp/store"
)

// operator is a daemon as the API sees it: two campaigns with states, and a
// real store.
type operator struct {
	mu       sync.Mutex
	states   map[string]campaign.State
	hub      *event.Hub
	store    store.Store
	gone     bool // as when stopping
	cut      bool // from Asterisk
	more     []campaign.ServerStatus
	wrong    error // with the config
	asked    control.Import
	callback control.Callback
}

func (o *operator) Status(context.Context) (campaign.Status, error) {
	if o.gone {
		return campaign.Status{}, control.ErrStopping
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return campaign.Status{
		Time:    morning,
		Servers: append([]campaign.ServerStatus{{Name: "lab", Up: !o.cut, InFlight: 2}}, o.more...),
		Queues:  []campaign.QueueStatus{{Server: "lab", Name: "Camp200", Known: true, LoggedIn: 5, Free: 3, Supply: "3 free"}},
		Campaigns: []campaign.CampaignStatus{{
			Name: "spring", State: o.states["spring"], Server: "lab", Servers: []campaign.PlaceStatus{{Name: "lab", InFlight: 2, Hold: "why"}}, Queue: "Camp200", Mode: pacing.Predictive, InFlight: 2, Phases: map[string]int{"ringing": 2}, Hold: "why",
		}},
	}, nil
}

func (o *operator) Operate(_ context.Context, name string, verb campaign.Verb) (campaign.State, error) {
	if o.gone {
		return "", control.ErrStopping
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	state := o.states[name]
	if err := state.Check(verb); err != nil {
		return "", err
	}
	o.states[name] = map[campaign.Verb]campaign.State{
		campaign.Start: campaign.Running, campaign.Pause: campaign.Paused, campaign.Resume: campaign.Running,
		campaign.Drain: campaign.Draining, campaign.Stop: campaign.Draining,
	}[verb]
	return o.states[name], nil
}

// Import takes every line of the file for a row: "bad…" is refused, and "!…" ends
// it with an error.
func (o *operator) Import(_ context.Context, req control.Import, file io.Reader, event func(control.ImportEvent)) (r control.ImportResult, err error) {
	if o.gone {
		return r, control.ErrStopping
	}
	o.asked = req
	b, err := io.ReadAll(file)
	if err != nil {
		return r, err
	}
	event(control.ImportEvent{Headers: []string{"number", "name"}})
	event(control.ImportEvent{Read: int64(len(b))})
	for line := range strings.Lines(string(b)) {
		r.Rows++
		switch {
		case strings.HasPrefix(line, "bad"):
			r.Rejected++
			event(control.ImportEvent{Reject: &control.Reject{Line: r.Rows, Reason: "bad", Record: []string{line}}})
		case strings.HasPrefix(line, "!"):
			return r, &contact.ListError{Line: r.Rows, Reason: "not UTF-8", Hint: "set its encoding"}
		default:
			event(control.ImportEvent{Dial: &control.Dial{Line: r.Rows, Numbers: []control.DialNumber{{Channel: "Local/1@DialCamp", Type: "x"}}, Variables: []string{"A=" + line}}})
		}
	}
	r.List, r.Campaign, r.DryRun = req.List, req.Campaign, req.DryRun
	return r, nil
}

func (o *operator) Reload(_ context.Context, dryRun bool) (control.Reload, error) {
	if o.gone {
		return control.Reload{}, control.ErrStopping
	}
	return control.Reload{DryRun: dryRun, Changes: []control.Change{{Text: "log.level info -> debug"}}}, o.wrong
}

func (o *operator) Webhooks() []webhook.Status {
	return []webhook.Status{{Name: "crm", Waiting: 3, Delivered: 10, Failed: 1, Dropped: 2, Since: morning, Error: "it answers 500 Internal Server Error"}}
}

func (o *operator) Events() *event.Hub { return o.hub }

func (o *operator) Store() store.Store { return o.store }

func (o *operator) Configured() map[string]report.Campaign {
	return map[string]report.Campaign{"spring": {}, "autumn": {}}
}

var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// newOperator has three attempts of spring, an hour apart, one in flight.
func newOperator(t *testing.T) *operator {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "dialcamp.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	rows := func(yield func(store.Row, error) bool) {
		for i := range 3 {
			if !yield(store.Row{Numbers: []store.RowNumber{{Number: fmt.Sprint("+8210", 1000+i)}}}, nil) {
				return
			}
		}
	}
	if _, err := s.Load(store.Source{Campaign: "spring", List: "list", Hash: "hash"}, morning, rows, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		at := morning.Add(time.Duration(i) * time.Hour)
		taken, err := s.Claim("spring", at, campaign.Take{Max: 1, AllZones: true})
		if err != nil || len(taken.Claims) != 1 {
			t.Fatal(taken.Claims, err)
		}
		if i == 2 {
			break
		}
		a, c := taken.Claims[0].Attempt, taken.Claims[0].Contact
		a.Outcome, a.Cause, a.Ended = campaign.Busy, 17, at.Add(2*time.Second)
		c.State, c.Attempts, c.Due = campaign.Done, 1, time.Time{}
		if err := s.Finish(a, c); err != nil {
			t.Fatal(err)
		}
	}
	return &operator{hub: event.NewHub(morning), store: s, states: map[string]campaign.State{"spring": campaign.Running, "autumn": campaign.Stopped}}
}

// serve runs the API on a socket of its own and returns its path.
func serve(t *testing.T, op control.Operator) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	s, err := control.Listen(path, op)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return path
}

// raw is a request without the client's manners.
func raw(t *testing.T, socket, method, target string) (status int, contentType, body string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
	}}
	req, err := http.NewRequest(method, "http://dialcamp"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b)
}

// breaking is a store whose attempts end in an error, after many.
type breaking struct{ store.Store }

var errDamaged = errors.New("damaged record")

func (b breaking) Attempts(camp string, from, to time.Time) iter.Seq2[campaign.Attempt, error] {
	return func(yield func(campaign.Attempt, error) bool) {
		for i := range 5000 {
			if !yield(campaign.Attempt{ID: fmt.Sprint(i), Campaign: camp, Outcome: campaign.Busy, Claimed: morning, Ended: morning}, nil) {
				return
			}
		}
		yield(campaign.Attempt{}, errDamaged)
	}
}
