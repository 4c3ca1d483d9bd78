package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// maxBody is how much of an answer is read, so that its connection can be used
	// again; what it says means nothing.
	maxBody    = 16 << 10
	maxHeaders = 32 << 10
)

// newClient is for one receiver.
func newClient(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dial,
			ForceAttemptHTTP2:      true,
			MaxConnsPerHost:        atOnce,
			MaxIdleConnsPerHost:    atOnce,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: maxHeaders,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// result is what came of a try.
type result struct {
	err        error         // nil: it is delivered
	final      bool          // another try is of no use
	retryAfter time.Duration // 0: the receiver did not say
}

// refusal is an answer other than 2xx.
type refusal int

func (r refusal) Error() string {
	return fmt.Sprintf("it answers %d %s", int(r), http.StatusText(int(r)))
}

var errTimeout = errors.New("it does not answer in time")

// try makes one try, within the timeout of set.
func (h *hook) try(set Settings, d *delivery) result {
	ctx, cancel := context.WithTimeoutCause(h.ctx, set.Timeout, errTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(d.body))
	if err != nil {
		return result{err: withoutURL(err), final: true}
	}
	now := time.Now()
	timestamp, signature := sign(set.Secret, d.id, now, d.body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "dialcamp")
	// As the specification writes them; HTTP/1 does not mind the case.
	req.Header.Set(HeaderID, d.id)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderSignature, signature)
	resp, err := h.client.Do(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), errTimeout) {
			err = errTimeout
		}
		return result{err: withoutURL(err)}
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody)) // an answer that is broken off is one
	return judge(resp, time.Now())
}

// judge tells what an answer means.
func judge(resp *http.Response, now time.Time) result {
	code := resp.StatusCode
	if code/100 == 2 {
		return result{}
	}
	r := result{err: refusal(code)}
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		r.retryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	case code == http.StatusRequestTimeout:
	case code/100 == 4:
		r.final = true
	}
	return r
}

// retryAfter reads a Retry-After (RFC 9110, 10.2.3): seconds, or a date; 0: there is
// none.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// withoutURL is an error of net/http less the URL that it puts in front, which may
// hold a secret.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// Host is what of a webhook's URL may be shown.
func Host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// hint is what to do about an error.
func hint(err error) string {
	code, ok := errors.AsType[refusal](err)
	switch {
	case !ok:
		return "does the receiver run, and can this machine reach it?"
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return "has the receiver the same secret, and this machine's time?"
	case code/100 == 3:
		return "redirects are not followed; put the place that it names into the config"
	case code/100 == 4:
		return "what it refuses is not sent again; see the receiver's log"
	}
	return "see the receiver's log"
}
