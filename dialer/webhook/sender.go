// Package webhook tells other programs how attempts end: each outcome is POSTed to
// the URLs that want it, signed as Standard Webhooks has it (standardwebhooks.com).
//
// A delivery is tried until it is answered with a 2xx, at most for Settings.RetryFor
// after the attempt ended, after pauses that double from 1 s to 5 min and are cut
// short by chance, by up to half. It is given up at once if the answer says that
// another try is of no use: 4xx but 408 and 429. A Retry-After, of 429 or 503, is
// heeded for 10 min at most. Redirects are not followed.
//
// Deliveries may be made twice, which webhook-id tells, and in any order. They wait
// in memory: what waits when the daemon is killed is not delivered, nor what a full
// queue drops, the oldest first. The store has all of it.
//
// Nothing here ever keeps its caller waiting for a receiver.
package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
	"github.com/dialcamp/dialcamp/dialer/report"
)

// Settings is one webhook.
type Settings struct {
	Name      string
	URL       string // one webhook has it
	Secret    []byte
	Campaigns []string           // none: of all
	Outcomes  []campaign.Outcome // none: all
	Timeout   time.Duration      // of one try
	RetryFor  time.Duration      // since the attempt ended; 0: it is tried once
	Queue     int                // deliveries that wait or are tried, at most
}

func (s *Settings) wants(a *campaign.Attempt) bool {
	return (len(s.Campaigns) == 0 || slices.Contains(s.Campaigns, a.Campaign)) &&
		(len(s.Outcomes) == 0 || slices.Contains(s.Outcomes, a.Outcome))
}

// Status is what became of a webhook's deliveries since the daemon started or, if
// that was later, since the webhook was configured.
type Status struct {
	Name      string    `json:"name"`
	Waiting   int       `json:"waiting"`
	Delivered uint64    `json:"delivered"`
	Failed    uint64    `json:"failed"`  // given up after a try
	Dropped   uint64    `json:"dropped"` // because the queue was full
	Since     time.Time `json:"failing_since,omitzero"`
	Error     string    `json:"error,omitempty"` // of the last try, while it fails
}

// Options are what the settings do not say.
type Options struct {
	Log *slog.Logger
	// Dial replaces the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Sender makes the deliveries of all webhooks.
type Sender struct {
	opt    Options
	mu     sync.Mutex
	hooks  []*hook
	closed bool
	work   sync.WaitGroup
}

// New returns a Sender without webhooks.
func New(opt Options) *Sender {
	if opt.Dial == nil {
		opt.Dial = (&net.Dialer{}).DialContext
	}
	return &Sender{opt: opt}
}

// Configure makes these the webhooks. One whose URL was there before goes on with
// what waits; what waits for another is dropped.
func (s *Sender) Configure(all []Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	old := s.hooks
	s.hooks = nil
	for _, set := range all {
		i := slices.IndexFunc(old, func(h *hook) bool { return h.url == set.URL })
		if i >= 0 {
			old[i].configure(set)
			s.hooks = append(s.hooks, old[i])
			continue
		}
		h := newHook(s.opt, set)
		s.hooks = append(s.hooks, h)
		s.work.Go(h.run)
	}
	for _, h := range old {
		if !slices.Contains(s.hooks, h) {
			h.cut("it is not configured any more")
		}
	}
}

// Ended delivers the outcome of an attempt to whoever wants it.
func (s *Sender) Ended(a *campaign.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body []byte
	for _, h := range s.hooks {
		if !h.wants(a) {
			continue
		}
		if body == nil {
			var err error
			if body, err = json.Marshal(report.CallOf(a)); err != nil {
				s.opt.Log.Error("an outcome cannot be written for webhooks", "attempt", a.ID, "error", err)
				return
			}
		}
		h.add(a.ID, body)
	}
}

// Status is that of every webhook, in the order of the settings.
func (s *Sender) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, 0, len(s.hooks))
	for _, h := range s.hooks {
		all = append(all, h.status())
	}
	return all
}

// Close tries whatever waits once more, at once, and returns when that is done or
// ctx ends. What is not delivered then is said to be.
func (s *Sender) Close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	hooks := s.hooks
	s.mu.Unlock()
	for _, h := range hooks {
		h.drain()
	}
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	for _, h := range hooks {
		h.cut("the daemon stopped")
	}
	<-done
}
