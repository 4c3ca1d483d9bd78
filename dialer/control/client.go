package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/pacing"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// ErrNotRunning says that no daemon listens on the socket.
var ErrNotRunning = errors.New("the daemon is not running")

// Client talks to a daemon's socket.
type Client struct {
	path string
	http http.Client
}

// NewClient returns a client of the socket at path; nothing is dialed yet.
func NewClient(path string) *Client {
	return &Client{path: path, http: http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
		},
	}}}
}

// Error is a request that the daemon refused.
type Error struct {
	Status  int // of HTTP; 0 of a failure in mid-answer
	Message string
	Hint    string   // what to do about it; may be empty
	More    []*Error // what else is wrong
}

func (e *Error) Error() string { return e.Message }

// maxError bounds what is read of an answer that is not as expected.
const maxError = 1 << 20

func (c *Client) call(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	return c.callWith(ctx, method, path, body, http.Header{})
}

func (c *Client) callWith(ctx context.Context, method, path string, body io.Reader, header http.Header) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://dialcamp"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header = header
	resp, err := c.http.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, c.broken(err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		var f failure
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxError)).Decode(&f); err != nil || f.Error == "" {
			return nil, fmt.Errorf("control socket %s: it answers %s, as no dialcamp does", c.path, resp.Status)
		}
		return nil, f.of(resp.StatusCode)
	}
	return resp.Body, nil
}

func (f *failure) of(status int) *Error {
	e := &Error{Status: status, Message: f.Error, Hint: f.Hint}
	for i := range f.More {
		e.More = append(e.More, f.More[i].of(status))
	}
	return e
}

// broken tells people what went wrong with the connection, without the request
// that net/http puts in front.
func (c *Client) broken(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("control socket %s: the daemon broke off its answer: %w", c.path, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("control socket %s: the daemon does not answer: %w", c.path, err)
	}
	return fmt.Errorf("control socket %s: %w", c.path, reason(err))
}

// unreadable tells an answer that was cut from one that never was dialcamp's.
func (c *Client) unreadable(err error) error {
	_, network := errors.AsType[net.Error](err)
	if network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return c.broken(err)
	}
	return fmt.Errorf("control socket %s: the answer is not dialcamp's: %w", c.path, err)
}

func (c *Client) get(ctx context.Context, method, path string, send io.Reader, v any) error {
	body, err := c.call(ctx, method, path, send)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return c.unreadable(err)
	}
	return nil
}

// Status asks for the picture of the moment.
func (c *Client) Status(ctx context.Context) (st Status, err error) {
	return st, c.get(ctx, "GET", "/v1/status", nil, &st)
}

// Operate sends a command to a campaign and returns its new state.
func (c *Client) Operate(ctx context.Context, name string, verb campaign.Verb) (campaign.State, error) {
	var r struct{ State campaign.State }
	err := c.get(ctx, "POST", "/v1/campaigns/"+url.PathEscape(name)+"/"+url.PathEscape(string(verb)), nil, &r)
	return r.State, err
}

// Report asks for a report.
func (c *Client) Report(ctx context.Context, q report.Query) (rows []report.Row, err error) {
	q.Outcomes = nil
	return rows, c.get(ctx, "GET", "/v1/report?"+values(q).Encode(), nil, &rows)
}

// Calls streams attempts. If the daemon breaks off, the last element is an
// error: what came before is not all.
func (c *Client) Calls(ctx context.Context, q report.Query) (iter.Seq2[report.Call, error], error) {
	q.By, q.Interval = "", 0
	return lines[report.Call](ctx, c, "/v1/calls?"+values(q).Encode())
}

// Pacing streams a campaign's pacing ledger from entry seq on, as Calls does.
func (c *Client) Pacing(ctx context.Context, campaign string, seq uint64) (iter.Seq2[pacing.Entry, error], error) {
	return lines[pacing.Entry](ctx, c, fmt.Sprintf("/v1/pacing/%s?seq=%d", url.PathEscape(campaign), seq))
}

// lines asks for one JSON value a line.
func lines[T any](ctx context.Context, c *Client, path string) (iter.Seq2[T, error], error) {
	body, err := c.call(ctx, "GET", path, nil)
	if err != nil {
		return nil, err
	}
	return func(yield func(T, error) bool) {
		defer body.Close()
		dec := json.NewDecoder(bufio.NewReader(body))
		for {
			var v T
			err := dec.Decode(&v)
			if err == io.EOF {
				return
			}
			if err != nil {
				err = c.unreadable(err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}, nil
}

func values(q report.Query) url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	set("campaign", q.Campaign)
	set("by", q.By)
	if q.Interval != 0 {
		set("interval", q.Interval.String())
	}
	var outcomes []string
	for _, o := range q.Outcomes {
		outcomes = append(outcomes, o.String())
	}
	set("outcome", strings.Join(outcomes, ","))
	if !q.From.IsZero() {
		set("from", q.From.Format(time.RFC3339Nano))
	}
	if !q.To.IsZero() {
		set("to", q.To.Format(time.RFC3339Nano))
	}
	return v
}
