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
	"syscall"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
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

func (c *Client) call(ctx context.Context, method, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://dialcamp"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("control socket %s: %w", c.path, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		var f failure
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&f); err != nil || f.Error == "" {
			return nil, fmt.Errorf("control socket %s: %s", c.path, resp.Status)
		}
		return nil, errors.New(f.Error)
	}
	return resp.Body, nil
}

func (c *Client) get(ctx context.Context, method, path string, v any) error {
	body, err := c.call(ctx, method, path)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(v)
}

// Status asks for the picture of the moment.
func (c *Client) Status(ctx context.Context) (st Status, err error) {
	return st, c.get(ctx, "GET", "/v1/status", &st)
}

// Operate sends a command to a campaign and returns its new state.
func (c *Client) Operate(ctx context.Context, name string, verb campaign.Verb) (campaign.State, error) {
	var r struct{ State campaign.State }
	err := c.get(ctx, "POST", "/v1/campaigns/"+url.PathEscape(name)+"/"+url.PathEscape(string(verb)), &r)
	return r.State, err
}

// Report asks for a report.
func (c *Client) Report(ctx context.Context, q report.Query) (rows []report.Row, err error) {
	return rows, c.get(ctx, "GET", "/v1/report?"+values(q).Encode(), &rows)
}

// Calls streams attempts.
func (c *Client) Calls(ctx context.Context, q report.Query) (iter.Seq2[report.Call, error], error) {
	body, err := c.call(ctx, "GET", "/v1/calls?"+values(q).Encode())
	if err != nil {
		return nil, err
	}
	return func(yield func(report.Call, error) bool) {
		defer body.Close()
		dec := json.NewDecoder(bufio.NewReader(body))
		for {
			var call report.Call
			err := dec.Decode(&call)
			if err == io.EOF {
				return
			}
			if !yield(call, err) || err != nil {
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
	if !q.From.IsZero() {
		set("from", q.From.Format(time.RFC3339))
	}
	if !q.To.IsZero() {
		set("to", q.To.Format(time.RFC3339))
	}
	return v
}
