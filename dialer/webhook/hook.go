package webhook

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dialcamp/dialcamp/dialer/campaign"
)

const (
	// atOnce is how many deliveries of a webhook are tried at the same time.
	atOnce = 4

	firstPause = time.Second
	maxPause   = 5 * time.Minute
	// maxRetryAfter bounds what a receiver may ask for.
	maxRetryAfter = 10 * time.Minute

	// sayEach is how often it is said, at most, that a webhook fails.
	sayEach = time.Minute
)

// delivery is one outcome for one webhook.
type delivery struct {
	id     string // the attempt's
	body   []byte
	since  time.Time
	due    time.Time
	tries  int
	trying bool
}

// hook is one webhook and what waits for it.
type hook struct {
	url    string
	log    *slog.Logger
	client *http.Client
	ctx    context.Context // of the tries
	cancel context.CancelFunc
	wake   chan struct{}

	mu       sync.Mutex
	set      Settings
	queue    []*delivery // the oldest first
	trying   int
	pause    time.Time // a receiver wants nothing before then
	draining bool      // each is tried once, and that is that
	gone     bool

	delivered, failed, dropped uint64
	trouble                    trouble
}

func newHook(opt Options, set Settings) *hook {
	ctx, cancel := context.WithCancel(context.Background())
	return &hook{url: set.URL, set: set, log: opt.Log, client: newClient(opt.Dial), ctx: ctx, cancel: cancel, wake: make(chan struct{}, 1)}
}

func (h *hook) configure(set Settings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set = set
	h.bound()
	h.poke()
}

func (h *hook) wants(a *campaign.Attempt) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set.wants(a)
}

func (h *hook) add(id string, body []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone || h.draining {
		return
	}
	now := time.Now()
	h.queue = append(h.queue, &delivery{id: id, body: body, since: now, due: now})
	h.bound()
	h.poke()
}

// bound drops the oldest of a queue that is too long, but those that are being
// tried.
func (h *hook) bound() {
	n := len(h.queue) - h.set.Queue
	if n <= 0 {
		return
	}
	h.queue = slices.DeleteFunc(h.queue, func(d *delivery) bool {
		drop := n > 0 && !d.trying
		if drop {
			n--
			h.dropped++
			h.trouble.drop(h)
		}
		return drop
	})
}

// poke has run look again.
func (h *hook) poke() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run tries what is due until the hook is cut or drained.
func (h *hook) run() {
	var tries sync.WaitGroup
	defer func() {
		tries.Wait()
		h.cancel()
		h.client.CloseIdleConnections()
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		d, set, wait, over := h.next(time.Now())
		switch {
		case over:
			return
		case d != nil:
			tries.Go(func() {
				h.done(d, h.try(set, d))
				h.poke()
			})
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-h.wake:
		case <-h.ctx.Done():
			return
		}
	}
}

// next is the delivery to try now, nil if there is none for the time of wait.
func (h *hook) next(now time.Time) (d *delivery, set Settings, wait time.Duration, over bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	const long = time.Hour // whatever happens meanwhile pokes
	switch {
	case h.gone, h.draining && len(h.queue) == 0:
		return nil, set, 0, true
	case h.trying == atOnce:
		return nil, set, long, false
	case now.Before(h.pause):
		return nil, set, h.pause.Sub(now), false
	}
	wait = long
	for _, d := range h.queue {
		switch {
		case d.trying:
		case !d.due.After(now):
			d.trying = true
			h.trying++
			return d, h.set, 0, false
		default:
			wait = min(wait, d.due.Sub(now))
		}
	}
	return nil, set, wait, false
}

// done settles a try.
func (h *hook) done(d *delivery, r result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.trying = false
	h.trying--
	if h.gone {
		return
	}
	if r.err == nil {
		h.delivered++
		h.remove(d)
		h.trouble.over(h)
		return
	}
	now := time.Now()
	d.tries++
	d.due = now.Add(pauseAfter(d.tries))
	if r.retryAfter > 0 {
		h.pause = now.Add(min(r.retryAfter, maxRetryAfter))
		if d.due.Before(h.pause) {
			d.due = h.pause
		}
	}
	if r.final || h.draining || d.due.After(d.since.Add(h.set.RetryFor)) {
		h.failed++
		h.remove(d)
		h.trouble.gaveUp++
	}
	h.trouble.fail(h, now, r.err)
}

func (h *hook) remove(d *delivery) {
	if i := slices.Index(h.queue, d); i >= 0 {
		h.queue = slices.Delete(h.queue, i, i+1)
	}
	if len(h.queue) == 0 {
		h.trouble.roomAgain(h)
	}
}

// pauseAfter is how long after so many tries the next one comes.
func pauseAfter(tries int) time.Duration {
	d := min(firstPause<<min(tries-1, 16), maxPause)
	return d/2 + rand.N(d/2+1)
}

// drain has everything tried at once, for the last time.
func (h *hook) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining, h.pause = true, time.Time{}
	for _, d := range h.queue {
		d.due = time.Time{}
	}
	h.poke()
}

// cut ends the hook; what waits is dropped.
func (h *hook) cut(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.queue); n > 0 && !h.gone {
		h.dropped += uint64(n)
		h.log.Warn("outcomes were not delivered to a webhook: "+why, "webhook", h.set.Name, "dropped", n, "hint", "dialcamp calls has them")
	}
	h.gone, h.queue = true, nil
	h.cancel()
}

func (h *hook) status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Status{Name: h.set.Name, Waiting: len(h.queue), Delivered: h.delivered, Failed: h.failed, Dropped: h.dropped}
	if h.trouble.err != nil {
		s.Since, s.Error = h.trouble.since, h.trouble.err.Error()
	}
	return s
}
